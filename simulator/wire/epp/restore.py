"""Restoring a deleted name in its redemption period (RFC 3915, rgp-1.0)."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, tostring

from simulator.wire.epp.errors import misplaced, missing, wrong_value
from simulator.wire.epp.moments import Moment, read_moment, write_moment
from simulator.wire.epp.xml import (
    RGP,
    attribute_of,
    child,
    content,
    declared,
    local,
    make,
    make_all,
    make_some,
    needed,
    only,
    optional_text,
    text_of,
    texts_of,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a registrar declares after a restore (section 4.2.5)."""

    before: str
    after: str
    deleted: Moment
    restored: Moment
    reason: str
    statements: tuple[str, ...]
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore request, or the report that completes it."""

    report: Report | None = None


def read_restore(element: Element) -> Restore:
    """Read an RGP ``update``."""
    if local(element) != "update":
        raise misplaced(local(element), "extension")
    restore = needed(element, "restore")
    operation = attribute_of(restore, "op")
    if operation == "request":
        return Restore()
    if operation != "report":
        raise wrong_value("op", operation)
    report = child(restore, "report")
    if report is None:
        raise missing("report")
    return Restore(_read_report(report))


def _read_report(element: Element) -> Report:
    only(
        element,
        *("preData", "postData", "delTime", "resTime", "resReason", "statement", "other"),
    )
    statements = texts_of(element, "statement")
    if len(statements) != 2:
        raise missing("statement")
    return Report(
        _mixed(needed(element, "preData")),
        _mixed(needed(element, "postData")),
        read_moment(text_of(element, "delTime"), "delTime"),
        read_moment(text_of(element, "resTime"), "resTime"),
        text_of(element, "resReason"),
        statements,
        optional_text(element, "other"),
    )


def _mixed(element: Element) -> str:
    """Return text that may hold markup (section 4.2.5)."""
    return content(element) + "".join(tostring(part, encoding="unicode") for part in element)


def write_restore(restore: Restore) -> Element:
    """Return an RGP ``update``."""
    if restore.report is None:
        return declared("update", RGP, make("rgp:restore", op="request"))
    report = restore.report
    written = make(
        "rgp:report",
        make("rgp:preData", text=report.before),
        make("rgp:postData", text=report.after),
        make("rgp:delTime", text=write_moment(report.deleted)),
        make("rgp:resTime", text=write_moment(report.restored)),
        make("rgp:resReason", text=report.reason),
        *make_all("rgp:statement", report.statements),
        *make_some("rgp:other", report.other),
    )
    return declared("update", RGP, make("rgp:restore", written, op="report"))
