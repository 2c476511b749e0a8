"""RDAP as octets: names of what is registered about a name, as JSON (RFC 9083).

What a directory writes and what somebody who asks one reads: statuses, bootstrap files, errors.
The documents themselves are made by `simulator.roles.directory`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote

from simulator.wire.dns_names import DnsFormatError, is_within, text_to_labels

Json: TypeAlias = dict[str, Any]

MEDIA_TYPE = "application/rdap+json"
BOOTSTRAP_TYPE = "application/json"
CONFORMANCE = ("rdap_level_0", "redacted")
"""RFC 9083 section 4.1; ``redacted`` is RFC 9537."""
BOOTSTRAP_PATH = "/rdap/dns.json"
"""Where the registry of top-level domains is found (RFC 9224 section 13)."""
LONGEST = 1 << 20
"""Octets of an answer that are read."""

# RFC 8056 section 2: all others are the EPP name in words.
_STATUSES = {"ok": "active", "linked": "associated"}
_WORD = re.compile(r"[A-Z]")


class RdapError(Exception):
    """What came is no RDAP answer."""


def rdap_status(epp: str) -> str:
    """Return the RDAP name of an EPP status (RFC 8056): ``serverHold`` is ``server hold``."""
    found = _STATUSES.get(epp)
    return found or _WORD.sub(lambda letter: f" {letter[0].lower()}", epp)


def epp_status(rdap: str) -> str:
    """Return the EPP status that an RDAP name stands for: ``server hold`` is ``serverHold``."""
    for epp, name in _STATUSES.items():
        if name == rdap:
            return epp
    first, *others = rdap.split(" ")
    return first + "".join(word.capitalize() for word in others)


def host_name(text: str) -> str | None:
    """Return a host name in its canonical form, or None for what is none."""
    name = text.lower().removesuffix(".")
    try:
        text_to_labels(name)
    except DnsFormatError:
        return None
    return name if re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name) else None


def encode(document: Json) -> bytes:
    """Return a document as octets: two runs write the same."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def problem(status: int, title: str, *description: str) -> Json:
    """Return an error (RFC 9083 section 6)."""
    return {
        "rdapConformance": list(CONFORMANCE),
        "lang": "en",
        "errorCode": status,
        "title": title,
        "description": list(description),
    }


# --- which directory to ask ---------------------------------------------------------------


class Service(NamedTuple):
    """Who answers for some top-level domains: the URLs of a directory, ending in a slash."""

    tlds: tuple[str, ...]
    urls: tuple[str, ...]


def write_bootstrap(services: Iterable[Service], published: str) -> Json:
    """Return a bootstrap file (RFC 9224 section 3); ``published`` is a date of RFC 3339."""
    return {
        "version": "1.0",
        "publication": published,
        "description": "RDAP directories of the lab's top-level domains",
        "services": [[list(one.tlds), list(one.urls)] for one in services],
    }


def read_bootstrap(data: bytes) -> tuple[Service, ...]:
    """Read a bootstrap file; raise `RdapError`."""
    entries = _read(data).get("services")
    if not isinstance(entries, list):
        raise RdapError("the bootstrap file names no services")
    services = []
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 2:
            raise RdapError("a service is a list of two lists")
        services.append(Service(_texts(entry[0]), _texts(entry[1])))
    return tuple(services)


def directory_for(name: str, services: Iterable[Service]) -> str | None:
    """Return the URL of the directory for a name: the longest match (RFC 9224 section 4), and
    the first URL by HTTPS."""
    best = -1
    found = None
    for service in services:
        for tld in service.tlds:
            url = next((url for url in service.urls if url.startswith("https://")), None)
            if url is not None and len(tld) > best and is_within(name, tld.lower()):
                best, found = len(tld), url
    return found


def domain_url(directory: str, name: str) -> str:
    """Return where a directory tells of a name (RFC 9082 section 3.1.3)."""
    return f"{directory.rstrip('/')}/domain/{quote(name)}"


# --- what a directory says of a name ------------------------------------------------------


class Event(NamedTuple):
    """Something that happened: ``registration``, ``last changed`` … and its date (RFC 3339)."""

    action: str
    date: str


class DomainSeen(NamedTuple):
    """What a directory says of a name: statuses in the words of RFC 8056.

    ``holder`` is the registrant's organization, which is published where its person is not.
    """

    name: str
    statuses: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    nameservers: tuple[str, ...] = ()
    registrar: str | None = None
    signed: bool = False
    holder: str | None = None


def read_domain(data: bytes) -> DomainSeen:
    """Read a domain object (RFC 9083 section 5.3); raise `RdapError`."""
    document = _read(data)
    name = document.get("ldhName")
    if document.get("objectClassName") != "domain" or not isinstance(name, str):
        raise RdapError("the answer is no domain object")
    secure = document.get("secureDNS")
    return DomainSeen(
        name.lower().removesuffix("."),
        _texts(document.get("status", [])),
        tuple(_events(document)),
        tuple([one["ldhName"].lower() for one in _objects(document, "nameservers", "ldhName")]),
        _registrar(document),
        isinstance(secure, dict) and secure.get("delegationSigned") is True,
        _holder(document),
    )


def _events(document: Json) -> Iterable[Event]:
    for one in _objects(document, "events", "eventAction", "eventDate"):
        yield Event(one["eventAction"], one["eventDate"])


def _registrar(document: Json) -> str | None:
    for entity in _objects(document, "entities"):
        if "registrar" in _texts(entity.get("roles", [])):
            return _on_card(entity, "fn") or (
                entity["handle"] if isinstance(entity.get("handle"), str) else None
            )
    return None


def _holder(document: Json) -> str | None:
    for entity in _objects(document, "entities"):
        if "registrant" in _texts(entity.get("roles", [])):
            return _on_card(entity, "org")
    return None


def _on_card(entity: Json, wanted: str) -> str | None:
    """Return a property of an entity's jCard (RFC 7095): ``fn``, ``org``."""
    card = entity.get("vcardArray")
    if not isinstance(card, list) or len(card) != 2 or not isinstance(card[1], list):
        return None
    for entry in card[1]:
        if isinstance(entry, list) and len(entry) == 4 and entry[0] == wanted:
            return entry[3] if isinstance(entry[3], str) and entry[3] else None
    return None


def _objects(document: Json, key: str, *texts: str) -> list[Json]:
    """Return the objects under a key that have these texts."""
    found = document.get(key, [])
    if not isinstance(found, list):
        raise RdapError(f"{key} is no list")
    return [
        one
        for one in found
        if isinstance(one, dict) and all(isinstance(one.get(text), str) for text in texts)
    ]


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise RdapError("a list of texts is missing")
    return tuple(found)


def _read(data: bytes) -> Json:
    if len(data) > LONGEST:
        raise RdapError("the answer is too long")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise RdapError("the answer is no JSON") from None
    if not isinstance(document, dict):
        raise RdapError("the answer is no JSON object")
    return document
