"""`evidence`: what it writes, and what it ends with."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.errors import LabError
from simulator.report import evidence
from simulator.report.evidence_usage import add_arguments
from simulator.roles.evidence.logic import Case, write_record
from simulator.roles.hosting.acquisition import acquire
from simulator.roles.hosting.contents import Outage, Server, holders
from simulator.values import DAY
from simulator.wire.custody import entry_after, read_chain

START = datetime.datetime(2024, 6, 24, 8, tzinfo=datetime.UTC)
SERVER = Server("coco.xg", ("coco.xg",), "rila-web-1", ("198.18.20.10",))
CASE = Case("coco.xg", "rila-web-1", "examiner", START, DAY)
DATA = write_record(CASE, acquire(SERVER, DAY), holders(["198.19.64.1"]))
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command on a record: (status, standard output)."""

    def run(
        action: str,
        question: str | None = None,
        *,
        data: bytes = DATA,
        head: str | None = None,
        language: str = "en",
    ) -> tuple[int, str]:
        path = tmp_path / "record.jsonl"
        path.write_bytes(data)
        options = argparse.Namespace(action=action, file=str(path), question=question, head=head)
        return evidence.run(options, language), capsys.readouterr().out

    return run


def test_a_whole_record_verifies_and_says_what_to_note(run: Run) -> None:
    status, out = run("verify")
    assert (status, out.splitlines()[0]) == (
        0,
        "The record holds: 11 entries, each follows from the one before.",
    )
    assert f"Last hash: {read_chain(DATA).head}" in out
    assert "--head" in out
    assert "--head" not in run("verify", head=read_chain(DATA).head.upper())[1]


def test_a_changed_byte_ends_in_1_and_names_the_entry(run: Run) -> None:
    status, out = run("verify", data=DATA.replace(b"voucher", b"voucheR", 1))
    assert status == 1
    assert out.startswith("Entry 5 does not hold: its content does not have its hash: it was")
    assert "The 4 before it do." in out
    assert "There is none before it." in run("verify", data=DATA.replace(b"coco", b"cocO", 1))[1]


def test_a_record_written_anew_is_found_by_the_hash_that_was_noted(run: Run) -> None:
    """The chain of a forger holds; what was noted elsewhere does not agree with it."""
    entries = list(read_chain(DATA).entries)
    anew = entry_after(entries, entries[-1].at, "2024-06-26", "eve", "handed over", {})
    status, out = run("verify", data=DATA + anew.line(), head=entries[-1].hash)
    assert status == 1
    assert "the last hash is another" in out.replace("\n", " ")
    assert run("verify", data=DATA + anew.line())[0] == 0
    assert "eve: handed over" in run("show", data=DATA + anew.line())[1]


def test_a_beginning_of_the_hash_is_no_proof_and_no_contradiction(run: Run) -> None:
    head = read_chain(DATA).head
    for part in (head[:4], head[:4].upper(), head[:-1]):
        status, out = run("verify", head=part)
        text = " ".join(out.split())
        assert status == 1
        assert f"only the beginning of a hash, {len(part)} of its 64 digits" in text
        assert "the last hash is another" not in text
    for other in ("", "0" * 4 if head[0] != "0" else "1" * 4):
        assert run("verify", head=other)[0] == 1


def test_show_tells_the_custody_entry_by_entry(run: Run) -> None:
    status, out = run("show")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "coco.xg, on rila-web-1"
    assert lines[1] == "  1  2024-06-25 08:00  examiner: opened the record"
    assert lines[2] == "  2  2024-06-25 08:00  examiner: copied the memory"
    assert "     accounts-backup.json: 24 records" in lines
    assert sum(line.startswith("     SHA-256 ") and len(line) == 77 for line in lines) == 7


def test_show_says_what_could_not_be_copied(run: Run) -> None:
    dead = write_record(CASE, acquire(SERVER._replace(outages=(Outage(DAY),)), DAY))
    assert "examiner: could not copy the sessions" in run("show", data=dead)[1]


def test_ask_says_what_it_tells_and_what_it_cannot(run: Run) -> None:
    status, out = run("ask", "payments")
    assert status == 0
    assert "It tells:" in out
    assert "It cannot tell:" in out
    assert "and 9 more in the file" in run("ask", "accounts")[1]


def test_without_a_question_those_that_there_are_are_listed(run: Run) -> None:
    out = run("ask")[1]
    assert out.splitlines()[0] == "accounts         Which accounts were there?"
    assert out.splitlines()[-1].startswith("visitor:ADDRESS  ")


@pytest.mark.parametrize(
    ("action", "question", "data", "sentence"),
    [
        ("verify", None, b"nothing", "it is no custody record of the lab"),
        ("show", None, b"", "it is no custody record of the lab"),
        ("show", None, DATA.replace(b"card", b"carD", 1), "entry 5 does not hold"),
        ("ask", "accounts", DATA[:-1], "entry 11 does not hold: its line has no end"),
        ("ask", "weather", DATA, "'weather' is no question of the lab"),
        ("show", "accounts", DATA, "only 'ask' takes a question"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(
    run: Run, action: str, question: str | None, data: bytes, sentence: str
) -> None:
    with pytest.raises(LabError) as refused:
        run(action, question, data=data)
    assert sentence in str(refused.value)


def test_a_hash_goes_with_verify_alone(run: Run) -> None:
    with pytest.raises(LabError, match="only 'verify' takes a hash"):
        run("show", head="0")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    options = argparse.Namespace(action="verify", file=str(tmp_path), question=None, head=None)
    with pytest.raises(LabError, match="it is a folder"):
        evidence.run(options, "en")


def test_what_a_forger_puts_into_a_file_never_reaches_the_terminal(run: Run) -> None:
    entries = list(read_chain(DATA).entries)
    loud = entry_after(entries, entries[-1].at, "-", "\x1b[31meve", "\x1b]0;x\x07", {})
    out = run("show", data=DATA + loud.line())[1]
    assert "\x1b" not in out
    assert "\x07" not in out


def test_what_can_be_printed_keeps_the_spaces_of_french() -> None:
    assert (
        evidence.printable("«\u202fici\u00a0\u202f»\n\x9b") == "«\u202fici\u00a0\u202f»\ufffd\ufffd"
    )


def test_usage_is_as_the_command_reads_it() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser, "en")
    options = parser.parse_args(["ask", "record.jsonl", "accounts"])
    assert (options.action, options.file, options.question, options.head) == (
        "ask",
        "record.jsonl",
        "accounts",
        None,
    )
