"""That no two programs want the same port of a machine."""

from __future__ import annotations

from simulator.values import Message, message
from simulator.world.checking import Check
from simulator.world.faults import Place
from simulator.world.models import World

_NAMESERVER = message("a nameserver")
_RESOLVER = message("a resolver")
_SITE = message("a site")
_BANNER = message("a banner")
_BLOCK_PAGE = message("a block page")
_AUTHORITY = message("the certificate authority")
_EDGE = message("a content network's edge")
_ENCRYPTED = message("a resolver by TLS")
_OFFICE = message("a registry's own services")
_FRONT = message("a registrar's web site")
_PROXY = message("a proxy")
_RELAY = message("a relay")
_RELAY_PORT = 9001
_SHARED = (_NAMESERVER, _SITE, _BANNER, _OFFICE)
"""What a machine can hold several of: one program serves them all."""

_Use = tuple[Place, str, Message]


def check_machines(world: World, check: Check) -> None:
    """Note machines that would have to answer at one port in two ways."""
    for port, uses in ((53, _dns(world)), (80, _web(world)), *_others(world)):
        first: dict[str, Message] = {}
        for place, host, use in uses:
            other = first.get(host)
            if other is not None and not (use is other and use in _SHARED):
                text = message(
                    "port {port} of host '{host}' is taken by {other}",
                    port=port,
                    host=host,
                    other=other,
                )
                check.wrong(place, text)
            first.setdefault(host, use)


def _dns(world: World) -> list[_Use]:
    served = [
        (("nameservers", name, "host"), entry.host, _NAMESERVER)
        for name, entry in world.nameservers.items()
    ]
    asked = [
        (("resolvers", name), world.host_of_resolver(name), _RESOLVER) for name in world.resolvers
    ]
    return [*served, *asked]


def _web(world: World) -> list[_Use]:
    sites = [(("sites", name, "host"), entry.host, _SITE) for name, entry in world.sites.items()]
    banners = [
        (("banners", name, "host"), entry.host, _BANNER) for name, entry in world.banners.items()
    ]
    pages = [
        (("block_pages", name, "host"), entry.host, _BLOCK_PAGE)
        for name, entry in world.block_pages.items()
    ]
    authority = (
        ("certificate_authority", "host"),
        world.certificate_authority.host,
        _AUTHORITY,
    )
    edges = [(("edges", name), world.host_of("edges", name), _EDGE) for name in world.edges]
    encrypted = [
        (("resolvers", name, "hostname"), world.host_of_resolver(name), _ENCRYPTED)
        for name, entry in world.resolvers.items()
        if entry.hostname is not None
    ]
    spare = [(("hosts", host), host, _SITE) for host in world.spare_hosts()]
    return [
        *sites,
        *banners,
        *pages,
        authority,
        *edges,
        *encrypted,
        *spare,
        *_registration(world),
    ]


def _registration(world: World) -> list[_Use]:
    """Return who proves a name of registries and registrars at port 80."""
    offices: list[_Use] = [
        (("registries", tld), world.host_of_registry(tld), _OFFICE)
        for tld, entry in world.registries.items()
        if (entry.epp or entry.directory) and entry.nameservers[0] in world.nameservers
    ]
    fronts: list[_Use] = [
        (("registrars", name, "host"), entry.host, _FRONT)
        for name, entry in world.registrars.items()
        if entry.front is not None and entry.host is not None
    ]
    return [*offices, *fronts]


def _others(world: World) -> list[tuple[int, list[_Use]]]:
    """Return who wants which other port: proxies and relays."""
    uses: dict[int, list[_Use]] = {}
    for name, entry in world.proxies.items():
        place: Place = ("proxies", name)
        uses.setdefault(entry.listens_at, []).append(
            (place, world.host_of("proxies", name), _PROXY)
        )
    for name in world.relays:
        place = ("relays", name)
        uses.setdefault(_RELAY_PORT, []).append((place, world.host_of("relays", name), _RELAY))
    return list(uses.items())
