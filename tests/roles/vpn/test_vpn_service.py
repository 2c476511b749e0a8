"""A subscriber behind a provider, an exit abroad: on the virtual Internet, in lab time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.net import Host, LabLoop, Network
from simulator.net.capture import Tap
from simulator.roles.vpn.service import PORT, VpnClient, VpnExit
from simulator.values import MILLISECOND, SECOND, Address, Datagram, Packet
from simulator.wire.wireguard import TUNNEL_MTU, new_private_key, public_key

EXIT, SITE, SUBSCRIBER = "203.0.113.99", "198.51.100.80", "192.0.2.7"


class ClientDevice:
    """The tunnel interface of a subscriber's machine: all but the exit goes through it."""

    segment_size = TUNNEL_MTU - 60

    def __init__(self, host: Host, addresses: tuple[Address, ...]) -> None:
        self._host = host
        self.addresses = addresses

    def takes(self, destination: Address) -> bool:
        return destination != EXIT

    def outbound(self, packet: Packet) -> None:
        self._on_packet(packet)

    def attach(self, on_packet: Callable[[Packet], bool]) -> None:
        self._on_packet = on_packet
        self._host.tunnel = self

    def send(self, packet: Packet) -> None:
        self._host.deliver(packet)


class ExitDevice:
    """What the exit's machine forwards."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def attach(self, on_packet: Callable[[Packet], bool]) -> None:
        self._host.forwarder = on_packet

    def send(self, packet: Packet) -> None:
        self._host.send_on_wire(packet)


class World:
    def __init__(self) -> None:
        self.loop = LabLoop(None, 0)
        fabric = self.loop.fabric
        self.now = fabric.now
        self.journal = Journal(self.now)
        home = fabric.add_network(Network("opt-nc", prefixes=("192.0.2.0/24",)))
        abroad = fabric.add_network(
            Network("abroad", prefixes=("198.51.100.0/24", "203.0.113.0/24"))
        )
        fabric.topology.link(home, abroad, 20 * MILLISECOND)
        self.subscriber = Host(fabric, "noumea", home, (SUBSCRIBER,), MILLISECOND)
        self.exit_host = Host(fabric, "vpn-sydney", abroad, (EXIT,), MILLISECOND)
        self.site = Host(fabric, "site", abroad, (SITE,), MILLISECOND)
        self.wire = Tap("noumea")
        self.subscriber.taps = [self.wire]
        random = Random(5)
        key = new_private_key(random)
        self.exit = VpnExit(
            ExitDevice(self.exit_host),
            (EXIT, PORT),
            new_private_key(random),
            (EXIT,),
            self.now,
            random,
            name="vpn-sydney",
            journal=self.journal,
        )
        addresses = self.exit.add_client(public_key(key))
        self.client = VpnClient(
            ClientDevice(self.subscriber, addresses),
            (EXIT, PORT),
            key,
            self.exit.public_key,
            self.now,
            random,
        )

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    errors: list[dict[str, Any]] = []
    world.loop.set_exception_handler(lambda _, context: errors.append(context))
    yield world
    world.loop.close()
    assert errors == []


async def serve_pages() -> list[str]:
    """Answer every connection with 50 kB, once it has sent a line; note who called."""
    callers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer.get_extra_info("peername")[0])
        await reader.readline()
        writer.write(b"page." * 10_000)
        writer.close()
        await writer.wait_closed()

    await asyncio.start_server(serve, SITE, 80)
    return callers


async def fetch() -> bytes:
    reader, writer = await asyncio.open_connection(SITE, 80)
    writer.write(b"GET\n")
    page = await reader.read()
    writer.close()
    await writer.wait_closed()
    return page


def test_a_connection_goes_through_and_the_site_sees_the_exit(world: World) -> None:
    callers = world.on(world.site, serve_pages())
    world.on(world.exit_host, world.exit.start())

    async def visit() -> tuple[bytes, bytes]:
        before = await fetch()
        await world.client.start()
        assert await world.client.connected() is True
        return before, await fetch()

    before, through = world.on(world.subscriber, visit())
    assert before == through == b"page." * 10_000
    assert callers == [SUBSCRIBER, EXIT]


def test_the_providers_wire_shows_the_exit_and_nothing_else(world: World) -> None:
    world.on(world.site, serve_pages())
    world.on(world.exit_host, world.exit.start())

    async def visit() -> None:
        await world.client.start()
        await fetch()

    world.on(world.subscriber, visit())
    packets = [packet for _, packet in world.wire.packets]
    assert len(packets) > 60
    assert {frozenset((packet.source, packet.destination)) for packet in packets} == {
        frozenset((SUBSCRIBER, EXIT))
    }
    kinds = []
    for packet in packets:
        assert isinstance(packet.body, Datagram)
        assert b"page." not in packet.body.data
        assert len(packet.body.data) <= 32 + TUNNEL_MTU + 4
        kinds.append(packet.body.data[0])
    assert kinds[:2] == [1, 2]
    assert kinds[2:] == [4] * (len(kinds) - 2)


def test_the_handshake_takes_one_round_trip_and_is_journalled(world: World) -> None:
    world.on(world.exit_host, world.exit.start())

    async def connect() -> int:
        await world.client.start()
        assert await world.client.connected() is True
        return world.now()

    there_and_back = world.on(world.subscriber, connect())
    assert there_and_back == 2 * 22 * MILLISECOND
    world.on(world.subscriber, asyncio.sleep(1))
    assert [(entry.at, entry.who, entry.what, entry.details) for entry in world.journal] == [
        (
            3 * 22 * MILLISECOND,
            "vpn-sydney",
            "tunnel established",
            {"client": SUBSCRIBER, "tunnel": ["198.19.240.2", "2001:db8:ffff::2"]},
        )
    ]


def test_an_exit_that_does_not_answer_is_given_up_after_ninety_seconds(world: World) -> None:
    async def connect() -> bool:
        await world.client.start()
        return await world.client.connected()

    assert world.on(world.subscriber, connect()) is False
    assert 90 * SECOND <= world.now() <= 96 * SECOND
    calls = [at for at, packet in world.wire.packets if packet.source == SUBSCRIBER]
    assert len(calls) in (17, 18)
    assert not world.client._peer.handshaking


def test_a_long_visit_renews_its_keys_and_loses_nothing(world: World) -> None:
    world.on(world.site, serve_pages())
    world.on(world.exit_host, world.exit.start())

    async def visits() -> list[int]:
        await world.client.start()
        lengths = []
        for _ in range(10):
            lengths.append(len(await fetch()))
            await asyncio.sleep(60)
        return lengths

    assert world.on(world.subscriber, visits()) == [50_000] * 10
    initiations = [
        at
        for at, packet in world.wire.packets
        if isinstance(packet.body, Datagram) and packet.body.data[0] == 1
    ]
    seconds = [at // SECOND for at in initiations]
    assert seconds == [0, 120, 240, 360, 480]
    assert len(world.journal) == 1  # renewed, not established anew


def test_after_a_silence_of_an_hour_the_next_visit_finds_its_way(world: World) -> None:
    callers = world.on(world.site, serve_pages())
    world.on(world.exit_host, world.exit.start())

    async def visits() -> None:
        await world.client.start()
        await fetch()
        await asyncio.sleep(3600)
        await fetch()

    world.on(world.subscriber, visits())
    assert callers == [EXIT, EXIT]
    assert len(world.journal) == 2


def test_a_closed_port_beyond_the_exit_refuses_through_the_tunnel(world: World) -> None:
    world.on(world.exit_host, world.exit.start())

    async def visit() -> None:
        await world.client.start()
        await fetch()

    with pytest.raises(ConnectionRefusedError):
        world.on(world.subscriber, visit())


def test_what_no_client_asked_for_is_answered_by_the_exits_own_host(world: World) -> None:
    world.on(world.exit_host, world.exit.start())
    with pytest.raises(ConnectionRefusedError):
        world.on(world.site, asyncio.open_connection(EXIT, 40000))


def test_when_stopped_nothing_goes_past_the_tunnel(world: World) -> None:
    """A VPN that falls must not leak: the device stays, and swallows."""
    world.on(world.exit_host, world.exit.start())

    async def visit() -> None:
        await world.client.start()
        await world.client.connected()
        await asyncio.sleep(1)
        await world.client.stop()
        assert await world.client.connected() is False
        world.wire.packets.clear()
        async with asyncio.timeout(10):
            await fetch()

    with pytest.raises(TimeoutError):
        world.on(world.subscriber, visit())
    assert world.wire.packets == []


def test_a_client_that_speaks_as_another_is_not_carried(world: World) -> None:
    world.on(world.exit_host, world.exit.start())
    sent = Tap("site")
    world.exit_host.taps = [sent]

    async def speak() -> None:
        await world.client.start()
        await world.client.connected()
        for source in ("198.19.240.9", "198.19.240.2"):
            world.client._from_host(Packet(source, SITE, Datagram(5000, 53, b"")))
        await asyncio.sleep(1)

    world.on(world.subscriber, speak())
    outside = [packet for _, packet in sent.packets if packet.destination == SITE]
    assert outside == [Packet(EXIT, SITE, Datagram(40000, 53, b""), 63)]
