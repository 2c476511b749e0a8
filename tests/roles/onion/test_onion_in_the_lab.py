"""A subscriber, three relays in three networks, and a site: on the virtual Internet."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import pytest

from simulator.journal import Journal
from simulator.net import Host, LabLoop, Network
from simulator.net.capture import Tap
from simulator.roles.onion.client import OnionRoute
from simulator.roles.onion.service import PORT, Relay
from simulator.values import MILLISECOND, RST, Address, Drop, Packet, Reset, Segment
from simulator.wire.onion.descriptor import RelayKeys
from simulator.wire.route import RouteError
from simulator.wire.tls import client_hello_server_name

SUBSCRIBER, SITE = "192.0.2.7", "198.51.100.80"
RELAYS = {"guard": "203.0.113.1", "middle": "198.18.1.1", "exit": "198.18.2.1"}


class Visitor(asyncio.Protocol):
    """Keeps all that it is told, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.data = b""
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.told.append("made")

    def data_received(self, data: bytes) -> None:
        self.told.append("data")
        self.data += data

    def eof_received(self) -> None:
        self.told.append("eof")

    def connection_lost(self, error: Exception | None) -> None:
        self.told.append("lost")
        self.lost.set_result(error)


class Silence(NamedTuple):
    """A middlebox's rule: packets to an address vanish."""

    address: Address
    name: str = "silence"

    def concerns(self, packet: Packet) -> bool:
        return packet.destination == self.address

    def judge(self, *_: object) -> Drop:
        return Drop()


class World:
    def __init__(self, seed: int = 0) -> None:
        self.loop = LabLoop(None, seed)
        self.errors: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.errors.append(context))
        fabric = self.fabric = self.loop.fabric
        self.journal = Journal(fabric.now)
        prefixes = ("192.0.2.0/24", "203.0.113.0/24", "198.18.1.0/24", "198.18.2.0/24")
        networks = [
            fabric.add_network(Network(f"net-{place}", prefixes=(prefix,)))
            for place, prefix in enumerate((*prefixes, "198.51.100.0/24"))
        ]
        for one, other in itertools.pairwise(networks):
            fabric.topology.link(one, other, 5 * MILLISECOND)
        self.subscriber = Host(fabric, "noumea", networks[0], (SUBSCRIBER,), MILLISECOND)
        self.site = Host(fabric, "site", networks[4], (SITE,), MILLISECOND)
        self.hosts = [
            Host(fabric, name, network, (address,), MILLISECOND)
            for (name, address), network in zip(RELAYS.items(), networks[1:4], strict=True)
        ]
        self.taps = {}
        for host in (self.subscriber, *self.hosts, self.site):
            self.taps[host.name] = Tap(host.name)
            host.taps = [self.taps[host.name]]
        self.names: dict[str, Sequence[Address]] = {"clips.test": (SITE,)}
        self.relays = [
            Relay(
                host.name,
                RelayKeys.generate(Random(host.name)),
                (host.addresses[0], PORT),
                Random(f"{host.name}/{seed}"),
                lookup=self.lookup if host.name == "exit" else None,
                journal=self.journal,
            )
            for host in self.hosts
        ]
        for host, relay in zip(self.hosts, self.relays, strict=True):
            self.on(host, relay.start())
        self.route = self.make_route()

    def make_route(self, **changes: Any) -> OnionRoute:
        return OnionRoute([relay.descriptor for relay in self.relays], Random(7), **changes)

    async def lookup(self, name: str) -> Sequence[Address]:
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return self.names[name]

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def visit(self, program: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return self.on(self.subscriber, program())

    def told(self, who: str) -> list[tuple[str, dict[str, Any]]]:
        return [(entry.what, entry.details) for entry in self.journal if entry.who == who]

    def spoke_with(self, name: str) -> set[Address]:
        """The addresses whose packets a machine saw, without its own."""
        own = {"noumea": SUBSCRIBER, "site": SITE, **RELAYS}[name]
        packets = [packet for _, packet in self.taps[name].packets]
        return {each for packet in packets for each in packet[:2]} - {own}


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.loop.shut_down()
    # Python 3.11 complains of the servers that these tests leave waiting.
    ours = [each for each in world.errors if "StreamReaderProtocol" not in each["message"]]
    assert ours == []


async def serve(answer: bytes = b"page." * 100) -> None:
    """Answer every line with a page and close."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline():
            writer.write(answer)
        writer.close()

    await asyncio.start_server(talk, SITE, 80)


async def hold() -> None:
    """Take connections and say nothing."""
    await asyncio.get_running_loop().create_server(asyncio.Protocol, SITE, 80)


async def fetch(route: OnionRoute, host: str = "clips.test", port: int = 80) -> Visitor:
    visitor = Visitor()
    transport = await route.connect(lambda: visitor, host, port)
    transport.write(b"GET\n")
    await visitor.lost
    return visitor


def resets(world: World) -> list[Packet]:
    return [
        packet
        for tap in world.taps.values()
        for _, packet in tap.packets
        if isinstance(packet.body, Segment) and packet.body.flags & RST
    ]


def test_a_page_comes_through_three_relays_and_the_order_of_things_is_kept(world: World) -> None:
    world.on(world.site, serve())
    visitor = world.visit(lambda: fetch(world.route))
    assert visitor.data == b"page." * 100
    assert visitor.told == ["made", "data", "data", "eof", "lost"]
    assert visitor.lost.result() is None


def test_the_guard_knows_the_subscriber_the_exit_the_site_and_nobody_both(world: World) -> None:
    world.on(world.site, serve())
    world.visit(lambda: fetch(world.route))
    assert world.told("guard") == [
        ("circuit created", {"previous": SUBSCRIBER}),
        ("circuit extended", {"previous": SUBSCRIBER, "next": RELAYS["middle"]}),
    ]
    assert world.told("middle") == [
        ("circuit created", {"previous": RELAYS["guard"]}),
        ("circuit extended", {"previous": RELAYS["guard"], "next": RELAYS["exit"]}),
    ]
    assert world.told("exit") == [
        ("circuit created", {"previous": RELAYS["middle"]}),
        ("stream opened", {"destination": "clips.test:80", "address": SITE}),
    ]


def test_the_packets_of_each_machine_say_the_same_as_its_journal(world: World) -> None:
    world.on(world.site, serve())
    world.visit(lambda: fetch(world.route))
    assert world.spoke_with("noumea") == {RELAYS["guard"]}
    assert world.spoke_with("guard") == {SUBSCRIBER, RELAYS["middle"]}
    assert world.spoke_with("middle") == {RELAYS["guard"], RELAYS["exit"]}
    assert world.spoke_with("exit") == {RELAYS["middle"], SITE}
    assert world.spoke_with("site") == {RELAYS["exit"]}


def test_the_provider_sees_tls_to_the_guard_and_no_name_that_means_anything(world: World) -> None:
    world.on(world.site, serve())
    world.visit(lambda: fetch(world.route))
    segments = [
        packet.body
        for _, packet in world.taps["noumea"].packets
        if isinstance(packet.body, Segment)
    ]
    assert len(segments) == len(world.taps["noumea"].packets)  # no DNS, nothing but TCP
    stream = [segment.data for segment in segments if segment.data]
    assert not any(b"clips" in data or b"page." in data for data in stream)
    name = client_hello_server_name(stream[0])
    assert name is not None
    assert (name[:4], name[-8:], len(name)) == ("www.", ".example", 28)


def test_the_server_name_changes_with_each_link(world: World) -> None:
    world.on(world.site, serve())

    async def twice() -> None:
        for _ in range(2):
            await fetch(world.route)
            await world.route.close()
            await asyncio.sleep(1)

    world.visit(twice)
    first = [
        client_hello_server_name(packet.body.data)
        for _, packet in world.taps["noumea"].packets
        if isinstance(packet.body, Segment)
        and packet.body.data[:1] == b"\x16"
        and packet.source == SUBSCRIBER
    ]
    names = [name for name in first if name is not None]
    assert len(names) == len(dict.fromkeys(names)) == 2


def test_a_circuit_is_built_once_and_serves_many_streams_at_a_time(world: World) -> None:
    world.on(world.site, serve())

    async def visits() -> list[bytes]:
        visitors = await asyncio.gather(*(fetch(world.route) for _ in range(3)))
        visitors.append(await fetch(world.route))
        return [visitor.data for visitor in visitors]

    assert world.visit(visits) == [b"page." * 100] * 4
    assert [what for what, _ in world.told("guard")] == ["circuit created", "circuit extended"]


def test_how_long_it_takes(world: World) -> None:
    """Two round trips for TCP and TLS, one for the link, one for the hop: at every hop.

    Then one more round trip of TCP at the exit, and the way back.
    """
    world.on(world.site, serve())

    async def time_to_connect() -> float:
        began = world.loop.time()
        await world.route.connect(Visitor, "clips.test", 80)
        return world.loop.time() - began

    hop, last = 14, 14  # milliseconds there and back between neighbours
    first = 4 * hop
    second = hop + 4 * hop
    third = 2 * hop + 4 * hop
    stream = 3 * hop + last
    assert world.visit(time_to_connect) == pytest.approx((first + second + third + stream) / 1000)


def test_the_transport_says_whom_it_speaks_to(world: World) -> None:
    world.on(world.site, serve())

    async def look() -> tuple[Any, Any, str]:
        transport = await world.route.connect(Visitor, "clips.test", 80)
        peer, site = (transport.get_extra_info(name) for name in ("peername", "destination"))
        return peer, site, repr(transport)[:16]

    assert world.visit(look) == ((RELAYS["guard"], PORT), (SITE, 80), "<StreamTransport")


def test_nobody_meets_a_reset_in_an_undisturbed_visit(world: World) -> None:
    """In a lab a reset must mean that somebody interfered."""
    world.on(world.site, serve())

    async def visit_and_leave() -> None:
        visitor = Visitor()
        transport = await world.route.connect(lambda: visitor, "clips.test", 80)
        transport.write(b"GET\n")
        await asyncio.sleep(1)
        transport.close()
        idle = await world.route.connect(Visitor, "clips.test", 80)
        idle.close()
        await asyncio.sleep(1)
        await world.route.close()
        await asyncio.sleep(60)

    world.visit(visit_and_leave)
    assert resets(world) == []


# --- large things -------------------------------------------------------------------


def test_a_large_page_passes_through_the_windows_in_order(world: World) -> None:
    page = b"".join(number.to_bytes(4, "big") for number in range(250_000))
    world.on(world.site, serve(page))
    visitor = world.visit(lambda: fetch(world.route))
    assert visitor.data == page


def test_a_reader_that_pauses_stops_the_site_and_loses_nothing(world: World) -> None:
    page = bytes(2_000_000)
    world.on(world.site, serve(page))

    async def read_slowly() -> tuple[int, int, bytes]:
        visitor = Visitor()
        transport = await world.route.connect(lambda: visitor, "clips.test", 80)
        transport.pause_reading()  # type: ignore[attr-defined]
        transport.write(b"GET\n")
        await asyncio.sleep(60)
        held_back = sum(
            len(packet.body.data)
            for _, packet in world.taps["site"].packets
            if isinstance(packet.body, Segment) and packet.source == SITE
        )
        before = len(visitor.data)
        transport.resume_reading()  # type: ignore[attr-defined]
        await visitor.lost
        return before, held_back, visitor.data

    before, sent, data = world.visit(read_slowly)
    assert before == 0
    assert 500 * 498 <= sent < 1_000_000  # the stream's window, and what buffers on the way hold
    assert data == page


def test_a_writer_is_asked_to_pause_and_to_go_on(world: World) -> None:
    counts: list[int] = []

    async def swallow() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(30)
            counts.append(len(await reader.read(-1)))
            writer.close()

        await asyncio.start_server(talk, SITE, 80)

    world.on(world.site, swallow())

    class Writer(Visitor):
        def pause_writing(self) -> None:
            self.told.append("pause")

        def resume_writing(self) -> None:
            self.told.append("resume")

    async def pour() -> list[str]:
        writer = Writer()
        transport = await world.route.connect(lambda: writer, "clips.test", 80)
        transport.write(bytes(2_000_000))
        waiting = transport.get_write_buffer_size()
        assert waiting == 2_000_000 - 500 * 498
        await asyncio.sleep(120)
        transport.close()
        await asyncio.sleep(30)
        return writer.told

    assert world.visit(pour) == ["made", "pause", "resume", "lost"]
    assert counts == [2_000_000]


# --- what goes wrong ----------------------------------------------------------------


def failure(world: World, route: OnionRoute, host: str = "clips.test", port: int = 80) -> Any:
    """Return what a visit ended with: stage, failure, the hop, the hop's own failure."""

    async def visit() -> tuple[Any, ...]:
        with pytest.raises(RouteError) as caught:
            await route.connect(Visitor, host, port)
        return caught.value.stage, caught.value.failure, caught.value.hop, caught.value.hop_failure

    return world.visit(visit)


GUARD = (RELAYS["guard"], PORT)


def test_a_name_that_the_exit_cannot_resolve(world: World) -> None:
    told = failure(world, world.route, "nowhere.test")
    assert told == ("dns", "dns_nxdomain_error", GUARD, None)
    assert world.told("exit")[-1] == (
        "stream refused",
        {"destination": "nowhere.test:80", "reason": "resolve failed"},
    )


def test_a_site_that_refuses(world: World) -> None:
    assert failure(world, world.route) == ("tcp", "connection_refused", GUARD, None)


def test_a_site_that_does_not_answer_and_the_circuit_outlives_it(world: World) -> None:
    network = world.site.network
    world.fabric.middlebox(network).put("silence", Silence(SITE))
    assert failure(world, world.route) == ("tcp", "generic_timeout_error", GUARD, None)
    world.fabric.middlebox(network).lift("silence")
    world.on(world.site, serve())
    assert world.visit(lambda: fetch(world.route)).data == b"page." * 100
    assert len(world.told("guard")) == 2


def test_an_address_in_place_of_a_name_is_not_resolved(world: World) -> None:
    world.on(world.site, serve())
    world.names.clear()
    assert world.visit(lambda: fetch(world.route, SITE)).data == b"page." * 100


def test_a_guard_that_refuses_is_told_from_a_site_that_does(world: World) -> None:
    world.on(world.hosts[0], world.relays[0].stop())
    route = world.make_route()
    assert failure(world, route) == ("tcp", "connection_refused", GUARD, "connection_refused")


def test_a_guard_that_does_not_answer_is_given_up_after_ten_seconds(world: World) -> None:
    world.fabric.middlebox(world.subscriber.network).put("silence", Silence(RELAYS["guard"]))
    timeout = "generic_timeout_error"
    assert failure(world, world.route) == ("tcp", timeout, GUARD, timeout)
    assert world.loop.time() == 10


def test_a_guard_that_is_blocked_later_fails_and_one_unblocked_is_found_again(
    world: World,
) -> None:
    world.on(world.site, serve())
    world.visit(lambda: fetch(world.route))
    box = world.fabric.middlebox(world.subscriber.network)
    box.put("silence", Silence(RELAYS["guard"]))
    timeout = "generic_timeout_error"
    assert failure(world, world.route) == ("tcp", timeout, GUARD, None)  # the circuit is dead
    assert failure(world, world.route) == ("tcp", timeout, GUARD, timeout)  # and no other is had
    box.lift("silence")
    assert world.visit(lambda: fetch(world.route)).data == b"page." * 100


def test_a_guard_with_another_identity_is_refused_before_anything_is_said(world: World) -> None:
    impostor = RelayKeys.generate(Random("impostor")).descriptor("guard", *GUARD)
    route = OnionRoute([impostor, *world.route.relays[1:]], Random(7))
    assert failure(world, route) == ("tcp", "connection_aborted", GUARD, None)
    assert world.told("guard") == []


def test_a_relay_further_on_with_another_identity_is_refused_by_the_one_before(
    world: World,
) -> None:
    guard, middle, last = world.route.relays
    impostor = RelayKeys.generate(Random("impostor")).descriptor("m", middle.address, PORT)
    route = OnionRoute([guard, impostor, last], Random(7))
    assert failure(world, route) == ("tcp", "connection_aborted", GUARD, None)
    assert world.told("guard")[-1] == (
        "circuit not extended",
        {"next": middle.address, "reason": "not the relay that was meant"},
    )
    assert world.told("middle") == []


def test_a_relay_further_on_that_is_down(world: World) -> None:
    world.on(world.hosts[2], world.relays[2].stop())
    assert failure(world, world.make_route()) == ("tcp", "connection_aborted", GUARD, None)


def test_a_relay_that_is_no_exit_refuses_streams(world: World) -> None:
    guard, middle, last = world.route.relays
    route = OnionRoute([guard, last, middle], Random(7))
    assert failure(world, route) == ("tcp", "connection_aborted", GUARD, None)


def test_a_site_that_resets_is_seen_as_one(world: World) -> None:
    async def serve_reset() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.transport.abort()

        await asyncio.start_server(talk, SITE, 80)

    world.on(world.site, serve_reset())
    visitor = world.visit(lambda: fetch(world.route))
    assert visitor.told == ["made", "lost"]
    assert isinstance(visitor.lost.result(), ConnectionResetError)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_relay_that_goes_down_breaks_the_streams_and_the_next_visit_says_so(
    world: World, place: int
) -> None:
    world.on(world.site, hold())

    async def connect() -> Visitor:
        visitor = Visitor()
        await world.route.connect(lambda: visitor, "clips.test", 80)
        return visitor

    visitor = world.visit(connect)
    world.on(world.hosts[place], world.relays[place].stop())

    async def wait() -> Exception | None:
        async with asyncio.timeout(60):
            return await visitor.lost

    error = world.visit(wait)
    assert isinstance(error, ConnectionError)
    assert failure(world, world.route)[1] in ("connection_refused", "connection_aborted")


def test_a_visit_that_is_given_up_leaves_the_circuit_for_the_next(world: World) -> None:
    world.on(world.site, serve())

    async def give_up_then_come_again() -> bytes:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):  # in the middle of building
                await world.route.connect(Visitor, "clips.test", 80)
        await asyncio.sleep(5)
        return (await fetch(world.route)).data

    assert world.visit(give_up_then_come_again) == b"page." * 100
    assert len(world.told("guard")) == 2


def test_a_circuit_whose_exit_is_silent_is_given_up_for_another(world: World) -> None:
    """A stream that gets no answer: from here it may be the circuit as well as the site."""
    world.on(world.site, serve())
    route = world.make_route(stream_timeout=0.05)

    async def visits() -> bytes:
        with pytest.raises(RouteError, match="generic_timeout_error"):
            await route.connect(Visitor, "clips.test", 80)
        route._stream_timeout = 10
        return (await fetch(route)).data

    assert world.visit(visits) == b"page." * 100
    assert len(world.told("guard")) == 4


def test_closing_the_route_ends_its_streams_and_hangs_up(world: World) -> None:
    world.on(world.site, hold())

    async def close() -> list[str]:
        visitor = Visitor()
        await world.route.connect(lambda: visitor, "clips.test", 80)
        await world.route.close()
        await visitor.lost
        await asyncio.sleep(60)
        return visitor.told

    assert world.visit(close) == ["made", "eof", "lost"]
    assert world.relays[1]._calls != {}  # the link to the exit stays for others
    assert [len(link.circuits) for relay in world.relays for link in relay._links] == [0] * 4


def test_a_circuit_goes_through_three_different_relays(world: World) -> None:
    relays = world.route.relays
    for wrong in (relays[:2], (*relays[:2], relays[0]), (*relays, relays[0])):
        with pytest.raises(ValueError, match="three different relays"):
            OnionRoute(wrong, Random(1))


def test_who_speaks_no_tls_or_no_cells_is_hung_up_on(world: World) -> None:
    """No more than a TLS alert, as from any server: nothing tells a prober that it is a relay."""

    async def probe() -> bytes:
        reader, writer = await asyncio.open_connection(*GUARD)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer

    assert len(world.visit(probe)) <= 7
    assert world.told("guard") == []


def test_a_caller_who_says_nothing_after_tls_is_hung_up_on_after_a_minute(world: World) -> None:
    import ssl

    from simulator.serving.tls import open_tls_connection

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def wait() -> float:
        reader, writer = await open_tls_connection(*GUARD, context, "x.example")
        began = world.loop.time()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        return world.loop.time() - began

    assert world.visit(wait) == pytest.approx(60, abs=0.1)


def test_two_runs_with_a_seed_journal_the_same(world: World) -> None:
    def run(world: World) -> tuple[str, list[tuple[int, int]]]:
        world.on(world.site, serve())
        world.visit(lambda: fetch(world.route))
        sizes = [
            (at, len(packet.body.data))
            for at, packet in world.taps["noumea"].packets
            if isinstance(packet.body, Segment)
        ]
        return world.journal.to_jsonl(), sizes

    other = World()
    assert run(world) == run(other)
    other.loop.shut_down()


def test_a_protocol_that_fails_loses_its_own_stream_and_no_other(world: World) -> None:
    world.on(world.site, serve())

    class Clumsy(Visitor):
        def data_received(self, data: bytes) -> None:
            raise ZeroDivisionError

    async def visits() -> tuple[list[str], bytes]:
        clumsy = Clumsy()
        transport = await world.route.connect(lambda: clumsy, "clips.test", 80)
        transport.write(b"GET\n")
        await clumsy.lost
        return clumsy.told, (await fetch(world.route)).data

    assert world.visit(visits) == (["made", "lost"], b"page." * 100)
    assert [type(each["exception"]) for each in world.errors] == [ZeroDivisionError]
    world.errors.clear()
    assert len(world.told("guard")) == 2  # the same circuit


def test_a_protocol_that_cannot_be_made_opens_no_stream(world: World) -> None:
    world.on(world.site, hold())

    def broken() -> asyncio.Protocol:
        raise ZeroDivisionError

    async def visit() -> None:
        with pytest.raises(ZeroDivisionError):
            await world.route.connect(broken, "clips.test", 80)

    world.visit(visit)


def test_a_guard_that_is_not_who_it_should_be_is_left_without_a_reset(world: World) -> None:
    impostor = RelayKeys.generate(Random("impostor")).descriptor("guard", *GUARD)
    failure(world, OnionRoute([impostor, *world.route.relays[1:]], Random(7)))
    world.visit(lambda: asyncio.sleep(60))
    assert resets(world) == []


def test_a_site_that_says_farewell_after_the_visitor_left_meets_no_reset(world: World) -> None:
    """As TLS does, whose close_notify answers the visitor's."""

    class Polite(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def eof_received(self) -> None:
            self.transport.write(b"farewell")  # type: ignore[attr-defined]

    async def serve_politely() -> None:
        await asyncio.get_running_loop().create_server(Polite, SITE, 80)

    world.on(world.site, serve_politely())

    async def leave() -> None:
        transport = await world.route.connect(Visitor, "clips.test", 80)
        transport.write_eof()
        await asyncio.sleep(60)

    world.visit(leave)
    assert resets(world) == []


class Interference(NamedTuple):
    """A middlebox's rule: TLS to an address is met with a verdict; TCP comes up."""

    address: Address
    verdict: Drop | Reset
    name: str = "interference"

    def concerns(self, packet: Packet) -> bool:
        body = packet.body
        return packet.destination == self.address and isinstance(body, Segment) and bool(body.data)

    def judge(self, *_: object) -> Drop | Reset:
        return self.verdict


@pytest.mark.parametrize(
    ("verdict", "seen"), [(Drop(), "generic_timeout_error"), (Reset(), "connection_reset")]
)
def test_a_guard_whose_tls_is_cut_was_reached_by_tcp(
    world: World, verdict: Drop | Reset, seen: str
) -> None:
    rule = Interference(RELAYS["guard"], verdict)
    world.fabric.middlebox(world.subscriber.network).put("interference", rule)
    assert failure(world, world.route) == ("tcp", seen, GUARD, None)
