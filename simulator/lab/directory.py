"""The public directories of a lab: each registry's RDAP and WHOIS, and the file that names them.

A registry's directory runs on the machine of its first nameserver, as ``rdap.nic.xg`` and
``whois.nic.xg``; the bootstrap file (RFC 9224) on the root's, as ``bootstrap.nic.test``. The
registry registers ``nic.xg`` with itself for that, as the real ones do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.errors import LabError
from simulator.lab.directory_entities import registrars_of
from simulator.lab.directory_records import RegistryRecords
from simulator.roles.directory.policy import Policy
from simulator.roles.directory.publisher import Directory, Publisher
from simulator.roles.directory.service import DirectoryServer
from simulator.roles.nameserver.zone import Zone
from simulator.roles.registry.objects import SERVER
from simulator.values import HOUR, SECOND, message
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import Record
from simulator.wire.epp import server_name as epp_server_name
from simulator.wire.rdap import BOOTSTRAP_PATH, Service

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from simulator.journal import Journal
    from simulator.lab.lab import Lab
    from simulator.lab.names import Names
    from simulator.lab.running import RunOn
    from simulator.net import Host
    from simulator.values import Address, Instant, Now
    from simulator.world.models import World

T = TypeVar("T")

TTL = HOUR // SECOND
_SOA_TIMES = "7200 900 1209600 300"


def bootstrap_url(world: World, names: Names, now: Instant) -> str | None:
    """Return the URL that everybody who asks directories has, or None in a lab without any."""
    tld = world.root.nameservers[0].rpartition(".")[2]
    registry = names.registries.get(tld)
    if registry is None or not registry.info(SERVER, _own_domain(tld), now).succeeded:
        return None
    return f"https://{_bootstrap_name(tld)}{BOOTSTRAP_PATH}"


def rdap_url(tld: str) -> str:
    """Return where a registry's directory is."""
    return f"https://rdap.{_own_domain(tld)}/"


def whois_name(tld: str) -> str:
    """Return the name of a registry's WHOIS server: what whois programs take it to be."""
    return f"whois.{_own_domain(tld)}"


def _own_domain(tld: str) -> str:
    return f"nic.{tld}"


def _bootstrap_name(tld: str) -> str:
    return f"bootstrap.{_own_domain(tld)}"


class Directories:
    """All directories of a lab. `open` them, or `register` them before the lab's zones are first
    published, and `start` and `certify` them after."""

    def __init__(
        self,
        world: World,
        hosts: Mapping[str, Host],
        names: Names,
        now: Now,
        journal: Journal | None = None,
        *,
        calendar_start: int = 0,
        policies: Mapping[str, Policy] | None = None,
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._names = names
        self._now = now
        self._root_tld = world.root.nameservers[0].rpartition(".")[2]
        if self._root_tld not in world.registries:
            raise LabError(
                message(
                    "the root's servers are under .{tld}, which nobody runs", tld=self._root_tld
                )
            )
        self.servers: dict[str, DirectoryServer] = {}
        """By host id."""
        services = tuple(Service((tld,), (rdap_url(tld),)) for tld in world.registries)
        for host, tlds in self._machines().items():
            has_bootstrap = host == self._host_of(world.root.nameservers[0])
            own_names = [name for tld in tlds for name in (f"rdap.nic.{tld}", whois_name(tld))]
            own_names += [epp_server_name(tld) for tld in tlds if world.registries[tld].epp]
            if has_bootstrap:
                own_names.append(_bootstrap_name(self._root_tld))
            self.servers[host] = DirectoryServer(
                host,
                Directory(
                    self._publisher(tlds, policies or {}, calendar_start),
                    self._records(tlds),
                    services,
                    has_bootstrap,
                ),
                own_names,
                hosts[host].addresses,
                now,
                journal=journal,
            )

    def __repr__(self) -> str:
        return f"<Directories {' '.join(self.servers)}>"

    async def open(self, run_on: RunOn, authority: tuple[Address, int]) -> None:
        """Do all that it takes, the wait for the zones' next publication included."""
        self.register()
        await self.start(run_on)
        due = max(one.next_publication(self._now()) for one in self._names.registries.values())
        await asyncio.sleep((due - self._now()) / SECOND + 1)
        await self.certify(run_on, authority)

    def register(self) -> None:
        """Have each registry register and serve the domain of its own machines."""
        for tld in self._world.registries:
            self._register(tld)

    async def start(self, run_on: RunOn) -> None:
        """Listen, without certificates yet; `LabError` on a machine that serves other pages."""
        for host, server in self.servers.items():
            try:
                await run_on(self._hosts[host], server.start())
            except OSError as error:
                raise LabError(
                    message(
                        "{host} cannot have a directory: it serves something else there", host=host
                    )
                ) from error

    async def certify(self, run_on: RunOn, authority: tuple[Address, int]) -> None:
        """Get the certificates, at a time when the names lead here."""
        await asyncio.gather(
            *(
                run_on(self._hosts[host], server.obtain_certificate(authority))
                for host, server in self.servers.items()
            )
        )

    # --- who is where -------------------------------------------------------------------------

    def _host_of(self, nameserver: str) -> str:
        return self._world.nameservers[nameserver].host

    def _machines(self) -> dict[str, tuple[str, ...]]:
        """Return the machines with the TLDs that each has the directory of."""
        found: dict[str, tuple[str, ...]] = {self._host_of(self._world.root.nameservers[0]): ()}
        for tld, registry in self._world.registries.items():
            host = self._host_of(registry.nameservers[0])
            found[host] = (*found.get(host, ()), tld)
        return found

    def _publisher(
        self, tlds: tuple[str, ...], policies: Mapping[str, Policy], calendar_start: int
    ) -> Publisher:
        world = self._world
        if not tlds:
            operator = world.operators[world.operator_of(self._host_of(world.root.nameservers[0]))]
            url = f"https://{_bootstrap_name(self._root_tld)}/"
            return Publisher(operator.name.en, url, "", Policy(), calendar_start)
        operator = world.operators[world.registries[tlds[0]].operator]
        policy = policies.get(tlds[0], Policy())
        url = rdap_url(tlds[0])
        return Publisher(operator.name.en, url, whois_name(tlds[0]), policy, calendar_start)

    def _records(self, tlds: tuple[str, ...]) -> RegistryRecords | None:
        if not tlds:
            return None
        registries = {tld: self._names.registries[tld] for tld in tlds}
        return RegistryRecords(registries, registrars_of(self._world, tlds))

    # --- its own names ------------------------------------------------------------------------

    def _register(self, tld: str) -> None:
        world, now, name = self._world, self._now(), _own_domain(tld)
        registry, server = self._names.registries[tld], f"dns.{_own_domain(tld)}"
        operator = world.operators[world.registries[tld].operator].name.en
        done = registry.create(SERVER, name, now, registrant=operator, authorization="")
        if not done.succeeded:
            raise LabError(
                message(
                    "{name} is needed for the registry's own directory: {reason}",
                    name=name,
                    reason=done.reason,
                )
            )
        entry = world.registries[tld]
        addresses = tuple(
            address for one in entry.nameservers for address in self._names.addresses_of(one)
        )
        registry.host_create(SERVER, server, addresses)
        registry.update(SERVER, name, now, add_nameservers=(server,))
        zone = Zone(name, self._zone_records(tld, server, addresses))
        self._names.serve(name, entry.nameservers, zone)

    def _zone_records(self, tld: str, server: str, addresses: tuple[Address, ...]) -> list[Record]:
        world, name = self._world, _own_domain(tld)
        own = world.hosts[self._host_of(world.registries[tld].nameservers[0])].addresses
        machines = {server: addresses, f"rdap.{name}": own, f"whois.{name}": own}
        if world.registries[tld].epp:
            machines[epp_server_name(tld)] = own
        if tld == self._root_tld:
            root = world.hosts[self._host_of(world.root.nameservers[0])].addresses
            machines[_bootstrap_name(tld)] = root
        for nameserver in world.nameservers:  # what the top-level domain's zone had of them
            if is_within(nameserver, name):
                machines[nameserver] = self._names.addresses_of(nameserver)
        return [
            Record(name, "SOA", TTL, f"{server} hostmaster.{name} 1 {_SOA_TIMES}"),
            Record(name, "NS", TTL, server),
            *(
                Record(machine, "AAAA" if ":" in address else "A", TTL, address)
                for machine, at in machines.items()
                for address in at
            ),
        ]


async def open_directories(lab: Lab, policies: Mapping[str, Policy] | None = None) -> Directories:
    """Give a running lab directories. It takes up to one publication interval of lab time."""
    directories = Directories(
        lab.world,
        lab.fabric.hosts,
        lab.names,
        lab.fabric.now,
        lab.journal,
        calendar_start=int(lab.clock.start.timestamp()),
        policies=policies,
    )
    authority = lab.world.hosts[lab.world.certificate_authority.host].addresses[0]

    def run_on(host: Host, program: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return lab.loop.run_on(host, program)

    await directories.open(run_on, (authority, 80))
    return directories
