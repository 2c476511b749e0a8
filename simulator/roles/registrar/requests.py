"""What a registrar asks of a registry, and what it reads of the answer.

A registrar's work on a name is a series of such requests, each depending on the answer
before: `Steps`, a generator that yields requests, is sent answers and returns what became
of it. Who drives it decides what carries it: a registry in the same process, or EPP.
"""

from __future__ import annotations

import enum
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from simulator.values import Address, Message


class DomainSeen(Protocol):
    """What a registrar reads of a domain object."""

    @property
    def sponsor(self) -> str:
        """The registrar that holds the name."""

    @property
    def statuses(self) -> Sequence[str]:
        """EPP status values."""

    @property
    def nameservers(self) -> Sequence[str]:
        """Host names, in order."""

    @property
    def ds(self) -> Sequence[str]:
        """DS data as text."""


class Answer(Protocol):
    """What a registry answers: an EPP result code and its reason."""

    @property
    def code(self) -> int:
        """An EPP result code; success is 1xxx (RFC 5730 section 3)."""

    @property
    def reason(self) -> Message:
        """Why, for a person."""

    @property
    def domain(self) -> DomainSeen | None:
        """The object, where the command concerns one."""

    @property
    def transaction(self) -> str:
        """The registry's id of the command (svTRID), or an empty text."""


@dataclass(frozen=True, slots=True)
class InfoRequest:
    """Ask for a domain object."""

    name: str


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """Register a name, as yet without nameservers."""

    name: str
    registrant: str
    authorization: str = field(repr=False)
    years: int = 1


@dataclass(frozen=True, slots=True)
class HostRequest:
    """Add a nameserver."""

    name: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """Change a name."""

    name: str
    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    add_nameservers: tuple[str, ...] = ()
    remove_nameservers: tuple[str, ...] = ()
    add_ds: tuple[str, ...] = ()
    remove_ds: tuple[str, ...] = ()
    authorization: str | None = field(default=None, repr=False)


class TransferStep(enum.Enum):
    """What a registrar says of a transfer."""

    REQUEST = "request"
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """Ask for a name of another registrar, or answer who asks for ours."""

    step: TransferStep
    name: str
    authorization: str = field(default="", repr=False)


Request: TypeAlias = InfoRequest | CreateRequest | HostRequest | UpdateRequest | TransferRequest


class Command(NamedTuple):
    """A command as it went over the wire, and its result: what, about whom, by which ids."""

    what: str
    """``domain update``, ``host create`` …"""
    name: str
    code: int
    answer: str
    client_transaction: str
    server_transaction: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a request; ``code`` is the registry's, or None if it was never asked.

    ``transaction`` is the svTRID of the command that decided; ``commands`` are all that were
    sent for it, where they were sent over a wire.
    """

    done: bool
    reason: Message
    code: int | None = None
    authorization: str | None = field(default=None, repr=False)
    transaction: str = ""
    commands: tuple[Command, ...] = ()


Steps: TypeAlias = Generator[Request, Answer, Done]
