"""What came of an order: a value for reports, results and expectations."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.measures import AddressMeasure, DnsMeasure, Measure
from simulator.values import Instant, Lever, Message, OutcomeState


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """One order at one operator.

    ``at`` is when it was executed or refused, for a pending one when it was given; ``key`` is
    what it can be lifted by. ``source`` and ``doubtful`` are those of the rule that decided.
    """

    key: str
    by: str
    to: str
    action: str
    name: str | None
    state: OutcomeState
    at: Instant
    reason: Message
    path: tuple[Message, ...] = ()
    source: str = ""
    doubtful: bool = False


def action_label(action: Measure | Lever) -> str:
    """Return an action in one word: ``host-takeover``, ``dns:nxdomain``, ``address:drop``."""
    if isinstance(action, Lever):
        return action.value
    if isinstance(action, DnsMeasure):
        return f"dns:{action.lie.value}"
    assert isinstance(action, AddressMeasure)
    return f"address:{action.action.value}"
