"""Visits beside one look from an unaffected network, and nothing done in the visitors' name.

What an examination adds takes minutes of the visitor's time and leaves traces in caches; a
comparison takes a visit by the test helper, whose own resolver nobody else asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from simulator.roles.probe import signs
from simulator.roles.probe.causes import Diagnosis
from simulator.roles.probe.evidence import Delegation, Evidence
from simulator.roles.probe.hierarchy import walk
from simulator.roles.probe.investigation import Station, Tools
from simulator.roles.probe.reasoning import reason
from simulator.roles.probe.sources import addresses_in
from simulator.values import Address, Observation


class Comparison(NamedTuple):
    """What the test helper saw, None without one, and what each visit is put down to."""

    control: Observation | None
    diagnoses: tuple[Diagnosis, ...]


async def compare(
    tools: Tools, url: str, visits: Sequence[Observation], known: Mapping[str, Delegation]
) -> Comparison:
    """Look at a URL from the test helper's machine, and judge visits of the same URL.

    ``known`` are delegations that were seen while sites were open, by zone.
    """
    await tools.prepare()
    there = tools.control
    shared: dict[str, object] = {}
    if there is not None:
        shared = await _look(tools, there, url, known)
    diagnoses = [reason(_identified(tools, Evidence(subject=one, **shared))) for one in visits]  # type: ignore[arg-type]
    control = shared.get("control")
    assert control is None or isinstance(control, Observation)
    return Comparison(control, tuple(diagnoses))


async def _look(
    tools: Tools, there: Station, url: str, known: Mapping[str, Delegation]
) -> dict[str, object]:
    control = await there.visit(url)
    found: dict[str, object] = {"control": control}
    name = urlsplit(control.final_url).hostname or ""
    if there.resolver is None or not name or name.replace(".", "").isdigit() or ":" in name:
        return found
    found["true_answer"] = await there.ask(there.resolver, name, "A")
    if not signs.reached(control):
        delegation = await walk(there, tools.roots, name)
        found["delegation"] = delegation
        if delegation is not None and tools.bootstrap is not None:
            found["registration"] = await tools.bootstrap.look_up(there, delegation.zone)
        former = None if delegation is None else known.get(delegation.zone)
        if former is not None:
            children = [
                await there.ask(server, name, "A", recursive=False) for server in former.addresses
            ]
            found["former"] = former._replace(children=tuple(children))
    return found


def _identified(tools: Tools, evidence: Evidence) -> Evidence:
    """Add who holds the addresses that were met."""
    holders = {address: tools.holder(address) for address in addresses_in(evidence)}
    named = {address: holder for address, holder in holders.items() if holder is not None}
    home = tools.holder(tools.station(evidence.subject.vantage).address)
    return replace(evidence, holders=named, home=home)


async def try_endpoints(
    there: Station, control: Observation, url: str, endpoints: Sequence[Address]
) -> Observation:
    """Return the control with its own attempts at addresses that visitors were led to.

    That is what OONI's test helper does: without it, nobody can say that an address is at
    fault and not the line to it.
    """
    tried = [connect.address for connect in control.connects]
    for address in endpoints:
        if address in tried:
            continue
        seen = await there.visit_at(url, (address,))
        first = 1 + max((connect.transaction for connect in control.connects), default=0)
        control = replace(
            control,
            connects=(
                *control.connects,
                *(one._replace(transaction=one.transaction + first) for one in seen.connects),
            ),
            handshakes=(
                *control.handshakes,
                *(one._replace(transaction=one.transaction + first) for one in seen.handshakes),
            ),
        )
    return control
