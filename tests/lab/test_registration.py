"""Registrars and registries of a running lab: EPP over the virtual wire, and who is told what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import Lab
from simulator.lab.orders import OrderOutcome
from simulator.values import DAY, HOUR, MINUTE, SECOND, Drop, Lever, OutcomeState, Packet
from simulator.wire.epp.change_poll import Case

LOCKS = ("serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited")


def order(lab: Lab, to: str, lever: Lever, key: str, name: str = "coco.xg") -> OrderOutcome:
    [outcome] = lab.run(lab.order("police-gg", to, lever, name, key=key))
    return outcome


def details(outcome: OrderOutcome) -> dict[str, str]:
    return dict(outcome.details)


def commands(lab: Lab) -> list[tuple[str, str, int, str, str]]:
    """What the registries noted of their EPP servers: who sent what, about what, both ids."""
    return [
        (
            entry.details["command"], entry.details["name"], entry.details["code"],
            entry.details["client_transaction"], entry.details["server_transaction"],
        )
        for entry in lab.journal
        if entry.what == "epp command"
    ]  # fmt: skip


def poll_messages(lab: Lab) -> list[tuple[int, str, str, str | None, str | None]]:
    return [
        (
            entry.at // MINUTE, entry.who, entry.details["text"], entry.details["state"],
            entry.details["change_transaction"],
        )
        for entry in lab.journal
        if entry.what == "poll message"
    ]  # fmt: skip


class ToPort:
    """A rule that drops whatever goes to one port."""

    name = "ip-drop"

    def __init__(self, port: int) -> None:
        self._port = port

    def concerns(self, packet: Packet) -> bool:
        return getattr(packet.body, "destination_port", None) == self._port

    def judge(self, *_: object) -> Drop:
        return Drop()


def cut_off(lab: Lab, port: int) -> Callable[[], None]:
    """Drop what the registrar's office sends to a port; return how to let it through again."""
    box = lab.fabric.middlebox(lab.hosts["candie-office"].network)
    box.put("test", ToPort(port))
    return lambda: box.lift("test")


# --- commands -----------------------------------------------------------------------------


def test_nothing_of_it_exists_before_somebody_asks_and_no_message_is_left_of_the_beginning(
    lab: Lab,
) -> None:
    lab.run(lab.wait(30 * DAY))
    assert repr(lab.registration) == "<Registration desks=[] heard=0>"
    waiting = [
        registry.poll_count(registrar)
        for registry in lab.names.registries.values()
        for registrar in lab.world.registrars
    ]
    assert waiting == [0] * len(waiting)
    assert commands(lab) == []


def test_a_registrars_lever_is_an_epp_command_with_both_ids(lab: Lab) -> None:
    outcome = order(lab, "candie-names", Lever.CLIENT_HOLD, "hold")
    assert outcome.state is OutcomeState.EXECUTED
    assert details(outcome) == {
        "command": "domain update",
        "result": "1000",
        "answer": "Command completed successfully",
        "clTRID": "candie-names-00003",
        "svTRID": "XG-000016",
    }
    assert commands(lab) == [
        ("login", "candie-names", 1000, "candie-names-00001", "XG-000014"),
        ("domain:update", "coco.xg", 1000, "candie-names-00003", "XG-000016"),
    ]
    assert lab.names.registries["xg"].poll_count("candie-names") == 0


def test_the_commands_travel_to_port_700_of_the_registry(lab: Lab) -> None:
    let_through = cut_off(lab, 700)
    outcome = order(lab, "candie-names", Lever.CLIENT_HOLD, "hold")
    assert outcome.state is OutcomeState.REFUSED
    assert str(outcome.reason).startswith("the registry of .xg gives no answer: ")
    assert commands(lab) == []
    let_through()
    assert order(lab, "candie-names", Lever.CLIENT_HOLD, "again").state is OutcomeState.EXECUTED


def test_a_hold_that_two_orders_want_is_one_command_and_goes_with_the_last(lab: Lab) -> None:
    first = order(lab, "candie-names", Lever.CLIENT_HOLD, "one")
    second = order(lab, "candie-names", Lever.CLIENT_HOLD, "two")
    assert details(second) == {"done for": "one", **details(first)}
    lab.run(lab.lift("one"))
    assert [name for name, *_ in commands(lab)] == ["login", "domain:update"]
    lab.run(lab.lift("two"))
    assert [name for name, *_ in commands(lab)] == ["login", "domain:update"] * 2


def test_what_locks_prohibit_is_refused_with_the_registrys_code(lab: Lab) -> None:
    order(lab, "xg-registry", Lever.REGISTRY_LOCK, "lock")
    outcome = order(lab, "candie-names", Lever.CLIENT_HOLD, "hold")
    assert outcome.state is OutcomeState.REFUSED
    told = details(outcome)
    assert (told["command"], told["result"]) == ("domain update", "2304")
    assert told["answer"] == ("coco.xg has the status serverUpdateProhibited, which prohibits this")
    assert told["clTRID"].startswith("candie-names-")
    assert told["svTRID"].startswith("XG-")


def test_undone_out_of_order_a_hold_stays_until_the_lock_is_off(lab: Lab) -> None:
    order(lab, "candie-names", Lever.CLIENT_HOLD, "hold")
    order(lab, "xg-registry", Lever.REGISTRY_LOCK, "lock")
    [stays] = lab.run(lab.lift("hold"))
    assert stays.state is OutcomeState.REFUSED
    assert "serverUpdateProhibited" in str(stays.reason)
    [off] = lab.run(lab.lift("lock"))
    [gone] = lab.run(lab.lift("hold"))
    assert (off.state, gone.state) == (OutcomeState.EXECUTED, OutcomeState.EXECUTED)
    assert [code for name, _, code, *_ in commands(lab) if name == "domain:update"] == [
        1000, 2304, 1000,
    ]  # fmt: skip


def test_a_name_that_nobody_has_is_asked_about_and_not_found(lab: Lab) -> None:
    outcome = order(lab, "candie-names", Lever.CLIENT_HOLD, "hold", "nobody.xg")
    assert (outcome.state, str(outcome.reason)) == (
        OutcomeState.REFUSED, "nobody.xg is no registered name",
    )  # fmt: skip
    told = details(outcome)
    assert (told["command"], told["result"], told["answer"]) == (
        "domain info", "2303", "nobody.xg does not exist",
    )  # fmt: skip


def test_a_registrar_that_has_not_the_name_asks_who_has_and_says_so(lab: Lab) -> None:
    [outcome] = lab.run(
        lab.order("prosecutor-nl", "polder-names", Lever.CLIENT_HOLD, "roses.test", key="hold")
    )
    assert str(outcome.reason) == (
        "polder-names is not the registrar of roses.test: candie-names is"
    )
    told = details(outcome)
    assert (told["command"], told["result"]) == ("domain info", "1000")


def test_an_operator_without_the_lever_sends_no_command(lab: Lab) -> None:
    outcome = order(lab, "sarnia-broadband", Lever.CLIENT_HOLD, "hold")
    assert outcome.state is OutcomeState.REFUSED
    assert outcome.details == ()
    assert commands(lab) == []


# --- messages -----------------------------------------------------------------------------


def test_a_registrar_hears_within_five_minutes_what_the_registry_did_to_its_name(
    lab: Lab,
) -> None:
    outcome = order(lab, "xg-registry", Lever.REGISTRY_LOCK, "lock")
    registry = lab.names.registries["xg"]
    assert registry.poll_count("candie-names") == 2
    assert lab.registration.heard == []
    lab.run(lab.wait(6 * MINUTE))
    assert registry.poll_count("candie-names") == 0
    before, after = lab.registration.heard
    assert {(one.registrar, one.tld) for one in (before, after)} == {("candie-names", "xg")}
    assert before.at // SECOND == (outcome.at // SECOND // 300 + 1) * 300
    shown = [getattr(one.notice.data, "statuses", None) for one in (before, after)]
    assert shown == [("ok",), LOCKS]
    transaction = details(outcome)["svTRID"]
    assert poll_messages(lab) == [
        (65, "candie-names", "coco.xg has a registry lock", state, transaction)
        for state in ("before", "after")
    ]
    assert b"changePoll" in after.notice.document


def test_a_registrar_hears_in_whose_name_the_registry_acted_and_by_which_order(lab: Lab) -> None:
    """Of an order and of its end; of what nobody ordered it hears no reason (RFC 8590)."""
    order(lab, "xg-registry", Lever.REGISTRY_LOCK, "file 7/24")
    lab.run(lab.lift("file 7/24"))
    lab.run(lab.impose("xg-registry", Lever.SERVER_HOLD, "coco.xg"))
    lab.run(lab.wait(6 * MINUTE))
    told = [one.notice.change for one in lab.registration.heard]
    assert [(one.who, one.reason, one.case) for one in told if one is not None] == [
        *[("xg-registry", "Guernsey Police", Case("custom", "file 7/24", "order"))] * 4,
        *[("xg-registry", None, None)] * 2,
    ]


@pytest.mark.parametrize(
    "lever",
    [Lever.SERVER_HOLD, Lever.REDELEGATION, Lever.TRANSFER, Lever.CANCELLATION],
)
def test_every_lever_at_a_registry_names_the_authority(lab: Lab, lever: Lever) -> None:
    outcome = order(lab, "xg-registry", lever, "seize")
    assert outcome.state is OutcomeState.EXECUTED, outcome.reason
    lab.run(lab.lift("seize"))
    lab.run(lab.wait(6 * MINUTE))
    reasons = [one.notice.change.reason for one in lab.registration.heard if one.notice.change]
    assert len(reasons) >= 4
    assert dict.fromkeys(reasons) == {"Guernsey Police": None}


def test_a_registrar_that_cannot_reach_the_registry_hears_of_it_an_hour_later(lab: Lab) -> None:
    order(lab, "xg-registry", Lever.REGISTRY_LOCK, "lock")
    let_through = cut_off(lab, 700)
    lab.run(lab.wait(30 * MINUTE))
    assert lab.registration.heard == []
    assert [entry.who for entry in lab.journal if entry.what == "registry unreachable"] == [
        "candie-names"
    ]
    let_through()
    lab.run(lab.wait(HOUR))
    assert [one.notice.text for one in lab.registration.heard] == [
        "coco.xg has a registry lock"
    ] * 2


def test_without_epp_a_registrar_acts_on_the_registrys_books_and_no_packet_shows_it() -> None:
    with Lab.load("crossroads") as lab:
        assert not lab.registration.speaks_epp("candie-names", "test")
        [outcome] = lab.run(
            lab.order("prosecutor-nl", "candie-names", Lever.CLIENT_HOLD, "bakery.test", key="hold")
        )
        told = details(outcome)
        assert (told["command"], told["result"]) == ("domain update", "1000")
        assert "clTRID" not in told
        assert commands(lab) == []


# --- the journal --------------------------------------------------------------------------


def by_hand(lab: Lab) -> list[tuple[str, str, str, str, int, str]]:
    """What registries noted beside EPP: where, what, about what, by whom, the code, the id."""
    return [
        (
            entry.who, entry.details["command"], entry.details["name"],
            entry.details["actor"], entry.details["code"], entry.details["server_transaction"],
        )
        for entry in lab.journal
        if entry.what == "registry command"
    ]  # fmt: skip


def test_what_the_registry_does_by_its_own_hand_is_in_the_journal_and_what_it_refuses(
    lab: Lab,
) -> None:
    assert by_hand(lab) == []  # nothing of what the lab set up
    locked = order(lab, "xg-registry", Lever.REGISTRY_LOCK, "lock")
    lab.run(lab.lift("lock"))
    refused = lab.names.registries["xg"].release("coco.xg", lab.now)
    lock, unlock = ("xg-registry", "domain:update", "coco.xg", "xg-registry", 1000), 2002
    first, second, third = by_hand(lab)
    assert first == (*lock, details(locked)["svTRID"])
    assert second[:5] == lock
    assert third == (*lock[:4], unlock, refused.transaction)


def test_where_no_epp_is_spoken_a_registrars_commands_are_in_the_journal_as_well() -> None:
    with Lab.load("crossroads") as lab:
        assert not any(registry.epp for registry in lab.world.registries.values())
        lab.run(lab.impose("candie-names", Lever.CLIENT_HOLD, "library.xg"))
        lab.run(lab.impose("xg-registry", Lever.SERVER_HOLD, "library.xg"))
        about = ("xg-registry", "domain:update", "library.xg")
        assert [one[:5] for one in by_hand(lab)] == [
            (*about, "candie-names", 1000),
            (*about, "xg-registry", 1000),
        ]


def test_a_transform_by_epp_has_one_entry_with_the_clients_id(lab: Lab) -> None:
    order(lab, "candie-names", Lever.CLIENT_HOLD, "hold")
    assert [name for name, *_ in commands(lab)] == ["login", "domain:update"]
    assert by_hand(lab) == []


def test_what_time_alone_does_is_in_the_journal_with_an_id_of_its_own(lab: Lab) -> None:
    """A cancelled name is purged; nobody acts, and the day on which it fell is told."""
    order(lab, "xg-registry", Lever.CANCELLATION, "cancel")
    registry, now = lab.names.registries["xg"], lab.now
    before = len(by_hand(lab))
    registry.settle(now + 60 * DAY)
    purge = next(
        entry
        for entry in list(lab.journal)
        if entry.what == "registry command" and entry.details.get("operation") == "autoPurge"
    )
    assert len(by_hand(lab)) > before
    assert (purge.details["command"], purge.details["name"]) == ("domain:delete", "coco.xg")
    assert purge.details["effective"] > now / SECOND
    assert purge.details["server_transaction"].startswith("XG-")
