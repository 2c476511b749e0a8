"""Measures one row: a fresh lab, the measure, and every visit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from simulator.lab import Lab
from simulator.matrix.catalogue import Act, acts, study_of
from simulator.matrix.cells import NO_WAY, Cell, Outcome, Row, outcome_of
from simulator.values import HOUR, Duration, Observation
from simulator.world.choices import CIRCUMVENTIONS, available

if TYPE_CHECKING:
    from simulator.world.models import World

SETTLED: Duration = 6 * HOUR
"""By then every zone is published and every cache has let go, in a world with short TTLs."""
Usual = dict[tuple[str, str], Duration]
"""How long visits take when nothing is done, by vantage point and way or site."""


def ways(world: World, wanted: Iterable[str] | None = None) -> tuple[list[str], list[str]]:
    """Return the ways to try, ``none`` first unless others are wanted, and those not there."""
    asked = [NO_WAY, *CIRCUMVENTIONS] if wanted is None else list(dict.fromkeys(wanted))
    there = [via for via in asked if via == NO_WAY or available(via.partition(":")[0], world)]
    return there, [via for via in asked if via not in there]


def measure_row(
    world: World,
    measure: str,
    vias: Sequence[str] | None = None,
    usual: Usual | None = None,
    seed: int = 0,
) -> Row:
    """Return a row. ``usual`` comes of the row in which nothing is done (`usual_of`)."""
    with Lab(world, seed=seed) as lab:
        return lab.run(_measure(lab, measure, vias, {} if usual is None else usual))


def usual_of(row: Row) -> Usual:
    """Return how long things take, from the row in which nothing is done: those that come."""
    cells = (*row.cells, *row.elsewhere, *row.innocent)
    reached = [cell for cell in cells if cell.outcome is Outcome.REACHED]
    return {(cell.seen.vantage, cell.via): cell.duration for cell in reached}


async def _measure(lab: Lab, measure: str, vias: Sequence[str] | None, usual: Usual) -> Row:
    study = study_of(lab.world)
    there, lacking = ways(lab.world, vias)
    await impose(lab, acts(measure, lab.world))
    url, both = f"https://{study.site}/", [study.affected, study.unaffected]

    def cell(via: str, seen: Observation) -> Cell:
        known = usual.get((seen.vantage, via))
        took = seen.ended - seen.at
        outcome = outcome_of(seen, known)
        return Cell(measure, via, outcome, seen.stage, seen.failure, seen.page, took, seen)

    affected: list[Cell] = []
    elsewhere: list[Cell] = []
    for number, via in enumerate(there):
        if number:  # so that no cell depends on what another left in caches
            await lab.wait(SETTLED)
        way = None if via == NO_WAY else via
        for seen in await lab.visit_all(url, both, way, compare=False):
            (affected if seen.vantage == study.affected else elsewhere).append(cell(via, seen))
    innocent = [
        cell(site, await lab.visit(f"https://{site}/", study.affected, compare=False))
        for site in innocents(lab.world)
        if not usual or (study.affected, site) in usual  # else it was lost before
    ]
    return Row(measure, tuple(affected), tuple(elsewhere), tuple(innocent), tuple(lacking))


async def impose(lab: Lab, what: Sequence[Act]) -> None:
    """Have operators act, and wait until all that follows has followed."""
    for act in what:
        await lab.impose(act.operator, act.action, act.name)
    await lab.wait(SETTLED)


def innocents(world: World) -> tuple[str, ...]:
    """Return the sites that nobody means."""
    study = study_of(world)
    if study.innocent:
        return study.innocent
    return tuple(
        name
        for name, site in world.sites.items()
        if name != study.site and site.mirror_of != study.site
    )
