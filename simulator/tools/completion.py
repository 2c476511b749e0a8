"""What may come next on a line of the prompt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.tools.names import TOOLS
from simulator.tools.session import ALL, NO_WAY
from simulator.world.choices import known_ways

if TYPE_CHECKING:
    from simulator.tools.session import Session

DIG_TYPES = ("A", "AAAA", "NS", "SOA", "TXT", "MX", "CNAME")


def completions(session: Session, commands: Iterable[str], line: str) -> list[str]:
    """Return the words that the last word of a line may become, in the order of the world."""
    words = line.split(" ")
    begun = words[-1]
    if len(words) == 1:
        return _fitting(begun, [*TOOLS, *commands])
    first = words[0]
    if first == "at":
        before, comma, last = begun.rpartition(",")
        known = [*session.lab.world.vantages, *(() if comma else (ALL,))]
        return [f"{before}{comma}{each}" for each in _fitting(last, known)]
    if first == "via":
        return _fitting(begun, [*known_ways(session.lab.world), NO_WAY])
    if first in TOOLS:
        return _fitting(begun, _arguments(session, first, begun))
    return []


def _fitting(begun: str, known: Iterable[str]) -> list[str]:
    return [each for each in dict.fromkeys(known) if each.startswith(begun)]


def _arguments(session: Session, tool: str, begun: str) -> list[str]:
    world = session.lab.world
    names = [*world.sites, *world.domains]
    if tool == "dig" and begun.startswith("@"):
        resolvers = [session.lab.people.resolver_address(each) for each in world.resolvers]
        return [f"@{each}" for each in (*resolvers, *world.nameservers)]
    if tool == "dig":
        return [*names, *DIG_TYPES] if begun else names
    if tool == "curl":
        return [f"{scheme}://{each}/" for scheme in ("https", "http") for each in world.sites]
    if tool == "openssl":
        return ["s_client", "-connect", "-servername", *(f"{each}:443" for each in world.sites)]
    return names
