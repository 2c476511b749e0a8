"""What a registrar asks of a registry: a small part of EPP, whatever carries it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simulator.values import Address, Instant, Message


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
    def changed(self) -> bool:
        """Whether anything changed."""

    @property
    def domain(self) -> DomainSeen | None:
        """The object, where the command concerns one."""


class RegistryClient(Protocol):
    """The commands, each in the name of ``actor``, the registrar's id."""

    tld: str

    def info(self, actor: str, name: str, now: Instant) -> Answer:
        """Return a domain object."""

    def create(
        self,
        actor: str,
        name: str,
        now: Instant,
        *,
        registrant: str,
        authorization: str,
        years: int = 1,
        nameservers: tuple[str, ...] = (),
    ) -> Answer:
        """Register a name."""

    def update(
        self,
        actor: str,
        name: str,
        now: Instant,
        *,
        add_statuses: tuple[str, ...] = (),
        remove_statuses: tuple[str, ...] = (),
        add_nameservers: tuple[str, ...] = (),
        remove_nameservers: tuple[str, ...] = (),
        add_ds: tuple[str, ...] = (),
        remove_ds: tuple[str, ...] = (),
        authorization: str | None = None,
    ) -> Answer:
        """Change a name."""

    def transfer_request(self, actor: str, name: str, authorization: str, now: Instant) -> Answer:
        """Ask for a name of another registrar."""

    def transfer_approve(self, actor: str, name: str, now: Instant) -> Answer:
        """Let a name go."""

    def transfer_reject(self, actor: str, name: str, now: Instant) -> Answer:
        """Keep a name."""

    def host_create(self, actor: str, name: str, addresses: tuple[Address, ...] = ()) -> Answer:
        """Add a nameserver."""
