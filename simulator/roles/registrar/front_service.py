"""The registrar's web front on the network: HTTPS by aiohttp."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web

from simulator.roles.registrar.front import COOKIE, Asked, Front, Parameters, Reply, Say
from simulator.roles.registrar.front_pages import LANGUAGES, as_json, as_page
from simulator.serving.http import HttpServer
from simulator.serving.tls import TlsServerProtocol
from simulator.values import SECOND, Address, Message, Now
from simulator.wire.web import http_date

PORT: Final = 443
LARGEST_BODY: Final = 65536
"""Octets of a form."""
SERVER: Final = "takedown-lab"
_JSON: Final = "application/json"


def in_english(sentence: Message, _language: str) -> str:
    """Say a sentence in English, whatever is asked for."""
    return str(sentence)


class WebFront:
    """Serves a `Front` over TLS, on each of ``addresses``.

    ``say`` puts sentences into the reader's language (Accept-Language); ``calendar_start``
    is the date of lab instant 0 in seconds since 1970.
    """

    def __init__(
        self,
        front: Front,
        registrar: str,
        tls_context: ssl.SSLContext,
        addresses: Sequence[Address],
        now: Now,
        *,
        port: int = PORT,
        say: Say = in_english,
        calendar_start: int = 0,
    ) -> None:
        self._front = front
        self._registrar = registrar
        self._tls = tls_context
        self._addresses = tuple(addresses)
        self._now = now
        self._port = port
        self._say = say
        self._calendar_start = calendar_start
        self._server: HttpServer | None = None
        self._listening: list[asyncio.Server] = []

    def __repr__(self) -> str:
        return f"<WebFront {self._registrar} {'on' if self._listening else 'off'}>"

    async def start(self) -> None:
        """Listen on every address."""
        assert not self._listening
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            self._listening.append(await loop.create_server(self.connection, address, self._port))

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        if self._server is None:
            self._server = HttpServer(self._serve, self._refuse)
        return TlsServerProtocol(self._tls, self._server)

    async def stop(self) -> None:
        """Listen no more and cut open connections."""
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        if self._server is not None:
            for connection in self._server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await self._server.shutdown(0)
            self._server = None

    # --- requests ---------------------------------------------------------------------

    async def _serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        parameters = await _parameters(incoming)
        if parameters is None:
            return self._response(incoming, Reply(400))
        asked = Asked(
            incoming.method,
            incoming.path,
            parameters,
            incoming.cookies.get(COOKIE),
            incoming.headers.get("Authorization"),
        )
        return self._response(incoming, await self._front.answer(asked))

    def _response(self, incoming: web.BaseRequest, reply: Reply) -> web.Response:
        headers = self._headers()
        if reply.status == 401:
            headers["WWW-Authenticate"] = f'Basic realm="{self._registrar}", charset="UTF-8"'
        if reply.status == 405:
            headers["Allow"] = "GET, HEAD, POST"
        if "text/html" in incoming.headers.get("Accept", ""):
            # A browser that is asked for Basic credentials would never show the form.
            headers.pop("WWW-Authenticate", None)
            headers["Content-Type"] = "text/html; charset=utf-8"
            body = as_page(reply, self._registrar, _language(incoming), self._say)
        else:
            headers["Content-Type"] = _JSON
            body = as_json(reply)
        response = web.Response(status=reply.status, headers=headers, body=body)
        if reply.cookie is not None:
            age = None if reply.cookie else 0
            response.set_cookie(
                COOKIE, reply.cookie, max_age=age, secure=True, httponly=True, samesite="Strict"
            )
        return response

    def _refuse(self, status: int) -> web.Response:
        headers = {**self._headers(), "Content-Type": _JSON}
        return web.Response(status=status, headers=headers, body=as_json(Reply(status)))

    def _headers(self) -> dict[str, str]:
        date = http_date(self._calendar_start + self._now() // SECOND)
        return {"Date": date, "Server": SERVER, "Cache-Control": "no-store"}


async def _parameters(incoming: web.BaseRequest) -> Parameters | None:
    """Read the query and the body; None for a body that is too large or makes no sense."""
    found = {name: tuple(incoming.query.getall(name)) for name in incoming.query}
    size = incoming.content_length
    if incoming.method != "POST" or not incoming.body_exists:
        return found
    if size is None or size > LARGEST_BODY:
        return None
    try:
        text = (await incoming.read()).decode()
        return {**found, **_read_body(text, incoming.content_type)}
    except (ValueError, RecursionError):
        return None


def _read_body(text: str, content_type: str) -> Parameters:
    if content_type != _JSON:
        return {name: tuple(values) for name, values in parse_qs(text).items()}
    parsed = json.loads(text)
    if not isinstance(parsed, dict):
        raise ValueError("the body is no JSON object")
    return {
        str(name): tuple(map(str, value if isinstance(value, list) else [value]))
        for name, value in parsed.items()
    }


def _language(incoming: web.BaseRequest) -> str:
    """Return the first language of Accept-Language that we have (RFC 9110 section 12.5.4)."""
    for part in incoming.headers.get("Accept-Language", "").split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]
