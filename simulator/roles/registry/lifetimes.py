"""How a registration goes on and how it ends (RFC 5731 sections 3.2.2 and 3.2.3, RFC 3915).

A deleted name is out of the zone at once, can be restored while in redemption, waits in
pendingDelete, and is free again. What time alone does is told by `next_turn`.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry import grace
from simulator.roles.registry.answers import prohibits
from simulator.roles.registry.objects import MAXIMUM_YEARS, SERVER, YEAR, Code, Domain, Result
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.statuses import (
    DELETE_LOCKS,
    RENEW_LOCKS,
    GraceStatus,
    Status,
    first_of,
    settled,
)
from simulator.values import Instant, message

_NEVER_DELETED = (Status.PENDING_DELETE, Status.PENDING_TRANSFER)
_NEVER_RENEWED = (Status.PENDING_DELETE,)


def wrong_period(years: int) -> Result | None:
    """Refuse a period that no registration may have."""
    if 1 <= years <= MAXIMUM_YEARS:
        return None
    return Result(
        Code.POLICY, message("a registration runs for 1 to {count} years", count=MAXIMUM_YEARS)
    )


def delete(
    domain: Domain, actor: str, hosts_under: tuple[str, ...], policy: Policy, now: Instant
) -> Result:
    """Take a name out of the zone at once; redemption and a last wait later it is free.

    A running grace period gives its years back. With ``add_grace_purges`` a name deleted
    in its add grace period is free at once (1000 instead of 1001).
    """
    blocking = _NEVER_DELETED if actor == SERVER else (*DELETE_LOCKS, *_NEVER_DELETED)
    if (status := first_of(domain.statuses, blocking)) is not None:
        return prohibits(domain.name, status)
    if hosts_under:
        return Result(
            Code.ASSOCIATION_PROHIBITS,
            message("{name} has hosts under it: {host}", name=domain.name, host=hosts_under[0]),
        )
    periods = grace.running(domain, now)
    given_back = grace.credits(periods)
    if policy.add_grace_purges and any(period.status is GraceStatus.ADD for period in periods):
        gone = replace(leaving(domain, policy, now), redeemable_until=now, purged_at=now)
        return Result(
            Code.DONE,
            message("{name} is deleted, and free again", name=domain.name),
            True,
            gone,
            charges=given_back,
        )
    return Result(
        Code.PENDING,
        message("{name} leaves the zone", name=domain.name),
        True,
        leaving(domain, policy, now),
        charges=given_back,
    )


def leaving(domain: Domain, policy: Policy, now: Instant) -> Domain:
    """Return a domain as deleted: no delete lock stands beside pendingDelete (RFC 5731 2.3)."""
    kept = [
        status
        for status in domain.statuses
        if status not in DELETE_LOCKS and status is not Status.PENDING_TRANSFER
    ]
    return replace(
        domain,
        statuses=settled([*kept, Status.PENDING_DELETE], bool(domain.nameservers)),
        transfer=None,
        grace=(),
        deleted=now,
        redeemable_until=now + policy.redemption,
        purged_at=now + policy.redemption + policy.pending_delete,
        updated=now,
    )


def renew(
    domain: Domain, actor: str, current_expiry: Instant, years: int, policy: Policy, now: Instant
) -> Result:
    """Prolong by ``years``, counted from the present expiry, to ten years ahead at most."""
    blocking = _NEVER_RENEWED if actor == SERVER else (*RENEW_LOCKS, *_NEVER_RENEWED)
    if (status := first_of(domain.statuses, blocking)) is not None:
        return prohibits(domain.name, status)
    if domain.transfer is not None:
        return Result(
            Code.PENDING_TRANSFER, message("{name} is being transferred", name=domain.name)
        )
    if current_expiry != domain.expires:
        return Result(
            Code.VALUE_RANGE, message("this is not the present expiry of {name}", name=domain.name)
        )
    expires = domain.expires + years * YEAR
    too_far = expires > now + MAXIMUM_YEARS * YEAR
    refusal = wrong_period(MAXIMUM_YEARS + 1 if too_far else years)
    if refusal is not None:
        return refusal
    longer = replace(domain, expires=expires, updated=now)
    renewed = grace.begun(longer, GraceStatus.RENEW, years, policy.renew_grace, now)
    return Result(
        Code.DONE,
        message("{name} is renewed", name=domain.name),
        True,
        renewed,
        charges=((domain.sponsor, years),),
    )


# --- what time does -------------------------------------------------------------------


def next_turn(domain: Domain) -> Instant:
    """Return when time alone next changes this domain: there is always such an instant."""
    if domain.report_due is not None:
        return domain.report_due
    if domain.purged_at is not None:
        return domain.purged_at
    if domain.transfer is not None:
        return min(domain.transfer.approved_at, domain.expires)
    return domain.expires


def renewed_by_itself(domain: Domain, policy: Policy, now: Instant) -> Result:
    """Prolong by the year that an expiry passed in silence adds (autorenew)."""
    longer = replace(domain, expires=domain.expires + YEAR, updated=now)
    renewed = grace.begun(longer, GraceStatus.AUTO_RENEW, 1, policy.auto_renew_grace, now)
    return Result(
        Code.DONE,
        message("{name} has renewed itself", name=domain.name),
        True,
        renewed,
        charges=((domain.sponsor, 1),),
    )


def expired(domain: Domain, policy: Policy, now: Instant) -> Result:
    """Delete a name whose registration has run out, where names do not renew themselves."""
    return Result(
        Code.PENDING,
        message("{name} has expired and leaves the zone", name=domain.name),
        True,
        leaving(domain, policy, now),
    )
