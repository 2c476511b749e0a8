"""That a measure is about what the world has, and leads nobody out of the lab."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from simulator.errors import LabError
from simulator.measures import DnsLie
from simulator.values import Message, message
from simulator.wire import rpz_text
from simulator.wire.rpz import Rule, TriggerKind
from simulator.world import reserved
from simulator.world.checking import Check
from simulator.world.faults import Place
from simulator.world.measures import MeasureEntry
from simulator.world.models import World


def check_standing(world: World, check: Check) -> None:
    """Note what is wrong with the measures that providers take of their own accord."""
    for provider, entry in world.access_providers.items():
        for position, measure in enumerate(entry.measures):
            place = ("access_providers", provider, "measures", position)
            check_measure(world, check, place, measure)
            if DnsLie.FORGED in (measure.dns, measure.injection) and entry.block_page is None:
                text = message(
                    "{provider} has no block page for a forged answer", provider=provider
                )
                check.wrong(place, text)


def check_measure(world: World, check: Check, place: Place, measure: MeasureEntry) -> None:
    """Note addresses of whatever the world lacks, and what is wrong with a policy zone."""
    for position, target in enumerate(measure.of):
        _target(world, check, (*place, "of", position), target)
    if measure.rpz is not None:
        for fault in _zone_faults(measure.rpz):
            check.wrong((*place, "rpz"), fault)
    countries = measure.countries or ()
    check.all_known((*place, "countries"), message("country"), countries, world.countries)


def _target(world: World, check: Check, place: Place, target: str) -> None:
    known = (*world.sites, *world.hosts, *world.resolvers, *world.vpn_exits)
    if target in known:
        return
    try:
        ip_network(target) if "/" in target else ip_address(target)
    except ValueError:
        check.known(place, message("site, host or prefix"), target, known)
        return
    try:
        (reserved.prefix if "/" in target else reserved.address)(target)
    except reserved.NotReserved as reason:
        check.wrong(place, reason.message)


def _zone_faults(text: str) -> Iterator[Message]:
    try:
        zone = rpz_text.read(text)
    except LabError as error:
        yield error.message
        return
    for rule in zone.rules:
        yield from _rule_faults(rule)


def _rule_faults(rule: Rule) -> Iterator[Message]:
    """Yield names and addresses of a rule that may belong to somebody outside the lab."""
    trigger = rule.trigger
    about_names = trigger.kind in (TriggerKind.QNAME, TriggerKind.NSDNAME)
    told = [(trigger.what, "name" if about_names else "prefix")]
    told += [
        (record.data, {"A": "address", "AAAA": "address", "CNAME": "name"}[record.type])
        for record in rule.records
        if record.type in ("A", "AAAA", "CNAME")
    ]
    for what, kind in told:
        try:
            if kind == "name":
                bare = what.removeprefix("*").strip(".")
                if bare:
                    reserved.domain_name(bare)
            elif kind == "address":
                reserved.address(what)
            else:
                reserved.prefix(what)
        except reserved.NotReserved as reason:
            yield reason.message
