"""The ways round a provider, by id, and which one of a world a person means.

A way is written as one of `CIRCUMVENTIONS` (``doh``), as one with what it goes by
(``doh:open-two``), or as the id of a VPN exit, a proxy or a resolver of the world alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import LabError, NotSimulated
from simulator.values import Message, message
from simulator.world.faults import nearest, unknown

if TYPE_CHECKING:
    from simulator.world.models import World

CIRCUMVENTIONS: dict[str, Message] = {
    "public-resolver": message("another resolver, on port 53"),
    "dot-opportunistic": message("DNS over TLS if it can be had, port 53 if not"),
    "dot-strict": message("DNS over TLS or nothing"),
    "doh": message("DNS over HTTPS"),
    "hosts-file": message("the address, written down"),
    "http-only": message("HTTP in clear"),
    "socks-proxy": message("a SOCKS5 proxy"),
    "connect-proxy": message("an HTTP CONNECT proxy"),
    "vpn": message("a VPN"),
    "vpn-obfuscated": message("a VPN in disguise"),
    "onion": message("three relays"),
    "mirror": message("a mirror under another name"),
    "fronting": message("the site by the door of a content network"),
}
"""Each way with its name in a few words."""

NOT_SIMULATED = (
    ("ech", "esni", "encrypted-client-hello"),
    ("quic", "http3", "h3", "masque"),
    ("doq", "odoh", "dnscrypt"),
    ("snowflake", "meek", "obfs4", "shadowsocks", "tor-bridge"),
    ("openvpn", "ipsec", "sstp"),
    ("bgp", "bgp-hijack", "dnssec", "starlink", "satellite"),
)
"""Ways that people ask for and that the lab does not have; the docs say why."""
PAGE = message("docs/en/ways/not-simulated.md")
"""Where the reasons stand; the catalogue has the page of the language."""


class Choice(NamedTuple):
    """A circumvention, and what of the world it goes by (None where there is nothing)."""

    kind: str
    by: str | None = None


def choose(via: str, world: World) -> Choice:
    """Return what somebody means by a way round.

    Raises `LabError` for a word that means nothing, or for a way that the world does not
    have; `NotSimulated` for one that no world has.
    """
    kind, _, by = via.partition(":")
    if kind in CIRCUMVENTIONS:
        fitting = _fitting(kind, world)
        if by:
            if by not in fitting:
                raise unknown_word(CIRCUMVENTIONS[kind], by, fitting)
            return Choice(kind, by)
        if kind in ("hosts-file", "http-only", "mirror", "fronting"):
            return Choice(kind)
        if not fitting:
            raise LabError(
                message(
                    "the world has nothing for '{via}' ({what})",
                    via=kind,
                    what=CIRCUMVENTIONS[kind],
                )
            )
        return Choice(kind, None if kind == "onion" else fitting[0])
    for candidate in ("vpn", "vpn-obfuscated", "socks-proxy", "connect-proxy", "public-resolver"):
        if via in _fitting(candidate, world):
            return Choice(candidate, via)
    if via in world.resolvers:
        return Choice("public-resolver", via)
    refuse_by_name(via)
    raise unknown_word(message("way round"), via, known_ways(world))


def refuse_by_name(word: str) -> None:
    """Raise `NotSimulated`, with the page that says why, for what no world has."""
    asked = word.lower()
    for others in NOT_SIMULATED:
        if any(asked == other or asked.startswith(f"{other}-") for other in others):
            raise NotSimulated(
                message("'{via}' is not simulated: {page} says why", via=word, page=PAGE)
            )


def available(kind: str, world: World) -> bool:
    """Tell whether a world has what a circumvention needs."""
    if kind in ("hosts-file", "http-only"):
        return True
    if kind == "mirror":
        return any(site.mirror_of is not None for site in world.sites.values())
    if kind == "fronting":
        return any(edge.customers for edge in world.edges.values())
    return bool(_fitting(kind, world))


def known_ways(world: World) -> list[str]:
    """Return all words that `choose` takes in a world."""
    kinds = [kind for kind in CIRCUMVENTIONS if available(kind, world)]
    return [*kinds, *world.vpn_exits, *world.proxies, *world.resolvers]


def _fitting(kind: str, world: World) -> list[str]:
    """Return the ids that a circumvention can go by, the likeliest first."""
    if kind == "vpn":
        return [key for key, each in world.vpn_exits.items() if not each.obfuscated]
    if kind == "vpn-obfuscated":
        return [key for key, each in world.vpn_exits.items() if each.obfuscated]
    if kind == "socks-proxy":
        return [key for key, each in world.proxies.items() if each.kind == "socks"]
    if kind == "connect-proxy":
        return [key for key, each in world.proxies.items() if each.kind == "connect"]
    if kind == "onion":
        return relays_of(world)
    public = [key for key, each in world.resolvers.items() if each.public]
    if kind == "public-resolver":
        return public
    if kind in ("dot-opportunistic", "dot-strict", "doh"):
        return [key for key in public if world.resolvers[key].hostname is not None]
    return []


def relays_of(world: World) -> list[str]:
    """Return the first guard, middle and exit of a world, or nothing if one is lacking."""
    circuit: list[str] = []
    for position in ("guard", "middle", "exit"):
        circuit += _first(key for key, each in world.relays.items() if each.position == position)
    return circuit if len(circuit) == 3 else []


def _first(keys: Iterable[str]) -> list[str]:
    return [key for _, key in zip(range(1), keys, strict=False)]


def unknown_word(kind: Message, word: str, known: list[str]) -> LabError:
    """Return the sentence that a word names nothing of a kind, with what was probably meant."""
    meant = nearest(word, known)
    text = unknown(kind, word, known, meant)
    if meant is not None:
        text = message("{fault}; did you mean '{meant}'?", fault=text, meant=meant)
    return LabError(text)
