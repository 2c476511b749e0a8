"""What a scenario may say, and how each step's words are understood."""

from __future__ import annotations

import pytest

from simulator.measures import AddressAction, DnsLie
from simulator.scenario.expected import Match
from simulator.scenario.models import ACTIONS, Scenario, Step
from simulator.values import Lever
from simulator.world.faults import Faults
from simulator.world.source import read
from simulator.world.validation import validate


def step(text: str) -> Step:
    source = read(f"{{title: {{en: T}}, world: europe, steps: [{text}]}}", "s.yaml")
    return validate(Scenario, source).steps[0]


def faults_of(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        step(text)
    return [str(fault).partition(": ")[2] for fault in caught.value.faults]


def test_every_action_of_the_vocabulary_is_a_field_of_a_step() -> None:
    assert all(action in Step.words() for action in ACTIONS)


def test_one_order_is_a_list_of_one_order() -> None:
    (order,) = step("{order: {by: a, to: b, measure: {dns: nxdomain}, name: c.test}}").order
    assert (order.by, order.to, order.name, order.wait_for_it) == ("a", ("b",), "c.test", True)
    assert order.measure is not None
    assert (order.measure.dns, order.measure.subdomains) == (DnsLie.NXDOMAIN, True)


def test_several_orders_keep_their_order() -> None:
    orders = step(
        "{order: [{by: a, to: b, lever: client-hold, name: c.test},"
        " {by: a, to: [d, e], measure: {address: drop, of: 198.18.2.0/24}, await: false}]}"
    ).order
    assert [order.to for order in orders] == [("b",), ("d", "e")]
    assert orders[0].lever is Lever.CLIENT_HOLD
    assert orders[1].measure is not None
    assert orders[1].measure.address is AddressAction.DROP
    assert orders[1].measure.of == ("198.18.2.0/24",)
    assert orders[1].wait_for_it is False


def test_a_wait_is_a_duration_or_a_date() -> None:
    short, dated = step("{wait: 3h}").wait, step("{wait: {until: 2024-06-25T09:00:00+02:00}}").wait
    assert short is not None
    assert short.duration == 3 * 3600 * 1_000_000
    assert dated is not None
    assert dated.until is not None
    assert dated.until.isoformat() == "2024-06-25T09:00:00+02:00"


def test_people_connect_by_a_word_or_by_a_hosts_file() -> None:
    tunnel, hosts = step(
        "{connect: [{who: paris, via: heron-nl},"
        " {who: [rome, lyon], via: {coco.xg: 198.18.20.10}}]}"
    ).connect
    assert tunnel.via == "heron-nl"
    assert hosts.via == {"coco.xg": ("198.18.20.10",)}


def test_what_is_expected_and_what_is_left_open_are_told_apart() -> None:
    expected = step("{expect: {paris: {page: site, failure: null}}}").expect["paris"]
    assert {field: str(match) for field, match in expected.stated().items()} == {
        "page": "site",
        "failure": "null",
    }
    assert expected.status.holds(404), "what is not stated may be anything"
    assert expected.status.holds(None)


@pytest.mark.parametrize(
    ("written", "holds", "fails"),
    [
        ("site", ["site"], ["other", None]),
        ("null", [None, ()], ["site", ("a",)]),
        ("[site, other]", ["site", "other"], ["block_page", None]),
        ("[site, null]", ["site", None], ["other"]),
        ("{not: site}", ["other", None], ["site"]),
        ("{not: [site, null]}", ["other"], ["site", None]),
        ("{not: null}", ["site", ("a",)], [None, ()]),
        ("200", [200], ["200", 404, None]),
        ("192.0.2.1", [("192.0.2.1",), ("192.0.2.9", "192.0.2.1")], [("192.0.2.9",), ()]),
        ("{not: 192.0.2.1}", [("192.0.2.9",), ()], [("192.0.2.9", "192.0.2.1")]),
    ],
)
def test_a_match_holds_for_these_and_fails_for_those(
    written: str, holds: list[object], fails: list[object]
) -> None:
    match = Match.model_validate(read(written).data)
    assert [match.holds(seen) for seen in holds] == [True] * len(holds)  # type: ignore[arg-type]
    assert [match.holds(seen) for seen in fails] == [False] * len(fails)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{vist: x}", "steps[0].vist: unknown field 'vist'; did you mean 'visit'?"),
        ("{visit: {url: a.test}}", "steps[0].visit: 'from' is missing"),
        (
            "{visit: {url: a.test, from: rome, form: paris}}",
            "steps[0].visit.form: unknown field 'form'; did you mean 'from'?",
        ),
        ("{visit: {url: a.test, from: []}}", "steps[0].visit.from: it must not be empty"),
        (
            "{order: {by: a, to: b, name: c.test}}",
            "steps[0].order: an order is either a 'measure' or a 'lever'",
        ),
        (
            "{order: {by: a, to: b, lever: client-hold}}",
            "steps[0].order: the 'name' that it is about is missing",
        ),
        (
            "{order: {by: a, to: b, lever: client-hole, name: c.test}}",
            (
                "steps[0].order.lever: 'client-hole' is none of client-hold, server-hold,"
                " redelegation, account-freeze, transfer-refusal, transfer, registry-lock,"
                " cancellation, record-change, host-takeover, host-off, imaging,"
                " controlled-operation, end-of-service, certificate-revocation, money-freeze,"
                " hearing, arrest; did you mean 'client-hold'?"
            ),
        ),
        (
            "{order: {by: a, to: b, measure: {}, name: c.test}}",
            (
                "steps[0].order.measure: a measure is one of dns, rpz, withdrawal, injection,"
                " interception, encrypted_dns, address, http, sni, vpn, fingerprint, shutdown, edge"
            ),
        ),
        (
            "{order: {by: a, to: b, measure: {dns: forged, of: c.test}, name: c.test}}",
            "steps[0].order.measure: 'of' belongs to encrypted_dns, address, vpn, not to 'dns'",
        ),
        (
            "{order: {by: a, to: b, measure: {address: drop, subdomains: false}, name: c.test}}",
            (
                "steps[0].order.measure: 'subdomains' belongs to dns, injection, http, sni,"
                " not to 'address'"
            ),
        ),
        (
            "{order: {by: a, to: b, measure: {dns: nxdomain, extended_error: 70000}, name: c.xa}}",
            "steps[0].order.measure.extended_error: 70000 is more than 65535",
        ),
        (
            "{order: {by: a, to: b, lever: host-takeover, scope: rack, name: c.test}}",
            "steps[0].order.scope: 'rack' is none of site, machine",
        ),
        (
            "{order: {by: a, to: b, measure: {dns: nxdomain}, name: clips.com}}",
            (
                "steps[0].order.name: 'clips.com' could be a live name: use names under .test,"
                " .example or a two-letter code that no country will hold (.aa, .qm to .qz, .xa to"
                " .xz, .zz)"
            ),
        ),
        (
            "{coordinate: {by: a, name: c.test, members: []}}",
            "steps[0].coordinate.members: it must not be empty",
        ),
        (
            (
                "{coordinate: {by: a, name: c.test, on: 2024-06-25T09:00:00+02:00, after: 3d,"
                " members: [{by: a, to: b, lever: host-off}]}}"
            ),
            "steps[0].coordinate: the date is either 'on' or 'after'",
        ),
        ("{wait: {}}", "steps[0].wait: a wait is a duration, or 'until' a date"),
        (
            "{wait: a while}",
            "steps[0].wait: 'a while' is not a duration such as 20ms, 90s, 5m, 3h, 14d or 1h30m",
        ),
        (
            "{wait: 3}",
            "steps[0].wait: '3' is not a duration such as 20ms, 90s, 5m, 3h, 14d or 1h30m",
        ),
        ("{say: hello}", "steps[0].say: write it in each language: {en: …, fr: …}"),
        ("{title: [a, b]}", "steps[0].title: write it in each language: {en: …, fr: …}"),
        ("{visit: 'https://clips.test/'}", "steps[0].visit: write {url: …, from: …}"),
        ("{order: block}", "steps[0].order: write {by: …, to: …}"),
        ("{disconnect: paris}", "steps[0].disconnect: write {who: …}"),
        (
            "{order: {by: a, to: b, name: c.test, measure: nxdomain}}",
            (
                "steps[0].order.measure: 'nxdomain' is no measure: write one of "
                "dns-lying-resolver, dns-injection, dns-interception, public-resolvers-ordered, "
                "encrypted-dns-blocked, ip-drop, ip-reset, ip-reject, http-host-filter, "
                "tls-sni-reset, tls-sni-drop, tls-sni-throttle, vpn-endpoint-blocked, "
                "vpn-fingerprint, shutdown, or a kind with its parameters"
            ),
        ),
        ("{expect: {paris: site}}", "steps[0].expect.paris: write {page: …}"),
        (
            "{visit: [{url: a.test, from: rome}, {url: b.test, from: rome}]}",
            "steps[0].visit: a step has one 'visit': make a step of each",
        ),
        ("{wait: [1s]}", "steps[0].wait: a step has one 'wait': make a step of each"),
        (
            "{visit: {url: [a.test], from: rome}}",
            "steps[0].visit.url: one word is meant here, not a list or a mapping of fields",
        ),
        (
            "{wait: {for: [1s]}}",
            "steps[0].wait.for: '[…]' is not a duration such as 20ms, 90s, 5m, 3h, 14d or 1h30m",
        ),
        ("{lift: 3}", "steps[0].lift: '3' must be text; put it in quotes"),
        ("{lift: {a: b}}", "steps[0].lift: '{…}' must be a list"),
        (
            "{visit: {url: a.test, from: rome, via: {a.test: 198.18.20.10}}}",
            (
                "steps[0].visit.via: a hosts file lasts longer than one look: write it under"
                " 'connect'"
            ),
        ),
        (
            "{connect: {who: rome, via: [heron-nl]}}",
            "steps[0].connect.via: one word is meant here, not a list or a mapping of fields",
        ),
        (
            "{connect: {who: rome, via: {a.test: [1]}}}",
            "steps[0].connect.via.a.test[0]: '1' must be text; put it in quotes",
        ),
        (
            "{expect: {paris: {pages: site}}}",
            "steps[0].expect.paris.pages: unknown field 'pages'; did you mean 'page'?",
        ),
        (
            "{expect: {paris: {page: {is: site}}}}",
            "steps[0].expect.paris.page: write a value, a list of values, null or {not: …}",
        ),
        (
            "{expect: {paris: {page: []}}}",
            "steps[0].expect.paris.page: write a value, a list of values, null or {not: …}",
        ),
        (
            "{resolve: {name: c.test, from: paris, type: AXFR}}",
            "steps[0].resolve.type: 'AXFR' is none of A, AAAA, CNAME, MX, NS, SOA, TXT",
        ),
        (
            "{resolve: {name: c.test, from: paris, type: aaaa}}",
            (
                "steps[0].resolve.type: 'aaaa' is none of A, AAAA, CNAME, MX, NS, SOA, TXT;"
                " did you mean 'AAAA'?"
            ),
        ),
    ],
)
def test_a_fault_says_where_and_what(text: str, fault: str) -> None:
    assert faults_of(text) == [fault]


def test_a_scenario_without_steps_is_none() -> None:
    with pytest.raises(Faults, match=r"s:1:33: steps: it must not be empty"):
        validate(Scenario, read("{title: {en: T}, world: europe, steps: []}", "s"))
