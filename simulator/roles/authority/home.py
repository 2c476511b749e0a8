"""Orders at home: they bind, if the authority has the instrument."""

from __future__ import annotations

from simulator.roles.authority.actors import action_name
from simulator.roles.authority.decision import Case, Decision, Step
from simulator.roles.authority.instruments import Route
from simulator.values import message

_AT_HOME = (Route.HOME, Route.ANYWHERE)


def at_home(case: Case, named: str | None = None) -> Decision:
    """Decide what an authority's order comes to in its own country.

    ``named`` is the instrument that it relies on, where it has several; one for abroad does
    not matter here.
    """
    authority, operator = case.authority, case.operator
    found = [
        each
        for each in case.instruments
        if each.route in _AT_HOME
        and case.usable(each)
        and (each.id == named or not each.on_request)
    ]
    if not found:
        return case.refused(
            message(
                "{authority} has no instrument at home that carries {action}",
                authority=authority.name,
                action=action_name(case.action),
            )
        )
    instrument = next((each for each in found if each.id == named), found[0])
    if not instrument.binding and instrument.id not in operator.heeds:
        return case.declined(instrument)
    path = (Step(authority.name, operator.name, instrument.id, instrument.name, instrument.delay),)
    if instrument.binding:
        reason = message(
            "{instrument} binds operators where its authority has power ({country})",
            instrument=instrument.name,
            country=operator.country,
        )
    else:
        reason = message(
            "{operator} is not bound by {instrument}, and follows it of its own will",
            operator=operator.name,
            instrument=instrument.name,
        )
    return case.executed(instrument, instrument.binding, path, reason)
