"""Redelegation to an agency as one transaction that can be undone.

The pattern is that of a URS suspension (and of the reversible command that Nomulus has
for it): nameservers replaced, every DS dropped, three server locks set, and a record of
what stood before. A DS left behind would make every validating resolver answer SERVFAIL
instead of the banner.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.objects import Code, Domain, Redelegation, Result
from simulator.roles.registry.statuses import HOLDS, SERVER_LOCKS, Status, settled
from simulator.roles.registry.updates import prohibits
from simulator.values import Instant, message


def redelegate(
    domain: Domain, nameservers: tuple[str, ...], lift_holds: bool, now: Instant
) -> Result:
    """Give the name to the agency's nameservers; the result carries the undo record.

    A held name is refused, for nobody would see the banner, unless ``lift_holds``.
    A transfer under way is ended: it cannot stand beside the locks.
    """
    if not nameservers:
        return Result(
            Code.POLICY,
            message("a redelegation of {name} needs a nameserver", name=domain.name),
        )
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain, Status.PENDING_DELETE)
    holds = tuple(status for status in HOLDS if status in domain.statuses)
    if holds and not lift_holds:
        return Result(
            Code.STATUS_PROHIBITS,
            message(
                "{name} is on hold ({status}): it is not in the zone, so nobody would see"
                " the banner; lift the hold, or leave the name dark",
                name=domain.name,
                status=str(holds[0]),
            ),
        )
    undo = Redelegation(
        name=domain.name,
        at=now,
        nameservers=domain.nameservers,
        ds=domain.ds,
        agency_nameservers=nameservers,
        locks_added=tuple(lock for lock in SERVER_LOCKS if lock not in domain.statuses),
        holds_lifted=holds,
    )
    gone = (*holds, Status.PENDING_TRANSFER)
    kept = [status for status in domain.statuses if status not in gone]
    seized = replace(
        domain,
        nameservers=nameservers,
        ds=(),
        transfer=None,
        statuses=settled([*kept, *SERVER_LOCKS], has_nameservers=True),
        updated=now,
    )
    return Result(
        Code.DONE,
        message("{name} is redelegated and locked", name=domain.name),
        True,
        seized,
        undo=undo,
    )


def restore(domain: Domain, record: Redelegation, now: Instant) -> Result:
    """Put back what a redelegation replaced; locks that were there before it stay."""
    kept = [status for status in domain.statuses if status not in record.locks_added]
    restored = replace(
        domain,
        nameservers=record.nameservers,
        ds=record.ds,
        statuses=settled([*kept, *record.holds_lifted], bool(record.nameservers)),
        updated=now,
    )
    return Result(
        Code.DONE, message("the redelegation of {name} is undone", name=domain.name), True, restored
    )
