"""The names of a world: zones on authoritative servers, the registries' objects, resolvers."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.signing import Signing
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.zone import Zone
from simulator.roles.registrar.logic import Registrar
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.roles.registry.service import RegistryPublication
from simulator.roles.registry.zone import Ttls
from simulator.roles.resolver.behaviour import Behaviour, ServeStale
from simulator.roles.resolver.cache import Delegation
from simulator.roles.resolver.service import Resolver, anybody
from simulator.values import SECOND, Address, Instant, Now, message
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import Record
from simulator.wire.epp import server_name as epp_server_name

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.running import RandomFor, RunOn
    from simulator.net import Host
    from simulator.world.models import World
    from simulator.world.naming import Domain
    from simulator.world.naming import Resolver as Entry

SEIZED_TTL = 300
"""Seconds: the authorities keep their records short, so that they can move."""
_LEADING = ("A", "AAAA", "CNAME")
"""The types that lead to a machine."""
_REFRESH, _RETRY, _EXPIRE = 7200, 900, 1209600


class Names:
    """Who answers for which name. Built from a world, then changed by levers."""

    def __init__(
        self,
        world: World,
        hosts: dict[str, Host],
        now: Now,
        journal: Journal,
        random_for: RandomFor,
        calendar_start: int,
    ) -> None:
        self._calendar_start = calendar_start
        self.signing = Signing(world, random_for, calendar_start)
        self._world = world
        self._hosts = hosts
        self._now = now
        self._journal = journal
        self._states: dict[str, NameserverState] = {}
        self._nameservers: dict[str, Nameserver] = {}
        self.registries: dict[str, Registry] = {}
        """By TLD."""
        self.registrars: dict[str, Registrar] = {}
        self.resolvers: dict[str, Resolver] = {}
        self._publications: dict[str, RegistryPublication] = {}

    # --- building -----------------------------------------------------------------------

    async def start(self, run_on: RunOn, random_for: RandomFor) -> None:
        """Serve every zone and start every resolver."""
        for server in self._world.nameservers.values():
            self._states.setdefault(server.host, NameserverState())
        self._open_registries(random_for)
        self.serve("", self._world.root.nameservers, self._root_zone())
        for name, domain in self._world.domains.items():
            if not domain.free:
                self.serve(name, domain.nameservers, self._own_zone(name, domain))
        for host, state in self._states.items():
            nameserver = self._nameservers[host] = Nameserver(state, now=self._now)
            endpoints = [(address, 53) for address in self._hosts[host].addresses]
            await run_on(self._hosts[host], nameserver.start(endpoints))
        for tld, publication in self._publications.items():
            first = self._world.nameservers[self._world.registries[tld].nameservers[0]].host
            await run_on(self._hosts[first], publication.start())
        for name in self._world.resolvers:
            await self._start_resolver(name, run_on, random_for)

    def serve(
        self, origin: str, nameservers: Iterable[str], zone: Zone, *, by_owner: bool = True
    ) -> None:
        """Have nameservers serve a zone; ``by_owner`` who holds its key, if it has one."""
        signer = self.signing.signers.get(origin) if by_owner else None
        for nameserver in nameservers:
            self._states[self._world.nameservers[nameserver].host].replace(zone, signer)

    def addresses_of(self, nameserver: str) -> tuple[Address, ...]:
        """Return the addresses of a nameserver by its name."""
        return self._world.hosts[self._world.nameservers[nameserver].host].addresses

    def state_of(self, nameserver: str) -> NameserverState:
        """Return what a nameserver serves, by its name; others may share its machine."""
        return self._states[self._world.nameservers[nameserver].host]

    def _address_records(self, names: Iterable[str], ttl: int) -> list[Record]:
        return [
            _address_record(name, address, ttl)
            for name in names
            for address in self.addresses_of(name)
        ]

    def _root_zone(self) -> Zone:
        world = self._world
        ttl = world.root.ttl // SECOND
        records = _apex("", world.root.nameservers, ttl, ttl)
        served = list(world.root.nameservers)
        for tld, registry in world.registries.items():
            records += [Record(tld, "NS", ttl, name) for name in registry.nameservers]
            records += [Record(tld, "DS", ttl, ds) for ds in self.signing.ds(tld)]
            served += registry.nameservers
        records += self._address_records(dict.fromkeys(served), ttl)
        return Zone("", records)

    def _own_zone(self, name: str, domain: Domain, hosts: Mapping[str, str] | None = None) -> Zone:
        ttl = domain.ttl // SECOND
        records = _apex(name, domain.nameservers, ttl, domain.negative_ttl // SECOND)
        records += self._address_records(
            [server for server in self._world.nameservers if self._holds(name, server)], ttl
        )
        web_names = self._world.web_names() if hosts is None else hosts.items()
        for own, host in web_names:
            if self._holds(name, own):
                addresses = self._world.hosts[host].addresses
                records += [_address_record(own, address, ttl) for address in addresses]
        for record in domain.records:
            owner = name if record.name == "@" else f"{record.name}.{name}"
            own_ttl = ttl if record.ttl is None else record.ttl // SECOND
            records.append(Record(owner, record.type, own_ttl, record.data))
        return Zone(name, records)

    def _holds(self, domain: str, name: str) -> bool:
        return self._world.domain_of(name) == domain

    # --- registries ---------------------------------------------------------------------

    def _open_registries(self, random_for: RandomFor) -> None:
        world = self._world
        for tld, entry in world.registries.items():
            self.registries[tld] = Registry(
                tld,
                entry.operator,
                publication_interval=entry.publishes_every,
                ttls=Ttls(ns=entry.ttl, glue=entry.ttl),
            )
        for name, registrar in world.registrars.items():
            for tld in registrar.registries:
                self.registries[tld].accredit(name)
            accredited = [self.registries[tld] for tld in registrar.registries]
            self.registrars[name] = Registrar(name, accredited, random_for(name))
        # A nameserver's own domain comes first: its host object needs it (RFC 5732).
        with_servers = dict.fromkeys(
            domain
            for domain in (world.domain_of(server) for server in world.nameservers)
            if domain is not None
        )
        accounts: dict[tuple[str, str], None] = {}
        for name in dict.fromkeys([*with_servers, *world.domains]):
            domain = world.domains[name]
            if domain.free:
                continue
            account = domain.registrant.en
            if (domain.registrar, account) not in accounts:
                self.registrars[domain.registrar].open_account(account, account)
                accounts[domain.registrar, account] = None
            self._register(name, domain)
        for tld, registry in self.registries.items():
            self._publications[tld] = RegistryPublication(
                registry, self._publisher(tld), self._now, self._journal
            )

    def _register(self, name: str, domain: Domain) -> None:
        registrar = self.registrars[domain.registrar]
        tld = name.rpartition(".")[2]
        glue = tuple(
            (server, self.addresses_of(server))
            for server in domain.nameservers
            if is_within(server, tld)
        )
        now = self._now()
        done = registrar.register(domain.registrant.en, name, domain.nameservers, now, glue=glue)
        assert done.done, f"the world was checked, yet {name}: {done.reason}"
        ds = self.signing.ds(name)
        if ds:
            self.registries[tld].update(domain.registrar, name, now, add_ds=ds)
        for status in domain.statuses:
            actor = SERVER if status.startswith("server") else domain.registrar
            self.registries[tld].update(actor, name, now, add_statuses=(status,))

    def is_available(self, name: str) -> bool:
        """Whether a registry would register a name for anybody (RFC 5731 section 3.1.1)."""
        return self.registry_of(name).check(name, self._now()).succeeded

    def point(self, name: str, domain: Domain, hosts: Mapping[str, str]) -> None:
        """Have the nameservers of a domain lead the names in it to these hosts."""
        self.serve(name, domain.nameservers, self._own_zone(name, domain, hosts))

    def _publisher(self, tld: str) -> Callable[[int, tuple[Record, ...]], None]:
        entry = self._world.registries[tld]
        ttl = entry.ttl // SECOND
        own = [
            server
            for server in self._world.nameservers
            if is_within(server, tld) and self._world.domain_of(server) is None
        ]

        services = self._service_records(tld, ttl)

        def publish(serial: int, delegations: tuple[Record, ...]) -> None:
            apex = _apex(tld, entry.nameservers, ttl, entry.negative_ttl // SECOND, serial)
            own_addresses = [*self._address_records(own, ttl), *services]
            self.serve(tld, entry.nameservers, Zone(tld, [*apex, *own_addresses, *delegations]))

        return publish

    def _service_records(self, tld: str, ttl: int) -> list[Record]:
        """Return where a registry's EPP server is; with a directory its own zone says so."""
        if not self._world.registries[tld].epp or self._world.has_directories():
            return []
        addresses = self._world.hosts[self._world.host_of_registry(tld)].addresses
        return [_address_record(epp_server_name(tld), address, ttl) for address in addresses]

    def registry_of(self, name: str) -> Registry:
        """Return the registry that a registered name is under."""
        return self.registries[name.rpartition(".")[2]]

    # --- resolvers ----------------------------------------------------------------------

    async def _start_resolver(self, name: str, run_on: RunOn, random_for: RandomFor) -> None:
        entry = self._world.resolvers[name]
        host = self._hosts[self._world.host_of_resolver(name)]
        roots = self._world.root.nameservers
        resolver = self.resolvers[name] = Resolver(
            Delegation("", roots, {root: self.addresses_of(root) for root in roots}),
            now=self._now,
            random=random_for(name),
            name=name,
            allowed=anybody if entry.public else self._customers(name),
            families=tuple(sorted({6 if ":" in address else 4 for address in host.addresses})),
            journal=self._journal,
            trust_anchors=self.signing.anchors() if entry.validates else (),
            calendar_start=self._calendar_start,
            behaviour=_behaviour(entry),
        )
        await run_on(host, resolver.start([(address, 53) for address in host.addresses]))

    async def encrypt(
        self, contexts: Mapping[str, ssl.SSLContext], run_on: RunOn, calendar_start: int
    ) -> None:
        """Have resolvers with a name on a certificate be asked by TLS as well.

        ``contexts`` are those of the machines that hold the certificates, by host.
        """
        for name, entry in self._world.resolvers.items():
            if entry.hostname is None:
                continue
            from simulator.roles.resolver.encrypted_service import EncryptedDns

            host = self._world.host_of_resolver(name)
            doors = EncryptedDns(
                self.resolvers[name].take,
                contexts[host],
                self._hosts[host].addresses,
                now=self._now,
                calendar_start=calendar_start,
            )
            await run_on(self._hosts[host], doors.start())

    def _customers(self, resolver: str) -> Callable[[Address], bool]:
        """Return whether an address is in a network of a provider that names this resolver."""
        host = self._hosts[self._world.host_of_resolver(resolver)]
        networks = [host.network]
        known: dict[Address, bool] = {}
        for provider in self._world.access_providers.values():
            if resolver in provider.resolvers:
                networks += [host.fabric.topology.networks[name] for name in provider.networks]

        def allowed(source: Address) -> bool:
            answer = known.get(source)
            if answer is None:
                answer = known[source] = any(network.holds(source) for network in networks)
            return answer

        return allowed

    # --- seizure ------------------------------------------------------------------------

    def serve_seized(
        self, name: str, nameservers: tuple[str, ...], addresses: tuple[Address, ...]
    ) -> None:
        """Have the authorities' nameservers answer for a name and all below it."""
        records = _apex(name, nameservers, SEIZED_TTL, SEIZED_TTL)
        for owner in (name, f"*.{name}"):
            records += [_address_record(owner, address, SEIZED_TTL) for address in addresses]
        # The authorities have not the owner's key: their zone is not signed with it.
        self.serve(name, nameservers, Zone(name, records), by_owner=False)

    def stop_serving_seized(self, name: str, nameservers: tuple[str, ...]) -> None:
        """Have the authorities' nameservers know nothing of a name any more."""
        for host in dict.fromkeys(self._world.nameservers[server].host for server in nameservers):
            self._states[host].remove(name)

    def lead(
        self, origin: str, nameservers: Iterable[str], name: str, addresses: tuple[Address, ...]
    ) -> tuple[Record, ...]:
        """Lead one name of a zone to other addresses; return the records that stood there.

        Other types and names stay as they are. `LabError` for a name that leads nowhere.
        """
        states = [self._states[self._world.nameservers[server].host] for server in nameservers]
        sets = states[0].zone(origin).at(name)
        before = tuple(record for kind in _LEADING for record in sets.get(kind, ()))
        if not before:
            raise LabError(
                message("{name} has no address in the zone {zone}", name=name, zone=origin)
            )
        after = [_address_record(name, address, SEIZED_TTL) for address in addresses]
        self._change(states, origin, name, after)
        return before

    def put_back(
        self, origin: str, nameservers: Iterable[str], name: str, before: tuple[Record, ...]
    ) -> None:
        """Give a name of a zone the records that `lead` took away."""
        states = [self._states[self._world.nameservers[server].host] for server in nameservers]
        self._change(states, origin, name, before)

    def _change(
        self, states: list[NameserverState], origin: str, name: str, records: Sequence[Record]
    ) -> None:
        # A CNAME stands alone at its name (RFC 1034 section 3.6.2): what goes, goes first.
        kinds = sorted(_LEADING, key=lambda kind: any(record.type == kind for record in records))
        for state in dict.fromkeys(states):
            for kind in kinds:
                state.change(origin, name, kind, [one for one in records if one.type == kind])

    def remembered(self, resolver: str, name: str, at: Instant) -> Instant | None:
        """Return when the last of what a resolver's cache holds about a name runs out."""
        held = self.resolvers[resolver].cache.held(name, at)
        return max((entry.expires for entry in held), default=None)


def _apex(
    origin: str, nameservers: Iterable[str], ttl: int, negative_ttl: int, serial: int = 1
) -> list[Record]:
    names = tuple(nameservers)
    contact = f"hostmaster.{origin}" if origin else "hostmaster.nic.test"
    soa = f"{names[0]} {contact} {serial} {_REFRESH} {_RETRY} {_EXPIRE} {negative_ttl}"
    return [Record(origin, "SOA", ttl, soa), *(Record(origin, "NS", ttl, ns) for ns in names)]


def _address_record(name: str, address: Address, ttl: int) -> Record:
    return Record(name, "AAAA" if ":" in address else "A", ttl, address)


def _behaviour(entry: Entry) -> Behaviour:
    """Return how a resolver of a world behaves."""
    return Behaviour(
        centricity=entry.centricity,
        ghosts=entry.ghosts,
        serve_stale=ServeStale() if entry.serve_stale else None,
        min_ttl=entry.min_ttl or 0,
        max_ttl=entry.max_ttl,
        prefetch=entry.prefetch,
    )
