"""How a proxy reaches a destination: by its own resolver and its own connections."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Protocol

from simulator.values import Address
from simulator.wire import failures
from simulator.wire.route import RouteError

CONNECT_SECONDS = 10.0
"""How long one address may take to answer."""

Dial = Callable[[Address, int], tuple[Address, int]]
"""Where a connection to an address and a port really goes; parity tests turn it aside."""


class Found(Protocol):
    """What a resolver says of a name; a stub resolver's answer is one."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses, the preferred first."""

    @property
    def failure(self) -> str | None:
        """Why there are none: an OONI failure string."""


Lookup = Callable[[str], Awaitable[Found]]
"""The proxy's own resolver, for instance ``stub.addresses``."""


class Outbound:
    """Makes the connections that clients ask for."""

    def __init__(self, lookup: Lookup, dial: Dial | None, seconds: float = CONNECT_SECONDS) -> None:
        self._lookup = lookup
        self._dial = dial
        self._seconds = seconds

    async def connect(
        self, protocol_factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> asyncio.Transport:
        """Connect to the first address of a host that answers, one after the other.

        `RouteError` tells what failed: the name, or the last of its addresses.
        """
        last = failures.NETWORK_UNREACHABLE
        for address in await self._addresses(host):
            try:
                return await self._connect(protocol_factory, address, port)
            except OSError as error:
                last = failures.of_connection(error)
        raise RouteError("tcp", last)

    async def _addresses(self, host: str) -> tuple[Address, ...]:
        if _is_address(host):
            return (host,)
        found = await self._lookup(host)
        if not found.addresses:
            raise RouteError("dns", found.failure or failures.NO_ANSWER)
        return found.addresses

    async def _connect(
        self, protocol_factory: Callable[[], asyncio.Protocol], address: Address, port: int
    ) -> asyncio.Transport:
        if self._dial is not None:
            address, port = self._dial(address, port)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._seconds):
            transport, _ = await loop.create_connection(protocol_factory, address, port)
        return transport


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
