"""Who saw what, when: the acts against the people, and the block against the seizure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from simulator.report.findings import target_of, viewer
from simulator.report.sights import Sight, sight
from simulator.report.ways import SHORT, way
from simulator.values import Lever, Message, Observation, OutcomeState, message

if TYPE_CHECKING:
    from simulator.scenario.runner import StepRun
    from simulator.world.fields import Text
    from simulator.world.models import World


class Column(NamedTuple):
    """A vantage point by one kind of way: ``way`` is None for the provider's own."""

    vantage: str
    way: Message | None


class Row(NamedTuple):
    """One act at one target; ``cells`` has a sight for each column, or None.

    ``scheme`` is that of the visits, if it is not the usual one.
    """

    number: int
    title: Text | None
    scheme: str | None
    cells: tuple[Sight | None, ...]


class Section(NamedTuple):
    """All acts that looked at one target."""

    target: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole run at a glance."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]

    def sights(self) -> tuple[Sight, ...]:
        """Return everything that was seen, once each, in the order of the acts."""
        cells = (cell for part in self.sections for row in part.rows for cell in row.cells)
        return tuple(dict.fromkeys(cell for cell in cells if cell is not None))


def numbered(runs: Iterable[StepRun]) -> Iterator[tuple[int, Text | None, StepRun]]:
    """Yield each step with the number and title of the act that it belongs to."""
    number, title = 0, None
    for run in runs:
        if run.title is not None or not number:
            number, title = number + 1, run.title
        yield number, title, run


def matrix(runs: Sequence[StepRun], world: World) -> Matrix:
    """Lay the acts against the people."""
    seen = [look for run in runs for look in run.observations]
    columns = _columns(seen, world)
    rows: dict[str, list[Row]] = {}
    for number, title, run in numbered(runs):
        by_target: dict[str, dict[Column, Sight]] = {}
        for look in run.observations:
            column = Column(look.vantage, way(look.via, world))
            by_target.setdefault(target_of(look.url), {})[column] = sight(look)
        for target, cells in by_target.items():
            scheme, _, host = target.rpartition("://")
            row = Row(number, title, scheme or None, tuple(map(cells.get, columns)))
            rows.setdefault(host, []).append(row)
    return Matrix(columns, tuple(Section(target, tuple(each)) for target, each in rows.items()))


def _columns(seen: Sequence[Observation], world: World) -> tuple[Column, ...]:
    """Each vantage point in the world's order, its ways round beside it."""
    found = dict.fromkeys(Column(look.vantage, way(look.via, world)) for look in seen)
    return tuple(
        column
        for vantage in world.vantages
        for kind in (None, *SHORT.values())
        for column in (Column(vantage, kind),)
        if column in found
    )


# --- block against seizure ------------------------------------------------------------------

AT_HOME = message("providers under order")
ELSEWHERE = message("other providers")
ANYWHERE = message("all providers")
NEIGHBOUR = message("neighbour, same address")
PLACES = (AT_HOME, ELSEWHERE, ANYWHERE, *SHORT.values(), NEIGHBOUR)
BLOCKED, SEIZED = message("blocked"), message("seized")


@dataclass(slots=True)
class Contrast:
    """One target in one state: what those in each place saw, each sight once."""

    target: str
    state: Message
    places: dict[Message, dict[Sight, None]] = field(default_factory=dict)


_LEVERS = tuple(lever.value for lever in Lever)


def contrasts(runs: Sequence[StepRun], world: World) -> tuple[Contrast, ...]:
    """Return what each name that was blocked or seized looked like from each kind of place."""
    found: dict[tuple[str, Message], Contrast] = {}
    in_force: dict[str, list[tuple[str, str, bool]]] = {}
    ordered = _providers(runs, world)
    for run in runs:
        for lifted in run.lifted:
            in_force.pop(lifted.key, None)
        for outcome in run.outcomes:
            if outcome.state is OutcomeState.EXECUTED and outcome.name is not None:
                act = (outcome.name, outcome.to, outcome.action not in _LEVERS)
                in_force.setdefault(outcome.key, []).append(act)
        acts = [act for of_step in in_force.values() for act in of_step]
        for name in dict.fromkeys(name for name, _, _ in acts):
            taken = any(not measure for other, _, measure in acts if other == name)
            state = SEIZED if taken else BLOCKED
            contrast = found.setdefault((name, state), Contrast(name, state))
            for look in run.observations:
                place = _place(look, name, ordered.get(name, ()), world)
                if place is not None:
                    contrast.places.setdefault(place, {})[sight(look)] = None
    return tuple(each for each in found.values() if each.places)


def _providers(runs: Sequence[StepRun], world: World) -> dict[str, tuple[str, ...]]:
    """Return, by name, the access providers that ever blocked it."""
    found: dict[str, tuple[str, ...]] = {}
    for run in runs:
        for outcome in run.outcomes:
            if outcome.to in world.access_providers and outcome.name is not None:
                found[outcome.name] = (*found.get(outcome.name, ()), outcome.to)
    return found


def _place(look: Observation, name: str, ordered: tuple[str, ...], world: World) -> Message | None:
    """Return where a look at a name, or at its neighbour, comes from; None if it is another's."""
    who = viewer(look)
    target = target_of(look.url)
    if look.url.startswith("dns:"):
        return None  # a lookup shows no page
    if target != name:
        return NEIGHBOUR if who.via is None and _neighbours(target, name, world) else None
    by = way(who.via, world)
    if by is not None:
        return by
    if not ordered:
        return ANYWHERE
    provider = world.provider_of(world.vantages[who.vantage].network)
    return AT_HOME if provider in ordered else ELSEWHERE


def _neighbours(target: str, name: str, world: World) -> bool:
    if target not in world.sites or name not in world.sites:
        return False
    return world.sites[target].host == world.sites[name].host
