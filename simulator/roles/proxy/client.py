"""How a client goes by a proxy: routes for the probe, one for each kind of proxy.

The probe's pages all go through a tunnel, ``http://`` ones too (like ``curl --proxytunnel``):
a route is a way for octets, and knows nothing of what they say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from simulator.roles.proxy.asking import Asking, ConnectAsking, Said, SocksAsking
from simulator.roles.proxy.outbound import Dial
from simulator.values import Address
from simulator.wire import failures
from simulator.wire.route import RouteError

HOP_SECONDS = 10.0
"""How long the proxy itself may take to answer a SYN, as a site may."""

Ask = Callable[[str, int, tuple[Address, int]], Asking]


class _ProxyRoute:
    """What both kinds share: a connection, a negotiation, then the visitor's own protocol."""

    ask: Ask

    def __init__(self, address: Address, port: int, *, dial: Dial | None = None) -> None:
        self._hop = address, port
        self._dial = dial

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._hop[0]} port {self._hop[1]}>"

    async def connect(
        self, protocol_factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> asyncio.Transport:
        """Connect a protocol to a host, by name or address, through the proxy.

        `RouteError` tells what failed, and whether the proxy itself was reached.
        """
        loop = asyncio.get_running_loop()
        asking = self.ask(host, port, self._hop)
        entrance = _Entrance(loop, asking, protocol_factory, self._hop)
        try:
            async with asyncio.timeout(HOP_SECONDS):
                address = self._hop if self._dial is None else self._dial(*self._hop)
                await loop.create_connection(lambda: entrance, *address)
        except OSError as error:
            failure = failures.of_connection(error)
            raise RouteError("tcp", failure, self._hop, failure) from error
        try:
            return await entrance.open
        except RouteError:
            entrance.leave()
            raise
        except BaseException:
            entrance.abort()
            raise


class SocksRoute(_ProxyRoute):
    """By a SOCKS version 5 proxy; names go to it unresolved."""

    ask = SocksAsking


class ConnectRoute(_ProxyRoute):
    """By an HTTP proxy's CONNECT."""

    ask = ConnectAsking


class _Entrance(asyncio.Protocol):
    """Negotiates, then gives its transport to the visitor's protocol."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        asking: Asking,
        protocol_factory: Callable[[], asyncio.Protocol],
        hop: tuple[Address, int],
    ) -> None:
        self.open: asyncio.Future[asyncio.Transport] = loop.create_future()
        self._asking = asking
        self._make_protocol = protocol_factory
        self._hop = hop
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The proxy is there: ask."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._asking.opening())

    def data_received(self, data: bytes) -> None:
        """Take what the proxy said."""
        transport = self._transport
        assert transport is not None
        if self.open.done():
            return
        try:
            said = self._asking.received(data)
        except RouteError as error:
            self.open.set_exception(error)
            return
        if isinstance(said, Said):
            transport.write(said.data)
        elif said is not None:
            # At once, in the same call: what comes next is the destination's.
            protocol = self._make_protocol()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            self.open.set_result(transport)
            if said.early:
                protocol.data_received(said.early)

    def connection_lost(self, error: Exception | None) -> None:
        """The proxy hung up on us."""
        if not self.open.done():
            broken = isinstance(error, OSError)
            failure = failures.of_connection(cast(OSError, error)) if broken else failures.EOF
            self.open.set_exception(RouteError("tcp", failure, self._hop))

    def leave(self) -> None:
        """Part in peace: the proxy has said what there was to say."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Give up."""
        if self._transport is not None:
            self._transport.abort()
