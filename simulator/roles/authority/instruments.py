"""Instruments: what an authority may use, on whom, for what, how fast, by which source.

An instrument is used at home (authority to operator), or abroad: directly (authority
to foreign operator) or through a partner (authority to the operator's own authority,
which then acts by its own law). The entries are data that a jurist can read and mend:
``law/instruments.yaml``. Their order is the order of preference when nobody names one.

Delays are lab time: the shortest and the longest that seem right, and the one that
scenarios use.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from simulator.roles.authority.actors import AuthorityKind, Effect, Name, OperatorKind
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.treaties import Treaty
from simulator.values import Duration, Message


class Route(enum.Enum):
    """From whom to whom an instrument leads; the value is the word in the file."""

    HOME = "home"
    """Authority to its own operators."""
    DIRECT = "direct"
    """Authority to a foreign operator."""
    PARTNER = "partner"
    """Authority to the operator's own authority."""
    ANYWHERE = "anywhere"
    """Authority to an operator, its own or a foreign one."""


class Delay(NamedTuple):
    """Durations: ``expected`` is what scenarios use, the others what may be shown."""

    shortest: Duration
    expected: Duration
    longest: Duration

    def plus(self, other: Delay) -> Delay:
        """Return this delay and then the other."""
        return Delay(
            self.shortest + other.shortest,
            self.expected + other.expected,
            self.longest + other.longest,
        )


NO_DELAY = Delay(0, 0, 0)
NOT_IN_FORCE = date.max
"""What ``since`` is of an instrument that is not in force."""


class Note(NamedTuple):
    """A remark for the page on the law, with a doubt of its own."""

    text: Name
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """One legal instrument.

    ``issuers`` and ``reaches`` are who is bound, None for everywhere; ``operator_kinds`` None
    is whoever has the lever. ``local`` are effects that the partner adds by its own law when
    it executes the request. ``whole`` says that the delay covers execution as well.
    ``on_request`` instruments are used only when named.
    """

    id: str
    name: Message
    route: Route
    issuer_kinds: tuple[AuthorityKind, ...]
    carries: tuple[Effect, ...]
    binding: bool
    delay: Delay
    limit: Message
    source: Message
    doubt: Doubt | None
    issuers: Treaty | None = None
    reaches: Treaty | None = None
    operator_kinds: tuple[OperatorKind, ...] | None = None
    partner_kinds: tuple[AuthorityKind, ...] = ()
    local: tuple[Effect, ...] = ()
    since: date | None = None
    until: date | None = None
    whole: bool = True
    on_request: bool = False
    notes: tuple[Note, ...] = ()

    def in_force(self, on: date) -> bool:
        """Tell whether it could be used on a date."""
        return (self.since is None or on >= self.since) and (self.until is None or on <= self.until)


INSTRUMENTS: tuple[Instrument, ...]
"""Those of the files, read when somebody first asks for them."""


def __getattr__(name: str) -> tuple[Instrument, ...]:
    if name == "INSTRUMENTS":
        from simulator.roles.authority.lawbook import lawbook

        return lawbook().instruments
    raise AttributeError(name)
