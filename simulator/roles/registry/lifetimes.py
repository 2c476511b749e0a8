"""How a registration goes on and how it ends (RFC 5731 sections 3.2.2 and 3.2.3, RFC 3915)."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.objects import (
    MAXIMUM_YEARS,
    PENDING_DELETE,
    REDEMPTION,
    SERVER,
    YEAR,
    Code,
    Domain,
    Result,
)
from simulator.roles.registry.statuses import (
    DELETE_LOCKS,
    RENEW_LOCKS,
    Status,
    first_of,
    settled,
)
from simulator.roles.registry.updates import prohibits
from simulator.values import Instant, message

_DELETE_PROHIBITED = (*DELETE_LOCKS, Status.PENDING_DELETE, Status.PENDING_TRANSFER)
_RENEW_PROHIBITED = (*RENEW_LOCKS, Status.PENDING_DELETE)


def wrong_period(years: int) -> Result | None:
    """Refuse a period that no registration may have."""
    if 1 <= years <= MAXIMUM_YEARS:
        return None
    return Result(
        Code.POLICY, message("a registration runs for 1 to {count} years", count=MAXIMUM_YEARS)
    )


def delete(domain: Domain, actor: str, hosts_under: tuple[str, ...], now: Instant) -> Result:
    """Take a name out of the zone at once; 30 days of redemption and 5 more, then it is free."""
    blocking = _DELETE_PROHIBITED[len(DELETE_LOCKS) :] if actor == SERVER else _DELETE_PROHIBITED
    if (status := first_of(domain.statuses, blocking)) is not None:
        return prohibits(domain, status)
    if hosts_under:
        return Result(
            Code.ASSOCIATION_PROHIBITS,
            message("{name} has hosts under it: {host}", name=domain.name, host=hosts_under[0]),
        )
    deleted = replace(
        domain,
        statuses=settled([*domain.statuses, Status.PENDING_DELETE], bool(domain.nameservers)),
        purged_at=now + REDEMPTION + PENDING_DELETE,
        updated=now,
    )
    return Result(Code.PENDING, message("{name} leaves the zone", name=domain.name), True, deleted)


def renew(domain: Domain, actor: str, current_expiry: Instant, years: int, now: Instant) -> Result:
    """Prolong by ``years``, counted from the present expiry, to ten years ahead at most."""
    blocking = _RENEW_PROHIBITED[len(RENEW_LOCKS) :] if actor == SERVER else _RENEW_PROHIBITED
    if (status := first_of(domain.statuses, blocking)) is not None:
        return prohibits(domain, status)
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
    renewed = replace(domain, expires=expires, updated=now)
    return Result(Code.DONE, message("{name} is renewed", name=domain.name), True, renewed)


def renewed_by_itself(domain: Domain, now: Instant) -> Domain:
    """Return the domain with the years that an expiry passed in silence adds (autorenew)."""
    if domain.purged_at is not None or now < domain.expires:
        return domain
    years = (now - domain.expires) // YEAR + 1
    return replace(domain, expires=domain.expires + years * YEAR)
