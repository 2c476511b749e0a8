"""What is measured inside this process: visits, packets, lookups, growth, the contrast."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import tracemalloc
from collections.abc import Callable

from simulator.bench.figures import Figure, paired
from simulator.lab import Lab
from simulator.net import Host, LabLoop, Network
from simulator.values import MILLISECOND, Drop, Packet, message

MANY_HOSTS = 10_000
HEADLINE = "block_vs_seizure"


def handshaker(
    lab: Lab, vantage: str = "paris", machine: str = "rila-web-1", site: str = "coco.xg"
) -> Callable[[], None]:
    """Return a bare TLS handshake in memory, with a site's certificate and a browser's trust."""
    client_context = lab.people.person(vantage).probe.tls_context
    server_context = lab.web.machines[machine].tls_context

    def shake() -> None:
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = client_context.wrap_bio(to_client, to_server, server_hostname=site)
        server = server_context.wrap_bio(to_server, to_client, server_side=True)
        waiting = [client, server]
        while waiting:
            for end in tuple(waiting):
                try:
                    end.do_handshake()
                    waiting.remove(end)
                except ssl.SSLWantReadError:
                    pass

    return shake


def repeat(work: Callable[[], None], times: int) -> Callable[[], None]:
    """Return some work done several times."""

    def repeated() -> None:
        for _ in range(times):
            work()

    return repeated


def _visits(lab: Lab, count: int) -> Callable[[], None]:
    async def story() -> None:
        for _ in range(count):
            seen = await lab.visit("https://coco.xg/", "paris", compare=False)
            assert seen.page == "site", seen

    return lambda: lab.run(story())


def visits() -> Figure:
    """Complete HTTPS visits per second, beside bare handshakes per second."""
    with Lab.load() as lab:
        count = 40
        handshake, visit, ratio = paired(repeat(handshaker(lab), count), _visits(lab, count))
    return Figure(
        "visits",
        message("complete HTTPS visits per second, of bare TLS handshakes per second"),
        ratio,
        0.7,
        "",
        at_most=False,
        detail=f"{count / visit:,.0f}/s, {count / handshake:,.0f}/s",
    )


def contrast() -> list[Figure]:
    """Boot the built-in world and run the headline in this process."""
    from simulator.scenario.loader import find_scenario, load_scenario
    from simulator.scenario.runner import ScenarioRun

    handshakes = 0

    def run() -> None:
        nonlocal handshakes
        story = ScenarioRun(load_scenario(find_scenario(HEADLINE)))
        for _ in story.steps():
            pass
        assert story.passed
        handshakes = sum(
            timing.stage == "tls"
            for step in story.done
            for seen in step.observations
            for timing in seen.timings
        )
        story.close()

    run()
    with Lab.load() as lab:
        bare = repeat(handshaker(lab), handshakes)
        cost, limit, ratio = paired(run, bare)
    detail = f"{cost * 1000:.0f} ms, {handshakes} handshakes {limit * 1000:.0f} ms"
    return [
        Figure(
            "contrast",
            message("the whole contrast in a running process, of the handshakes in it"),
            ratio, 2.0, "", at_most=True, detail=detail,
        ),
        Figure(
            "contrast-time",
            message("the whole contrast in a running process"),
            cost * 1000, 150.0, "ms", at_most=True,
        ),
    ]  # fmt: skip


def packets() -> Figure:
    """Packets per second through the fabric, beside bare `call_later` events per second."""
    count = 20_000
    loop = LabLoop()
    fabric = loop.fabric
    networks = [
        fabric.add_network(Network(name, prefixes=[prefix]))
        for name, prefix in (
            ("home", "192.0.2.0/24"),
            ("transit", "203.0.113.0/24"),
            ("abroad", "198.51.100.0/24"),
        )
    ]
    for one, other in itertools.pairwise(networks):
        fabric.topology.link(one, other, MILLISECOND)
    here = Host(fabric, "here", networks[0], ("192.0.2.10",))
    there = Host(fabric, "there", networks[2], ("198.51.100.10",))
    for network in networks:
        fabric.middlebox(network).put("rule", _AddressRule())

    def send() -> None:
        loop.run_until_complete(_ping_pong(loop, here, there, count))

    def call_later() -> None:
        asyncio.run(_bare_events(count))

    sent, bare, ratio = paired(send, call_later)
    loop.shut_down()
    return Figure(
        "packets",
        message("packets per second with rules on the path, of bare call_later events"),
        1 / ratio,
        0.4,
        "",
        at_most=False,
        detail=f"{count / sent:,.0f}/s, {count / bare:,.0f}/s",
    )


class _AddressRule:
    name = "ip-drop"

    def concerns(self, packet: Packet) -> bool:
        return packet.destination == "198.51.100.99"

    def judge(self, *_: object) -> Drop:
        return Drop()


async def _ping_pong(loop: LabLoop, here: Host, there: Host, count: int) -> None:
    """Send datagrams to and fro, fifty in the air, until ``count`` have arrived."""
    done = loop.create_future()
    arrived = 0

    class Player(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.DatagramTransport)
            self.transport = transport

        def datagram_received(self, data: bytes, addr: object) -> None:
            nonlocal arrived
            arrived += 1
            if arrived < count:
                self.transport.sendto(data, addr)  # type: ignore[arg-type]
            elif not done.done():
                done.set_result(None)

    async def bind(address: str) -> Player:
        _, player = await loop.create_datagram_endpoint(Player, (address, 9))
        assert isinstance(player, Player)
        return player

    players = [await loop.run_on(host, bind(host.addresses[0])) for host in (here, there)]
    for _ in range(50):
        players[0].transport.sendto(b"d" * 100, ("198.51.100.10", 9))
    await done
    for player in players:
        player.transport.close()
    await asyncio.sleep(1)  # what is still in the air arrives at closed ports


async def _bare_events(count: int) -> None:
    """The same number of events by ``call_later`` alone, fifty in the air."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    fired = 0

    def fire() -> None:
        nonlocal fired
        fired += 1
        if fired < count:
            loop.call_later(0, fire)
        elif not done.done():
            done.set_result(None)

    for _ in range(50):
        loop.call_later(0, fire)
    await done


def lookups() -> Figure:
    """DNS lookups per second from a resolver's cache, beside dnslib's parse, reply and pack."""
    import dnslib

    count = 200
    query = dnslib.DNSRecord.question("coco.xg", "A").pack()

    def bare() -> None:
        for _ in range(count):
            reply = dnslib.DNSRecord.parse(query).reply()
            reply.add_answer(
                dnslib.RR("coco.xg", dnslib.QTYPE.A, rdata=dnslib.A("198.18.20.10"), ttl=60)
            )
            reply.pack()

    with Lab.load() as lab:

        async def ask() -> None:
            for _ in range(count):
                answer = await lab.resolve("coco.xg", "paris")
                assert answer.addresses

        asked, packed, ratio = paired(lambda: lab.run(ask()), bare)
    return Figure(
        "lookups",
        message("DNS lookups per second from a cache, of dnslib's parse, reply and pack"),
        1 / ratio,
        0.5,
        "",
        at_most=False,
        detail=f"{count / asked:,.0f}/s, {count / packed:,.0f}/s",
    )


def growth() -> list[Figure]:
    """What ten thousand more machines cost each visit, and what an idle one weighs."""
    with Lab.load() as small, Lab.load() as large:
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        _add_hosts(large, MANY_HOSTS)
        weight = (tracemalloc.get_traced_memory()[0] - before) / MANY_HOSTS
        tracemalloc.stop()
        _, _, ratio = paired(_visits(large, 40), _visits(small, 40))
    return [
        Figure(
            "growth",
            message("a visit among 10,000 more machines, of one without them"),
            ratio, 1.2, "", at_most=True,
        ),
        Figure(
            "idle-host", message("an idle machine"), weight / 1024, 4.0, "KB", at_most=True
        ),
    ]  # fmt: skip


def _add_hosts(lab: Lab, count: int) -> None:
    fabric = lab.fabric
    network = fabric.add_network(Network("crowd", prefixes=["198.19.0.0/16"]))
    fabric.topology.link(network, fabric.topology.networks["backbone"], MILLISECOND)
    for number in range(count):
        Host(fabric, f"crowd-{number}", network, (f"198.19.{number // 250}.{number % 250 + 2}",))
