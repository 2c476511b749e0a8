"""The commands on contacts (RFC 5733); their transfers are the transfer desk's."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry.answers import absent, wrong_authorization
from simulator.roles.registry.contacts import ContactChange
from simulator.roles.registry.notices import Deed
from simulator.roles.registry.objects import (
    SERVER,
    Code,
    Contact,
    Disclosure,
    PostalInfo,
    Result,
)
from simulator.roles.registry.register import Register
from simulator.roles.registry.statuses import ContactStatus
from simulator.roles.registry.undo import Reassignment
from simulator.values import Instant, message


class ContactDesk(Register):
    """Takes the commands on contacts."""

    def contact_check(self, handle: str) -> Result:
        """Tell whether a handle is free: 1000, or 2302."""
        if handle in self._contacts:
            return Result(Code.EXISTS, message("the contact {name} exists", name=handle))
        return Result(Code.DONE, message("{name} is free", name=handle))

    def contact_info(
        self, actor: str, handle: str, now: Instant, *, authorization: str | None = None
    ) -> Result:
        """Return a contact; its authInfo only to its sponsor or to who gives the right one."""
        contact = self._contact(handle, now)
        if contact is None:
            return absent(handle)
        if authorization not in (None, contact.authorization):
            return wrong_authorization(handle)
        if actor not in (SERVER, contact.sponsor) and authorization is None:
            contact = replace(contact, authorization="")
        if self._contact_uses[handle]:
            contact = replace(contact, statuses=(*contact.statuses, ContactStatus.LINKED))
        done = message("the contact {name} exists", name=handle)
        return Result(Code.DONE, done, contact=contact)

    def contact_create(
        self,
        actor: str,
        handle: str,
        now: Instant,
        *,
        postal: tuple[PostalInfo, ...],
        email: str,
        authorization: str,
        voice: str = "",
        fax: str = "",
        disclosure: Disclosure | None = None,
    ) -> Result:
        """Add a contact."""
        contact = Contact(
            handle, "", actor, tuple(sorted(postal)), email, authorization, voice, fax, disclosure
        )
        refusal = self._not_accredited(actor)
        return self._keep(
            Deed(actor, "contact create", handle, now),
            refusal or self._contacts.create(actor, contact, now),
        )

    def contact_update(
        self, actor: str, handle: str, change: ContactChange, now: Instant
    ) -> Result:
        """Change a contact. What is already so is no error: 1000, unchanged."""
        self._contact(handle, now)
        return self._keep(
            Deed(actor, "contact update", handle, now),
            self._contacts.update(actor, handle, change, now),
        )

    def contact_delete(self, actor: str, handle: str, now: Instant) -> Result:
        """Remove a contact that no domain names, nor any undo record (2305 otherwise)."""
        self._contact(handle, now)
        linked = self._contact_uses[handle] > 0 or self._is_to_return(handle)
        result = self._contacts.delete(actor, handle, linked)
        if result.changed:
            self._transfers.pop(("contact", handle), None)
        return self._keep(Deed(actor, "contact delete", handle, now), result)

    def _is_to_return(self, handle: str) -> bool:
        return any(
            isinstance(record, Reassignment) and record.registrant == handle
            for records in self._seizures.values()
            for record in records
        )
