"""Who answers for names: nameservers, registries, registrars, domains, resolvers."""

from typing import Annotated, Literal

from pydantic import Field

from simulator.values import HOUR, MINUTE
from simulator.world.fields import (
    DomainName,
    Flag,
    Id,
    Many,
    Model,
    Name,
    Period,
    Ttl,
)

Status = Literal[
    "clientHold",
    "serverHold",
    "inactive",
    "pendingDelete",
    "clientDeleteProhibited",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "serverDeleteProhibited",
    "serverRenewProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]
"""EPP statuses that a domain may start with (RFC 5731 section 2.3); ``ok`` is none of them."""


class Nameserver(Model):
    """An authoritative server; its id is the name by which it is delegated to."""

    host: Id


class Root(Model):
    """The root zone: who serves it, and the TTL of what it says."""

    nameservers: Annotated[tuple[DomainName, ...], Field(min_length=1)]
    ttl: Ttl = 24 * HOUR
    signed: Flag = False
    """With DNSSEC (RFC 4033); zones below can be signed only then."""


class Registry(Model):
    """Who runs a top-level domain; its id is the domain: ``xg``."""

    operator: Id
    nameservers: Annotated[tuple[DomainName, ...], Field(min_length=1)]
    publishes_every: Period = 30 * MINUTE
    ttl: Ttl = 3 * HOUR
    """Of the delegations (NS) and their glue."""
    negative_ttl: Ttl = 15 * MINUTE
    """How long a resolver may remember that a name does not exist (RFC 2308)."""
    signed: Flag = False
    directory: Flag = False
    """Whether it has RDAP and WHOIS: at ``rdap.nic`` and ``whois.nic`` under its own name, on
    its first nameserver's machine."""
    epp: Flag = False
    """Whether its registrars go to it by EPP: at ``epp.nic`` under its own name, TCP port 700
    (RFC 5734), on its first nameserver's machine. Each of them needs a ``host`` then."""


class Registrar(Model):
    """Who registers names for customers, and at which registries."""

    operator: Id
    registries: Many
    host: Id | None = None
    """The machine from which it goes to its registries by EPP, and which has its ``front``."""
    front: DomainName | None = None
    """The name of its web site for registrants, by HTTPS; under a domain of the world."""


class Record(Model):
    """A DNS record beside those that follow from sites and nameservers.

    ``name`` is relative to the domain: ``@`` is the domain itself, ``*`` a wildcard.
    ``data`` is in presentation form: ``10 mail.roses.test``.
    """

    name: Annotated[str, Field(pattern=r"^(@|(\*|[a-z0-9_-]+)(\.[a-z0-9_-]+)*)$")] = "@"
    type: Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT"]
    data: Annotated[str, Field(min_length=1)]
    ttl: Ttl | None = None


class Domain(Model):
    """A registered name and its zone; its id is the name.

    The addresses of the sites and nameservers below it are in the zone by themselves.
    """

    registrar: Id
    registrant: Name
    nameservers: Annotated[tuple[DomainName, ...], Field(min_length=1)]
    statuses: tuple[Status, ...] = ()
    ttl: Ttl = HOUR
    """Of the zone's own records."""
    negative_ttl: Ttl = 5 * MINUTE
    signed: Flag = False
    records: tuple[Record, ...] = ()
    free: Flag = False
    """Nobody has it yet: a site operator of the world may register it, for ``registrant``."""
    behind: tuple[Name, ...] = ()
    """Who stands behind the holder of record, the nearest first: in no directory."""


class Resolver(Model):
    """A recursive resolver. Its id is its host's, unless stated.

    It answers the networks of the access providers that name it, or everyone if ``public``.
    """

    host: Id | None = None
    name: Name | None = None
    public: Flag = False
    hostname: DomainName | None = None
    """By this name, on its certificate, it is asked by TLS as well: DoT on port 853
    (RFC 7858), DoH on port 443 at ``/dns-query`` (RFC 8484)."""
    validates: Flag = False
    """Whether it checks signatures (DNSSEC); the root must be signed."""
    centricity: Literal["parent", "child"] = "parent"
    """Whose NS records count: the registry's, or the zone's own."""
    ghosts: Flag = False
    """Whether each answer of a zone prolongs its own NS records: a child-centric resolver that
    is asked often enough never learns that a name was taken away."""
    serve_stale: Flag = False
    """Whether it gives out old answers while servers are silent (RFC 8767)."""
    min_ttl: Ttl | None = None
    max_ttl: Ttl | None = None
    prefetch: Flag = False
    """Whether it renews what is asked for shortly before it runs out."""
    block_page: Id | None = None
    """Where a public resolver's forged answers lead."""
