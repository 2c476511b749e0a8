"""What a registry tells of a domain (RFC 5731 sections 3.1.2 and 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from simulator.wire.epp.domain_commands import (
    Contacts,
    read_nameservers,
    write_contacts,
    write_nameservers,
)
from simulator.wire.epp.moments import Moment, make_moment, optional_moment
from simulator.wire.epp.objects import Kind, name_of, read_authorization, write_authorization
from simulator.wire.epp.xml import (
    DOMAIN,
    attribute_of,
    children,
    content,
    declared,
    make,
    make_all,
    make_some,
    optional_text,
    text_of,
    texts_of,
)


@dataclass(frozen=True, slots=True)
class DomainData:
    """A domain object; what its reader may not see is None. ``hosts`` lie under the name."""

    name: str
    roid: str
    sponsor: str
    statuses: tuple[str, ...] = ()
    registrant: str | None = None
    contacts: Contacts = ()
    nameservers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    creator: str | None = None
    created: Moment | None = None
    updater: str | None = None
    updated: Moment | None = None
    expires: Moment | None = None
    transferred: Moment | None = None
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Renewed:
    """A domain after its renewal."""

    name: str
    expires: Moment | None = None


def read_domain_data(element: Element) -> DomainData:
    """Read a domain's ``infData``."""
    return DomainData(
        name=name_of(Kind.DOMAIN, element),
        roid=text_of(element, "roid"),
        sponsor=text_of(element, "clID"),
        statuses=tuple(attribute_of(status, "s") for status in children(element, "status")),
        registrant=optional_text(element, "registrant"),
        contacts=tuple(
            (found.get("type", "admin"), content(found)) for found in children(element, "contact")
        ),
        nameservers=read_nameservers(element),
        hosts=texts_of(element, "host"),
        creator=optional_text(element, "crID"),
        created=optional_moment(element, "crDate"),
        updater=optional_text(element, "upID"),
        updated=optional_moment(element, "upDate"),
        expires=optional_moment(element, "exDate"),
        transferred=optional_moment(element, "trDate"),
        authorization=read_authorization(element),
    )


def write_domain_data(data: DomainData) -> Element:
    """Return a domain's ``infData``."""
    return declared(
        "infData",
        DOMAIN,
        make("domain:name", text=data.name),
        make("domain:roid", text=data.roid),
        *(make("domain:status", s=status) for status in data.statuses),
        *make_some("domain:registrant", data.registrant),
        *write_contacts(data.contacts),
        *write_nameservers(data.nameservers),
        *make_all("domain:host", data.hosts),
        make("domain:clID", text=data.sponsor),
        *make_some("domain:crID", data.creator),
        *make_moment("domain:crDate", data.created),
        *make_some("domain:upID", data.updater),
        *make_moment("domain:upDate", data.updated),
        *make_moment("domain:exDate", data.expires),
        *make_moment("domain:trDate", data.transferred),
        *write_authorization(Kind.DOMAIN, data.authorization),
    )


def read_renewed(element: Element) -> Renewed:
    """Read ``renData``."""
    return Renewed(name_of(Kind.DOMAIN, element), optional_moment(element, "exDate"))


def write_renewed(data: Renewed) -> Element:
    """Return ``renData``."""
    return declared(
        "renData",
        DOMAIN,
        make("domain:name", text=data.name),
        *make_moment("domain:exDate", data.expires),
    )
