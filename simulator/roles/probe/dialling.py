"""How a visit gets its connections: straight to an address, in a race of several, or by a route."""

from __future__ import annotations

import asyncio

from simulator.roles.probe import failures
from simulator.roles.probe.browser import Browser
from simulator.roles.probe.connection import Connection
from simulator.roles.probe.routes import Route, RouteError
from simulator.values import Address, ConnectSeen

HEAD_START = 0.25
"""Seconds before the next address is tried beside the last (RFC 8305 section 5)."""
INTERRUPTED = "interrupted"
"""How an attempt ended that another one overtook."""


class Dialler:
    """Makes connections and writes every attempt down in ``connects``."""

    def __init__(
        self, browser: Browser, loop: asyncio.AbstractEventLoop, connects: list[ConnectSeen]
    ) -> None:
        self._browser = browser
        self._loop = loop
        self._connects = connects
        self._transactions = 0

    async def dial(self, address: Address, port: int) -> Connection:
        """Connect to one address. Raises the `OSError` of the attempt, noted down before."""
        connection = self._connection(address, port)
        browser = self._browser
        if browser.dial is not None:
            address, port = browser.dial(address, port)
        try:
            async with asyncio.timeout(browser.timeouts.tcp):
                await self._loop.create_connection(lambda: connection, address, port)
        except OSError as error:
            self._note(connection, failures.of_connection(error))
            raise
        except asyncio.CancelledError:
            self._note(connection, INTERRUPTED)
            raise
        self._note(connection, None)
        return connection

    async def race(self, addresses: tuple[Address, ...], port: int) -> Connection:
        """Try addresses one beside the other, each with a head start (RFC 8305 section 5).

        Raises the error of the last address when none comes up.
        """
        waiting = list(addresses)
        running: list[asyncio.Task[Connection]] = []
        last: OSError | None = None
        try:
            while waiting or running:
                if waiting:
                    running.append(self._loop.create_task(self.dial(waiting.pop(0), port)))
                done, _ = await asyncio.wait(
                    running,
                    timeout=HEAD_START if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                # In the order of the attempts: a set has none that repeats.
                for task in [task for task in running if task in done]:
                    running.remove(task)
                    error = task.exception()
                    if error is None:
                        return task.result()
                    if not isinstance(error, OSError):
                        raise error
                    last = error
        finally:
            await _give_up(running)
            self._connects.sort(key=_by_transaction)
        assert last is not None
        raise last

    async def route(self, route: Route, host: str, port: int) -> Connection:
        """Connect by a route. Raises the `OSError` of the route.

        What is noted down is the connection to the first hop, the only one there is here.
        """
        connection = self._connection(host, port)
        try:
            async with asyncio.timeout(self._browser.timeouts.route):
                transport = await route.connect(lambda: connection, host, port)
        except RouteError as error:
            if error.hop is not None:
                connection.address, connection.port = error.hop
                self._note(connection, error.hop_failure)
            raise
        peer = transport.get_extra_info("peername")
        if peer is not None:
            connection.address, connection.port = peer[0], peer[1]
            self._note(connection, None)
        return connection

    def _connection(self, address: Address, port: int) -> Connection:
        self._transactions += 1
        browser = self._browser
        return Connection(
            self._loop, browser.now, browser.timeouts, self._transactions, address, port
        )

    def _note(self, connection: Connection, failure: str | None) -> None:
        ended = self._browser.now() if failure is not None else connection.connected
        self._connects.append(
            ConnectSeen(
                connection.transaction,
                connection.address,
                connection.port,
                connection.began,
                ended,
                failure,
            )
        )


async def _give_up(running: list[asyncio.Task[Connection]]) -> None:
    """End the attempts that lost the race, also one that came up at the same instant."""
    for task in running:
        task.cancel()
    for task in running:
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is None:
            task.result().abort()


def _by_transaction(seen: ConnectSeen) -> int:
    return seen.transaction
