"""A directory on the network: RDAP by HTTPS, WHOIS on port 43, and who may ask how often."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from aiohttp import web

from simulator.journal import Journal
from simulator.roles.directory import logic, whois
from simulator.roles.directory.publisher import Directory
from simulator.roles.directory.rates import RateLimit
from simulator.serving.certificates import TlsContexts
from simulator.serving.enrolment import TIMEOUT, enrol
from simulator.serving.http import HttpServer
from simulator.serving.late import Accept, listen
from simulator.serving.tls import TlsServerProtocol
from simulator.values import SECOND, Address, Now
from simulator.wire.acme import CHALLENGE_PREFIX
from simulator.wire.web import http_date
from simulator.wire.whois import LONGEST_QUERY
from simulator.wire.whois import PORT as WHOIS_PORT

SERVER = "takedown-lab-directory"
IDLE_SECONDS = 30.0
"""How long somebody may take to type a question."""


class DirectoryServer:
    """One machine's directory. ``names`` are what it is reached by, on its certificate."""

    def __init__(
        self,
        name: str,
        directory: Directory,
        names: Sequence[str],
        addresses: Sequence[Address],
        now: Now,
        *,
        https_port: int = 443,
        http_port: int = 80,
        whois_port: int | None = WHOIS_PORT,
        journal: Journal | None = None,
    ) -> None:
        self.name = name
        self.directory = directory
        self.names = tuple(names)
        self._addresses = tuple(addresses)
        self._now = now
        self._https_port = https_port
        self._http_port = http_port
        self._whois_port = whois_port
        self._journal = journal
        policy = directory.publisher.policy
        self._rdap_rate = RateLimit(policy.rate, policy.period)
        self._whois_rate = RateLimit(policy.rate, policy.period)
        self._tls = TlsContexts()
        self._challenges: dict[str, str] = {}
        self._servers: list[HttpServer] = []
        self._listening: list[asyncio.Server] = []
        self._streams: dict[asyncio.StreamWriter, None] = {}

    def __repr__(self) -> str:
        state = "on" if self._listening else "off"
        return f"<DirectoryServer {self.name} {state} {' '.join(self.names)}>"

    @property
    def tls_context(self) -> ssl.SSLContext:
        """The context that the machine listens with, for what else is at its names."""
        return self._tls.listening

    async def start(self) -> None:
        """Listen on every address."""
        assert not self._listening
        for port, accept in self.accept().items():
            self._listening += await listen(accept, self._addresses, port)

    def accept(self) -> dict[int, Accept]:
        """Return what makes the connections' protocols, by port, for whoever listens."""
        plain = HttpServer(self._serve_plain, self._refuse)
        secure = HttpServer(self._serve, self._refuse)
        self._servers = [plain, secure]
        served: dict[int, Accept] = {
            self._http_port: plain,
            self._https_port: partial(TlsServerProtocol, self._tls.listening, secure),
        }
        if self._whois_port is not None:
            served[self._whois_port] = self._whois
        return served

    def _whois(self) -> asyncio.Protocol:
        reader = asyncio.StreamReader(LONGEST_QUERY, asyncio.get_running_loop())
        return asyncio.StreamReaderProtocol(reader, self._converse)

    async def stop(self) -> None:
        """Stop listening and hang up."""
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        for writer in list(self._streams):
            writer.transport.abort()
        for server in self._servers:
            for connection in server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await server.shutdown(0)
        self._servers.clear()

    # --- certificates -----------------------------------------------------------------------

    async def obtain_certificate(
        self, authority: tuple[Address, int], *, timeout: float = TIMEOUT
    ) -> None:
        """Order a certificate for the names; see `simulator.serving.enrolment.enrol`."""
        await enrol(self._tls, self.names, authority, self._show, timeout)

    def _show(self, challenges: Mapping[str, str]) -> Callable[[], None]:
        self._challenges.update(challenges)

        def take_away() -> None:
            for token in challenges:
                self._challenges.pop(token, None)

        return take_away

    # --- RDAP -------------------------------------------------------------------------------

    async def _serve_plain(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """In clear there are the authority's challenges, and the way to HTTPS."""
        shown = self._challenges.get(incoming.path.removeprefix(CHALLENGE_PREFIX))
        if incoming.path.startswith(CHALLENGE_PREFIX) and shown is not None:
            kind = ("Content-Type", "text/plain")
            return self._response(logic.Reply(200, (kind,), shown.encode()))
        host = self.names[0]
        location = ("Location", f"https://{host}{incoming.path_qs}")
        return self._response(logic.refusal(301, "Moved Permanently", "ask by HTTPS", location))

    async def _serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        transport = incoming.transport
        if transport is None:  # whoever asked has left
            return self._refuse(400)
        if incoming.method not in logic.METHODS:
            allow = ("Allow", ", ".join(logic.METHODS))
            return self._response(
                logic.refusal(405, "Method Not Allowed", "a directory is read only", allow)
            )
        now, source = self._now(), transport.get_extra_info("peername")[0]
        if not self._rdap_rate.allows(source, now):
            return self._response(logic.too_many(self._rdap_rate.wait(source, now)))
        reply = logic.answer(self.directory, incoming.path_qs, now)
        self._record("rdap asked", target=incoming.path_qs, by=source, status=reply.status)
        return self._response(reply)

    def _refuse(self, status: int) -> web.Response:
        return self._response(logic.refusal(status, "Refused", "this is no request"))

    def _response(self, reply: logic.Reply) -> web.Response:
        seconds = self.directory.publisher.calendar_start + self._now() // SECOND
        headers = [*reply.headers, ("Date", http_date(seconds)), ("Server", SERVER)]
        response = web.Response(status=reply.status, body=reply.body)
        for name, value in headers:
            response.headers[name] = value
        return response

    # --- WHOIS ------------------------------------------------------------------------------

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question, one answer, and the end (RFC 3912 section 2)."""
        self._streams[writer] = None
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                line = await _read_line(reader)
            if line is not None:
                writer.write(self._told(line, writer.get_extra_info("peername")[0]))
                await writer.drain()
        except (TimeoutError, OSError):
            pass  # gone or silent: hanging up is all that is left to do
        finally:
            self._streams.pop(writer, None)
            writer.close()

    def _told(self, line: bytes, source: Address) -> bytes:
        now = self._now()
        if not self._whois_rate.allows(source, now):
            return whois.too_many(self._whois_rate.wait(source, now))
        asked = line.decode("ascii", "replace").strip()
        self._record("whois asked", query=asked, by=source)
        return whois.respond(self.directory, line, now)

    def _record(self, what: str, **details: object) -> None:
        if self._journal is not None:
            self._journal.record(self.name, what, **details)


async def _read_line(reader: asyncio.StreamReader) -> bytes | None:
    """Return a line, or what came before the end; None for nothing at all."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial or None
    except asyncio.LimitOverrunError:
        return b"?" * (LONGEST_QUERY + 1)
