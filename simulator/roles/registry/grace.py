"""Grace periods: what a registrar gets back when it deletes a name soon enough (RFC 3915)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from simulator.roles.registry.objects import Domain, Grace
from simulator.roles.registry.statuses import GraceStatus
from simulator.values import Duration, Instant


def statuses(domain: Domain, now: Instant) -> tuple[GraceStatus, ...]:
    """Return the grace-period statuses that a domain shows (RFC 3915 section 3.1).

    Nothing but time moves a deleted name from redemptionPeriod to pendingDelete.
    """
    if domain.report_due is not None:
        return (GraceStatus.PENDING_RESTORE,)
    if domain.redeemable_until is not None:
        redeemable = now < domain.redeemable_until
        return (GraceStatus.REDEMPTION if redeemable else GraceStatus.PENDING_DELETE,)
    return tuple(dict.fromkeys(grace.status for grace in running(domain, now)))


def running(domain: Domain, now: Instant) -> tuple[Grace, ...]:
    """Return the grace periods that are not over."""
    return tuple(grace for grace in domain.grace if now < grace.ends)


def begun(
    domain: Domain, status: GraceStatus, years: int, length: Duration, now: Instant
) -> Domain:
    """Return the domain with one more grace period, in favour of its sponsor."""
    grace = Grace(status, now + length, years, domain.sponsor)
    return replace(domain, grace=(*running(domain, now), grace))


def credits(periods: Iterable[Grace]) -> tuple[tuple[str, int], ...]:  # noqa: A001  RFC 3915's word
    """Return what grace periods give back: registrars and years, the years below zero."""
    return tuple((grace.registrar, -grace.years) for grace in periods if grace.years)
