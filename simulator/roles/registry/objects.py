"""What a registry keeps and what it answers: domains, hosts, result codes.

The object model is that of RFC 5731 (domains), RFC 5732 (hosts) and RFC 5910 (DS);
result codes are those of RFC 5730 section 3.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from simulator.roles.registry.statuses import Status, is_delegated
from simulator.values import DAY, Address, Duration, Instant, Message

SERVER: Final = "server"
"""The actor that stands for the registry's own hand; no registrar may bear this name."""

YEAR: Final[Duration] = 365 * DAY
"""A registration year. Leap days are left out: lab time knows no calendar."""
REDEMPTION: Final[Duration] = 30 * DAY
PENDING_DELETE: Final[Duration] = 5 * DAY
TRANSFER_PERIOD: Final[Duration] = 5 * DAY
"""A transfer that nobody answers is approved after this time (the generic TLDs' policy)."""
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


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer under way (RFC 5731 section 3.2.4): who asked, and when it goes through."""

    requester: str
    requested: Instant
    approved_at: Instant


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain object. ``ds`` holds DS data as text: key tag, algorithm, digest type, digest.

    ``contacts`` are pairs of role and handle. ``purged_at`` is set while the name waits
    for its end after a delete.
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

    @property
    def delegated(self) -> bool:
        """Whether the zone delegates this name."""
        return is_delegated(self.statuses)


@dataclass(frozen=True, slots=True)
class HostObject:
    """A nameserver known to the registry; only one inside its own TLD has addresses (glue)."""

    name: str
    roid: str
    sponsor: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Redelegation:
    """The undo record of a redelegation: what stood before, and what was added or lifted."""

    name: str
    at: Instant
    nameservers: tuple[str, ...]
    ds: tuple[str, ...]
    agency_nameservers: tuple[str, ...]
    locks_added: tuple[Status, ...]
    holds_lifted: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a command. ``domain`` or ``host`` is the object as it now stands."""

    code: Code
    reason: Message
    changed: bool = False
    domain: Domain | None = None
    host: HostObject | None = None
    undo: Redelegation | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the command succeeded (1xxx), be it only for now (1001)."""
        return self.code < Code.COMMAND_USE
