"""Measures: what an access network, or a resolver under an order, does to traffic.

Plain and frozen. A measure says *what* is to be done; `simulator.roles.isp` and
`simulator.roles.resolver` do it. Each class names the measures of the matrix that it is for.

Conventions:

* A **name** is a domain name, or a pattern if a ``*`` is in it: ``*`` stands for any run of
  characters, dots included, over the whole name (``*t.co*``). ``subdomains`` extends a plain
  name to all below it and says nothing of a pattern.
* ``ports`` are destination ports; an empty tuple means every port.
* ``versions`` are the IP versions that the measure looks at: an operator may forget one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from simulator.values import Address, Duration

BOTH_VERSIONS = (4, 6)


class DnsLie(enum.Enum):
    """What is answered in place of the truth."""

    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    REFUSED = "refused"
    SERVFAIL = "servfail"
    FORGED = "forged"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class DnsMeasure:
    """A resolver lies about a name: ``dns-lying-resolver``, ``public-resolvers-ordered``.

    ``extended_error`` is the RFC 8914 INFO-CODE that goes with the answer, or None for
    silence; ``addresses`` are those of the block page when the lie is a forged address.
    ``clients`` are the prefixes of those who are lied to: everybody unless stated.
    """

    name: str
    lie: DnsLie
    subdomains: bool = True
    extended_error: int | None = None
    extra_text: str = ""
    addresses: tuple[Address, ...] = ()
    ttl: int = 60
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyZone:
    """A resolver applies a response policy zone, given as a master file (RFC 1035 section 5)."""

    text: str
    origin: str = "rpz"
    extended_error: int | None = None


@dataclass(frozen=True, slots=True)
class ResolverWithdrawal:
    """A public resolver no longer serves clients in these prefixes: it left the country.

    ``lie`` is how: ``REFUSED``, or ``SILENCE``.
    """

    clients: tuple[str, ...]
    lie: DnsLie = DnsLie.REFUSED


@dataclass(frozen=True, slots=True)
class DnsInjection:
    """A forged answer from the path to any query on port 53: ``dns-injection``.

    The query itself goes on, and its true answer comes too late; ``drop`` stops it.
    ``SILENCE`` is no injection. Forged addresses are those of the provider's block page
    unless stated.
    """

    name: str
    lie: DnsLie = DnsLie.FORGED
    subdomains: bool = True
    addresses: tuple[Address, ...] = ()
    ttl: int = 60
    drop: bool = False
    versions: tuple[int, ...] = BOTH_VERSIONS


@dataclass(frozen=True, slots=True)
class DnsInterception:
    """Queries to port 53 of anybody go to the provider's resolver: ``dns-interception``.

    ``resolver`` is its address by IP version order; the provider's first unless stated. A
    version for which the provider has no resolver address is left alone.
    """

    resolver: tuple[Address, ...] = ()
    versions: tuple[int, ...] = BOTH_VERSIONS


class AddressAction(enum.Enum):
    """What becomes of a packet towards a listed address."""

    DROP = "drop"
    RESET = "reset"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class AddressMeasure:
    """Packets towards an address or a prefix (CIDR text) are stopped.

    ``ip-drop``, ``ip-reset``, ``ip-reject``, ``vpn-endpoint-blocked``. A reset can only be
    said to TCP: what is not TCP is dropped.
    """

    prefixes: tuple[str, ...]
    action: AddressAction = AddressAction.DROP
    ports: tuple[int, ...] = ()
    versions: tuple[int, ...] = BOTH_VERSIONS


class HttpAction(enum.Enum):
    """What becomes of a request: a page in place of the site's, or no answer."""

    STATUS_451 = "451"
    PAGE = "page"
    RESET = "reset"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class HttpMeasure:
    """Cleartext HTTP requests are filtered by Host or by a keyword: ``http-host-filter``.

    Exactly one of ``name`` (the Host field) and ``keyword`` (anywhere in the request line or
    a header field, whatever its case). ``blocked_by`` is the URI of the one who implements
    the block, for the Link field of a 451 (RFC 7725 section 4).
    """

    name: str | None = None
    keyword: str | None = None
    action: HttpAction = HttpAction.STATUS_451
    subdomains: bool = True
    ports: tuple[int, ...] = (80,)
    blocked_by: str = ""
    versions: tuple[int, ...] = BOTH_VERSIONS


class SniAction(enum.Enum):
    """What becomes of a session."""

    RESET = "reset"
    DROP = "drop"
    THROTTLE = "throttle"


class Residue(enum.Enum):
    """By what later packets are recognised after a forbidden flow (RFC 9505 section 4.4)."""

    TWO_TUPLE = 2
    """Both addresses."""
    THREE_TUPLE = 3
    """Both addresses and the server's port."""
    FOUR_TUPLE = 4
    """Both addresses and both ports: the flow itself."""


@dataclass(frozen=True, slots=True)
class SniMeasure:
    """TLS sessions are stopped or slowed by the name in the ClientHello.

    ``tls-sni-reset``, ``tls-sni-drop``, ``tls-sni-throttle``. ``rate`` is the throttled
    flow's in bits per second. After a forbidden ClientHello the same ends stay blocked for
    ``residual`` microseconds, recognised by ``residue``.
    """

    name: str
    action: SniAction = SniAction.RESET
    subdomains: bool = True
    ports: tuple[int, ...] = (443,)
    rate: int = 128_000
    residual: Duration = 0
    residue: Residue = Residue.THREE_TUPLE
    versions: tuple[int, ...] = BOTH_VERSIONS


@dataclass(frozen=True, slots=True)
class EncryptedDnsMeasure:
    """DoT and DoH endpoints are cut: by address and port, and by SNI on any port.

    ``encrypted-dns-blocked``. ``prefixes`` and ``names`` are those of known endpoints;
    ``ports`` are stopped towards the prefixes.
    """

    prefixes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ports: tuple[int, ...] = (443, 853)
    action: AddressAction = AddressAction.DROP
    versions: tuple[int, ...] = BOTH_VERSIONS


@dataclass(frozen=True, slots=True)
class FingerprintMeasure:
    """A VPN is recognised by its handshake, whatever its address and port: ``vpn-fingerprint``.

    Once recognised, the flow is dropped; and again each later flow by its own handshake.
    """

    protocol: str = "wireguard"
    versions: tuple[int, ...] = BOTH_VERSIONS


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The access network is cut off: ``shutdown``. Only its own machines are still reached."""

    versions: tuple[int, ...] = BOTH_VERSIONS


@dataclass(frozen=True, slots=True)
class EdgeRefusal:
    """A content network's edge answers visitors in these prefixes with a 451 for a site.

    ``public-resolvers-ordered``, in the way of an operator that runs edges as well.
    """

    name: str
    clients: tuple[str, ...]
    blocked_by: str = ""


ResolverMeasure: TypeAlias = DnsMeasure | PolicyZone | ResolverWithdrawal
"""What a resolver does; any operator of one can be told."""
PathMeasure: TypeAlias = (
    DnsInjection
    | DnsInterception
    | AddressMeasure
    | HttpMeasure
    | SniMeasure
    | EncryptedDnsMeasure
    | FingerprintMeasure
    | Shutdown
)
"""What a router on the way does; only who carries the packets can be told."""
Measure: TypeAlias = ResolverMeasure | PathMeasure | EdgeRefusal
