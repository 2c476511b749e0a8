"""A coordinated operation: several authorities, each with its lever, on one date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from simulator.roles.authority.actors import Action, Authority, AuthorityKind, Operator, at_home
from simulator.roles.authority.decision import Coordination, Decision
from simulator.roles.authority.instruments import Instrument
from simulator.roles.authority.logic import decide
from simulator.values import Duration, Instant, Message, message


@dataclass(frozen=True, slots=True)
class Member:
    """One part in an operation: who acts on whom, how.

    ``instrument`` is by which the leading authority reaches the member (or the operator);
    None leaves the choice to the lab. ``preparation`` is how long this part takes before
    it can be done; None takes what its way takes as a rule.
    """

    authority: Authority
    operator: Operator
    action: Action
    instrument: str | None = None
    preparation: Duration | None = None


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """What becomes of a member: when it can act, or that it cannot, and why."""

    member: Member
    decision: Decision
    ready: Instant | None
    reason: Message

    @property
    def refused(self) -> bool:
        """Whether no path reaches this member's operator."""
        return self.ready is None


@dataclass(frozen=True, slots=True)
class Plan:
    """``earliest`` is when the slowest member is ready; ``joint`` when all who can, act."""

    members: tuple[MemberPlan, ...]
    earliest: Instant | None
    joint: Instant | None

    @property
    def taking_part(self) -> tuple[MemberPlan, ...]:
        """The members who act on the joint date."""
        if self.joint is None:
            return ()
        return tuple(
            each for each in self.members if each.ready is not None and each.ready <= self.joint
        )

    @property
    def late(self) -> tuple[MemberPlan, ...]:
        """The members who could act, but not by the date that was wanted."""
        if self.joint is None:
            return ()
        return tuple(
            each for each in self.members if each.ready is not None and each.ready > self.joint
        )

    @property
    def refused(self) -> tuple[MemberPlan, ...]:
        """The members whom no path reaches."""
        return tuple(each for each in self.members if each.refused)


def plan(
    lead: Authority,
    members: Sequence[Member],
    on: date,
    start: Instant,
    wanted: Instant | None = None,
    instruments: Sequence[Instrument] | None = None,
) -> Plan:
    """Plan an operation that ``lead`` begins at ``start``, which is the date ``on``.

    All act together when the slowest is ready, or at ``wanted``: who is not ready by
    then is late and does not act. What is not in force on the day it begins is not used.
    """
    planned = tuple(_member(lead, member, on, start, instruments) for member in members)
    instants = [each.ready for each in planned if each.ready is not None]
    earliest = max(instants, default=None)
    return Plan(planned, earliest, earliest if wanted is None or earliest is None else wanted)


def _member(
    lead: Authority,
    member: Member,
    on: date,
    start: Instant,
    instruments: Sequence[Instrument] | None,
) -> MemberPlan:
    decision = _decision(lead, member, on, instruments)
    if decision.refused:
        return MemberPlan(member, decision, None, decision.reason)
    expected = decision.delay.expected
    preparation = expected if member.preparation is None else member.preparation
    return MemberPlan(
        member,
        decision,
        start + preparation,
        message(
            "{authority} can act on {operator}: {reason}",
            authority=member.authority.name,
            operator=member.operator.name,
            reason=decision.reason,
        ),
    )


def _decision(
    lead: Authority, member: Member, on: date, instruments: Sequence[Instrument] | None
) -> Decision:
    authority, operator, action = member.authority, member.operator, member.action
    # A coordinator's request binds nobody: under it, each acts by its own law.
    led = lead.kind is not AuthorityKind.COORDINATOR and authority.country != lead.country
    if not led or not at_home(authority, operator):
        by_itself = Coordination(member.instrument)
        return decide(authority, operator, action, on, by_itself, instruments)
    return decide(
        lead, operator, action, on, Coordination(member.instrument, authority), instruments
    )
