"""Runs a scenario step by step: what is done, what is seen, whether it was expected."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab import Lab, OrderOutcome, Part
from simulator.measures import Measure
from simulator.scenario.copying import copy_server
from simulator.scenario.expectations import Copy, Verdict, judge
from simulator.scenario.models import (
    ALL,
    Coordinate,
    Diagnose,
    Look,
    Member,
    Order,
    Resolve,
    Scenario,
    Step,
    Visit,
    asks,
)
from simulator.values import Instant, Lever, Observation, StageTiming
from simulator.world.faults import Fault, Faults
from simulator.world.fields import Text
from simulator.world.ordered import measure_of

if TYPE_CHECKING:
    from simulator.lab.audience import Count
    from simulator.lab.other_side import Reacted
    from simulator.lab.public_record import Kind, PublicRecord
    from simulator.lab.registrants import RequestOutcome
    from simulator.lab.registration import Heard
    from simulator.net import Clock
    from simulator.roles.resolver.stub import Answer
    from simulator.scenario.loader import Lesson
    from simulator.scenario.others import Others


@dataclass(slots=True)
class StepRun:
    """One step as it went. ``began`` and ``ended`` are lab instants."""

    step: Step
    id: str
    title: Text | None
    """Opens an act; None belongs to the act before. An author who gave none gets the ids."""
    number: int
    began: Instant
    ended: Instant = 0
    observations: list[Observation] = field(default_factory=list)
    diagnosed: list[Observation] = field(default_factory=list)
    """Those of the observations that were looked into."""
    controls: dict[str, Observation] = field(default_factory=dict)
    """What the test helper saw of each URL, where the run was asked to have it look."""
    outcomes: list[OrderOutcome] = field(default_factory=list)
    lifted: list[OrderOutcome] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    requests: list[RequestOutcome] = field(default_factory=list)
    """What registrants asked of registrars."""
    records: list[PublicRecord] = field(default_factory=list)
    """What public directories said."""
    heard: list[Heard] = field(default_factory=list)
    """What registrars were told by their registries."""
    reacted: list[Reacted] = field(default_factory=list)
    """What the other side did in this step."""
    counts: list[Count] = field(default_factory=list)
    site_operators: tuple[str, ...] = ()
    """Those who were watching when it ended."""
    verdicts: list[Verdict] = field(default_factory=list)


class ScenarioRun:
    """A scenario under way in a lab of its own. Iterate over `steps`, then `close`."""

    def __init__(
        self,
        lesson: Lesson,
        *,
        seed: int = 0,
        clock: Clock | None = None,
        language: str = "en",
        capture: bool = False,
        controls: bool = False,
    ) -> None:
        """``controls`` has the test helper visit whatever is visited, as OONI's does."""
        self.name = lesson.name
        self._place_of_step = lesson.place_of_step
        self.scenario: Scenario = lesson.scenario
        self.world = lesson.world
        self.seed = seed
        self._language = language
        self.lab = Lab(
            lesson.world,
            seed=seed,
            start=self.scenario.start,
            clock=clock,
            language=language,
        )
        if capture:
            self.lab.record()
        self.done: list[StepRun] = []
        self._others: Others | None = None
        self._controls = controls and self.world.control is not None
        self._resolvers = {
            self.lab.people.resolver_address(resolver): resolver
            for resolver in lesson.world.resolvers
        }

    def close(self) -> None:
        """End the lab."""
        self.lab.close()

    def date(self, at: Instant) -> datetime.datetime:
        """Return the calendar date of an instant."""
        return self.lab.clock.date(at)

    @property
    def passed(self) -> bool:
        """Whether every expectation so far has held."""
        return all(verdict.passed for run in self.done for verdict in run.verdicts)

    def steps(self) -> Iterator[StepRun]:
        """Run the steps one by one; each is yielded once it is over."""
        untitled = all(step.title is None for step in self.scenario.steps)
        for number, step in enumerate(self.scenario.steps, 1):
            name = step.id or f"step-{number}"
            title = step.title
            if title is None and (number == 1 or untitled):
                title = Text(en=name)
            run = StepRun(step, name, title, number, self.lab.now)
            heard = len(self.lab.registration.heard)
            self._carry_through(run)
            run.ended = self.lab.now
            run.heard = self.lab.registration.heard[heard:]
            run.verdicts = judge(step, run, self._resolvers)
            self.done.append(run)
            yield run

    def _carry_through(self, run: StepRun) -> None:
        """Do a step; what cannot be done is told with its place in the author's file."""
        try:
            self.lab.run(self._run(run))
        except LabError as error:
            file, line, column = self._place_of_step(run.number - 1)
            fault = Fault(file, line, column, f"steps[{run.number - 1}]", error.message)
            raise Faults([fault]) from error

    async def _run(self, run: StepRun) -> None:
        """Do a step's actions in the order of the vocabulary."""
        step, lab = run.step, self.lab
        if step.disconnect is not None:
            for who in self._vantages(step.disconnect.who):
                await lab.disconnect(who)
        for connect in step.connect:
            for who in self._vantages(connect.who):
                await lab.connect(who, connect.via)
        for lifted in step.lift:
            run.lifted += await lab.lift(lifted)
        if asks(step):
            run.requests += await self._ask_registrars(step)
        if step.other_side or step.audience:
            self._begin(step)
        given = [self._order(run.id, order) for order in step.order]
        for outcomes in await asyncio.gather(*given):
            run.outcomes += outcomes
        if step.coordinate is not None:
            run.outcomes += await self._coordinate(run.id, step.coordinate)
        if step.wait is not None:
            await self._wait(step)
        if step.evidence is not None:
            told = [outcome for each in (*self.done, run) for outcome in each.outcomes]
            copy = await copy_server(self.lab, run.id, step.evidence, told, self._language)
            run.copies.append(copy)
        if step.visit is not None:
            run.observations += await self._visit(run, step.visit)
        if step.resolve is not None:
            run.observations += await self._resolve(step.resolve)
        if step.look is not None:
            run.records += await self._look(step.look)
        if step.diagnose is not None:
            run.diagnosed += await self._diagnose(run, step.diagnose)
            run.observations += run.diagnosed
        if self._others is not None:
            run.counts += await self._others.count(step.audience)
            run.reacted += self._others.reacted()
            run.site_operators = self._others.watching

    async def _wait(self, step: Step) -> None:
        assert step.wait is not None
        if step.wait.until is not None:
            await self.lab.wait_until(self.lab.clock.instant(step.wait.until))
        else:
            assert step.wait.duration is not None
            await self.lab.wait(step.wait.duration)

    def _begin(self, step: Step) -> None:
        """Let the other side stir. Imported only where a scenario has one."""
        if self._others is None:
            from simulator.scenario.others import Others

            self._others = Others(self.lab)
        self._others.begin(step.other_side)

    # --- looking ----------------------------------------------------------------------------

    def _vantages(self, named: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.world.vantages) if ALL in named else named

    async def _visit(self, run: StepRun, visit: Visit) -> list[Observation]:
        who, compare = self._vantages(visit.vantages), not self._controls
        seen = await self.lab.visit_all(visit.url, who, visit.via, compare=compare)
        if compare:
            return seen
        seen, controls = await self.lab.examiner.judge(seen, thoroughly=True)
        run.controls |= controls
        return seen

    async def _diagnose(self, run: StepRun, diagnose: Diagnose) -> list[Observation]:
        """Look from one place after the other: whoever looks leaves traces in caches."""
        from simulator.lab.examination import put_down

        seen = []
        for vantage in self.world.vantages:
            if vantage in self._vantages(diagnose.vantages):
                found = await self.lab.diagnose(diagnose.url, vantage, diagnose.via)
                subject, control = found.evidence.subject, found.evidence.control
                seen.append(put_down(subject, found.diagnosis))
                if control is not None:
                    run.controls[subject.url] = control
        return seen

    async def _resolve(self, resolve: Resolve) -> list[Observation]:
        seen = []
        for vantage in self.world.vantages:
            if vantage in self._vantages(resolve.vantages):
                answer = await self.lab.resolve(resolve.name, vantage, resolve.type, resolve.via)
                seen.append(self._as_observation(vantage, resolve, answer))
        return seen

    def _as_observation(self, vantage: str, resolve: Resolve, answer: Answer) -> Observation:
        """A lookup is a visit that went no further than its first stage."""
        found = tuple(record.data for record in answer.records if record.type == resolve.type)
        return Observation(
            at=answer.began,
            vantage=vantage,
            country=self.world.country_of(self.world.vantages[vantage].network),
            via=resolve.via or self.lab.people.person(vantage).via,
            url=f"dns:{resolve.name}?type={resolve.type}",  # RFC 4501
            stage=None if answer.failure is None else "dns",
            failure=answer.failure,
            resolver=answer.resolver,
            addresses=found,
            rcode=answer.rcode,
            extended_error=answer.extended_error,
            timings=(StageTiming("dns", answer.began, answer.ended, answer.failure or ""),),
            ended=answer.ended,
        )

    async def _look(self, look: Look) -> list[PublicRecord]:
        from simulator.lab.public_record import look_up

        kind: Kind = "whois" if look.rdap is None else "rdap"
        who = self._vantages(look.vantages)
        return [
            await look_up(self.lab, kind, look.name, vantage)
            for vantage in self.world.vantages
            if vantage in who
        ]

    # --- registrants ------------------------------------------------------------------------

    async def _ask_registrars(self, step: Step) -> list[RequestOutcome]:
        """Have registrants do what the step says, one after the other."""
        registrants = self.lab.registrants
        asked: list[RequestOutcome] = []
        if (new := step.register_) is not None:
            registrant = new.registrant or self.world.domains[new.name].registrant.en
            asked.append(
                await registrants.register(
                    new.by, new.name, registrant, new.nameservers, vantage=new.vantage
                )
            )
        if (open_ := step.unlock) is not None:
            asked.append(await registrants.lock(open_.name, False, vantage=open_.vantage))
        if (move := step.move) is not None:
            asked.append(await registrants.move(move.name, move.nameservers, vantage=move.vantage))
        if (transfer := step.transfer) is not None:
            asked += await registrants.transfer(
                transfer.name, transfer.to, vantage=transfer.vantage
            )
        if (lock := step.lock) is not None:
            asked.append(await registrants.lock(lock.name, vantage=lock.vantage))
        return asked

    # --- orders -----------------------------------------------------------------------------

    async def _order(self, key: str, order: Order) -> list[OrderOutcome]:
        action: Measure | Lever
        if order.measure is not None:
            action = measure_of(order.measure, order.name, self.world)
        else:
            assert order.lever is not None
            action = order.lever
        return await self.lab.order(
            order.by,
            order.to,
            action,
            order.name,
            key=key,
            wait=order.wait_for_it,
            machine=order.scope == "machine",
            banner=order.banner,
            registrar=order.registrar,
            keep_ds=order.keep_ds,
            instrument=order.instrument,
        )

    async def _coordinate(self, key: str, entry: Coordinate) -> list[OrderOutcome]:
        wanted = None
        if entry.on is not None:
            wanted = self.lab.clock.instant(entry.on)
        elif entry.after is not None:
            wanted = self.lab.now + entry.after
        parts = [self._part(entry, member) for member in entry.members]
        return await self.lab.coordinate(entry.by, parts, key=key, wanted=wanted)

    def _part(self, entry: Coordinate, member: Member) -> Part:
        return Part(
            member.by,
            member.to,
            member.lever,
            member.name or entry.name,
            machine=member.scope == "machine",
            banner=member.banner or entry.banner,
            registrar=member.registrar,
            keep_ds=member.keep_ds,
            instrument=member.instrument,
            preparation=member.preparation,
        )
