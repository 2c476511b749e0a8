"""What a visit draws on: a resolver, a profile, a way out, and where all this stands."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from simulator.roles.probe.connection import Timeouts
from simulator.roles.probe.hsts import HstsStore
from simulator.roles.probe.logic import Preference
from simulator.roles.probe.routes import Route
from simulator.values import Address, ExtendedError, Instant, Now

Dial = Callable[[Address, int], tuple[Address, int]]
"""Where a connection to an address and a port really goes; parity tests turn it aside."""


class Asked(Protocol):
    """What was asked of the DNS."""

    @property
    def name(self) -> str:
        """The domain name."""

    @property
    def type(self) -> str:
        """The type of record, as text."""


class Given(Protocol):
    """A record that came back."""

    @property
    def type(self) -> str:
        """The type of record, as text."""

    @property
    def data(self) -> str:
        """Its data in presentation form."""

    @property
    def ttl(self) -> int:
        """Seconds that it may be kept."""


class Answered(Protocol):
    """What became of one question; see `simulator.values.QuerySeen`."""

    @property
    def question(self) -> Asked:
        """What was asked."""

    @property
    def rcode(self) -> str | None:
        """The response code by name, None without an answer."""

    @property
    def records(self) -> Sequence[Given]:
        """The answer section."""

    @property
    def extended_error(self) -> ExtendedError | None:
        """The resolver's own explanation (RFC 8914)."""

    @property
    def resolver(self) -> Address | None:
        """Who answered."""

    @property
    def began(self) -> Instant:
        """When it was asked."""

    @property
    def ended(self) -> Instant:
        """When it was answered, or given up."""

    @property
    def failure(self) -> str | None:
        """An OONI failure string, or None if there are records of the type."""

    @property
    def engine(self) -> str:
        """How it was asked: ``udp``, ``tcp``, ``dot``, ``doh`` or ``hosts``."""

    @property
    def raw(self) -> bytes:
        """The reply as it came."""


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

    @property
    def answers(self) -> Sequence[Answered]:
        """Question by question."""


class Resolver(Protocol):
    """The subscriber's stub resolver."""

    def addresses(self, name: str) -> Awaitable[Lookup]:
        """Look up the A and AAAA records of a name. Never raises for what the network does."""


class Identity(NamedTuple):
    """Where the probe stands: vantage point, country code, whether it has IPv6."""

    vantage: str
    country: str
    has_ipv6: bool = False


class Browser(NamedTuple):
    """All that a visit draws on, as it stands when the visit begins."""

    resolver: Resolver
    tls_context: ssl.SSLContext
    now: Now
    identity: Identity
    hsts: HstsStore
    agent: str
    timeouts: Timeouts
    dial: Dial | None
    route: Route | None
    front: str | None
    preference: Preference
