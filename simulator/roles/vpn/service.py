"""The two ends of a VPN: the exit that a company runs, the client on a subscriber's machine.

Each has a UDP socket on the Internet and a tunnel device at its back. What the client's
host wants sent goes into the device, travels sealed to the exit, and leaves the exit with
the exit's address. On the way there is nothing to see but WireGuard between two addresses.

With an obfuscator, which both ends must share, not even that: see `simulator.wire.obfuscation`.
Such an exit takes nothing but what was wrapped, so that to a stranger who tries it out its
port is as silent as one that a firewall guards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from simulator.journal import Journal
from simulator.roles.vpn.logic import TUNNEL_PREFIXES, AddressPool, Decision, Nat, ToInternet
from simulator.values import SECOND, Address, Instant, Now, Packet
from simulator.wire import ip, obfuscation
from simulator.wire.obfuscation import Obfuscator
from simulator.wire.wireguard import TUNNEL_MTU, Interface, Peer
from simulator.wire.wireguard.handshake import NO_PRESHARED_KEY

PORT = 51820


class TunnelDevice(Protocol):
    """A TUN interface: IP packets in and out, with no link layer."""

    def attach(self, on_packet: Callable[[Packet], bool]) -> None:
        """Have every packet that is routed into the device given to ``on_packet``.

        On a client that is what its host wants sent through the tunnel; on an exit, what
        arrives at the exit's address and no program there waits for. ``on_packet`` returns
        whether it took the packet; one that it leaves is the host's own business.
        """

    def send(self, packet: Packet) -> None:
        """Take a packet out of the tunnel.

        On a client it goes up its host's stack; on an exit, out to the Internet.
        """


class _Timer:
    """Keeps one timer per peer, and moves it only when it would ring too late."""

    def __init__(self, peer: Peer, now: Now, send: Callable[[list[bytes]], None]) -> None:
        self._peer = peer
        self._now = now
        self._send = send
        self._handle: asyncio.TimerHandle | None = None
        self._armed: Instant = 0

    def update(self) -> None:
        deadline = self._peer.deadline()
        if deadline is None:
            return
        if self._handle is not None:
            if self._armed <= deadline:
                return
            self._handle.cancel()
        self._armed = deadline
        delay = max(0, deadline - self._now()) / SECOND
        self._handle = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._handle = None
        self._send(self._peer.on_timer(self._now()))
        self.update()

    def cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class VpnClient(asyncio.DatagramProtocol):
    """The subscriber's end. ``exit`` is the address and port that it calls.

    ``calendar_start`` is lab time 0 in microseconds since 1970 UTC; handshakes carry the
    date. Packets wait while a handshake runs, the newest 128 of them.
    """

    def __init__(
        self,
        device: TunnelDevice,
        exit: tuple[Address, int],  # noqa: A002 - the word of the trade
        private_key: bytes,
        exit_public_key: bytes,
        now: Now,
        random: Random,
        *,
        preshared_key: bytes = NO_PRESHARED_KEY,
        calendar_start: Instant = 0,
        obfuscator: Obfuscator | None = None,
    ) -> None:
        self._device = device
        self._exit = exit
        self._obfuscator = obfuscator
        self._now = now
        self._interface = Interface(private_key, random, calendar_start=calendar_start)
        self._peer = self._interface.add_peer(exit_public_key, preshared_key)
        self._timer = _Timer(self._peer, now, self._send_from_timer)
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: list[asyncio.Future[bool]] = []

    async def start(self) -> None:
        """Open the socket, take over the device and begin the handshake."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, remote_addr=self._exit)
        self._device.attach(self._from_host)
        self._send(self._peer.initiate(self._now()))
        self._timer.update()

    async def stop(self) -> None:
        """Close the socket without a word, as WireGuard does.

        The device stays ours and swallows what is sent: whoever wants the traffic to go
        past the tunnel again takes the device down.
        """
        self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self._tell_waiting(False)

    async def connected(self) -> bool:
        """Wait for the handshake: True when the tunnel carries packets, False when given up.

        It is given up after 90 seconds, and begun again by the next packet to be sent.
        """
        if self._transport is None:
            return False
        if self._peer.has_session(self._now()):
            return True
        if not self._peer.handshaking:
            return False
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        return await waiter

    # --- what the loop calls --------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Keep the socket."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Take a datagram from the exit; anything else is met with silence."""
        if self._obfuscator is not None:
            unwrapped = self._obfuscator.unwrap(data)
            if unwrapped is None:
                return
            data = unwrapped
        received = self._interface.receive(data, self._now())
        if received is None:
            return
        self._send(received.datagrams)
        self._timer.update()
        if received.established:
            self._tell_waiting(True)
        if received.packet:
            packet = _decoded(received.packet)
            if packet is not None:
                self._device.send(packet)

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error: anybody can send one, and the handshake has its own timers."""

    # --- sending --------------------------------------------------------------------

    def _from_host(self, packet: Packet) -> bool:
        if self._transport is not None:
            self._send(self._peer.send(ip.encode(packet), self._now()))
            self._timer.update()
        return True  # even when stopped: what is meant for the tunnel must not go past it

    def _send(self, datagrams: list[bytes]) -> None:
        if self._transport is not None:
            if self._obfuscator is not None:
                datagrams = [self._obfuscator.wrap(datagram) for datagram in datagrams]
            for datagram in datagrams:
                self._transport.sendto(datagram)

    def _send_from_timer(self, datagrams: list[bytes]) -> None:
        self._send(datagrams)
        if not self._peer.handshaking and not self._peer.has_session(self._now()):
            self._tell_waiting(False)

    def _tell_waiting(self, connected: bool) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(connected)


@dataclass(slots=True)
class _Client:
    """One of the exit's customers; ``endpoint`` is where its last authentic datagram came from."""

    peer: Peer
    addresses: tuple[Address, ...]
    timer: _Timer
    endpoint: Any = None


class VpnExit(asyncio.DatagramProtocol):
    """The company's end: knows its customers by public key, and is silent to all others.

    ``addresses`` are the exit's own on the Internet, one per IP version, to which the
    device listens. ``handshakes_per_second``, if given, makes callers beyond it prove their
    address with a cookie first.
    """

    def __init__(
        self,
        device: TunnelDevice,
        listen: tuple[Address, int],
        private_key: bytes,
        addresses: tuple[Address, ...],
        now: Now,
        random: Random,
        *,
        name: str = "vpn",
        journal: Journal | None = None,
        prefixes: tuple[str, ...] = TUNNEL_PREFIXES,
        calendar_start: Instant = 0,
        handshakes_per_second: int | None = None,
        obfuscator: Obfuscator | None = None,
    ) -> None:
        self._device = device
        self._obfuscator = obfuscator
        self._listen = listen
        self._now = now
        self._name = name
        self._journal = journal
        self._interface = Interface(
            private_key,
            random,
            calendar_start=calendar_start,
            handshakes_per_second=handshakes_per_second,
        )
        self._pool = AddressPool(prefixes)
        mtu = TUNNEL_MTU if obfuscator is None else obfuscation.TUNNEL_MTU
        self._nat = Nat(addresses, self._pool.gateway, mtu)
        self._clients: dict[Peer, _Client] = {}
        self._by_address: dict[Address, _Client] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def public_key(self) -> bytes:
        """What clients must know of this exit."""
        return self._interface.public_key

    @property
    def port(self) -> int:
        """The port that the exit listens on, once started."""
        assert self._transport is not None, "an exit listens once it is started"
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def add_client(
        self, public_key: bytes, preshared_key: bytes = NO_PRESHARED_KEY
    ) -> tuple[Address, ...]:
        """Take on a customer and return its addresses inside the tunnel, one per prefix."""
        peer = self._interface.add_peer(public_key, preshared_key)
        addresses = self._pool.assign(public_key)

        def send(datagrams: list[bytes]) -> None:
            self._send(client, datagrams)

        client = _Client(peer, addresses, _Timer(peer, self._now, send))
        self._clients[peer] = client
        for address in addresses:
            self._by_address[address] = client
        return addresses

    async def start(self) -> None:
        """Open the socket and take over the device."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=self._listen)
        self._device.attach(self._from_internet)

    async def stop(self) -> None:
        """Close the socket."""
        for client in self._clients.values():
            client.timer.cancel()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    # --- what the loop calls --------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Keep the socket."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Take a datagram from anybody; what no customer sent is met with silence."""
        if self._obfuscator is not None:
            unwrapped = self._obfuscator.unwrap(data)
            if unwrapped is None:
                return
            data = unwrapped
        source = f"{addr[0]} {addr[1]}".encode()
        received = self._interface.receive(data, self._now(), source)
        if received is None:
            return
        client = None if received.peer is None else self._clients[received.peer]
        if client is None:  # a cookie for somebody who may yet turn out a customer
            self._send_to(addr, received.datagrams)
            return
        client.endpoint = addr  # a customer may roam; its key is what counts
        self._send(client, received.datagrams)
        if received.established and self._journal is not None:
            self._journal.record(
                self._name, "tunnel established", client=addr[0], tunnel=list(client.addresses)
            )
        if received.packet:
            self._from_tunnel(client, received.packet)
        client.timer.update()

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error: a client that is gone is found out by the timers."""

    # --- packets --------------------------------------------------------------------

    def _from_tunnel(self, client: _Client, data: bytes) -> None:
        packet = _decoded(data)
        # A customer may speak only as itself (cryptokey routing).
        if packet is not None and packet.source in client.addresses:
            self._carry_out(self._nat.outbound(packet, self._now()))

    def _from_internet(self, packet: Packet) -> bool:
        decision = self._nat.inbound(packet, self._now())
        self._carry_out(decision)
        return decision is not None

    def _carry_out(self, decision: Decision) -> None:
        if decision is None:
            return
        packet = decision.packet
        if isinstance(decision, ToInternet):
            self._device.send(packet)
            return
        client = self._by_address[packet.destination]
        self._send(client, client.peer.send(ip.encode(packet), self._now()))
        client.timer.update()

    def _send(self, client: _Client, datagrams: list[bytes]) -> None:
        if client.endpoint is not None:
            self._send_to(client.endpoint, datagrams)

    def _send_to(self, endpoint: Any, datagrams: list[bytes]) -> None:
        if self._transport is not None:
            if self._obfuscator is not None:
                datagrams = [self._obfuscator.wrap(datagram) for datagram in datagrams]
            for datagram in datagrams:
                self._transport.sendto(datagram, endpoint)


def _decoded(data: bytes) -> Packet | None:
    try:
        return ip.decode(data)
    except ip.PacketFormatError:
        return None
