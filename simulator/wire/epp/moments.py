"""Dates and times as EPP writes them (RFC 5730 section 2.3: XML Schema, in UTC).

A **moment** is microseconds since 1970, as the wire knows no start of a lab.
"""

from __future__ import annotations

import datetime
import re
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element

from simulator.wire.epp.errors import wrong_value
from simulator.wire.epp.xml import make, optional_text

Moment: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00Z."""

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)
_DAY: Final = 86_400_000_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}Z?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]{1,12}))?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def write_moment(moment: Moment) -> str:
    """Return ``2024-06-25T08:00:00.000000Z``."""
    when = _EPOCH + moment * _MICROSECOND
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_moment(text: str, what: str) -> Moment:
    """Read a date and time; its offset must be stated. `EppError` 2005 for anything else."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise wrong_value(what, text)
    fraction = (found[2] or "0")[:6].ljust(6, "0")
    offset = "+00:00" if found[3] == "Z" else found[3]
    try:
        when = datetime.datetime.fromisoformat(f"{found[1]}.{fraction}{offset}")
        return (when - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise wrong_value(what, text) from None


def write_date(moment: Moment) -> str:
    """Return the day of a moment: ``2024-06-25``."""
    return write_moment(moment)[:10]


def read_date(text: str, what: str) -> Moment:
    """Read a day and return its beginning in UTC. `EppError` 2005 for anything else."""
    if _DATE.fullmatch(text) is None:
        raise wrong_value(what, text)
    return read_moment(f"{text[:10]}T00:00:00Z", what)


def same_day(one: Moment, other: Moment) -> bool:
    """Whether two moments fall on one day in UTC."""
    return one // _DAY == other // _DAY


def optional_moment(element: Element, name: str) -> Moment | None:
    """Return the date and time of a child, or None if there is none."""
    text = optional_text(element, name)
    return None if text is None else read_moment(text, name)


def make_moment(tag: str, moment: Moment | None) -> list[Element]:
    """Return one element with that date and time, or none for None."""
    return [] if moment is None else [make(tag, text=write_moment(moment))]
