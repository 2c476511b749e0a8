"""A question to an RDAP directory becomes its answer (RFC 7480, RFC 9082). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from simulator.roles.directory import documents, searching
from simulator.roles.directory.publisher import Directory
from simulator.roles.directory.records import Records
from simulator.values import Instant
from simulator.wire.dns_names import is_within
from simulator.wire.rdap import (
    BOOTSTRAP_PATH,
    BOOTSTRAP_TYPE,
    MEDIA_TYPE,
    Json,
    directory_for,
    domain_url,
    encode,
    host_name,
    problem,
    write_bootstrap,
)

METHODS = ("GET", "HEAD")
LONGEST_TARGET = 2048
SEARCHES: dict[str, tuple[str, ...]] = {
    "domains": ("name", "nsLdhName", "nsIp"),
    "nameservers": ("name", "ip"),
    "entities": ("fn", "handle"),
}
_ELSEWHERE = ("ip", "autnum")
"""What directories of addresses tell of."""


class Reply(NamedTuple):
    """What goes back: a status, header fields, octets."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _Refused(Exception):
    def __init__(self, status: int, title: str, description: str) -> None:
        self.status = status
        self.document = problem(status, title, description)


def answer(directory: Directory, target: str, now: Instant) -> Reply:
    """Answer a request for a target (path and query, as they stand in the request line)."""
    try:
        return _answer(directory, target, now)
    except _Refused as refused:
        return reply(refused.status, refused.document)
    except searching.Malformed as error:
        return refusal(400, "Bad Request", str(error))
    except searching.Unsearchable as error:
        return refusal(422, "Unprocessable Content", str(error))


def reply(status: int, document: Json, *headers: tuple[str, str], kind: str = MEDIA_TYPE) -> Reply:
    """Return an answer. Anybody's page may read it (RFC 7480 section 5.6)."""
    fields = (("Content-Type", kind), ("Access-Control-Allow-Origin", "*"), *headers)
    return Reply(status, fields, encode(document))


def refusal(status: int, title: str, description: str, *headers: tuple[str, str]) -> Reply:
    """Return an error object as an answer."""
    return reply(status, problem(status, title, description), *headers)


def too_many(seconds: int) -> Reply:
    """Return the answer to one who asks too often (RFC 7480 section 5.5)."""
    wait = ("Retry-After", str(seconds))
    return refusal(429, "Too Many Requests", f"Ask again in {seconds} seconds.", wait)


def _answer(directory: Directory, target: str, now: Instant) -> Reply:
    path, _, query = target.partition("?")
    if len(target) > LONGEST_TARGET:
        raise _Refused(400, "Bad Request", "the question is too long")
    if path == BOOTSTRAP_PATH and directory.has_bootstrap:
        published = directory.publisher.date(0)
        file = write_bootstrap(directory.services, published)
        return reply(200, file, kind=BOOTSTRAP_TYPE)
    kind, _, key = path.removeprefix("/").partition("/")
    key = unquote(key)
    if kind == "help" and not key:
        return reply(200, documents.help_document(directory.publisher, directory.tlds))
    if kind == "domain" and key:
        return _domain(directory, key, now)
    if kind in _ELSEWHERE or directory.records is None:
        raise _Refused(501, "Not Implemented", f"this directory tells nothing of '{kind}'")
    if kind in _OBJECTS and key:
        return reply(200, _OBJECTS[kind](directory, directory.records, key, now))
    if kind in SEARCHES and not key:
        return reply(200, _search(directory, directory.records, kind, query, now))
    raise _Refused(400, "Bad Request", "this is no question of RFC 9082")


def _not_found(what: str) -> _Refused:
    return _Refused(404, "Not Found", f"there is no {what}")


def _domain(directory: Directory, key: str, now: Instant) -> Reply:
    name = _name(key)
    records = directory.records
    if records is None or not any(is_within(name, tld) for tld in records.tlds):
        other = directory_for(name, directory.services)
        if other is None or other == directory.publisher.url:
            raise _not_found(name)
        location = ("Location", domain_url(other, name))
        return refusal(301, "Moved Permanently", f"ask {location[1]}", location)
    found = records.domain(name, now)
    if found is None:
        raise _not_found(name)
    publisher = directory.publisher
    document = documents.domain_object(publisher, records, found, now)
    return reply(200, documents.whole(publisher, document))


def _name(key: str) -> str:
    name = host_name(key)
    if name is None:
        raise _Refused(400, "Bad Request", f"'{key}' is no name in ASCII")
    return name


def _nameserver(directory: Directory, records: Records, key: str, now: Instant) -> Json:
    name = _name(key)
    found = records.nameserver(name, now)
    if found is None:
        raise _not_found(name)
    publisher = directory.publisher
    return documents.whole(publisher, documents.nameserver_object(publisher, records, found, now))


def _entity(directory: Directory, records: Records, key: str, now: Instant) -> Json:
    found = records.entity(key, now)
    if found is None:
        raise _not_found(key)
    publisher = directory.publisher
    return documents.whole(publisher, documents.entity_object(publisher, found, now))


_OBJECTS: dict[str, Callable[[Directory, Records, str, Instant], Json]] = {
    "nameserver": _nameserver,
    "entity": _entity,
}


def _search(directory: Directory, records: Records, kind: str, query: str, now: Instant) -> Json:
    asked = [
        (key, text)
        for key, text in parse_qsl(query, keep_blank_values=True)
        if key in SEARCHES[kind]
    ]
    if len(asked) != 1 or not asked[0][1]:
        keys = ", ".join(SEARCHES[kind])
        raise _Refused(400, "Bad Request", f"a search is by one of: {keys}")
    [(key, text)] = asked
    publisher = directory.publisher
    policy = publisher.policy
    found: list[Json]
    if kind == "domains":
        names, more = searching.few(searching.domains(records, key, text, policy, now), policy)
        found = [documents.domain_object(publisher, records, one, now) for one in names]
        return documents.search_results(publisher, "domain", found, more=more)
    if kind == "nameservers":
        hosts, more = searching.few(searching.nameservers(records, key, text, policy, now), policy)
        found = [documents.nameserver_object(publisher, records, one, now) for one in hosts]
        return documents.search_results(publisher, "nameserver", found, more=more)
    people, more = searching.few(searching.entities(records, key, text, policy, now), policy)
    found = [documents.entity_object(publisher, one, now) for one in people]
    return documents.search_results(publisher, "entity", found, more=more)
