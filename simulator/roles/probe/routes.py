"""Ways out other than the subscriber's own connections: a proxy, a chain of relays.

A route takes the *name* of the destination, unresolved: the DNS is asked at the far end, and
the subscriber's own resolver hears nothing. TLS and HTTP then run through it as they would
over TCP.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from simulator.roles.probe import failures
from simulator.roles.probe.logic import Failure
from simulator.wire.route import RouteError

__all__ = ["Route", "RouteError", "of_route"]


class Route(Protocol):
    """A way out. Roles that offer one satisfy this without knowing it."""

    async def connect(
        self, protocol_factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> asyncio.Transport:
        """Connect a protocol to a host, by name or address, and a port.

        Raises `RouteError` for what the far end told, `socket.gaierror` for a name that it
        does not find, other `OSError` as a connection of one's own would.
        """


def of_route(error: OSError) -> Failure:
    """Name the stage and the failure of a route that did not come up."""
    if isinstance(error, RouteError):
        return Failure(error.stage, error.failure)
    if isinstance(error, socket.gaierror):
        temporary = error.errno == socket.EAI_AGAIN
        return Failure("dns", "dns_temporary_failure" if temporary else "dns_nxdomain_error")
    return Failure("tcp", failures.of_connection(error))
