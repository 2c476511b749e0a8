"""What an update may do to a domain object (RFC 5731 section 3.2.5), by pure rules.

The registry's own hand is bound by no prohibition: locks protect a name from its
registrar and from thieves, never from the registry that sets them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from simulator.roles.registry.answers import prohibits
from simulator.roles.registry.objects import (
    MAXIMUM_NAMESERVERS,
    SERVER,
    Code,
    Domain,
    Result,
)
from simulator.roles.registry.statuses import (
    DELETE_LOCKS,
    HOLDS,
    TRANSFER_LOCKS,
    UPDATE_LOCKS,
    ContactStatus,
    HostStatus,
    Status,
    first_of,
    settled,
)
from simulator.values import Instant, Message, message

T = TypeVar("T")

_DIGEST_DIGITS = {1: 40, 2: 64, 4: 96}
"""Hexadecimal digits of a DS digest, by digest type: SHA-1, SHA-256, SHA-384."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one update command asks for: values to add, to remove, to change."""

    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    add_nameservers: tuple[str, ...] = ()
    remove_nameservers: tuple[str, ...] = ()
    add_ds: tuple[str, ...] = ()
    remove_ds: tuple[str, ...] = ()
    registrant: str | None = None
    authorization: str | None = None
    add_contacts: tuple[tuple[str, str], ...] = ()
    remove_contacts: tuple[tuple[str, str], ...] = ()
    remove_all_ds: bool = False
    """RFC 5910 section 5.2.5: what is added is added after all was removed."""

    @property
    def only_removes_statuses(self) -> bool:
        """Whether the command does nothing but remove statuses."""
        return self == Change(remove_statuses=self.remove_statuses)


def update(domain: Domain, actor: str, change: Change, redelegated: bool, now: Instant) -> Result:
    """Return the domain as updated, or why it cannot be. Nameservers are taken to exist."""
    refusal = (
        _prohibited(domain, actor, change)
        or wrong_statuses(actor, Status, change.add_statuses, change.remove_statuses)
        or _wrong_lists(change)
        or _against_pending(domain, change)
        or (_against_redelegation(domain, change) if redelegated else None)
    )
    if refusal is not None:
        return refusal
    changed = _applied(domain, change)
    if (refusal := wrong_count(changed.nameservers)) is not None:
        return refusal
    if changed == domain:
        return Result(
            Code.DONE, message("nothing to change on {name}", name=domain.name), domain=domain
        )
    changed = replace(changed, updated=now)
    return Result(Code.DONE, message("{name} is updated", name=domain.name), True, changed)


def _prohibited(domain: Domain, actor: str, change: Change) -> Result | None:
    if actor == SERVER:
        return None
    if Status.PENDING_DELETE in domain.statuses:
        return prohibits(domain.name, Status.PENDING_DELETE)
    lock = first_of(domain.statuses, UPDATE_LOCKS)
    if lock is None:
        return None
    # RFC 5731: "other than to remove this status"; a registrar can remove only its own.
    opens = lock is Status.CLIENT_UPDATE_PROHIBITED and lock in change.remove_statuses
    return None if opens and change.only_removes_statuses else prohibits(domain.name, lock)


def wrong_statuses(
    actor: str, kind: type[enum.StrEnum], added: Sequence[str], removed: Sequence[str]
) -> Result | None:
    """Who may set what: client statuses the sponsor, server statuses the registry.

    ``kind`` has the statuses that the object may have. The registry may also *remove* a
    client status (RFC 5731 section 2.3 lets a server override them by local policy);
    Nomulus does so to clear a hold before a redelegation.
    """
    for status in (*added, *removed):
        if status not in tuple(kind):
            return Result(Code.VALUE_SYNTAX, _unknown_status(kind, status))
    own = "server" if actor == SERVER else "client"
    removable = ("server", "client") if actor == SERVER else ("client",)
    wrong = [status for status in added if not status.startswith(own)]
    wrong += [status for status in removed if not status.startswith(removable)]
    if not wrong:
        return None
    if actor == SERVER:
        return Result(
            Code.VALUE_RANGE, message("{status} is not for the registry to set", status=wrong[0])
        )
    return Result(
        Code.VALUE_RANGE,
        message("{status} is not for a registrar to set or remove", status=wrong[0]),
    )


def _unknown_status(kind: type[enum.StrEnum], status: str) -> Message:
    if kind is HostStatus:
        return message("{status} is not an EPP host status", status=status)
    if kind is ContactStatus:
        return message("{status} is not an EPP contact status", status=status)
    return message("{status} is not an EPP domain status", status=status)


def _wrong_lists(change: Change) -> Result | None:
    for added, removed in (
        (change.add_statuses, change.remove_statuses),
        (change.add_nameservers, change.remove_nameservers),
        (change.add_ds, change.remove_ds),
        (_handles(change.add_contacts), _handles(change.remove_contacts)),
    ):
        if (refusal := both_ways(added, removed)) is not None:
            return refusal
    return wrong_ds(change.add_ds)


def both_ways(added: Iterable[str], removed: Sequence[str]) -> Result | None:
    """Refuse a command that adds and removes the same value."""
    both = next((value for value in added if value in removed), None)
    if both is None:
        return None
    return Result(
        Code.POLICY, message("one command cannot both add and remove {value}", value=both)
    )


def _handles(contacts: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{role} {handle}" for role, handle in contacts)


def wrong_count(nameservers: Sequence[str]) -> Result | None:
    """Refuse more nameservers than a delegation may have."""
    if len(nameservers) <= MAXIMUM_NAMESERVERS:
        return None
    return Result(
        Code.POLICY,
        message("a name may have at most {count} nameservers", count=MAXIMUM_NAMESERVERS),
    )


def wrong_ds(ds: Iterable[str]) -> Result | None:
    """Refuse what is not DS data."""
    wrong = next((data for data in ds if not is_ds(data)), None)
    if wrong is None:
        return None
    return Result(
        Code.VALUE_SYNTAX,
        message("'{data}' is not DS data: key tag, algorithm, digest type, digest", data=wrong),
    )


def is_ds(data: str) -> bool:
    """Tell whether a text is DS data in presentation form (RFC 4034 section 5.3)."""
    fields = data.split()
    if len(fields) != 4:
        return False
    numbers = all(field.isascii() and field.isdigit() and len(field) < 6 for field in fields[:3])
    digest = fields[3].lower()
    return (
        numbers
        and int(fields[0]) < 65_536
        and int(fields[1]) < 256
        and int(fields[2]) < 256
        and len(digest) == _DIGEST_DIGITS.get(int(fields[2]), len(digest))
        and len(digest) % 2 == 0
        and all(digit in "0123456789abcdef" for digit in digest)
    )


def _against_pending(domain: Domain, change: Change) -> Result | None:
    """RFC 5731 section 2.3: pendingTransfer never stands beside a transfer lock, nor
    pendingDelete beside a delete lock; that binds the registry too."""
    for pending, locks in (
        (Status.PENDING_TRANSFER, TRANSFER_LOCKS),
        (Status.PENDING_DELETE, DELETE_LOCKS),
    ):
        if pending in domain.statuses and first_of(change.add_statuses, locks) is not None:
            return prohibits(domain.name, pending)
    return None


def _against_redelegation(domain: Domain, change: Change) -> Result | None:
    """A hold would take the agency's page away: a name shows a banner or nothing, never both."""
    if first_of(change.add_statuses, HOLDS) is not None:
        return Result(
            Code.STATUS_PROHIBITS,
            message(
                "{name} is redelegated: a hold would take the banner away;"
                " undo the redelegation first",
                name=domain.name,
            ),
        )
    moved = (change.add_nameservers, change.remove_nameservers, change.add_ds, change.remove_ds)
    if not any(moved) and not change.remove_all_ds:
        return None
    return Result(
        Code.STATUS_PROHIBITS,
        message(
            "{name} is redelegated: its nameservers and DS stay as they are until that is undone",
            name=domain.name,
        ),
    )


def _applied(domain: Domain, change: Change) -> Domain:
    nameservers = edited(domain.nameservers, change.add_nameservers, change.remove_nameservers)
    statuses = edited(
        domain.statuses,
        [Status(status) for status in change.add_statuses],
        [Status(status) for status in change.remove_statuses],
    )
    return replace(
        domain,
        nameservers=nameservers,
        statuses=settled(statuses, bool(nameservers)),
        ds=edited(
            domain.ds, change.add_ds, domain.ds if change.remove_all_ds else change.remove_ds
        ),
        contacts=edited(domain.contacts, change.add_contacts, change.remove_contacts),
        registrant=domain.registrant if change.registrant is None else change.registrant,
        authorization=(
            domain.authorization if change.authorization is None else change.authorization
        ),
    )


def edited(values: Sequence[T], added: Iterable[T], removed: Sequence[T]) -> tuple[T, ...]:
    """Return ``values`` in their order, less ``removed``, with what is new in ``added`` behind."""
    kept = (value for value in values if value not in removed)
    return tuple(dict.fromkeys([*kept, *added]))
