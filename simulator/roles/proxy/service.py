"""Proxies on the network: they take a client's request, resolve, connect and pass bytes on.

Both kinds speak in clear with the client: who watches that leg reads the name, and after it
whatever the client and the destination do not encrypt themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from simulator.journal import Journal
from simulator.roles.proxy.http import HttpDialogue
from simulator.roles.proxy.logic import SocksDialogue
from simulator.roles.proxy.outbound import Dial, Lookup, Outbound
from simulator.roles.proxy.relay import IDLE_SECONDS, Idleness, Leg, join
from simulator.roles.proxy.steps import Dialogue, End, Reach, Say, Step
from simulator.values import SECOND, Address, Now
from simulator.wire.route import RouteError
from simulator.wire.web import http_date

SOCKS_PORT = 1080
CONNECT_PORT = 8080
PATIENCE = 30.0
"""Seconds that a client has to say what it wants."""
LINGER = 2.0
"""Seconds that a client has for its FIN once it was refused."""


class Proxy:
    """What both kinds share. ``lookup`` is the proxy's own resolver."""

    def __init__(
        self,
        name: str,
        addresses: Sequence[Address],
        port: int,
        lookup: Lookup,
        *,
        dial: Dial | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.name = name
        self.outbound = Outbound(lookup, dial)
        self._addresses = tuple(addresses)
        self._port = port
        self._journal = journal
        self._listening: list[asyncio.Server] = []
        self._clients: dict[_Client, None] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {len(self._clients)} clients>"

    @property
    def running(self) -> bool:
        """Whether the proxy serves."""
        return bool(self._listening)

    async def start(self) -> None:
        """Listen on every address. Nothing happens if the proxy is on already."""
        if self.running:
            return
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            self._listening.append(
                await loop.create_server(lambda: _Client(self), address, self._port)
            )

    async def stop(self) -> None:
        """Stop listening and break off every connection."""
        for server in self._listening:
            server.close()
        self._listening.clear()
        for client in list(self._clients):
            client.abort()
            if client.other is not None:
                client.other.abort()

    def dialogue(self) -> Dialogue:
        """Return the negotiation with a new client."""
        raise NotImplementedError

    def entered(self, client: _Client) -> None:
        """A client is there."""
        self._clients[client] = None

    def left(self, client: _Client) -> None:
        """A client is gone."""
        self._clients.pop(client, None)

    def record(self, what: str, **details: object) -> None:
        """Write down what a proxy knows: who asks, and where for."""
        if self._journal is not None:
            self._journal.record(self.name, what, **details)


class SocksProxy(Proxy):
    """A SOCKS version 5 proxy (RFC 1928): CONNECT alone, without authentication."""

    def __init__(
        self,
        name: str,
        addresses: Sequence[Address],
        lookup: Lookup,
        *,
        port: int = SOCKS_PORT,
        dial: Dial | None = None,
        journal: Journal | None = None,
    ) -> None:
        super().__init__(name, addresses, port, lookup, dial=dial, journal=journal)

    def dialogue(self) -> Dialogue:
        """Return a negotiation by SOCKS."""
        return SocksDialogue()


class ConnectProxy(Proxy):
    """An HTTP proxy: CONNECT (RFC 9110 section 9.3.6), and GET and HEAD of ``http://`` URLs.

    ``calendar_start`` is the date of lab instant 0 in seconds since 1970, for the Date of
    responses.
    """

    def __init__(
        self,
        name: str,
        addresses: Sequence[Address],
        lookup: Lookup,
        now: Now,
        *,
        port: int = CONNECT_PORT,
        dial: Dial | None = None,
        journal: Journal | None = None,
        calendar_start: int = 0,
    ) -> None:
        super().__init__(name, addresses, port, lookup, dial=dial, journal=journal)
        self._now = now
        self._calendar_start = calendar_start

    def dialogue(self) -> Dialogue:
        """Return a negotiation by HTTP."""
        return HttpDialogue(self._date)

    def _date(self) -> str:
        return http_date(self._calendar_start + self._now() // SECOND)


class _Client(Leg):
    """A client's connection: a negotiation first, then one of two legs."""

    def __init__(self, proxy: Proxy) -> None:
        self._loop = asyncio.get_running_loop()
        super().__init__(Idleness(self._loop, IDLE_SECONDS))
        self._proxy = proxy
        self._dialogue = proxy.dialogue()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._refused = False

    # --- what the network tells -------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for what the client wants."""
        super().connection_made(transport)
        self._arm(PATIENCE, self._lose_patience)
        self._proxy.entered(self)

    def data_received(self, data: bytes) -> None:
        """Take a piece of the negotiation, or what is for the destination."""
        if self._refused:
            return
        if self._task is not None:
            super().data_received(data)
            return
        for step in self._dialogue.received(data):
            self._take(step)

    def eof_received(self) -> bool:
        """A client that ends before it has asked for anything wants nothing more."""
        served = self._task is not None and not self._refused
        return super().eof_received() if served else False

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone, and what was under way for it is of no use."""
        super().connection_lost(error)
        self._disarm()
        if self._task is not None:
            self._task.cancel()
        self._proxy.left(self)

    # --- the negotiation --------------------------------------------------------------

    def _take(self, step: Step) -> None:
        if isinstance(step, Say):
            self.write(step.data)
        elif isinstance(step, End):
            self._proxy.record("refused a client", client=self._peer(), reason=step.reason)
            self._refuse(step.data)
        else:
            assert self.transport is not None
            self.transport.pause_reading()  # what the destination cannot have yet stays out
            self._disarm()
            self._task = self._loop.create_task(self._serve(step))

    async def _serve(self, wanted: Reach) -> None:
        """Connect to where the client wants to go, and join the two."""
        destination = Leg(self._idleness)
        asked = {"client": self._peer(), "host": wanted.host, "port": wanted.port}
        try:
            transport = await self._proxy.outbound.connect(
                lambda: destination, wanted.host, wanted.port
            )
        except RouteError as error:
            self._proxy.record("not reached", **asked, stage=error.stage, failure=error.failure)
            self._refuse(self._dialogue.failed(error.stage, error.failure))
            return
        except asyncio.CancelledError:
            destination.abort()  # it may have come up at the same instant
            raise
        self._proxy.record("relays", **asked)
        address, port = transport.get_extra_info("sockname")[:2]
        self.write(self._dialogue.reached(address, port))
        destination.write(wanted.first)
        self.deaf = wanted.one_way
        join(self, destination, self._idleness)
        self._listen_again()

    def _lose_patience(self) -> None:
        self._proxy.record("refused a client", client=self._peer(), reason="nothing asked in time")
        self._refuse(self._dialogue.timed_out())

    def _refuse(self, farewell: bytes) -> None:
        """Send what is to be said, and wait a while for the client's own end.

        A socket closed on octets that were not read answers with a RST, which may overtake
        the farewell.
        """
        self._refused = True
        self.write(farewell)
        self.end()
        if self.ended:
            self.close()
            return
        self._arm(LINGER, self.abort)
        self._listen_again()

    def _listen_again(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _peer(self) -> Address:
        assert self.transport is not None
        return str(self.transport.get_extra_info("peername")[0])

    def _arm(self, seconds: float, expired: Callable[[], None]) -> None:
        self._disarm()
        self._timer = self._loop.call_later(seconds, expired)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
