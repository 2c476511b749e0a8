"""TCP ports: listening on one, and connecting to one."""

from __future__ import annotations

import contextvars
import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.net.packets import reset_for
from simulator.net.tcp import Connection, os_error
from simulator.values import ACK, Address, Packet, Segment

if TYPE_CHECKING:
    from simulator.net.host import Host


class Listener:
    """A port that takes connections."""

    __slots__ = ("_accepted", "_context", "_host", "address", "port")

    def __init__(
        self,
        host: Host,
        address: Address,
        port: int,
        context: contextvars.Context,
        accepted: Callable[[Connection], None],
    ) -> None:
        if (address, port) in host.listeners:
            raise os_error(errno.EADDRINUSE)
        self._host = host
        self._context = context
        self._accepted = accepted
        self.address = address
        self.port = port
        host.listeners[address, port] = self

    def arrived(self, packet: Packet, segment: Segment) -> None:
        """Answer a SYN by a connection of its own."""
        if segment.flags & ACK:  # RFC 9293 3.10.7.2: it belongs to no connection of ours
            self._host.send(reset_for(packet, segment))
            return
        context = self._context.copy()
        connection: Connection | None = None

        def connected(error: OSError | None) -> None:
            if error is None:
                assert connection is not None
                self._accepted(connection)

        connection = Connection(
            self._host,
            (packet.destination, self.port),
            (packet.source, segment.source_port),
            context,
            connected,
        )
        connection.open_passively(segment)

    def close(self) -> None:
        """Take no more connections."""
        self._host.listeners.pop((self.address, self.port), None)


def connect(
    host: Host,
    peer: tuple[Address, int],
    context: contextvars.Context,
    connected: Callable[[OSError | None], None],
    local: tuple[Address, int] | None = None,
) -> Connection:
    """Start a connection; ``connected`` is called with None or the error.

    Raises `OSError` at once where a kernel would: ENETUNREACH without a route,
    EADDRNOTAVAIL for an address that is not ours, EADDRINUSE.
    """
    source = local[0] if local is not None and local[0] else host.source_for(peer[0])
    if not host.owns(source):
        raise os_error(errno.EADDRNOTAVAIL)
    port = local[1] if local is not None else 0
    taken = host.connections
    if port == 0:
        port = host.free_port(lambda candidate: (source, candidate, *peer) in taken)
    elif (source, port, *peer) in taken:
        raise os_error(errno.EADDRINUSE)
    connection = Connection(host, (source, port), peer, context, connected)
    connection.open()
    return connection
