"""One visit from beginning to end, as a browser makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from simulator.roles.probe import failures
from simulator.roles.probe.browser import Browser, Lookup
from simulator.roles.probe.causes import CANNOT_TELL, LIKELY, UNSURE
from simulator.roles.probe.certificates import onlooker_context
from simulator.roles.probe.connection import Connection
from simulator.roles.probe.diagnosis import diagnose
from simulator.roles.probe.dialling import Dialler
from simulator.roles.probe.hsts import is_address
from simulator.roles.probe.logic import Failure, Journey, Target, order_addresses
from simulator.roles.probe.routes import Route, of_route
from simulator.roles.probe.sightings import Sightings, asking
from simulator.values import Address, Instant, Observation, message
from simulator.wire.pages import OTHER, SITE, identify
from simulator.wire.web import Exchange, Response

Reach = Callable[[], Awaitable[Connection]]
"""Makes one more connection to the same place."""


class Visit:
    """What is under way, and what has been gathered so far."""

    def __init__(self, browser: Browser, url: str, via: str | None) -> None:
        self._browser = browser
        self._now = browser.now
        self._url = url
        self._via = via
        self._began = self._now()
        self._journey = Journey(url, browser.hsts, self._began, browser.preference)
        self._asked_for = self._journey.target.host
        self._lookups: dict[str, Lookup] = {}
        self._seen = Sightings()
        self._dialler = Dialler(browser, asyncio.get_running_loop(), self._seen.connects)
        self._connections: list[Connection] = []

    async def run(self) -> Observation:
        """Make the journey and return what was seen, with every connection closed."""
        try:
            outcome = await self._travel()
            ended = self._now()
            for connection in self._connections:
                await connection.closed
        except BaseException:  # cancelled: nobody would wait for the farewells
            for connection in self._connections:
                connection.abort()
            raise
        return self._observe(outcome, ended)

    async def _travel(self) -> Response | Failure:
        """Go from target to target until the journey ends."""
        journey = self._journey
        while True:
            outcome = await self._fetch(journey.target)
            if isinstance(outcome, Failure):
                if not journey.failed(outcome):
                    return outcome
            elif not journey.received(
                outcome.status,
                outcome.header(b"location"),
                outcome.header(b"strict-transport-security"),
                self._now(),
            ):
                return outcome

    # --- stages -----------------------------------------------------------------------

    async def _fetch(self, target: Target) -> Response | Failure:
        browser = self._browser
        # Fronting: to the DNS and in the handshake we name the front, in the request the site.
        host = target.host if browser.front is None else browser.front
        if browser.route is not None:
            connection, reach = await self._connect_by(browser.route, host, target.port)
        else:
            addresses = await self._resolve(host)
            if isinstance(addresses, Failure):
                return addresses
            connection, reach = await self._connect(addresses, target.port)
        if isinstance(connection, Failure):
            return connection
        self._connections.append(connection)
        request, fields = asking(target.authority, target.path, browser.agent)
        context = browser.tls_context if target.scheme == "https" else None
        connection.begin(host, context, Exchange(request))
        outcome = await connection.outcome
        looked_at = None
        if connection.certificate is None and _refuses_certificate(outcome):
            looked_at = await self._look_again(host, reach)
        self._seen.used(connection, target, fields, outcome, looked_at)
        return outcome

    async def _resolve(self, host: str) -> tuple[Address, ...] | Failure:
        if is_address(host):
            addresses: tuple[Address, ...] = (host,)
        else:
            lookup = self._lookups.get(host)
            if lookup is None:
                lookup = await self._ask(host)
            if lookup.failure is not None or not lookup.addresses:
                self._seen.lookup = lookup
                return Failure("dns", lookup.failure or failures.NO_ANSWER)
            addresses = lookup.addresses
        usable = order_addresses(addresses, self._browser.identity.has_ipv6)
        return usable or Failure("tcp", failures.NETWORK_UNREACHABLE)

    async def _ask(self, host: str) -> Lookup:
        began = self._now()
        lookup = self._lookups[host] = await self._browser.resolver.addresses(host)
        self._seen.looked_up(lookup, began, self._now())
        return lookup

    async def _connect(
        self, addresses: tuple[Address, ...], port: int
    ) -> tuple[Connection | Failure, Reach]:
        """Return the first connection that comes up, or the failure of the last address."""
        began = self._now()
        dialler, address = self._dialler, addresses[-1]
        try:
            if len(addresses) == 1:
                connection = await dialler.dial(address, port)
            else:
                connection = await dialler.race(addresses, port)
                address = connection.address
        except OSError as error:
            failure = Failure("tcp", failures.of_connection(error))
            self._seen.not_connected(address, began, self._now(), failure)
            return failure, lambda: dialler.dial(address, port)
        self._seen.connected(connection, began, f"{address} port {port}")
        return connection, lambda: dialler.dial(address, port)

    async def _connect_by(
        self, route: Route, host: str, port: int
    ) -> tuple[Connection | Failure, Reach]:
        """Return a connection by a route, or what its far end told."""
        began = self._now()

        def reach() -> Awaitable[Connection]:
            return self._dialler.route(route, host, port)

        try:
            connection = await reach()
        except OSError as error:
            failure = of_route(error)
            self._seen.not_connected(None, began, self._now(), failure)
            return failure, reach
        self._seen.connected(connection, began, f"{host} port {port}")
        return connection, reach

    async def _look_again(self, host: str, reach: Reach) -> Connection | None:
        """Fetch the certificate that OpenSSL refused and did not hand out, by a second handshake.

        A browser has it in hand at once; this connection is the price of Python's ssl module.
        It is neither timed nor listed.
        """
        listed = len(self._seen.connects)
        try:
            connection = await reach()
        except OSError:
            return None
        finally:
            del self._seen.connects[listed:]
        connection.begin(host, onlooker_context(), None)
        await connection.closed
        return connection

    # --- what was seen ----------------------------------------------------------------

    def _observe(self, outcome: Response | Failure, ended: Instant) -> Observation:
        journey, lookup, identity = self._journey, self._seen.lookup, self._browser.identity
        failure = journey.failure
        status = page = None
        title = ""
        if isinstance(outcome, Response):
            status = outcome.status
            page, title = self._judge_page(outcome)
        gathered = self._seen
        seen = Observation(
            at=self._began,
            vantage=identity.vantage,
            country=identity.country,
            via=self._via,
            url=self._url,
            stage=None if failure is None else failure.stage,
            failure=None if failure is None else failure.failure,
            resolver=None if lookup is None else lookup.resolver,
            addresses=() if lookup is None else lookup.addresses,
            address=gathered.address,
            rcode=None if lookup is None else lookup.rcode,
            extended_error=None if lookup is None else lookup.extended_error,
            certificate=gathered.certificate,
            status=status,
            page=page,
            title=title,
            final_url=journey.target.url,
            redirects=journey.redirects,
            timings=tuple(gathered.timings),
            ended=ended,
            queries=tuple(gathered.queries),
            connects=tuple(gathered.connects),
            handshakes=tuple(gathered.handshakes),
            exchanges=tuple(gathered.exchanges),
        )
        diagnosis, evidence = diagnose(seen)
        if journey.fell_back_from is not None:
            fallen = message(
                "HTTPS failed ({failure}), so the browser went on over HTTP.",
                failure=journey.fell_back_from.failure,
            )
            evidence = (fallen, *evidence)
        confidence = UNSURE if diagnosis == CANNOT_TELL else LIKELY  # nothing to compare with
        return replace(seen, diagnosis=diagnosis, confidence=confidence, evidence=evidence)

    def _judge_page(self, response: Response) -> tuple[str, str]:
        """Name the kind of page; it is the site only if it speaks for the name asked for."""
        identity = identify(response.body, response.headers, response.status)
        if identity.kind == SITE and self._asked_for not in identity.names:
            return OTHER, identity.title
        return identity.kind, identity.title


def _refuses_certificate(outcome: Response | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.failure in failures.CERTIFICATE_FAILURES
