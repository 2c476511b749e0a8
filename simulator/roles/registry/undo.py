"""The undo records of a seizure: what stood before, and what the registry added or lifted.

Records are in force in the order of the orders. ``locks_added`` are the statuses that this
record alone accounts for: a status that was there before is not among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from simulator.roles.registry.statuses import AGENCY_LOCKS, SERVER_LOCKS, Status
from simulator.values import Instant

if TYPE_CHECKING:
    from simulator.roles.registry.objects import Grace


class Hold(NamedTuple):
    """A serverHold by order; ``locks_added`` is empty when the name was held already."""

    name: str
    at: Instant
    locks_added: tuple[Status, ...]


class RegistryLock(NamedTuple):
    """The three server locks, released out of band only."""

    name: str
    at: Instant
    locks_added: tuple[Status, ...]


class Redelegation(NamedTuple):
    """The undo record of a redelegation: what stood before, and what was added or lifted."""

    name: str
    at: Instant
    nameservers: tuple[str, ...]
    ds: tuple[str, ...]
    agency_nameservers: tuple[str, ...]
    locks_added: tuple[Status, ...]
    holds_lifted: tuple[Status, ...]


class Reassignment(NamedTuple):
    """A name moved to a registrar of the authorities.

    ``agency_nameservers`` is empty when the delegation stayed as it was.
    """

    name: str
    at: Instant
    sponsor: str
    registrant: str
    authorization: str
    nameservers: tuple[str, ...]
    ds: tuple[str, ...]
    agency: str
    agency_nameservers: tuple[str, ...]
    locks_added: tuple[Status, ...]
    holds_lifted: tuple[Status, ...]


class Cancellation(NamedTuple):
    """A name deleted past its locks: the statuses and grace periods that it had."""

    name: str
    at: Instant
    statuses: tuple[Status, ...]
    grace: tuple[Grace, ...]


UndoRecord: TypeAlias = Hold | RegistryLock | Redelegation | Reassignment | Cancellation
Records: TypeAlias = tuple[UndoRecord, ...]

K = TypeVar("K", Hold, RegistryLock, Redelegation, Reassignment, Cancellation)


def wanted(record: UndoRecord) -> tuple[Status, ...]:
    """Return the statuses that a record in force needs, whoever set them."""
    if isinstance(record, Hold):
        return (Status.SERVER_HOLD,)
    if isinstance(record, Cancellation):
        return ()
    return AGENCY_LOCKS if isinstance(record, Reassignment) else SERVER_LOCKS


def added(record: UndoRecord) -> tuple[Status, ...]:
    """Return the statuses that go when this record is undone."""
    return () if isinstance(record, Cancellation) else record.locks_added


def moves_nameservers(record: UndoRecord) -> bool:
    """Tell whether a record put an agency's nameservers in."""
    return isinstance(record, Redelegation | Reassignment) and bool(record.agency_nameservers)


def hosts_named(record: UndoRecord) -> tuple[str, ...]:
    """Return the nameservers that undoing would put back, so that nobody deletes them."""
    return record.nameservers if isinstance(record, Redelegation | Reassignment) else ()


def in_force(records: Records, kind: type[K]) -> K | None:
    """Return the record of a kind, of which there is one at most."""
    return next((record for record in records if isinstance(record, kind)), None)


def without(records: Records, record: UndoRecord) -> Records:
    """Return the records less one. By identity: two kinds of record may compare equal."""
    return tuple(other for other in records if other is not record)


def since(records: Records, record: UndoRecord) -> Records:
    """Return the records that came after one."""
    place = next(place for place, other in enumerate(records) if other is record)
    return records[place + 1 :]


def renamed(record: UndoRecord, old: str, new: str) -> UndoRecord:
    """Return a record that knows a nameserver by its new name."""

    def follow(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if name == old else name for name in names)

    if isinstance(record, Redelegation | Reassignment):
        return record._replace(
            nameservers=follow(record.nameservers),
            agency_nameservers=follow(record.agency_nameservers),
        )
    return record
