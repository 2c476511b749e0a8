"""The people of a site in a lab: who still reaches it, and where the others may have gone.

Whether a site opens is measured, by one visit from each vantage point that stands for all who
sit there. How many follow to which address is modelled (`simulator.roles.audience.logic`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import LabError
from simulator.lab.words import unknown
from simulator.roles.audience.logic import Crowd, Successor, Terms
from simulator.values import SECOND, Address, Instant, message

if TYPE_CHECKING:
    from simulator.lab.lab import Lab
    from simulator.lab.other_side import OtherSide
    from simulator.world.other_side import Audience


class Share(NamedTuple):
    """One site: from where it opened (measured), how many people may be there (modelled)."""

    site: str
    reached: tuple[str, ...]
    closed: tuple[str, ...]
    least: int
    most: int
    same: bool = True
    """Whether it is the old site, or the same under another address; else another brand."""


class Log(NamedTuple):
    """What the log of the first site's machine gained since the count before.

    ``hands`` says in whose hands it is: ``operator``, ``police`` (controlled operation),
    ``banner`` or ``off``. Visits and addresses are measured: those of the lab's vantage points.
    """

    visits: int
    addresses: tuple[Address, ...]
    hands: str


class Count(NamedTuple):
    """One count of a site's people. Spans are modelled, from the least shares to the most."""

    site: str
    at: Instant
    people: int
    shares: tuple[Share, ...]
    kept: tuple[int, int]
    """People who are at one of the addresses."""
    looking: tuple[int, int]
    gave_up: tuple[int, int]
    log: Log
    missed: int
    """Visits that the first site did not get since the beginning, as all would have come on:
    what its log would hold had it run on. Modelled."""


class SiteAudience:
    """The audience of one site, from the first `count` on."""

    def __init__(self, lab: Lab, side: OtherSide, site: str) -> None:
        """`LabError` for a site of which the world counts no people."""
        entry = lab.world.audiences.get(site)
        if entry is None:
            raise LabError(unknown(message("audience"), site, lab.world.audiences))
        self._lab = lab
        self._side = side
        self._site = site
        self._entry = entry
        self._people = dict(entry.people)
        self._few = Crowd(self._people, site, _terms(entry, most=False))
        self._many = Crowd(self._people, site, _terms(entry, most=True))
        self._counted = lab.now
        self._missed = 0
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<SiteAudience {self._site}: {self._few.total}>"

    async def count(self) -> Count:
        """Open every address there is from every vantage point, and return the count.

        From the first count on people come by themselves, as often as the world says.
        """
        async with self._turn:
            return await self._count()

    async def _count(self) -> Count:
        successors = self._side.successors(self._site)
        reached = await self._open(
            [(vantage, each.site) for each in successors for vantage in self._people]
        )
        self._settle(successors, reached)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._come_and_go())
            self._task.add_done_callback(_ended)
        log = self._log()
        self._counted = self._lab.now
        return Count(
            self._site,
            self._lab.now,
            self._few.total,
            tuple(self._share(each, reached) for each in successors),
            _span(self._few.settled, self._many.settled),
            _span(self._few.searching, self._many.searching),
            _span(self._few.gave_up, self._many.gave_up),
            log,
            self._missed,
        )

    # --- rounds ---------------------------------------------------------------------------

    async def _come_and_go(self) -> None:
        while True:
            await asyncio.sleep(self._entry.every / SECOND)
            async with self._turn:
                await self._round()

    async def _round(self) -> None:
        """One round of visits: by those who are somewhere, and by those who search."""
        now, successors = self._lab.now, self._side.successors(self._site)
        wanted = [(vantage, self._site) for vantage in self._people]
        for crowd in (self._few, self._many):
            wanted += [*crowd.where(), *crowd.wanted(now, successors)]
        reached = await self._open(wanted)
        self._missed += sum(
            count for vantage, count in self._people.items() if not reached[vantage, self._site]
        )
        self._settle(successors, reached)

    async def _open(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bool]:
        """Visit sites, each from the vantage points named with it at the same time."""
        by_site: dict[str, list[str]] = {}
        for vantage, site in dict.fromkeys(wanted):
            by_site.setdefault(site, []).append(vantage)
        reached = {}
        for site, vantages in by_site.items():
            for seen in await self._lab.visit_all(f"https://{site}/", vantages, compare=False):
                reached[seen.vantage, site] = self._side.is_there(site, seen)
        return reached

    def _settle(
        self, successors: tuple[Successor, ...], reached: dict[tuple[str, str], bool]
    ) -> None:
        now = self._lab.now
        for crowd in (self._few, self._many):
            for place in crowd.where():
                if not reached.get(place, True):
                    crowd.lose(*place, now)
            crowd.search(now, successors, lambda *place: reached.get(place, False))

    # --- what is told ---------------------------------------------------------------------

    def _share(self, successor: Successor, reached: dict[tuple[str, str], bool]) -> Share:
        site = successor.site
        there = tuple(vantage for vantage in self._people if reached[vantage, site])
        gone = tuple(vantage for vantage in self._people if not reached[vantage, site])
        least, most = _span(self._few.at(site), self._many.at(site))
        return Share(site, there, gone, least, most, successor.same)

    def _log(self) -> Log:
        lab, site = self._lab, self._site
        host = lab.world.sites[site].host
        machine, levers = lab.web.machines[host], lab.law.levers
        names = (site, *lab.world.sites[site].aliases)
        visits = machine.visits.of(names, self._counted, lab.now)
        operation = levers.machines.controlled.get(site)
        if not lab.hosts[host].powered:
            hands = "off"
        elif site in machine.state.banners:
            hands = "banner"
        elif operation is not None and operation.ended is None:
            hands = "police"
        else:
            hands = "operator"
        return Log(len(visits), tuple(dict.fromkeys(visit.address for visit in visits)), hands)


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.result()  # what failed in it is the lab's failure


def _span(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _terms(entry: Audience, *, most: bool) -> Terms:
    """Return how people behave at one end of the spans: few follow late, many early."""
    if most:
        return Terms(
            entry.looks_again.most,
            entry.kept.most,
            entry.kept_elsewhere.most,
            entry.after.least,
            entry.patience,
        )
    return Terms(
        entry.looks_again.least,
        entry.kept.least,
        entry.kept_elsewhere.least,
        entry.after.most,
        entry.patience,
    )
