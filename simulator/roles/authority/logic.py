"""Whether an authority can make an operator do something, by which way, and how fast.

The rule: an authority binds operators of its own country. Abroad its order is paper,
unless an instrument of cooperation reaches the operator; and each instrument carries
only what it carries. The result always says why, so that a refusal teaches as much as
an execution.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from simulator.roles.authority import abroad, home
from simulator.roles.authority.actors import (
    KIND_NAMES,
    Action,
    Authority,
    AuthorityKind,
    Operator,
    action_name,
    at_home,
    either,
    hands,
)
from simulator.roles.authority.decision import Case, Coordination, Decision
from simulator.roles.authority.instruments import Instrument
from simulator.roles.authority.lawbook import lawbook
from simulator.values import message


def decide(
    authority: Authority,
    operator: Operator,
    action: Action,
    on: date,
    coordination: Coordination | None = None,
    instruments: Sequence[Instrument] | None = None,
) -> Decision:
    """Decide what an order comes to on a date.

    Without ``coordination`` it is a plain order; abroad such an order is refused, and the
    reason names what could reach the operator. `LabError` for an unknown instrument.
    """
    case = Case(authority, operator, action, on, _all(instruments))
    if operator.kind not in hands(action):
        return case.refused(
            message(
                "{operator} has no such lever: {action} is for {owners}",
                operator=operator.name,
                action=action_name(action),
                owners=either(tuple(KIND_NAMES[kind] for kind in hands(action))),
            )
        )
    if authority.kind is AuthorityKind.COORDINATOR:
        return case.refused(
            message(
                "{authority} brings authorities together and has no coercive power:"
                " what it asks binds nobody",
                authority=authority.name,
            )
        )
    if at_home(authority, operator):
        return home.at_home(case, None if coordination is None else coordination.instrument)
    if coordination is None:
        return abroad.ordered(case)
    return abroad.coordinated(case, coordination)


def ways_abroad(
    authority: Authority,
    operator: Operator,
    action: Action,
    on: date,
    instruments: Sequence[Instrument] | None = None,
) -> tuple[Instrument, ...]:
    """Return the instruments that could carry an action to a foreign operator, best first."""
    return abroad.ways(Case(authority, operator, action, on, _all(instruments)))


def _all(instruments: Sequence[Instrument] | None) -> tuple[Instrument, ...]:
    return lawbook().instruments if instruments is None else tuple(instruments)
