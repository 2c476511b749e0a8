"""The registry's objects as EPP shows them: lab instants become dates, empty texts absent."""

from __future__ import annotations

from dataclasses import replace

from simulator.roles.registry import grace
from simulator.roles.registry.hosts import superordinate
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import Contact, Disclosure, Domain, HostObject, PostalInfo
from simulator.roles.registry.objects import TransferData as Transferring
from simulator.roles.registry.poll import ChangeData as Changed
from simulator.roles.registry.poll import PollMessage
from simulator.values import SECOND, Instant
from simulator.wire.epp import contact_commands
from simulator.wire.epp.change_poll import Case, ChangeData
from simulator.wire.epp.contact_commands import Postal, PostalAddress, PostalChange
from simulator.wire.epp.contact_data import ContactData
from simulator.wire.epp.domain_data import DomainData
from simulator.wire.epp.host_data import HostData
from simulator.wire.epp.moments import Moment
from simulator.wire.epp.object_data import TransferData
from simulator.wire.epp.objects import Kind
from simulator.wire.epp.response import Data
from simulator.wire.epp.secdns import DnssecData


class Calendar:
    """Turns lab instants into moments; ``start`` is instant 0 in seconds since 1970."""

    def __init__(self, start: int) -> None:
        self._start = start * SECOND

    def moment(self, at: Instant) -> Moment:
        """Return an instant as a date and time."""
        return self._start + at

    def instant(self, moment: Moment) -> Instant:
        """Return a date and time as an instant, which may lie before the lab's start."""
        return moment - self._start

    def changed(self, by: str, at: Instant) -> Moment | None:
        """Return when an object was changed, or None if nobody ever did."""
        return self.moment(at) if by else None

    def passed(self, at: Instant | None) -> Moment | None:
        """Return a moment, or None for None."""
        return None if at is None else self.moment(at)


# --- objects ----------------------------------------------------------------------------


def domain_data(domain: Domain, calendar: Calendar, hosts: tuple[str, ...] = ()) -> DomainData:
    """Return a domain as it is shown; ``hosts`` are those under it."""
    return DomainData(
        domain.name,
        domain.roid,
        domain.sponsor,
        tuple(str(status) for status in domain.statuses),
        domain.registrant or None,
        domain.contacts,
        domain.nameservers,
        hosts,
        domain.created_by or None,
        calendar.moment(domain.created),
        domain.updated_by or None,
        calendar.changed(domain.updated_by, domain.updated),
        calendar.moment(domain.expires),
        calendar.passed(domain.transferred),
        domain.authorization or None,
    )


def dnssec_data(domain: Domain) -> DnssecData | None:
    """Return a domain's DS data, or None if it has none."""
    return DnssecData(domain.ds) if domain.ds else None


def grace_of(domain: Domain, now: Instant) -> tuple[str, ...]:
    """Return the RGP statuses of a domain."""
    return tuple(str(status) for status in grace.statuses(domain, now))


def hosts_under(registry: Registry, name: str) -> tuple[str, ...]:
    """Return the hosts under a domain."""
    return tuple(
        host
        for host in registry.hosts()
        if host.endswith(name) and superordinate(registry.tld, host) == name
    )


def host_data(host: HostObject, calendar: Calendar) -> HostData:
    """Return a host as it is shown."""
    return HostData(
        host.name,
        host.roid,
        host.sponsor,
        tuple(str(status) for status in host.statuses),
        host.addresses,
        host.created_by or None,
        calendar.moment(host.created),
        host.updated_by or None,
        calendar.changed(host.updated_by, host.updated),
        calendar.passed(host.transferred),
    )


def contact_data(contact: Contact, calendar: Calendar) -> ContactData:
    """Return a contact as it is shown."""
    disclosure = contact.disclosure
    return ContactData(
        contact.name,
        contact.roid,
        contact.sponsor,
        tuple(_shown_postal(postal) for postal in contact.postal),
        contact.email,
        tuple(str(status) for status in contact.statuses),
        contact.voice or None,
        contact.fax or None,
        contact.created_by or None,
        calendar.moment(contact.created),
        contact.updated_by or None,
        calendar.changed(contact.updated_by, contact.updated),
        calendar.passed(contact.transferred),
        contact.authorization or None,
        None if disclosure is None else contact_commands.Disclosure(*disclosure),
    )


def _shown_postal(postal: PostalInfo) -> Postal:
    address = PostalAddress(
        postal.city,
        postal.country,
        postal.street,
        postal.province or None,
        postal.postal_code or None,
    )
    return Postal(postal.name, address, postal.organization or None, postal.type)


def kept_postal(postal: tuple[Postal, ...]) -> tuple[PostalInfo, ...]:
    """Return addresses as the registry keeps them."""
    return tuple(
        _kept(PostalInfo(one.form, one.name, "", "", one.organization or ""), one.address)
        for one in postal
    )


def changed_postal(
    changes: tuple[PostalChange, ...], held: tuple[PostalInfo, ...]
) -> tuple[PostalInfo, ...]:
    """Return the addresses that an update puts in: what it does not name stays as it was."""
    before = {postal.type: postal for postal in held}
    return tuple(
        _changed(change, before.get(change.form, PostalInfo(change.form, "", "", "")))
        for change in changes
    )


def _changed(change: PostalChange, before: PostalInfo) -> PostalInfo:
    after = before._replace(
        name=before.name if change.name is None else change.name,
        organization=before.organization if change.organization is None else change.organization,
    )
    return after if change.address is None else _kept(after, change.address)


def _kept(postal: PostalInfo, address: PostalAddress) -> PostalInfo:
    return postal._replace(
        city=address.city,
        country=address.country,
        street=address.street,
        province=address.province or "",
        postal_code=address.postal_code or "",
    )


def kept_disclosure(disclosure: contact_commands.Disclosure | None) -> Disclosure | None:
    """Return a disclosure as the registry keeps it."""
    return None if disclosure is None else Disclosure(*disclosure)


# --- transfers and messages -------------------------------------------------------------


def transfer_data(kind: Kind, transfer: Transferring, calendar: Calendar) -> TransferData:
    """Return a transfer as it is shown."""
    return TransferData(
        kind,
        transfer.name,
        str(transfer.status),
        transfer.requester,
        calendar.moment(transfer.requested),
        transfer.acting,
        calendar.moment(transfer.acts),
        calendar.passed(transfer.expires),
    )


def message_data(poll: PollMessage, tld: str, calendar: Calendar) -> Data | None:
    """Return the object or the transfer that a message is about.

    Without authInfo: the reader may have lost the object by what the message tells.
    """
    if poll.transfer is not None:
        kind = Kind.DOMAIN if poll.transfer.name.endswith(f".{tld}") else Kind.CONTACT
        return transfer_data(kind, poll.transfer, calendar)
    if poll.domain is not None:
        return domain_data(replace(poll.domain, authorization=""), calendar)
    if poll.contact is not None:
        return contact_data(replace(poll.contact, authorization=""), calendar)
    return None if poll.host is None else host_data(poll.host, calendar)


def change_data(change: Changed, calendar: Calendar) -> ChangeData:
    """Return what a change poll message says of a change."""
    cause = change.cause
    case = Case(cause.case_type, cause.case, cause.case_name or None) if cause.case else None
    return ChangeData(
        change.operation,
        calendar.moment(change.at),
        change.transaction,
        change.who,
        case,
        cause.reason or None,
        change.state,
        change.sub_operation or None,
    )
