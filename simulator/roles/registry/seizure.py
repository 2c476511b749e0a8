"""Redelegation to an agency as one transaction that can be undone.

The pattern is that of a URS suspension (and of the reversible command that Nomulus has
for it): nameservers replaced, every DS dropped, three server locks set, and a record of
what stood before. A DS left behind would make every validating resolver answer SERVFAIL
instead of the banner.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.answers import prohibits
from simulator.roles.registry.locks import (
    Outcome,
    held_by,
    missing,
    older_hold_returns,
    taken_back,
)
from simulator.roles.registry.objects import Code, Domain, Redelegation, Result
from simulator.roles.registry.statuses import SERVER_LOCKS, Status, settled
from simulator.roles.registry.undo import (
    Reassignment,
    Records,
    UndoRecord,
    in_force,
    moves_nameservers,
    since,
)
from simulator.values import Instant, message


def redelegate(
    domain: Domain,
    records: Records,
    nameservers: tuple[str, ...],
    lift_holds: bool,
    now: Instant,
    *,
    keep_ds: bool = False,
) -> Outcome:
    """Give the name to the agency's nameservers; the result carries the undo record.

    A held name is refused, for nobody would see the banner, unless ``lift_holds``.
    A transfer under way is ended: it cannot stand beside the locks. ``keep_ds`` is the mistake
    of leaving the DS records of the old keys, which the agency's nameservers do not have.
    """
    if in_force(records, Redelegation) is not None:
        refusal = message("{name} is already redelegated", name=domain.name)
        return Result(Code.STATUS_PROHIBITS, refusal), records
    if not nameservers:
        return Result(
            Code.POLICY,
            message("a redelegation of {name} needs a nameserver", name=domain.name),
        ), records
    refused = wrong_state(domain, lift_holds)
    if refused is not None:
        return refused, records
    undo = Redelegation(
        name=domain.name,
        at=now,
        nameservers=domain.nameservers,
        ds=domain.ds,
        agency_nameservers=nameservers,
        locks_added=missing(domain, SERVER_LOCKS),
        holds_lifted=held_by(domain),
    )
    seized = replace(seized_statuses(domain, SERVER_LOCKS, now), nameservers=nameservers)
    seized = replace(seized, ds=domain.ds if keep_ds else ())
    seized = replace(seized, statuses=settled(seized.statuses, has_nameservers=True))
    reason = message("{name} is redelegated and locked", name=domain.name)
    if undo.holds_lifted:
        reason = message(
            "{name} is redelegated and locked; its hold ({status}) is lifted, for nobody"
            " would have seen the banner",
            name=domain.name,
            status=str(undo.holds_lifted[0]),
        )
    return Result(Code.DONE, reason, True, seized, undo=undo), (*records, undo)


def restore(domain: Domain, records: Records, now: Instant) -> Outcome:
    """Put back what a redelegation replaced; locks that were there before it stay."""
    record = in_force(records, Redelegation)
    if record is None:
        refusal = message("{name} is not redelegated", name=domain.name)
        return Result(Code.COMMAND_USE, refusal), records
    if (refused := undone_too_early(domain, record, records)) is not None:
        return refused, records
    others = older_hold_returns(record, record.holds_lifted, records)
    kept, others = taken_back(domain, record, others)
    restored = replace(
        domain,
        nameservers=record.nameservers,
        ds=record.ds,
        statuses=settled([*kept, *record.holds_lifted], bool(record.nameservers)),
        updated=now,
    )
    done = message("the redelegation of {name} is undone", name=domain.name)
    return Result(Code.DONE, done, True, restored), others


# --- what the other orders share ------------------------------------------------------


def wrong_state(domain: Domain, lift_holds: bool) -> Result | None:
    """Refuse a banner for a name that is not in the zone."""
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE)
    holds = held_by(domain)
    if not holds or lift_holds:
        return None
    return Result(
        Code.STATUS_PROHIBITS,
        message(
            "{name} is on hold ({status}): it is not in the zone, so nobody would see"
            " the banner; lift the hold, or leave the name dark",
            name=domain.name,
            status=str(holds[0]),
        ),
    )


def seized_statuses(domain: Domain, locks: tuple[Status, ...], now: Instant) -> Domain:
    """Return the domain with its holds lifted, locks set, and no transfer under way."""
    gone = (*held_by(domain), Status.PENDING_TRANSFER)
    kept = [status for status in domain.statuses if status not in gone]
    return replace(
        domain,
        transfer=None,
        statuses=settled([*kept, *locks], bool(domain.nameservers)),
        updated=now,
    )


def undone_too_early(domain: Domain, record: UndoRecord, records: Records) -> Result | None:
    """Refuse to undo under a name that is being deleted, or under a later delegation."""
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE)
    other = next(filter(moves_nameservers, since(records, record)), None)
    if other is None or not moves_nameservers(record):
        return None
    if isinstance(other, Reassignment):
        reason = message(
            "{name} was moved to {registrar} since: undo that first",
            name=domain.name,
            registrar=other.agency,
        )
    else:
        reason = message("{name} was redelegated since: undo that first", name=domain.name)
    return Result(Code.STATUS_PROHIBITS, reason)
