"""Transfers between registrars, of domains (RFC 5731 section 3.2.4) and contacts (RFC 5733
section 3.2.4), by pure rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from simulator.roles.registry import grace
from simulator.roles.registry.answers import prohibits, wrong_authorization
from simulator.roles.registry.objects import (
    MAXIMUM_YEARS,
    SERVER,
    YEAR,
    Code,
    Contact,
    Domain,
    Grace,
    Result,
    Transfer,
    TransferData,
    TransferStatus,
)
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.statuses import (
    TRANSFER_LOCKS,
    GraceStatus,
    Status,
    first_of,
    settled,
    settled_simply,
)
from simulator.values import Instant, Message, message

Held: TypeAlias = Domain | Contact
"""What a registrar holds and may pass on."""


def request(
    held: Held, actor: str, authorization: str, years: int, policy: Policy, now: Instant
) -> Result:
    """Ask for an object with its authInfo: 1001, and some days for the sponsor to answer."""
    lock = first_of(held.statuses, (*TRANSFER_LOCKS, Status.PENDING_DELETE))
    if held.transfer is not None:
        return Result(Code.PENDING_TRANSFER, message("{name} is being transferred", name=held.name))
    if held.sponsor == actor:
        return Result(
            Code.COMMAND_USE,
            message("{actor} already sponsors {name}", actor=actor, name=held.name),
        )
    if lock is not None:
        return prohibits(held.name, lock)
    if held.authorization != authorization:
        return wrong_authorization(held.name)
    if not 0 <= years <= MAXIMUM_YEARS:
        return Result(
            Code.POLICY,
            message("a transfer adds {count} years at most", count=MAXIMUM_YEARS),
        )
    pending = _with(held, Transfer(actor, now, now + policy.transfer_period, years), now)
    return _answer(
        Code.PENDING,
        message("the transfer of {name} awaits its sponsor", name=held.name),
        pending,
        data(pending),
    )


def approve(held: Held, actor: str, policy: Policy, now: Instant) -> Result:
    """Let it go: the losing sponsor's word, or the registry's."""
    if (refusal := _may_answer(held, actor, held.sponsor)) is not None:
        return refusal
    assert held.transfer is not None
    moved = replace(_with(held, None, now), sponsor=held.transfer.requester, transferred=now)
    charges: tuple[tuple[str, int], ...] = ()
    if isinstance(moved, Domain):
        moved, charges = _prolonged(moved, held.transfer.years, policy, now)
    status = TransferStatus.SERVER_APPROVED if actor == SERVER else TransferStatus.CLIENT_APPROVED
    ended = _ended_data(held, status, now, moved)
    answer = _answer(Code.DONE, message("{name} is transferred", name=held.name), moved, ended)
    return replace(answer, charges=charges)


def reject(held: Held, actor: str, now: Instant) -> Result:
    """Keep it: the losing sponsor's word, or the registry's."""
    refusal = _may_answer(held, actor, held.sponsor)
    return refusal or _stays(held, _by(actor, TransferStatus.CLIENT_REJECTED), now)


def cancel(held: Held, actor: str, now: Instant) -> Result:
    """Take the request back: the requester's word, or the registry's."""
    requester = "" if held.transfer is None else held.transfer.requester
    refusal = _may_answer(held, actor, requester)
    return refusal or _stays(held, _by(actor, TransferStatus.CLIENT_CANCELLED), now)


def cancelled_by_registry(held: Held, now: Instant) -> TransferData | None:
    """Return what is told of a transfer that the registry's own hand ends, if one runs."""
    if held.transfer is None:
        return None
    return _ended_data(held, TransferStatus.SERVER_CANCELLED, now, held)


def data(held: Held) -> TransferData:
    """Return the transfer under way as a query shows it."""
    assert held.transfer is not None
    expires = None
    if isinstance(held, Domain) and held.transfer.years:
        expires = _expiry(held, held.transfer.years, held.transfer.approved_at)
    return TransferData(
        held.name,
        TransferStatus.PENDING,
        held.transfer.requester,
        held.transfer.requested,
        held.sponsor,
        held.transfer.approved_at,
        expires,
    )


def _by(actor: str, status: TransferStatus) -> TransferStatus:
    return TransferStatus.SERVER_CANCELLED if actor == SERVER else status


def _stays(held: Held, status: TransferStatus, now: Instant) -> Result:
    stays = _with(held, None, now)
    return _answer(
        Code.DONE,
        message("{name} stays with its sponsor", name=held.name),
        stays,
        _ended_data(held, status, now, stays),
    )


def _ended_data(
    held: Held, status: TransferStatus, now: Instant, after: Domain | Contact
) -> TransferData:
    assert held.transfer is not None
    approved = status in (TransferStatus.CLIENT_APPROVED, TransferStatus.SERVER_APPROVED)
    longer = isinstance(after, Domain) and approved and bool(held.transfer.years)
    return TransferData(
        held.name,
        status,
        held.transfer.requester,
        held.transfer.requested,
        held.sponsor,
        now,
        after.expires if longer and isinstance(after, Domain) else None,
    )


def _expiry(domain: Domain, years: int, at: Instant) -> Instant:
    """A year that the name has just given itself is not added twice (the generic TLDs' rule)."""
    automatic = sum(period.years for period in _automatic(domain, at))
    longer = domain.expires + max(0, years - automatic) * YEAR
    return max(domain.expires, min(longer, at + MAXIMUM_YEARS * YEAR))


def _automatic(domain: Domain, at: Instant) -> list[Grace]:
    return [
        period for period in grace.running(domain, at) if period.status is GraceStatus.AUTO_RENEW
    ]


def _prolonged(
    moved: Domain, years: int, policy: Policy, now: Instant
) -> tuple[Domain, tuple[tuple[str, int], ...]]:
    """Add the years of a transfer; the loser gets back what it paid for an automatic year."""
    if not years:
        return replace(moved, grace=()), ()
    refunds = grace.credits(_automatic(moved, now))
    longer = replace(moved, expires=_expiry(moved, years, now), grace=())
    begun = grace.begun(longer, GraceStatus.TRANSFER, years, policy.transfer_grace, now)
    return begun, (*refunds, (moved.sponsor, years))


def _may_answer(held: Held, actor: str, entitled: str) -> Result | None:
    if held.transfer is None:
        return Result(
            Code.NOT_PENDING_TRANSFER,
            message("{name} is not being transferred", name=held.name),
        )
    if actor in (SERVER, entitled):
        return None
    return Result(
        Code.NOT_AUTHORISED,
        message("the transfer of {name} is not for {actor} to answer", name=held.name, actor=actor),
    )


def _with(held: Held, transfer: Transfer | None, now: Instant) -> Held:
    statuses = [status for status in held.statuses if status != Status.PENDING_TRANSFER]
    if isinstance(held, Contact):
        pending = [] if transfer is None else [str(Status.PENDING_TRANSFER)]
        kept = settled_simply([*map(str, statuses), *pending])
        return replace(held, transfer=transfer, statuses=kept, updated=now)
    waiting = [] if transfer is None else [Status.PENDING_TRANSFER]
    shown = settled([*map(Status, statuses), *waiting], bool(held.nameservers))
    return replace(held, transfer=transfer, statuses=shown, updated=now)


def _answer(code: Code, reason: Message, held: Held, transfer: TransferData) -> Result:
    if isinstance(held, Domain):
        return Result(code, reason, True, domain=held, transfer=transfer)
    return Result(code, reason, True, contact=held, transfer=transfer)
