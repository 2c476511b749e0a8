"""What the public directories of a lab are called, and how those names come to be.

A registry's directory runs on the machine of its first nameserver, as ``rdap.nic.xg`` and
``whois.nic.xg``; the bootstrap file (RFC 9224) on the root's, as ``bootstrap.nic.test``. The
registry registers ``nic.xg`` with itself for that, as the real ones do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.roles.nameserver.zone import Zone
from simulator.roles.registry.objects import SERVER
from simulator.values import HOUR, SECOND, message
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import Record
from simulator.wire.epp import server_name as epp_server_name
from simulator.wire.rdap import BOOTSTRAP_PATH

if TYPE_CHECKING:
    from simulator.lab.names import Names
    from simulator.values import Address, Instant, Now
    from simulator.world.models import World

TTL = HOUR // SECOND
_SOA_TIMES = "7200 900 1209600 300"


def bootstrap_url(world: World, names: Names, now: Instant) -> str | None:
    """Return the URL that everybody who asks directories has, or None in a lab without any."""
    tld = world.root.nameservers[0].rpartition(".")[2]
    registry = names.registries.get(tld)
    if registry is None or not registry.info(SERVER, own_domain(tld), now).succeeded:
        return None
    return f"https://{bootstrap_name(tld)}{BOOTSTRAP_PATH}"


def rdap_url(tld: str) -> str:
    """Return where a registry's directory is."""
    return f"https://rdap.{own_domain(tld)}/"


def whois_name(tld: str) -> str:
    """Return the name of a registry's WHOIS server: what whois programs take it to be."""
    return f"whois.{own_domain(tld)}"


def own_domain(tld: str) -> str:
    """Return the domain of a registry's own machines."""
    return f"nic.{tld}"


def bootstrap_name(tld: str) -> str:
    """Return the name that the bootstrap file is at."""
    return f"bootstrap.{own_domain(tld)}"


def host_of(world: World, nameserver: str) -> str:
    """Return the machine of a nameserver."""
    return world.nameservers[nameserver].host


def machines(world: World) -> dict[str, tuple[str, ...]]:
    """Return the machines with the TLDs that each has the directory of."""
    found: dict[str, tuple[str, ...]] = {host_of(world, world.root.nameservers[0]): ()}
    for tld, registry in world.registries.items():
        host = host_of(world, registry.nameservers[0])
        found[host] = (*found.get(host, ()), tld)
    return found


def no_room(host: str) -> LabError:
    """Return what to raise where a machine listens for something else already."""
    return LabError(
        message("{host} cannot have a directory: it serves something else there", host=host)
    )


class OwnNames:
    """Has each registry register and serve the domain of its own machines."""

    def __init__(self, world: World, names: Names, now: Now) -> None:
        self._world = world
        self._names = names
        self._now = now

    def register(self) -> None:
        """Do so for every registry; `LabError` where somebody has that domain."""
        for tld in self._world.registries:
            self._register(tld)

    def _register(self, tld: str) -> None:
        world, now, name = self._world, self._now(), own_domain(tld)
        registry, server = self._names.registries[tld], f"dns.{own_domain(tld)}"
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
        world, name = self._world, own_domain(tld)
        own = world.hosts[host_of(world, world.registries[tld].nameservers[0])].addresses
        root_tld = world.root.nameservers[0].rpartition(".")[2]
        at = {server: addresses, f"rdap.{name}": own, f"whois.{name}": own}
        if world.registries[tld].epp:
            at[epp_server_name(tld)] = own
        if tld == root_tld:
            root = world.hosts[host_of(world, world.root.nameservers[0])].addresses
            at[bootstrap_name(tld)] = root
        for nameserver in world.nameservers:  # what the top-level domain's zone had of them
            if is_within(nameserver, name):
                at[nameserver] = self._names.addresses_of(nameserver)
        return [
            Record(name, "SOA", TTL, f"{server} hostmaster.{name} 1 {_SOA_TIMES}"),
            Record(name, "NS", TTL, server),
            *(
                Record(machine, "AAAA" if ":" in address else "A", TTL, address)
                for machine, addressed in at.items()
                for address in addressed
            ),
        ]
