"""Commands for hosts (RFC 5732 section 3.2)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulator.values import Address
from simulator.wire.epp.errors import wrong_value
from simulator.wire.epp.objects import Kind, lowered, name_of
from simulator.wire.epp.xml import (
    HOST,
    attribute_of,
    child,
    children,
    content,
    declared,
    make,
    make_some,
    only,
    optional_text,
)


@dataclass(frozen=True, slots=True)
class HostCreate:
    """Add a nameserver."""

    name: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class HostUpdate:
    """Change a nameserver: its addresses, its statuses, its name."""

    name: str
    add_addresses: tuple[Address, ...] = ()
    remove_addresses: tuple[Address, ...] = ()
    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    new_name: str | None = None


def read_host_create(element: Element) -> HostCreate:
    """Read the host's part of a ``create``."""
    only(element, "name", "addr")
    return HostCreate(name_of(Kind.HOST, element), read_addresses(element))


def read_host_update(element: Element) -> HostUpdate:
    """Read the host's part of an ``update``."""
    only(element, "name", "add", "rem", "chg")
    added, removed = child(element, "add"), child(element, "rem")
    change = child(element, "chg")
    new_name = None if change is None else optional_text(change, "name")
    return HostUpdate(
        name_of(Kind.HOST, element),
        () if added is None else read_addresses(added),
        () if removed is None else read_addresses(removed),
        _statuses(added),
        _statuses(removed),
        None if new_name is None else lowered(new_name),
    )


def _statuses(element: Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    only(element, "addr", "status")
    return tuple(attribute_of(status, "s") for status in children(element, "status"))


def read_addresses(element: Element) -> tuple[Address, ...]:
    """Return the addresses in their canonical form; ``ip`` says the version, v4 unless stated."""
    return tuple(_address(found) for found in children(element, "addr"))


def _address(element: Element) -> Address:
    text = content(element)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise wrong_value("addr", text) from None
    if element.get("ip", "v4") != f"v{address.version}" or "%" in text:
        raise wrong_value("addr", text)
    return str(address)


def write_host_create(create: HostCreate) -> Element:
    """Return the ``create`` element."""
    part = declared(
        "create", HOST, make("host:name", text=create.name), *write_addresses(create.addresses)
    )
    return make("create", part)


def write_host_update(update: HostUpdate) -> Element:
    """Return the ``update`` element."""
    added = [*write_addresses(update.add_addresses), *_write_statuses(update.add_statuses)]
    removed = [*write_addresses(update.remove_addresses), *_write_statuses(update.remove_statuses)]
    changes = make_some("host:name", update.new_name)
    part = declared(
        "update",
        HOST,
        make("host:name", text=update.name),
        *([make("host:add", *added)] if added else []),
        *([make("host:rem", *removed)] if removed else []),
        *([make("host:chg", *changes)] if changes else []),
    )
    return make("update", part)


def _write_statuses(statuses: tuple[str, ...]) -> list[Element]:
    return [make("host:status", s=status) for status in statuses]


def write_addresses(addresses: tuple[Address, ...]) -> list[Element]:
    """Return an ``addr`` element for each."""
    return [
        make("host:addr", text=address, ip="v6" if ":" in address else "v4")
        for address in addresses
    ]
