"""What can be done to the studied site, by id: the measures of a provider, the levers of a
seizure.

A recipe says what is *done*, never what comes of it. Several ids joined by ``+`` are done
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.errors import LabError
from simulator.measures import Measure
from simulator.values import Lever, Message, message
from simulator.world.choices import refuse_by_name, unknown_word
from simulator.world.measures import BY_ID, MeasureEntry
from simulator.world.ordered import measure_of

if TYPE_CHECKING:
    from simulator.world.models import World
    from simulator.world.study import Study

NOTHING = "none"
"""Nothing is done: what the other rows are compared with."""

TITLES: dict[str, Message] = {
    NOTHING: message("nothing is done"),
    "dns-lying-resolver": message("the provider's resolver denies the name"),
    "dns-injection": message("forged DNS answers are injected on the way"),
    "dns-interception": message("queries to any resolver are turned to the lying one"),
    "public-resolvers-ordered": message("the public resolvers comply as well"),
    "encrypted-dns-blocked": message("the resolver lies, and encrypted DNS is cut"),
    "ip-drop": message("packets to the address are dropped"),
    "ip-reset": message("connections to the address are reset"),
    "ip-reject": message("packets to the address are rejected by ICMP"),
    "http-host-filter": message("cleartext HTTP is filtered by Host"),
    "tls-sni-reset": message("TLS is reset by the name in the handshake"),
    "tls-sni-drop": message("TLS is dropped by the name in the handshake"),
    "tls-sni-throttle": message("TLS is slowed by a pattern of the name"),
    "vpn-endpoint-blocked": message("the known addresses of VPN exits are dropped"),
    "vpn-fingerprint": message("WireGuard is recognised and dropped"),
    "shutdown": message("the access network is cut off"),
    "registry-hold": message("the registry takes the name out of the zone"),
    "redelegation": message("the registry gives the name to the authorities' servers"),
    "host-takeover": message("the host shows the banner in place of the site"),
    "host-off": message("the host's machine is switched off"),
}
SEIZING = ("registry-hold", "redelegation", "host-takeover", "host-off")

_LEVERS = {
    "registry-hold": Lever.SERVER_HOLD,
    "redelegation": Lever.REDELEGATION,
    "host-takeover": Lever.HOST_TAKEOVER,
    "host-off": Lever.HOST_OFF,
}
_LIE: dict[str, Any] = {"dns": "nxdomain"}
_BLOCKING: dict[str, tuple[dict[str, Any], ...]] = {
    # To turn queries to a resolver, or away from others, blocks nothing unless it lies.
    "dns-interception": (_LIE, BY_ID["dns-interception"]),
    "encrypted-dns-blocked": (_LIE, BY_ID["encrypted-dns-blocked"]),
    "public-resolvers-ordered": (_LIE,),
}
_COMPLIANCE: tuple[dict[str, Any], ...] = (
    {"dns": "refused", "extended_error": 16},
    {"withdrawal": "refused"},
    {"dns": "forged", "extended_error": 4},
)
"""How public resolvers comply, each in its own way, in the world's order: as Google is
reported to (REFUSED with extended error 16), as OpenDNS did (it left), with a page."""


class Act(NamedTuple):
    """What one operator does; ``name`` is what a lever is about."""

    operator: str
    action: Measure | Lever
    name: str | None


def ids() -> list[str]:
    """Return every id of the matrix, in its order."""
    return list(TITLES)


def title(measure: str) -> Message:
    """Return what is done, in a few words, of one id or of several joined by ``+``."""
    first, *rest = measure.split("+")
    text = TITLES[first]
    for other in rest:
        text = message("{one}; {other}", one=text, other=TITLES[other])
    return text


def acts(measure: str, world: World) -> list[Act]:
    """Return what is done by whom in a world. `LabError` for an unknown id, or no study."""
    found: list[Act] = []
    for one in measure.split("+"):
        if one not in TITLES:
            refuse_by_name(one)
            raise unknown_word(message("measure"), one, list(TITLES))
        if one in _LEVERS:
            found += _seize(_LEVERS[one], world)
        elif one != NOTHING:
            found += _block(one, world)
    return found


def study_of(world: World) -> Study:
    """Return what a world is studied for. `LabError` where its file does not say."""
    if world.study is None:
        raise LabError(
            message(
                "the world does not say what to study: give it a 'study' with 'site', 'affected'"
                " and 'unaffected', as in crossroads.yaml"
            )
        )
    return world.study


def _block(measure: str, world: World) -> list[Act]:
    study = study_of(world)
    provider = world.provider_of(world.vantages[study.affected].network)
    if provider is None:
        raise LabError(
            message("{vantage} has no access provider to block anything", vantage=study.affected)
        )
    found: dict[Act, None] = {}
    for recipe in _BLOCKING.get(measure, (BY_ID[measure],)):
        entry = _entry(recipe, study)
        found[Act(provider, measure_of(entry, study.site, world), study.site)] = None
    if measure == "public-resolvers-ordered":
        found |= dict.fromkeys(_comply(world, study))
    return list(found)


def _entry(recipe: dict[str, Any], study: Study) -> MeasureEntry:
    careless = recipe.get("sni") == "throttle" and "*" in study.pattern
    return MeasureEntry.model_validate({**recipe, "pattern": study.pattern} if careless else recipe)


def _comply(world: World, study: Study) -> list[Act]:
    """Every public resolver and every edge complies, for the visitors of the country."""
    country = world.country_of(world.vantages[study.affected].network)
    found: list[Act] = []
    public = [key for key, each in world.resolvers.items() if each.public]
    for number, resolver in enumerate(public):
        recipe = _COMPLIANCE[number % len(_COMPLIANCE)]
        if recipe.get("dns") == "forged" and world.resolvers[resolver].block_page is None:
            recipe = _COMPLIANCE[0]
        entry = MeasureEntry.model_validate({**recipe, "countries": [country]})
        operator = world.operator_of(world.host_of_resolver(resolver))
        found.append(Act(operator, measure_of(entry, study.site, world), study.site))
    for edge in world.edges.values():
        if study.site in edge.customers:
            entry = MeasureEntry.model_validate({"edge": "451", "countries": [country]})
            found.append(Act(edge.operator, measure_of(entry, study.site, world), study.site))
    return found


def _seize(lever: Lever, world: World) -> list[Act]:
    site = study_of(world).site
    if lever in (Lever.HOST_TAKEOVER, Lever.HOST_OFF):
        return [Act(world.operator_of(world.sites[site].host), lever, site)]
    domain = world.domain_of(site)
    assert domain is not None, "the check lets no site without a domain through"
    return [Act(world.registries[domain.rpartition(".")[2]].operator, lever, domain)]
