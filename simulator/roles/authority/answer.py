"""One question: can this authority make this operator pull this lever?

The answer lists every way, the best first, with its steps, how long it takes, whether it
binds and by which source; and what stands in the way of every other instrument, so that
a "no" says what was missing: not in force then, not for this authority, no reach, no such
effect.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from simulator.roles.authority import abroad, home
from simulator.roles.authority.actors import (
    KIND_NAMES,
    Action,
    Authority,
    AuthorityKind,
    Name,
    Operator,
    action_name,
    at_home,
    hands,
)
from simulator.roles.authority.decision import Case, Decision, Step
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import Delay, Instrument, Route
from simulator.roles.authority.lawbook import lawbook
from simulator.roles.authority.logic import decide
from simulator.roles.authority.treaties import Treaty
from simulator.values import Message, message


@dataclass(frozen=True, slots=True)
class Question:
    """Who would have whom do what, on which day.

    ``colleagues`` are other authorities that are known, by whose names the steps abroad are
    told; a country without one has its "competent authority".
    """

    authority: Authority
    operator: Operator
    action: Action
    on: date
    colleagues: tuple[Authority, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way that leads to the operator.

    ``binding`` is whether the operator must. ``followed`` is whether it does in this lab: a
    request may be declined. ``delay`` is from the order to its effect.
    """

    instrument: Instrument
    binding: bool
    followed: bool
    steps: tuple[Step, ...]
    delay: Delay
    reason: Message

    @property
    def source(self) -> Message:
        """Where the rule comes from."""
        return self.instrument.source

    @property
    def doubt(self) -> Doubt | None:
        """How sure the rule is."""
        return self.instrument.doubt


class Hindrance(enum.Enum):
    """Why an instrument does not lead there."""

    NOT_IN_FORCE = "not-in-force"
    NOT_FOR_THIS_AUTHORITY = "not-for-this-authority"
    NO_REACH = "no-reach"
    NOT_FOR_THIS_OPERATOR = "not-for-this-operator"
    DOES_NOT_CARRY = "does-not-carry"
    NOBODY_EXECUTES = "nobody-executes"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """An instrument that does not lead there, and why not.

    ``unknown`` says so where it was not found whether it reaches the country.
    """

    instrument: Instrument
    kind: Hindrance
    reason: Message
    unknown: Name | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``reason`` says it in a sentence; ``ways`` are ranked, the best first."""

    question: Question
    ways: tuple[Way, ...]
    obstacles: tuple[Obstacle, ...]
    reason: Message

    @property
    def compels(self) -> bool:
        """Whether some way obliges the operator."""
        return any(way.binding for way in self.ways)

    @property
    def obtains(self) -> bool:
        """Whether the operator would act, bound or not."""
        return any(way.followed for way in self.ways)


def answer(question: Question, instruments: Sequence[Instrument] | None = None) -> Answer:
    """Answer a question; a way that binds comes before one that asks, one that has a source
    before one that is inferred, the faster first."""
    authority, operator, action = question.authority, question.operator, question.action
    known = lawbook().instruments if instruments is None else tuple(instruments)
    if operator.kind not in hands(action) or authority.kind is AuthorityKind.COORDINATOR:
        # Nothing more to be looked for: the plain decision says why.
        refused = decide(authority, operator, action, question.on, None, known)
        return Answer(question, (), (), refused.reason)
    case = Case(authority, operator, action, question.on, known)
    found = list(_home(case) if at_home(authority, operator) else _abroad(case, question))
    ways = sorted((each for each in found if isinstance(each, Way)), key=_rank)
    obstacles = tuple(each for each in found if isinstance(each, Obstacle))
    return Answer(question, tuple(ways), obstacles, _summary(case, ways, obstacles))


def _rank(way: Way) -> tuple[bool, bool, bool, int]:
    inferred = way.doubt is Doubt.INFERRED
    return not way.followed, not way.binding, inferred, way.delay.expected


def _summary(case: Case, ways: Sequence[Way], obstacles: Sequence[Obstacle]) -> Message:
    words = {
        "authority": case.authority.name,
        "operator": case.operator.name,
        "action": action_name(case.action),
    }
    best = ways[0] if ways else None
    if best is not None and best.binding and best.instrument.route is Route.PARTNER:
        return message(
            "yes, by way of {partner}, whose order binds: {authority} obtains {action} at"
            " {operator} by {instrument}",
            partner=best.steps[-1].by,
            instrument=best.instrument.name,
            **words,
        )
    if best is not None and best.binding:
        return message(
            "yes, and it binds: {authority} obtains {action} at {operator} by {instrument}",
            instrument=best.instrument.name,
            **words,
        )
    if best is not None and best.followed:
        return message(
            "by asking only: nothing obliges {operator}, which follows {instrument} of its"
            " own will",
            operator=case.operator.name,
            instrument=best.instrument.name,
        )
    if best is not None:
        return message(
            "no: {authority} can only ask {operator} for {action}, and it declines", **words
        )
    late = [each for each in obstacles if each.kind is Hindrance.NOT_IN_FORCE]
    if late:
        return message(
            "no: nothing in force on {date} brings {authority} {action} at {operator}",
            date=case.on.isoformat(),
            **words,
        )
    return message("no: nothing brings {authority} {action} at {operator}", **words)


# --- at home ----------------------------------------------------------------------------------


def _home(case: Case) -> Iterator[Way | Obstacle]:
    for instrument in case.instruments:
        if instrument.route not in (Route.HOME, Route.ANYWHERE):
            continue
        if not _is_of(case.authority.country, instrument.issuers):
            continue  # another country's law says nothing here
        obstacle = _obstacle(case, instrument)
        if obstacle is not None:
            yield obstacle
        else:
            yield _way(case, instrument, home.at_home(case, instrument.id))


# --- abroad -----------------------------------------------------------------------------------


def _abroad(case: Case, question: Question) -> Iterator[Way | Obstacle]:
    for instrument in case.instruments:
        if instrument.route is Route.HOME:
            continue
        obstacle = _obstacle(case, instrument)
        if obstacle is not None:
            yield obstacle
            continue
        partner = _partner(case, instrument, question.colleagues)
        decision = abroad.carried(case, instrument, partner)
        if decision.refused and instrument.route is Route.PARTNER:
            yield Obstacle(instrument, Hindrance.NOBODY_EXECUTES, decision.reason)
        else:
            yield _way(case, instrument, decision)


def _partner(
    case: Case, instrument: Instrument, colleagues: Sequence[Authority]
) -> Authority | None:
    """Return a known authority over there that can execute it and has the power to."""
    suiting = (
        each
        for kind in instrument.partner_kinds
        for each in colleagues
        if each.kind is kind and at_home(each, case.operator)
    )
    able = (each for each in suiting if not home.at_home(case._replace(authority=each)).refused)
    return next(able, None)


# --- both -------------------------------------------------------------------------------------


def _way(case: Case, instrument: Instrument, decision: Decision) -> Way:
    followed = not decision.refused
    steps = decision.path
    if not followed:  # what would be done, if the operator did not decline
        steps = (
            Step(
                case.authority.name,
                case.operator.name,
                instrument.id,
                instrument.name,
                instrument.delay,
            ),
        )
    delay = instrument.delay if not followed else decision.delay
    return Way(instrument, decision.binding, followed, steps, delay, decision.reason)


def _obstacle(case: Case, instrument: Instrument) -> Obstacle | None:
    """Return what keeps an instrument from leading there: whom it is for comes before where."""
    if case.usable(instrument):
        return None
    countries = case.authority.country, case.operator.country
    if not instrument.in_force(case.on):
        reason = abroad.not_in_force(instrument, case.on)
        return Obstacle(instrument, Hindrance.NOT_IN_FORCE, _besides(case, instrument, reason))
    if case.authority.kind not in instrument.issuer_kinds or not _is_of(
        countries[0], instrument.issuers
    ):
        reason = message(
            "{authority} cannot issue {instrument}",
            authority=case.authority.name,
            instrument=instrument.name,
        )
        return Obstacle(instrument, Hindrance.NOT_FOR_THIS_AUTHORITY, reason)
    if not case.concerns(instrument):
        reason = message(
            "{instrument} is not for {kind} to follow",
            instrument=instrument.name,
            kind=KIND_NAMES[case.operator.kind],
        )
        return Obstacle(instrument, Hindrance.NOT_FOR_THIS_OPERATOR, reason)
    if not _is_of(countries[1], instrument.reaches):
        return _no_reach(case, instrument)
    late = _bound(case, instrument)
    if late is not None:
        return Obstacle(instrument, Hindrance.NOT_IN_FORCE, _besides(case, instrument, late))
    reason = message(
        "{instrument} does not carry {action}: {limit}",
        instrument=instrument.name,
        action=action_name(case.action),
        limit=instrument.limit,
    )
    return Obstacle(instrument, Hindrance.DOES_NOT_CARRY, reason)


def _besides(case: Case, instrument: Instrument, late: Message) -> Message:
    """Add the limit of an instrument that would be of no use in its time either."""
    if case.carries(instrument):
        return late
    return message("{late}; and {limit}", late=late, limit=instrument.limit)


def _is_of(country: str, treaty: Treaty | None) -> bool:
    """Tell whether a country is party on any day."""
    return treaty is None or country in treaty.parties


def _no_reach(case: Case, instrument: Instrument) -> Obstacle:
    assert instrument.reaches is not None
    country = case.operator.country
    reason = message(
        "{instrument} does not reach {country}, where {operator} is",
        instrument=instrument.name,
        country=place_name(country),
        operator=case.operator.name,
    )
    unknown = instrument.reaches.unknown.get(country)
    if unknown is not None:
        reason = message("{sentence}; {doubt}", sentence=reason, doubt=unknown)
    return Obstacle(instrument, Hindrance.NO_REACH, reason, unknown)


def _bound(case: Case, instrument: Instrument) -> Message | None:
    """Return the sentence on the side that is not bound on the day, if one is not."""
    for country, treaty in (
        (case.authority.country, instrument.issuers),
        (case.operator.country, instrument.reaches),
    ):
        if treaty is None or country not in treaty.parties or treaty.binds(country, case.on):
            continue
        membership = treaty.parties[country]
        if membership.since is not None and case.on < membership.since:
            return message(
                "{instrument}: {country} is bound since {since} only",
                instrument=instrument.name,
                country=place_name(country),
                since=membership.since.isoformat(),
            )
        assert membership.until is not None
        return message(
            "{instrument}: {country} was bound until {until}",
            instrument=instrument.name,
            country=place_name(country),
            until=membership.until.isoformat(),
        )
    return None


def place_name(code: str) -> Name:
    """Return the name of a country, or its code where the files do not have it."""
    place = lawbook().places.get(code)
    return Name(code) if place is None else place.name
