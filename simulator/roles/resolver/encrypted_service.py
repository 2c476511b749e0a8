"""A resolver's other doors: DNS over TLS (RFC 7858) and DNS over HTTPS (RFC 8484)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from aiohttp import web

from simulator.serving.dns import PATIENCE_SECONDS, DnsPorts, Respond
from simulator.serving.http import HttpServer
from simulator.serving.tls import TlsPorts
from simulator.values import SECOND, Address, Now
from simulator.wire import doh
from simulator.wire.dns import decode
from simulator.wire.web import http_date

BODY_SECONDS = 10.0
"""How long a client may take to send a query by POST."""
SERVER = "takedown-lab"
_METHODS = "GET, HEAD, POST"


class EncryptedDns:
    """DoT and DoH before a resolver: ``take`` is its `Resolver.take`.

    ``tls_context`` has the certificate of the resolver's name; for DoT it need not say
    anything by ALPN. ``calendar_start`` is the date of lab instant 0 in seconds since 1970, for
    the Date of responses.
    """

    def __init__(
        self,
        take: Respond,
        tls_context: ssl.SSLContext,
        addresses: Sequence[Address],
        *,
        now: Now,
        dot_port: int = 853,
        doh_port: int = 443,
        path: str = doh.PATH,
        calendar_start: int = 0,
    ) -> None:
        self._take = take
        self._tls_context = tls_context
        self._addresses = tuple(addresses)
        self._now = now
        self._dot_port = dot_port
        self._doh_port = doh_port
        self._path = path
        self._calendar_start = calendar_start
        self._dot = DnsPorts(take)
        self._http: HttpServer | None = None
        self._https: TlsPorts | None = None

    async def start(self) -> None:
        """Listen on both ports of every address."""
        await self._dot.open_tls(
            [(address, self._dot_port) for address in self._addresses], self._tls_context
        )
        self._http = HttpServer(self._serve, self._refuse)
        self._https = TlsPorts(self._tls_context, self._http)
        await self._https.open([(address, self._doh_port) for address in self._addresses])

    async def close(self) -> None:
        """Stop listening and hang up."""
        await self._dot.close()
        if self._https is not None:
            self._https.close()
        if self._http is not None:
            await self._http.shutdown(0)

    # --- HTTP -------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            query = await self._query(request)
        except doh.DohError as error:
            return self._refuse(error.status)
        reply = await self._reply(query, request.remote or "")
        if reply is None:
            return self._refuse(504)
        headers = {"Cache-Control": f"max-age={doh.max_age(decode(reply))}"}
        return self._response(200, reply, doh.MEDIA_TYPE, headers)

    async def _query(self, request: web.BaseRequest) -> bytes:
        """Return the DNS message that a request brings; raise `DohError` otherwise."""
        if request.path != self._path:
            raise doh.DohError(404, "nothing is served here but DNS")
        if request.method in ("GET", "HEAD"):
            return doh.query_of_get(request.rel_url.raw_query_string)
        if request.method != "POST":
            raise doh.DohError(405, f"{request.method} asks nothing")
        if doh.media_type(request.headers.get("Content-Type")) != doh.MEDIA_TYPE:
            raise doh.DohError(415, f"a query comes as {doh.MEDIA_TYPE}")
        return doh.checked_query(await _body(request))

    async def _reply(self, query: bytes, source: Address) -> bytes | None:
        """Have the resolver answer; None if it keeps silent."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def send(data: bytes) -> None:
            if not answer.done():
                answer.set_result(data)

        if not self._take(query, source, send, stream=True):
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await answer
        except TimeoutError:
            return None

    def _refuse(self, status: int) -> web.Response:
        return self._response(
            status, b"", "text/plain", {"Allow": _METHODS} if status == 405 else {}
        )

    def _response(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str]
    ) -> web.Response:
        date = http_date(self._calendar_start + self._now() // SECOND)
        fields = {"Content-Type": content_type, "Date": date, "Server": SERVER, **headers}
        return web.Response(status=status, headers=fields, body=body)


async def _body(request: web.BaseRequest) -> bytes:
    """Read a body that is no longer than a DNS message, nor longer in coming than is decent."""
    if (request.content_length or 0) > doh.LONGEST:
        raise doh.DohError(413, f"more than {doh.LONGEST} octets")
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while len(body) <= doh.LONGEST and not request.content.at_eof():
                body += await request.content.readany()
    except TimeoutError as error:
        raise doh.DohError(408, "the query does not come") from error
    except ConnectionError as error:  # the client has gone: nobody will read the answer
        raise doh.DohError(400, "the query broke off") from error
    return body
