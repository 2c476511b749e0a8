"""What came of a lever that was pulled: how to take it back, and what is to be told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from simulator.errors import LabError
from simulator.values import Message

if TYPE_CHECKING:
    from simulator.roles.registrar.logic import Done
    from simulator.roles.registry.objects import Result
    from simulator.roles.registry.undo import UndoRecord

Details: TypeAlias = tuple[tuple[str, str], ...]
"""What the operator's own systems answered, by field: EPP command, result code, undo record."""

Undo: TypeAlias = Callable[[], Coroutine[Any, Any, Details | None]]
"""Takes it back; returns what is to be told of that, if anything."""

_NOT_TOLD = ("name", "at", "authorization", "grace")


class Lasting(LabError):
    """What was done and can never be taken back: a copy, a hearing, a revocation."""


class Carried(NamedTuple):
    """A lever that was pulled. ``warning`` is what whoever gave the order hardly meant."""

    undo: Undo
    warning: Message | None = None
    details: Details = ()


class Shared:
    """What several orders may want at once: done for the first, undone with the last."""

    def __init__(self) -> None:
        self._orders: dict[tuple[str, ...], dict[str, Details]] = {}
        self._turns: dict[tuple[str, ...], asyncio.Lock] = {}

    @staticmethod
    def _as_done(in_force: dict[str, Details]) -> tuple[None, Details]:
        """Return what was answered when it was done, and for which order that was."""
        first, details = next(iter(in_force.items()))
        return None, (("done for", first.partition("/")[0]), *details)

    async def carry(
        self,
        key: str,
        what: tuple[str, ...],
        put: Callable[[], Coroutine[Any, Any, tuple[Message | None, Details]]],
        take: Callable[[], Coroutine[Any, Any, object]],
    ) -> Carried:
        """Do it unless it is done, and undo it when the last order for it is lifted.

        ``put`` and ``take`` raise `LabError` when they fail; nothing is noted then. Whoever
        wants the same meanwhile waits.
        """
        in_force = self._orders.setdefault(what, {})
        turn = self._turns.setdefault(what, asyncio.Lock())
        async with turn:
            warning, details = self._as_done(in_force) if in_force else await put()
            in_force[key] = details

        async def release() -> None:
            async with turn:
                if list(in_force) == [key]:
                    await take()
                in_force.pop(key, None)

        return Carried(release, warning, details)


class LeverRefused(LabError):
    """The registrar or the registry did not do it; ``details`` are what its systems answered."""

    def __init__(self, reason: Message, details: Details) -> None:
        super().__init__(reason)
        self.details = details


def insist_done(done: Done, command: str) -> Details:
    """Return what came of a registrar's work; `LeverRefused` with its reason if it did not do
    it."""
    details = told_of(done, command)
    if not done.done:
        raise LeverRefused(done.reason, details)
    return details


def told_of(done: Done, command: str) -> Details:
    """Return what a registrar was answered: the command that decided first, then the others.

    ``command`` says what it was where no wire carried it.
    """
    by_wire = [sent for sent in done.commands if sent.server_transaction == done.transaction]
    if done.code is None:  # nobody asked the registry
        return (("answer", str(done.reason)),)
    if not by_wire:
        own = (("svTRID", done.transaction),) if done.transaction else ()
        return (
            ("command", command), ("result", str(done.code)), ("answer", str(done.reason)), *own
        )  # fmt: skip
    sent = by_wire[0]
    others = [
        other for other in done.commands if other is not sent and not other.what.endswith(" info")
    ]
    told = [
        ("command", sent.what),
        ("result", str(sent.code)),
        ("answer", sent.answer),
        ("clTRID", sent.client_transaction),
        ("svTRID", sent.server_transaction),
    ]
    if others:
        listed = "; ".join(
            f"{other.what} {other.name} {other.code} {other.server_transaction}" for other in others
        )
        told.append(("beside it", listed))
    return tuple(told)


def insist_code(result: Result, command: str) -> Details:
    """Return what a registry did by its own hand; `LeverRefused` with its reason for an error
    (RFC 5730 section 3)."""
    told = [("command", command), ("result", str(int(result.code)))]
    told.append(("answer", str(result.reason)))
    if result.transaction:
        told.append(("svTRID", result.transaction))
    if not result.succeeded:
        raise LeverRefused(result.reason, tuple(told))
    if result.undo is not None:
        told.append(("undo record", summary(result.undo)))
    return tuple(told)


def summary(record: UndoRecord) -> str:
    """Return an undo record in one line: what stood before, what was added. Never authInfo."""
    fields = [
        f"{field.replace('_', ' ')}: {_listed(value)}"
        for field, value in record._asdict().items()
        if field not in _NOT_TOLD and value
    ]
    return "; ".join([type(record).__name__, *fields])


def _listed(value: object) -> str:
    return value if isinstance(value, str) else " ".join(map(str, _each(value)))


def _each(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
