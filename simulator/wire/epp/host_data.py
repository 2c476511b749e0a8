"""What a registry tells of a host (RFC 5732 section 3.1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulator.values import Address
from simulator.wire.epp.host_commands import read_addresses, write_addresses
from simulator.wire.epp.moments import Moment, make_moment, optional_moment
from simulator.wire.epp.objects import Kind, name_of
from simulator.wire.epp.xml import (
    HOST,
    attribute_of,
    children,
    declared,
    make,
    make_some,
    optional_text,
    text_of,
)


@dataclass(frozen=True, slots=True)
class HostData:
    """A host object."""

    name: str
    roid: str
    sponsor: str
    statuses: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    creator: str | None = None
    created: Moment | None = None
    updater: str | None = None
    updated: Moment | None = None
    transferred: Moment | None = None


def read_host_data(element: Element) -> HostData:
    """Read a host's ``infData``."""
    return HostData(
        name=name_of(Kind.HOST, element),
        roid=text_of(element, "roid"),
        sponsor=text_of(element, "clID"),
        statuses=tuple(attribute_of(status, "s") for status in children(element, "status")),
        addresses=read_addresses(element),
        creator=optional_text(element, "crID"),
        created=optional_moment(element, "crDate"),
        updater=optional_text(element, "upID"),
        updated=optional_moment(element, "upDate"),
        transferred=optional_moment(element, "trDate"),
    )


def write_host_data(data: HostData) -> Element:
    """Return a host's ``infData``."""
    return declared(
        "infData",
        HOST,
        make("host:name", text=data.name),
        make("host:roid", text=data.roid),
        *(make("host:status", s=status) for status in data.statuses),
        *write_addresses(data.addresses),
        make("host:clID", text=data.sponsor),
        *make_some("host:crID", data.creator),
        *make_moment("host:crDate", data.created),
        *make_some("host:upID", data.updater),
        *make_moment("host:upDate", data.updated),
        *make_moment("host:trDate", data.transferred),
    )
