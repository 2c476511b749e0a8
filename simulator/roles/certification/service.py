"""The certification authority on the network: orders by HTTP, validation over port 80.

It looks a name up through its **own** resolver, never the applicant's: whoever can answer
for the name where the authority looks gets the certificate. That is why a block at one
country's providers gives nobody a certificate, and why the new holder of a seized name
gets one as soon as the name resolves to its host.

The protocol is described in `simulator.wire.acme`: after RFC 8555, without its JWS
envelope and without the HTTPS that section 6.1 demands (the authority itself would need a
certificate first).
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import NamedTuple

from aiohttp import web

from simulator.errors import LabError
from simulator.journal import Journal
from simulator.roles.certification import logic
from simulator.serving.http import HttpServer
from simulator.values import SECOND, Address, Now, message
from simulator.wire import acme
from simulator.wire.web import Exchange, Response, WebError, http_date, request

Lookup = Callable[[str], Awaitable[list[Address]]]
"""The authority's own resolver: the addresses of a name, none if it has none."""
Dial = Callable[[Address, int], tuple[Address, int]]
"""Where a connection to an address and a port really goes; parity tests turn it aside."""

AGENT = "TakedownLab-CA/1"
BODY_SECONDS = 30.0
"""How long an order may take to arrive once it is announced."""
PENDING_LIMIT = 1000
"""Orders that may wait for their end; the oldest is forgotten first."""
LIST_PATH = "/revoked.crl"
"""Where the list of revoked certificates is fetched by HTTP."""
_SERVER = "takedown-lab"


class _PendingOrder(NamedTuple):
    authorizations: tuple[acme.Authorization, ...]
    account: acme.PublicKey


class CertificationAuthority:
    """Takes orders, validates, signs. Trust `root_pem` to trust what it signs.

    ``calendar_start`` is the date of lab instant 0 in seconds since 1970, for the Date of
    responses; ``timeout`` (seconds) bounds the visit to one address.
    """

    def __init__(
        self,
        lookup: Lookup,
        random: Random,
        now: Now,
        *,
        name: str = "Takedown Lab Root",
        journal: Journal | None = None,
        calendar_start: int = 0,
        challenge_port: int = 80,
        timeout: float = 10.0,
        dial: Dial | None = None,
    ) -> None:
        self._lookup = lookup
        self._now = now
        self._calendar_start = calendar_start
        self._journal = journal
        self._challenge_port = challenge_port
        self._timeout = timeout
        self._dial = dial
        self._authority = logic.Authority(name, random, _today())
        self._orders: dict[str, _PendingOrder] = {}
        self._order_count = 0
        self._server: HttpServer | None = None
        self._listening: list[asyncio.Server] = []

    @property
    def root_pem(self) -> str:
        """The root certificate in PEM."""
        return self._authority.root_pem

    async def start(self, addresses: Sequence[Address], port: int = 80) -> None:
        """Listen for orders on each address."""
        loop = asyncio.get_running_loop()
        self._server = HttpServer(self._serve, self._refuse)
        for address in addresses:
            self._listening.append(await loop.create_server(self._server, address, port))

    async def stop(self) -> None:
        """Stop listening and end the connections."""
        for server in self._listening:
            server.close()
        self._listening.clear()
        if self._server is not None:
            await self._server.shutdown(0)
            self._server = None

    async def _serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        if incoming.method == "GET" and incoming.path == LIST_PATH:
            reply = self._dressed(200, self.revocation_list(), "application/pkix-crl")
            reply.force_close()
            return reply
        try:
            status, body = await self._answer(incoming)
            kind = "application/json"
        except acme.AcmeError as error:
            status, body = 400, acme.write_problem(acme.Problem("malformed", str(error), 400))
            kind = acme.PROBLEM_TYPE
        except logic.Refusal as refusal:
            status, body = refusal.problem.status, acme.write_problem(refusal.problem)
            kind = acme.PROBLEM_TYPE
        reply = self._dressed(status, body, kind)
        reply.force_close()
        return reply

    def _refuse(self, status: int) -> web.Response:
        """Answer what is no HTTP, or what broke an order of ours off."""
        problem = acme.Problem("malformed", "this is no order", status)
        return self._dressed(status, acme.write_problem(problem), acme.PROBLEM_TYPE)

    def _dressed(self, status: int, body: bytes, kind: str) -> web.Response:
        date = http_date(self._calendar_start + self._now() // SECOND)
        headers = {"Server": _SERVER, "Date": date}
        return web.Response(body=body, status=status, content_type=kind, headers=headers)

    # --- revocation -------------------------------------------------------------------

    def revoke(self, name: str) -> tuple[int, ...]:
        """Revoke every certificate of a name, and list them at `LIST_PATH`; return their
        serial numbers. `LabError` if there is none. It cannot be undone."""
        serials = self._authority.ledger.revoke(name, _today())
        if not serials:
            raise LabError(message("there is no certificate of {name} to revoke", name=name))
        for serial in serials:
            self._record("certificate revoked", names=self._authority.ledger.names_on(serial))
        return serials

    def revocation_list(self) -> bytes:
        """Return the list of revoked certificates as it is published, in DER."""
        return self._authority.revocation_list(_today())

    async def _answer(self, incoming: web.BaseRequest) -> tuple[int, bytes]:
        path = incoming.path
        if incoming.method != "POST":
            raise logic.refuse("malformed", "orders are sent by POST", 405)
        body = await _read(incoming)
        if path == acme.NEW_ORDER_PATH:
            return 201, self._new_order(body)
        # Popped: an order is finalized once, whether it succeeds or not.
        order = self._orders.pop(path, None)
        if order is None:
            raise logic.refuse("malformed", "there is no such order", 404)
        return 200, await self._finalize(order, acme.read_finalize_request(body))

    def _new_order(self, body: bytes) -> bytes:
        names, account = acme.read_order_request(body)
        authorizations = logic.authorizations(names, self._authority)
        self._order_count += 1
        path = f"/order/{self._order_count}/finalize"
        if len(self._orders) >= PENDING_LIMIT:
            del self._orders[next(iter(self._orders))]
        self._orders[path] = _PendingOrder(authorizations, account)
        return acme.order_reply(acme.Order(authorizations, path))

    async def _finalize(self, order: _PendingOrder, csr: str) -> bytes:
        names = tuple(name for name, _ in order.authorizations)
        try:
            key = logic.check_request(csr, names)
            for authorization in order.authorizations:
                await self._validate(authorization, order.account)
        except logic.Refusal as refusal:
            self._record("certificate refused", names=names, reason=refusal.problem.kind)
            raise
        self._record("certificate issued", names=names)
        return acme.certificate_reply(self._authority.issue(names, key, _today()))

    async def _validate(self, authorization: acme.Authorization, account: acme.PublicKey) -> None:
        """Ask the name's addresses for the token, IPv6 first; the first that answers decides."""
        name = authorization.name
        addresses = sorted(await self._lookup(name), key=_is_ipv4)
        if not addresses:
            raise logic.refuse("dns", f"{name} does not resolve at the authority's resolver", 400)
        for address in addresses:
            response = await self._fetch(address, name, acme.challenge_path(authorization.token))
            if response is not None:
                logic.judge_challenge(authorization, account, response.status, response.body)
                return
        tried = ", ".join(addresses)
        raise logic.refuse("connection", f"no answer for {name} from {tried}", 400)

    async def _fetch(self, address: Address, name: str, path: str) -> Response | None:
        """Return what the address answers for the name, or None if it does not answer."""
        port = self._challenge_port
        if self._dial is not None:
            address, port = self._dial(address, port)
        exchange = Exchange(request(name, path, AGENT), limit=4096)
        try:
            async with asyncio.timeout(self._timeout):
                reader, writer = await asyncio.open_connection(address, port)
                try:
                    writer.write(exchange.outgoing)
                    while not exchange.received(await reader.read(65536)):
                        pass
                finally:
                    writer.close()
        except (OSError, WebError):  # a timeout is an OSError, too
            return None
        return exchange.response

    def _record(self, what: str, *, names: tuple[str, ...], reason: str | None = None) -> None:
        if self._journal is not None:
            self._journal.record("certification authority", what, names=list(names), reason=reason)


async def _read(incoming: web.BaseRequest) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await incoming.read()
    except TimeoutError as error:
        raise logic.refuse("malformed", "the order did not arrive", 408) from error
    except web.HTTPRequestEntityTooLarge as error:
        raise logic.refuse("malformed", "the order is too long", 413) from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise logic.refuse("malformed", "the order cannot be read", 400) from error


def _is_ipv4(address: Address) -> bool:
    return ipaddress.ip_address(address).version == 4


def _today() -> datetime.datetime:
    # Whoever verifies a certificate (OpenSSL, a browser) goes by the real date.
    return datetime.datetime.now(datetime.UTC)  # noqa: TID251
