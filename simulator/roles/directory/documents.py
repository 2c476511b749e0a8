"""Records as RDAP documents (RFC 9083): what is shown, who is behind it, what is kept back."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.roles.directory.jcard import abuse_card, card
from simulator.roles.directory.policy import shown
from simulator.roles.directory.publisher import Publisher
from simulator.roles.directory.records import (
    DomainRecord,
    EntityRecord,
    EventRecord,
    NameserverRecord,
    Records,
)
from simulator.roles.directory.redaction import redactions
from simulator.values import Instant
from simulator.wire.rdap import BOOTSTRAP_PATH, CONFORMANCE, MEDIA_TYPE, Json, rdap_status

_LABELS = {
    "registrant": "Registrant",
    "administrative": "Admin",
    "technical": "Tech",
    "billing": "Billing",
}
TRUNCATED = "result set truncated due to unexplainable reasons"
"""The registered word for "there is more, and we show no more" (RFC 9083 section 10.2.1)."""


def whole(publisher: Publisher, document: Json, *notices: Json) -> Json:
    """Return an object as an answer of its own: with conformance and notices."""
    return {
        "rdapConformance": list(CONFORMANCE),
        "notices": [*_terms(publisher), *notices],
        "lang": "en",
        **document,
    }


def help_document(publisher: Publisher, tlds: tuple[str, ...]) -> Json:
    """Return the answer to ``help`` (RFC 9083 section 7)."""
    policy = publisher.policy
    searches = (
        "domains?name=, domains?nsLdhName=, domains?nsIp=, nameservers?name=, "
        "nameservers?ip=, entities?fn=, entities?handle="
    )
    limits = (
        f"A search pattern has {policy.prefix} characters or more before its asterisk; "
        f"no more than {policy.results} objects are returned."
    )
    told = ["domain/NAME, nameserver/NAME, entity/HANDLE", searches, limits]
    title = f"RDAP directory of {', '.join(f'.{tld}' for tld in tlds)}"
    if not tlds:
        title, told = "RDAP bootstrap", [f"{BOOTSTRAP_PATH} names the directories."]
    return whole(publisher, {}, {"title": title, "description": told})


def search_results(publisher: Publisher, kind: str, found: list[Json], *, more: bool) -> Json:
    """Return the answer to a search (RFC 9083 section 8); ``kind`` is the object class."""
    document: Json = {f"{kind}SearchResults": found}
    notices = []
    if more:
        told = [f"The first {len(found)} are shown."]
        notices.append({"title": "Search Policy", "type": TRUNCATED, "description": told})
    return whole(publisher, document, *notices)


def domain_object(
    publisher: Publisher, records: Records, domain: DomainRecord, now: Instant
) -> Json:
    """Return a domain object (section 5.3)."""
    entities = []
    registrar = records.entity(domain.sponsor, now)
    if registrar is not None:
        entities.append(_registrar(publisher, registrar))
    withheld: list[Json] = []
    for handle, roles in _by_handle(domain).items():
        contact = records.entity(handle, now)
        if contact is not None:
            entity, fields = _contact(publisher, contact, roles)
            entities.append(entity)
            root = f"$.entities[?(@.handle=='{handle}')]"
            withheld += redactions(root, _LABELS.get(roles[0], roles[0]), fields)
    document: Json = {
        "objectClassName": "domain",
        "handle": domain.handle,
        "ldhName": domain.name,
        "status": [rdap_status(status) for status in domain.statuses],
        "events": _events(publisher, domain.events, now),
        "entities": entities,
        "nameservers": [_nameserver(publisher, one) for one in domain.nameservers],
        "secureDNS": _secure(domain),
        "links": [_self(publisher, "domain", domain.name)],
        "port43": publisher.whois,
    }
    if withheld:
        document["redacted"] = withheld
    return document


def nameserver_object(
    publisher: Publisher, records: Records, nameserver: NameserverRecord, now: Instant
) -> Json:
    """Return a nameserver object (section 5.2)."""
    registrar = records.entity(nameserver.sponsor, now)
    return {
        **_nameserver(publisher, nameserver),
        "handle": nameserver.handle,
        "status": [rdap_status(status) for status in nameserver.statuses],
        "events": _events(publisher, nameserver.events, now),
        "entities": [] if registrar is None else [_registrar(publisher, registrar)],
        "port43": publisher.whois,
    }


def entity_object(publisher: Publisher, entity: EntityRecord, now: Instant) -> Json:
    """Return an entity object (section 5.1)."""
    fields: tuple[str, ...] = ()
    if entity.kind == "registrar":
        document = _registrar(publisher, entity)
    else:
        document, fields = _contact(publisher, entity, ())
    document["status"] = [rdap_status(status) for status in entity.statuses]
    document["events"] = _events(publisher, entity.events, now)
    document["port43"] = publisher.whois
    withheld = redactions("$", "Contact", fields)
    if withheld:
        document["redacted"] = withheld
    return document


# --- parts ------------------------------------------------------------------------------------


def _by_handle(domain: DomainRecord) -> dict[str, tuple[str, ...]]:
    """Return each contact once, with all that it is for the name."""
    found: dict[str, tuple[str, ...]] = {}
    for role, handle in domain.contacts:
        found[handle] = (*found.get(handle, ()), role)
    return found


def _registrar(publisher: Publisher, registrar: EntityRecord) -> Json:
    entity: Json = {
        "objectClassName": "entity",
        "handle": registrar.handle,
        "roles": ["registrar"],
        "vcardArray": card(registrar),
        "links": [_self(publisher, "entity", registrar.handle)],
    }
    if registrar.number:
        entity["publicIds"] = [{"type": "IANA Registrar ID", "identifier": registrar.number}]
    if registrar.abuse_email:
        desk: Json = {"objectClassName": "entity", "roles": ["abuse"]}
        entity["entities"] = [{**desk, "vcardArray": abuse_card(registrar)}]
    return entity


def _contact(
    publisher: Publisher, contact: EntityRecord, roles: tuple[str, ...]
) -> tuple[Json, tuple[str, ...]]:
    """Return a contact as everybody may see it, and which fields are withheld."""
    found = shown(contact, publisher.policy)
    entity: Json = {
        "objectClassName": "entity",
        "handle": contact.handle,
        "vcardArray": card(found.entity),
        "links": [_self(publisher, "entity", contact.handle)],
    }
    if roles:
        entity["roles"] = list(roles)
    return entity, found.withheld


def _nameserver(publisher: Publisher, nameserver: NameserverRecord) -> Json:
    found: Json = {
        "objectClassName": "nameserver",
        "ldhName": nameserver.name,
        "links": [_self(publisher, "nameserver", nameserver.name)],
    }
    versions = {
        "v4": [address for address in nameserver.addresses if ":" not in address],
        "v6": [address for address in nameserver.addresses if ":" in address],
    }
    glue = {version: addresses for version, addresses in versions.items() if addresses}
    if glue:
        found["ipAddresses"] = glue
    return found


def _secure(domain: DomainRecord) -> Json:
    if not domain.ds:
        return {"delegationSigned": False}
    data = [
        {
            "keyTag": ds.key_tag,
            "algorithm": ds.algorithm,
            "digestType": ds.digest_type,
            "digest": ds.digest,
        }
        for ds in domain.ds
    ]
    return {"delegationSigned": True, "dsData": data}


def _events(publisher: Publisher, events: Iterable[EventRecord], now: Instant) -> list[Json]:
    found = [{"eventAction": one.action, "eventDate": publisher.date(one.at)} for one in events]
    return [
        *found,
        {"eventAction": "last update of RDAP database", "eventDate": publisher.date(now)},
    ]


def _self(publisher: Publisher, kind: str, key: str) -> Json:
    url = publisher.link(kind, key)
    return {"value": url, "rel": "self", "href": url, "type": MEDIA_TYPE}


def _terms(publisher: Publisher) -> list[Json]:
    url = f"{publisher.url}help"
    return [
        {
            "title": "Terms of Use",
            "description": [publisher.terms],
            "links": [{"value": url, "rel": "help", "href": url, "type": MEDIA_TYPE}],
        }
    ]
