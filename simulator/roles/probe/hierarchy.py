"""Asking the DNS hierarchy directly: what the registry's servers and the name's own say.

A walk from the root without any cache, as ``dig +trace`` makes it; and what resolvers still
remember of a delegation that has gone.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from simulator.roles.probe.evidence import Delegation, DnsSaid
from simulator.values import Address
from simulator.wire.dns_names import is_within

DEPTH = 12
"""Referrals that are followed; more is a loop."""


class Asker(Protocol):
    """Somebody who can ask DNS servers."""

    @property
    def resolver(self) -> Address | None:
        """Its own recursive resolver."""

    async def ask(
        self, server: Address, name: str, kind: str, *, recursive: bool = True
    ) -> DnsSaid:
        """Ask one server one question."""


async def walk(asker: Asker, roots: tuple[Address, ...], name: str) -> Delegation | None:
    """Return the last delegation on the way to a name, or the refusal of one.

    None where not even the root answers.
    """
    here = Delegation("", "", "NOERROR", (), roots)
    for _ in range(DEPTH):
        said = await _first_reply(asker, here.addresses, name)
        if said is None:
            return here if here.zone else None
        referral = _referral(said, here.zone)
        if referral is None:
            return await _end(asker, here, said, name)
        zone, nameservers = referral
        addresses = await _addresses(asker, said, nameservers)
        # A root server that serves the top-level domain as well refers past it.
        parent = here.zone or zone.partition(".")[2]
        here = Delegation(zone, parent, said.rcode, nameservers, addresses)
    return None


async def _end(asker: Asker, here: Delegation, said: DnsSaid, name: str) -> Delegation:
    """Return what the walk ends with: a zone with what its servers say, or no delegation."""
    spoken_for = [one.name for one in said.authority if one.type == "SOA"]
    if not here.zone and spoken_for and "." not in spoken_for[0] and is_within(name, spoken_for[0]):
        here = here._replace(zone=spoken_for[0])  # the root's machine serves that zone, too
    if "." not in here.zone:  # a top-level domain, or the root: the name is not delegated
        labels = name.split(".")
        depth = 1 + (here.zone.count(".") + 1 if here.zone else 0)
        return Delegation(".".join(labels[-depth:]), here.zone, said.rcode)
    others = [one for one in here.addresses if one != said.server]
    rest = [asker.ask(one, name, "A", recursive=False) for one in others]
    return here._replace(children=(said, *await asyncio.gather(*rest)))


async def _first_reply(asker: Asker, servers: tuple[Address, ...], name: str) -> DnsSaid | None:
    for server in servers:
        said = await asker.ask(server, name, "A", recursive=False)
        if said.rcode is not None:
            return said
    return None


def _referral(said: DnsSaid, zone: str) -> tuple[str, tuple[str, ...]] | None:
    """Return (zone, nameservers) that a server refers to, below its own zone."""
    if said.authoritative or said.answers or said.rcode != "NOERROR":
        return None
    servers = [one for one in said.authority if one.type == "NS" and one.name != zone]
    below = [one for one in servers if is_within(one.name, zone)]
    if not below:
        return None
    return below[0].name, tuple([one.data for one in below])


async def _addresses(
    asker: Asker, said: DnsSaid, nameservers: tuple[str, ...]
) -> tuple[Address, ...]:
    """Return the servers' IPv4 addresses: from the glue, else by asking for them."""
    glue = [one.data for one in said.additional if one.type == "A" and one.name in nameservers]
    if glue or asker.resolver is None:
        return tuple(dict.fromkeys(glue))
    answers = [await asker.ask(asker.resolver, server, "A") for server in nameservers]
    return tuple(dict.fromkeys(address for answer in answers for address in answer.addresses))


async def former_in(
    asker: Asker, resolvers: tuple[Address, ...], found: Delegation
) -> Delegation | None:
    """Return another delegation of the zone that a resolver's cache still holds, or None."""
    for resolver in resolvers:
        said = await asker.ask(resolver, found.zone, "NS", recursive=False)
        held = [
            one
            for one in (*said.answers, *said.authority)
            if one.type == "NS" and one.name == found.zone
        ]
        nameservers = tuple([one.data for one in held])
        if nameservers and nameservers != found.nameservers:
            addresses = await _addresses(asker, said, nameservers)
            return Delegation(found.zone, found.parent, "NOERROR", nameservers, addresses)
    return None
