"""Holders of names at their registrars: at the counter, or by the web site from where they sit."""

from __future__ import annotations

from simulator import Lab
from simulator.lab.registrants import RequestOutcome
from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.registry.objects import SERVER, Domain
from simulator.values import MINUTE, Lever, OutcomeState

PRESENT = ("the registry answers: Command completed successfully", 1000)


def at_registry(lab: Lab, name: str) -> Domain:
    found = lab.names.registry_of(name).info(SERVER, name, lab.now).domain
    assert found is not None
    return found


def said(outcome: RequestOutcome) -> tuple[str, int | None]:
    return str(outcome.reason), outcome.code


def order(lab: Lab, by: str, to: str, lever: Lever, name: str) -> None:
    [outcome] = lab.run(lab.order(by, to, lever, name, key=lever.value))
    assert outcome.state is OutcomeState.EXECUTED


def test_a_holder_moves_a_name_by_the_registrars_web_site(lab: Lab) -> None:
    moved = lab.run(lab.registrants.move("roses.test", ("ns1.polder.test",), vantage="rome"))
    assert (moved.state, *said(moved)) == (OutcomeState.EXECUTED, *PRESENT)
    assert dict(moved.details)["command"] == "domain update"
    assert dict(moved.details)["clTRID"].startswith("candie-names-")
    assert at_registry(lab, "roses.test").nameservers == ("ns1.polder.test",)
    asked = [entry for entry in lab.journal if entry.what == "registrant asked"]
    assert [(entry.who, entry.details["act"], entry.details["code"]) for entry in asked] == [
        ("rome", "move", 1000)
    ]


def test_the_counter_and_the_web_site_send_the_same_commands(lab: Lab) -> None:
    for vantage in (None, "rome"):
        lab.run(lab.registrants.lock("roses.test", vantage=vantage))
        lab.run(lab.registrants.lock("roses.test", locked=False, vantage=vantage))
    sent = [
        (entry.details["command"], entry.details["name"])
        for entry in lab.journal
        if entry.what == "epp command"
    ]
    assert sent == [("login", "candie-names"), *[("domain:update", "roses.test")] * 4]


def test_a_web_site_that_is_blocked_where_the_holder_sits_is_not_reached(lab: Lab) -> None:
    lab.run(lab.impose("alpha-telecom", DnsMeasure("candie.test", DnsLie.NXDOMAIN)))
    refused = lab.run(lab.registrants.lock("roses.test", vantage="paris"))
    text = "https://candie.test/ was not reached: dns_nxdomain_error"
    assert (refused.state, *said(refused)) == (OutcomeState.REFUSED, text, None)
    assert refused.details == (("answer", text),)
    assert list(at_registry(lab, "roses.test").statuses) == ["ok"]
    elsewhere = lab.run(lab.registrants.lock("roses.test", vantage="rome"))
    assert elsewhere.state is OutcomeState.EXECUTED


def test_a_holders_own_locks_bind_the_holder_until_they_are_off(lab: Lab) -> None:
    lab.run(lab.registrants.lock("roses.test"))
    refused = lab.run(lab.registrants.move("roses.test", ("ns1.polder.test",)))
    assert (refused.state, refused.code) == (OutcomeState.REFUSED, 2304)
    lab.run(lab.registrants.lock("roses.test", locked=False))
    assert lab.run(lab.registrants.move("roses.test", ("ns1.polder.test",))).code == 1000


def test_a_new_name_is_registered_once(lab: Lab) -> None:
    first = lab.run(
        lab.registrants.register(
            "candie-names", "new-chat.test", "a chat fan", ("ns1.rila.test",), vantage="sofia"
        )
    )
    assert (first.state, first.code) == (OutcomeState.EXECUTED, 1000)
    assert "domain create new-chat.test 1000" in dict(first.details)["beside it"]
    assert at_registry(lab, "new-chat.test").registrant == "a chat fan"
    second = lab.run(
        lab.registrants.register("candie-names", "new-chat.test", "another", ("ns1.rila.test",))
    )
    assert said(second) == ("the registry answers: new-chat.test is registered", 2302)
    # It is its holder's from then on.
    assert lab.run(lab.registrants.move("new-chat.test", ("ns1.polder.test",))).code == 1000


def test_a_transfer_is_pending_until_the_old_registrar_has_heard_of_it(lab: Lab) -> None:
    leaving, arriving = lab.run(
        lab.registrants.transfer("roses.test", "polder-names", vantage="rome")
    )
    assert (leaving.act, leaving.registrar, leaving.code) == ("transfer-out", "candie-names", 1000)
    assert (arriving.act, arriving.registrar, arriving.code) == (
        "transfer-in",
        "polder-names",
        1001,
    )
    assert arriving.state is OutcomeState.PENDING
    assert at_registry(lab, "roses.test").sponsor == "candie-names"
    lab.run(lab.wait(11 * MINUTE))
    assert at_registry(lab, "roses.test").sponsor == "polder-names"
    assert [(one.registrar, one.notice.text) for one in lab.registration.heard] == [
        ("candie-names", "the transfer of roses.test awaits its sponsor"),
        ("polder-names", "roses.test is transferred"),
    ]
    # The holder is a customer of the new registrar now, and goes there.
    assert lab.run(lab.registrants.lock("roses.test")).registrar == "polder-names"


def test_a_registry_lock_ends_a_transfer_under_way_and_both_registrars_hear_of_it(
    lab: Lab,
) -> None:
    lab.run(lab.law.levers.pull("w", "test-registry", Lever.REGISTRY_LOCK, "clips.test"))
    [locked] = lab.run(lab.registrants.transfer("clips.test", "candie-names"))
    assert (locked.registrar, locked.code) == ("polder-names", 2304)
    lab.run(lab.registrants.transfer("clips-twin.test", "candie-names"))
    lab.run(lab.law.levers.pull("l", "test-registry", Lever.REGISTRY_LOCK, "clips-twin.test"))
    lab.run(lab.wait(11 * MINUTE))
    assert at_registry(lab, "clips-twin.test").sponsor == "polder-names"
    ended = "clips-twin.test stays with its sponsor"
    heard = [(one.registrar, one.notice.text) for one in lab.registration.heard]
    assert ("candie-names", ended) in heard
    assert ("polder-names", ended) in heard


def test_an_order_to_refuse_transfers_keeps_a_name_and_a_frozen_account_keeps_all(
    lab: Lab,
) -> None:
    order(lab, "prosecutor-nl", "polder-names", Lever.TRANSFER_REFUSAL, "clips.test")
    [kept] = lab.run(lab.registrants.transfer("clips.test", "candie-names"))
    assert said(kept) == ("clips.test is under an order and stays with polder-names", None)
    order(lab, "prosecutor-nl", "polder-names", Lever.ACCOUNT_FREEZE, "clips-twin.test")
    moved = lab.run(lab.registrants.move("clips-twin.test", ("ns1.rila.test",)))
    assert said(moved) == ("the account the lab is frozen", None)
    assert list(at_registry(lab, "clips-twin.test").statuses) == ["ok"]


def test_what_is_moved_is_published_with_the_next_zone(lab: Lab) -> None:
    moved = lab.run(lab.registrants.move("roses.test", ("ns1.polder.test",), vantage="rome"))
    lab.run(lab.wait(31 * MINUTE))
    published = [
        (entry.at // MINUTE, entry.details["changed"])
        for entry in lab.journal
        if entry.what == "zone published" and entry.at > moved.at
    ]
    assert published == [(30, ["roses.test"])]
