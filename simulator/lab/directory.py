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
from simulator.lab.directory_names import (
    OwnNames,
    bootstrap_name,
    host_of,
    machines,
    no_room,
    rdap_url,
    whois_name,
)
from simulator.lab.directory_records import RegistryRecords
from simulator.roles.directory.policy import Policy
from simulator.roles.directory.publisher import Directory, Publisher
from simulator.roles.directory.service import DirectoryServer
from simulator.values import SECOND, message
from simulator.wire.epp import server_name as epp_server_name
from simulator.wire.rdap import Service

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from simulator.journal import Journal
    from simulator.lab.lab import Lab
    from simulator.lab.names import Names
    from simulator.lab.running import RunOn
    from simulator.net import Host
    from simulator.values import Address, Now
    from simulator.world.models import World

T = TypeVar("T")


class Directories:
    """All directories of a lab; `open` them, or serve what their servers accept."""

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
        for host, tlds in machines(world).items():
            has_bootstrap = host == host_of(world, world.root.nameservers[0])
            own_names = [name for tld in tlds for name in (f"rdap.nic.{tld}", whois_name(tld))]
            own_names += [epp_server_name(tld) for tld in tlds if world.registries[tld].epp]
            if has_bootstrap:
                own_names.append(bootstrap_name(self._root_tld))
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
        OwnNames(self._world, self._names, self._now).register()
        await self.start(run_on)
        due = max(one.next_publication(self._now()) for one in self._names.registries.values())
        await asyncio.sleep((due - self._now()) / SECOND + 1)
        await self.certify(run_on, authority)

    async def start(self, run_on: RunOn) -> None:
        """Listen, without certificates yet; `LabError` on a machine that serves other pages."""
        for host, server in self.servers.items():
            try:
                await run_on(self._hosts[host], server.start())
            except OSError as error:
                raise no_room(host) from error

    async def certify(self, run_on: RunOn, authority: tuple[Address, int]) -> None:
        """Get the certificates, at a time when the names lead here."""
        await asyncio.gather(
            *(
                run_on(self._hosts[host], server.obtain_certificate(authority))
                for host, server in self.servers.items()
            )
        )

    # --- who is where -------------------------------------------------------------------------

    def _publisher(
        self, tlds: tuple[str, ...], policies: Mapping[str, Policy], calendar_start: int
    ) -> Publisher:
        world = self._world
        if not tlds:
            operator = world.operators[world.operator_of(host_of(world, world.root.nameservers[0]))]
            url = f"https://{bootstrap_name(self._root_tld)}/"
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
