"""Commands for contacts (RFC 5733 section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import Element

from simulator.wire.epp.errors import missing, wrong_value
from simulator.wire.epp.objects import Kind, name_of, read_authorization, write_authorization
from simulator.wire.epp.xml import (
    CONTACT,
    attribute_of,
    child,
    children,
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
class PostalAddress:
    """Where; ``country`` is two letters of ISO 3166."""

    city: str
    country: str
    street: tuple[str, ...] = ()
    province: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class Postal:
    """Who and where; ``form`` is ``int`` (ASCII) or ``loc`` (any writing)."""

    name: str
    address: PostalAddress
    organization: str | None = None
    form: str = "loc"


@dataclass(frozen=True, slots=True)
class PostalChange:
    """What changes of the address of one form; None stays, ``address`` goes as a whole."""

    form: str = "loc"
    name: str | None = None
    organization: str | None = None
    address: PostalAddress | None = None


class Disclosure(NamedTuple):
    """Which elements may be shown to others, or may not (RFC 5733 section 2.9).

    ``elements`` as the RFC names them, the form behind a colon: ``name:int``, ``voice``.
    """

    allowed: bool
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContactCreate:
    """Add a contact."""

    id: str
    postal: tuple[Postal, ...]
    email: str
    authorization: str = field(repr=False)
    voice: str | None = None
    fax: str | None = None
    disclosure: Disclosure | None = None


@dataclass(frozen=True, slots=True)
class ContactUpdate:
    """Change a contact. What is None stays as it is."""

    id: str
    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    postal: tuple[PostalChange, ...] = ()
    email: str | None = None
    voice: str | None = None
    fax: str | None = None
    authorization: str | None = field(default=None, repr=False)
    disclosure: Disclosure | None = None


# --- reading --------------------------------------------------------------------------


def read_contact_create(element: Element) -> ContactCreate:
    """Read the contact's part of a ``create``."""
    only(element, "id", "postalInfo", "voice", "fax", "email", "authInfo", "disclose")
    authorization = read_authorization(element)
    if authorization is None:
        raise missing("authInfo")
    return ContactCreate(
        name_of(Kind.CONTACT, element),
        read_postal(element),
        text_of(element, "email"),
        authorization,
        optional_text(element, "voice"),
        optional_text(element, "fax"),
        read_disclosure(element),
    )


def read_contact_update(element: Element) -> ContactUpdate:
    """Read the contact's part of an ``update``."""
    only(element, "id", "add", "rem", "chg")
    change = child(element, "chg")
    changes = ContactUpdate(
        name_of(Kind.CONTACT, element),
        _statuses(child(element, "add")),
        _statuses(child(element, "rem")),
    )
    if change is None:
        return changes
    only(change, "postalInfo", "voice", "fax", "email", "authInfo", "disclose")
    return ContactUpdate(
        changes.id,
        changes.add_statuses,
        changes.remove_statuses,
        tuple(_postal_change(found) for found in children(change, "postalInfo")),
        optional_text(change, "email"),
        optional_text(change, "voice"),
        optional_text(change, "fax"),
        read_authorization(change),
        read_disclosure(change),
    )


def _statuses(element: Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    only(element, "status")
    return tuple(attribute_of(status, "s") for status in children(element, "status"))


def read_disclosure(element: Element) -> Disclosure | None:
    """Return what ``disclose`` says, or None if it says nothing."""
    found = child(element, "disclose")
    if found is None:
        return None
    flag = attribute_of(found, "flag")
    if flag not in ("0", "1", "false", "true"):
        raise wrong_value("flag", flag)
    only(found, "name", "org", "addr", "voice", "fax", "email")
    return Disclosure(flag in ("1", "true"), tuple(_disclosed(part) for part in found))


def _disclosed(element: Element) -> str:
    form = element.get("type")
    return local(element) if form is None else f"{local(element)}:{form}"


def read_postal(element: Element) -> tuple[Postal, ...]:
    """Return each ``postalInfo``."""
    return tuple(_postal(found) for found in children(element, "postalInfo"))


def _postal(element: Element) -> Postal:
    return Postal(
        text_of(element, "name"),
        _address(needed(element, "addr")),
        optional_text(element, "org"),
        _form(element),
    )


def _postal_change(element: Element) -> PostalChange:
    address = child(element, "addr")
    return PostalChange(
        _form(element),
        optional_text(element, "name"),
        optional_text(element, "org"),
        None if address is None else _address(address),
    )


def _form(element: Element) -> str:
    only(element, "name", "org", "addr")
    form = element.get("type", "loc")
    if form not in ("int", "loc"):
        raise wrong_value("type", form)
    return form


def _address(element: Element) -> PostalAddress:
    only(element, "street", "city", "sp", "pc", "cc")
    return PostalAddress(
        text_of(element, "city"),
        text_of(element, "cc"),
        texts_of(element, "street"),
        optional_text(element, "sp"),
        optional_text(element, "pc"),
    )


# --- writing --------------------------------------------------------------------------


def write_contact_create(create: ContactCreate) -> Element:
    """Return the ``create`` element."""
    part = declared(
        "create",
        CONTACT,
        make("contact:id", text=create.id),
        *write_postal(create.postal),
        *make_some("contact:voice", create.voice),
        *make_some("contact:fax", create.fax),
        make("contact:email", text=create.email),
        *write_authorization(Kind.CONTACT, create.authorization),
        *write_disclosure(create.disclosure),
    )
    return make("create", part)


def write_contact_update(update: ContactUpdate) -> Element:
    """Return the ``update`` element."""
    changes = [
        *write_postal(update.postal),
        *make_some("contact:voice", update.voice),
        *make_some("contact:fax", update.fax),
        *make_some("contact:email", update.email),
        *write_authorization(Kind.CONTACT, update.authorization),
        *write_disclosure(update.disclosure),
    ]
    added = [make("contact:status", s=status) for status in update.add_statuses]
    removed = [make("contact:status", s=status) for status in update.remove_statuses]
    part = declared(
        "update",
        CONTACT,
        make("contact:id", text=update.id),
        *([make("contact:add", *added)] if added else []),
        *([make("contact:rem", *removed)] if removed else []),
        *([make("contact:chg", *changes)] if changes else []),
    )
    return make("update", part)


def write_disclosure(disclosure: Disclosure | None) -> list[Element]:
    """Return ``disclose``, or nothing for None."""
    if disclosure is None:
        return []
    parts = []
    for name in disclosure.elements:
        element, _, form = name.partition(":")
        parts.append(make(f"contact:{element}", **({"type": form} if form else {})))
    return [make("contact:disclose", *parts, flag="1" if disclosure.allowed else "0")]


def write_postal(postal: tuple[Postal, ...] | tuple[PostalChange, ...]) -> list[Element]:
    """Return a ``postalInfo`` element for each."""
    return [
        make(
            "contact:postalInfo",
            *make_some("contact:name", one.name),
            *make_some("contact:org", one.organization),
            *([] if one.address is None else [_write_address(one.address)]),
            type=one.form,
        )
        for one in postal
    ]


def _write_address(address: PostalAddress) -> Element:
    return make(
        "contact:addr",
        *make_all("contact:street", address.street),
        make("contact:city", text=address.city),
        *make_some("contact:sp", address.province),
        *make_some("contact:pc", address.postal_code),
        make("contact:cc", text=address.country),
    )
