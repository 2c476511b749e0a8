"""That what an entry names is there, and that no id means two things."""

from __future__ import annotations

from simulator.values import message
from simulator.world.check_other_side import check_plans
from simulator.world.checking import Check
from simulator.world.models import World

_REFERENCES = (
    # section, its field, what that names, where it must be
    ("countries", "jurisdiction", message("country"), "countries"),
    ("operators", "country", message("country"), "countries"),
    ("authorities", "country", message("country"), "countries"),
    ("networks", "country", message("country"), "countries"),
    ("networks", "operator", message("operator"), "operators"),
    ("hosts", "network", message("network"), "networks"),
    ("hosts", "operator", message("operator"), "operators"),
    ("nameservers", "host", message("host"), "hosts"),
    ("registries", "operator", message("operator"), "operators"),
    ("registries", "nameservers", message("nameserver"), "nameservers"),
    ("registrars", "operator", message("operator"), "operators"),
    ("registrars", "registries", message("registry"), "registries"),
    ("registrars", "host", message("host"), "hosts"),
    ("domains", "registrar", message("registrar"), "registrars"),
    ("domains", "nameservers", message("nameserver"), "nameservers"),
    ("resolvers", "host", message("host"), "hosts"),
    ("resolvers", "block_page", message("block page"), "block_pages"),
    ("block_pages", "host", message("host"), "hosts"),
    ("block_pages", "by", message("authority"), "authorities"),
    ("access_providers", "networks", message("network"), "networks"),
    ("access_providers", "resolvers", message("resolver"), "resolvers"),
    ("access_providers", "block_page", message("block page"), "block_pages"),
    ("sites", "host", message("host"), "hosts"),
    ("sites", "substitute_of", message("site"), "sites"),
    ("sites", "mirror_of", message("site"), "sites"),
    ("banners", "host", message("host"), "hosts"),
    ("banners", "nameservers", message("nameserver"), "nameservers"),
    ("vpn_exits", "operator", message("operator"), "operators"),
    ("vpn_exits", "host", message("host"), "hosts"),
    ("vpn_exits", "resolver", message("resolver"), "resolvers"),
    ("proxies", "operator", message("operator"), "operators"),
    ("proxies", "host", message("host"), "hosts"),
    ("proxies", "resolver", message("resolver"), "resolvers"),
    ("relays", "operator", message("operator"), "operators"),
    ("relays", "host", message("host"), "hosts"),
    ("relays", "resolver", message("resolver"), "resolvers"),
    ("edges", "operator", message("operator"), "operators"),
    ("edges", "host", message("host"), "hosts"),
    ("edges", "customers", message("site"), "sites"),
    ("site_operators", "sites", message("site"), "sites"),
    ("site_operators", "vantages", message("vantage point"), "vantages"),
    ("site_operators", "person", message("operator"), "operators"),
    ("vantages", "network", message("network"), "networks"),
    ("vantages", "resolver", message("resolver"), "resolvers"),
)
_OWN_NAMES = (
    # sections whose ids are those of another section, unless a field says otherwise
    ("access_providers", None, message("operator"), "operators"),
    ("resolvers", "host", message("host"), "hosts"),
    ("vpn_exits", "host", message("host"), "hosts"),
    ("proxies", "host", message("host"), "hosts"),
    ("relays", "host", message("host"), "hosts"),
    ("edges", "host", message("host"), "hosts"),
    ("audiences", None, message("site"), "sites"),
)
_STUDIED = (
    ("site", message("site"), "sites"),
    ("affected", message("vantage point"), "vantages"),
    ("unaffected", message("vantage point"), "vantages"),
    ("innocent", message("site"), "sites"),
)
_APART = (
    # sections whose ids a scenario, or the journal, could not tell apart
    ("vantages", "hosts"),
    ("vantages", "operators"),
    ("authorities", "operators"),
    ("vpn_exits", "resolvers"),
    ("proxies", "vpn_exits"),
    ("proxies", "resolvers"),
    ("site_operators", "vantages"),
    ("site_operators", "operators"),
    ("site_operators", "authorities"),
)


def check_references(world: World, check: Check) -> None:
    """Note every reference to what is not there, and every id that means two things."""
    for section, field, kind, target in _REFERENCES:
        for key, entry in getattr(world, section).items():
            value = getattr(entry, field)
            words = value if isinstance(value, tuple) else (value,)
            check.all_known((section, key, field), kind, _given(words), getattr(world, target))
    for section, override, kind, target in _OWN_NAMES:
        for key, entry in getattr(world, section).items():
            if override is None or getattr(entry, override) is None:
                check.known((section, key), kind, key, getattr(world, target))
    check_plans(world, check)
    _elsewhere(world, check)
    _apart(world, check)


def _given(words: tuple[str | None, ...]) -> list[str]:
    return [word for word in words if word is not None]


def _elsewhere(world: World, check: Check) -> None:
    for position, link in enumerate(world.links):
        check.all_known(
            ("links", position, "between"), message("network"), link.between, world.networks
        )
    check.all_known(
        ("root", "nameservers"), message("nameserver"), world.root.nameservers, world.nameservers
    )
    where, authority = "certificate_authority", world.certificate_authority
    check.known((where, "operator"), message("operator"), authority.operator, world.operators)
    check.known((where, "host"), message("host"), authority.host, world.hosts)
    check.known((where, "resolver"), message("resolver"), authority.resolver, world.resolvers)
    check.known_or_none(("control",), message("host"), world.control, world.hosts)
    if world.study is not None:
        for field, kind, section in _STUDIED:
            value = getattr(world.study, field)
            words = value if isinstance(value, tuple) else (value,)
            check.all_known(("study", field), kind, words, getattr(world, section))
    for banner, page in world.banners.items():
        for position, service in enumerate(page.services):
            place = ("banners", banner, "services", position, "country")
            check.known(place, message("country"), service.country, world.countries)


def _apart(world: World, check: Check) -> None:
    for section, other in _APART:
        for key in getattr(world, section):
            if key in getattr(world, other):
                text = message("'{id}' is also an id in '{section}'", id=key, section=other)
                check.wrong((section, key), text)
    for section in ("vantages", "operators"):
        if "all" in getattr(world, section):
            text = message("'all' means every vantage point in scenarios")
            check.wrong((section, "all"), text)
