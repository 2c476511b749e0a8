"""A world: countries, networks, operators, names, machines and people, by id.

Every section maps an id to an entry, and entries name one another by id. What follows
from other entries is not written twice: a network is in its operator's country, a site's
address records come from its host, a nameserver's from its own. The models check single
values; `simulator.world.check` checks that the entries agree.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from simulator.values import MILLISECOND
from simulator.world.fields import (
    Address,
    AsNumber,
    Country,
    DomainName,
    Duration,
    Flag,
    Id,
    Latency,
    Many,
    Model,
    Moment,
    Name,
    Prefix,
    Size,
    Text,
    TopLevel,
)
from simulator.world.measures import StandingMeasure
from simulator.world.naming import Domain, Nameserver, Registrar, Registry, Resolver, Root
from simulator.world.other_side import Audience, SiteOperator
from simulator.world.study import Study
from simulator.world.ways import Edge, Proxy, Relay, VpnExit

OperatorKind = Literal[
    "access-provider",
    "bank",
    "certificate-authority",
    "content-network",
    "dns-operator",
    "host",
    "person",
    "proxy",
    "public-body",
    "registrar",
    "registry",
    "resolver",
    "transit",
    "vpn",
]
AuthorityKind = Literal[
    "court",
    "prosecutor",
    "judicial-police",
    "police",
    "government",
    "regulator",
    "coordinator",
]
"""``judicial-police`` acts under a prosecutor or a judge, ``police`` on its own account."""
NetworkKind = Literal["access", "transit", "hosting", "authority", "service"]


class CountryEntry(Model):
    """A country or territory; ``jurisdiction`` is whose orders bind there, if not its own."""

    name: Name
    jurisdiction: Country | None = None


class Operator(Model):
    """Whoever runs something and can be given an order."""

    name: Name
    country: Country
    kind: OperatorKind


class Authority(Model):
    """Whoever may give an order."""

    name: Name
    country: Country
    kind: AuthorityKind


class Network(Model):
    """An autonomous system. ``country`` and ``name`` are its operator's unless stated."""

    operator: Id
    kind: NetworkKind
    asn: AsNumber
    prefixes: Annotated[tuple[Prefix, ...], Field(min_length=1)]
    country: Country | None = None
    name: Name | None = None
    routers: tuple[Address, ...] = ()
    """The router's own addresses; the first of each prefix unless stated."""


class Link(Model):
    """A line between two networks, with its one-way latency."""

    between: tuple[Id, Id]
    latency: Latency


class Host(Model):
    """A machine with its addresses. ``operator`` is the network's unless stated."""

    network: Id
    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]
    operator: Id | None = None
    latency: Latency = MILLISECOND
    """One way, between the machine and its network's router."""


class BlockPage(Model):
    """The page that a forged address leads to.

    Its machine has a certificate for ``name`` and for nothing else, so that a blocked
    HTTPS site ends in a certificate error. ``status`` 451 says that the law is the
    reason (RFC 7725).
    """

    host: Id
    name: DomainName
    by: Id
    """The authority whose page it is."""
    status: Literal[200, 403, 451] = 200


class AccessProvider(Model):
    """What an operator connects people with; its id is the operator's.

    Subscribers ask the first of ``resolvers`` unless they chose another.
    """

    networks: Many
    resolvers: Annotated[Many, Field(min_length=1)]
    block_page: Id | None = None
    measures: tuple[StandingMeasure, ...] = ()
    """What it does to its subscribers' traffic from the start, before any order."""


class Site(Model):
    """A web site; its id is its name.

    ``redirect`` sends plain HTTP to HTTPS; ``hsts`` makes browsers remember that for a
    while (RFC 6797). Both need ``https``.
    """

    host: Id
    title: Text
    text: tuple[Text, ...] = ()
    """Paragraphs."""
    aliases: Annotated[tuple[DomainName, ...], Field(max_length=99)] = ()
    """A certificate of the lab is for a hundred names at most."""
    https: Flag = True
    redirect: Flag = True
    hsts: Duration | None = None
    weight: Size = 0
    """Octets that the page has at least: pictures, as it were."""
    substitute_of: DomainName | None = None
    mirror_of: DomainName | None = None
    """The site whose content this one shows under another name."""


class Service(Model):
    """A service that signs a banner, drawn as its initials."""

    name: Name
    initials: Annotated[str, Field(min_length=1, max_length=12)]
    country: Country


class Banner(Model):
    """What a seized site shows, and the authorities' own servers that show it."""

    host: Id
    nameservers: Annotated[tuple[DomainName, ...], Field(min_length=1)]
    title: Text
    verb: Literal["seized", "closed"] = "seized"
    services: Annotated[tuple[Service, ...], Field(min_length=1)]
    judicial_authority: Name
    legal_basis: Name | None = None
    languages: Many = ("en", "fr")
    contact: str | None = None


class CertificateAuthority(Model):
    """Who signs the certificates of the sites, after looking each name up with its resolver."""

    operator: Id
    host: Id
    resolver: Id


class Vantage(Model):
    """A subscriber: where somebody sits and looks. In the network's country."""

    name: Name
    network: Id
    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]
    person: Text | None = None
    latency: Latency = 5 * MILLISECOND
    """One way, from the computer to the provider's router."""
    resolver: Id | None = None
    """Instead of the access provider's."""
    validates: Flag = False
    """Whether the machine itself checks signatures (DNSSEC); the root must be signed."""


class World(Model):
    """All that exists before a scenario begins."""

    STAND_INS: ClassVar[dict[str, Any]] = {
        "title": {"en": "-"},
        "start": "2000-01-01T00:00:00Z",
        "root": {"nameservers": ["test"]},
        "certificate_authority": {"operator": "x", "host": "x", "resolver": "x"},
    }

    title: Text
    start: Moment
    countries: dict[Country, CountryEntry]
    operators: dict[Id, Operator]
    authorities: dict[Id, Authority] = Field(default={})
    networks: dict[Id, Network]
    links: tuple[Link, ...] = ()
    hosts: dict[Id, Host]
    nameservers: dict[DomainName, Nameserver]
    root: Root
    registries: dict[TopLevel, Registry]
    registrars: dict[Id, Registrar] = Field(default={})
    domains: dict[DomainName, Domain] = Field(default={})
    resolvers: dict[Id, Resolver] = Field(default={})
    block_pages: dict[Id, BlockPage] = Field(default={})
    access_providers: dict[Id, AccessProvider] = Field(default={})
    certificate_authority: CertificateAuthority
    sites: dict[DomainName, Site] = Field(default={})
    banners: dict[Id, Banner] = Field(default={})
    vpn_exits: dict[Id, VpnExit] = Field(default={})
    proxies: dict[Id, Proxy] = Field(default={})
    relays: dict[Id, Relay] = Field(default={})
    edges: dict[Id, Edge] = Field(default={})
    site_operators: dict[Id, SiteOperator] = Field(default={})
    audiences: dict[DomainName, Audience] = Field(default={})
    control: Id | None = None
    """The host, in a network that nobody touches, that every visit is compared with."""
    study: Study | None = None
    vantages: dict[Id, Vantage]

    def country_of(self, network: str) -> str:
        """Return the code of the country that a network is in."""
        entry = self.networks[network]
        return entry.country or self.operators[entry.operator].country

    def jurisdiction_of(self, country: str) -> str:
        """Return the code of the country whose orders bind in ``country``."""
        return self.countries[country].jurisdiction or country

    def operator_of(self, host: str) -> str:
        """Return the id of the operator of a host."""
        entry = self.hosts[host]
        return entry.operator or self.networks[entry.network].operator

    def host_of_resolver(self, resolver: str) -> str:
        """Return the id of the host that a resolver runs on."""
        return self.resolvers[resolver].host or resolver

    def resolver_at(self, address: str) -> str | None:
        """Return the id of the resolver that answers at ``address``, or None."""
        for resolver in self.resolvers:
            if address in self.hosts[self.host_of_resolver(resolver)].addresses:
                return resolver
        return None

    def host_of_exit(self, vpn_exit: str) -> str:
        """Return the id of the host that a tunnel ends at."""
        return self.vpn_exits[vpn_exit].host or vpn_exit

    def host_of(self, section: str, key: str) -> str:
        """Return the id of the host of a proxy, a relay or an edge."""
        entry: Proxy | Relay | Edge = getattr(self, section)[key]
        return entry.host or key

    def web_names(self) -> list[tuple[str, str]]:
        """Return every name that leads to a host by itself, with the host's id."""
        names = [
            (name, site.host) for own, site in self.sites.items() for name in (own, *site.aliases)
        ]
        names += [(page.name, page.host) for page in self.block_pages.values()]
        names += [
            (front, edge.host or key) for key, edge in self.edges.items() for front in edge.fronts
        ]
        names += [
            (resolver.hostname, resolver.host or key)
            for key, resolver in self.resolvers.items()
            if resolver.hostname is not None
        ]
        names += [
            (registrar.front, registrar.host)
            for registrar in self.registrars.values()
            if registrar.front is not None and registrar.host is not None
        ]
        return names

    def has_directories(self) -> bool:
        """Whether registries have RDAP and WHOIS: all of them, if one has."""
        return any(registry.directory for registry in self.registries.values())

    def host_of_registry(self, tld: str) -> str:
        """Return the id of the machine with a registry's own services: EPP, directory."""
        return self.nameservers[self.registries[tld].nameservers[0]].host

    def provider_of(self, network: str) -> str | None:
        """Return the id of the access provider of a network, or None."""
        for provider, entry in self.access_providers.items():
            if network in entry.networks:
                return provider
        return None

    def resolver_of(self, vantage: str) -> str:
        """Return the id of the resolver that a vantage point asks of itself."""
        entry = self.vantages[vantage]
        if entry.resolver is not None:
            return entry.resolver
        provider = self.provider_of(entry.network)
        assert provider is not None, "check_world lets no vantage point without a resolver through"
        return self.access_providers[provider].resolvers[0]

    def is_free(self, name: str) -> bool:
        """Return whether a name is in a domain that nobody has registered yet."""
        domain = self.domain_of(name)
        return domain is not None and self.domains[domain].free

    def spare_hosts(self) -> list[str]:
        """Return the hosts that a site may be moved to, or put up on, later."""
        found = [
            host
            for operator in self.site_operators.values()
            for _, reaction in operator.reactions()
            if reaction.act == "move-host"
            for host in reaction.to
        ]
        caught = [operator.dropped for operator in self.site_operators.values()]
        found += [catch.host for catch in caught if catch is not None]
        found += [site.host for name, site in self.sites.items() if self.is_free(name)]
        return list(dict.fromkeys(found))

    def domain_of(self, name: str) -> str | None:
        """Return the registered domain that a name is in, or None."""
        labels = name.split(".")
        for start in range(len(labels) - 1):
            candidate = ".".join(labels[start:])
            if candidate in self.domains:
                return candidate
        return None
