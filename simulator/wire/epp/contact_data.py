"""What a registry tells of a contact (RFC 5733 section 3.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from simulator.wire.epp.contact_commands import (
    Disclosure,
    Postal,
    read_disclosure,
    read_postal,
    write_disclosure,
    write_postal,
)
from simulator.wire.epp.moments import Moment, make_moment, optional_moment
from simulator.wire.epp.objects import Kind, name_of, read_authorization, write_authorization
from simulator.wire.epp.xml import (
    CONTACT,
    attribute_of,
    children,
    declared,
    make,
    make_some,
    optional_text,
    text_of,
)


@dataclass(frozen=True, slots=True)
class ContactData:
    """A contact object; what its reader may not see is None."""

    id: str
    roid: str
    sponsor: str
    postal: tuple[Postal, ...] = ()
    email: str | None = None
    statuses: tuple[str, ...] = ()
    voice: str | None = None
    fax: str | None = None
    creator: str | None = None
    created: Moment | None = None
    updater: str | None = None
    updated: Moment | None = None
    transferred: Moment | None = None
    authorization: str | None = field(default=None, repr=False)
    disclosure: Disclosure | None = None


def read_contact_data(element: Element) -> ContactData:
    """Read a contact's ``infData``."""
    return ContactData(
        id=name_of(Kind.CONTACT, element),
        roid=text_of(element, "roid"),
        sponsor=text_of(element, "clID"),
        postal=read_postal(element),
        email=optional_text(element, "email"),
        statuses=tuple(attribute_of(status, "s") for status in children(element, "status")),
        voice=optional_text(element, "voice"),
        fax=optional_text(element, "fax"),
        creator=optional_text(element, "crID"),
        created=optional_moment(element, "crDate"),
        updater=optional_text(element, "upID"),
        updated=optional_moment(element, "upDate"),
        transferred=optional_moment(element, "trDate"),
        authorization=read_authorization(element),
        disclosure=read_disclosure(element),
    )


def write_contact_data(data: ContactData) -> Element:
    """Return a contact's ``infData``."""
    return declared(
        "infData",
        CONTACT,
        make("contact:id", text=data.id),
        make("contact:roid", text=data.roid),
        *(make("contact:status", s=status) for status in data.statuses),
        *write_postal(data.postal),
        *make_some("contact:voice", data.voice),
        *make_some("contact:fax", data.fax),
        *make_some("contact:email", data.email),
        make("contact:clID", text=data.sponsor),
        *make_some("contact:crID", data.creator),
        *make_moment("contact:crDate", data.created),
        *make_some("contact:upID", data.updater),
        *make_moment("contact:upDate", data.updated),
        *make_moment("contact:trDate", data.transferred),
        *write_authorization(Kind.CONTACT, data.authorization),
        *write_disclosure(data.disclosure),
    )
