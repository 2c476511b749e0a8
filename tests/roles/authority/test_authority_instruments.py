"""The table of instruments keeps its own rules, entry by entry."""

from datetime import date

import pytest

from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.authority.actors import (
    Authority,
    AuthorityKind,
    Effect,
    Operator,
    OperatorKind,
)
from simulator.roles.authority.instruments import INSTRUMENTS, Instrument, Route
from simulator.roles.authority.lawbook import lawbook
from simulator.roles.authority.logic import decide
from simulator.text import say

CLOSING = (Effect.NAME, Effect.MACHINE)


def test_each_instrument_has_an_id_of_its_own() -> None:
    assert len({instrument.id for instrument in INSTRUMENTS}) == len(INSTRUMENTS)


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda instrument: instrument.id)
def test_an_entry_is_complete(instrument: Instrument) -> None:
    delay = instrument.delay
    assert 0 < delay.shortest <= delay.expected <= delay.longest
    assert say(instrument.source, "fr") != say(instrument.source, "en")
    assert str(instrument.name)
    assert str(instrument.limit)
    assert (instrument.route is Route.PARTNER) == bool(instrument.partner_kinds)


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda instrument: instrument.id)
def test_nothing_that_binds_goes_straight_to_a_foreign_operator_and_closes_it(
    instrument: Instrument,
) -> None:
    if instrument.route is Route.DIRECT and instrument.binding:
        assert not any(effect in instrument.carries for effect in CLOSING)


def test_only_orders_at_home_carry_a_block() -> None:
    carriers = [each.id for each in INSTRUMENTS if Effect.BLOCK in (*each.carries, *each.local)]
    assert carriers == [
        *("judicial-blocking-order", "national-order"),
        *("exceptional-circumstances", "administrative-order"),
    ]


def test_a_decision_carries_the_source_by_which_its_translation_is_found() -> None:
    order = next(each for each in INSTRUMENTS if each.id == "judicial-blocking-order")
    court = Authority("court-fr", "Paris court", "FR", AuthorityKind.COURT)
    alpha = Operator("alpha", "Alpha Télécom", "FR", OperatorKind.ACCESS_PROVIDER)
    lie = DnsMeasure("coco.xg", DnsLie.NXDOMAIN)
    decision = decide(court, alpha, lie, date(2024, 6, 25))
    assert lawbook().source(decision.source) == order.source
