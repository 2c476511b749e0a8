"""An order binds at home; abroad only an instrument that reaches, carries and is in force."""

from datetime import date

import pytest

from simulator.errors import LabError
from simulator.measures import AddressMeasure, DnsLie, DnsMeasure, EdgeRefusal
from simulator.roles.authority.actors import (
    Action,
    Authority,
    AuthorityKind,
    Name,
    NamedLever,
    Operator,
    OperatorKind,
    Production,
)
from simulator.roles.authority.decision import Coordination, Decision
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import Delay
from simulator.roles.authority.lawbook import lawbook
from simulator.roles.authority.logic import decide, ways_abroad
from simulator.values import DAY, HOUR, MINUTE, Lever

IN_2024 = date(2024, 6, 25)
LIE = DnsMeasure("coco.xg", DnsLie.NXDOMAIN)
ADDRESS = AddressMeasure(("203.0.113.7",))
EDGE = EdgeRefusal("coco.xg", ("203.0.113.0/24",))

PARIS = Authority("prosecutor-fr", Name("Paris prosecutor", "Parquet de Paris"), "FR",
                  AuthorityKind.PROSECUTOR)  # fmt: skip
PREMIER = Authority("government-fr", "Prime Minister", "FR", AuthorityKind.GOVERNMENT)
SOFIA = Authority("prosecutor-bg", "Sofia prosecutor", "BG", AuthorityKind.PROSECUTOR)
DUBLIN = Authority("prosecutor-ie", "Dublin prosecutor", "IE", AuthorityKind.PROSECUTOR)
GUERNSEY = Authority("police-gg", "Guernsey Police", "GG", AuthorityKind.POLICE)
LAW_OFFICERS = Authority("law-officers-gg", "Law Officers", "GG", AuthorityKind.PROSECUTOR)
LONDON = Authority("court-gb", "a London court", "GB", AuthorityKind.COURT)
EUROPOL = Authority("europol", "Europol", "NL", AuthorityKind.COORDINATOR)
US_COURT = Authority("court-us", "a Virginia court", "US", AuthorityKind.COURT)

ALPHA = Operator("alpha", "Alpha Télécom", "FR", OperatorKind.ACCESS_PROVIDER)
OPT = Operator("opt-nc", "OPT-NC", "NC", OperatorKind.ACCESS_PROVIDER, jurisdiction="FR")
MEUSE = Operator("meuse-net", "Meuse Net", "BE", OperatorKind.ACCESS_PROVIDER)
RILA = Operator("rila-hosting", "Rila Hosting", "BG", OperatorKind.HOST)
LIFFEY = Operator("liffey", "Liffey Hosting", "IE", OperatorKind.HOST)
NERIS = Operator("neris", "Neris Names", "LT", OperatorKind.REGISTRAR)
XG = Operator("xg-registry", ".xg registry", "GG", OperatorKind.REGISTRY)
CANDIE = Operator("candie", "Candie Names", "GG", OperatorKind.REGISTRAR)
POTOMAC = Operator("potomac", "Potomac Registry", "US", OperatorKind.REGISTRY)


def by(decision: Decision) -> list[str]:
    return [step.instrument for step in decision.path]


# --- who has which lever --------------------------------------------------------------

HAS = {
    OperatorKind.REGISTRAR: ["client-hold", "redelegation", "account-freeze", "transfer-refusal"],
    OperatorKind.REGISTRY: [
        *("server-hold", "redelegation", "transfer", "registry-lock", "cancellation"),
    ],
    OperatorKind.HOST: [
        *("host-takeover", "host-off", "imaging", "controlled-operation", "server-copy"),
        "record-change",
    ],
    OperatorKind.ACCESS_PROVIDER: [LIE, ADDRESS],
    OperatorKind.RESOLVER: [LIE, EDGE],
    OperatorKind.DNS_OPERATOR: ["record-change"],
    OperatorKind.VPN: [],
    OperatorKind.TRANSIT: [],
    OperatorKind.CERTIFICATE_AUTHORITY: ["certificate-revocation"],
    OperatorKind.PUBLIC_BODY: [],
    OperatorKind.CONTENT_NETWORK: [EDGE, "end-of-service"],
    OperatorKind.PROXY: [],
    OperatorKind.BANK: ["money-freeze"],
    OperatorKind.PERSON: ["hearing", "arrest"],
}
EVERYBODYS = ["data", "preservation"]


@pytest.mark.parametrize("kind", list(OperatorKind))
def test_each_kind_of_operator_has_its_own_levers(kind: OperatorKind) -> None:
    operator = Operator("it", "It", "FR", kind)
    for action in (*map(NamedLever, lawbook().levers), LIE, ADDRESS, EDGE):
        it = action.value if isinstance(action, NamedLever) else action
        has = it in HAS[kind] or it in EVERYBODYS
        decision = decide(PARIS, operator, action, IN_2024)
        assert decision.refused is not has
        if decision.refused:
            assert "It has no such lever" in str(decision.reason)


def test_a_missing_lever_is_named_with_those_who_have_it() -> None:
    refused = decide(PARIS, ALPHA, Lever.CLIENT_HOLD, IN_2024)
    assert str(refused.reason) == ("Alpha Télécom has no such lever: clientHold is for a registrar")
    refused = decide(PARIS, RILA, LIE, IN_2024)
    assert str(refused.reason) == (
        "Rila Hosting has no such lever: a lie about the name is for an access provider,"
        " or a public resolver"
    )


# --- at home --------------------------------------------------------------------------


def test_a_national_order_binds_at_home() -> None:
    decision = decide(PARIS, ALPHA, LIE, IN_2024)
    assert (decision.binding, by(decision)) == (True, ["national-order"])
    assert decision.delay == Delay(HOUR, DAY, 3 * DAY)
    assert decision.doubt is Doubt.UNCHECKED
    assert str(decision.reason) == (
        "a national judicial order binds operators where its authority has power (FR)"
    )


def test_a_government_has_blocked_and_cannot_seize() -> None:
    decision = decide(PREMIER, OPT, ADDRESS, IN_2024)
    assert by(decision) == ["exceptional-circumstances"]
    assert "14 May 2024" in decision.source
    assert "LCEN" not in decision.source
    host = Operator("loire", "Loire", "FR", OperatorKind.HOST)
    refused = decide(PREMIER, host, Lever.HOST_TAKEOVER, IN_2024)
    assert refused.refused
    assert str(refused.reason) == (
        "Prime Minister has no instrument at home that carries the takeover of the machine"
    )


def test_a_regulator_and_a_government_elsewhere_block_by_the_ordinary_law() -> None:
    regulator = Authority("regulator-fr", "a regulator", "FR", AuthorityKind.REGULATOR)
    brussels = Authority("government-be", "a government", "BE", AuthorityKind.GOVERNMENT)
    for authority, operator in ((regulator, ALPHA), (brussels, MEUSE)):
        decision = decide(authority, operator, LIE, IN_2024)
        assert by(decision) == ["administrative-order"]
        assert "14 May 2024" not in decision.source


def test_paris_is_at_home_in_noumea_and_london_is_not_in_guernsey() -> None:
    assert decide(PARIS, OPT, LIE, IN_2024).binding
    assert decide(LONDON, XG, Lever.SERVER_HOLD, IN_2024).refused


def test_a_local_police_request_binds_nobody_and_is_heeded_within_the_hour() -> None:
    decision = decide(GUERNSEY, CANDIE, Lever.CLIENT_HOLD, IN_2024)
    assert (decision.binding, decision.refused) == (False, False)
    assert decision.delay == Delay(10 * MINUTE, HOUR, DAY)
    assert decision.doubt is Doubt.ONE_SOURCE
    stubborn = Operator("candie", "Candie Names", "GG", OperatorKind.REGISTRAR, heeds=())
    refused = decide(GUERNSEY, stubborn, Lever.CLIENT_HOLD, IN_2024)
    assert refused.refused
    assert str(refused.reason) == (
        "a request of the local police obliges Candie Names to nothing, and it declines"
    )


def test_an_american_court_reaches_an_american_registry_whoever_holds_the_name() -> None:
    decision = decide(US_COURT, POTOMAC, Lever.REDELEGATION, IN_2024)
    assert (decision.binding, by(decision)) == (True, ["us-seizure-warrant"])


# --- abroad, by order -----------------------------------------------------------------


def test_a_plain_order_to_a_foreign_host_is_refused_and_says_what_could_reach_it() -> None:
    decision = decide(PARIS, RILA, Lever.HOST_TAKEOVER, IN_2024)
    assert (decision.binding, decision.path) == (False, ())
    assert str(decision.reason) == (
        "Paris prosecutor is obeyed at home (FR); Rila Hosting is abroad (BG) and need not obey."
        " What could reach it: a European Investigation Order,"
        " or proceedings of its own, coordinated at Eurojust, or mutual legal assistance"
    )


def test_a_plain_order_to_a_foreign_registry_is_refused_and_says_what_could_reach_it() -> None:
    for authority in (PARIS, PREMIER):  # what a country's other authorities could use is named
        decision = decide(authority, XG, Lever.REDELEGATION, IN_2024)
        assert decision.refused
        assert str(decision.reason) == (
            f"{authority.name} is obeyed at home (FR); .xg registry is abroad (GG) and need"
            " not obey. What could reach it: mutual legal assistance, or a request from police to"
            " police, or a request to the operator itself"
        )


def test_nothing_carries_a_block_abroad() -> None:
    for coordination in (None, Coordination()):
        decision = decide(PARIS, MEUSE, LIE, IN_2024, coordination)
        assert decision.refused
        assert str(decision.reason) == (
            "Paris prosecutor is obeyed at home (FR); Meuse Net is abroad (BE), and nothing in"
            " force on 2024-06-25 carries a lie about the name there: only an authority of that"
            " country can order it"
        )
    assert ways_abroad(PARIS, MEUSE, LIE, IN_2024) == ()


# --- abroad, together -----------------------------------------------------------------


def test_an_investigation_order_reaches_a_host_through_its_own_judge() -> None:
    decision = decide(PARIS, RILA, Lever.HOST_TAKEOVER, IN_2024, Coordination(partner=SOFIA))
    assert (decision.binding, by(decision)) == (True, ["eio", "national-order"])
    assert [(str(step.by), str(step.to)) for step in decision.path] == [
        ("Paris prosecutor", "Sofia prosecutor"),
        ("Sofia prosecutor", "Rila Hosting"),
    ]
    assert decision.delay == Delay(DAY, 60 * DAY, 120 * DAY)
    assert decision.doubt is Doubt.UNCHECKED
    assert str(decision.reason) == (
        "Sofia prosecutor acts by its own law, on a European Investigation Order:"
        " it yields evidence, a copy of the server included; taking the machine is the local"
        " judge's decision"
    )


def test_without_a_named_partner_the_competent_authority_executes() -> None:
    decision = decide(PARIS, RILA, Production.SERVER_COPY, IN_2024, Coordination("eio"))
    assert by(decision) == ["eio", "national-order"]
    assert str(decision.path[0].to) == "the competent authority of BG"
    assert decision.authority == PARIS


def test_the_formal_way_to_guernsey_takes_ten_months_and_the_police_a_day() -> None:
    formal = decide(PARIS, XG, Lever.REDELEGATION, IN_2024, Coordination(partner=LAW_OFFICERS))
    assert (formal.binding, by(formal)) == (True, ["mla", "national-order"])
    assert formal.delay.expected == 300 * DAY
    police = decide(PARIS, XG, Lever.REDELEGATION, IN_2024, Coordination(partner=GUERNSEY))
    assert (police.binding, by(police)) == (False, ["police-cooperation", "local-police-request"])
    assert police.delay.expected == DAY + HOUR


def test_a_name_in_another_member_state_needs_proceedings_there() -> None:
    decision = decide(PARIS, NERIS, Lever.CLIENT_HOLD, IN_2024, Coordination())
    assert by(decision) == ["parallel-proceedings", "national-order"]


def refusal(operator: Operator, action: Action, instrument: str, on: date = IN_2024) -> str:
    decision = decide(PARIS, operator, action, on, Coordination(instrument))
    assert decision.refused
    return str(decision.reason)


def test_ireland_is_out_of_the_investigation_orders_reach() -> None:
    assert refusal(LIFFEY, Lever.HOST_OFF, "eio") == (
        "a European Investigation Order does not reach IE, where Liffey Hosting is"
    )
    decision = decide(DUBLIN, RILA, Production.SERVER_COPY, IN_2024, Coordination("eio"))
    assert str(decision.reason) == "Dublin prosecutor cannot issue a European Investigation Order"
    assert refusal(XG, Lever.SERVER_HOLD, "eio").endswith(
        "does not reach GG, where .xg registry is"
    )


def test_an_investigation_order_carries_evidence_and_no_name() -> None:
    assert refusal(NERIS, Lever.CLIENT_HOLD, "eio").startswith(
        "a European Investigation Order does not carry clientHold: it yields evidence"
    )


def test_e_evidence_exists_since_august_2026_and_yields_data_never_closure() -> None:
    first = date(2026, 8, 18)
    assert refusal(RILA, Production.DATA, "e-evidence", date(2026, 8, 17)) == (
        "a European Production Order cannot be used on 2026-08-17: it exists since 2026-08-18 only"
    )
    decision = decide(PARIS, RILA, Production.DATA, first, Coordination("e-evidence"))
    assert (decision.binding, by(decision)) == (True, ["e-evidence"])
    assert decision.delay == Delay(8 * HOUR, 10 * DAY, 10 * DAY)
    assert refusal(RILA, Lever.HOST_OFF, "e-evidence", first) == (
        "a European Production Order does not carry switching the machine off:"
        " it yields data, never closure"
    )
    assert "e-evidence" not in [
        way.id for way in ways_abroad(PARIS, RILA, Production.DATA, date(2026, 8, 17))
    ]


def test_instruments_that_close_nothing_say_so() -> None:
    assert refusal(RILA, Lever.HOST_OFF, "dsa-order").startswith(
        "an order under article 9 of the Digital Services Act does not carry"
    )
    assert refusal(CANDIE, Production.DATA, "second-protocol") == (
        "a request under the Second Protocol to the Budapest Convention is not in force,"
        " as far as this lab knows"
    )
    assert refusal(RILA, Lever.HOST_OFF, "eio-provisional").endswith("it closes nothing")
    assert refusal(XG, Production.PRESERVATION, "budapest-preservation").startswith(
        "a preservation request under the Budapest Convention does not reach GG"
    )


def test_a_polite_letter_abroad_is_declined_unless_the_operator_heeds_it() -> None:
    assert refusal(XG, Lever.SERVER_HOLD, "voluntary-request") == (
        "a request to the operator itself obliges .xg registry to nothing, and it declines"
    )
    kind = Operator(
        "xg-registry", ".xg registry", "GG", OperatorKind.REGISTRY, heeds=("voluntary-request",)
    )
    decision = decide(PARIS, kind, Lever.SERVER_HOLD, IN_2024, Coordination("voluntary-request"))
    assert (decision.refused, decision.binding) == (False, False)


def test_a_partner_must_be_at_home_there_and_fit_the_instrument() -> None:
    elsewhere = decide(PARIS, RILA, Lever.HOST_OFF, IN_2024, Coordination(partner=GUERNSEY))
    assert str(elsewhere.reason) == ("Guernsey Police is not at home where Rila Hosting is (BG)")
    unfit = decide(PARIS, XG, Lever.SERVER_HOLD, IN_2024, Coordination("mla", GUERNSEY))
    assert str(unfit.reason) == "mutual legal assistance is not for Guernsey Police to execute"


def test_a_coordinator_has_no_coercive_power() -> None:
    for coordination in (None, Coordination(partner=SOFIA)):
        decision = decide(EUROPOL, RILA, Lever.HOST_OFF, IN_2024, coordination)
        assert decision.refused
        assert str(decision.reason) == (
            "Europol brings authorities together and has no coercive power:"
            " what it asks binds nobody"
        )


def test_an_unknown_instrument_is_the_authors_mistake() -> None:
    with pytest.raises(LabError, match="unknown instrument 'eo'; there are us-seizure-warrant, "):
        decide(PARIS, RILA, Lever.HOST_OFF, IN_2024, Coordination("eo"))


def test_an_instrument_that_takes_a_name_to_be_used_is_not_used_unnamed_at_home() -> None:
    for_seizure = Authority("government-gg", "a government", "GG", AuthorityKind.GOVERNMENT)
    unnamed = decide(for_seizure, XG, Lever.SERVER_HOLD, IN_2024)
    assert str(unnamed.reason) == "a government has no instrument at home that carries serverHold"
    named = decide(for_seizure, XG, Lever.SERVER_HOLD, IN_2024, Coordination("registry-contract"))
    assert str(named.reason) == (
        "a suspension request under the registry's contract obliges .xg registry to nothing,"
        " and it declines"
    )


def test_britain_left_the_instruments_of_the_union_on_a_day() -> None:
    thames = Operator("thames", "Thames Hosting", "GB", OperatorKind.HOST)
    by_order = Coordination("eio")
    last = decide(PARIS, thames, Production.SERVER_COPY, date(2020, 12, 31), by_order)
    assert by(last) == ["eio", "national-order"]
    after = decide(PARIS, thames, Production.SERVER_COPY, date(2021, 1, 1), by_order)
    assert str(after.reason) == (
        "a European Investigation Order does not reach GB, where Thames Hosting is"
    )


def test_a_request_for_registration_data_is_not_for_a_host() -> None:
    assert not decide(PARIS, CANDIE, Production.DATA, IN_2024, Coordination("mla")).refused
    assert refusal(RILA, Lever.HOST_OFF, "registry-contract").endswith(
        "does not reach BG, where Rila Hosting is"
    )
    registrar = Operator("sarnia", "Sarnia Names", "GG", OperatorKind.REGISTRAR)
    assert refusal(registrar, Lever.CLIENT_HOLD, "registry-contract") == (
        "a suspension request under the registry's contract is not for a registrar to follow"
    )


def test_names_come_in_both_languages() -> None:
    assert (str(PARIS.name), Name("Sofia").say("fr")) == ("Paris prosecutor", "Sofia")
    assert isinstance(PARIS.name, Name)
    assert (PARIS.name.say("fr"), PARIS.name.say("en")) == ("Parquet de Paris", "Paris prosecutor")


def test_at_home_the_instrument_that_is_named_is_relied_on() -> None:
    in_2016 = date(2016, 10, 17)
    named = decide(PREMIER, ALPHA, LIE, in_2016, Coordination("administrative-order"))
    assert by(named) == ["administrative-order"]
