"""A machine on the virtual Internet: its addresses and the ends of its conversations.

An idle host is a few hundred bytes: tables, randomness and context come into being when
first used. What arrives for a program is delivered inside the context in which that
program asked for it, so that a server's task never runs as its client.
"""

from __future__ import annotations

import contextvars
import errno
import os
from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeVar

from simulator.net.packets import is_ipv6, is_loopback, may_cause_icmp_error, reset_for
from simulator.values import (
    RST,
    SYN,
    Address,
    Datagram,
    Duration,
    Icmp,
    IcmpKind,
    Packet,
    Segment,
)

if TYPE_CHECKING:
    from simulator.net.capture import Tap
    from simulator.net.fabric import Fabric
    from simulator.net.ports import Listener
    from simulator.net.tcp import Connection
    from simulator.net.topology import Network
    from simulator.net.udp import DatagramTransport

current_host: contextvars.ContextVar[Host] = contextvars.ContextVar("current_host")
"""The machine that the running code is on. Only `simulator.net` and the lab read it."""

EPHEMERAL_FIRST, EPHEMERAL_LAST = 49152, 65535
"""Ports for clients: the dynamic range of RFC 6335 section 6."""

Lookup = Callable[[str, int], Awaitable[list[Address]]]
"""(name, 4 or 6 or 0 for both) -> addresses; raises `socket.gaierror`."""


T = TypeVar("T")


def _bound_to(table: dict[tuple[Address, int], T], address: Address, port: int) -> T | None:
    """Return what is bound to an address and port, or to that port on all addresses."""
    found = table.get((address, port))
    if found is None:
        found = table.get(("::" if is_ipv6(address) else "0.0.0.0", port))  # noqa: S104
    return found


class Tunnel(Protocol):
    """An interface that takes packets before they reach the wire."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The host's own addresses inside the tunnel."""

    @property
    def segment_size(self) -> int:
        """The most data of a TCP segment that fits (MSS)."""

    def takes(self, destination: Address) -> bool:
        """Whether packets to an address go through the tunnel; to the host itself, never."""

    def outbound(self, packet: Packet) -> None:
        """Take a packet that the host sends."""


class Host:
    """One machine. Programs reach it through the loop; the fabric through `receive`."""

    __slots__ = (
        "__weakref__",
        "_connections",
        "_context",
        "_datagram_ports",
        "_icmp_listeners",
        "_listeners",
        "_next_port",
        "_random",
        "addresses",
        "fabric",
        "forwarder",
        "latency",
        "lookup",
        "name",
        "network",
        "powered",
        "taps",
        "tunnel",
    )

    def __init__(
        self,
        fabric: Fabric,
        name: str,
        network: Network,
        addresses: tuple[Address, ...],
        latency: Duration = 1_000,
    ) -> None:
        self.fabric = fabric
        self.name = name
        self.network = network
        self.addresses = addresses
        self.latency = latency
        self.powered = True
        self.tunnel: Tunnel | None = None
        self.forwarder: Callable[[Packet], bool] | None = None
        """Takes packets that no program here waits for; returns whether it did."""
        self.lookup: Lookup | None = None
        self.taps: list[Tap] | None = None
        self._connections: dict[tuple[Address, int, Address, int], Connection] | None = None
        self._listeners: dict[tuple[Address, int], Listener] | None = None
        self._datagram_ports: dict[tuple[Address, int], DatagramTransport] | None = None
        self._icmp_listeners: list[Callable[[Packet], None]] | None = None
        self._next_port = 0
        self._random: Random | None = None
        self._context: contextvars.Context | None = None
        fabric.add_host(self)

    def __repr__(self) -> str:
        return f"<Host {self.name} {' '.join(self.addresses)}>"

    # --- what programs on the host need -----------------------------------------------

    @property
    def random(self) -> Random:
        """The host's own stream of randomness, which no other host's use can disturb."""
        if self._random is None:
            self._random = self.fabric.random_for(self.name)
        return self._random

    def context(self) -> contextvars.Context:
        """Return a new context for a program that runs on this host."""
        if self._context is None:
            self._context = contextvars.Context()
            self._context.run(current_host.set, self)
        return self._context.copy()

    @property
    def connections(self) -> dict[tuple[Address, int, Address, int], Connection]:
        """TCP connections by (own address, own port, peer's address, peer's port)."""
        if self._connections is None:
            self._connections = {}
        return self._connections

    @property
    def listeners(self) -> dict[tuple[Address, int], Listener]:
        """TCP listeners by (address, or the unspecified one for all, port)."""
        if self._listeners is None:
            self._listeners = {}
        return self._listeners

    @property
    def datagram_ports(self) -> dict[tuple[Address, int], DatagramTransport]:
        """UDP sockets by (address, or the unspecified one for all, port)."""
        if self._datagram_ports is None:
            self._datagram_ports = {}
        return self._datagram_ports

    def source_for(self, destination: Address) -> Address:
        """Return the own address that talks to ``destination``, or raise ENETUNREACH."""
        source = self._source_or_none(destination)
        if source is None:
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        return source

    def _source_or_none(self, destination: Address) -> Address | None:
        if is_loopback(destination) or destination in self.addresses:
            return destination
        inside = self.tunnel is not None and self.tunnel.takes(destination)
        candidates = self.tunnel.addresses if inside and self.tunnel else self.addresses
        version_6 = is_ipv6(destination)
        for address in candidates:
            if is_ipv6(address) == version_6:
                return address
        return None

    def segment_size(self, destination: Address) -> int:
        """Return the MSS towards an address: 1,500 octets of MTU less the headers, or less."""
        if self.tunnel is not None and self.tunnel.takes(destination):
            return self.tunnel.segment_size
        return 1440 if is_ipv6(destination) else 1460

    def owns(self, address: Address) -> bool:
        """Whether a program may bind to an address here (the unspecified one means all)."""
        if address in ("0.0.0.0", "::") or is_loopback(address):  # noqa: S104
            return True
        if self.tunnel is not None and address in self.tunnel.addresses:
            return True
        return address in self.addresses

    def free_port(self, taken: Callable[[int], bool]) -> int:
        """Return a client port that ``taken`` does not object to; EADDRINUSE if none is left."""
        if self._next_port == 0:
            self._next_port = self.random.randint(EPHEMERAL_FIRST, EPHEMERAL_LAST)
        for _ in range(EPHEMERAL_LAST - EPHEMERAL_FIRST + 1):
            port = self._next_port
            self._next_port = EPHEMERAL_FIRST if port == EPHEMERAL_LAST else port + 1
            if not taken(port):
                return port
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))

    def listen_icmp(self, listener: Callable[[Packet], None]) -> Callable[[], None]:
        """Show ``listener`` every ICMP packet that arrives; return how to stop that."""
        if self._icmp_listeners is None:
            self._icmp_listeners = []
        listeners = self._icmp_listeners
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def break_connections(self, addresses: tuple[Address, ...] | None = None) -> None:
        """Break TCP connections at this end, without a word to the other: all, or those
        of these own addresses."""
        for connection in tuple((self._connections or {}).values()):
            if addresses is None or connection.local[0] in addresses:
                connection.context.run(connection.break_off)

    # --- to and from the wire -----------------------------------------------------------

    def send(self, packet: Packet) -> None:
        """Send a packet: through the tunnel if that takes it, else on the wire."""
        tunnel = self.tunnel
        if tunnel is None:
            self.send_on_wire(packet)
        elif tunnel.takes(packet.destination):
            if self.powered:
                tunnel.outbound(packet)
        else:
            self.send_on_wire(packet)

    def send_on_wire(self, packet: Packet) -> None:
        """Send a packet past any tunnel. A machine without power sends none."""
        if not self.powered:
            return
        if self.taps is not None:
            for tap in self.taps:
                tap.saw(self.fabric.clock.now, packet)
        self.fabric.send(packet, self)

    def receive(self, packet: Packet) -> None:
        """Take a packet from the wire. A machine without power is silent."""
        if not self.powered:
            return
        if self.taps is not None:
            for tap in self.taps:
                tap.saw(self.fabric.clock.now, packet)
        self.deliver(packet)

    def deliver(self, packet: Packet) -> None:
        """Give a packet to the program that waits for it, or answer as a kernel would."""
        body = packet.body
        if isinstance(body, Segment):
            self._deliver_segment(packet, body)
        elif isinstance(body, Datagram):
            self._deliver_datagram(packet, body)
        else:
            self._deliver_icmp(packet, body)

    def _deliver_segment(self, packet: Packet, segment: Segment) -> None:
        source, destination = packet.source, packet.destination
        if self._connections is not None:
            connection = self._connections.get(
                (destination, segment.destination_port, source, segment.source_port)
            )
            if connection is not None:
                connection.context.run(connection.arrived, segment)
                return
        if self._listeners is not None and segment.flags & SYN:
            listener = _bound_to(self._listeners, destination, segment.destination_port)
            if listener is not None:
                listener.arrived(packet, segment)
                return
        if self.forwarder is not None and self.forwarder(packet):
            return
        if not segment.flags & RST:
            self.send(reset_for(packet, segment))

    def _deliver_datagram(self, packet: Packet, datagram: Datagram) -> None:
        if self._datagram_ports is not None:
            endpoint = _bound_to(
                self._datagram_ports, packet.destination, datagram.destination_port
            )
            if endpoint is not None and endpoint.accepts(packet.source, datagram.source_port):
                endpoint.context.run(
                    endpoint.arrived, datagram.data, (packet.source, datagram.source_port)
                )
                return
        if self.forwarder is not None and self.forwarder(packet):
            return
        self._refuse(packet, IcmpKind.PORT_UNREACHABLE)

    def _refuse(self, packet: Packet, kind: IcmpKind) -> None:
        if may_cause_icmp_error(packet):
            self.send(Packet(packet.destination, packet.source, Icmp(kind, packet)))

    def _deliver_icmp(self, packet: Packet, icmp: Icmp) -> None:
        for listener in tuple(self._icmp_listeners or ()):
            listener(packet)
        quoted = icmp.quoted
        if quoted is not None and self._report_error(quoted, icmp.kind):
            return
        if self.forwarder is not None and self.forwarder(packet):
            return
        if icmp.kind is IcmpKind.ECHO_REQUEST:
            reply = icmp._replace(kind=IcmpKind.ECHO_REPLY)
            self.send(Packet(packet.destination, packet.source, reply))

    def _report_error(self, quoted: Packet, kind: IcmpKind) -> bool:
        """Tell the program whose packet met an error; return whether there was one."""
        body = quoted.body
        if isinstance(body, Segment) and self._connections is not None:
            key = (quoted.source, body.source_port, quoted.destination, body.destination_port)
            connection = self._connections.get(key)
            if connection is not None:
                connection.context.run(connection.met_error, kind)
                return True
        elif isinstance(body, Datagram) and self._datagram_ports is not None:
            endpoint = _bound_to(self._datagram_ports, quoted.source, body.source_port)
            if endpoint is not None:
                endpoint.context.run(
                    endpoint.met_error, kind, (quoted.destination, body.destination_port)
                )
                return True
        return False
