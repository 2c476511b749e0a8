"""One machine that hosts sites, on the network: HTTP, HTTPS, certificates, takeover.

Three kinds of machine differ in their state alone (`simulator.roles.hosting.logic`):
a web host (`hosting`), the authorities' banner host (`showing_banner`), and an access
provider's block page (`showing_block_page`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from aiohttp import web

from simulator.journal import Journal
from simulator.roles.hosting import logic
from simulator.roles.hosting.imaging import DEFAULT_RETENTION, Image, take_image
from simulator.roles.hosting.visits import VisitLog
from simulator.serving.certificates import TlsContexts
from simulator.serving.enrolment import CertificateRefused, enrol
from simulator.serving.http import HttpServer
from simulator.serving.tls import TlsServerProtocol
from simulator.values import SECOND, Address, Duration, Instant, Now
from simulator.wire.banners import Banner
from simulator.wire.web import http_date

__all__ = ["CertificateRefused", "WebHost"]

Dial = Callable[[Address, int], tuple[Address, int]]
"""Where a connection to an address and a port really goes; parity tests turn it aside."""

SERVER = "takedown-lab"


class WebHost:
    """A machine with one or more addresses.

    ``https`` None listens for TLS if the state needs it, True always, False never (a
    connection to port 443 is then refused). ``calendar_start`` is the date of lab instant 0
    in seconds since 1970, for the Date of responses.
    """

    def __init__(
        self,
        name: str,
        state: logic.HostState,
        addresses: Sequence[Address],
        now: Now,
        *,
        https: bool | None = None,
        http_port: int = 80,
        https_port: int = 443,
        calendar_start: int = 0,
        journal: Journal | None = None,
    ) -> None:
        self.name = name
        self.state = state
        self.visits = VisitLog()
        self._addresses = tuple(addresses)
        self._now = now
        self._https = https
        self._http_port = http_port
        self._https_port = https_port
        self._calendar_start = calendar_start
        self._journal = journal
        self._tls = TlsContexts()
        self._servers: list[HttpServer] = []
        self._listening: list[asyncio.Server] = []

    def __repr__(self) -> str:
        state = "on" if self.running else "off"
        return f"<WebHost {self.name} {state} {len(self.state.sites)} names>"

    @property
    def running(self) -> bool:
        """Whether the machine serves."""
        return bool(self._listening)

    @property
    def tls_context(self) -> ssl.SSLContext:
        """The context that the machine listens with; it chooses certificates by server name."""
        return self._tls.listening

    # --- power ------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen on every address. Nothing happens if the machine is on already."""
        if self.running:
            return
        plain = HttpServer(partial(self._serve, False), self._refuse)
        self._servers = [plain]
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            self._listening.append(await loop.create_server(plain, address, self._http_port))
        await self._listen_for_tls(self.state)

    async def stop(self) -> None:
        """Cut the power: nothing listens, open connections are aborted, the data stay.

        A packet to the machine still finds its network stack here; whether a machine
        without power refuses or is silent is the network's matter.
        """
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        for server in self._servers:
            for connection in server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await server.shutdown(0)
        self._servers.clear()

    async def _listen_for_tls(self, state: logic.HostState) -> None:
        wanted = state.needs_https if self._https is None else self._https
        if not wanted or len(self._servers) > 1:
            return
        secure = HttpServer(partial(self._serve, True), self._refuse)
        self._servers.append(secure)
        accept = partial(TlsServerProtocol, self._tls.listening, secure)
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            self._listening.append(await loop.create_server(accept, address, self._https_port))

    # --- certificates -----------------------------------------------------------------

    def has_certificate(self, name: str) -> bool:
        """Whether a visitor of that name over HTTPS gets a certificate for it."""
        return name in self._tls

    async def obtain_certificate(
        self,
        names: Sequence[str],
        authority: tuple[Address, int],
        *,
        timeout: float = 60.0,
        dial: Dial | None = None,
    ) -> None:
        """Order one certificate for the names and install it.

        Each name must lead to this machine where the authority looks it up. Raises
        `CertificateRefused` with the authority's reason, `LabError` when the authority
        cannot be reached within ``timeout`` seconds of lab time or talks nonsense.
        """
        if dial is not None:
            authority = dial(*authority)
        await enrol(self._tls, names, authority, self._show, timeout)
        self._record("certificate installed", names=list(names))

    def _show(self, challenges: Mapping[str, str]) -> Callable[[], None]:
        self.state = logic.with_challenges(self.state, {**self.state.challenges, **challenges})

        def take_away() -> None:
            kept = {
                token: shown
                for token, shown in self.state.challenges.items()
                if token not in challenges
            }
            self.state = logic.with_challenges(self.state, kept)

        return take_away

    # --- takeover ---------------------------------------------------------------------

    def take_over(
        self,
        banner: Banner,
        names: Iterable[str] | None = None,
        *,
        seed: int = 0,
        retention: Duration = DEFAULT_RETENTION,
    ) -> tuple[Image, ...]:
        """Image the sites and put the banner in their place; None takes the whole machine.

        Returns an image of each site, data as they are now. Nothing is deleted. `LabError`
        for a name that is not hosted here, and nothing is changed then.
        """
        chosen = tuple(self.state.sites if names is None else names)
        state = logic.take_over(self.state, banner, None if names is None else chosen)
        sites = dict.fromkeys(logic.find_site(state, name).name for name in chosen)
        images = tuple(take_image(site, seed, self._now(), retention) for site in sites)
        self.state = state
        for image in images:
            self._record(
                "site imaged and replaced by a banner",
                site=image.site,
                sha256=image.sha256,
                bytes_count=image.bytes_count,
            )
        return images

    def copy(
        self,
        name: str,
        *,
        seed: int = 0,
        at: Instant | None = None,
        retention: Duration = DEFAULT_RETENTION,
    ) -> Image:
        """Image a site that runs on, with the data as they were at ``at``, now unless stated.
        `LabError` for a name that is not hosted here."""
        site = logic.find_site(self.state, name).name
        image = take_image(site, seed, self._now() if at is None else at, retention)
        self._record("site imaged", site=site, sha256=image.sha256, bytes_count=image.bytes_count)
        return image

    async def show_banner(self, banner: Banner, names: Iterable[str]) -> None:
        """Show the banner for these names, hosted here or not, and listen for TLS for them."""
        self.state = logic.add_banner(self.state, banner, names)
        if self.running:
            await self._listen_for_tls(self.state)

    def release(self, names: Iterable[str] | None = None) -> None:
        """Take the banner away from these names, or from all: the sites are as they were."""
        self.state = logic.release(self.state, names)

    # --- serving ----------------------------------------------------------------------

    async def _serve(self, tls: bool, incoming: web.BaseRequest) -> web.StreamResponse:
        host = incoming.headers.get("Host")
        if incoming.method in ("GET", "HEAD"):
            page = logic.respond(self.state, host, incoming.path_qs, tls)
        else:
            page = logic.Page(405, (("Allow", "GET, HEAD"),), b"")
        name = "" if host is None else logic.host_name(host)
        path = incoming.path_qs
        self.visits.note(self._now(), incoming.remote or "", name, path, page.status)
        return self._response(page)

    def _refuse(self, status: int) -> web.Response:
        return self._response(logic.refused(status))

    def _response(self, page: logic.Page) -> web.Response:
        seconds = self._calendar_start + self._now() // SECOND
        headers = dict(page.headers)
        headers["Date"] = http_date(seconds)
        headers["Server"] = SERVER
        return web.Response(status=page.status, headers=headers, body=page.body)

    def _record(self, what: str, **details: object) -> None:
        if self._journal is not None:
            self._journal.record(self.name, what, **details)
