"""Contact objects: holders and those who answer for a name (RFC 5733)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from simulator.roles.registry.answers import absent, not_sponsored, prohibits
from simulator.roles.registry.objects import (
    SERVER,
    Code,
    Contact,
    Disclosure,
    PostalInfo,
    Result,
)
from simulator.roles.registry.statuses import (
    DELETE_LOCKS,
    TRANSFER_LOCKS,
    UPDATE_LOCKS,
    ContactStatus,
    Status,
    first_of,
    settled_simply,
)
from simulator.roles.registry.updates import both_ways, edited, wrong_statuses
from simulator.values import Instant, Message, message

ROLES: Final = ("admin", "billing", "tech")
"""The roles that a contact may have for a domain beside its registrant (RFC 5731 section 2.2)."""

_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,14}[A-Za-z0-9]")
_PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{1,14}(?:x[0-9]+)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_COUNTRY = re.compile(r"[A-Z]{2}")


class ContactChange(NamedTuple):
    """What one update of a contact asks for. None leaves a value as it is.

    ``postal`` replaces the address of each type that it names.
    """

    add_statuses: tuple[str, ...] = ()
    remove_statuses: tuple[str, ...] = ()
    postal: tuple[PostalInfo, ...] = ()
    voice: str | None = None
    fax: str | None = None
    email: str | None = None
    authorization: str | None = None
    disclosure: Disclosure | None = None


class ContactTable(Mapping[str, Contact]):
    """The contacts of one registry, by handle."""

    def __init__(self, tld: str) -> None:
        self._tld = tld
        self._contacts: dict[str, Contact] = {}
        self._created = 0

    def __getitem__(self, handle: str) -> Contact:
        return self._contacts[handle]

    def __iter__(self) -> Iterator[str]:
        return iter(self._contacts)

    def __len__(self) -> int:
        return len(self._contacts)

    def keep(self, contact: Contact) -> None:
        """Put a contact in, in place of the one of its handle."""
        self._contacts[contact.name] = contact

    def create(self, actor: str, contact: Contact, now: Instant) -> Result:
        """Add a contact. The registry gives its roid, sponsor, dates and statuses."""
        if _HANDLE.fullmatch(contact.name) is None:
            return _wrong(message("'{name}' is not a contact handle", name=contact.name))
        if contact.name in self._contacts:
            return Result(Code.EXISTS, message("the contact {name} exists", name=contact.name))
        if (refusal := _wrong_values(contact)) is not None:
            return refusal
        self._created += 1
        made = replace(
            contact,
            roid=f"C{self._created}-{self._tld.upper()}",
            sponsor=actor,
            statuses=settled_simply(()),
            created=now,
            created_by=actor,
            updated=now,
            updated_by="",
            transferred=None,
            transfer=None,
        )
        self._contacts[made.name] = made
        return Result(
            Code.DONE, message("the contact {name} is created", name=made.name), True, contact=made
        )

    def update(self, actor: str, handle: str, change: ContactChange, now: Instant) -> Result:
        """Change a contact, by its sponsor or the registry."""
        contact = self._contacts.get(handle)
        if contact is None:
            return absent(handle)
        refusal = (
            not_sponsored(handle, contact.sponsor, actor)
            or _locked(contact, actor, change)
            or wrong_statuses(actor, ContactStatus, change.add_statuses, change.remove_statuses)
            or both_ways(change.add_statuses, change.remove_statuses)
            or _against_transfer(contact, change)
        )
        if refusal is not None:
            return refusal
        changed = _applied(contact, change)
        if (refusal := _wrong_values(changed)) is not None:
            return refusal
        if changed == contact:
            return Result(
                Code.DONE, message("nothing to change on {name}", name=handle), contact=contact
            )
        changed = replace(changed, updated=now, updated_by=actor)
        self._contacts[handle] = changed
        return Result(
            Code.DONE, message("the contact {name} is updated", name=handle), True, contact=changed
        )

    def delete(self, actor: str, handle: str, linked: bool) -> Result:
        """Remove a contact that no domain names (2305 otherwise)."""
        contact = self._contacts.get(handle)
        if contact is None:
            return absent(handle)
        if (refusal := not_sponsored(handle, contact.sponsor, actor)) is not None:
            return refusal
        blocking = (*(() if actor == SERVER else DELETE_LOCKS), Status.PENDING_TRANSFER)
        if (lock := first_of(contact.statuses, blocking)) is not None:
            return prohibits(handle, lock)
        if linked:
            return Result(
                Code.ASSOCIATION_PROHIBITS,
                message("a domain names the contact {name}", name=handle),
            )
        del self._contacts[handle]
        return Result(
            Code.DONE, message("the contact {name} is deleted", name=handle), True, contact=contact
        )


def wrong_roles(contacts: Iterable[tuple[str, str]]) -> Result | None:
    """Refuse a role that RFC 5731 does not know."""
    wrong = next((role for role, _handle in contacts if role not in ROLES), None)
    if wrong is None:
        return None
    return Result(Code.VALUE_RANGE, message("'{role}' is not a contact's role", role=wrong))


def _applied(contact: Contact, change: ContactChange) -> Contact:
    types = [postal.type for postal in change.postal]
    kept = [postal for postal in contact.postal if postal.type not in types]

    def chosen(new: str | None, old: str) -> str:
        return old if new is None else new

    return replace(
        contact,
        statuses=settled_simply(
            edited(contact.statuses, change.add_statuses, change.remove_statuses)
        ),
        postal=tuple(sorted((*kept, *change.postal))),
        voice=chosen(change.voice, contact.voice),
        fax=chosen(change.fax, contact.fax),
        email=chosen(change.email, contact.email),
        authorization=chosen(change.authorization, contact.authorization),
        disclosure=contact.disclosure if change.disclosure is None else change.disclosure,
    )


def _locked(contact: Contact, actor: str, change: ContactChange) -> Result | None:
    lock = first_of(contact.statuses, UPDATE_LOCKS)
    if actor == SERVER or lock is None:
        return None
    opens = lock == Status.CLIENT_UPDATE_PROHIBITED and lock in change.remove_statuses
    alone = change == ContactChange(remove_statuses=change.remove_statuses)
    return None if opens and alone else prohibits(contact.name, lock)


def _against_transfer(contact: Contact, change: ContactChange) -> Result | None:
    """RFC 5733 section 2.2: pendingTransfer never stands beside a transfer lock."""
    if contact.transfer is None or first_of(change.add_statuses, TRANSFER_LOCKS) is None:
        return None
    return prohibits(contact.name, Status.PENDING_TRANSFER)


def _wrong_values(contact: Contact) -> Result | None:
    types = [postal.type for postal in contact.postal]
    if not types or len(types) > 2 or sorted(types) != sorted({*types} & {"int", "loc"}):
        return _wrong(message("a contact has an address of type int, of type loc, or both"))
    for postal in contact.postal:
        if not postal.name or not postal.city or len(postal.street) > 3:
            return _wrong(
                message("a contact's address has a name, a city and three street lines at most")
            )
        if _COUNTRY.fullmatch(postal.country) is None:
            return _wrong(message("'{code}' is not a country code", code=postal.country))
        if postal.type == "int" and not "".join((*postal[1:5], *postal.street)).isascii():
            return _wrong(message("an address of type int is in ASCII"))
    for number in (contact.voice, contact.fax):
        if number and _PHONE.fullmatch(number) is None:
            return _wrong(message("'{number}' is not a telephone number", number=number))
    if _EMAIL.fullmatch(contact.email) is None:
        return _wrong(message("'{address}' is not an e-mail address", address=contact.email))
    return None


def _wrong(reason: Message) -> Result:
    return Result(Code.VALUE_SYNTAX, reason)
