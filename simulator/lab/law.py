"""Orders: who gives them, whether they bind, how long they take, what came of them."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from simulator.errors import LabError
from simulator.lab.carried import ALSO_ORDERED, Details, LeverRefused
from simulator.lab.orders import OrderOutcome, action_label
from simulator.lab.words import unknown
from simulator.measures import Measure
from simulator.roles.authority.actors import (
    Authority,
    AuthorityKind,
    Name,
    Operator,
    OperatorKind,
)
from simulator.roles.authority.decision import Coordination, Decision
from simulator.roles.authority.logic import decide
from simulator.roles.authority.operation import Member, MemberPlan, Plan, plan
from simulator.roles.registry.poll import Cause
from simulator.values import SECOND, Duration, Instant, Lever, Message, Now, OutcomeState, message

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.carried import Undo
    from simulator.lab.levers import Levers
    from simulator.world.fields import Text
    from simulator.world.models import World

T = TypeVar("T")

_REFUSED = message("nothing to lift: it was refused")
_ALREADY = message("nothing to lift: it is lifted already")


@dataclass(frozen=True, slots=True)
class Part:
    """What one operator is told in an order or an operation."""

    authority: str
    operator: str
    action: Measure | Lever
    name: str | None
    machine: bool = False
    banner: str | None = None
    instrument: str | None = None
    registrar: str | None = None
    """Who gets a transferred name; the only one of an authority unless stated."""
    keep_ds: bool = False
    """Whether a redelegation leaves the DS records of the old keys behind: a mistake."""
    preparation: Duration | None = None
    """In an operation: how long this part takes before it can be done, if that is known."""


class _InForce(NamedTuple):
    """What was executed, and how to take it back."""

    outcome: OrderOutcome
    undo: Undo


class Law:
    """Gives orders to operators, and keeps what can be lifted again."""

    def __init__(
        self,
        world: World,
        levers: Levers,
        now: Now,
        date: Callable[[], datetime.datetime],
        journal: Journal,
    ) -> None:
        self.levers = levers
        self._now = now
        self._date = date
        self._journal = journal
        self.authorities = {
            name: Authority(name, _name(entry.name), entry.country, AuthorityKind(entry.kind))
            for name, entry in world.authorities.items()
        }
        self.operators = {
            name: Operator(
                name,
                _name(entry.name),
                entry.country,
                OperatorKind(entry.kind),
                jurisdiction=world.jurisdiction_of(entry.country),
            )
            for name, entry in world.operators.items()
        }
        self._pulled = 0
        self._in_force: dict[str, list[_InForce]] = {}
        """By key what was executed, oldest first; a key without anything in force is known."""
        self._over: dict[str, list[tuple[OrderOutcome, Message]]] = {}
        """By key what there is no more to lift of, each with why."""
        self._under_way: dict[str, dict[asyncio.Task[OrderOutcome], OrderOutcome]] = {}
        """Orders that nobody waits for, with what was said of them when they were given."""

    def authority(self, name: str) -> Authority:
        """Return an authority by id; `LabError` for one that the world does not have."""
        return _known(message("authority"), name, self.authorities)

    def operator(self, name: str) -> Operator:
        """Return an operator by id; `LabError` for one that the world does not have."""
        return _known(message("operator"), name, self.operators)

    # --- orders -----------------------------------------------------------------------------

    async def order(self, key: str, parts: Sequence[Part]) -> list[OrderOutcome]:
        """Give an order to operators, and return when each has executed or refused it."""
        self._in_force.setdefault(key, [])
        return await asyncio.gather(*(self._order(key, part) for part in parts))

    def order_and_go_on(self, key: str, parts: Sequence[Part]) -> list[OrderOutcome]:
        """Give an order and let it take its time; return how it stands when given."""
        self._in_force.setdefault(key, [])
        under_way = self._under_way.setdefault(key, {})
        given: list[OrderOutcome] = []
        for part in parts:
            outcome = self._as_given(key, part)
            given.append(outcome)
            task = asyncio.get_running_loop().create_task(self._order(key, part))
            under_way[task] = outcome
            task.add_done_callback(lambda done: under_way.pop(done, None))
        return given

    async def _order(self, key: str, part: Part) -> OrderOutcome:
        decision = self._decide(part)
        self._record(part, "ordered", decision.reason)
        if not decision.refused:
            await asyncio.sleep(decision.delay.expected / SECOND)
        return await self._execute(key, part, decision)

    def _as_given(self, key: str, part: Part) -> OrderOutcome:
        decision = self._decide(part)
        state = OutcomeState.REFUSED if decision.refused else OutcomeState.PENDING
        return self._outcome(key, part, decision, state, decision.reason)

    def _decide(self, part: Part) -> Decision:
        coordination = None if part.instrument is None else Coordination(part.instrument)
        return decide(
            self.authority(part.authority),
            self.operator(part.operator),
            part.action,
            self._date().date(),
            coordination,
        )

    # --- coordinated operations -----------------------------------------------------------

    async def coordinate(
        self, key: str, lead: str, parts: Sequence[Part], wanted: Instant | None = None
    ) -> list[OrderOutcome]:
        """Have authorities act together on one date, and return when they have.

        ``wanted`` is that date; None takes the earliest at which all who can act are ready.
        """
        members = [
            Member(
                self.authority(part.authority),
                self.operator(part.operator),
                part.action,
                part.instrument,
                part.preparation,
            )
            for part in parts
        ]
        self._in_force.setdefault(key, [])
        planned = plan(self.authority(lead), members, self._date().date(), self._now(), wanted)
        for part, member in zip(parts, planned.members, strict=True):
            self._record(part, "planned", member.reason)
        if planned.joint is not None:
            await asyncio.sleep(max(0, planned.joint - self._now()) / SECOND)
        return [
            await self._act(key, part, member, planned)
            for part, member in zip(parts, planned.members, strict=True)
        ]

    async def _act(self, key: str, part: Part, member: MemberPlan, planned: Plan) -> OrderOutcome:
        if member in planned.late:
            too_late = message(
                "{operator} was not reached in time: the operation did not wait for it",
                operator=self.operator(part.operator).name,
            )
            outcome = self._outcome(key, part, member.decision, OutcomeState.REFUSED, too_late)
            self._note_refused(outcome)
            return outcome
        return await self._execute(key, part, member.decision)

    # --- execution ------------------------------------------------------------------------

    async def _execute(self, key: str, part: Part, decision: Decision) -> OrderOutcome:
        state, reason = OutcomeState.REFUSED, decision.reason
        details: Details = ()
        undo: Undo | None = None
        if not decision.refused:
            self._pulled += 1
            try:
                carried = await self.levers.pull(
                    f"{key}/{part.operator}/{self._pulled}",
                    part.operator,
                    part.action,
                    part.name,
                    machine=part.machine,
                    banner=part.banner,
                    registrar=part.registrar,
                    keep_ds=part.keep_ds,
                    cause=self._cause(key, part),
                )
            except LeverRefused as refused:
                reason, details = refused.message, refused.details
            except LabError as error:
                reason = error.message
            else:
                state, details, undo = OutcomeState.EXECUTED, carried.details, carried.undo
                reason = _warned(reason, carried.warning)
        self._record(part, state.value, reason)
        outcome = self._outcome(key, part, decision, state, reason)
        outcome = replace(outcome, details=details)
        if undo is not None:
            self._in_force.setdefault(key, []).append(_InForce(outcome, undo))
        else:
            self._note_refused(outcome)
        return outcome

    def _cause(self, key: str, part: Part) -> Cause:
        """Return what a registry tells registrars of an order: whose it is, and its key."""
        authority = str(self.authority(part.authority).name)
        return Cause(reason=authority, case=key, case_name="order")

    # --- lifting --------------------------------------------------------------------------

    async def lift(self, key: str) -> list[OrderOutcome]:
        """Take back what was executed under a key, and withdraw what was still under way.

        What cannot be taken back is told as refused, with the reason, and the rest is taken
        back all the same; it stays in force and can be lifted again. What another order keeps
        is told as refused, too, and is lifted. Where nothing is left to lift, each order that
        was refused or is lifted is told as that. `LabError` if nothing was ordered under the
        key.
        """
        if key not in self._in_force:
            raise LabError(message("nothing was ordered under '{key}'", key=key))
        in_force, self._in_force[key] = self._in_force[key], []
        withdrawn = self._withdraw(key)
        if not in_force and not withdrawn:
            return self._nothing_to_lift(key)
        lifted, remaining = await self._undo_all(in_force)
        self._in_force[key][:0] = remaining
        still = [each.outcome for each in remaining]
        over = self._over.setdefault(key, [])
        over += [(each.outcome, _ALREADY) for each in in_force if each.outcome not in still]
        over += [(outcome, _ALREADY) for outcome in withdrawn]
        self._journal.record("law", "lifted", order=key)
        return withdrawn + lifted

    async def _undo_all(
        self, in_force: Sequence[_InForce]
    ) -> tuple[list[OrderOutcome], list[_InForce]]:
        """Undo the last first; return what came of each, and what can be tried again."""
        ended: list[OrderOutcome] = []
        remaining: list[_InForce] = []
        for each in reversed(in_force):
            state, reason = OutcomeState.EXECUTED, message("lifted")
            details: Details = ()
            try:
                details = await each.undo() or ()
            except LabError as error:
                state, reason = OutcomeState.REFUSED, error.message
                remaining.insert(0, each)
            others = dict(details).get(ALSO_ORDERED)
            if others is not None:
                state = OutcomeState.REFUSED
                reason = message("also ordered by step {steps}, so it stays", steps=others)
            ended.insert(
                0,
                replace(each.outcome, state=state, reason=reason, at=self._now(), details=details),
            )
        return ended, remaining

    def _withdraw(self, key: str) -> list[OrderOutcome]:
        withdrawn: list[OrderOutcome] = []
        for task, outcome in self._under_way.pop(key, {}).items():
            task.cancel()
            if outcome.state is OutcomeState.PENDING:
                reason = message("withdrawn before it took effect")
                withdrawn.append(replace(outcome, reason=reason, at=self._now()))
            else:
                self._note_refused(outcome)
        return withdrawn

    def _note_refused(self, outcome: OrderOutcome) -> None:
        self._over.setdefault(outcome.key, []).append((outcome, _REFUSED))

    def _nothing_to_lift(self, key: str) -> list[OrderOutcome]:
        return [
            replace(
                outcome,
                state=OutcomeState.REFUSED,
                reason=reason,
                at=self._now(),
                details=(),
                nothing_to_lift=True,
            )
            for outcome, reason in self._over.get(key, ())
        ]

    # --- words ----------------------------------------------------------------------------

    def _outcome(
        self, key: str, part: Part, decision: Decision, state: OutcomeState, reason: Message
    ) -> OrderOutcome:
        return OrderOutcome(
            key,
            part.authority,
            part.operator,
            action_label(part.action),
            part.name,
            state,
            self._now(),
            reason,
            tuple(step.name for step in decision.path),
            decision.source,
            decision.doubt is not None,
        )

    def _record(self, part: Part, what: str, reason: Message) -> None:
        self._journal.record(
            part.operator,
            what,
            by=part.authority,
            action=action_label(part.action),
            name=part.name,
            reason=str(reason),
        )


def _known(kind: Message, name: str, table: dict[str, T]) -> T:
    found = table.get(name)
    if found is None:
        raise LabError(unknown(kind, name, table))
    return found


def _warned(reason: Message, warning: Message | None) -> Message:
    if warning is None:
        return reason
    return message("{reason}; but {warning}", reason=reason, warning=warning)


def _name(text: Text) -> Name:
    return Name(text.en, text.fr or "")
