"""Answers that look alike for every kind of object: checked, created, being transferred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from xml.etree.ElementTree import Element

from simulator.wire.epp.moments import (
    Moment,
    make_moment,
    optional_moment,
    read_moment,
    write_moment,
)
from simulator.wire.epp.objects import Kind, folded, kind_of, name_of
from simulator.wire.epp.xml import (
    attribute_of,
    children,
    content,
    declared,
    make,
    make_some,
    needed,
    optional_text,
    text_of,
)


class Availability(NamedTuple):
    """Whether an object can be created, and why not."""

    name: str
    available: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to a check."""

    kind: Kind
    results: tuple[Availability, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """An object that is there now; only a domain ``expires``."""

    kind: Kind
    name: str
    created: Moment
    expires: Moment | None = None


@dataclass(frozen=True, slots=True)
class TransferData:
    """A transfer, under way or ended (RFC 5731 section 3.1.3).

    ``status`` is ``pending``, ``clientApproved``, ``serverCancelled`` and so on; ``actor``
    is who acted, or has to act by ``acted``.
    """

    kind: Kind
    name: str
    status: str
    requester: str
    requested: Moment
    actor: str
    acted: Moment
    expires: Moment | None = None


def read_checked(element: Element) -> Checked:
    """Read ``chkData``."""
    kind = kind_of(element)
    return Checked(kind, tuple(_availability(kind, found) for found in children(element, "cd")))


def _availability(kind: Kind, element: Element) -> Availability:
    name = needed(element, kind.key)
    available = attribute_of(name, "avail") in ("1", "true")
    return Availability(folded(kind, content(name)), available, optional_text(element, "reason"))


def write_checked(data: Checked) -> Element:
    """Return ``chkData``."""
    prefix, key = data.kind, data.kind.key
    results = [
        make(
            f"{prefix}:cd",
            make(f"{prefix}:{key}", text=result.name, avail="1" if result.available else "0"),
            *make_some(f"{prefix}:reason", result.reason),
        )
        for result in data.results
    ]
    return declared("chkData", data.kind.uri, *results)


def read_created(element: Element) -> Created:
    """Read ``creData``."""
    kind = kind_of(element)
    created = read_moment(text_of(element, "crDate"), "crDate")
    return Created(kind, name_of(kind, element), created, optional_moment(element, "exDate"))


def write_created(data: Created) -> Element:
    """Return ``creData``."""
    prefix = data.kind
    return declared(
        "creData",
        data.kind.uri,
        make(f"{prefix}:{data.kind.key}", text=data.name),
        make(f"{prefix}:crDate", text=write_moment(data.created)),
        *make_moment(f"{prefix}:exDate", data.expires),
    )


def read_transfer_data(element: Element) -> TransferData:
    """Read ``trnData``."""
    kind = kind_of(element)
    return TransferData(
        kind,
        name_of(kind, element),
        text_of(element, "trStatus"),
        text_of(element, "reID"),
        read_moment(text_of(element, "reDate"), "reDate"),
        text_of(element, "acID"),
        read_moment(text_of(element, "acDate"), "acDate"),
        optional_moment(element, "exDate"),
    )


def write_transfer_data(data: TransferData) -> Element:
    """Return ``trnData``."""
    prefix = data.kind
    return declared(
        "trnData",
        data.kind.uri,
        make(f"{prefix}:{data.kind.key}", text=data.name),
        make(f"{prefix}:trStatus", text=data.status),
        make(f"{prefix}:reID", text=data.requester),
        make(f"{prefix}:reDate", text=write_moment(data.requested)),
        make(f"{prefix}:acID", text=data.actor),
        make(f"{prefix}:acDate", text=write_moment(data.acted)),
        *make_moment(f"{prefix}:exDate", data.expires),
    )
