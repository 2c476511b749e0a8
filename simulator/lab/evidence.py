"""Copying a seized site's server for the investigation, and filing the copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.errors import LabError
from simulator.lab.levers_machines import SWITCHED_OFF, SWITCHED_ON
from simulator.lab.words import unknown
from simulator.roles.evidence.logic import Case, write_record
from simulator.roles.hosting import contents
from simulator.roles.hosting.acquisition import acquire
from simulator.roles.hosting.contents import Outage
from simulator.roles.hosting.imaging import DEFAULT_RETENTION
from simulator.values import Address, Duration, Instant, message
from simulator.wire.custody import read_chain
from simulator.wire.evidence import (
    VOLATILITY,
    AdminKey,
    Flow,
    Holder,
    Peer,
    Section,
    Session,
    Visited,
)

if TYPE_CHECKING:
    from simulator.lab.lab import Lab
    from simulator.world.models import World

EXAMINER = "examiner"


class Filed(NamedTuple):
    """A copy of a site's server as it was filed: ``data`` is its record, ``head`` the last hash
    of that. The copying went on until ``ended``; ``lost`` are the sections with nothing in them.
    """

    site: str
    machine: str
    data: bytes
    head: str
    ended: Instant
    lost: tuple[str, ...]


def write_evidence(lab: Lab, path: Path, site: str, **options: Any) -> str:
    """Copy a site's server and write the record to a file; return its last hash.

    ``options`` are those of `take_evidence`.
    """
    filed = take_evidence(lab, site, **options)
    path.write_bytes(filed.data)
    return filed.head


def take_evidence(
    lab: Lab,
    site: str,
    *,
    by: str = "-",
    order: Sequence[str] = VOLATILITY,
    retention: Duration = DEFAULT_RETENTION,
    encrypted: bool = False,
    language: str = "en",
) -> Filed:
    """Copy a site's server from now on and file the copy. Lab time does not pass here.

    A machine without power is copied as it is: what was in its memory is gone. ``order`` is
    that in which the sections are taken. The hash goes into the journal as well: note it, for
    it alone shows that a record was not written anew. `LabError` for a site that is none.
    """
    if site not in lab.world.sites:
        raise LabError(unknown(message("site"), site, lab.world.sites))
    server = _server(lab, site, retention, encrypted, language)
    sections = acquire(server, lab.now, order)
    addresses = _addresses(sections)
    holders = contents.holders(addresses) | _holders(lab, addresses, language)
    case = Case(
        site, server.machine, EXAMINER, lab.clock.start, lab.now, by, off_since=server.off_since
    )
    data = write_record(case, sections, holders)
    head = read_chain(data).head
    lab.journal.record(server.machine, "evidence filed", site=site, by=by, last_hash=head)
    lost = tuple(section.name for section in sections if section.lost)
    return Filed(site, server.machine, data, head, sections[-1].ended, lost)


def _server(
    lab: Lab, site: str, retention: Duration, encrypted: bool, language: str
) -> contents.Server:
    world, entry = lab.world, lab.world.sites[site]
    names = (site, *entry.aliases)
    machine = lab.web.machines[entry.host]
    hidden = any(name in machine.state.banners for name in names)
    domain = world.domain_of(site)
    customer = "-" if domain is None else world.domains[domain].registrant.say(language)
    exits = tuple(world.hosts[world.host_of_exit(key)].addresses[0] for key in world.vpn_exits)
    return contents.Server(
        site,
        names,
        entry.host,
        world.hosts[entry.host].addresses,
        customer,
        lab.seed,
        machine.visits.of(names, -contents.FLOW_WINDOW, lab.now),
        retention,
        _taken_over(lab, entry.host, site) if hidden else None,
        _power_cuts(lab, entry.host),
        encrypted,
        exits,
        _peers(world, site),
    )


def _taken_over(lab: Lab, host: str, site: str) -> Instant:
    """Return since when a site has shown a banner: what the journal says of its machine."""
    what = "site imaged and replaced by a banner"
    moments = [
        entry.at
        for entry in lab.journal
        if entry.who == host and entry.what == what and entry.details.get("site") == site
    ]
    return moments[-1] if moments else lab.now


def _power_cuts(lab: Lab, host: str) -> tuple[Outage, ...]:
    """Return when a machine was without power, by the journal; the last may last still."""
    cuts: list[Outage] = []
    for entry in lab.journal:
        if entry.who == host and entry.what == SWITCHED_OFF:
            cuts.append(Outage(entry.at))
        elif entry.who == host and entry.what == SWITCHED_ON:
            cuts[-1] = cuts[-1]._replace(until=entry.at)
    return tuple(cuts)


def _peers(world: World, site: str) -> tuple[Peer, ...]:
    """Return the machines of the world that the site works together with."""
    peers = [
        Peer(name, world.hosts[other.host].addresses[0], "mirror")
        for name, other in world.sites.items()
        if other.mirror_of == site and other.host != world.sites[site].host
    ]
    peers += [
        Peer(
            edge.fronts[0], world.hosts[world.host_of("edges", key)].addresses[0], "content network"
        )
        for key, edge in world.edges.items()
        if site in edge.customers
    ]
    return tuple(peers)


def _addresses(sections: Iterable[Section]) -> list[Address]:
    """Return all addresses that the copy tells of, each once."""
    found: dict[Address, None] = {}
    for section in sections:
        for records in section.files.values():
            for record in records:
                if isinstance(record, AdminKey | Flow | Peer | Session | Visited):
                    found[record.address] = None
    return list(found)


def _holders(lab: Lab, addresses: Iterable[Address], language: str) -> dict[Address, Holder]:
    """Look up who holds addresses of the world: the registers of addresses are public."""
    kinds = _ways(lab.world)
    found: dict[Address, Holder] = {}
    for address in addresses:
        network = lab.fabric.topology.owner(address)
        if network is not None:
            entry = lab.world.networks[network.name]
            name = entry.name or lab.world.operators[entry.operator].name
            kind = "access" if entry.kind == "access" else "other"
            found[address] = Holder(name.say(language), kinds.get(address, kind))
    return found


def _ways(world: World) -> dict[Address, str]:
    """Return which addresses stand for others, by what is publicly known of them."""
    machines = [(world.host_of_exit(key), "vpn") for key in world.vpn_exits]
    machines += [(world.host_of("proxies", key), "proxy") for key in world.proxies]
    machines += [(world.host_of("relays", key), "onion") for key in world.relays]
    machines += [(world.host_of("edges", key), "content-network") for key in world.edges]
    return {address: kind for host, kind in machines for address in world.hosts[host].addresses}
