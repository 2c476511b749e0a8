"""Transfers between registrars (RFC 5731 section 3.2.4), by pure rules."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.objects import SERVER, TRANSFER_PERIOD, Code, Domain, Result, Transfer
from simulator.roles.registry.statuses import TRANSFER_LOCKS, Status, first_of, settled
from simulator.roles.registry.updates import prohibits
from simulator.values import Instant, message


def request(domain: Domain, actor: str, authorization: str, now: Instant) -> Result:
    """Ask for a domain with its authInfo: 1001 and five days for the sponsor to answer."""
    lock = first_of(domain.statuses, (*TRANSFER_LOCKS, Status.PENDING_DELETE))
    if domain.transfer is not None:
        return Result(
            Code.PENDING_TRANSFER, message("{name} is being transferred", name=domain.name)
        )
    if domain.sponsor == actor:
        return Result(
            Code.COMMAND_USE,
            message("{actor} already sponsors {name}", actor=actor, name=domain.name),
        )
    if lock is not None:
        return prohibits(domain, lock)
    if domain.authorization != authorization:
        return Result(
            Code.WRONG_AUTHORIZATION,
            message("the authorization information for {name} is wrong", name=domain.name),
        )
    pending = _with(domain, Transfer(actor, now, now + TRANSFER_PERIOD), now)
    return Result(
        Code.PENDING,
        message("the transfer of {name} awaits its sponsor", name=domain.name),
        True,
        pending,
    )


def approve(domain: Domain, actor: str, now: Instant) -> Result:
    """Let it go: the losing sponsor's word, or the registry's."""
    if (refusal := _may_answer(domain, actor, domain.sponsor)) is not None:
        return refusal
    assert domain.transfer is not None
    moved = replace(_with(domain, None, now), sponsor=domain.transfer.requester)
    return Result(Code.DONE, message("{name} is transferred", name=domain.name), True, moved)


def reject(domain: Domain, actor: str, now: Instant) -> Result:
    """Keep it: the losing sponsor's word, or the registry's."""
    return _may_answer(domain, actor, domain.sponsor) or _ended(domain, now)


def cancel(domain: Domain, actor: str, now: Instant) -> Result:
    """Take the request back: the requester's word, or the registry's."""
    requester = "" if domain.transfer is None else domain.transfer.requester
    return _may_answer(domain, actor, requester) or _ended(domain, now)


def _ended(domain: Domain, now: Instant) -> Result:
    stays = _with(domain, None, now)
    return Result(
        Code.DONE, message("{name} stays with its sponsor", name=domain.name), True, stays
    )


def _may_answer(domain: Domain, actor: str, entitled: str) -> Result | None:
    if domain.transfer is None:
        return Result(
            Code.NOT_PENDING_TRANSFER,
            message("{name} is not being transferred", name=domain.name),
        )
    if actor in (SERVER, entitled):
        return None
    return Result(
        Code.NOT_AUTHORISED,
        message(
            "the transfer of {name} is not for {actor} to answer", name=domain.name, actor=actor
        ),
    )


def _with(domain: Domain, transfer: Transfer | None, now: Instant) -> Domain:
    statuses: list[Status] = [
        status for status in domain.statuses if status is not Status.PENDING_TRANSFER
    ]
    if transfer is not None:
        statuses.append(Status.PENDING_TRANSFER)
    return replace(
        domain,
        transfer=transfer,
        statuses=settled(statuses, bool(domain.nameservers)),
        updated=now,
    )
