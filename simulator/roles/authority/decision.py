"""The values of a decision: the case, the way, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from simulator.roles.authority.actors import (
    Action,
    Authority,
    Effect,
    Label,
    Operator,
    effect,
)
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import NO_DELAY, Delay, Instrument
from simulator.values import Message, message


class Step(NamedTuple):
    """One leg of the way from the authority to the operator."""

    by: Label
    to: Label
    instrument: str
    name: Message
    delay: Delay


@dataclass(frozen=True, slots=True)
class Coordination:
    """How an authority goes abroad.

    ``instrument`` is the id of the one that it uses, or None for the lab's choice;
    ``partner`` is the operator's own authority, or None for whichever is competent.
    """

    instrument: str | None = None
    partner: Authority | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of an order. Without a path it is refused; ``reason`` says why, or why not.

    ``binding`` is whether the operator must; it may act all the same (a local request).
    ``source`` and ``doubt`` are those of the instrument that decided; ``source`` is English,
    the key of its translation.
    """

    authority: Authority
    operator: Operator
    action: Action
    binding: bool
    path: tuple[Step, ...]
    reason: Message
    source: str = ""
    doubt: Doubt | None = None

    @property
    def refused(self) -> bool:
        """Whether nothing comes of it."""
        return not self.path

    @property
    def delay(self) -> Delay:
        """From the order to its effect."""
        total = NO_DELAY
        for step in self.path:
            total = total.plus(step.delay)
        return total


class Case(NamedTuple):
    """What is to be decided."""

    authority: Authority
    operator: Operator
    action: Action
    on: date
    instruments: tuple[Instrument, ...]

    @property
    def effect(self) -> Effect:
        """What the action does."""
        return effect(self.action)

    def refused(self, reason: Message, instrument: Instrument | None = None) -> Decision:
        """Return the decision that nothing comes of it."""
        return Decision(
            self.authority,
            self.operator,
            self.action,
            False,
            (),
            reason,
            "" if instrument is None else str(instrument.source),
            None if instrument is None else instrument.doubt,
        )

    def executed(
        self, instrument: Instrument, binding: bool, path: tuple[Step, ...], reason: Message
    ) -> Decision:
        """Return the decision that something comes of it, by this instrument."""
        return Decision(
            self.authority,
            self.operator,
            self.action,
            binding,
            path,
            reason,
            str(instrument.source),
            instrument.doubt,
        )

    def may_issue(self, instrument: Instrument) -> bool:
        """Whether this authority can issue the instrument."""
        issuers = instrument.issuers
        return self.authority.kind in instrument.issuer_kinds and (
            issuers is None or issuers.binds(self.authority.country, self.on)
        )

    def reaches(self, instrument: Instrument) -> bool:
        """Whether the instrument leads to the operator's country."""
        reaches = instrument.reaches
        return reaches is None or reaches.binds(self.operator.country, self.on)

    def concerns(self, instrument: Instrument) -> bool:
        """Whether the instrument is for this kind of operator."""
        kinds = instrument.operator_kinds
        return kinds is None or self.operator.kind in kinds

    def carries(self, instrument: Instrument) -> bool:
        """Whether the instrument, or the local law it sets in motion, does what is wanted."""
        return self.effect in instrument.carries or self.effect in instrument.local

    def usable(self, instrument: Instrument) -> bool:
        """Whether this authority could use the instrument for this, on this date."""
        return (
            self.may_issue(instrument)
            and self.reaches(instrument)
            and self.concerns(instrument)
            and self.carries(instrument)
            and instrument.in_force(self.on)
        )

    def declined(self, instrument: Instrument) -> Decision:
        """Return the refusal of an operator that is only asked."""
        return self.refused(
            message(
                "{instrument} obliges {operator} to nothing, and it declines",
                instrument=instrument.name,
                operator=self.operator.name,
            ),
            instrument,
        )
