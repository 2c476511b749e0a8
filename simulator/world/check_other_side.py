"""That site operators can do what they would do, and that every free name is somebody's plan."""

from __future__ import annotations

from simulator.values import message
from simulator.world.checking import Check
from simulator.world.faults import Place
from simulator.world.models import World
from simulator.world.other_side import Catch, Reaction


def check_plans(world: World, check: Check) -> None:
    """Note references of the other side that lead nowhere: part of the check of references."""
    for key, operator in world.site_operators.items():
        for field, reaction in operator.reactions():
            place: Place = ("site_operators", key, field, "to")
            if reaction.act == "move-host":
                check.all_known(place, message("host"), reaction.to, world.hosts)
            else:
                check.all_known(place, message("site"), reaction.to, world.sites)
        if operator.dropped is not None:
            _references_of(operator.dropped, world, check, ("site_operators", key, "dropped"))
    for site, audience in world.audiences.items():
        for vantage in audience.people:
            place = ("audiences", site, "people", vantage)
            check.known(place, message("vantage point"), vantage, world.vantages)


def _references_of(catch: Catch, world: World, check: Check, place: Place) -> None:
    check.known((*place, "name"), message("name"), catch.name, world.domains)
    check.known((*place, "registrar"), message("registrar"), catch.registrar, world.registrars)
    servers = (*place, "nameservers")
    check.all_known(servers, message("nameserver"), catch.nameservers, world.nameservers)
    check.known((*place, "host"), message("host"), catch.host, world.hosts)


def check_other_side(world: World, check: Check) -> None:
    """Note plans that cannot be carried out, and free names that nobody plans to take."""
    planned: dict[str, str] = {}
    for key, operator in world.site_operators.items():
        for field, reaction in operator.reactions():
            _reaction(world, check, ("site_operators", key, field), reaction, planned)
        if operator.person is not None and world.operators[operator.person].kind != "person":
            text = message("'{operator}' is no person", operator=operator.person)
            check.wrong(("site_operators", key, "person"), text)
        if operator.kind == "imitator":
            _imitates(world, check, key)
        if operator.dropped is not None:
            _catch(world, check, ("site_operators", key, "dropped"), operator.dropped)
    _free_names(world, check, planned)


def _reaction(
    world: World, check: Check, place: Place, reaction: Reaction, planned: dict[str, str]
) -> None:
    for position, target in enumerate(reaction.to):
        where = (*place, "to", position)
        if reaction.act == "move-host":
            _is_a_web_host(world, check, where, target)
        elif not world.is_free(target):
            text = message(
                "'{name}' is there from the beginning: its domain is not 'free'", name=target
            )
            check.wrong(where, text)
        elif target in planned:
            text = message(
                "'{name}' is taken by '{other}' already", name=target, other=planned[target]
            )
            check.wrong(where, text)
        else:
            planned[target] = ".".join(map(str, place[1:3]))


def _imitates(world: World, check: Check, key: str) -> None:
    for field, reaction in world.site_operators[key].reactions():
        if reaction.act == "move-host":
            text = message("an imitator has no site to move: 'move-host' is an owner's")
            check.wrong(("site_operators", key, field, "act"), text)


def _catch(world: World, check: Check, place: Place, catch: Catch) -> None:
    _is_a_web_host(world, check, (*place, "host"), catch.host)
    tld = catch.name.rpartition(".")[2]
    if tld not in world.registrars[catch.registrar].registries:
        text = message(
            "registrar '{registrar}' has no account at '.{tld}'", registrar=catch.registrar, tld=tld
        )
        check.wrong((*place, "registrar"), text)
    if world.domains[catch.name].free:
        text = message("'{name}' is free from the beginning: it cannot be dropped", name=catch.name)
        check.wrong((*place, "name"), text)


def _is_a_web_host(world: World, check: Check, place: Place, host: str) -> None:
    operator = world.operator_of(host)
    if world.operators[operator].kind != "host":
        text = message(
            "operator '{operator}' is of kind '{actual}', not '{kind}'",
            operator=operator,
            actual=world.operators[operator].kind,
            kind="host",
        )
        check.wrong(place, text)


def _free_names(world: World, check: Check, planned: dict[str, str]) -> None:
    for domain, entry in world.domains.items():
        if not entry.free:
            continue
        if entry.statuses:
            text = message("'{name}' is not registered: it has no status", name=domain)
            check.wrong(("domains", domain, "statuses"), text)
        for nameserver in world.nameservers:
            if world.domain_of(nameserver) == domain:
                text = message("'{domain}' is free: no nameserver is in it", domain=domain)
                check.wrong(("nameservers", nameserver), text)
    for name, site in world.sites.items():
        if not world.is_free(name):
            continue
        if name not in planned and check.whole("site_operators"):
            text = message("nobody opens '{name}': no site operator has it in 'to'", name=name)
            check.wrong(("sites", name), text)
        for field in ("substitute_of", "mirror_of"):
            if getattr(site, field) is not None:
                text = message(
                    "'{field}' is of sites that are there from the beginning", field=field
                )
                check.wrong(("sites", name, field), text)
    for key, audience in world.audiences.items():
        if world.is_free(key):
            text = message("nobody is at '{name}' yet: it opens later", name=key)
            check.wrong(("audiences", key), text)
        if audience.after.most > audience.patience:
            text = message("'patience' ends before people look for another site")
            check.wrong(("audiences", key, "patience"), text)
