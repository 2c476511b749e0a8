"""A custody record: a text file in which every line vouches for the one before.

One JSON object a line, UTF-8, each line ended by ``\\n``, written in one way only: members in
the order of `Entry`, no spaces, nothing escaped that need not be. So the bytes of a line follow
from its values, and a changed byte changes a value, or the way it is written; both are found.

    {"number":2,"at":…,"date":"…","who":"…","what":"…","details":{…},"previous":"…","hash":"…"}

``hash`` is the SHA-256, in hexadecimal, of the line as it would be without its last member;
``previous`` is the hash of the line before, 64 zeros in the first. A line can thus not be
changed, left out, put in or moved without breaking the chain there.

What a chain cannot show: that the file was not written anew from the changed line on, or cut
off after its seal. Against that the last hash is noted elsewhere, and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from simulator.errors import LabError
from simulator.values import Instant, Message, message

FORMAT = "takedown-lab evidence"
VERSION = 1
FILE_LIMIT = 64 * 2**20
"""Octets. An image of the lab has some hundred thousand."""
LINE_LIMIT = 8 * 2**20
ENTRIES_LIMIT = 10_000
NOTHING_BEFORE = "0" * 64
OPENED, SEALED = "opened", "sealed"


class CustodyError(LabError):
    """This is no custody record, or none that this program reads."""


class Entry(NamedTuple):
    """Who did what with the evidence, when: lab time in microseconds, and as a date."""

    number: int
    at: Instant
    date: str
    who: str
    what: str
    details: Mapping[str, Any]
    previous: str
    hash: str

    def line(self) -> bytes:
        """Return the entry as it stands in the file."""
        return canonical(self._asdict()) + b"\n"


class Break(NamedTuple):
    """The first entry that does not hold, by its number, and why it does not."""

    number: int
    why: Message


class Chain(NamedTuple):
    """The entries of a record that hold, and where it breaks, if it does."""

    entries: tuple[Entry, ...]
    broken: Break | None

    @property
    def head(self) -> str:
        """The hash of the last entry that holds: note it elsewhere."""
        return self.entries[-1].hash if self.entries else NOTHING_BEFORE


def canonical(value: Any) -> bytes:
    """Return a value as JSON in the only way in which the format writes it.

    Raises `ValueError` for what has no JSON or no UTF-8 (NaN, half a surrogate pair).
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def entry_after(
    entries: Sequence[Entry],
    at: Instant,
    date: str,
    who: str,
    what: str,
    details: Mapping[str, Any],
) -> Entry:
    """Return the entry that goes on from these; ``at`` is not before the last of them."""
    previous = entries[-1].hash if entries else NOTHING_BEFORE
    assert not entries or entries[-1].at <= at, "custody does not go back in time"
    entry = Entry(len(entries) + 1, at, date, who, what, details, previous, "")
    return entry._replace(hash=_hash(entry))


def read_chain(data: bytes) -> Chain:
    """Read a record and check its chain, up to the first entry that does not hold.

    Raises `CustodyError` for what is no record of ours at all, and for another version.
    """
    if len(data) > FILE_LIMIT:
        raise CustodyError(message("it is larger than {limit} MiB", limit=FILE_LIMIT // 2**20))
    if not _is_ours(data):
        raise CustodyError(message("it is no custody record of the lab"))
    entries: list[Entry] = []
    broken: Break | None = None
    *lines, after = data.split(b"\n")
    for line in (*lines, after) if after else lines:
        found = _read_entry(line, entries)
        if isinstance(found, Message):
            broken = Break(len(entries) + 1, found)
            break
        entries.append(found)
        if len(entries) == 1:
            _check_version(found)
    if broken is None:
        broken = _at_the_end(data, entries)
    return Chain(tuple(entries), broken)


def _is_ours(data: bytes) -> bool:
    """Tell a damaged record from a foreign file: no single change takes away both marks."""
    first = data.partition(b"\n")[0]
    return first.startswith(b'{"number":1,') or FORMAT.encode() in first


def _check_version(first: Entry) -> None:
    if first.details.get("format") != FORMAT:
        raise CustodyError(message("it is no custody record of the lab"))
    version = first.details.get("version")
    if version != VERSION or isinstance(version, bool):
        raise CustodyError(
            message(
                "it is written in version {version} of the format; this program reads {known}",
                version=str(version),
                known=VERSION,
            )
        )


def _at_the_end(data: bytes, entries: Sequence[Entry]) -> Break | None:
    if not data.endswith(b"\n"):
        return Break(len(entries), message("its line has no end: the file was cut off"))
    if not any(entry.what == SEALED for entry in entries):
        why = message("the record ends before it was sealed: entries are missing")
        return Break(len(entries) + 1, why)
    return None


def _read_entry(line: bytes, before: Sequence[Entry]) -> Entry | Message:
    """Return what a line says, or why it does not hold."""
    if len(before) == ENTRIES_LIMIT:
        return message("there are more entries than a record may have")
    if len(line) > LINE_LIMIT:
        return message("its line is longer than {limit} MiB", limit=LINE_LIMIT // 2**20)
    try:
        value = json.loads(line)
        rewritten = canonical(value)
    except (ValueError, RecursionError):
        return message("its line cannot be read")
    if rewritten != line:
        return message("its line is not written as the lab writes it")
    if not _has_shape(value):
        return message("its line is not that of an entry")
    return _in_place(Entry(**value), before)


def _in_place(entry: Entry, before: Sequence[Entry]) -> Entry | Message:
    if entry.hash != _hash(entry):
        return message("its content does not have its hash: it was changed")
    if entry.previous != (before[-1].hash if before else NOTHING_BEFORE):
        return message("it does not follow from the entry before: one was changed or left out")
    if entry.number != len(before) + 1:
        return message("it calls itself number {number}", number=entry.number)
    if before and entry.at < before[-1].at:
        return message("it is older than the entry before")
    return entry


def _has_shape(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and tuple(value) == Entry._fields
        and all(type(value[key]) is int for key in ("number", "at"))
        and all(type(value[key]) is str for key in ("date", "who", "what", "previous", "hash"))
        and isinstance(value["details"], dict)
    )


def _hash(entry: Entry) -> str:
    content = entry._asdict()
    del content["hash"]
    return hashlib.sha256(canonical(content)).hexdigest()
