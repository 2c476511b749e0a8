"""Commands for domains (RFC 5731 section 3.2), with what secDNS and RGP add to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from simulator.values import message
from simulator.wire.epp.errors import EppError, missing
from simulator.wire.epp.moments import Moment, read_date, write_date
from simulator.wire.epp.objects import (
    Kind,
    lowered,
    name_of,
    read_authorization,
    read_period,
    write_authorization,
    write_period,
)
from simulator.wire.epp.restore import Restore
from simulator.wire.epp.results import Code
from simulator.wire.epp.secdns import DnssecChange, DnssecData
from simulator.wire.epp.xml import (
    DOMAIN,
    attribute_of,
    child,
    children,
    content,
    declared,
    make,
    make_all,
    make_some,
    only,
    optional_text,
    text_of,
    texts_of,
)

Contacts = tuple[tuple[str, str], ...]
"""Pairs of role (``admin``, ``tech``, ``billing``) and contact id."""


@dataclass(frozen=True, slots=True)
class DomainCreate:
    """Register a name."""

    name: str
    authorization: str = field(repr=False)
    years: int | None = None
    nameservers: tuple[str, ...] = ()
    registrant: str | None = None
    contacts: Contacts = ()
    dnssec: DnssecData | None = None


@dataclass(frozen=True, slots=True)
class DomainRenew:
    """Prolong a registration that ends on the day of ``current_expiry``."""

    name: str
    current_expiry: Moment
    years: int | None = None


@dataclass(frozen=True, slots=True)
class DomainUpdate:
    """Change a domain."""

    name: str
    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    add_nameservers: tuple[str, ...] = ()
    remove_nameservers: tuple[str, ...] = ()
    add_contacts: Contacts = ()
    remove_contacts: Contacts = ()
    registrant: str | None = None
    authorization: str | None = field(default=None, repr=False)
    dnssec: DnssecChange | None = None
    restore: Restore | None = None


# --- reading --------------------------------------------------------------------------


def read_domain_create(element: Element, dnssec: DnssecData | None) -> DomainCreate:
    """Read the domain's part of a ``create``."""
    only(element, "name", "period", "ns", "registrant", "contact", "authInfo")
    authorization = read_authorization(element)
    if authorization is None:
        raise missing("authInfo")
    return DomainCreate(
        name_of(Kind.DOMAIN, element),
        authorization,
        read_period(element),
        read_nameservers(element),
        optional_text(element, "registrant"),
        _contacts(element),
        dnssec,
    )


def read_domain_renew(element: Element) -> DomainRenew:
    """Read the domain's part of a ``renew``."""
    only(element, "name", "curExpDate", "period")
    return DomainRenew(
        name_of(Kind.DOMAIN, element),
        read_date(text_of(element, "curExpDate"), "curExpDate"),
        read_period(element),
    )


def read_domain_update(
    element: Element, dnssec: DnssecChange | None, restore: Restore | None
) -> DomainUpdate:
    """Read the domain's part of an ``update``."""
    only(element, "name", "add", "rem", "chg")
    added, removed = child(element, "add"), child(element, "rem")
    change = child(element, "chg")
    if change is not None:
        only(change, "registrant", "authInfo")
    return DomainUpdate(
        name_of(Kind.DOMAIN, element),
        add_statuses=_statuses(added),
        remove_statuses=_statuses(removed),
        add_nameservers=() if added is None else read_nameservers(added),
        remove_nameservers=() if removed is None else read_nameservers(removed),
        add_contacts=() if added is None else _contacts(added),
        remove_contacts=() if removed is None else _contacts(removed),
        registrant=None if change is None else optional_text(change, "registrant"),
        authorization=None if change is None else read_authorization(change),
        dnssec=dnssec,
        restore=restore,
    )


def _statuses(element: Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    only(element, "ns", "contact", "status")
    return tuple(attribute_of(status, "s") for status in children(element, "status"))


def _contacts(element: Element) -> Contacts:
    return tuple(
        (contact.get("type", "admin"), content(contact)) for contact in children(element, "contact")
    )


def read_nameservers(element: Element) -> tuple[str, ...]:
    """Return the host objects in ``ns``; hosts as attributes are not this registry's model."""
    found = child(element, "ns")
    if found is None:
        return ()
    if children(found, "hostAttr"):
        raise EppError(
            Code.UNIMPLEMENTED_OPTION,
            message("nameservers are host objects here: create the host, then name it"),
        )
    only(found, "hostObj")
    return tuple(lowered(name) for name in texts_of(found, "hostObj"))


# --- writing --------------------------------------------------------------------------


def write_domain_create(create: DomainCreate) -> Element:
    """Return the ``create`` element."""
    part = declared(
        "create",
        DOMAIN,
        make("domain:name", text=create.name),
        *write_period(create.years),
        *write_nameservers(create.nameservers),
        *make_some("domain:registrant", create.registrant),
        *write_contacts(create.contacts),
        *write_authorization(Kind.DOMAIN, create.authorization),
    )
    return make("create", part)


def write_domain_renew(renew: DomainRenew) -> Element:
    """Return the ``renew`` element."""
    part = declared(
        "renew",
        DOMAIN,
        make("domain:name", text=renew.name),
        make("domain:curExpDate", text=write_date(renew.current_expiry)),
        *write_period(renew.years),
    )
    return make("renew", part)


def write_domain_update(update: DomainUpdate) -> Element:
    """Return the ``update`` element."""
    changes = [
        *make_some("domain:registrant", update.registrant),
        *write_authorization(Kind.DOMAIN, update.authorization),
    ]
    added = _listed(update.add_nameservers, update.add_contacts, update.add_statuses)
    removed = _listed(update.remove_nameservers, update.remove_contacts, update.remove_statuses)
    # RFC 5731 section 3.2.5 wants one of the three, unless an extension is what changes.
    empty = not (added or removed or changes)
    part = declared(
        "update",
        DOMAIN,
        make("domain:name", text=update.name),
        *([make("domain:add", *added)] if added else []),
        *([make("domain:rem", *removed)] if removed else []),
        *([make("domain:chg", *changes)] if changes or empty else []),
    )
    return make("update", part)


def _listed(
    nameservers: tuple[str, ...], contacts: Contacts, statuses: tuple[str, ...]
) -> list[Element]:
    return [
        *write_nameservers(nameservers),
        *write_contacts(contacts),
        *(make("domain:status", s=status) for status in statuses),
    ]


def write_contacts(contacts: Contacts) -> list[Element]:
    """Return a ``contact`` element for each."""
    return [make("domain:contact", text=handle, type=role) for role, handle in contacts]


def write_nameservers(nameservers: tuple[str, ...]) -> list[Element]:
    """Return ``ns``, or nothing for none."""
    return [make("domain:ns", *make_all("domain:hostObj", nameservers))] if nameservers else []
