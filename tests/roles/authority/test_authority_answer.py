"""One question, all ways: ranked, with steps, delay and source; or why not."""

from datetime import date

import pytest

from simulator.measures import DnsMeasure
from simulator.roles.authority.actors import (
    Action,
    Authority,
    AuthorityKind,
    NamedLever,
    Operator,
    OperatorKind,
    Production,
)
from simulator.roles.authority.answer import Answer, Hindrance, Question, answer
from simulator.roles.authority.decision import Coordination
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import Delay
from simulator.roles.authority.logic import decide
from simulator.values import DAY, HOUR, MINUTE, Lever

IN_2024 = date(2024, 6, 25)
PARIS = Authority("prosecutor-fr", "Paris prosecutor", "FR", AuthorityKind.PROSECUTOR)
PREMIER = Authority("government-fr", "Prime Minister", "FR", AuthorityKind.GOVERNMENT)
SOFIA = Authority("prosecutor-bg", "Sofia prosecutor", "BG", AuthorityKind.PROSECUTOR)
GUERNSEY = Authority("police-gg", "Guernsey Police", "GG", AuthorityKind.POLICE)
EUROPOL = Authority("europol", "Europol", "NL", AuthorityKind.COORDINATOR)
US_COURT = Authority("court-us", "a Virginia court", "US", AuthorityKind.COURT)

RILA = Operator("rila-hosting", "Rila Hosting", "BG", OperatorKind.HOST)
XG = Operator("xg-registry", ".xg registry", "GG", OperatorKind.REGISTRY)
CANDIE = Operator("candie", "Candie Names", "GG", OperatorKind.REGISTRAR)
POTOMAC = Operator("potomac", "Potomac Registry", "US", OperatorKind.REGISTRY)
ALPHA = Operator("alpha", "Alpha Télécom", "FR", OperatorKind.ACCESS_PROVIDER)
BANK = Operator("bank", "Bank", "DE", OperatorKind.BANK)


def asked(authority: Authority, operator: Operator, action: Action, on: date = IN_2024) -> Answer:
    return answer(Question(authority, operator, action, on, (SOFIA, GUERNSEY)))


def ways(found: Answer) -> list[tuple[str, bool, bool]]:
    return [(way.instrument.id, way.binding, way.followed) for way in found.ways]


def hindrances(found: Answer, kind: Hindrance) -> list[str]:
    return [each.instrument.id for each in found.obstacles if each.kind is kind]


def test_ways_to_a_foreign_host_are_ranked_binding_first_then_sourced_then_fast() -> None:
    found = asked(PARIS, RILA, Lever.HOST_TAKEOVER)
    assert ways(found) == [
        ("freezing-order", True, True),
        ("eio", True, True),
        ("jit", True, True),
        ("mla", True, True),
        ("parallel-proceedings", True, True),
        ("police-cooperation", False, True),
        ("voluntary-request", False, False),
    ]
    assert (found.compels, found.obtains) == (True, True)
    assert str(found.reason) == (
        "yes, by way of Sofia prosecutor, whose order binds: Paris prosecutor obtains the"
        " takeover of the machine at Rila Hosting by a European freezing order"
    )


def test_what_eurojust_brings_together_is_no_older_than_eurojust() -> None:
    germans = Operator("spree", "Spree Hosting", "DE", OperatorKind.HOST)
    for on, known in (
        (date(1990, 1, 1), set()),
        (date(2002, 3, 5), set()),
        (date(2002, 3, 6), {"parallel-proceedings"}),
        (date(2003, 1, 1), {"parallel-proceedings", "jit"}),
    ):
        found = {way[0] for way in ways(asked(PARIS, germans, Lever.HOST_TAKEOVER, on))}
        assert found & {"parallel-proceedings", "jit"} == known, on


def test_a_way_has_its_steps_delay_and_source() -> None:
    found = asked(PARIS, RILA, Lever.HOST_TAKEOVER)
    (eio,) = (way for way in found.ways if way.instrument.id == "eio")
    assert [(str(step.by), str(step.to), step.instrument) for step in eio.steps] == [
        ("Paris prosecutor", "Sofia prosecutor", "eio"),
        ("Sofia prosecutor", "Rila Hosting", "national-order"),
    ]
    assert eio.delay == Delay(DAY, 60 * DAY, 120 * DAY)
    assert eio.doubt is Doubt.UNCHECKED
    assert str(eio.source).startswith("Directive 2014/41/EU art. 12")


def test_a_country_without_a_known_authority_has_its_competent_one() -> None:
    found = answer(Question(PARIS, RILA, Production.SERVER_COPY, IN_2024))
    (eio,) = (way for way in found.ways if way.instrument.id == "eio")
    assert str(eio.steps[0].to) == "the competent authority of BG"


def test_a_colleague_from_elsewhere_is_not_told_as_the_one_who_acts() -> None:
    hesse = Authority("prosecutor-de", "Hesse prosecutor", "DE", AuthorityKind.PROSECUTOR)
    found = answer(Question(PARIS, RILA, Lever.HOST_OFF, IN_2024, (hesse, SOFIA)))
    assert {str(way.steps[0].to) for way in found.ways if len(way.steps) == 2} == {
        *("Sofia prosecutor", "the competent authority of BG"),
    }


def test_a_call_to_the_contact_point_binds_nobody_and_is_followed() -> None:
    found = asked(PARIS, RILA, Production.PRESERVATION)
    assert ("budapest-contact-point", False, True) in ways(found)


def test_a_partner_without_the_power_is_not_told_as_the_one_who_acts() -> None:
    # The police over there may execute a preservation request, but have no power to order it.
    sofia_police = Authority("police-bg", "Sofia police", "BG", AuthorityKind.POLICE)
    found = answer(Question(PARIS, RILA, Production.PRESERVATION, IN_2024, (sofia_police,)))
    (request,) = (way for way in found.ways if way.instrument.id == "budapest-preservation")
    assert str(request.steps[0].to) == "the competent authority of BG"


def test_production_orders_were_not_in_force_in_june_2024_and_are_since_august_2026() -> None:
    before = asked(PARIS, RILA, Production.DATA)
    late = [each for each in before.obstacles if each.kind is Hindrance.NOT_IN_FORCE]
    assert [str(each.reason) for each in late if each.instrument.id == "e-evidence"] == [
        "a European Production Order cannot be used on 2024-06-25: it exists since 2026-08-18 only"
    ]
    since = asked(PARIS, RILA, Production.DATA, date(2026, 8, 18))
    assert ways(since)[0] == ("e-evidence", True, True)
    assert since.ways[0].delay == Delay(8 * HOUR, 10 * DAY, 10 * DAY)


@pytest.mark.parametrize("on", [IN_2024, date(2026, 8, 18)])
def test_production_orders_never_close_anything(on: date) -> None:
    for lever in ("host-takeover", "host-off", "client-hold", "server-hold", "redelegation"):
        for operator in (RILA, Operator("x", "X", "BG", OperatorKind.REGISTRAR)):
            found = asked(PARIS, operator, NamedLever(lever), on)
            assert "e-evidence" not in [way.instrument.id for way in found.ways]


def test_the_second_protocol_was_not_in_force_for_a_guernsey_registrar() -> None:
    found = asked(PARIS, CANDIE, Production.DATA)
    assert "second-protocol" in hindrances(found, Hindrance.NOT_IN_FORCE)


def test_no_european_instrument_reaches_guernsey_and_of_budapest_it_is_not_known() -> None:
    found = asked(PARIS, XG, Production.PRESERVATION)
    out = [each for each in found.obstacles if each.kind is Hindrance.NO_REACH]
    assert [each.instrument.id for each in out] == [
        *("eio", "parallel-proceedings", "jit", "freezing-order", "arrest-warrant"),
        *("eio-provisional", "budapest-preservation", "budapest-access"),
        *("budapest-contact-point", "dsa-order"),
    ]
    (budapest,) = (each for each in out if each.instrument.id == "budapest-preservation")
    assert str(budapest.reason) == (
        "a preservation request under the Budapest Convention does not reach Guernsey,"
        " where .xg registry is; whether the Budapest Convention extends to Guernsey was not found"
    )


def test_the_guernsey_registry_by_the_formal_way_by_the_police_or_by_its_contract() -> None:
    assert ways(asked(PARIS, XG, Lever.SERVER_HOLD)) == [
        ("mla", True, True),
        ("police-cooperation", False, True),
        ("registry-contract", False, False),
        ("voluntary-request", False, False),
    ]


def test_the_local_police_only_asks_and_is_followed_within_the_hour() -> None:
    found = asked(GUERNSEY, CANDIE, Lever.CLIENT_HOLD)
    assert ways(found) == [("local-police-request", False, True)]
    assert found.ways[0].delay == Delay(10 * MINUTE, HOUR, DAY)
    assert (found.compels, found.obtains) == (False, True)
    assert str(found.reason) == (
        "by asking only: nothing obliges Candie Names, which follows a request of the local police"
        " of its own will"
    )


def test_a_government_can_only_ask_a_foreign_registrar_and_is_declined() -> None:
    found = asked(PREMIER, CANDIE, Lever.CLIENT_HOLD)
    assert ways(found) == [("voluntary-request", False, False)]
    assert (found.compels, found.obtains) == (False, False)
    assert str(found.reason) == (
        "no: Prime Minister can only ask Candie Names for clientHold, and it declines"
    )
    assert "mla" in hindrances(found, Hindrance.NOT_FOR_THIS_AUTHORITY)


def test_an_american_warrant_reaches_an_american_registry() -> None:
    found = asked(US_COURT, POTOMAC, Lever.REDELEGATION)
    assert ways(found) == [("us-seizure-warrant", True, True), ("national-order", True, True)]


def test_the_law_of_another_country_is_no_obstacle_at_home() -> None:
    found = asked(PARIS, ALPHA, DnsMeasure)
    assert ways(found) == [("national-order", True, True)]
    assert "us-seizure-warrant" not in [each.instrument.id for each in found.obstacles]
    assert hindrances(found, Hindrance.NOT_FOR_THIS_AUTHORITY) == [
        "judicial-blocking-order",
        *("exceptional-circumstances", "administrative-order", "local-police-request"),
    ]


def test_nothing_carries_a_block_abroad() -> None:
    meuse = Operator("meuse", "Meuse Net", "BE", OperatorKind.ACCESS_PROVIDER)
    found = asked(PARIS, meuse, DnsMeasure)
    assert (found.ways, found.compels) == ((), False)
    assert "mla" in hindrances(found, Hindrance.DOES_NOT_CARRY)


def test_money_is_frozen_by_the_freezing_order_in_four_days() -> None:
    found = asked(PARIS, BANK, NamedLever("money-freeze"))
    assert ways(found)[0] == ("freezing-order", True, True)
    assert [step.instrument for step in found.ways[0].steps] == [
        "freezing-order", "account-freezing",
    ]  # fmt: skip
    assert found.ways[0].delay.expected == 4 * DAY


def test_a_country_that_was_bound_until_a_day_is_told_with_it() -> None:
    person = Operator("person", "somebody", "GB", OperatorKind.PERSON)
    found = asked(PARIS, person, NamedLever("arrest"), date(2022, 1, 1))
    (warrant,) = (each for each in found.obstacles if each.instrument.id == "arrest-warrant")
    assert warrant.kind is Hindrance.NOT_IN_FORCE
    assert str(warrant.reason) == (
        "a European Arrest Warrant: the United Kingdom was bound until 2020-12-31"
    )
    assert ways(found) == [("extradition", True, True)]


def test_a_country_that_was_not_bound_yet_is_told_with_the_day() -> None:
    sweden = Operator("north", "North Hosting", "SE", OperatorKind.HOST)
    found = asked(PARIS, sweden, Production.PRESERVATION, date(2020, 1, 1))
    (request,) = (each for each in found.obstacles if each.instrument.id == "budapest-preservation")
    assert str(request.reason) == (
        "a preservation request under the Budapest Convention: Sweden is bound since 2021-08-01"
        " only"
    )


def test_an_operator_without_the_lever_and_a_coordinator_are_told_at_once() -> None:
    found = asked(PARIS, ALPHA, Lever.SERVER_HOLD)
    assert (found.ways, found.obstacles) == ((), ())
    assert str(found.reason) == ("Alpha Télécom has no such lever: serverHold is for a registry")
    assert "no coercive power" in str(asked(EUROPOL, RILA, Lever.HOST_OFF).reason)


@pytest.mark.parametrize("authority", [PARIS, PREMIER, SOFIA, GUERNSEY, US_COURT])
@pytest.mark.parametrize("operator", [RILA, XG, CANDIE, POTOMAC])
@pytest.mark.parametrize("lever", list(Lever))
def test_an_answer_and_a_decision_by_the_same_instrument_agree(
    authority: Authority, operator: Operator, lever: Lever
) -> None:
    found = answer(Question(authority, operator, lever, IN_2024))
    for way in found.ways:
        named = Coordination(way.instrument.id)
        decision = decide(authority, operator, lever, IN_2024, named)
        assert (decision.binding, decision.refused) == (way.binding, not way.followed)
        if way.followed:
            assert (decision.path, decision.delay) == (way.steps, way.delay)
