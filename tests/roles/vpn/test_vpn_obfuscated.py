"""A VPN in disguise, on the virtual Internet: what shows of it, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.net import Host, LabLoop, Network
from simulator.net.capture import Tap
from simulator.roles.vpn.service import VpnClient, VpnExit
from simulator.values import MILLISECOND, SYN, Address, Datagram, Packet, Segment
from simulator.wire.obfuscation import LARGEST, TUNNEL_MTU, Obfuscator
from simulator.wire.wireguard import new_private_key, public_key
from simulator.wire.wireguard.messages import kind_of

EXIT, SITE, SUBSCRIBER = "203.0.113.99", "198.51.100.80", "192.0.2.7"
DISGUISED = (EXIT, 443)


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
        home = fabric.add_network(Network("home", prefixes=("192.0.2.0/24",)))
        abroad = fabric.add_network(
            Network("abroad", prefixes=("198.51.100.0/24", "203.0.113.0/24"))
        )
        fabric.topology.link(home, abroad, 20 * MILLISECOND)
        self.subscriber = Host(fabric, "noumea", home, (SUBSCRIBER,), MILLISECOND)
        self.exit_host = Host(fabric, "exit", abroad, (EXIT,), MILLISECOND)
        self.site = Host(fabric, "site", abroad, (SITE,), MILLISECOND)
        self.wire, self.outside = Tap("noumea"), Tap("site")
        self.subscriber.taps, self.site.taps = [self.wire], [self.outside]
        random = Random(5)
        self.key, self.shared = new_private_key(random), random.randbytes(32)
        self.exit = VpnExit(
            ExitDevice(self.exit_host),
            DISGUISED,
            new_private_key(random),
            (EXIT,),
            fabric.now,
            random,
            obfuscator=Obfuscator(self.shared, Random(6)),
        )
        self.addresses = self.exit.add_client(public_key(self.key))

    def client(self, shared: bytes | None) -> VpnClient:
        return VpnClient(
            ClientDevice(self.subscriber, self.addresses),
            DISGUISED,
            self.key,
            self.exit.public_key,
            self.loop.fabric.now,
            Random(7),
            obfuscator=None if shared is None else Obfuscator(shared, Random(8)),
        )

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def datagrams(self, source: Address) -> list[bytes]:
        return [
            packet.body.data
            for _, packet in self.wire.packets
            if packet.source == source and isinstance(packet.body, Datagram)
        ]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.on(world.exit_host, world.exit.start())
    yield world
    world.loop.shut_down()


async def serve_pages() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"page." * 10_000)
        writer.close()

    await asyncio.start_server(serve, SITE, 80)


async def visit(client: VpnClient) -> bytes:
    await client.start()
    assert await client.connected()
    reader, writer = await asyncio.open_connection(SITE, 80)
    writer.write(b"GET\n")
    page = await reader.read()
    writer.close()
    return page


def test_a_page_comes_through_and_on_the_wire_there_is_nothing_to_recognise(world: World) -> None:
    world.on(world.site, serve_pages())
    page = world.on(world.subscriber, visit(world.client(world.shared)))
    assert page == b"page." * 10_000
    sent = world.datagrams(SUBSCRIBER) + world.datagrams(EXIT)
    assert len(sent) == len(world.wire.packets) > 40
    assert [kind_of(data) for data in sent] == [0] * len(sent)
    assert max(len(data) for data in sent) <= LARGEST
    full = [len(data) for data in world.datagrams(EXIT) if len(data) > 1300]
    assert len(dict.fromkeys(full)) > 20


def test_bare_wireguard_is_recognised_at_once_in_the_same_place(world: World) -> None:
    """The counterpart, so that the test above can fail: type and length give it away."""
    world.on(world.subscriber, world.client(None).start())
    [initiation] = world.datagrams(SUBSCRIBER)
    assert (kind_of(initiation), len(initiation)) == (1, 148)


def test_the_exit_clamps_segments_to_the_narrower_tunnel(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those of a client that asks for more: neither end knows of the tunnel."""
    monkeypatch.setattr(ClientDevice, "segment_size", 1400)
    world.on(world.site, serve_pages())
    world.on(world.subscriber, visit(world.client(world.shared)))
    asked = [
        packet.body.mss
        for _, packet in world.outside.packets
        if isinstance(packet.body, Segment)
        and packet.body.flags & SYN
        and packet.destination == SITE
    ]
    assert asked == [TUNNEL_MTU - 40]


@pytest.mark.parametrize("shared", [None, bytes(32)])
def test_who_lacks_the_key_meets_silence(world: World, shared: bytes | None) -> None:
    """Bare WireGuard with the right keys, and a disguise with the wrong one."""
    client = world.client(shared)

    async def call() -> bool:
        await client.start()
        return await client.connected()

    assert world.on(world.subscriber, call()) is False
    assert world.datagrams(EXIT) == []


def test_a_prober_who_repeats_what_he_heard_meets_silence(world: World) -> None:
    """Active probing (RFC 9505 section 4.3.2): the same octets from another port, later."""

    async def connect() -> None:
        client = world.client(world.shared)
        await client.start()
        assert await client.connected()
        await client.stop()

    world.on(world.subscriber, connect())
    heard = world.datagrams(SUBSCRIBER)
    world.subscriber.tunnel = None
    world.wire.packets.clear()

    async def replay() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=DISGUISED
        )
        for datagram in [*heard, b"x", bytes(148)]:
            transport.sendto(datagram)
        await asyncio.sleep(60)
        transport.close()

    world.on(world.subscriber, replay())
    assert world.datagrams(EXIT) == []
