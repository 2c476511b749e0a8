"""That every name is registered somewhere, is one thing, and can be resolved."""

from __future__ import annotations

import re
from collections import Counter

from simulator.values import Message, message
from simulator.world import reserved
from simulator.world.checking import Check
from simulator.world.faults import Place, nearest
from simulator.world.models import World
from simulator.world.naming import Record

_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_LONGEST_TXT = 10_000
_MOST = 65535
"""RFC 1035 section 3.3.9: a preference has 16 bits."""


def check_names(world: World, check: Check) -> None:
    """Note names without a registry, delegations without glue, records that cannot be."""
    for nameserver in world.nameservers:
        _under_a_registry(world, check, ("nameservers", nameserver), nameserver)
    for domain in world.domains:
        _domain(world, check, domain)
    _parents(world, check)
    for name, place in _web_names(world):
        if world.domain_of(name) is None and check.whole("domains"):
            text = message("'{name}' is under none of the domains", name=name)
            check.wrong(place, text, nearest(name, world.domains))
        if "*" in name or "_" in name:
            text = message("'{name}' gets no certificate: no '*' or '_' there", name=name)
            check.wrong(place, text)
    _twice(world, check)
    _https(world, check)


def _under_a_registry(world: World, check: Check, place: Place, name: str) -> bool:
    tld = name.rpartition(".")[2]
    if tld in world.registries:
        return True
    if not check.whole("registries"):
        return False
    text = message("no registry runs '.{tld}'", tld=tld)
    check.wrong(place, text, nearest(tld, world.registries))
    return False


def _domain(world: World, check: Check, domain: str) -> None:
    place, entry = ("domains", domain), world.domains[domain]
    tld = domain.rpartition(".")[2]
    if domain.count(".") != 1:
        text = message("a domain is one label below its registry, as in 'name.{tld}'", tld=tld)
        check.wrong(place, text)
    if (
        _under_a_registry(world, check, place, domain)
        and tld not in world.registrars[entry.registrar].registries
        and check.whole("registrars")
    ):
        text = message(
            "registrar '{registrar}' has no account at '.{tld}'", registrar=entry.registrar, tld=tld
        )
        check.wrong((*place, "registrar"), text)
    if not _found(world, domain, ()):
        text = message(
            "a delegation without glue: no nameserver of '{domain}' can be found without"
            " asking for '{domain}' itself",
            domain=domain,
        )
        check.wrong((*place, "nameservers"), text)
    for position, record in enumerate(entry.records):
        _record(world, check, domain, (*place, "records", position), record)


def _parents(world: World, check: Check) -> None:
    """Note machines that serve a zone and the one above it.

    A server answers from the nearest zone that it holds (RFC 1034 section 4.3.2), so it
    would never show what the registry has done to the name.
    """
    above: dict[str, dict[str, Message]] = {
        tld: dict.fromkeys(
            _hosts(world, entry.nameservers), message("the zone of '.{tld}'", tld=tld)
        )
        for tld, entry in world.registries.items()
    }
    root = dict.fromkeys(_hosts(world, world.root.nameservers), message("the root zone"))
    told: set[str] = set()
    for domain, entry in world.domains.items():
        parents = {**root, **above.get(domain.rpartition(".")[2], {})}
        for nameserver in entry.nameservers:
            host = world.nameservers[nameserver].host
            if host in parents and nameserver not in told:
                told.add(nameserver)
                text = message(
                    "host '{host}' serves {parent} too, and would answer for '{domain}' by"
                    " itself: nobody would see a hold or a redelegation; give '{nameserver}'"
                    " another host",
                    host=host,
                    parent=parents[host],
                    domain=domain,
                    nameserver=nameserver,
                )
                check.wrong(("nameservers", nameserver, "host"), text)


def _hosts(world: World, nameservers: tuple[str, ...]) -> list[str]:
    return [world.nameservers[nameserver].host for nameserver in nameservers]


def _found(world: World, domain: str, asked: tuple[str, ...]) -> bool:
    """Tell whether a resolver can find a nameserver of ``domain``.

    A registry gives along the addresses of nameservers below its own domain (glue, RFC
    1034 section 4.2.1). Any other nameserver has to be looked up first, and that may
    lead back to here.
    """
    if domain in asked:
        return False
    for nameserver in world.domains[domain].nameservers:
        zone = world.domain_of(nameserver)
        with_glue = nameserver.rpartition(".")[2] == domain.rpartition(".")[2]
        if zone is None or with_glue or _found(world, zone, (*asked, domain)):
            return True
    return False


def _record(world: World, check: Check, domain: str, place: Place, record: Record) -> None:
    name = domain if record.name == "@" else f"{record.name}.{domain}"
    taken = {**world.sites, **world.nameservers, domain: None}
    if record.type == "CNAME" and name in taken:
        text = message("'{name}' has other records, so it cannot be a CNAME", name=name)
        check.wrong(place, text)
    if len(name) > _LONGEST_NAME or any(len(label) > _LONGEST_LABEL for label in name.split(".")):
        check.wrong(place, message("'{text}' is not a domain name", text=name))
    if record.type == "TXT" and len(record.data.encode()) > _LONGEST_TXT:
        text = message("TXT data are at most {limit} bytes here", limit=_LONGEST_TXT)
        check.wrong((*place, "data"), text)
    preference, _, data = record.data.rpartition(" ")
    if record.type == "MX" and not (
        re.fullmatch("[0-9]{1,5}", preference) and int(preference) <= _MOST
    ):
        text = message("'{data}' is not MX data such as '10 mail.roses.test'", data=record.data)
        check.wrong((*place, "data"), text)
        return
    if record.type in ("CNAME", "NS"):
        data = record.data
    try:
        if record.type in ("A", "AAAA"):
            address = reserved.address(record.data)
            if (":" in address) is not (record.type == "AAAA"):
                text = message("{address} is no {type} record", address=address, type=record.type)
                check.wrong((*place, "data"), text)
        elif record.type != "TXT":
            reserved.domain_name(data)
    except reserved.NotReserved as reason:
        check.wrong((*place, "data"), reason.message)


def _web_names(world: World) -> list[tuple[str, Place]]:
    """Return the names that web servers answer to, with their places."""
    names: list[tuple[str, Place]] = []
    for site, entry in world.sites.items():
        names.append((site, ("sites", site)))
        for position, alias in enumerate(entry.aliases):
            names.append((alias, ("sites", site, "aliases", position)))
    for page, block_page in world.block_pages.items():
        names.append((block_page.name, ("block_pages", page, "name")))
    for key, edge in world.edges.items():
        for position, front in enumerate(edge.fronts):
            names.append((front, ("edges", key, "fronts", position)))
    for key, resolver in world.resolvers.items():
        if resolver.hostname is not None:
            names.append((resolver.hostname, ("resolvers", key, "hostname")))
    for key, registrar in world.registrars.items():
        if registrar.front is not None:
            names.append((registrar.front, ("registrars", key, "front")))
    return names


def _twice(world: World, check: Check) -> None:
    names = _web_names(world)
    counts = Counter(name for name, _ in names)
    for name, place in names:
        if counts[name] > 1 and len(place) > 2:
            check.wrong(place, message("'{name}' is already the name of a site", name=name))


def _https(world: World, check: Check) -> None:
    for site, entry in world.sites.items():
        for field in ("redirect", "hsts"):
            if not entry.https and field in entry.model_fields_set and getattr(entry, field):
                text = message("'{field}' needs https", field=field)
                check.wrong(("sites", site, field), text)
