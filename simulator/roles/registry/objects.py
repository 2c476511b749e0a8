"""What a registry keeps and what it answers: domains, hosts, contacts, result codes.

The object model is that of RFC 5731 (domains), RFC 5732 (hosts), RFC 5733 (contacts),
RFC 5910 (DS) and RFC 3915 (grace periods);
result codes are those of RFC 5730 section 3.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from simulator.roles.registry.policy import PENDING_DELETE, REDEMPTION, TRANSFER_PERIOD
from simulator.roles.registry.statuses import GraceStatus, Status, is_delegated
from simulator.roles.registry.undo import Redelegation, UndoRecord
from simulator.values import DAY, Address, Duration, Instant, Message

__all__ = [
    "MAXIMUM_NAMESERVERS",
    "MAXIMUM_YEARS",
    "PENDING_DELETE",
    "REDEMPTION",
    "SERVER",
    "TRANSFER_PERIOD",
    "YEAR",
    "Code",
    "Contact",
    "Disclosure",
    "Domain",
    "Grace",
    "HostObject",
    "PostalInfo",
    "Redelegation",
    "Result",
    "Transfer",
    "TransferData",
    "TransferStatus",
]

SERVER: Final = "server"
"""The actor that stands for the registry's own hand; no registrar may bear this name."""

YEAR: Final[Duration] = 365 * DAY
"""A registration year. Leap days are left out: lab time knows no calendar."""
MAXIMUM_YEARS: Final = 10
MAXIMUM_NAMESERVERS: Final = 13


class Code(enum.IntEnum):
    """The EPP result codes that this registry gives (RFC 5730 section 3)."""

    DONE = 1000
    PENDING = 1001
    COMMAND_USE = 2002
    VALUE_RANGE = 2004
    VALUE_SYNTAX = 2005
    NOT_AUTHORISED = 2201
    WRONG_AUTHORIZATION = 2202
    PENDING_TRANSFER = 2300
    NOT_PENDING_TRANSFER = 2301
    EXISTS = 2302
    DOES_NOT_EXIST = 2303
    STATUS_PROHIBITS = 2304
    ASSOCIATION_PROHIBITS = 2305
    POLICY = 2306


class Transfer(NamedTuple):
    """A transfer under way (RFC 5731 section 3.2.4): who asked, and when it goes through.

    ``years`` is by how much it prolongs the registration.
    """

    requester: str
    requested: Instant
    approved_at: Instant
    years: int = 0


class TransferStatus(enum.StrEnum):
    """How a transfer stands or ended (RFC 5730 section 2.9.3.4)."""

    PENDING = "pending"
    CLIENT_APPROVED = "clientApproved"
    CLIENT_CANCELLED = "clientCancelled"
    CLIENT_REJECTED = "clientRejected"
    SERVER_APPROVED = "serverApproved"
    SERVER_CANCELLED = "serverCancelled"


class TransferData(NamedTuple):
    """What a transfer query and a transfer notice tell (``trnData``).

    ``acting`` is who had to act, or did; ``acts`` when it must, or did. ``expires`` is the
    end of the registration if the transfer changes it or changed it, else None.
    """

    name: str
    status: TransferStatus
    requester: str
    requested: Instant
    acting: str
    acts: Instant
    expires: Instant | None = None


class Grace(NamedTuple):
    """A grace period: until ``ends``, a delete gives ``registrar`` ``years`` back."""

    status: GraceStatus
    ends: Instant
    years: int
    registrar: str


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain object. ``ds`` holds DS data as text: key tag, algorithm, digest type, digest.

    ``contacts`` are pairs of role and handle. ``updated_by`` is empty until somebody
    changes the object; ``grace`` may hold periods that are over (`grace.statuses` tells
    which run). A deleted name has ``deleted``, may be restored until ``redeemable_until``,
    and is gone at ``purged_at``; ``report_due`` is set while a restore awaits its report.
    """

    name: str
    roid: str
    sponsor: str
    registrant: str
    authorization: str = field(repr=False)
    created: Instant
    updated: Instant
    expires: Instant
    contacts: tuple[tuple[str, str], ...] = ()
    nameservers: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = (Status.INACTIVE,)
    ds: tuple[str, ...] = ()
    transfer: Transfer | None = None
    purged_at: Instant | None = None
    created_by: str = ""
    updated_by: str = ""
    transferred: Instant | None = None
    grace: tuple[Grace, ...] = ()
    deleted: Instant | None = None
    redeemable_until: Instant | None = None
    report_due: Instant | None = None

    @property
    def delegated(self) -> bool:
        """Whether the zone delegates this name.

        A name under restore is, ahead of its report: the generic TLDs' policy.
        """
        if self.report_due is None:
            return is_delegated(self.statuses)
        return is_delegated(
            status for status in self.statuses if status is not Status.PENDING_DELETE
        )


@dataclass(frozen=True, slots=True)
class HostObject:
    """A nameserver known to the registry; only one inside its own TLD has addresses (glue).

    ``statuses`` are `HostStatus` values; ``linked`` is among them only where the object is
    shown (`Registry.host_info`).
    """

    name: str
    roid: str
    sponsor: str
    addresses: tuple[Address, ...] = ()
    statuses: tuple[str, ...] = ("ok",)
    created: Instant = 0
    created_by: str = ""
    updated: Instant = 0
    updated_by: str = ""
    transferred: Instant | None = None


class PostalInfo(NamedTuple):
    """A postal address (RFC 5733 section 2.4); ``type`` is ``int`` (ASCII) or ``loc``."""

    type: str
    name: str
    city: str
    country: str
    """Two letters of ISO 3166."""
    organization: str = ""
    street: tuple[str, ...] = ()
    province: str = ""
    postal_code: str = ""


class Disclosure(NamedTuple):
    """Which elements may be shown to third parties, or may not (RFC 5733 section 2.9).

    ``elements`` as the RFC names them, the type behind a colon: ``name:int``, ``voice``.
    """

    allowed: bool
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact object (RFC 5733). ``name`` is its handle; `PostalInfo` has who it is.

    ``statuses`` are `ContactStatus` values; ``linked`` is among them only where the object
    is shown (`Registry.contact_info`).
    """

    name: str
    roid: str
    sponsor: str
    postal: tuple[PostalInfo, ...]
    email: str
    authorization: str = field(repr=False)
    voice: str = ""
    fax: str = ""
    disclosure: Disclosure | None = None
    statuses: tuple[str, ...] = ("ok",)
    created: Instant = 0
    created_by: str = ""
    updated: Instant = 0
    updated_by: str = ""
    transferred: Instant | None = None
    transfer: Transfer | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a command. ``domain``, ``host`` or ``contact`` is the object as it now stands.

    ``undo`` is the record of a seizure; ``transfer`` what a transfer command answers;
    ``charges`` are pairs of a registrar and the years billed (less than none: given back);
    ``transaction`` is the svTRID of a transform (RFC 5730 section 2.6).
    """

    code: Code
    reason: Message
    changed: bool = False
    domain: Domain | None = None
    host: HostObject | None = None
    undo: UndoRecord | None = None
    contact: Contact | None = None
    transfer: TransferData | None = None
    charges: tuple[tuple[str, int], ...] = ()
    transaction: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the command succeeded (1xxx), be it only for now (1001)."""
        return self.code < Code.COMMAND_USE
