"""The probe on the network: visits a URL as a browser would and writes down what it saw."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple, Protocol

from simulator.roles.probe import failures
from simulator.roles.probe.certificates import onlooker_context
from simulator.roles.probe.connection import Connection, Timeouts
from simulator.roles.probe.diagnosis import diagnose
from simulator.roles.probe.hsts import HstsStore, is_address
from simulator.roles.probe.logic import Failure, Journey, Target, order_addresses
from simulator.values import (
    Address,
    CertificateSeen,
    ExtendedError,
    Instant,
    Now,
    Observation,
    StageTiming,
    message,
)
from simulator.wire.pages import OTHER, SITE, identify
from simulator.wire.web import Exchange, Response, request

HEAD_START = 0.25
"""Seconds before the next address is tried beside the last (RFC 8305 section 5)."""
AGENT = "Mozilla/5.0 (TakedownLab)"

Dial = Callable[[Address, int], tuple[Address, int]]
"""Where a connection to an address and a port really goes; parity tests turn it aside."""


class Lookup(Protocol):
    """What a resolver said about a name. ``failure`` is an OONI failure string or None."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """IPv4 and IPv6 addresses, none after a failure."""

    @property
    def failure(self) -> str | None:
        """Why there are none."""

    @property
    def rcode(self) -> str | None:
        """The response code by name (``NXDOMAIN``), None without an answer."""

    @property
    def extended_error(self) -> ExtendedError | None:
        """The resolver's own explanation (RFC 8914)."""

    @property
    def resolver(self) -> Address | None:
        """Who answered."""


class Resolver(Protocol):
    """The subscriber's stub resolver."""

    def addresses(self, name: str) -> Awaitable[Lookup]:
        """Look up the A and AAAA records of a name. Never raises for what the network does."""


class Identity(NamedTuple):
    """Where the probe stands: vantage point, country code, whether it has IPv6."""

    vantage: str
    country: str
    has_ipv6: bool = False


class Probe:
    """One subscriber's browser: it remembers HSTS, and nothing else, between visits.

    ``tls_context`` is that of `simulator.roles.probe.certificates.browser_context`; many
    probes may share one.
    """

    def __init__(
        self,
        resolver: Resolver,
        tls_context: ssl.SSLContext,
        now: Now,
        identity: Identity,
        *,
        user_agent: str = AGENT,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - an immutable value
        dial: Dial | None = None,
    ) -> None:
        self.identity = identity
        self.hsts = HstsStore()
        self._resolver = resolver
        self.tls_context = tls_context
        self._now = now
        self._user_agent = user_agent
        self._timeouts = timeouts
        self._dial = dial

    async def visit(self, url: str, via: str | None = None) -> Observation:
        """Visit a URL or a bare name and return what was seen; ``via`` is only noted down.

        Raises `LabError` for what is no URL; whatever the network does is in the result.
        When it returns, the connections of the visit are closed.
        """
        return await _Visit(self, url, via).run()


class _Visit:
    """What one visit has gathered so far."""

    def __init__(self, probe: Probe, url: str, via: str | None) -> None:
        self._probe = probe
        self._now = probe._now
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._via = via
        self._began = self._now()
        self._journey = Journey(url, probe.hsts, self._began)
        self._asked_for = self._journey.target.host
        self._lookups: dict[str, Lookup] = {}
        self._lookup: Lookup | None = None
        self._timings: list[StageTiming] = []
        self._address: Address | None = None
        self._certificate: CertificateSeen | None = None
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
        addresses = await self._resolve(target.host)
        if isinstance(addresses, Failure):
            return addresses
        connection = await self._connect(target, addresses)
        if isinstance(connection, Failure):
            return connection
        self._connections.append(connection)
        head = request(target.authority, target.path, self._probe._user_agent)
        context = self._probe.tls_context if target.scheme == "https" else None
        connection.begin(target.host, context, Exchange(head))
        outcome = await connection.outcome
        self._time_connection(connection, outcome)
        self._certificate = connection.certificate
        if isinstance(outcome, Failure) and outcome.failure in failures.CERTIFICATE_FAILURES:
            self._certificate = connection.certificate or await self._look_again(target)
        return outcome

    async def _resolve(self, host: str) -> tuple[Address, ...] | Failure:
        if is_address(host):
            addresses: tuple[Address, ...] = (host,)
        else:
            lookup = self._lookups.get(host)
            if lookup is None:
                lookup = await self._ask(host)
            if lookup.failure is not None or not lookup.addresses:
                self._lookup = lookup
                return Failure("dns", lookup.failure or failures.NO_ANSWER)
            addresses = lookup.addresses
        usable = order_addresses(addresses, self._probe.identity.has_ipv6)
        return usable or Failure("tcp", failures.NETWORK_UNREACHABLE)

    async def _ask(self, host: str) -> Lookup:
        began = self._now()
        lookup = await self._probe._resolver.addresses(host)
        self._lookups[host] = lookup
        if self._lookup is None:  # the name that was asked for, whatever a redirect leads to
            self._lookup = lookup
        detail = lookup.failure or ", ".join(lookup.addresses)
        self._timings.append(StageTiming("dns", began, self._now(), detail))
        return lookup

    async def _connect(
        self, target: Target, addresses: tuple[Address, ...]
    ) -> Connection | Failure:
        """Return the first connection that comes up, or the failure of the last address."""
        began = self._now()
        try:
            if len(addresses) == 1:
                address, connection = addresses[0], await self._dial(addresses[0], target.port)
            else:
                address, connection = await self._race(addresses, target.port)
        except OSError as error:
            failure = failures.of_connection(error)
            self._address = addresses[-1]
            self._timings.append(StageTiming("tcp", began, self._now(), failure))
            return Failure("tcp", failure)
        self._address = address
        detail = f"{address} port {target.port}"
        self._timings.append(StageTiming("tcp", began, connection.connected, detail))
        return connection

    async def _dial(self, address: Address, port: int) -> Connection:
        probe, loop = self._probe, self._loop
        if probe._dial is not None:
            address, port = probe._dial(address, port)
        connection = Connection(loop, self._now, probe._timeouts)
        async with asyncio.timeout(probe._timeouts.tcp):
            await loop.create_connection(lambda: connection, address, port)
        return connection

    async def _race(self, addresses: tuple[Address, ...], port: int) -> tuple[Address, Connection]:
        """Try addresses one beside the other, each with a head start (RFC 8305 section 5).

        Raises the error of the last address when none comes up.
        """
        waiting = list(addresses)
        running: dict[asyncio.Task[Connection], Address] = {}
        last: OSError | None = None
        try:
            while waiting or running:
                if waiting:
                    address = waiting.pop(0)
                    running[self._loop.create_task(self._dial(address, port))] = address
                done, _ = await asyncio.wait(
                    running,
                    timeout=HEAD_START if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                # In the order of the attempts: a set has none that repeats.
                for task in [task for task in running if task in done]:
                    address = running.pop(task)
                    error = task.exception()
                    if error is None:
                        return address, task.result()
                    if not isinstance(error, OSError):
                        raise error
                    last = error
        finally:
            await self._give_up(running)
        assert last is not None
        raise last

    async def _give_up(self, running: dict[asyncio.Task[Connection], Address]) -> None:
        """End the attempts that lost the race, also one that came up at the same instant."""
        for task in running:
            task.cancel()
        for task in running:
            await asyncio.wait([task])
            if not task.cancelled() and task.exception() is None:
                task.result().abort()

    async def _look_again(self, target: Target) -> CertificateSeen | None:
        """Fetch the certificate that OpenSSL refused and did not hand out, by a second handshake.

        A browser has it in hand at once; this connection is the price of Python's ssl module.
        It is not timed.
        """
        assert self._address is not None
        try:
            connection = await self._dial(self._address, target.port)
        except OSError:
            return None
        connection.begin(target.host, onlooker_context(), None)
        await connection.closed
        return connection.certificate

    # --- what was seen ----------------------------------------------------------------

    def _time_connection(self, connection: Connection, outcome: Response | Failure) -> None:
        ended = connection.ended
        assert ended is not None
        failed = outcome if isinstance(outcome, Failure) else None
        http_began = connection.connected
        if connection.stage == "tls" or connection.secured is not None:
            secured = ended if connection.secured is None else connection.secured
            detail = failed.failure if failed is not None and failed.stage == "tls" else ""
            self._timings.append(StageTiming("tls", connection.connected, secured, detail))
            http_began = secured
        if connection.stage == "http":
            detail = str(outcome.status) if isinstance(outcome, Response) else outcome.failure
            self._timings.append(StageTiming("http", http_began, ended, detail))

    def _observe(self, outcome: Response | Failure, ended: Instant) -> Observation:
        journey, lookup, identity = self._journey, self._lookup, self._probe.identity
        failure = journey.failure
        status = page = None
        title = ""
        if isinstance(outcome, Response):
            status = outcome.status
            page, title = self._judge_page(outcome)
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
            address=self._address,
            rcode=None if lookup is None else lookup.rcode,
            extended_error=None if lookup is None else lookup.extended_error,
            certificate=self._certificate,
            status=status,
            page=page,
            title=title,
            final_url=journey.target.url,
            redirects=journey.redirects,
            timings=tuple(self._timings),
            ended=ended,
        )
        diagnosis, evidence = diagnose(seen)
        if journey.fell_back_from is not None:
            fallen = message(
                "HTTPS failed ({failure}), so the browser went on over HTTP.",
                failure=journey.fell_back_from.failure,
            )
            evidence = (fallen, *evidence)
        return replace(seen, diagnosis=diagnosis, evidence=evidence)

    def _judge_page(self, response: Response) -> tuple[str, str]:
        """Name the kind of page; it is the site only if it speaks for the name asked for."""
        identity = identify(response.body, response.headers, response.status)
        if identity.kind == SITE and self._asked_for not in identity.names:
            return OTHER, identity.title
        return identity.kind, identity.title
