"""The registry's log of transforms: one journal entry for each, whoever asked for it and how.

Each command gets a transaction id from the server, by which both sides find it again in their
logs (RFC 5730 section 2.6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from simulator.journal import Journal
from simulator.roles.registry.events import Transaction
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.values import SECOND, Now

BY_HAND: Final = "registry command"
"""The registry's own hand, time alone, or a registrar that has no wire to the registry."""
BY_EPP: Final = "epp command"
T = TypeVar("T")


class Sent(NamedTuple):
    """A command as it came by EPP and was answered, with the ids of both sides."""

    command: str
    name: str
    registrar: str | None
    code: int
    client_transaction: str | None
    server_transaction: str


class TransformLog:
    """Notes what a registry is told from now on, what it refused included."""

    def __init__(self, registry: Registry, journal: Journal, now: Now) -> None:
        self._registry = registry
        self._journal = journal
        self._now = now
        self._held: list[Transaction] | None = None
        """What happened while a command is answered whose client's id is not known yet."""
        registry.listen_to_commands(self._heard)

    def __repr__(self) -> str:
        return f"<TransformLog of {self._registry!r}>"

    def by_epp(self, answer: Callable[[], T], told: Callable[[T], Sent | None]) -> T:
        """Have a command answered and note it as ``told`` has it; None is not noted so.

        What time alone did before it was answered has entries of its own.
        """
        held = self._held = []
        try:
            answered = answer()
        finally:
            self._held = None
        sent = told(answered)
        for transaction in held:
            if sent is None or transaction.id != sent.server_transaction:
                self._heard(transaction)
        if sent is not None:
            self._journal.record(self._registry.id, BY_EPP, **sent._asdict())
        return answered

    def _heard(self, done: Transaction) -> None:
        if self._held is not None:
            self._held.append(done)
            return
        details: dict[str, object] = {
            "command": done.command.replace(" ", ":"),
            "name": done.name,
            "actor": self._registry.id if done.actor == SERVER else done.actor,
            "code": done.code,
            "server_transaction": done.id,
        }
        if done.operation:
            details["operation"] = done.operation
        if done.at != self._now():  # time alone did it: settled when the name is touched next
            details["effective"] = done.at / SECOND
        self._journal.record(self._registry.id, BY_HAND, **details)
