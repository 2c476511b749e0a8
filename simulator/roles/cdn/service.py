"""An edge on the network: HTTP and HTTPS for its own names and for its customers' sites."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from weakref import WeakKeyDictionary

import h11
from aiohttp import web

from simulator.journal import Journal
from simulator.measures import EdgeRefusal
from simulator.roles.cdn import logic
from simulator.roles.cdn.logic import Customer
from simulator.roles.cdn.origin import Dial, Origins
from simulator.serving.certificates import TlsContexts
from simulator.serving.enrolment import TIMEOUT, enrol
from simulator.serving.http import HttpServer
from simulator.serving.tls import TlsServerProtocol
from simulator.values import SECOND, Address, Now
from simulator.wire.route import RouteError
from simulator.wire.web import http_date

__all__ = ["Customer", "Edge"]

AGENT = "TakedownLab-Edge/1"


class Edge:
    """One machine of a content network. ``fronts`` are its own names.

    ``root_pem`` is the authority that customers' machines are checked against;
    ``fronting_allowed`` is whether Host may differ from the name in the handshake, 421 where
    it may not; ``calendar_start`` is the date of lab instant 0 in seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        fronts: Iterable[str],
        customers: Iterable[Customer],
        addresses: Sequence[Address],
        now: Now,
        root_pem: str,
        *,
        fronting_allowed: bool = True,
        http_port: int = 80,
        https_port: int = 443,
        calendar_start: int = 0,
        journal: Journal | None = None,
        dial: Dial | None = None,
    ) -> None:
        self.name = name
        self.state = logic.serving(fronts, customers, fronting_allowed)
        self._addresses = tuple(addresses)
        self._now = now
        self._http_port = http_port
        self._https_port = https_port
        self._calendar_start = calendar_start
        self._journal = journal
        self._dial = dial
        self._origins = Origins(root_pem, dial)
        self._tls = _NamedContexts()
        self._servers: list[HttpServer] = []
        self._listening: list[asyncio.Server] = []

    def __repr__(self) -> str:
        state = "on" if self.running else "off"
        return f"<Edge {self.name} {state} {len(self.state.customers)} names>"

    @property
    def running(self) -> bool:
        """Whether the edge serves."""
        return bool(self._listening)

    # --- power ------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen on every address. Nothing happens if the edge is on already."""
        if self.running:
            return
        plain = HttpServer(partial(self._serve, False), self._refuse)
        secure = HttpServer(partial(self._serve, True), self._refuse)
        self._servers = [plain, secure]
        accept = partial(TlsServerProtocol, self._tls.listening, secure)
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            self._listening.append(await loop.create_server(plain, address, self._http_port))
            self._listening.append(await loop.create_server(accept, address, self._https_port))

    async def stop(self) -> None:
        """Cut the power: nothing listens, open connections are aborted."""
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        for server in self._servers:
            for connection in server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await server.shutdown(0)
        self._servers.clear()
        await self._origins.close()

    # --- certificates -----------------------------------------------------------------

    def has_certificate(self, name: str) -> bool:
        """Whether a visitor of that name over HTTPS gets a certificate for it."""
        return name in self._tls

    async def obtain_certificate(
        self,
        authority: tuple[Address, int],
        names: Sequence[str] = (),
        *,
        timeout: float = TIMEOUT,
    ) -> None:
        """Order one certificate for the names, the edge's own unless stated, and install it.

        See `simulator.serving.enrolment.enrol`.
        """
        wanted = tuple(names) or self.state.fronts
        if self._dial is not None:
            authority = self._dial(*authority)
        await enrol(self._tls, wanted, authority, self._show, timeout)
        self._record("certificate installed", names=list(wanted))

    def _show(self, challenges: Mapping[str, str]) -> Callable[[], None]:
        self.state = logic.with_challenges(self.state, {**self.state.challenges, **challenges})

        def take_away() -> None:
            shown = self.state.challenges.items()
            kept = {token: text for token, text in shown if token not in challenges}
            self.state = logic.with_challenges(self.state, kept)

        return take_away

    # --- customers --------------------------------------------------------------------

    def serve(self, customer: Customer) -> None:
        """Serve one more customer; `LabError` if one of its names is taken."""
        self.state = logic.serve(self.state, customer)
        self._record("serves a customer", site=customer.name)

    def end_service(self, name: str) -> None:
        """Drop a customer: its names are strangers here from now on."""
        self.state = logic.end_service(self.state, name)
        self._record("ended a customer's service", site=name)

    def refuse(self, key: str, measure: EdgeRefusal) -> None:
        """Answer visitors from the measure's prefixes with a 451, until `serve_again`."""
        self.state = logic.refuse(
            self.state, key, measure.name, measure.clients, measure.blocked_by
        )
        self._record("refuses a site", site=measure.name, clients=list(measure.clients))

    def serve_again(self, key: str) -> None:
        """Take a refusal back."""
        self.state = logic.allow(self.state, key)
        self._record("takes a refusal back", key=key)

    # --- serving ----------------------------------------------------------------------

    async def _serve(self, tls: bool, incoming: web.BaseRequest) -> web.StreamResponse:
        if incoming.method not in ("GET", "HEAD"):
            return self._response(logic.Page(405, (("Allow", "GET, HEAD"),), b""))
        transport = incoming.transport
        if transport is None:  # the visitor has left
            return self._refuse(400)
        headers = incoming.headers
        asked = logic.Asked(
            headers.get("Host"),
            incoming.path_qs,
            transport.get_extra_info("peername")[0],
            tls,
            self._tls.asked.get(transport.get_extra_info("ssl_object")) if tls else None,
            headers.get(logic.CDN_LOOP, ""),
        )
        answer = logic.decide(self.state, asked)
        if isinstance(answer, Customer):
            answer = await self._fetch(incoming.method, answer, asked)
        return self._response(answer)

    async def _fetch(self, method: str, customer: Customer, asked: logic.Asked) -> logic.Page:
        host = logic.host_name(asked)
        try:
            request = logic.origin_request(method, host, asked.target, AGENT, asked.client)
            return logic.passed_on(await self._origins.fetch(customer, host, request))
        except h11.LocalProtocolError:
            return logic.refused(400)
        except RouteError as error:
            self._record("not fetched", site=host, stage=error.stage, failure=error.failure)
            return logic.failed(error.stage, error.failure)

    def _refuse(self, status: int) -> web.Response:
        return self._response(logic.refused(status))

    def _response(self, page: logic.Page) -> web.Response:
        response = web.Response(status=page.status, body=page.body)
        response.headers["Date"] = http_date(self._calendar_start + self._now() // SECOND)
        response.headers["Server"] = logic.EDGE
        for name, value in page.headers:
            if name.lower() == "content-type":
                response.headers[name] = value
            else:
                response.headers.add(name, value)
        return response

    def _record(self, what: str, **details: object) -> None:
        if self._journal is not None:
            self._journal.record(self.name, what, **details)


class _NamedContexts(TlsContexts):
    """Remembers what name each connection asked for: OpenSSL tells it at the handshake alone."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: WeakKeyDictionary[ssl.SSLObject, str] = WeakKeyDictionary()

    def choose(
        self, connection: ssl.SSLObject, name: str | None, listening: ssl.SSLContext
    ) -> None:
        """Note the name, then choose the certificate."""
        if name is not None:
            self.asked[connection] = name.lower().rstrip(".")
        super().choose(connection, name, listening)
