"""Bringing a deleted name back while it is in redemption (RFC 3915 sections 2 and 4.2.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from simulator.roles.registry import grace
from simulator.roles.registry.answers import prohibits
from simulator.roles.registry.objects import SERVER, Code, Domain, Result
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.statuses import UPDATE_LOCKS, GraceStatus, Status, first_of, settled
from simulator.values import Instant, message


class RestoreReport(NamedTuple):
    """What a registrar declares of a name that it brings back (RFC 3915 section 4.2.5).

    ``before`` and ``after`` describe the registration then and now; ``statements`` are the
    two that the RFC wants: that the holder is the same, and that this report is true.
    """

    before: str
    after: str
    deleted: Instant
    restored: Instant
    reason: str
    statements: tuple[str, ...]
    other: str = ""


def request(domain: Domain, actor: str, policy: Policy, now: Instant) -> Result:
    """Begin to restore a deleted name. A restore is an update: an update lock forbids it.

    The clock of the redemption stands still until the report is in or overdue.
    """
    if (refusal := _locked(domain, actor)) is not None:
        return refusal
    if GraceStatus.REDEMPTION not in grace.statuses(domain, now):
        return Result(
            Code.STATUS_PROHIBITS,
            message("{name} is not in redemption: it cannot be restored", name=domain.name),
        )
    begun = replace(domain, report_due=now + policy.pending_restore, updated=now)
    return Result(
        Code.DONE,
        message("the restore of {name} awaits its report", name=domain.name),
        True,
        begun,
    )


def report(domain: Domain, actor: str, said: RestoreReport, now: Instant) -> Result:
    """Take the report of a restore, and give the name back its life."""
    if (refusal := _locked(domain, actor)) is not None:
        return refusal
    if domain.report_due is None:
        return Result(
            Code.STATUS_PROHIBITS,
            message("{name} awaits no restore report", name=domain.name),
        )
    if len(said.statements) != 2 or not (said.before and said.after and said.reason):
        return Result(
            Code.POLICY,
            message("a restore report has the data before and after, a reason and two statements"),
        )
    return Result(
        Code.DONE, message("{name} is restored", name=domain.name), True, revived(domain, now)
    )


def lapsed(domain: Domain, policy: Policy, now: Instant) -> Result:
    """Let a name whose report never came fall back into redemption, and out of the zone."""
    assert domain.report_due is not None
    assert domain.redeemable_until is not None
    left = domain.redeemable_until - (domain.report_due - policy.pending_restore)
    until = now + left
    back = replace(
        domain,
        report_due=None,
        redeemable_until=until,
        purged_at=until + policy.pending_delete,
        updated=now,
    )
    return Result(
        Code.DONE,
        message("no report came for {name}: it is in redemption again", name=domain.name),
        True,
        back,
    )


def revived(domain: Domain, now: Instant) -> Domain:
    """Return a deleted domain as alive again."""
    kept = [status for status in domain.statuses if status is not Status.PENDING_DELETE]
    return replace(
        domain,
        statuses=settled(kept, bool(domain.nameservers)),
        deleted=None,
        redeemable_until=None,
        purged_at=None,
        report_due=None,
        updated=now,
    )


def _locked(domain: Domain, actor: str) -> Result | None:
    lock = first_of(domain.statuses, UPDATE_LOCKS)
    return None if actor == SERVER or lock is None else prohibits(domain.name, lock)
