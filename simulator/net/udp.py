"""UDP endpoints as asyncio transports."""

from __future__ import annotations

import asyncio
import contextvars
import errno
from typing import TYPE_CHECKING, Any

from simulator.net.packets import checked_port, is_ipv6, literal_address
from simulator.net.sockets import VirtualSocket
from simulator.net.tcp import icmp_error, os_error
from simulator.values import Address, Datagram, IcmpKind, Packet

if TYPE_CHECKING:
    from simulator.net.host import Host

MOST_DATA = 65_507
"""Octets in a datagram over IPv4; fragments are not simulated, so it travels whole."""


def socket_address(address: Address, port: int) -> tuple[Any, ...]:
    """Return an address as the socket module shows it, four-part for IPv6."""
    return (address, port, 0, 0) if is_ipv6(address) else (address, port)


class DatagramTransport(asyncio.DatagramTransport):
    """A bound UDP port, connected to one peer or open to all."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        host: Host,
        protocol: asyncio.DatagramProtocol,
        local: tuple[Address, int],
        peer: tuple[Address, int] | None,
    ) -> None:
        super().__init__()
        self._loop = loop
        self._host = host
        self._protocol = protocol
        self._local = local
        self._peer = peer
        self._any_source = local[0] in ("0.0.0.0", "::")  # noqa: S104
        self._closing = False
        self.context = contextvars.copy_context()
        host.datagram_ports[local] = self

    def __repr__(self) -> str:
        return f"<DatagramTransport {self._host.name} {self._local[0]}:{self._local[1]}>"

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return ``sockname``, ``peername`` or ``socket``."""
        if name == "sockname":
            return socket_address(*self._local)
        if name == "peername":
            return default if self._peer is None else socket_address(*self._peer)
        if name == "socket":
            return VirtualSocket.bound(self._local, self._peer, datagram=True)
        return default

    def accepts(self, source: Address, port: int) -> bool:
        """Whether a datagram from there is for this endpoint."""
        return self._peer is None or self._peer == (source, port)

    def arrived(self, data: bytes, source: tuple[Address, int]) -> None:
        """Hand a datagram to the protocol."""
        if ":" in source[0]:
            source = socket_address(*source)
        self._protocol.datagram_received(data, source)

    def met_error(self, kind: IcmpKind, peer: tuple[Address, int]) -> None:
        """Report an ICMP error, to a connected socket only, as kernels do (RFC 1122 4.1.3.3)."""
        error = icmp_error(kind)
        if error is not None and self._peer == peer:
            self._protocol.error_received(error)

    def sendto(self, data: bytes | bytearray | memoryview, addr: Any = None) -> None:
        """Send a datagram to ``addr``, or to the peer."""
        if self._closing:
            return
        if addr is None:
            if self._peer is None:
                raise ValueError("this endpoint has no peer: name an address")
            peer = self._peer
        else:
            address, port = addr[0], addr[1]
            peer = (literal_address(address) or address, checked_port(port))
            if self._peer is not None and peer != self._peer:
                raise ValueError(f"Invalid address: must be None or {self._peer}")
        source, port = self._local
        try:
            if self._any_source:
                source = self._host.source_for(peer[0])
            if len(data) > MOST_DATA:
                raise os_error(errno.EMSGSIZE)
        except OSError as error:
            self._loop.call_soon(self._protocol.error_received, error, context=self.context)
            return
        self._host.send(Packet(source, peer[0], Datagram(port, peer[1], bytes(data))))

    def is_closing(self) -> bool:
        """Whether `close` or `abort` was called."""
        return self._closing

    def close(self) -> None:
        """Give the port back."""
        if not self._closing:
            self._closing = True
            self._host.datagram_ports.pop(self._local, None)
            self._loop.call_soon(self._protocol.connection_lost, None, context=self.context)

    def abort(self) -> None:
        """Give the port back: nothing waits to be sent."""
        self.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what arrives to another protocol from now on."""
        assert isinstance(protocol, asyncio.DatagramProtocol)
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol in use."""
        return self._protocol

    def get_write_buffer_size(self) -> int:
        """Nothing waits: the wire takes every datagram at once."""
        return 0
