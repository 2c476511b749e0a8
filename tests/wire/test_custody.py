"""A custody record vouches for itself: any changed byte is found, and its entry named."""

from __future__ import annotations

import contextlib
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire import custody
from simulator.wire.custody import (
    FORMAT,
    NOTHING_BEFORE,
    OPENED,
    SEALED,
    CustodyError,
    Entry,
    canonical,
    entry_after,
    read_chain,
)


def record(*, details: tuple[dict[str, object], ...] = ({}, {}), version: object = 1) -> bytes:
    entries: list[Entry] = []
    opened = {"format": FORMAT, "version": version}
    for number, (what, said) in enumerate(
        [(OPENED, opened), *(("noted", each) for each in details), (SEALED, {})]
    ):
        entries.append(entry_after(entries, number * 1_000, "2024-06-25", "émile", what, said))
    return b"".join(entry.line() for entry in entries)


WHOLE = record()
LINES = WHOLE.splitlines(keepends=True)


def why(data: bytes) -> tuple[int, str]:
    broken = read_chain(data).broken
    assert broken is not None
    return broken.number, str(broken.why)


def test_a_whole_record_holds_and_says_what_was_done() -> None:
    chain = read_chain(WHOLE)
    assert chain.broken is None
    assert [entry.what for entry in chain.entries] == [OPENED, "noted", "noted", SEALED]
    assert chain.entries[0].previous == NOTHING_BEFORE
    assert chain.head == chain.entries[-1].hash


def test_the_hash_is_of_the_line_without_its_last_member() -> None:
    """The documented way, done by hand: it must not depend on our own code."""
    for line in LINES:
        content, _, end = line.rstrip(b"\n").rpartition(b',"hash":"')
        assert hashlib.sha256(content + b"}").hexdigest() == end.decode().removesuffix('"}')


def test_every_single_changed_byte_is_found_in_its_entry() -> None:
    starts = [sum(map(len, LINES[:place])) for place in range(len(LINES))]
    for place in range(len(WHOLE)):
        changed = bytearray(WHOLE)
        changed[place] ^= 1
        entry = sum(start <= place for start in starts)
        assert why(bytes(changed))[0] == entry, place


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_no_change_of_a_byte_goes_unseen(place: int, by: int) -> None:
    changed = bytearray(WHOLE)
    changed[place] ^= by
    assert read_chain(bytes(changed)).broken is not None


@given(st.integers(1, len(WHOLE) - 1))
def test_a_record_that_was_cut_off_does_not_hold(length: int) -> None:
    try:
        assert read_chain(WHOLE[:length]).broken is not None
    except CustodyError:
        assert length < len(b'{"number":1,') + len(FORMAT)


def test_what_is_left_out_put_in_or_moved_breaks_the_chain() -> None:
    one, two, three, four = LINES
    follows = "it does not follow from the entry before: one was changed or left out"
    assert why(one + three + four) == (2, follows)
    assert why(one + two + two + three + four) == (3, follows)
    assert why(one + three + two + four) == (2, follows)
    assert why(one + b"\n" + two + three + four) == (2, "its line cannot be read")
    assert why(one + two + three) == (
        4,
        "the record ends before it was sealed: entries are missing",
    )
    assert why(WHOLE[:-1]) == (4, "its line has no end: the file was cut off")


def test_an_entry_that_was_made_to_fit_is_caught_by_the_next() -> None:
    value = json.loads(LINES[1])
    forged = entry_after(read_chain(WHOLE).entries[:1], 1_000, "2024-06-25", "eve", "noted", {})
    assert forged.number == value["number"]
    assert why(LINES[0] + forged.line() + b"".join(LINES[2:]))[0] == 3


def test_the_same_value_in_other_words_is_a_change() -> None:
    spaced = LINES[1].replace(b'"who":', b'"who": ')
    assert why(LINES[0] + spaced + LINES[2] + LINES[3]) == (
        2,
        "its line is not written as the lab writes it",
    )


def test_custody_goes_on_after_the_seal() -> None:
    chain = read_chain(WHOLE)
    handed = entry_after(chain.entries, 9_000, "2024-06-26", "court", "handed over", {})
    longer = read_chain(WHOLE + handed.line())
    assert (longer.broken, longer.head) == (None, handed.hash)


def test_time_does_not_go_back() -> None:
    before = read_chain(WHOLE).entries
    late = before[-1]._replace(at=9_000)
    early = entry_after([*before[:-1], late._replace(at=0)], 0, "-", "eve", "noted", {})
    line = early._replace(previous=before[-1].hash)
    line = line._replace(hash=custody._hash(line))
    assert why(WHOLE + line.line()) == (5, "it is older than the entry before")


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}", b'{"number": 1}\n', b"\xff\xfe", b"PK\x03\x04"]
)
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(CustodyError, match="no custody record"):
        read_chain(data)


@pytest.mark.parametrize("version", [2, "1", True, None])
def test_another_version_is_refused_by_its_number(version: object) -> None:
    with pytest.raises(CustodyError, match=rf"in version {version} of the format"):
        read_chain(record(version=version))


def test_sizes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custody, "ENTRIES_LIMIT", 3)
    assert why(WHOLE) == (4, "there are more entries than a record may have")
    monkeypatch.setattr(custody, "LINE_LIMIT", 300)
    assert why(record(details=({"x": "y" * 300},)))[0] == 2
    monkeypatch.setattr(custody, "FILE_LIMIT", len(WHOLE) - 1)
    with pytest.raises(CustodyError, match="larger than"):
        read_chain(WHOLE)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"number":2,"at":' + b"9" * 5_000 + b"}",
        b'{"number":2,"at":NaN}',
        b'"\\ud800"',
        b"[]",
        b'{"number":2}',
        LINES[1].rstrip(b"\n").replace(b'"number":2', b'"number":true'),
    ],
)
def test_a_hostile_line_is_a_broken_entry(line: bytes) -> None:
    assert why(LINES[0] + line + b"\n")[0] == 2


@given(st.binary(max_size=200))
def test_any_bytes_give_a_chain_or_a_sentence(data: bytes) -> None:
    for tried in (data, b'{"number":1,' + data, LINES[0] + data):
        with contextlib.suppress(CustodyError):
            read_chain(tried)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _JSON))
def test_what_is_written_is_read_back(details: dict[str, object]) -> None:
    try:
        canonical(details)
    except UnicodeEncodeError:
        return
    chain = read_chain(record(details=(details,)))
    assert (chain.broken, chain.entries[1].details) == (None, details)
