"""A registration cancelled by the registry, past every lock; undone only in redemption."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry import grace
from simulator.roles.registry.answers import prohibits
from simulator.roles.registry.lifetimes import leaving
from simulator.roles.registry.locks import Outcome
from simulator.roles.registry.objects import Code, Domain, Result
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.restoring import revived
from simulator.roles.registry.statuses import GraceStatus, Status, settled
from simulator.roles.registry.undo import (
    Cancellation,
    Records,
    in_force,
    moves_nameservers,
    without,
)
from simulator.values import Instant, message


def cancel(
    domain: Domain, records: Records, needed_host: str | None, policy: Policy, now: Instant
) -> Outcome:
    """Delete a name. serverUpdateProhibited keeps its registrar from restoring it.

    ``needed_host`` is a host under the name that other names need: those would go down with
    it, so 2305. No grace period gives anything back.
    """
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE), records
    if needed_host is not None:
        refusal = message(
            "other names are served by {host}, under {name}: they would go down with it",
            host=needed_host,
            name=domain.name,
        )
        return Result(Code.ASSOCIATION_PROHIBITS, refusal), records
    stood = [status for status in domain.statuses if status is not Status.PENDING_TRANSFER]
    record = Cancellation(domain.name, now, settled(stood, bool(domain.nameservers)), domain.grace)
    gone = leaving(domain, policy, now)
    gone = replace(
        gone,
        statuses=settled(
            [*gone.statuses, Status.SERVER_UPDATE_PROHIBITED], bool(domain.nameservers)
        ),
    )
    reason = message("{name} is cancelled and leaves the zone", name=domain.name)
    if any(map(moves_nameservers, records)):
        reason = message(
            "{name} is cancelled and leaves the zone, and the banner with it", name=domain.name
        )
    # A record that a restore by the registry left behind is of no use any more.
    old = in_force(records, Cancellation)
    others = records if old is None else without(records, old)
    return Result(Code.PENDING, reason, True, gone, undo=record), (*others, record)


def undo(domain: Domain, records: Records, now: Instant) -> Outcome:
    """Take a cancellation back while the name is in redemption (2304 afterwards)."""
    record = in_force(records, Cancellation)
    if record is None or Status.PENDING_DELETE not in domain.statuses:
        refusal = message("{name} is not cancelled by order", name=domain.name)
        return Result(Code.COMMAND_USE, refusal), records
    if GraceStatus.PENDING_DELETE in grace.statuses(domain, now):
        refusal = message(
            "the redemption of {name} is over: the cancellation cannot be undone",
            name=domain.name,
        )
        return Result(Code.STATUS_PROHIBITS, refusal), records
    back = replace(
        revived(domain, now),
        statuses=settled(record.statuses, bool(domain.nameservers)),
        grace=record.grace,
    )
    done = message("the cancellation of {name} is undone", name=domain.name)
    return Result(Code.DONE, done, True, back), without(records, record)
