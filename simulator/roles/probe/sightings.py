"""What one visit has gathered, stage by stage, and the observation that it amounts to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from simulator.roles.probe.browser import Answered, Lookup
from simulator.roles.probe.connection import Connection
from simulator.roles.probe.logic import Failure, Target
from simulator.values import (
    Address,
    CertificateSeen,
    ConnectSeen,
    ExchangeSeen,
    HandshakeSeen,
    Instant,
    QuerySeen,
    StageTiming,
)
from simulator.wire.web import Request, Response, request

Fields = tuple[tuple[str, str], ...]


class Asking(NamedTuple):
    """A request, and its header fields as a person reads them."""

    request: Request
    fields: Fields


@lru_cache(maxsize=1024)
def asking(authority: str, path: str, agent: str) -> Asking:
    """Return the request of a browser for a page. Remembered, as `request` is."""
    made = request(authority, path, agent)
    return Asking(made, _fields(made.head.headers.raw_items()))


class Sightings:
    """The list of each kind of thing seen, oldest first."""

    __slots__ = (
        "address",
        "certificate",
        "connects",
        "exchanges",
        "handshakes",
        "lookup",
        "queries",
        "timings",
    )

    def __init__(self) -> None:
        self.queries: list[QuerySeen] = []
        self.connects: list[ConnectSeen] = []
        self.handshakes: list[HandshakeSeen] = []
        self.exchanges: list[ExchangeSeen] = []
        self.timings: list[StageTiming] = []
        self.lookup: Lookup | None = None
        """The one that tells of the name that was asked for, whatever a redirect leads to."""
        self.address: Address | None = None
        self.certificate: CertificateSeen | None = None

    def __repr__(self) -> str:
        return f"<Sightings {' '.join(timing.stage for timing in self.timings)}>"

    def looked_up(self, lookup: Lookup, began: Instant, ended: Instant) -> None:
        """Note what the resolver said."""
        if self.lookup is None:
            self.lookup = lookup
        detail = lookup.failure or ", ".join(lookup.addresses)
        self.timings.append(StageTiming("dns", began, ended, detail))
        self.queries += [_query(answer) for answer in lookup.answers]

    def connected(self, connection: Connection, began: Instant, detail: str) -> None:
        """Note that TCP came up."""
        self.address = connection.address
        self.timings.append(StageTiming("tcp", began, connection.connected, detail))

    def not_connected(
        self, address: Address | None, began: Instant, ended: Instant, failure: Failure
    ) -> None:
        """Note that no connection came up; ``address`` is where the last was to go."""
        self.address = address
        self.timings.append(StageTiming(failure.stage, began, ended, failure.failure))

    def used(
        self,
        connection: Connection,
        target: Target,
        fields: Fields,
        outcome: Response | Failure,
        looked_at: Connection | None,
    ) -> None:
        """Note what a connection was good for.

        ``looked_at`` is a second connection, made for the certificate that the first one's
        handshake refused and did not keep.
        """
        ended = connection.ended
        assert ended is not None
        failure = outcome.failure if isinstance(outcome, Failure) else None
        began = connection.connected
        seen_by = connection if looked_at is None else looked_at
        self.certificate = seen_by.certificate
        if connection.stage == "tls" or connection.secured is not None:
            secured = ended if connection.secured is None else connection.secured
            failed = failure if connection.stage == "tls" else None
            self.timings.append(StageTiming("tls", began, secured, failed or ""))
            self.handshakes.append(
                HandshakeSeen(
                    connection.transaction,
                    connection.address,
                    connection.port,
                    connection.server_name,
                    began,
                    secured,
                    connection.version,
                    connection.cipher,
                    seen_by.chain,
                    failed,
                )
            )
            began = secured
        if connection.stage == "http":
            detail = str(outcome.status) if isinstance(outcome, Response) else outcome.failure
            self.timings.append(StageTiming("http", began, ended, detail))
            self.exchanges.append(_exchange(connection, target.url, fields, began, ended, outcome))


def _query(answer: Answered) -> QuerySeen:
    question = answer.question
    return QuerySeen(
        question.name,
        question.type,
        answer.engine,
        answer.resolver,
        answer.began,
        answer.ended,
        answer.rcode,
        tuple([(record.type, record.data, record.ttl) for record in answer.records]),
        answer.extended_error,
        answer.failure,
        answer.raw,
    )


def _exchange(
    connection: Connection,
    url: str,
    fields: Fields,
    began: Instant,
    ended: Instant,
    outcome: Response | Failure,
) -> ExchangeSeen:
    place = (connection.transaction, url, connection.address, connection.port)
    if isinstance(outcome, Failure):
        return ExchangeSeen(*place, began, ended, fields, failure=outcome.failure)
    headers, body = _fields(outcome.headers), outcome.body
    return ExchangeSeen(
        *place, began, ended, fields, outcome.status, headers, body, outcome.truncated
    )


def _fields(headers: Iterable[tuple[bytes, bytes]]) -> Fields:
    return tuple([(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers])
