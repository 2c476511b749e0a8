"""EPP domain statuses and what each truly does (RFC 5731 section 2.3).

The trap of the whole lesson sits here: a *lock* (the Prohibited family) leaves the name
resolving; only four statuses take it out of the zone.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable


class Status(enum.StrEnum):
    """The status values of a domain object, in the order in which they are shown.

    ``pendingCreate``, ``pendingRenew`` and ``pendingUpdate`` belong to registries that
    review commands by hand; ours never enters them.
    """

    OK = "ok"
    INACTIVE = "inactive"
    CLIENT_HOLD = "clientHold"
    SERVER_HOLD = "serverHold"
    CLIENT_DELETE_PROHIBITED = "clientDeleteProhibited"
    SERVER_DELETE_PROHIBITED = "serverDeleteProhibited"
    CLIENT_RENEW_PROHIBITED = "clientRenewProhibited"
    SERVER_RENEW_PROHIBITED = "serverRenewProhibited"
    CLIENT_TRANSFER_PROHIBITED = "clientTransferProhibited"
    SERVER_TRANSFER_PROHIBITED = "serverTransferProhibited"
    CLIENT_UPDATE_PROHIBITED = "clientUpdateProhibited"
    SERVER_UPDATE_PROHIBITED = "serverUpdateProhibited"
    PENDING_CREATE = "pendingCreate"
    PENDING_DELETE = "pendingDelete"
    PENDING_RENEW = "pendingRenew"
    PENDING_TRANSFER = "pendingTransfer"
    PENDING_UPDATE = "pendingUpdate"


class HostStatus(enum.StrEnum):
    """The status values of a host object (RFC 5732 section 2.3) that are ever entered here."""

    OK = "ok"
    LINKED = "linked"
    CLIENT_DELETE_PROHIBITED = "clientDeleteProhibited"
    SERVER_DELETE_PROHIBITED = "serverDeleteProhibited"
    CLIENT_UPDATE_PROHIBITED = "clientUpdateProhibited"
    SERVER_UPDATE_PROHIBITED = "serverUpdateProhibited"


class ContactStatus(enum.StrEnum):
    """The status values of a contact object (RFC 5733 section 2.2) that are ever entered here."""

    OK = "ok"
    LINKED = "linked"
    CLIENT_DELETE_PROHIBITED = "clientDeleteProhibited"
    SERVER_DELETE_PROHIBITED = "serverDeleteProhibited"
    CLIENT_TRANSFER_PROHIBITED = "clientTransferProhibited"
    SERVER_TRANSFER_PROHIBITED = "serverTransferProhibited"
    CLIENT_UPDATE_PROHIBITED = "clientUpdateProhibited"
    SERVER_UPDATE_PROHIBITED = "serverUpdateProhibited"
    PENDING_TRANSFER = "pendingTransfer"


class GraceStatus(enum.StrEnum):
    """The grace-period status values of a domain (RFC 3915 section 3.1)."""

    ADD = "addPeriod"
    AUTO_RENEW = "autoRenewPeriod"
    RENEW = "renewPeriod"
    TRANSFER = "transferPeriod"
    REDEMPTION = "redemptionPeriod"
    PENDING_RESTORE = "pendingRestore"
    PENDING_DELETE = "pendingDelete"


OUT_OF_ZONE = frozenset(
    {Status.CLIENT_HOLD, Status.INACTIVE, Status.PENDING_DELETE, Status.SERVER_HOLD}
)
"""A name with any of these is not delegated. No other status has that effect."""

HOLDS = (Status.CLIENT_HOLD, Status.SERVER_HOLD)

SERVER_LOCKS = (
    Status.SERVER_DELETE_PROHIBITED,
    Status.SERVER_TRANSFER_PROHIBITED,
    Status.SERVER_UPDATE_PROHIBITED,
)
"""What registries sell as a registry lock, and set when they seize."""

AGENCY_LOCKS = (*SERVER_LOCKS, Status.SERVER_RENEW_PROHIBITED)
"""What a registry sets on a name that it moved to a registrar of the authorities."""

UPDATE_LOCKS = (Status.SERVER_UPDATE_PROHIBITED, Status.CLIENT_UPDATE_PROHIBITED)
DELETE_LOCKS = (Status.SERVER_DELETE_PROHIBITED, Status.CLIENT_DELETE_PROHIBITED)
RENEW_LOCKS = (Status.SERVER_RENEW_PROHIBITED, Status.CLIENT_RENEW_PROHIBITED)
TRANSFER_LOCKS = (Status.SERVER_TRANSFER_PROHIBITED, Status.CLIENT_TRANSFER_PROHIBITED)


_COMPUTED = frozenset({Status.OK, Status.INACTIVE})
_ORDER = {status: place for place, status in enumerate(Status)}


def is_delegated(statuses: Iterable[Status]) -> bool:
    """Tell whether a name with these statuses is in the zone."""
    return OUT_OF_ZONE.isdisjoint(statuses)


def settled(statuses: Iterable[Status], has_nameservers: bool) -> tuple[Status, ...]:
    """Return the statuses as the server shows them: ``inactive`` and ``ok`` are its to compute."""
    kept = [status for status in dict.fromkeys(statuses) if status not in _COMPUTED]
    if not has_nameservers:
        kept.append(Status.INACTIVE)
    return tuple(sorted(kept, key=_ORDER.__getitem__)) or (Status.OK,)


def settled_simply(statuses: Iterable[str]) -> tuple[str, ...]:
    """Return the statuses of a host or contact as kept: ``ok`` where nothing else is, in order.

    ``linked`` is no state of the object but of who refers to it: it is added when it is shown.
    """
    kept = [str(status) for status in dict.fromkeys(statuses) if status not in ("ok", "linked")]
    return tuple(sorted(kept)) or ("ok",)


def first_of(statuses: Collection[str], wanted: Iterable[str]) -> str | None:
    """Return the first of ``wanted`` that is among ``statuses``, or None."""
    return next((status for status in wanted if status in statuses), None)
