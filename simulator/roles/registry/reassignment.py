"""A name moved to a registrar of the authorities, as one transaction that can be undone.

The sponsor changes by the registry's own hand, and with it, where the order says so, the
registrant and the nameservers; four server locks keep it there. RDAP then shows another
registrar, which a redelegation does not.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.locks import (
    Outcome,
    held_by,
    missing,
    older_hold_returns,
    taken_back,
)
from simulator.roles.registry.objects import Code, Domain, Result
from simulator.roles.registry.seizure import seized_statuses, undone_too_early, wrong_state
from simulator.roles.registry.statuses import AGENCY_LOCKS, Status, settled
from simulator.roles.registry.undo import Reassignment, Records, in_force
from simulator.values import Instant, message


def reassign(
    domain: Domain,
    records: Records,
    registrar: str,
    registrant: str | None,
    nameservers: tuple[str, ...],
    lift_holds: bool,
    now: Instant,
) -> Outcome:
    """Make ``registrar`` the sponsor. Without nameservers the delegation, DS and holds stay."""
    record = in_force(records, Reassignment)
    if record is not None:
        refusal = message(
            "{name} was already moved to {registrar}", name=domain.name, registrar=record.agency
        )
        return Result(Code.STATUS_PROHIBITS, refusal), records
    if domain.sponsor == registrar:
        refusal = message("{actor} already sponsors {name}", actor=registrar, name=domain.name)
        return Result(Code.COMMAND_USE, refusal), records
    refused = wrong_state(domain, lift_holds or not nameservers)
    if refused is not None:
        return refused, records
    undo = Reassignment(
        name=domain.name,
        at=now,
        sponsor=domain.sponsor,
        registrant=domain.registrant,
        authorization=domain.authorization,
        nameservers=domain.nameservers if nameservers else (),
        ds=domain.ds if nameservers else (),
        agency=registrar,
        agency_nameservers=nameservers,
        locks_added=missing(domain, AGENCY_LOCKS),
        holds_lifted=held_by(domain) if nameservers else (),
    )
    moved = _moved(domain, undo, registrant, now)
    reason = message(
        "{name} is moved to {registrar} and locked", name=domain.name, registrar=registrar
    )
    if undo.holds_lifted:
        reason = message(
            "{name} is moved to {registrar} and locked; its hold ({status}) is lifted, for"
            " nobody would have seen the banner",
            name=domain.name,
            registrar=registrar,
            status=str(undo.holds_lifted[0]),
        )
    return Result(Code.DONE, reason, True, moved, undo=undo), (*records, undo)


def _moved(domain: Domain, undo: Reassignment, registrant: str | None, now: Instant) -> Domain:
    held = () if undo.agency_nameservers else held_by(domain)
    moved = replace(
        seized_statuses(domain, (*AGENCY_LOCKS, *held), now),
        sponsor=undo.agency,
        registrant=domain.registrant if registrant is None else registrant,
        transferred=now,
    )
    if not undo.agency_nameservers:
        return moved
    return replace(
        moved,
        nameservers=undo.agency_nameservers,
        ds=(),
        statuses=settled(moved.statuses, has_nameservers=True),
    )


def give_back(domain: Domain, records: Records, now: Instant) -> Outcome:
    """Make the former registrar the sponsor again, and put back what the order replaced."""
    record = in_force(records, Reassignment)
    if record is None:
        refusal = message("{name} was not moved by order", name=domain.name)
        return Result(Code.COMMAND_USE, refusal), records
    if (refused := undone_too_early(domain, record, records)) is not None:
        return refused, records
    if domain.sponsor != record.agency:
        refusal = message(
            "{name} is no longer with {registrar}", name=domain.name, registrar=record.agency
        )
        return Result(Code.STATUS_PROHIBITS, refusal), records
    others = older_hold_returns(record, record.holds_lifted, records)
    kept, others = taken_back(domain, record, others)
    returned = bool(record.agency_nameservers)
    nameservers = record.nameservers if returned else domain.nameservers
    # A transfer that the agency's registrar opened meanwhile would be the wrong sponsor's.
    kept = [status for status in kept if status is not Status.PENDING_TRANSFER]
    back = replace(
        domain,
        sponsor=record.sponsor,
        registrant=record.registrant,
        authorization=record.authorization,
        nameservers=nameservers,
        ds=record.ds if returned else domain.ds,
        transfer=None,
        transferred=now,
        statuses=settled([*kept, *record.holds_lifted], bool(nameservers)),
        updated=now,
    )
    done = message("{name} is back with {registrar}", name=domain.name, registrar=record.sponsor)
    return Result(Code.DONE, done, True, back), others
