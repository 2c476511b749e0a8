"""What a VPN exit decides: who gets which address, and how packets are translated.

The exit is a router with network address translation (RFC 3022): towards the Internet
every packet of every client bears the exit's own address, and a port tells them apart.
Translation is per flow, as Linux does it: only the host that a client spoke to may answer.
ICMP errors are translated by the packet that they quote (RFC 5508).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from simulator.values import (
    FIN,
    MINUTE,
    RST,
    SECOND,
    SYN,
    Address,
    Datagram,
    Duration,
    Icmp,
    IcmpKind,
    Instant,
    Packet,
    Segment,
)

TUNNEL_PREFIXES = ("198.19.240.0/20", "2001:db8:ffff::/64")
"""Inside the tunnel; the addresses stay there, so that every exit may use the same."""

FIRST_PORT, LAST_PORT = 40000, 49151
"""Below the dynamic ports of RFC 6335, among them WireGuard's own 51820: a port on which a
program of the exit itself waits would swallow the answers of a customer's flow."""

# How long a silent flow is remembered: RFC 4787 REQ-5, RFC 5508 REQ-2, RFC 5382 REQ-5.
UDP_IDLE: Duration = 5 * MINUTE
ICMP_IDLE: Duration = 1 * MINUTE
TCP_IDLE: Duration = 124 * MINUTE
TCP_TRANSITORY_IDLE: Duration = 4 * MINUTE

_SWEEP_EVERY: Duration = 30 * SECOND
_MARKS = SYN | FIN | RST
_CLIENT, _REMOTE = 1, 2
_ECHOES = (IcmpKind.ECHO_REQUEST, IcmpKind.ECHO_REPLY)

_HEADERS_V4, _HEADERS_V6 = 20 + 20, 40 + 20
"""Octets of IP and TCP headers: what is left of the tunnel's MTU is a segment's."""


class ToInternet(NamedTuple):
    """Send the packet out, as the exit's own."""

    packet: Packet


class ToTunnel(NamedTuple):
    """Send the packet to the client whose tunnel address it is for."""

    packet: Packet


Decision: TypeAlias = ToInternet | ToTunnel | None
"""None: drop it, or, if it came from the Internet, leave it to the exit's own host."""


class AddressPool:
    """Hands out tunnel addresses in order: the first of each prefix is the exit's own."""

    def __init__(self, prefixes: tuple[str, ...] = TUNNEL_PREFIXES) -> None:
        self._networks = [ipaddress.ip_network(prefix) for prefix in prefixes]
        self._assigned: dict[bytes, tuple[Address, ...]] = {}

    @property
    def gateway(self) -> tuple[Address, ...]:
        """The exit's own addresses inside the tunnel."""
        return self._numbered(1)

    def assign(self, public_key: bytes) -> tuple[Address, ...]:
        """Return the addresses of a client, one per prefix; the same key, the same ones.

        ValueError when a prefix is used up.
        """
        addresses = self._assigned.get(public_key)
        if addresses is None:
            addresses = self._numbered(2 + len(self._assigned))
            self._assigned[public_key] = addresses
        return addresses

    def _numbered(self, number: int) -> tuple[Address, ...]:
        for network in self._networks:
            # The last address of an IPv4 prefix is its broadcast address.
            if number >= network.num_addresses - 1:
                raise ValueError(f"{network} has no address left")
        return tuple(str(network[number]) for network in self._networks)


Body: TypeAlias = Datagram | Segment | Icmp

FlowKey: TypeAlias = tuple[type, Address, int, Address, int]
"""Kind of body, our side's address and port, the remote's address and port.

For an ICMP echo the identifier stands for our port, and 0 for the remote's.
"""


@dataclass(slots=True)
class _Flow:
    """A conversation between a client and a remote, through ``port`` of the exit."""

    client: Address
    client_port: int
    port: int
    last_used: Instant
    idle: Duration
    outside: FlowKey
    finished: int = 0  # who has sent a FIN: _CLIENT, _REMOTE, or the sum of both


class Nat:
    """Translation at one exit, whose addresses on the Internet are ``addresses``.

    ``mtu`` is the largest packet that its tunnel carries.
    """

    def __init__(
        self, addresses: tuple[Address, ...], gateway: tuple[Address, ...] = (), mtu: int = 1420
    ) -> None:
        self._mtu = mtu
        # By version: whether the address is one of IPv6.
        self._addresses = {":" in address: address for address in addresses}
        self._gateway = {":" in address: address for address in gateway}
        self._own = frozenset(addresses + gateway)
        self._inside: dict[FlowKey, _Flow] = {}
        self._outside: dict[FlowKey, _Flow] = {}
        self._next_port = FIRST_PORT
        self._swept: Instant = 0

    def __len__(self) -> int:
        return len(self._inside)

    # --- from the tunnel ------------------------------------------------------------

    def outbound(self, packet: Packet, now: Instant) -> Decision:
        """Decide on a packet from a client, whose source the tunnel has vouched for."""
        source, destination, body, ttl = packet
        address = self._addresses.get(":" in destination)
        if destination in self._own:
            return None  # the exit offers its clients no service but the way out
        if ttl <= 1:
            return self._refuse(packet, IcmpKind.TIME_EXCEEDED)
        if address is None:
            return self._refuse(packet, IcmpKind.NETWORK_UNREACHABLE)
        if isinstance(body, Icmp) and body.kind not in _ECHOES:
            return self._outbound_error(packet, body, address)
        if isinstance(body, Icmp) and body.kind is IcmpKind.ECHO_REPLY:
            return None  # nobody outside can have asked
        key = _key(source, destination, body)
        flow = self._inside.get(key)
        if flow is None or now - flow.last_used >= flow.idle:
            flow = self._open(key, flow, address, now)
            if flow is None:
                return None  # every port towards that remote is taken
        flow.last_used = now
        if isinstance(body, Segment) and body.flags & _MARKS:
            _follow(flow, body.flags, _CLIENT)
            body = _clamped(body, destination, self._mtu)
        return ToInternet(Packet(address, destination, _from_port(body, flow.port), ttl - 1))

    def _outbound_error(self, packet: Packet, error: Icmp, address: Address) -> Decision:
        """A client complains of what it got: its quote has our translation undone."""
        quoted = error.quoted
        if quoted is None or quoted.destination != packet.source:
            return None
        flow = self._inside.get(_key(quoted.destination, quoted.source, quoted.body, reverse=True))
        if flow is None:
            return None
        original = Packet(quoted.source, address, _to_port(quoted.body, flow.port), quoted.ttl)
        body = Icmp(error.kind, original)
        return ToInternet(Packet(address, packet.destination, body, packet.ttl - 1))

    # --- from the Internet ----------------------------------------------------------

    def inbound(self, packet: Packet, now: Instant) -> Decision:
        """Decide on a packet that came to the exit's address."""
        source, destination, body, ttl = packet
        if isinstance(body, Icmp) and body.kind is not IcmpKind.ECHO_REPLY:
            # A client cannot be pinged from outside: there is no flow that a ping could be of.
            return None if body.kind in _ECHOES else self._inbound_error(packet, body)
        flow = self._outside.get(_key(destination, source, body, reverse=True))
        if flow is None or now - flow.last_used >= flow.idle:
            return None
        if ttl <= 1:
            answer = Icmp(IcmpKind.TIME_EXCEEDED, packet)
            return ToInternet(Packet(destination, source, answer))
        flow.last_used = now
        if isinstance(body, Segment) and body.flags & _MARKS:
            _follow(flow, body.flags, _REMOTE)
            body = _clamped(body, source, self._mtu)
        return ToTunnel(Packet(source, flow.client, _to_port(body, flow.client_port), ttl - 1))

    def _inbound_error(self, packet: Packet, error: Icmp) -> Decision:
        """Somebody on the way complains of a client's packet."""
        quoted = error.quoted
        if quoted is None or packet.ttl <= 1:
            return None
        flow = self._outside.get(_key(quoted.source, quoted.destination, quoted.body))
        if flow is None:
            return None
        original = Packet(
            flow.client,
            quoted.destination,
            _from_port(quoted.body, flow.client_port),
            quoted.ttl,
        )
        body = Icmp(error.kind, original)
        return ToTunnel(Packet(packet.source, flow.client, body, packet.ttl - 1))

    # --- flows ----------------------------------------------------------------------

    def _open(
        self, key: FlowKey, expired: _Flow | None, address: Address, now: Instant
    ) -> _Flow | None:
        if expired is not None:
            self._close(key, expired)
        if now - self._swept >= _SWEEP_EVERY:
            self._sweep(now)
        kind, client, client_port, remote, remote_port = key
        for _ in range(FIRST_PORT, LAST_PORT + 1):
            port = self._next_port
            self._next_port = FIRST_PORT if port == LAST_PORT else port + 1
            outside = (kind, address, port, remote, remote_port)
            if outside not in self._outside:
                flow = _Flow(client, client_port, port, now, _IDLE[kind], outside)
                self._inside[key] = flow
                self._outside[outside] = flow
                return flow
        return None

    def _close(self, key: FlowKey, flow: _Flow) -> None:
        del self._inside[key]
        del self._outside[flow.outside]

    def _sweep(self, now: Instant) -> None:
        self._swept = now
        for key, flow in list(self._inside.items()):
            if now - flow.last_used >= flow.idle:
                self._close(key, flow)

    def _refuse(self, packet: Packet, kind: IcmpKind) -> Decision:
        """Answer a client from the tunnel's gateway; never answer an error with another."""
        gateway = self._gateway.get(":" in packet.source)
        if gateway is None or (isinstance(packet.body, Icmp) and packet.body.kind not in _ECHOES):
            return None
        return ToTunnel(Packet(gateway, packet.source, Icmp(kind, packet)))


_IDLE: dict[type, Duration] = {
    Datagram: UDP_IDLE,
    Segment: TCP_TRANSITORY_IDLE,
    Icmp: ICMP_IDLE,
}


def _follow(flow: _Flow, flags: int, sender: int) -> None:
    """Give a TCP flow the patience that its state deserves (RFC 5382 section 5)."""
    if flags & RST:
        flow.idle = TCP_TRANSITORY_IDLE
    elif flags & FIN:
        flow.finished |= sender
        if flow.finished == _CLIENT | _REMOTE:
            flow.idle = TCP_TRANSITORY_IDLE
    elif sender == _REMOTE:
        flow.idle = TCP_IDLE
    else:  # a first SYN, perhaps of a new connection from a port used before
        flow.idle, flow.finished = TCP_TRANSITORY_IDLE, 0


def _clamped(segment: Segment, remote: Address, mtu: int) -> Segment:
    """Lower the segment size that a SYN asks for to what fits the tunnel.

    Neither end knows of the tunnel's narrower link, and nothing here is fragmented.
    """
    longest = mtu - (_HEADERS_V6 if ":" in remote else _HEADERS_V4)
    if segment.mss is None or segment.mss <= longest:
        return segment
    return segment._replace(mss=longest)


def _key(ours: Address, remote: Address, body: Body, *, reverse: bool = False) -> FlowKey:
    """Return the key of a packet that our side sends, or, ``reverse``, that the remote sends."""
    if isinstance(body, Icmp):
        return Icmp, ours, body.identifier, remote, 0
    if reverse:
        return type(body), ours, body[1], remote, body[0]
    return type(body), ours, body[0], remote, body[1]


def _from_port(body: Body, port: int) -> Body:
    """Return the body with its source port (or echo identifier) replaced."""
    if isinstance(body, Segment):
        return Segment(port, *body[1:])
    if isinstance(body, Datagram):
        return Datagram(port, body.destination_port, body.data)
    return body._replace(identifier=port)


def _to_port(body: Body, port: int) -> Body:
    """Return the body with its destination port (or echo identifier) replaced."""
    if isinstance(body, Segment):
        return Segment(body.source_port, port, *body[2:])
    if isinstance(body, Datagram):
        return Datagram(body.source_port, port, body.data)
    return body._replace(identifier=port)
