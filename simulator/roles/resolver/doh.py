"""DNS over HTTPS, the client's side (RFC 8484 by HTTP/1.1 and POST)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from simulator.roles.resolver.channel import TIMEOUT_SECONDS, Heard, connect, failure_of
from simulator.roles.resolver.exchange import belongs
from simulator.values import Address
from simulator.wire import doh, failures
from simulator.wire.dns import DnsFormatError, decode, encode
from simulator.wire.dns_values import DnsMessage
from simulator.wire.web import ClosedEarly, Exchange, Response, WebError

PORT = 443
_CHUNK = 65_536

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class DohChannel:
    """Asks one resolver over HTTPS, the questions of a lookup in turn on one connection.

    The server's address is configured, so that no other resolver is needed to find it. Its
    certificate must be valid for ``hostname`` by ``tls_context``: DoH has no other way.
    """

    strict = True

    def __init__(
        self,
        server: Address,
        port: int,
        hostname: str,
        path: str,
        tls_context: ssl.SSLContext,
    ) -> None:
        self.server = server
        self._port = port
        self._hostname = hostname
        self._path = path
        self._context = tls_context
        self._authority = hostname if port == PORT else f"{hostname}:{port}"

    def __repr__(self) -> str:
        return f"<DohChannel https://{self._authority}{self._path} at {self.server}>"

    async def ask(self, queries: Sequence[DnsMessage]) -> list[Heard]:
        """Return what became of each query."""
        heard: list[Heard] = []
        streams: _Streams | None = None
        try:
            for query in queries:
                if streams is None:
                    streams = await self._connect()
                response = await self._exchange(streams, query)
                heard.append(_read(response, query))
                if doh.is_last(response):
                    streams[1].close()
                    streams = None
        except (EOFError, OSError, WebError) as error:
            failed = Heard("doh", failure=_failure_of(error))
            heard += [failed] * (len(queries) - len(heard))
        finally:
            if streams is not None:
                streams[1].close()
        return heard

    async def _connect(self) -> _Streams:
        return await connect(
            self.server, self._port, self._hostname, self._context, TIMEOUT_SECONDS
        )

    async def _exchange(self, streams: _Streams, query: DnsMessage) -> Response:
        reader, writer = streams
        data = _content(query)
        head = doh.post(self._authority, self._path, len(data))
        exchange = Exchange(head, data, doh.LONGEST + 1)
        writer.write(exchange.outgoing)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while not exchange.received(await reader.read(_CHUNK)):
                pass
        assert exchange.response is not None
        return exchange.response


def _content(query: DnsMessage) -> bytes:
    """Return a query as DoH sends it: with id 0, which caches like (RFC 8484 section 4.1)."""
    return encode(query._replace(id=0))


def _read(response: Response, query: DnsMessage) -> Heard:
    try:
        raw = doh.message_of(response)
        reply = decode(raw)
    except doh.NotDns as error:
        unexpected = failures.MISBEHAVING if error.status == 200 else failures.UNEXPECTED_STATUS
        return Heard("doh", failure=unexpected)
    except DnsFormatError:
        return Heard("doh", failure=failures.MISBEHAVING)
    if not belongs(reply, query._replace(id=0)):
        return Heard("doh", failure=failures.MISBEHAVING)
    return Heard("doh", reply, raw)


def _failure_of(error: Exception) -> str:
    if isinstance(error, WebError) and not isinstance(error, ClosedEarly):
        return failures.HTTP_FAILED
    return failure_of(error)
