"""How an edge fetches from a customer's machine: over TLS with the site's own name, or in clear."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from functools import cached_property

from simulator.roles.cdn.logic import Customer
from simulator.values import Address
from simulator.wire import failures
from simulator.wire.route import RouteError
from simulator.wire.web import ClosedEarly, Exchange, Request, Response, WebError

CONNECT_SECONDS = 10.0
"""How long one address may take, its handshake included."""
RESPONSE_SECONDS = 20.0
"""How long the response may take to arrive."""
LINGER = 2.0
"""How long a machine has for its own end of the connection."""
BODY_LIMIT = 16 << 20
"""Octets of a page that an edge passes on: no site of a lab has as many."""

Dial = Callable[[Address, int], tuple[Address, int]]
"""Where a connection to an address and a port really goes; parity tests turn it aside."""
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Origins:
    """Asks customers' machines; ``root_pem`` is the authority whose certificates count."""

    def __init__(self, root_pem: str, dial: Dial | None) -> None:
        self._root_pem = root_pem
        self._dial = dial
        self._farewells: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self._root_pem)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    async def fetch(self, customer: Customer, host: str, request: Request) -> Response:
        """Return what the customer's machine answers for ``host``, one of its names.

        `RouteError` tells the stage and the failure when it does not.
        """
        reader, writer = await self._reach(customer, host)
        exchange = Exchange(request, limit=BODY_LIMIT)
        try:
            async with asyncio.timeout(RESPONSE_SECONDS):
                writer.write(exchange.outgoing)
                while not exchange.received(await reader.read(65536)):
                    pass
        except ClosedEarly as error:
            raise RouteError("http", failures.EOF) from error
        except WebError as error:
            raise RouteError("http", failures.HTTP_FAILED) from error
        except OSError as error:
            raise RouteError("http", failures.of_connection(error)) from error
        finally:
            self._part(writer)
        response = exchange.response
        assert response is not None
        if response.truncated:
            raise RouteError("http", failures.HTTP_FAILED)
        return response

    async def close(self) -> None:
        """Break off what is still being closed."""
        for task, writer in list(self._farewells.items()):
            writer.transport.abort()
            await asyncio.wait([task])

    def _part(self, writer: asyncio.StreamWriter) -> None:
        """Close without letting the visitor wait for a machine's farewell."""
        task = asyncio.get_running_loop().create_task(_say_farewell(writer))
        self._farewells[task] = writer
        task.add_done_callback(lambda done: self._farewells.pop(done, None))

    async def _reach(self, customer: Customer, host: str) -> Streams:
        last = RouteError("tcp", failures.NETWORK_UNREACHABLE)
        for address in customer.origins:
            try:
                return await self._connect(address, host if customer.https else None)
            except ssl.SSLError as error:
                last = RouteError("tls", failures.of_tls(error))
            except OSError as error:
                last = RouteError("tcp", failures.of_connection(error))
        raise last

    async def _connect(self, address: Address, server_name: str | None) -> Streams:
        port = 80 if server_name is None else 443
        if self._dial is not None:
            address, port = self._dial(address, port)
        async with asyncio.timeout(CONNECT_SECONDS):
            if server_name is None:
                return await asyncio.open_connection(address, port)
            return await asyncio.open_connection(
                address, port, ssl=self._tls_context, server_hostname=server_name
            )


async def _say_farewell(writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(LINGER):
            writer.close()
            await writer.wait_closed()
    except OSError:  # a timeout is one, too
        writer.transport.abort()
