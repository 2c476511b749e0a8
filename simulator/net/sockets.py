"""A stand-in for `socket.socket` on the virtual Internet.

Libraries that want a socket to hold on to (aiohttp's ``socket_factory``, a transport's
``get_extra_info("socket")``) get one of these. It knows its addresses and keeps its
options; octets travel through the loop's transports alone.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Any

from simulator.net.packets import is_ipv6
from simulator.values import Address

if TYPE_CHECKING:
    from simulator.net.tcp import Connection


class VirtualSocket:
    """An endpoint's address, family and options; no file descriptor."""

    def __init__(
        self,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,  # noqa: A002  # socket.socket names it so
        proto: int = 0,
    ) -> None:
        self.family = family
        self.type = type
        self.proto = proto
        self.connection: Connection | None = None
        self._name: tuple[Any, ...] = ("", 0)
        self._peer: tuple[Any, ...] | None = None
        self._options: dict[tuple[int, int], Any] = {}
        self._closed = False

    @classmethod
    def bound(
        cls,
        name: tuple[Address, int],
        peer: tuple[Address, int] | None = None,
        *,
        datagram: bool = False,
    ) -> VirtualSocket:
        """Return the socket of an endpoint that exists already."""
        made = cls(
            socket.AF_INET6 if is_ipv6(name[0]) else socket.AF_INET,
            socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM,
        )
        made._name, made._peer = name, peer
        return made

    def __repr__(self) -> str:
        return f"<VirtualSocket {self._name} peer={self._peer}>"

    def adopt(self, connection: Connection) -> None:
        """Become the socket of a connection."""
        self.connection = connection
        self._name, self._peer = connection.local, connection.peer

    def bind(self, address: tuple[Any, ...]) -> None:
        """Choose the own address for a later connect."""
        self._name = (address[0], address[1])

    def getsockname(self) -> tuple[Any, ...]:
        """Return the own address, four-part for IPv6."""
        return self._shown(self._name)

    def getpeername(self) -> tuple[Any, ...]:
        """Return the peer's address, or raise ENOTCONN."""
        if self._peer is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self._shown(self._peer)

    def _shown(self, address: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*address, 0, 0) if self.family == socket.AF_INET6 else address

    def setblocking(self, flag: bool) -> None:
        """Accept non-blocking operation; nothing here could block."""
        if flag:
            raise ValueError("the virtual Internet has no blocking sockets")

    def gettimeout(self) -> float:
        """Return 0.0: never blocking."""
        return 0.0

    def setsockopt(self, level: int, option: int, value: Any, *rest: Any) -> None:
        """Keep an option, so that `getsockopt` shows it; none changes how the wire behaves."""
        self._options[level, option] = value

    def getsockopt(self, level: int, option: int, *rest: Any) -> Any:
        """Return an option as it was set, else 0 (SO_ERROR included: no error)."""
        return self._options.get((level, option), 0)

    def fileno(self) -> int:
        """Return -1: there is no descriptor, and nothing for a selector to watch."""
        return -1

    def close(self) -> None:
        """Close; breaks a connection that no transport has taken over."""
        if not self._closed:
            self._closed = True
            if self.connection is not None:
                self.connection.abort()

    def detach(self) -> Connection | None:
        """Give the connection away, to a transport."""
        connection, self.connection = self.connection, None
        return connection
