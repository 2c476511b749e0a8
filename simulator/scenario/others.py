"""The other side of a scenario: who reacts, and whose people are counted."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.lab.audience import Count, SiteAudience
from simulator.lab.lab import Lab
from simulator.lab.other_side import OtherSide, Reacted
from simulator.scenario.models import ALL


class Others:
    """The site operators and audiences of one run."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._side = OtherSide(lab)
        self._audiences: dict[str, SiteAudience] = {}
        self._told = 0

    def __repr__(self) -> str:
        return f"<Others {self._side!r} audiences={list(self._audiences)}>"

    @property
    def watching(self) -> tuple[str, ...]:
        """The site operators who have begun."""
        return self._side.watching

    def begin(self, operators: tuple[str, ...]) -> None:
        """Let site operators watch from now on."""
        everybody = self._lab.world.site_operators
        self._side.begin(everybody if ALL in operators else operators)

    async def count(self, sites: Iterable[str]) -> list[Count]:
        """Count the people of sites."""
        counts = []
        for site in sites:
            if site not in self._audiences:
                self._audiences[site] = SiteAudience(self._lab, self._side, site)
            counts.append(await self._audiences[site].count())
        return counts

    def reacted(self) -> list[Reacted]:
        """Return what was done since this was last asked."""
        new = self._side.acts[self._told :]
        self._told += len(new)
        return new
