"""Where a browser goes, step by step: which URL first, what after a failure or a redirect.

What is typed decides what is tried (RFC 9110 for redirects, RFC 6797 for HSTS):

* **A bare name** (``coco.xg``): HTTPS. If HTTPS cannot be *connected* (refused, silent,
  reset, unreachable, or a handshake without a usable answer), HTTP is tried. A certificate
  that is wrong is **not** got round: the browser shows its warning, we report the failure.
* **``http://`` typed out**: HTTPS is tried all the same ("HTTPS-first"), and HTTP after a
  failure to connect *or a wrong certificate*: whoever writes ``http://`` has asked for it.
  A URL with a port of its own is taken as it stands.
* **``https://`` typed out**: HTTPS alone.
* **A host known by HSTS**: HTTPS alone, whatever was typed; a redirect to ``http://`` goes
  there by HTTPS as well. Other redirects are followed as they say, ten at most.

A browser may be set otherwise (`Preference`): to plain HTTP, where all but a URL with a port
of its own begins with ``http://`` and HSTS is switched off, or to HTTPS alone.

A name that does not resolve is never tried twice. After a fallback the observation tells of
the last attempt, its timings tell of both.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from simulator.errors import LabError, NotSimulated
from simulator.roles.probe import failures
from simulator.roles.probe.hsts import HstsStore, is_address
from simulator.values import Address, Instant, message

REDIRECT_LIMIT = 10
REDIRECTS = (301, 302, 303, 307, 308)
TOO_MANY_REDIRECTS = "unknown_failure: too many redirects"
_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
_UNSAFE = re.compile(r"[^\x21-\x7e]")


class Preference(enum.Enum):
    """Which scheme a browser goes by where it has the choice."""

    HTTPS_FIRST = "HTTPS first"
    CLEARTEXT = "HTTP alone, HSTS switched off"
    HTTPS_ONLY = "HTTPS alone"


class Target(NamedTuple):
    """Where one request goes; ``path`` is the request target with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host field: the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The target as a URL."""
        return f"{self.scheme}://{self.authority}{self.path}"


class Plan(NamedTuple):
    """What to try for a typed URL.

    ``fallback`` comes after a failure of ``first`` to connect; ``forgiving`` counts a wrong
    certificate among those failures.
    """

    first: Target
    fallback: Target | None = None
    forgiving: bool = False


class Failure(NamedTuple):
    """A stage (``dns``, ``tcp``, ``tls``, ``http``) that failed, and an OONI failure string."""

    stage: str
    failure: str


@lru_cache(maxsize=1024)
def plan(url: str, preference: Preference = Preference.HTTPS_FIRST) -> Plan:
    """Return what to try for what a person typed.

    Raises `LabError` for what is no URL, `NotSimulated` for another scheme than HTTP(S).
    """
    typed = url.strip()
    scheme = _SCHEME.match(typed)
    bare = scheme is None
    target = _target(typed if scheme is not None else f"https://{typed}")
    if target is None:
        raise LabError(message("{url!r} is not the address of a web page.", url=url))
    if target.scheme not in _PORTS:
        raise NotSimulated(
            message("The probe visits http and https, not {scheme}.", scheme=target.scheme)
        )
    usual_port = target.port == _PORTS[target.scheme]
    if preference is Preference.HTTPS_ONLY:
        return Plan(_with_scheme(target, "https"))
    if preference is Preference.CLEARTEXT:
        return Plan(_with_scheme(target, "http") if usual_port else target)
    if bare:
        return Plan(target, _with_scheme(target, "http") if usual_port else None)
    if target.scheme == "http" and usual_port:
        return Plan(_with_scheme(target, "https"), target, forgiving=True)
    return Plan(target)


class Journey:
    """One visit from URL to URL: tell it what came of `target`, and it says whether to go on.

    A journey ends when `failed` or `received` returns False; `failure` is then what ended
    it, None if a page was reached.
    """

    __slots__ = (
        "_hsts",
        "_plan",
        "_preference",
        "failure",
        "fell_back_from",
        "redirects",
        "target",
    )

    def __init__(
        self,
        url: str,
        hsts: HstsStore,
        now: Instant,
        preference: Preference = Preference.HTTPS_FIRST,
    ) -> None:
        planned = plan(url, preference)
        self._hsts = hsts
        self._preference = preference
        if self._insists_on_https(planned.first.host, now):
            planned = Plan(_with_scheme(planned.first, "https"))
        self._plan = planned
        self.target = planned.first
        self.redirects: tuple[str, ...] = ()
        self.failure: Failure | None = None
        self.fell_back_from: Failure | None = None
        """Why HTTPS was left for HTTP, if it was."""

    def failed(self, failure: Failure) -> bool:
        """Take note of a failure; True means: try `target`, which is now the fallback."""
        fallback = self._plan.fallback
        if fallback is not None and self.fell_back_from is None and self._may_fall_back(failure):
            self.fell_back_from = failure
            self.target = fallback
            return True
        self.failure = failure
        return False

    def received(self, status: int, location: str | None, policy: str | None, now: Instant) -> bool:
        """Take note of a response; True means: go on to `target`, where it redirects.

        ``location`` and ``policy`` are the fields Location and Strict-Transport-Security.
        """
        if policy is not None and self.target.scheme == "https":
            self._hsts.remember(self.target.host, policy, now)
        if status not in REDIRECTS or location is None:
            return False
        following = _target(location, self.target.url)
        if following is None or following.scheme not in _PORTS:
            self.failure = Failure("http", failures.UNEXPECTED_REDIRECT)
            return False
        if len(self.redirects) == REDIRECT_LIMIT:
            self.failure = Failure("http", TOO_MANY_REDIRECTS)
            return False
        if self._insists_on_https(following.host, now):
            following = _with_scheme(following, "https")
        self.redirects += (following.url,)
        self.target = following
        return True

    def _insists_on_https(self, host: str, now: Instant) -> bool:
        if self._preference is Preference.HTTPS_FIRST:
            return self._hsts.covers(host, now)
        return self._preference is Preference.HTTPS_ONLY

    def _may_fall_back(self, failure: Failure) -> bool:
        if self.redirects or failure.stage not in ("tcp", "tls"):
            return False
        return self._plan.forgiving or failure.failure not in failures.CERTIFICATE_FAILURES


def order_addresses(addresses: tuple[Address, ...], has_ipv6: bool) -> tuple[Address, ...]:
    """Return the addresses to try in turn: IPv6 first, then the families alternating.

    RFC 8305 section 4. Without IPv6 there is no route to an IPv6 address: none is tried.
    """
    if len(addresses) == 1:
        return addresses if has_ipv6 or ":" not in addresses[0] else ()
    version_6 = [address for address in addresses if ":" in address] if has_ipv6 else []
    version_4 = [address for address in addresses if ":" not in address]
    ordered: list[Address] = []
    for place in range(max(len(version_6), len(version_4))):
        ordered += version_6[place : place + 1] + version_4[place : place + 1]
    return tuple(ordered)


def _target(url: str, base: str = "") -> Target | None:
    """Return where a URL leads, read from ``base`` if it is relative; None if it is none."""
    try:
        parts = urlsplit(urljoin(base, url))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if host is None or not (_HOST.fullmatch(host.rstrip(".")) or is_address(host)):
        return None
    if port == 0:  # nothing can listen there (RFC 6335 section 6); it is not the usual port
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if _UNSAFE.search(path) is not None or parts.username is not None:
        return None
    scheme = parts.scheme.lower()
    return Target(scheme, host.rstrip("."), port or _PORTS.get(scheme, 0), path)


def _with_scheme(target: Target, scheme: str) -> Target:
    """Return the same place by another scheme; a usual port becomes the other usual port."""
    usual = target.port == _PORTS[target.scheme]
    return Target(scheme, target.host, _PORTS[scheme] if usual else target.port, target.path)
