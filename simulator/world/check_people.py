"""That operators do what their kind does, and that everybody has a resolver to ask."""

from __future__ import annotations

from simulator.values import message
from simulator.world.checking import Check
from simulator.world.faults import Place
from simulator.world.models import World


def check_people(world: World, check: Check) -> None:
    """Note operators of the wrong kind, networks of another's, people without a resolver."""
    _kinds(world, check)
    _providers(world, check)
    _authority(world, check)
    check_study(world, check)
    for vantage, entry in world.vantages.items():
        provider = world.provider_of(entry.network)
        place = ("vantages", vantage)
        if not check.whole("access_providers", "resolvers"):
            continue
        if provider is None and entry.resolver is None and not check.damaged((*place, "resolver")):
            text = message(
                "network '{network}' has no access provider, hence no resolver",
                network=entry.network,
            )
            check.wrong((*place, "network"), text)
        if entry.resolver is not None and not world.resolvers[entry.resolver].public:
            served = () if provider is None else world.access_providers[provider].resolvers
            if entry.resolver not in served:
                text = message(
                    "resolver '{resolver}' is neither public nor the provider's",
                    resolver=entry.resolver,
                )
                check.wrong((*place, "resolver"), text)


def check_study(world: World, check: Check) -> None:
    """Note a study that compares a network with itself, and a helper where things are done."""
    if world.study is None:
        return
    affected = world.vantages[world.study.affected].network
    if world.vantages[world.study.unaffected].network == affected:
        text = message(
            "'affected' and 'unaffected' sit in one network: '{network}'", network=affected
        )
        check.wrong(("study", "unaffected"), text)
    if world.control is not None and world.hosts[world.control].network == affected:
        text = message("the test helper sits in the affected network '{network}'", network=affected)
        check.wrong(("control",), text)


def _authority(world: World, check: Check) -> None:
    """A certificate authority that gets no answers signs nothing: no site could be opened."""
    authority = world.certificate_authority
    host, resolver = world.hosts.get(authority.host), world.resolvers.get(authority.resolver)
    if host is None or resolver is None or resolver.public:
        return
    provider = world.provider_of(host.network)
    served = () if provider is None else world.access_providers[provider].resolvers
    if authority.resolver not in served and check.whole("access_providers"):
        text = message(
            "resolver '{resolver}' is neither public nor the provider's",
            resolver=authority.resolver,
        )
        check.wrong(("certificate_authority", "resolver"), text)


def _kinds(world: World, check: Check) -> None:
    """An order reaches an operator by its kind, so the kind must be what it does."""
    does: list[tuple[Place, str, str]] = []
    does += [(("access_providers", key), key, "access-provider") for key in world.access_providers]
    does += [
        (("registries", key, "operator"), entry.operator, "registry")
        for key, entry in world.registries.items()
    ]
    does += [
        (("registrars", key, "operator"), entry.operator, "registrar")
        for key, entry in world.registrars.items()
        if world.operators[entry.operator].kind != "public-body"  # a registrar of the authorities
    ]
    does += [
        (("vpn_exits", key, "operator"), entry.operator, "vpn")
        for key, entry in world.vpn_exits.items()
    ]
    does += [
        (("sites", key, "host"), world.operator_of(entry.host), "host")
        for key, entry in world.sites.items()
    ]
    does += [
        (("edges", key, "operator"), entry.operator, "content-network")
        for key, entry in world.edges.items()
    ]
    for section in ("proxies", "relays"):
        does += [
            ((section, key, "operator"), entry.operator, "proxy")
            for key, entry in getattr(world, section).items()
        ]
    for place, operator, kind in does:
        actual = world.operators[operator].kind
        if actual != kind:
            text = message(
                "operator '{operator}' is of kind '{actual}', not '{kind}'",
                operator=operator,
                actual=actual,
                kind=kind,
            )
            check.wrong(place, text)


def _providers(world: World, check: Check) -> None:
    for provider, entry in world.access_providers.items():
        for position, network in enumerate(entry.networks):
            place = ("access_providers", provider, "networks", position)
            owner = world.networks[network].operator
            if owner != provider:
                text = message(
                    "network '{network}' is run by '{owner}'", network=network, owner=owner
                )
                check.wrong(place, text)
            country, home = world.country_of(network), world.operators[provider].country
            if country != home:
                text = message(
                    "network '{network}' is in {country}, its access provider in {home}",
                    network=network,
                    country=country,
                    home=home,
                )
                check.wrong(place, text)
