"""Expectations beside what was seen. Pure: nothing here can bend a measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.lab.orders import OrderOutcome
from simulator.scenario.models import ALL, Expected, Step
from simulator.values import Instant, Observation
from simulator.world.fields import Text

if TYPE_CHECKING:
    from simulator.lab.public_record import PublicRecord
    from simulator.lab.registrants import RequestOutcome

Seen = str | int | tuple[str | int, ...] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation: of whom, what was expected, what was seen, whether they agree."""

    who: str
    field: str
    expected: str
    got: str
    passed: bool
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A site's server as it was copied in a step: its record and what that has.

    ``lost`` are sections with nothing in them, ``tells`` the questions that it has
    something to show for.
    ``began`` and ``ended`` are lab instants.
    """

    site: str
    machine: str
    by: str
    began: Instant
    ended: Instant
    file: str
    data: bytes
    head: str
    lost: tuple[str, ...]
    tells: tuple[str, ...]


def judge(
    step: Step,
    observations: Sequence[Observation],
    outcomes: Sequence[OrderOutcome],
    resolvers: Mapping[str, str],
    requests: Sequence[RequestOutcome] = (),
    records: Sequence[PublicRecord] = (),
    copies: Sequence[Copy] = (),
) -> list[Verdict]:
    """Compare a step's expectations with its observations, outcomes and copies of servers.

    ``resolvers`` maps addresses to the ids that authors write. A field is compared with
    everything of its subject that has it.
    """
    verdicts: list[Verdict] = []
    for subject, expected in step.expect.items():
        seen = [
            (observation.vantage, observed_fields(observation, resolvers))
            for observation in observations
            if subject in (observation.vantage, ALL)
        ]
        seen += [
            (record.vantage, recorded_fields(record))
            for record in records
            if subject in (record.vantage, ALL)
        ]
        answers = [(outcome.to, outcome.state, outcome.code) for outcome in outcomes]
        answers += [(request.registrar, request.state, request.code) for request in requests]
        seen += [
            (who, {"outcome": state.value, "code": code})
            for who, state, code in answers
            if who == subject
        ]
        seen += [
            (copy.site, {"lost": copy.lost, "tells": copy.tells})
            for copy in copies
            if copy.site == subject
        ]
        verdicts += _compare(subject, expected, seen, step.why)
    return verdicts


def _compare(
    subject: str,
    expected: Expected,
    seen: Sequence[tuple[str, Mapping[str, Seen]]],
    why: Text | None,
) -> list[Verdict]:
    stated = expected.stated()
    verdicts = [
        Verdict(who, field, str(match), show(fields[field]), match.holds(fields[field]), why)
        for who, fields in seen
        for field, match in stated.items()
        if field in fields
    ]
    return verdicts + [
        Verdict(subject, field, str(match), "-", False, why)
        for field, match in stated.items()
        if not any(field in fields for _, fields in seen)
    ]


def recorded_fields(record: PublicRecord) -> dict[str, Seen]:
    """Return what a public directory said as expectations name it."""
    return {
        "failure": record.failure,
        "statuses": record.statuses,
        "registrar": record.registrar,
        "nameservers": record.nameservers,
    }


def observed_fields(observation: Observation, resolvers: Mapping[str, str]) -> dict[str, Seen]:
    """Return an observation's fields as expectations name them."""
    certificate, error = observation.certificate, observation.extended_error
    resolver = observation.resolver
    return {
        "page": observation.page,
        "stage": observation.stage,
        "failure": observation.failure,
        "status": observation.status,
        "rcode": observation.rcode,
        "addresses": observation.addresses,
        "address": observation.address,
        "resolver": None if resolver is None else (resolvers.get(resolver, resolver), resolver),
        "extended_error": None if error is None else error.code,
        "issuer": None if certificate is None else certificate.issuer,
        "certificate_names": () if certificate is None else certificate.names,
        "title": observation.title,
        "url": observation.url,
        "final_url": observation.final_url,
        "redirects": observation.redirects,
        "country": observation.country,
        "via": observation.via,
        "diagnosis": observation.diagnosis,
        "confidence": observation.confidence,
        "ways": observation.ways,
    }


def show(seen: Seen) -> str:
    """Return what was seen as an author would have written it."""
    if isinstance(seen, tuple):
        return ", ".join(map(str, seen)) or "null"
    return "null" if seen is None else str(seen)
