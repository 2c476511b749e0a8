"""What a seized server tells and what it cannot, from the record alone."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from simulator.errors import LabError
from simulator.roles.evidence.answers import QUESTIONS, Answer, ask
from simulator.roles.evidence.logic import Case, check, open_dossier, write_record
from simulator.values import Message
from simulator.wire.custody import CustodyError, entry_after, read_chain
from simulator.wire.evidence import (
    Account,
    AdminKey,
    Configuration,
    Flow,
    Holder,
    Line,
    Machine,
    Payment,
    Peer,
    Process,
    Record,
    Section,
    Session,
    Visited,
)

START = datetime.datetime(2024, 6, 25, 8, tzinfo=datetime.UTC)
MINUTE = 60_000_000
CASE = Case("coco.xg", "rila-web-1", "examiner", START, 0, "prosecutor-bg")
HOME, EXIT, CGNAT = "198.18.1.101", "198.18.40.1", "198.19.64.1"
FILES: dict[str, dict[str, tuple[Record, ...]]] = {
    "memory": {
        "processes.json": (Process("web-server", "www"),),
        "keys.json": (),
        "unwritten.json": (Line(-MINUTE, 1, 2, "late rain"),),
    },
    "sessions": {"sessions.json": (Session(1, HOME, -MINUTE), Session(0, "192.0.2.77", 0))},
    "chat": {"messages.json": (Line(-60 * MINUTE, 1, 2, "hello"), Line(-50 * MINUTE, 1, 2, "x"))},
    "disk": {
        "accounts.json": (Account(1, "amber-fox-1", -9, HOME), Account(2, "jade-wren-2", -9, EXIT)),
        "payments.json": (Payment(1, 2, -90 * MINUTE, 1450, "voucher"),),
        "access-log.json": (
            Visited(-20 * MINUTE, HOME, "coco.xg", "/", 200),
            Visited(-10 * MINUTE, EXIT, "coco.xg", "/", 200),
            Visited(-5 * MINUTE, CGNAT, "coco.xg", "/pay", 200),
        ),
        "configuration.json": (Configuration("coco.xg", 6 * 3600, 900, 86_400, False),),
        "peers.json": (Peer("media.coco.xg", "198.19.210.7", "pictures"),),
        "admin-keys.json": (AdminKey("SHA256:x", "admin-1", EXIT, -60 * MINUTE),),
    },
    "remote-logs": {"flows.json": (Flow(-2000 * MINUTE, HOME),)},
    "topology": {"machine.json": (Machine("rila-web-1", ("198.18.20.10",), "-"),)},
    "archives": {
        "accounts-backup.json": tuple(Account(n, f"old-{n}", -99, HOME) for n in (1, 2, 3))
    },
}
HOLDERS = {
    HOME: Holder("Alpha Télécom", "access"),
    EXIT: Holder("Heron VPN", "vpn"),
    CGNAT: Holder("Alder Mobile", "shared"),
}


def written(**lost: str) -> bytes:
    sections = [
        Section(name, 0, 0, {} if name in lost else files, lost=lost.get(name, ""))
        for name, files in FILES.items()
    ]
    return write_record(CASE, sections, HOLDERS)


def answer(question: str, **lost: str) -> Answer:
    found = ask(open_dossier(written(**lost)), question)
    return found._replace(rows=tuple(tuple(map(str, row)) for row in found.rows))


def told(texts: tuple[Message, ...]) -> list[str]:
    return [str(text) for text in texts]


def test_accounts_are_told_with_those_that_only_the_archive_kept() -> None:
    found = answer("accounts")
    assert told(found.tells) == [
        "2 accounts: number, nickname, last address used.",
        (
            "1 more in the backup that are not on the disk any more: somebody deleted them, and the"
            " archive kept them."
        ),
    ]
    assert found.rows[0] == ("1", "amber-fox-1", HOME)
    assert "Who the people are" in str(found.cannot[0])


def test_payments_are_summed_and_name_nobody() -> None:
    found = answer("payments")
    assert told(found.tells) == ["1 payments by 1 accounts, 14.50 euros in all."]
    assert found.rows == (("1", "2", "2024-06-25 06:30", "14.50", "voucher"),)
    assert "the bank or the shop has the name" in str(found.cannot[0])


def test_who_was_there_leaves_the_examiner_out_and_says_so() -> None:
    found = answer("online")
    assert told(found.tells) == ["1 accounts were connected on 2024-06-25 08:00."]
    assert found.rows == (("1", HOME, "2024-06-25 07:59"),)
    assert "the examiner's own" in str(found.cannot[1])


def test_messages_are_told_as_far_as_they_were_kept() -> None:
    found = answer("messages")
    assert told(found.tells) == [
        (
            "3 messages, from 2024-06-25 07:00 to 2024-06-25 07:59: which account wrote to which,"
            " when, and what."
        ),
        "Of these, in memory and not written yet: 1.",
    ]
    assert found.rows == (("1 > 2", "3"),)
    assert "the site kept messages for 6 hours" in str(found.cannot[0])


def test_without_power_the_unwritten_messages_are_among_what_it_cannot_tell() -> None:
    found = answer("messages", memory="power", sessions="power")
    assert found.rows == (("1 > 2", "2"),)
    assert "went with the current" in str(found.cannot[0])
    assert told(answer("online", sessions="power").cannot) == [
        (
            "It has nothing of the sessions: went with the power, which was cut before the copy was"
            " taken."
        )
    ]


def test_the_log_reaches_less_far_than_the_routers_and_tells_more() -> None:
    assert told(answer("log-window").tells) == [
        (
            "The server's log goes from 2024-06-25 07:40 to 2024-06-25 07:55: 3 requests, each with"
            " address and page."
        ),
        (
            "The hosting company's routers go back to 2024-06-23 22:40: 1 connections, an address"
            " and a moment, no page."
        ),
    ]


def test_a_visitor_from_home_is_found_by_their_address() -> None:
    found = answer(f"visitor:{HOME}")
    assert told(found.tells) == [
        "1 requests, from 2024-06-25 07:40 to 2024-06-25 07:40.",
        "Accounts last used from it: 1.",
        "The address is held by Alpha Télécom.",
    ]
    assert found.rows == (("2024-06-25 07:40", "coco.xg/", "200"),)
    assert "who sat before the screen" in str(found.cannot[0])


def test_a_visitor_by_vpn_is_only_the_exit() -> None:
    found = answer(f"visitor:{EXIT}")
    assert str(found.tells[-1]) == "The address is held by Heron VPN."
    assert "the address is that of a VPN's exit" in str(found.cannot[0])
    shared = answer(f"visitor:{CGNAT}")
    assert "many subscribers behind this address (CGNAT)" in str(shared.cannot[0])


def test_an_address_that_is_not_there_proves_nothing() -> None:
    found = answer("visitor:2001:DB8:1::101")
    assert str(found.question) == "What does it tell of 2001:db8:1::101?"
    assert told(found.tells) == ["Nobody with this address is in the log of the server."]
    assert "by way of a VPN" in str(found.cannot[0])


def test_who_stands_for_others_is_counted_with_why_it_hides() -> None:
    found = answer("behind-vpn")
    assert found.rows == (
        (EXIT, "1", "Heron VPN", "a VPN exit"),
        (CGNAT, "1", "Alder Mobile", "many subscribers"),
    )
    assert len(found.cannot) == 2
    assert "2 of them" in str(answer("visitors").cannot[0])


def test_what_is_on_another_machine_is_named_and_not_had() -> None:
    found = answer("other-hosts")
    assert told(found.tells) == ["The setup names media.coco.xg (198.19.210.7), for pictures."]
    assert "they were not seized" in str(found.cannot[0])


def test_an_administrator_by_vpn_stays_behind_it() -> None:
    found = answer("administrators")
    assert found.rows == (("admin-1", EXIT, "2024-06-25 07:00", "Heron VPN", "a VPN exit"),)
    assert "the exit's address is all" in str(found.cannot[0])


def test_a_date_that_no_calendar_has_is_a_question_mark() -> None:
    assert open_dossier(written()).date(2**61) == "?"


def test_losses_are_listed() -> None:
    assert told(answer("losses").tells) == ["Nothing was lost or changed by the copying."]
    assert told(answer("losses", disk="encrypted").cannot) == [
        (
            "It has nothing of the disk: encrypted; the key was in the memory, which went with the"
            " power."
        )
    ]


def test_every_question_has_an_answer_with_everything_and_with_nothing() -> None:
    nothing = dict.fromkeys(FILES, "power")
    for question in QUESTIONS:
        full, empty = answer(question), answer(question, **nothing)
        assert full.tells, question
        assert not empty.rows, question
        assert empty.cannot or question == "other-hosts", question


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("weather", "'weather' is no question of the lab; ask one of: accounts, payments"),
        ("visitor", "'visitor' is no question of the lab"),
        ("visitor:me", "'me' is no address"),
        ("visitor:", "'' is no address"),
    ],
)
def test_what_is_no_question_is_refused_with_those_that_are(question: str, sentence: str) -> None:
    with pytest.raises(LabError) as refused:
        answer(question)
    assert str(refused.value).startswith(sentence)


# --- the record ---------------------------------------------------------------------------------


def test_a_copy_is_filed_in_order_and_sealed() -> None:
    chain = check(written(memory="power"))
    assert chain.broken is None
    assert [entry.what for entry in chain.entries] == [
        "opened", "section lost", *["section taken"] * 6,
        "addresses looked up", "working copy made", "sealed",
    ]  # fmt: skip
    assert chain.entries[-2].details["image_sha256"] == chain.entries[-2].details["copy_sha256"]
    assert chain.entries[0].details["by"] == "prosecutor-bg"


def forged(change: Any) -> bytes:
    """Return the record written anew from a changed entry on: its chain holds."""
    entries: list[Any] = []
    for entry in read_chain(written()).entries:
        details = json.loads(json.dumps(entry.details))
        change(entry.what, details)
        made = entry_after(entries, entry.at, entry.date, entry.who, entry.what, details)
        entries.append(made)
    return b"".join(entry.line() for entry in entries)


def test_content_that_was_exchanged_under_a_whole_chain_is_found_by_its_hash() -> None:
    def blame(what: str, details: dict[str, Any]) -> None:
        if details.get("section") == "chat":
            details["files"][0]["records"][0]["sender"] = 2

    data = forged(blame)
    assert read_chain(data).broken is None
    broken = check(data).broken
    assert broken is not None
    assert (broken.number, str(broken.why)) == (
        4,
        "what the section holds does not have its hash",
    )
    with pytest.raises(CustodyError, match="entry 4 does not hold: what the section holds"):
        open_dossier(data)


def setting(key: str, value: Any) -> Any:
    def change(what: str, details: dict[str, Any]) -> None:
        if key in details:
            details[key] = value

    return change


@pytest.mark.parametrize(
    ("key", "value"),
    [("start", "soon"), ("start", 5), ("holders", []), ("holders", {"192.0.2.1": 1})],
)
def test_a_whole_chain_around_nonsense_is_refused(key: str, value: Any) -> None:
    with pytest.raises(CustodyError, match="its chain holds, but not what it says"):
        open_dossier(forged(setting(key, value)))


def rebuilt(keep: Any, **lost: str) -> bytes:
    """Return the record written anew without some entries, its seal unchanged: its chain holds."""
    entries: list[Any] = []
    for entry in read_chain(written(**lost)).entries:
        if keep(entry):
            entries.append(
                entry_after(entries, entry.at, entry.date, entry.who, entry.what, entry.details)
            )
    return b"".join(entry.line() for entry in entries)


def broken(data: bytes) -> tuple[int, str]:
    assert read_chain(data).broken is None
    found = check(data).broken
    assert found is not None
    return found.number, str(found.why)


def test_a_section_that_was_taken_out_of_a_whole_chain_is_missed_by_the_image() -> None:
    data = rebuilt(lambda entry: entry.details.get("section") != "chat")
    assert broken(data) == (9, "the sections before it do not have the hash of the image")


def test_an_entry_that_was_taken_out_of_a_whole_chain_is_missed_by_the_seal() -> None:
    """What was lost has no bytes in the image, and the look-up none: the seal counts them."""
    for keep in (
        lambda entry: entry.details.get("section") != "memory",
        lambda entry: entry.what != "addresses looked up",
    ):
        assert broken(rebuilt(keep, memory="power")) == (
            10,
            "the seal is over 10 entries, and 9 stand before it: some were taken out or put in",
        )


@pytest.mark.parametrize("value", [True, "10", None, 11])
def test_a_seal_that_counts_otherwise_does_not_hold(value: object) -> None:
    number, why = broken(forged(setting("entries", value)))
    assert (number, why.partition(" entries")[0]) == (11, f"the seal is over {value}")


def test_a_seal_and_a_working_copy_are_of_the_image() -> None:
    assert broken(forged(setting("image_sha256", "0" * 64))) == (
        10, "the working copy has another hash than the image"
    )  # fmt: skip

    def both(what: str, details: dict[str, Any]) -> None:
        details.update(dict.fromkeys(details.keys() & {"image_sha256", "copy_sha256"}, "0" * 64))

    assert broken(forged(both)) == (10, "the sections before it do not have the hash of the image")


def test_a_section_after_the_seal_or_twice_does_not_hold() -> None:
    entries = list(read_chain(written()).entries)
    disk = next(entry for entry in entries if entry.details.get("section") == "disk")

    def again(before: list[Any]) -> bytes:
        last = before[-1]
        put_in = entry_after(before, last.at, last.date, last.who, disk.what, disk.details)
        return b"".join(entry.line() for entry in [*before, put_in])

    assert broken(again(entries)) == (12, "a section was put in after the seal")
    found = check(again(entries[:-2])).broken
    assert found is not None
    assert (found.number, str(found.why)) == (10, "it is the second of its section")


def test_every_answer_names_the_sections_that_the_record_does_not_have() -> None:
    names = [name for name in FILES if name not in ("archives", "memory")]
    sections = [Section(name, MINUTE, 2 * MINUTE, FILES[name]) for name in names]
    dossier = open_dossier(write_record(CASE, sections))
    for question in (*QUESTIONS, f"visitor:{HOME}"):
        cannot = told(ask(dossier, question).cannot)
        for absent in ("the memory", "the archives"):
            assert cannot.count(f"It has nothing of {absent}: never taken.") == 1, question
    assert "Nothing was lost or changed by the copying." not in told(ask(dossier, "losses").tells)
