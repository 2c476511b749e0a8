"""The other side of a lab: operators of sites who watch, and react by their policies.

They see what anybody sees from where they sit, register names with registrars, rent machines
and get certificates like anybody. Of orders they learn nothing but the effects; the arrest of
one of theirs, and frozen money, stop or slow them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.errors import LabError
from simulator.lab.openings import Openings
from simulator.lab.words import unknown
from simulator.roles.audience.logic import Successor
from simulator.roles.site_operator.logic import (
    Hindrance,
    Loss,
    Planned,
    Policy,
    Reaction,
    Sight,
    Team,
    held_up,
    loss,
)
from simulator.values import SECOND, Instant, Lever, Message, Observation, OutcomeState, message

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from simulator.lab.lab import Lab
    from simulator.world.other_side import SiteOperator

_SAME = ("mirror", "move-name", "move-host")
"""Acts after which people find the old brand under a new address."""
RE_REGISTER = "re-register"


class Reacted(NamedTuple):
    """One act of the other side. ``took`` is how long from the first look that gave the reason."""

    at: Instant
    operator: str
    act: str
    target: str
    state: OutcomeState
    reason: Message
    noticed: Instant


@dataclass(slots=True)
class _Watched:
    """One operator at work."""

    entry: SiteOperator
    team: Team
    sites: list[str]
    loss: Loss = Loss.NONE
    since: Instant = 0
    told: bool = False
    """Whether the journal has it that an arrest or frozen money holds it up."""
    caught: bool = False


class OtherSide:
    """The site operators of a lab's world. Nobody stirs before `begin`."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._world = lab.world
        self._openings = Openings(lab)
        self._watched: dict[str, _Watched] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        self.acts: list[Reacted] = []
        """All that was done so far, in order."""

    def __repr__(self) -> str:
        return f"<OtherSide {' '.join(self._watched)} acts={len(self.acts)}>"

    @property
    def watching(self) -> tuple[str, ...]:
        """Who has begun."""
        return tuple(self._watched)

    def begin(self, operators: Iterable[str]) -> None:
        """Have site operators watch and react from now on; `LabError` for one that the world
        does not have. Who does so already goes on."""
        for name in operators:
            entry = self._world.site_operators.get(name)
            if entry is None:
                kind = message("site operator")
                raise LabError(unknown(kind, name, self._world.site_operators))
            if name not in self._watched:
                random = self._lab.fabric.random_for(f"{name}/acts")
                team = Team(policy_of(entry), random)
                self._watched[name] = watched = _Watched(entry, team, list(entry.sites))
                self._start(self._watch(name, watched))

    def successors(self, site: str) -> tuple[Successor, ...]:
        """Return where the people of a site may turn to: itself, what opened since for its sake,
        and what was there before."""
        found = {site: Successor(site)}
        for act in self.acts:
            entry = self._world.site_operators[act.operator]
            done = act.state is OutcomeState.EXECUTED and act.act != RE_REGISTER
            if done and act.target in self._world.sites and site in entry.sites:
                same = act.act in _SAME and entry.kind == "owner"
                found[act.target] = Successor(act.target, same)
        for name, other in self._world.sites.items():
            if other.mirror_of == site:
                found[name] = Successor(name)
            elif other.substitute_of == site:
                found[name] = Successor(name, same=False)
        return tuple(found.values())

    # --- watching -------------------------------------------------------------------------

    async def _watch(self, name: str, watched: _Watched) -> None:
        lab = self._lab
        while not watched.team.is_through or self._may_catch(watched):
            next_look = lab.now + watched.entry.every
            await self._look(name, watched)
            self._try_to_catch(name, watched)
            await self._act_until(name, watched, next_look)

    async def _act_until(self, name: str, watched: _Watched, end: Instant) -> None:
        """Carry out what is due, up to the next look."""
        lab = self._lab
        while True:
            self._set_to_work(name, watched)
            coming = [plan.at for plan in watched.team.planned if plan.at > lab.now]
            until = min([end, *coming])
            if lab.now >= end:
                return
            await asyncio.sleep((until - lab.now) / SECOND)

    async def _look(self, name: str, watched: _Watched) -> None:
        sights: list[Sight] = []
        for vantage in watched.entry.vantages:
            for site in reversed(watched.sites):  # the newest first: who sees one is served
                seen = await self._lab.visit(f"https://{site}/", vantage, compare=False)
                sights.append(Sight(vantage, site, self.is_there(site, seen), seen.addresses))
                if sights[-1].is_there:
                    break
        machines = {site: self._machine(site) for site in watched.sites}
        what = loss(sights, machines)
        if what is not watched.loss:
            watched.loss, watched.since = what, self._lab.now
            self._record(name, "noticed", loss=what.value, sites=list(watched.sites))
        new, dropped = watched.team.noticed(what, self._lab.now)
        for heading, plans in (("planned", new), ("dropped a plan", dropped)):
            for plan in plans:
                self._record(name, heading, act=plan.act, target=plan.target)

    def is_there(self, site: str, seen: Observation) -> bool:
        """Whether a visitor took what came for the site: its page, and its own title."""
        title = self._lab.web.title_of(site)
        return seen.page == "site" and seen.title == title

    def _machine(self, site: str) -> tuple[str, ...]:
        host = self._lab.web.host_of(site)
        return () if host is None else self._world.hosts[host].addresses

    # --- acting ---------------------------------------------------------------------------

    def _hindrance(self, watched: _Watched) -> Hindrance:
        acts = self._lab.law.levers.acts
        about = [act for site in watched.sites for act in acts.about(site)]
        arrested = [
            act.at
            for act in about
            if act.lever is Lever.ARREST and act.operator == watched.entry.person
        ]
        frozen = [act.at for act in about if act.lever is Lever.MONEY_FREEZE]
        if watched.entry.kind == "imitator":
            frozen = []  # the money that is frozen is the owner's
        return Hindrance(min(arrested, default=None), min(frozen, default=None))

    def _set_to_work(self, name: str, watched: _Watched) -> None:
        hindrance, team, now = self._hindrance(watched), watched.team, self._lab.now
        for plan in team.due(now, hindrance):
            self._start(self._carry_out(name, watched, plan))
        held = held_up(team.planned, hindrance, team.policy, now)
        if held and not watched.told:
            cause = "arrest" if hindrance.arrested is not None else "money frozen"
            self._record(name, "is held up", by=cause)
        watched.told = held

    async def _carry_out(self, name: str, watched: _Watched, plan: Planned) -> None:
        since = watched.since
        try:
            if plan.act == "move-host":
                reason = await self._openings.move(watched.sites[-1], plan.target)
            else:
                reason = await self._openings.open(plan.target, watched.entry.vantages[0])
        except LabError as error:
            self._done(name, plan.act, plan.target, OutcomeState.REFUSED, error.message, since)
        else:
            if plan.act != "move-host" and watched.entry.kind == "owner":
                watched.sites.append(plan.target)
            self._done(name, plan.act, plan.target, OutcomeState.EXECUTED, reason, since)
        watched.team.over()

    def _may_catch(self, watched: _Watched) -> bool:
        return watched.entry.dropped is not None and not watched.caught

    def _try_to_catch(self, name: str, watched: _Watched) -> None:
        catch = watched.entry.dropped
        if catch is not None and not watched.caught and self._openings.is_dropped(catch.name):
            watched.caught = True
            self._record(name, "noticed", dropped=catch.name)
            self._start(self._catch(name, watched, self._lab.now))

    async def _catch(self, name: str, watched: _Watched, since: Instant) -> None:
        catch = watched.entry.dropped
        assert catch is not None
        delay = watched.team.random.randint(catch.after.least, catch.after.most)
        await asyncio.sleep(delay / SECOND)
        try:
            reason = await self._openings.catch(catch, watched.entry.vantages[0])
        except LabError as error:  # somebody else was faster
            state, reason = OutcomeState.REFUSED, error.message
        else:
            state = OutcomeState.EXECUTED
        self._done(name, RE_REGISTER, catch.name, state, reason, since)

    # --- inside ---------------------------------------------------------------------------

    def _done(
        self,
        name: str,
        act: str,
        target: str,
        state: OutcomeState,
        reason: Message,
        since: Instant,
    ) -> None:
        self.acts.append(Reacted(self._lab.now, name, act, target, state, reason, since))
        self._record(name, state.value, act=act, target=target, reason=str(reason))

    def _record(self, name: str, what: str, **details: object) -> None:
        self._lab.journal.record(name, what, **details)

    def _start(self, program: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(program)
        self._tasks[task] = None  # a loop holds its tasks by weak references alone
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if not task.cancelled():
            task.result()  # what failed in it is the lab's failure, told by whoever runs the lab


def policy_of(entry: SiteOperator) -> Policy:
    """Return how a site operator of a world reacts."""
    kinds = {
        "blocked": (Loss.BLOCKED,),
        "name_lost": (Loss.NAME,),
        "machine_lost": (Loss.MACHINE,),
        "gone": (Loss.NAME, Loss.MACHINE),
        "lost": (Loss.BLOCKED, Loss.NAME, Loss.MACHINE),
    }
    reactions = {
        kind: Reaction(reaction.act, reaction.to, reaction.after.least, reaction.after.most)
        for field_name, reaction in entry.reactions()
        for kind in kinds[field_name]
    }
    return Policy(reactions, entry.kind == "imitator", entry.after_arrest, entry.money_delay)
