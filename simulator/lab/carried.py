"""What came of a lever that was pulled: how to take it back, and what is to be told of it."""

from __future__ import annotations

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
        self._orders: dict[tuple[str, ...], dict[str, None]] = {}

    def wanted(self, *what: str) -> bool:
        """Whether an order in force wants it."""
        return bool(self._orders.get(what))

    def carry(
        self,
        key: str,
        what: tuple[str, ...],
        put: Callable[[], tuple[Message | None, Details]],
        take: Callable[[], object],
    ) -> Carried:
        """Do it unless it is done, and undo it when the last order for it is lifted.

        ``put`` and ``take`` raise `LabError` when they fail; nothing is noted then.
        """
        in_force = self._orders.setdefault(what, {})
        warning, details = (None, ()) if in_force else put()
        in_force[key] = None

        async def release() -> None:
            if list(in_force) == [key]:
                take()
            in_force.pop(key, None)

        return Carried(release, warning, details)


def insist_done(done: Done, command: str) -> Details:
    """Return what a registrar answered; `LabError` with its reason if it did not do it."""
    if not done.done:
        raise LabError(done.reason)
    code = () if done.code is None else (("result", str(done.code)),)
    return (("command", command), *code, ("answer", str(done.reason)))


def insist_code(result: Result, command: str) -> Details:
    """Return what a registry answered; `LabError` with its reason for an error (RFC 5730
    section 3)."""
    if not result.succeeded:
        raise LabError(result.reason)
    told = [("command", command), ("result", str(int(result.code)))]
    told.append(("answer", str(result.reason)))
    if result.transaction:
        told.append(("transaction", result.transaction))
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
