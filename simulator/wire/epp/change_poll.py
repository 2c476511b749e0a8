"""What the registry did to a name by itself, told to its registrar (RFC 8590, changePoll-1.0)."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulator.wire.epp.errors import wrong_value
from simulator.wire.epp.moments import Moment, read_moment, write_moment
from simulator.wire.epp.xml import (
    CHANGE_POLL,
    attribute_of,
    child,
    content,
    declared,
    make,
    make_some,
    needed,
    optional_text,
    text_of,
)


@dataclass(frozen=True, slots=True)
class Case:
    """What it was done for: ``kind`` is ``udrp``, ``urs`` or ``custom``, this one with a name."""

    kind: str
    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeData:
    """One change. The object beside it is as it stood ``before`` or ``after`` (``state``).

    ``operation`` is ``update``, ``delete``, ``transfer`` and so on; ``detail`` is its
    sub-operation, such as the ``purge`` of a delete.
    """

    operation: str
    date: Moment
    server_transaction: str
    who: str
    case: Case | None = None
    reason: str | None = None
    state: str = "after"
    detail: str | None = None


def read_change(element: Element) -> ChangeData:
    """Read ``changeData``."""
    operation = needed(element, "operation")
    case = child(element, "caseId")
    state = element.get("state", "after")
    if state not in ("before", "after"):
        raise wrong_value("state", state)
    return ChangeData(
        content(operation),
        read_moment(text_of(element, "date"), "date"),
        text_of(element, "svTRID"),
        text_of(element, "who"),
        None if case is None else Case(attribute_of(case, "type"), content(case), case.get("name")),
        optional_text(element, "reason"),
        state,
        operation.get("op"),
    )


def write_change(change: ChangeData) -> Element:
    """Return ``changeData``."""
    operation = make("changePoll:operation", text=change.operation)
    if change.detail is not None:
        operation.set("op", change.detail)
    return declared(
        "changeData",
        CHANGE_POLL,
        operation,
        make("changePoll:date", text=write_moment(change.date)),
        make("changePoll:svTRID", text=change.server_transaction),
        make("changePoll:who", text=change.who),
        *_write_case(change.case),
        *make_some("changePoll:reason", change.reason),
        state=change.state,
    )


def _write_case(case: Case | None) -> list[Element]:
    if case is None:
        return []
    written = make("changePoll:caseId", text=case.id, type=case.kind)
    if case.name is not None:
        written.set("name", case.name)
    return [written]
