"""The commands on hosts and contacts, carried out (RFC 5732, RFC 5733)."""

from __future__ import annotations

from simulator.roles.registry.contacts import ContactChange
from simulator.roles.registry.epp_commands_domain import answered
from simulator.roles.registry.epp_shown import (
    Calendar,
    changed_postal,
    contact_data,
    host_data,
    kept_disclosure,
    kept_postal,
)
from simulator.roles.registry.hosts import HostChange
from simulator.roles.registry.logic import Registry
from simulator.values import Instant
from simulator.wire.epp.contact_commands import ContactCreate, ContactUpdate
from simulator.wire.epp.host_commands import HostCreate, HostUpdate
from simulator.wire.epp.object_data import Created
from simulator.wire.epp.objects import Info, Kind
from simulator.wire.epp.response import Response


def host_info(registry: Registry, calendar: Calendar, body: Info) -> Response:
    """Show a host."""
    result = registry.host_info(body.name)
    return answered(result, None if result.host is None else host_data(result.host, calendar))


def host_create(
    registry: Registry, calendar: Calendar, actor: str, body: HostCreate, now: Instant
) -> Response:
    """Add a nameserver."""
    result = registry.host_create(actor, body.name, body.addresses, now=now)
    return answered(result, Created(Kind.HOST, body.name, calendar.moment(now)))


def host_update(registry: Registry, actor: str, body: HostUpdate, now: Instant) -> Response:
    """Change a nameserver."""
    change = HostChange(
        body.add_statuses,
        body.remove_statuses,
        body.add_addresses,
        body.remove_addresses,
        body.new_name,
    )
    return answered(registry.host_change(actor, body.name, change, now))


def contact_info(
    registry: Registry, calendar: Calendar, actor: str, body: Info, now: Instant
) -> Response:
    """Show a contact."""
    result = registry.contact_info(actor, body.name, now, authorization=body.authorization)
    contact = result.contact
    return answered(result, None if contact is None else contact_data(contact, calendar))


def contact_create(
    registry: Registry, calendar: Calendar, actor: str, body: ContactCreate, now: Instant
) -> Response:
    """Add a contact."""
    result = registry.contact_create(
        actor,
        body.id,
        now,
        postal=kept_postal(body.postal),
        email=body.email,
        authorization=body.authorization,
        voice=body.voice or "",
        fax=body.fax or "",
        disclosure=kept_disclosure(body.disclosure),
    )
    return answered(result, Created(Kind.CONTACT, body.id, calendar.moment(now)))


def contact_update(registry: Registry, actor: str, body: ContactUpdate, now: Instant) -> Response:
    """Change a contact."""
    held = registry.contact_info(actor, body.id, now).contact
    change = ContactChange(
        add_statuses=body.add_statuses,
        remove_statuses=body.remove_statuses,
        postal=() if held is None else changed_postal(body.postal, held.postal),
        voice=body.voice,
        fax=body.fax,
        email=body.email,
        authorization=body.authorization,
        disclosure=kept_disclosure(body.disclosure),
    )
    return answered(registry.contact_update(actor, body.id, change, now))
