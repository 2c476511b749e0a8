"""Whose a status is when several orders want it on one name, by pure rules.

A status goes when the last order that wants it is undone, in whatever order that happens:
undoing one hands what it set over to another that still needs it.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.answers import prohibits
from simulator.roles.registry.objects import Code, Domain, Result
from simulator.roles.registry.statuses import HOLDS, SERVER_LOCKS, Status, settled
from simulator.roles.registry.undo import (
    Cancellation,
    Hold,
    Reassignment,
    Records,
    Redelegation,
    RegistryLock,
    UndoRecord,
    added,
    in_force,
    moves_nameservers,
    since,
    wanted,
    without,
)
from simulator.values import Instant, Message, message

Outcome = tuple[Result, Records]
"""What an order comes to, and the undo records in force after it."""


def hold(domain: Domain, records: Records, now: Instant) -> Outcome:
    """Put serverHold on. A banner goes dark with it, and the reason says so."""
    record = in_force(records, Hold)
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE), records
    held = Status.SERVER_HOLD in domain.statuses
    if record is not None and held:
        refusal = message("{name} is already on hold by order", name=domain.name)
        return Result(Code.STATUS_PROHIBITS, refusal), records
    if record is not None:  # lifted for a banner since: ordered anew, after that
        records = _without_hold(records, record)
    record = Hold(domain.name, now, () if held else (Status.SERVER_HOLD,))
    records = (*records, record)
    reason = message("{name} is on hold", name=domain.name)
    if any(map(moves_nameservers, records)):
        reason = message(
            "{name} is on hold, and the banner goes dark with it: a hold and a banner"
            " exclude each other",
            name=domain.name,
        )
    after = _with(domain, (*domain.statuses, Status.SERVER_HOLD), now)
    return Result(Code.DONE, reason, not held, after, undo=record), records


def release(domain: Domain, records: Records, now: Instant) -> Outcome:
    """Take a hold by order off (2002 when there is none)."""
    record = in_force(records, Hold)
    if record is None:
        return _not_so(message("{name} is not on hold by order", name=domain.name)), records
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE), records
    if Status.SERVER_HOLD not in domain.statuses:
        return _released_under_banner(domain, record), _without_hold(records, record)
    kept, others = taken_back(domain, record, without(records, record))
    after = _with(domain, kept, now)
    changed = after.statuses != domain.statuses
    reason = message("{name} is released from its hold", name=domain.name)
    if not changed:
        reason = message("{name} stays on hold: it was before the order", name=domain.name)
    return Result(Code.DONE, reason, changed, after), others


def _released_under_banner(domain: Domain, record: Hold) -> Result:
    """Release a hold that an order for a banner has lifted already."""
    reason = message(
        "the hold of {name} was lifted for a banner: it will not return", name=domain.name
    )
    if not record.locks_added:
        reason = message(
            "{name} was on hold before the order: it will be again once the banner ends",
            name=domain.name,
        )
    return Result(Code.DONE, reason, domain=domain)


def lock(domain: Domain, records: Records, now: Instant) -> Outcome:
    """Set the three server locks. A transfer under way ends: it cannot stand beside them."""
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE), records
    if in_force(records, RegistryLock) is not None:
        refusal = message("{name} already has a registry lock", name=domain.name)
        return Result(Code.STATUS_PROHIBITS, refusal), records
    record = RegistryLock(domain.name, now, missing(domain, SERVER_LOCKS))
    reason = message("{name} has a registry lock", name=domain.name)
    if domain.transfer is not None:
        reason = message(
            "{name} has a registry lock; its transfer to {registrar} is ended",
            name=domain.name,
            registrar=domain.transfer.requester,
        )
    after = _with(domain, (*domain.statuses, *SERVER_LOCKS), now)
    changed = bool(record.locks_added)
    return Result(Code.DONE, reason, changed, after, undo=record), (*records, record)


def unlock(domain: Domain, records: Records, now: Instant) -> Outcome:
    """Take the registry lock off; what other orders in force need stays."""
    record = in_force(records, RegistryLock)
    if record is None:
        return _not_so(message("{name} has no registry lock", name=domain.name)), records
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE), records
    kept, others = taken_back(domain, record, without(records, record))
    after = _with(domain, kept, now)
    reason = message("the registry lock of {name} is off", name=domain.name)
    left = next((status for status in SERVER_LOCKS if status in after.statuses), None)
    if left is not None:
        reason = message(
            "the registry lock of {name} is off, but {status} stays: it was set before, or"
            " another order needs it",
            name=domain.name,
            status=str(left),
        )
    return Result(Code.DONE, reason, after.statuses != domain.statuses, after), others


# --- what the other orders share ------------------------------------------------------


def missing(domain: Domain, statuses: tuple[Status, ...]) -> tuple[Status, ...]:
    """Return those of the statuses that a domain does not have."""
    return tuple(status for status in statuses if status not in domain.statuses)


def held_by(domain: Domain) -> tuple[Status, ...]:
    """Return the holds that a domain has."""
    return tuple(status for status in HOLDS if status in domain.statuses)


def taken_back(domain: Domain, record: UndoRecord, others: Records) -> tuple[list[Status], Records]:
    """Return the statuses less those that a record set, and the other records with what
    they inherit."""
    kept = list(domain.statuses)
    heirs = list(others)
    for status in added(record):
        heir = next((n for n, other in enumerate(heirs) if status in wanted(other)), None)
        if heir is not None:
            heirs[heir] = _owning(heirs[heir], (*added(heirs[heir]), status))
        elif status in kept:
            kept.remove(status)
    return kept, tuple(heirs)


def older_hold_returns(record: UndoRecord, holds: tuple[Status, ...], records: Records) -> Records:
    """Return the records as they are once ``record``, being undone, puts holds back.

    An order for a hold that came after it no longer accounts for that hold: it was there
    before. One that came earlier still does.
    """
    later = False
    changed: list[UndoRecord] = []
    for other in records:
        if other is record:
            later = True
        elif later and isinstance(other, Hold) and Status.SERVER_HOLD in holds:
            changed.append(other._replace(locks_added=()))
        else:
            changed.append(other)
    return tuple(changed)


def _owning(record: UndoRecord, statuses: tuple[Status, ...]) -> UndoRecord:
    assert not isinstance(record, Cancellation)
    return record._replace(locks_added=statuses)


def _without_hold(records: Records, hold: Hold) -> Records:
    """Return the records less a hold; those that lifted it do not put it back."""
    later = since(records, hold)
    earlier = records[: len(records) - len(later) - 1]
    return (*earlier, *(map(_without_return, later) if hold.locks_added else later))


def _without_return(record: UndoRecord) -> UndoRecord:
    if not isinstance(record, Redelegation | Reassignment):
        return record
    holds = tuple(status for status in record.holds_lifted if status is not Status.SERVER_HOLD)
    return record._replace(holds_lifted=holds)


def _with(domain: Domain, statuses: tuple[Status, ...] | list[Status], now: Instant) -> Domain:
    """Return a domain with statuses; a transfer under way ends where a lock forbids it."""
    transfer = domain.transfer
    if Status.SERVER_TRANSFER_PROHIBITED in statuses:
        statuses = [status for status in statuses if status is not Status.PENDING_TRANSFER]
        transfer = None
    shown = settled(statuses, bool(domain.nameservers))
    if shown == domain.statuses:
        return domain
    return replace(domain, statuses=shown, transfer=transfer, updated=now)


def _not_so(reason: Message) -> Result:
    return Result(Code.COMMAND_USE, reason)
