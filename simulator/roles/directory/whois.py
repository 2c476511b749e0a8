"""The same records as WHOIS answers: the lines that registries of generic TLDs write."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.roles.directory.policy import REDACTED, shown
from simulator.roles.directory.publisher import Directory, Publisher
from simulator.roles.directory.records import (
    DomainRecord,
    EntityRecord,
    NameserverRecord,
    Records,
)
from simulator.values import Instant
from simulator.wire.rdap import host_name
from simulator.wire.whois import Query, WhoisError, read_query, write_answer

Field = tuple[str, str]

_LABELS = {
    "registrant": "Registrant",
    "administrative": "Admin",
    "technical": "Tech",
    "billing": "Billing",
}


def respond(directory: Directory, line: bytes, now: Instant) -> bytes:
    """Answer a question."""
    try:
        query = read_query(line)
    except WhoisError as error:
        return write_answer([("", f"Error: {error}.")])
    fields = _find(directory, query, now)
    if fields is None:
        return write_answer([("", f'No match for "{query.text.upper()}".'), *_end(directory, now)])
    return write_answer([*fields, *_end(directory, now)])


def too_many(seconds: int) -> bytes:
    """Return what one is told who asks too often."""
    return write_answer([("", f"Query rate exceeded. Ask again in {seconds} seconds.")])


def _find(directory: Directory, query: Query, now: Instant) -> list[Field] | None:
    records, publisher = directory.records, directory.publisher
    if records is None:
        return None
    name = host_name(query.text)
    if query.kind in (None, "domain") and name is not None:
        domain = records.domain(name, now)
        if domain is not None:
            return list(_domain(publisher, records, domain, now))
    if query.kind in (None, "nameserver") and name is not None:
        nameserver = records.nameserver(name, now)
        if nameserver is not None:
            return list(_nameserver(records, nameserver, now))
    if query.kind in (None, "registrar"):
        registrar = _registrar_called(records, query.text, now)
        if registrar is not None:
            return list(_registrar(registrar))
    return None


def _registrar_called(records: Records, text: str, now: Instant) -> EntityRecord | None:
    wanted = text.lower()
    for handle in records.entity_handles(now):
        entity = records.entity(handle, now)
        known = entity is not None and entity.kind == "registrar"
        if entity is not None and known and wanted in (handle.lower(), entity.name.lower()):
            return entity
    return None


def _domain(
    publisher: Publisher, records: Records, domain: DomainRecord, now: Instant
) -> Iterator[Field]:
    registrar = records.entity(domain.sponsor, now)
    yield "Domain Name", domain.name
    yield "Registry Domain ID", domain.handle
    if registrar is not None:
        yield "Registrar WHOIS Server", registrar.whois_server
        yield "Registrar URL", registrar.url
    for key, action in (
        ("Updated Date", "last changed"),
        ("Creation Date", "registration"),
        ("Registry Expiry Date", "expiration"),
    ):
        at = domain.event(action)
        if at is not None:
            yield key, publisher.date(at)
    if registrar is not None:
        yield from _sponsor(registrar)
    for status in domain.statuses:
        yield "Domain Status", status
    for role, handle in domain.contacts:
        contact = records.entity(handle, now)
        if contact is not None:
            yield from _contact(publisher, _LABELS.get(role, role.capitalize()), contact)
    for server in domain.nameservers:
        yield "Name Server", server.name
    yield "DNSSEC", "signedDelegation" if domain.ds else "unsigned"
    for ds in domain.ds:
        yield "DNSSEC DS Data", f"{ds.key_tag} {ds.algorithm} {ds.digest_type} {ds.digest}"


def _sponsor(registrar: EntityRecord) -> Iterator[Field]:
    yield "Registrar", registrar.name
    yield "Registrar IANA ID", registrar.number
    yield "Registrar Abuse Contact Email", registrar.abuse_email
    yield "Registrar Abuse Contact Phone", registrar.abuse_voice


def _contact(publisher: Publisher, label: str, contact: EntityRecord) -> Iterator[Field]:
    found = shown(contact, publisher.policy)
    visible = found.entity

    def told(field: str, value: str) -> str:
        return REDACTED if field in found.withheld else value

    yield f"Registry {label} ID", contact.handle
    yield f"{label} Name", told("name", visible.name)
    yield f"{label} Organization", told("organization", visible.organization)
    yield f"{label} Street", told("address", ", ".join(visible.street))
    yield f"{label} City", told("address", visible.city)
    yield f"{label} State/Province", visible.region
    yield f"{label} Postal Code", told("address", visible.postal_code)
    yield f"{label} Country", visible.country
    yield f"{label} Phone", told("voice", visible.voice)
    yield f"{label} Fax", told("fax", visible.fax)
    yield f"{label} Email", told("email", visible.email)


def _nameserver(records: Records, server: NameserverRecord, now: Instant) -> Iterator[Field]:
    yield "Server Name", server.name
    for address in server.addresses:
        yield "IP Address", address
    registrar = records.entity(server.sponsor, now)
    if registrar is not None:
        yield "Registrar", registrar.name
        yield "Registrar WHOIS Server", registrar.whois_server
        yield "Registrar URL", registrar.url


def _registrar(registrar: EntityRecord) -> Iterator[Field]:
    yield "Registrar", registrar.name
    yield "Registrar IANA ID", registrar.number
    yield "Country", registrar.country
    yield "Registrar WHOIS Server", registrar.whois_server
    yield "Registrar URL", registrar.url
    yield "Registrar Abuse Contact Email", registrar.abuse_email
    yield "Registrar Abuse Contact Phone", registrar.abuse_voice


def _end(directory: Directory, now: Instant) -> list[Field]:
    publisher = directory.publisher
    return [
        ("", f">>> Last update of WHOIS database: {publisher.date(now)} <<<"),
        ("", ""),
        ("", publisher.terms),
    ]
