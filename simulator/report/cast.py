"""The people and the places of a scenario, to introduce before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from simulator.values import Message, message

if TYPE_CHECKING:
    from simulator.scenario.models import Scenario
    from simulator.world.fields import Text
    from simulator.world.models import Vantage, World


class Person(NamedTuple):
    """Somebody who looks: where, and who with which provider."""

    name: Text
    words: Message


class Place(NamedTuple):
    """A site: whose machine it is on, and who holds its name."""

    name: str
    words: Message


def people(scenario: Scenario, world: World) -> tuple[Person, ...]:
    """Return the people to introduce: those that the scenario shows, or all that look."""
    wanted = scenario.show or _lookers(scenario)
    return tuple(
        Person(entry.name, _person(entry, world))
        for vantage, entry in world.vantages.items()
        if vantage in wanted or "all" in wanted
    )


def places(scenario: Scenario, world: World) -> tuple[Place, ...]:
    """Return the sites that somebody visits, in the order of the visits."""
    visits = [step.visit.url for step in scenario.steps if step.visit is not None]
    hosts = (urlsplit(url if "//" in url else f"//{url}").hostname for url in visits)
    return tuple(
        Place(name, _place(name, world))
        for name in dict.fromkeys(hosts)
        if name is not None and name in world.sites
    )


def _lookers(scenario: Scenario) -> tuple[str, ...]:
    looks = [look for step in scenario.steps for look in (step.visit, step.resolve, step.diagnose)]
    named = [vantage for look in looks if look is not None for vantage in look.vantages]
    return tuple(dict.fromkeys(named))


def _person(vantage: Vantage, world: World) -> Message:
    provider = world.provider_of(vantage.network) or world.networks[vantage.network].operator
    country = world.countries[world.country_of(vantage.network)].name
    at = message("{operator} ({country})", operator=world.operators[provider].name, country=country)
    if vantage.person is None:
        return at
    return message("{person}, {provider}", person=vantage.person, provider=at)


def _at(operator: str, world: World) -> Message:
    entry = world.operators[operator]
    return message(
        "{operator} ({country})", operator=entry.name, country=world.countries[entry.country].name
    )


def _place(name: str, world: World) -> Message:
    host = world.sites[name].host
    at = message(
        "on {address}, at {operator}",
        address=world.hosts[host].addresses[0],
        operator=_at(world.operator_of(host), world),
    )
    domain = world.domain_of(name)
    if domain is None:
        return at
    registry = world.registries[domain.rpartition(".")[2]].operator
    registrar = world.registrars[world.domains[domain].registrar].operator
    return message(
        "{host}; name: {registry}, by {registrar}",
        host=at,
        registry=_at(registry, world),
        registrar=_at(registrar, world),
    )
