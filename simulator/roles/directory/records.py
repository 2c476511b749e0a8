"""What a directory tells of: plain records, and who gives them to it.

A directory knows no registry. Whoever runs one hands it something that fits `Records`. Status
values are EPP's; a document says them in the words of its own protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from simulator.values import Address, Instant


class EventRecord(NamedTuple):
    """Something that happened or will: ``registration``, ``last changed``, ``expiration``,
    ``transfer``, ``locked`` … (RFC 9083 section 10.2.3)."""

    action: str
    at: Instant


class DsRecord(NamedTuple):
    """Delegation signer data (RFC 5910): the digest is in hexadecimal."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: str


class Role(NamedTuple):
    """Who is what for a name: ``registrant``, ``administrative``, ``technical``, ``billing``."""

    role: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRecord:
    """A registrar or a contact.

    ``is_person`` is whether there is personal data in it, which a policy may keep back;
    ``disclosed`` are fields that the contact wants shown all the same, ``undisclosed`` those that
    it wants kept back in any case (RFC 5733 section 2.9): ``name``, ``organization``,
    ``address``, ``voice``, ``fax``, ``email``.
    """

    handle: str
    name: str
    kind: str = "contact"
    """``registrar`` or ``contact``."""
    organization: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    """A code of ISO 3166."""
    voice: str = ""
    fax: str = ""
    email: str = ""
    url: str = ""
    abuse_email: str = ""
    abuse_voice: str = ""
    number: str = ""
    """A registrar's number in the list that all registries share."""
    whois_server: str = ""
    is_person: bool = False
    disclosed: tuple[str, ...] = ()
    undisclosed: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    events: tuple[EventRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameserverRecord:
    """A nameserver; ``addresses`` are its glue. ``sponsor`` is a registrar's handle."""

    name: str
    handle: str
    sponsor: str
    addresses: tuple[Address, ...] = ()
    statuses: tuple[str, ...] = ()
    events: tuple[EventRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRecord:
    """A registered name. ``sponsor`` is the registrar's handle, ``signed`` whether there is
    DS data in the zone."""

    name: str
    handle: str
    sponsor: str
    statuses: tuple[str, ...] = ()
    events: tuple[EventRecord, ...] = ()
    contacts: tuple[Role, ...] = ()
    nameservers: tuple[NameserverRecord, ...] = ()
    ds: tuple[DsRecord, ...] = ()

    def event(self, action: str) -> Instant | None:
        """Return when something happened last, or None."""
        return next((one.at for one in reversed(self.events) if one.action == action), None)


class Records(Protocol):
    """A registry's objects, as its directory may read them. Names are canonical."""

    @property
    def tlds(self) -> tuple[str, ...]:
        """The top-level domains that this is about."""

    def domain(self, name: str, now: Instant) -> DomainRecord | None:
        """Return a registered name, or None."""

    def nameserver(self, name: str, now: Instant) -> NameserverRecord | None:
        """Return a nameserver, or None."""

    def entity(self, handle: str, now: Instant) -> EntityRecord | None:
        """Return a registrar or a contact, or None."""

    def domain_names(self, now: Instant) -> tuple[str, ...]:
        """Return every registered name, in order."""

    def nameserver_names(self, now: Instant) -> tuple[str, ...]:
        """Return every nameserver's name, in order."""

    def entity_handles(self, now: Instant) -> tuple[str, ...]:
        """Return every handle, in order."""
