"""What came of a lever that was pulled: how to take it back, and what is to be told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from simulator.errors import LabError
from simulator.values import Message

if TYPE_CHECKING:
    from simulator.roles.registrar.logic import Done
    from simulator.roles.registry.objects import Result
    from simulator.roles.registry.poll import Cause
    from simulator.roles.registry.undo import UndoRecord

Details: TypeAlias = tuple[tuple[str, str], ...]
"""What the operator's own systems answered, by field: EPP command, result code, undo record."""

Undo: TypeAlias = Callable[[], Coroutine[Any, Any, Details | None]]
"""Takes it back; returns what is to be told of that, if anything. `LabError` where that cannot be,
or can never be: a copy, a hearing, a revocation."""

DONE_FOR = "done for"
"""A field of details: the step by whose order it was in force already."""
ALSO_ORDERED = "also ordered by"
"""A field of the details of a lift: the steps whose orders keep it in force."""
_NOT_TOLD = ("name", "at", "authorization", "grace")


class Pull(NamedTuple):
    """Who pulls a lever, what it is kept under, and in whose name it is done."""

    key: str
    operator: str
    cause: Cause


class Carried(NamedTuple):
    """A lever that was pulled. ``warning`` is what whoever gave the order hardly meant."""

    undo: Undo
    warning: Message | None = None
    details: Details = ()


class _Done(NamedTuple):
    """What was done, what was answered then, how to undo it, and for which orders it stays."""

    details: Details
    take: Callable[[], Coroutine[Any, Any, object]]
    orders: dict[str, None]


class Shared:
    """What several orders may want at once: done for the first, undone with the last.

    The first one's ``take`` undoes it, whichever is lifted last: it knows what stood before.
    """

    def __init__(self) -> None:
        self._in_force: dict[tuple[str, ...], _Done] = {}
        self._turns: dict[tuple[str, ...], asyncio.Lock] = {}

    async def carry(
        self,
        key: str,
        what: tuple[str, ...],
        put: Callable[[], Coroutine[Any, Any, tuple[Message | None, Details]]],
        take: Callable[[], Coroutine[Any, Any, object]],
    ) -> Carried:
        """Do it unless it is done, and undo it when the last order for it is lifted.

        ``put`` and ``take`` raise `LabError` when they fail; nothing is noted then. ``put``
        looks for itself at what it finds: whoever wants the same meanwhile waits.
        """
        turn = self._turns.setdefault(what, asyncio.Lock())
        async with turn:
            warning, done = None, self._in_force.get(what)
            if done is None:
                warning, details = await put()
                done = self._in_force[what] = _Done(details, take, {})
            else:
                details = (*done_for(done.orders), *done.details)
            done.orders[key] = None

        async def release() -> Details:
            async with turn:
                if list(done.orders) == [key]:
                    await done.take()
                    del self._in_force[what]
                del done.orders[key]
                return also_ordered(done.orders, key)

        return Carried(release, warning, details)


def done_for(orders: Iterable[str]) -> Details:
    """Tell by which order, the first of those in force, something is done already."""
    return tuple((DONE_FOR, _step(order)) for order in list(orders)[:1])


def also_ordered(orders: Iterable[str], lifted: str) -> Details:
    """Tell which orders of other steps keep what was ordered by the one that is lifted."""
    others = dict.fromkeys(map(_step, orders))
    others.pop(_step(lifted), None)
    return ((ALSO_ORDERED, ", ".join(others)),) if others else ()


def _step(order: str) -> str:
    return order.partition("/")[0]


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
