"""The probe on the network: visits a URL as a browser would and writes down what it saw."""

from __future__ import annotations

import ssl

from simulator.roles.probe.browser import Browser, Dial, Identity, Lookup, Resolver
from simulator.roles.probe.connection import Timeouts
from simulator.roles.probe.hsts import HstsStore
from simulator.roles.probe.logic import Preference
from simulator.roles.probe.routes import Route
from simulator.roles.probe.visit import Visit
from simulator.values import Now, Observation

__all__ = ["Identity", "Lookup", "Probe", "Resolver"]

AGENT = "Mozilla/5.0 (TakedownLab)"


class Probe:
    """One subscriber's browser: it remembers HSTS, and nothing else, between visits.

    ``tls_context`` is that of `simulator.roles.probe.certificates.browser_context`; many
    probes may share one. What follows may be set at any time, and holds from the next visit:

    * ``route``: a way out that takes names unresolved (`simulator.roles.probe.routes`).
    * ``front``: another name behind the same edge; it is resolved, dialled and named in the
      handshake in place of the site's, and the Host field alone names the site (domain
      fronting). Everything goes by HTTPS then: over HTTP the Host would be read.
    * ``cleartext``: HTTP alone, whatever was typed, and no HSTS; redirects are followed.
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
        self.tls_context = tls_context
        self.route: Route | None = None
        self.front: str | None = None
        self.cleartext = False
        self._resolver = resolver
        self._now = now
        self._user_agent = user_agent
        self._timeouts = timeouts
        self._dial = dial

    async def visit(self, url: str, via: str | None = None) -> Observation:
        """Visit a URL or a bare name and return what was seen; ``via`` is only noted down.

        Raises `LabError` for what is no URL; whatever the network does is in the result.
        When it returns, the connections of the visit are closed.
        """
        return await Visit(self._browser(), url, via).run()

    def _browser(self) -> Browser:
        preference = Preference.HTTPS_FIRST
        if self.front is not None:
            preference = Preference.HTTPS_ONLY
        elif self.cleartext:
            preference = Preference.CLEARTEXT
        return Browser(
            self._resolver,
            self.tls_context,
            self._now,
            self.identity,
            self.hsts,
            self._user_agent,
            self._timeouts,
            self._dial,
            self.route,
            self.front,
            preference,
        )
