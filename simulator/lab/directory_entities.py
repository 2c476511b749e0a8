"""Who stands behind names, as a directory tells it: registrars, contacts, mere names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.roles.directory.records import EntityRecord, EventRecord

if TYPE_CHECKING:
    from simulator.roles.registry.objects import Contact, Disclosure
    from simulator.world.models import World

# What RFC 5733 section 2.9 calls them, and what a directory's policy does.
_FIELDS = {"name": "name", "org": "organization", "addr": "address"}


def own_handle(tld: str) -> str:
    """Return the handle of a registry as the sponsor of names."""
    return f"registry-{tld}"


def registrars_of(world: World, tlds: Iterable[str]) -> dict[str, EntityRecord]:
    """Return the registrars at some registries by handle; each registry is one as well: of the
    names that it keeps for itself, and of those that it took over."""
    wanted = tuple(tlds)
    found = {}
    for handle, registrar in world.registrars.items():
        if any(tld in registrar.registries for tld in wanted):
            found[handle] = _registrar(world, handle, registrar.operator)
    for tld in wanted:
        handle = own_handle(tld)
        found[handle] = _registrar(world, handle, world.registries[tld].operator)
    return found


def _registrar(world: World, handle: str, operator: str) -> EntityRecord:
    entry = world.operators[operator]
    return EntityRecord(
        handle=handle,
        name=entry.name.en,
        kind="registrar",
        country=entry.country,
        abuse_email=f"abuse@{operator}.example",
    )


def holder_handle(name: str, tld: str) -> str:
    """Return a handle for a registrant by name: the same for all names of the same holder."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:8].upper()
    return f"R{digest}-{tld.upper()}"


def registrant_record(handle: str, name: str) -> EntityRecord:
    """Return a registrant of whom a world says no more than what it is called."""
    return EntityRecord(handle=handle, name=name, organization=name, is_person=True)


def contact_record(contact: Contact) -> EntityRecord:
    """Return a contact object, by the first of its addresses (RFC 5733 section 2.4)."""
    postal = next(iter(sorted(contact.postal)), None)  # "int" comes before "loc"
    shown, hidden = _disclosed(contact.disclosure)
    events = [EventRecord("registration", contact.created)]
    if contact.updated_by:
        events.append(EventRecord("last changed", contact.updated))
    return EntityRecord(
        handle=contact.name,
        name="" if postal is None else postal.name,
        organization="" if postal is None else postal.organization,
        street=() if postal is None else postal.street,
        city="" if postal is None else postal.city,
        region="" if postal is None else postal.province,
        postal_code="" if postal is None else postal.postal_code,
        country="" if postal is None else postal.country,
        voice=contact.voice,
        fax=contact.fax,
        email=contact.email,
        is_person=True,
        disclosed=shown,
        undisclosed=hidden,
        statuses=contact.statuses,
        events=tuple(events),
    )


def _disclosed(wish: Disclosure | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields that a contact wants shown, and those that it does not."""
    if wish is None:
        return (), ()
    parts = [element.partition(":")[0] for element in wish.elements]
    fields = tuple(dict.fromkeys(_FIELDS.get(part, part) for part in parts))
    return (fields, ()) if wish.allowed else ((), fields)
