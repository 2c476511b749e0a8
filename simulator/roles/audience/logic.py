"""What becomes of the people of a site when it closes: arithmetic on counted people.

One visit from a vantage point stands for all who sit there; that visit is measured. Where
they go from there is modelled: shares of them, after delays. Two crowds are reckoned side by
side, one with the least shares and one with the most, and what is told is the span between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.values import Duration, Instant

Reach = Callable[[str, str], bool]
"""Whether a site opened from a vantage point, as a visit of this round found."""


class Successor(NamedTuple):
    """Where people may turn to; ``same`` is the old site under a new address, or a copy of it."""

    site: str
    same: bool = True


class Terms(NamedTuple):
    """How people behave: percentages, and delays from when they lost the site."""

    looks_again: int
    kept: int
    kept_elsewhere: int
    after: Duration
    patience: Duration


@dataclass(slots=True)
class Cohort:
    """People at one vantage point who lost one site at one time.

    ``willing`` is how many of them may still settle elsewhere; ``left`` all who have not.
    """

    vantage: str
    lost: str
    since: Instant
    size: int
    left: int
    willing: int
    tried: dict[str, None] = field(default_factory=dict)


class Crowd:
    """The people of one site. Nobody is born, nobody is counted twice."""

    def __init__(self, people: Mapping[str, int], site: str, terms: Terms) -> None:
        self.terms = terms
        self._at = {(vantage, site): count for vantage, count in people.items()}
        self._searching: list[Cohort] = []
        self._gave_up: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Crowd {self.total} people, {self.searching} looking, {self.gave_up} gave up>"

    # --- counts -----------------------------------------------------------------------

    @property
    def total(self) -> int:
        """All people, wherever they are."""
        return self.settled + self.searching + self.gave_up

    @property
    def settled(self) -> int:
        """Those who are at some address."""
        return sum(self._at.values())

    @property
    def searching(self) -> int:
        """Those who lost the site and still try."""
        return sum(cohort.left for cohort in self._searching)

    @property
    def gave_up(self) -> int:
        """Those who do not come any more."""
        return sum(self._gave_up.values())

    def at(self, site: str) -> int:
        """Return how many people are at a site."""
        return sum(count for (_, own), count in self._at.items() if own == site)

    def where(self) -> list[tuple[str, str]]:
        """Return the vantage points and sites where people are: what a round has to look at."""
        return [place for place, count in self._at.items() if count]

    # --- what happens -----------------------------------------------------------------

    def lose(self, vantage: str, site: str, now: Instant) -> None:
        """Take a site away from those who sit at a vantage point."""
        count = self._at.pop((vantage, site), 0)
        if count:
            willing = count * self.terms.looks_again // 100
            self._searching.append(Cohort(vantage, site, now, count, count, willing))

    def wanted(self, now: Instant, successors: Sequence[Successor]) -> list[tuple[str, str]]:
        """Return what those who search would open now: the old address, and new ones."""
        pairs = [
            (cohort.vantage, site)
            for cohort in self._searching
            for site in self._candidates(cohort, now, successors)
        ]
        return list(dict.fromkeys(pairs))

    def search(self, now: Instant, successors: Sequence[Successor], reach: Reach) -> None:
        """Let those who search look round once. All go back to the old address if it opens."""
        for cohort in self._searching:
            if reach(cohort.vantage, cohort.lost):
                self._settle(cohort, cohort.lost, cohort.left)
                continue
            for successor in self._open(cohort, now, successors, reach):
                self._follow(cohort, successor)
            if now - cohort.since >= self.terms.patience:
                lost = self._gave_up.get(cohort.vantage, 0)
                self._gave_up[cohort.vantage] = lost + cohort.left
                cohort.left = 0
        self._searching = [cohort for cohort in self._searching if cohort.left]

    # --- inside -----------------------------------------------------------------------

    def _candidates(
        self, cohort: Cohort, now: Instant, successors: Sequence[Successor]
    ) -> Iterator[str]:
        yield cohort.lost
        if now - cohort.since >= self.terms.after:
            for successor in successors:
                if successor.site != cohort.lost and successor.site not in cohort.tried:
                    yield successor.site

    def _open(
        self, cohort: Cohort, now: Instant, successors: Sequence[Successor], reach: Reach
    ) -> list[Successor]:
        wanted = list(self._candidates(cohort, now, successors))[1:]
        return [
            successor
            for successor in successors
            if successor.site in wanted and reach(cohort.vantage, successor.site)
        ]

    def _follow(self, cohort: Cohort, successor: Successor) -> None:
        """Let a share of those who lost the site settle at one that opened."""
        cohort.tried[successor.site] = None
        share = self.terms.kept if successor.same else self.terms.kept_elsewhere
        count = min(cohort.size * share // 100, cohort.willing, cohort.left)
        cohort.willing -= count
        self._settle(cohort, successor.site, count)

    def _settle(self, cohort: Cohort, site: str, count: int) -> None:
        place = (cohort.vantage, site)
        self._at[place] = self._at.get(place, 0) + count
        cohort.left -= count
