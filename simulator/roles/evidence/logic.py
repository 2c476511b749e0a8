"""The custody of a copy of a server: written when it is taken, read and checked ever after.

Who reads a record needs the file alone: neither the lab nor the server.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from simulator.values import SECOND, Address, Instant, message
from simulator.wire.custody import (
    FORMAT,
    OPENED,
    SEALED,
    VERSION,
    Break,
    Chain,
    CustodyError,
    Entry,
    entry_after,
    read_chain,
)
from simulator.wire.evidence import (
    LOOKED_UP,
    LOST,
    TAKEN,
    Holder,
    Mismatch,
    Record,
    Section,
    describe,
    section_of,
)

COPIED = "working copy made"
R = TypeVar("R", bound=Record)


class Case(NamedTuple):
    """What a record is about: whose server, who took it, from which moment on.

    ``start`` is the date of lab instant 0; ``off_since`` when the power was cut, or None.
    """

    site: str
    machine: str
    examiner: str
    start: datetime.datetime
    seized: Instant
    by: str = "-"
    off_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A record that holds, read."""

    chain: Chain
    site: str
    start: datetime.datetime
    sections: Mapping[str, Section]
    """In the order in which they were taken."""
    holders: Mapping[Address, Holder] = field(default_factory=dict)

    def date(self, at: Instant) -> str:
        """Return an instant as the date and time of day of the case."""
        try:
            return date_of(self.start, at)[:16].replace("T", " ")
        except OverflowError:  # only in a file that somebody made up
            return "?"

    def records(self, path: str, kind: type[R]) -> tuple[R, ...]:
        """Return the records of a file; none where its section was lost."""
        for section in self.sections.values():
            if path in section.files:
                return tuple(each for each in section.files[path] if isinstance(each, kind))
        return ()


def date_of(start: datetime.datetime, at: Instant) -> str:
    """Return an instant of a lab as a date, to the second."""
    moment = start + datetime.timedelta(seconds=at // SECOND)
    return moment.isoformat(timespec="seconds")


# --- writing --------------------------------------------------------------------------------


def write_record(
    case: Case, sections: Sequence[Section], holders: Mapping[Address, Holder] | None = None
) -> bytes:
    """Return the record of a copy as it is filed: opened, taken, looked up, copied, sealed."""
    record = _Record(case)
    opened: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "site": case.site,
        "machine": case.machine,
        "start": case.start.isoformat(),
        "by": case.by,
        "off_since": case.off_since,
    }
    record.add(case.seized, OPENED, opened)
    image = hashlib.sha256()
    for section in sections:
        described = describe(section)
        image.update(described.get("sha256", "").encode())
        record.add(section.at, LOST if section.lost else TAKEN, described)
    end = max((section.ended for section in sections), default=case.seized)
    if holders:
        known = {
            address: {"name": holder.name, "kind": holder.kind}
            for address, holder in sorted(holders.items())
        }
        record.add(end, LOOKED_UP, {"holders": known})
    digest = image.hexdigest()
    record.add(end, COPIED, {"image_sha256": digest, "copy_sha256": digest})
    record.add(end, SEALED, {"entries": len(record.entries), "image_sha256": digest})
    return b"".join(entry.line() for entry in record.entries)


class _Record:
    """A record that grows."""

    def __init__(self, case: Case) -> None:
        self.entries: list[Entry] = []
        self._case = case

    def add(self, at: Instant, what: str, details: Mapping[str, Any]) -> None:
        date = date_of(self._case.start, at)
        made = entry_after(self.entries, at, date, self._case.examiner, what, details)
        self.entries.append(made)


# --- reading --------------------------------------------------------------------------------


def check(data: bytes) -> Chain:
    """Check a record: its chain, and that each section has the hashes that it claims.

    Raises `CustodyError` for what is no record that this program reads.
    """
    return _read(data)[0]


def open_dossier(data: bytes) -> Dossier:
    """Read a record that holds; raise `CustodyError`, naming the entry, for one that does not."""
    chain, sections = _read(data)
    if chain.broken is not None:
        raise CustodyError(
            message(
                "entry {number} does not hold: {why}",
                number=chain.broken.number,
                why=chain.broken.why,
            )
        )
    opened = chain.entries[0].details
    try:
        start = datetime.datetime.fromisoformat(opened["start"])
        for entry in chain.entries:
            date_of(start, entry.at)
        site = str(opened["site"])
        holders = _holders(chain.entries)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise CustodyError(message("its chain holds, but not what it says")) from error
    return Dossier(chain, site, start, sections, holders)


def _read(data: bytes) -> tuple[Chain, dict[str, Section]]:
    chain = read_chain(data)
    sections: dict[str, Section] = {}
    for place, entry in enumerate(chain.entries):
        if entry.what in (TAKEN, LOST):
            try:
                section = section_of(entry.at, entry.details)
            except Mismatch:
                why = message("what the section holds does not have its hash")
                broken = Break(entry.number, why)
                return Chain(chain.entries[:place], broken), sections
            sections[section.name] = section
    return chain, sections


def _holders(entries: Iterable[Entry]) -> dict[Address, Holder]:
    found: dict[Address, Holder] = {}
    for entry in entries:
        if entry.what == LOOKED_UP:
            for address, said in entry.details["holders"].items():
                found[address] = Holder(str(said["name"]), str(said["kind"]))
    return found
