"""What a copy of a server holds: sections in the order of volatility, each of files of records.

The order is that of RFC 3227 section 2.1: what vanishes first is taken first. Instants are lab
time in microseconds. All of it is invented, but for the visits of the lab's own people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from simulator.values import Address, Instant
from simulator.wire.custody import canonical

_LARGEST = 2**62
"""Nothing here is counted as high: a hundred thousand years in microseconds."""
TAKEN, LOST = "section taken", "section lost"
LOOKED_UP = "addresses looked up"


@dataclass(frozen=True, slots=True)
class Process:
    """A program that runs."""

    name: str
    by: str


@dataclass(frozen=True, slots=True)
class VolumeKey:
    """The key of an encrypted disk, which is in memory while the disk is open."""

    volume: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Line:
    """A message from one account to another, by their numbers."""

    at: Instant
    sender: int
    receiver: int
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is connected: an account, or ``0`` for whoever works at the machine."""

    account: int
    address: Address
    since: Instant


@dataclass(frozen=True, slots=True)
class Account:
    """An account; ``address`` is where it was last used from."""

    id: int
    name: str
    created: Instant
    address: Address


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that an account paid, in cents of a euro."""

    id: int
    account: int
    at: Instant
    cents: int
    method: str


@dataclass(frozen=True, slots=True)
class Visited:
    """A request in the server's log: who sees an address sees no person."""

    at: Instant
    address: Address
    host: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """How the site was set up: seconds for which it keeps things."""

    site: str
    message_retention: int
    write_delay: int
    log_window: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Peer:
    """Another machine that the configuration names; it is not part of the copy."""

    name: str
    address: Address
    purpose: str


@dataclass(frozen=True, slots=True)
class AdminKey:
    """A key by which somebody administered the machine, and from where it was last used."""

    fingerprint: str
    comment: str
    address: Address
    used: Instant


@dataclass(frozen=True, slots=True)
class Flow:
    """A connection as the hosting company's routers counted it: no page, no name."""

    at: Instant
    address: Address


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, as the hosting company has it in its books."""

    name: str
    addresses: tuple[Address, ...]
    customer: str


Record: TypeAlias = (
    Process | VolumeKey | Line | Session | Account | Payment | Visited | Configuration
    | Peer | AdminKey | Flow | Machine
)  # fmt: skip

LAYOUT: dict[str, dict[str, Any]] = {
    "memory": {"processes.json": Process, "keys.json": VolumeKey, "unwritten.json": Line},
    "sessions": {"sessions.json": Session},
    "chat": {"messages.json": Line},
    "disk": {
        "accounts.json": Account,
        "payments.json": Payment,
        "access-log.json": Visited,
        "configuration.json": Configuration,
        "peers.json": Peer,
        "admin-keys.json": AdminKey,
    },
    "remote-logs": {"flows.json": Flow},
    "topology": {"machine.json": Machine},
    "archives": {"accounts-backup.json": Account},
}
"""By section, most volatile first: its files, and what they are files of."""
VOLATILITY = tuple(LAYOUT)


class Section(NamedTuple):
    """A part of a copy: when its taking began and ended, its records by file.

    ``lost`` says why there is nothing, else ``""``: ``power`` (it went with the current),
    ``encrypted`` (it is there and nobody can read it). ``altered`` says what the taking itself
    changed: ``copier-loaded`` in memory, ``examiner-session`` among the sessions.
    """

    name: str
    at: Instant
    ended: Instant
    files: Mapping[str, tuple[Record, ...]]
    altered: tuple[str, ...] = ()
    lost: str = ""


class Holder(NamedTuple):
    """Who holds an address, from the public books of addresses.

    ``kind`` is ``access`` (a subscriber's), ``shared`` (many subscribers at once), ``vpn``,
    ``proxy``, ``onion``, ``content-network`` or ``other``.
    """

    name: str
    kind: str


class Mismatch(ValueError):
    """What a section holds is not what its hashes or its layout say."""


def describe(section: Section) -> dict[str, Any]:
    """Return a section as an entry of a custody record has it, with the hashes of its bytes."""
    head: dict[str, Any] = {
        "section": section.name,
        "volatility": VOLATILITY.index(section.name) + 1,
    }
    if section.lost:
        return {**head, "why": section.lost}
    files = []
    for path, records in section.files.items():
        values = [_plain(record) for record in records]
        content = file_bytes(values)
        digest = hashlib.sha256(content).hexdigest()
        files.append({"path": path, "sha256": digest, "bytes": len(content), "records": values})
    return {
        **head,
        "ended": section.ended,
        "altered": list(section.altered),
        "sha256": _digest(files),
        "files": files,
    }


def section_of(at: Instant, details: Mapping[str, Any]) -> Section:
    """Read a section back; raise `Mismatch` where a hash or the layout does not agree."""
    layout = LAYOUT.get(str(details.get("section")))
    if layout is None:
        raise Mismatch("section")
    name = str(details["section"])
    if "why" in details:
        return Section(name, at, at, {}, lost=str(details["why"]))
    try:
        files = {
            _text(file["path"]): _records(layout[_text(file["path"])], file)
            for file in details["files"]
        }
        if details["sha256"] != _digest(details["files"]):
            raise Mismatch("sha256")
        altered = tuple(_text(code) for code in details["altered"])
        ended = details["ended"]
    except (KeyError, TypeError, ValueError) as error:
        raise Mismatch(name) from error
    if tuple(files) != tuple(layout) or type(ended) is not int or ended < at:
        raise Mismatch(name)
    return Section(name, at, ended, files, altered)


def file_bytes(values: Iterable[Any]) -> bytes:
    """Return the bytes of a file of records, which its hash is taken of."""
    return canonical(list(values)) + b"\n"


def _digest(files: Iterable[Mapping[str, Any]]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file_bytes(file["records"]))
    return digest.hexdigest()


def _records(kind: Any, file: Mapping[str, Any]) -> tuple[Record, ...]:
    content = file_bytes(file["records"])
    if file["sha256"] != hashlib.sha256(content).hexdigest() or file["bytes"] != len(content):
        raise Mismatch("sha256")
    found: tuple[Record, ...] = _reader(kind).validate_json(content, strict=True)
    for value in (each for record in file["records"] for each in record.values()):
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise Mismatch("number")
    return found


@cache
def _reader(kind: Any) -> Any:
    from pydantic import TypeAdapter  # here, for only this needs it

    many: Any = tuple.__class_getitem__((kind, ...))
    return TypeAdapter(many)


def _plain(record: Record) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(record).items()
    }


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Mismatch("text")
    return value
