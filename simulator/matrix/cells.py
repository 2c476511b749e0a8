"""What the matrix is made of: cells, each one visit, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from simulator.values import SECOND, Duration, Observation
from simulator.wire.pages import SEIZURE_BANNER, SITE

NO_WAY = "none"
"""The way of somebody who goes round nothing."""
MUCH_SLOWER = 3
"""A visit that takes so many times what it took when nothing was done is degraded ..."""
AT_LEAST = SECOND
"""... if it takes so much longer, too."""


class Outcome(Enum):
    """What came of a visit."""

    REACHED = "reached"
    BLOCKED = "blocked"
    DEGRADED = "degraded"
    BANNER = "banner"


@dataclass(frozen=True, slots=True)
class Cell:
    """One visit. ``via`` is the way round, ``duration`` lab time; ``seen`` the visit itself."""

    measure: str
    via: str
    outcome: Outcome
    stage: str | None
    failure: str | None
    page: str | None
    duration: Duration
    seen: Observation


@dataclass(frozen=True, slots=True)
class Loss:
    """An innocent site that the measure takes from the affected network."""

    measure: str
    site: str
    outcome: Outcome
    failure: str | None
    page: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: from the affected network, from the unaffected one, and who is hit along."""

    measure: str
    cells: tuple[Cell, ...]
    elsewhere: tuple[Cell, ...]
    innocent: tuple[Cell, ...]
    """Visits of innocent sites from the affected network; ``via`` is the site."""
    lacking: tuple[str, ...] = field(default=())
    """Ways that the world does not have."""


def outcome_of(seen: Observation, usual: Duration | None) -> Outcome:
    """Return what a visit came to; ``usual`` is how long it takes when nothing is done."""
    if seen.page == SEIZURE_BANNER:
        return Outcome.BANNER
    if seen.page != SITE:
        return Outcome.BLOCKED
    took = seen.ended - seen.at
    if usual is not None and took >= MUCH_SLOWER * usual and took - usual >= AT_LEAST:
        return Outcome.DEGRADED
    return Outcome.REACHED


def losses(row: Row) -> list[Loss]:
    """Return the innocent sites that a measure takes away, or slows."""
    return [
        Loss(row.measure, cell.via, cell.outcome, cell.failure, cell.page)
        for cell in row.innocent
        if cell.outcome is not Outcome.REACHED
    ]
