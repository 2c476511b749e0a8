"""Orders and requests abroad: by which instrument they arrive, if by any."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from simulator.errors import LabError
from simulator.roles.authority import home
from simulator.roles.authority.actors import (
    KIND_NAMES,
    Authority,
    AuthorityKind,
    action_name,
    at_home,
    either,
)
from simulator.roles.authority.decision import Case, Coordination, Decision, Step
from simulator.roles.authority.instruments import NO_DELAY, NOT_IN_FORCE, Instrument, Route
from simulator.values import Message, message

_WAYS_SHOWN: Final = 3

OUT_OF_REACH: Final = message(
    "{authority} is obeyed at home ({home}); {operator} is abroad ({country}) and need not obey."
    " What could reach it: {ways}"
)
"""The template of the refusal of a plain order, by which a report can gather several."""


def ways(case: Case) -> tuple[Instrument, ...]:
    """Return the instruments with which this authority could act abroad, best first."""
    return tuple(
        each for each in case.instruments if each.route is not Route.HOME and case.usable(each)
    )


def _ways_of_the_country(case: Case) -> tuple[Message, ...]:
    """What some authority of the country could use, though perhaps not this one."""
    usable: dict[str, Message] = {}
    for kind in AuthorityKind:
        colleague = case._replace(authority=replace(case.authority, kind=kind))
        usable.update((way.id, way.name) for way in ways(colleague) if not way.on_request)
    order = [each.id for each in case.instruments if each.id in usable]
    return tuple(usable[way] for way in order[:_WAYS_SHOWN])


def ordered(case: Case) -> Decision:
    """Refuse a plain order to a foreign operator, and say what could reach it."""
    could = _ways_of_the_country(case)
    if not could:
        return case.refused(
            message(
                "{authority} is obeyed at home ({home}); {operator} is abroad ({country}), and"
                " nothing in force on {date} carries {action} there: only an authority of that"
                " country can order it",
                authority=case.authority.name,
                home=case.authority.country,
                operator=case.operator.name,
                country=case.operator.country,
                date=case.on.isoformat(),
                action=action_name(case.action),
            )
        )
    return case.refused(
        message(
            OUT_OF_REACH.text,
            authority=case.authority.name,
            home=case.authority.country,
            operator=case.operator.name,
            country=case.operator.country,
            ways=either(could),
        )
    )


def coordinated(case: Case, coordination: Coordination) -> Decision:
    """Decide what an authority reaches abroad by an instrument of cooperation."""
    partner = coordination.partner
    if partner is not None and not at_home(partner, case.operator):
        return case.refused(
            message(
                "{partner} is not at home where {operator} is ({country})",
                partner=partner.name,
                country=case.operator.country,
                operator=case.operator.name,
            )
        )
    if coordination.instrument is not None:
        instrument = _named(case, coordination.instrument)
        refusal = unusable(case, instrument)
        if refusal is not None:
            return refusal
        if partner is not None and not _suits(instrument, partner):
            return _unsuited(case, instrument, partner)
        return carried(case, instrument, partner)
    for instrument in ways(case):
        if not instrument.on_request and (partner is None or _suits(instrument, partner)):
            return carried(case, instrument, partner)
    return ordered(case)


def _named(case: Case, id: str) -> Instrument:  # noqa: A002  the word that scenarios use
    for instrument in case.instruments:
        if instrument.id == id:
            return instrument
    raise LabError(
        message(
            "unknown instrument '{id}'; there are {known}",
            id=id,
            known=", ".join(instrument.id for instrument in case.instruments),
        )
    )


def unusable(case: Case, instrument: Instrument) -> Decision | None:
    """Return what stands in the way of an instrument abroad, None if nothing does."""
    if not instrument.in_force(case.on):
        return case.refused(not_in_force(instrument, case.on), instrument)
    if not case.may_issue(instrument):
        reason = message(
            "{authority} cannot issue {instrument}",
            authority=case.authority.name,
            instrument=instrument.name,
        )
    elif instrument.route is Route.HOME or not case.reaches(instrument):
        reason = message(
            "{instrument} does not reach {country}, where {operator} is",
            instrument=instrument.name,
            country=case.operator.country,
            operator=case.operator.name,
        )
    elif not case.concerns(instrument):
        reason = message(
            "{instrument} is not for {kind} to follow",
            instrument=instrument.name,
            kind=KIND_NAMES[case.operator.kind],
        )
    elif not case.carries(instrument):
        reason = message(
            "{instrument} does not carry {action}: {limit}",
            instrument=instrument.name,
            action=action_name(case.action),
            limit=instrument.limit,
        )
    else:
        return None
    return case.refused(reason, instrument)


def not_in_force(instrument: Instrument, on: date) -> Message:
    """Return the sentence that an instrument cannot be used on a day."""
    if instrument.since == NOT_IN_FORCE:
        return message(
            "{instrument} is not in force, as far as this lab knows", instrument=instrument.name
        )
    if instrument.since is None or on >= instrument.since:
        assert instrument.until is not None
        return message(
            "{instrument} cannot be used on {date}: it ended on {until}",
            instrument=instrument.name,
            date=on.isoformat(),
            until=instrument.until.isoformat(),
        )
    return message(
        "{instrument} cannot be used on {date}: it exists since {since} only",
        instrument=instrument.name,
        date=on.isoformat(),
        since=instrument.since.isoformat(),
    )


def _suits(instrument: Instrument, partner: Authority) -> bool:
    return partner.kind in instrument.partner_kinds


def _unsuited(case: Case, instrument: Instrument, partner: Authority) -> Decision:
    return case.refused(
        message(
            "{instrument} is not for {partner} to execute",
            instrument=instrument.name,
            partner=partner.name,
        ),
        instrument,
    )


def carried(case: Case, instrument: Instrument, partner: Authority | None) -> Decision:
    """Decide what a usable instrument comes to; without a partner, the competent one acts."""
    if instrument.route is not Route.PARTNER:
        return _asked_directly(case, instrument)
    if partner is None:
        partner = _competent(case.operator.country, instrument.partner_kinds[0])
    local = home.at_home(case._replace(authority=partner))
    if local.refused:
        return replace(local, authority=case.authority)
    request = Step(
        case.authority.name, partner.name, instrument.id, instrument.name, instrument.delay
    )
    execution = local.path[0]
    if instrument.whole:  # its delay runs until the local authority has acted
        execution = execution._replace(delay=NO_DELAY)
    reason = message(
        "{partner} acts by its own law, on {instrument}: {limit}",
        instrument=instrument.name,
        partner=partner.name,
        limit=instrument.limit,
    )
    binding = instrument.binding and local.binding
    return case.executed(instrument, binding, (request, execution), reason)


def _asked_directly(case: Case, instrument: Instrument) -> Decision:
    if not instrument.binding and instrument.id not in case.operator.heeds:
        return case.declined(instrument)
    path = (
        Step(
            case.authority.name,
            case.operator.name,
            instrument.id,
            instrument.name,
            instrument.delay,
        ),
    )
    reason = message(
        "{instrument} reaches {operator} directly: {limit}",
        instrument=instrument.name,
        operator=case.operator.name,
        limit=instrument.limit,
    )
    return case.executed(instrument, instrument.binding, path, reason)


def _competent(country: str, kind: AuthorityKind) -> Authority:
    name = message("the competent authority of {country}", country=country)
    return Authority(f"competent-{country.lower()}", name, country, kind)
