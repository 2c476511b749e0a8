"""The custody of a copy of a server: written when it is taken, read and checked ever after.

Who reads a record needs the file alone: neither the lab nor the server.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from simulator.values import SECOND, Address, Instant, Message, message
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
    for section in sections:
        record.add(section.at, LOST if section.lost else TAKEN, describe(section))
    end = max((section.ended for section in sections), default=case.seized)
    if holders:
        known = {
            address: {"name": holder.name, "kind": holder.kind}
            for address, holder in sorted(holders.items())
        }
        record.add(end, LOOKED_UP, {"holders": known})
    digest = _image_hash(record.entries)
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
    """Check a record: its chain, that each section has the hashes that it claims, and that the
    seal is over the entries before it: as many as it counts, with the image that it names.

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
        before = chain.entries[:place]
        why = _wrong_section(entry, before, sections) or _wrong_seal(entry, before)
        if why is not None:
            return Chain(before, Break(entry.number, why)), sections
    return chain, sections


def _wrong_section(
    entry: Entry, before: Sequence[Entry], sections: dict[str, Section]
) -> Message | None:
    """Add the section of an entry to ``sections``; return why it does not hold, if it does not."""
    if entry.what not in (TAKEN, LOST):
        return None
    if any(each.what == SEALED for each in before):
        return message("a section was put in after the seal")
    try:
        section = section_of(entry.at, entry.details)
    except Mismatch:
        return message("what the section holds does not have its hash")
    if section.name in sections:
        return message("it is the second of its section")
    sections[section.name] = section
    return None


def _wrong_seal(entry: Entry, before: Sequence[Entry]) -> Message | None:
    """Return why a seal, or the entry of the working copy, is not over what stands before it."""
    image = entry.details.get("image_sha256")
    if entry.what == COPIED and entry.details.get("copy_sha256") != image:
        return message("the working copy has another hash than the image")
    if entry.what not in (COPIED, SEALED):
        return None
    count = entry.details.get("entries")
    if entry.what == SEALED and (type(count) is not int or count != len(before)):
        return message(
            "the seal is over {count} entries, and {found} stand before it: some were taken out or"
            " put in",
            count=str(count),
            found=len(before),
        )
    if image != _image_hash(before):
        return message("the sections before it do not have the hash of the image")
    return None


def _image_hash(entries: Iterable[Entry]) -> str:
    """Return the hash of an image: that of the hashes of its sections, in their order."""
    image = hashlib.sha256()
    for entry in entries:
        if entry.what == TAKEN:
            image.update(str(entry.details["sha256"]).encode())
    return image.hexdigest()


def _holders(entries: Iterable[Entry]) -> dict[Address, Holder]:
    found: dict[Address, Holder] = {}
    for entry in entries:
        if entry.what == LOOKED_UP:
            for address, said in entry.details["holders"].items():
                found[address] = Holder(str(said["name"]), str(said["kind"]))
    return found
