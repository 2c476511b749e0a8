"""The VPN's services run unchanged on real loopback sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

from simulator.journal import Journal
from simulator.roles.vpn.service import VpnClient, VpnExit
from simulator.values import Datagram, Packet
from simulator.wire.wireguard import new_private_key, public_key

EXIT_ADDRESS = "203.0.113.99"
SITE = "198.51.100.80"


class MemoryDevice:
    """A tunnel device without a host: the test stands in for it."""

    def __init__(self) -> None:
        self.inject: Callable[[Packet], bool]
        self.packets: asyncio.Queue[Packet] = asyncio.Queue()

    def attach(self, on_packet: Callable[[Packet], bool]) -> None:
        self.inject = on_packet

    def send(self, packet: Packet) -> None:
        self.packets.put_nowait(packet)

    async def next_packet(self) -> Packet:
        async with asyncio.timeout(5):
            return await self.packets.get()


def now() -> int:
    return int(asyncio.get_running_loop().time() * 1_000_000)


@asynccontextmanager
async def running_exit(
    device: MemoryDevice, journal: Journal | None = None
) -> AsyncIterator[VpnExit]:
    random = Random(1)
    service = VpnExit(
        device,
        ("127.0.0.1", 0),
        new_private_key(random),
        (EXIT_ADDRESS,),
        now,
        random,
        name="vpn-sydney",
        journal=journal,
    )
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def test_a_datagram_goes_out_with_the_exits_address_and_its_answer_comes_back() -> None:
    client_device, exit_device = MemoryDevice(), MemoryDevice()
    random = Random(2)
    journal = Journal(lambda: 0)
    async with running_exit(exit_device, journal) as vpn_exit:
        key = new_private_key(random)
        address, _ = vpn_exit.add_client(public_key(key))
        client = VpnClient(
            client_device, ("127.0.0.1", vpn_exit.port), key, vpn_exit.public_key, now, random
        )
        await client.start()
        # Sent before the handshake is through: it waits.
        client_device.inject(Packet(address, SITE, Datagram(5000, 53, b"question")))
        assert await client.connected() is True

        outside = await exit_device.next_packet()
        assert outside == Packet(EXIT_ADDRESS, SITE, Datagram(40000, 53, b"question"), ttl=63)

        exit_device.inject(Packet(SITE, EXIT_ADDRESS, Datagram(53, 40000, b"answer"), ttl=50))
        answer = await client_device.next_packet()
        assert answer == Packet(SITE, address, Datagram(53, 5000, b"answer"), ttl=49)
        await client.stop()
    assert [(entry.who, entry.what, entry.details) for entry in journal] == [
        (
            "vpn-sydney",
            "tunnel established",
            {"client": "127.0.0.1", "tunnel": ["198.19.240.2", "2001:db8:ffff::2"]},
        )
    ]


async def test_the_exit_says_nothing_to_garbage_nor_to_strangers() -> None:
    """Their datagrams go first over the same socket, so an answer to them would come first."""
    client_device = MemoryDevice()
    random = Random(3)
    async with running_exit(MemoryDevice()) as vpn_exit:
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        class Listener(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: object) -> None:
                heard.put_nowait(data)

        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            Listener, remote_addr=("127.0.0.1", vpn_exit.port)
        )
        for garbage in (b"x", bytes(148), b"\1\0\0\0" + bytes(144), b"\4\0\0\0" + bytes(28)):
            transport.sendto(garbage)
        stranger = VpnClient(
            MemoryDevice(),
            ("127.0.0.1", vpn_exit.port),
            new_private_key(random),
            vpn_exit.public_key,
            now,
            random,
        )
        await stranger.start()

        key = new_private_key(random)
        vpn_exit.add_client(public_key(key))
        client = VpnClient(
            client_device, ("127.0.0.1", vpn_exit.port), key, vpn_exit.public_key, now, random
        )
        await client.start()
        assert await client.connected() is True
        assert heard.empty()
        waiting = asyncio.create_task(stranger.connected())
        await asyncio.sleep(0)
        await stranger.stop()
        assert await waiting is False
        await client.stop()
        transport.close()
