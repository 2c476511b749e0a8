"""What happened in a visit, event by event, in OONI's data formats (df-001 to df-008)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from simulator.ooni.comparison import NO_ANSWER
from simulator.ooni.course import Course
from simulator.ooni.format import endpoint
from simulator.values import (
    SECOND,
    Address,
    ConnectSeen,
    ExchangeSeen,
    HandshakeSeen,
    Instant,
    Observation,
    QuerySeen,
)

_RAW, _ENDPOINTS = 10_000, 40_000
"""Where the transaction numbers of single queries and of endpoints begin."""
_RCODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}


class Holder(NamedTuple):
    """Whose network an address is in."""

    asn: int
    name: str


Holders: TypeAlias = Callable[[Address], Holder | None]
"""Who holds an address, None if nobody is known to."""


def seconds(at: Instant, since: Instant) -> float:
    """Return how many seconds one instant is after another."""
    return (at - since) / SECOND


class Recorder:
    """Writes what happened in one visit; knows when it began and how it went."""

    def __init__(self, began: Instant, found: Course, holder: Holders) -> None:
        self._began = began
        self._course = found
        self._holder = holder

    def _when(self, began: Instant, ended: Instant) -> dict[str, float]:
        return {"t0": seconds(began, self._began), "t": seconds(ended, self._began)}

    def _endpoint(self, transaction: int) -> dict[str, Any]:
        """Return what everything on one connection shares."""
        step = self._course.steps[transaction]
        fetches = "true" if step.fetches else "false"
        return {
            "tags": ["classic", f"depth={step.depth}", f"fetch_body={fetches}"],
            "transaction_id": _ENDPOINTS + transaction,
        }

    # --- lookups ----------------------------------------------------------------------------

    def queries(self, observation: Observation) -> list[dict[str, Any]]:
        """Return each lookup as the system's resolver gave it, then question by question."""
        names: dict[str, list[QuerySeen]] = {}
        for query in observation.queries:
            names.setdefault(query.hostname, []).append(query)
        last = list(names)[-1:]
        summaries = [
            self._lookup(
                number,
                asked,
                observation.failure
                if observation.stage == "dns" and last == [asked[0].hostname]
                else None,
            )
            for number, asked in enumerate(names.values(), 1)
        ]
        on_the_wire = [query for query in observation.queries if query.engine != "hosts"]
        return summaries + [
            self._question(_RAW + number, query) for number, query in enumerate(on_the_wire, 1)
        ]

    def _lookup(self, number: int, asked: list[QuerySeen], told: str | None) -> dict[str, Any]:
        """Return the questions about a name as one ``getaddrinfo`` (df-002); why it failed, as
        the visit was ``told``."""
        answers = [answer for query in asked for answer in self._answers(query)]
        failure = None
        if not any("ipv4" in answer or "ipv6" in answer for answer in answers):
            failure = told or next((one.failure for one in asked if one.failure), NO_ANSWER)
        return {
            "engine": "getaddrinfo",
            "failure": failure,
            "hostname": asked[0].hostname,
            "query_type": "ANY",
            "resolver_address": "",
            "answers": [answer | {"ttl": None} for answer in answers],
            **self._when(min(one.began for one in asked), max(one.ended for one in asked)),
            "tags": ["classic", f"depth={self._course.depth(asked[0].began)}"],
            "transaction_id": number,
        }

    def _question(self, number: int, query: QuerySeen) -> dict[str, Any]:
        document = {
            "engine": query.engine,
            "failure": query.failure,
            "hostname": query.hostname,
            "query_type": query.type,
            "resolver_address": _resolver(query),
            "answers": self._answers(query),
            **self._when(query.began, query.ended),
            "tags": [f"depth={self._course.depth(query.began)}"],
            "transaction_id": number,
        }
        if query.rcode in _RCODES:
            document["rcode"] = _RCODES[query.rcode]
        if query.raw:
            document["raw_response"] = base64.b64encode(query.raw).decode()
        return document

    def _answers(self, query: QuerySeen) -> list[dict[str, Any]]:
        return [self._answer(*answer) for answer in query.answers]

    def _answer(self, kind: str, data: str, ttl: int) -> dict[str, Any]:
        answer: dict[str, Any] = {"answer_type": kind, "ttl": ttl}
        if kind not in ("A", "AAAA"):
            return answer | {"hostname": data}
        answer["ipv4" if kind == "A" else "ipv6"] = data
        holder = self._holder(data)
        if holder is not None:
            answer |= {"asn": holder.asn, "as_org_name": holder.name}
        return answer

    # --- connections ------------------------------------------------------------------------

    def connect(self, seen: ConnectSeen) -> dict[str, Any]:
        """Return a TCP connect (df-005)."""
        return {
            "ip": seen.address,
            "port": seen.port,
            "status": {"failure": seen.failure, "success": seen.failure is None},
            **self._when(seen.began, seen.ended),
            **self._endpoint(seen.transaction),
        }

    def handshake(self, seen: HandshakeSeen) -> dict[str, Any]:
        """Return a TLS handshake (df-006)."""
        return {
            "network": "tcp",
            "address": endpoint(seen.address, seen.port),
            "server_name": seen.server_name,
            "outer_server_name": "",
            "echconfig": "",
            "tls_version": seen.version,
            "cipher_suite": seen.cipher,
            "negotiated_protocol": "",
            "no_tls_verify": False,
            "peer_certificates": [_binary(der) for der in seen.certificates],
            "failure": seen.failure,
            **self._when(seen.began, seen.ended),
            **self._endpoint(seen.transaction),
        }

    def exchange(self, seen: ExchangeSeen) -> dict[str, Any]:
        """Return a request and its response (df-001)."""
        return {
            "network": "tcp",
            "address": endpoint(seen.address, seen.port),
            "alpn": "",
            "failure": seen.failure,
            "request": {
                "url": seen.url,
                "method": "GET",
                "headers": _first_values(seen.request_headers),
                "headers_list": [list(field) for field in seen.request_headers],
                "body": "",
                "body_is_truncated": False,
                "tor": {"exit_ip": None, "exit_name": None, "is_tor": False},
                "x_transport": "tcp",
            },
            "response": {
                "code": seen.status or 0,
                "headers": _first_values(seen.headers),
                "headers_list": [list(field) for field in seen.headers],
                "body": _text_or_binary(seen.body),
                "body_is_truncated": seen.truncated,
            },
            **self._when(seen.began, seen.ended),
            **self._endpoint(seen.transaction),
        }

    def events(self, observation: Observation) -> list[dict[str, Any]]:
        """Return what happened on the sockets (df-008), in order."""
        events: list[tuple[Instant, dict[str, Any]]] = []
        for connect in observation.connects:
            where = {"address": endpoint(connect.address, connect.port), "proto": "tcp"}
            events.append((connect.ended, self._event("connect", connect, where)))
        for handshake in observation.handshakes:
            events += self._span("tls_handshake", handshake)
        for exchange in observation.exchanges:
            events += self._span("http_transaction", exchange)
        return [event for _, event in sorted(events, key=lambda pair: pair[0])]

    def _span(
        self, operation: str, seen: HandshakeSeen | ExchangeSeen
    ) -> Iterable[tuple[Instant, dict[str, Any]]]:
        start = self._event(f"{operation}_start", seen, {"failure": None})
        start |= self._when(seen.began, seen.began)
        done = self._event(f"{operation}_done", seen, {})
        done |= self._when(seen.ended, seen.ended)
        return ((seen.began, start), (seen.ended, done))

    def _event(
        self, operation: str, seen: ConnectSeen | HandshakeSeen | ExchangeSeen, more: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "operation": operation,
            "failure": seen.failure,
            **self._when(seen.began, seen.ended),
            **self._endpoint(seen.transaction),
            **more,
        }


def _resolver(query: QuerySeen) -> str:
    """Return a resolver as OONI writes it: address and port, or the URL of DoH."""
    server = query.server or ""
    if query.engine == "doh":
        return f"https://[{server}]/dns-query" if ":" in server else f"https://{server}/dns-query"
    return endpoint(server, 853 if query.engine == "dot" else 53) if server else ""


def _first_values(fields: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return header fields by name; of several with one name, the first (df-001)."""
    return dict(reversed(fields))


def _text_or_binary(body: bytes) -> str | dict[str, str]:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return _binary(body)


def _binary(data: bytes) -> dict[str, str]:
    return {"format": "base64", "data": base64.b64encode(data).decode()}
