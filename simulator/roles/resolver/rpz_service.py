"""What policy zones want to know beyond the answer, asked for on their behalf."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from simulator.roles.resolver.cache import Outcome
from simulator.roles.resolver.rpz import Nameservers
from simulator.roles.resolver.rpz_rewriting import LookUpNameservers, Rewriting, Rewritten
from simulator.values import Address
from simulator.wire.dns_names import canonical
from simulator.wire.dns_values import Question

__all__ = ["Rewriting", "at_once", "carry_through"]

Resolve: TypeAlias = Callable[[Question], Awaitable[Outcome]]
"""Finds out the truth: no policy applies to what the resolver itself asks."""


def at_once(rewriting: Rewriting) -> Rewritten | None:
    """Return the answer if it takes no asking, else None."""
    step = rewriting.next_step()
    return step if isinstance(step, Rewritten) else None


async def carry_through(rewriting: Rewriting, resolve: Resolve) -> Rewritten:
    """Do what the steps of a rewriting ask for until it is done."""
    step = rewriting.next_step()
    while not isinstance(step, Rewritten):
        if isinstance(step, LookUpNameservers):
            rewriting.found(await _nameservers(step, resolve))
        else:
            rewriting.followed(await resolve(step.question))
        step = rewriting.next_step()
    return step


async def _nameservers(step: LookUpNameservers, resolve: Resolve) -> list[Nameservers]:
    """Ask for the nameservers of zones; what cannot be found out is passed over."""
    servers: dict[str, tuple[Address, ...]] = {}
    for zone in step.zones:
        outcome = await resolve(Question(zone, "NS"))
        for record in outcome.answers:
            name = canonical(record.data)
            if record[:2] == (zone, "NS") and name not in servers:
                servers[name] = await _addresses(name, resolve) if step.wanted else ()
    return [Nameservers(name, addresses) for name, addresses in servers.items()]


async def _addresses(name: str, resolve: Resolve) -> tuple[Address, ...]:
    found: list[Address] = []
    for kind in ("A", "AAAA"):
        outcome = await resolve(Question(name, kind))
        found += [record.data for record in outcome.answers if record[:2] == (name, kind)]
    return tuple(found)
