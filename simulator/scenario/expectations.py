"""Expectations beside what was seen. Pure: nothing here can bend a measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.scenario.expected import Expected
from simulator.scenario.models import ALL, Step
from simulator.values import Instant, Observation, OutcomeState
from simulator.world.fields import Text

if TYPE_CHECKING:
    from simulator.lab.audience import Count
    from simulator.lab.other_side import Reacted
    from simulator.lab.public_record import PublicRecord
    from simulator.scenario.runner import StepRun

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


def judge(step: Step, run: StepRun, resolvers: Mapping[str, str]) -> list[Verdict]:
    """Compare a step's expectations with what the run recorded of it.

    ``resolvers`` maps addresses to the ids that authors write. A field is compared with
    everything of its subject that has it.
    """
    verdicts: list[Verdict] = []
    for subject, expected in step.expect.items():
        seen: list[tuple[str, Mapping[str, Seen]]] = [
            (observation.vantage, observed_fields(observation, resolvers))
            for observation in run.observations
            if subject in (observation.vantage, ALL)
        ]
        seen += [
            (record.vantage, recorded_fields(record))
            for record in run.records
            if subject in (record.vantage, ALL)
        ]
        if subject != ALL:
            seen += _told_of(subject, run)
        verdicts += _compare(subject, expected, seen, step.why)
    return verdicts


def _told_of(subject: str, run: StepRun) -> list[tuple[str, Mapping[str, Seen]]]:
    """Return what there is of an operator, a site operator, or a site whose people are counted."""
    answers = [(each.to, each.state, each.code) for each in run.outcomes + run.lifted]
    answers += [(each.registrar, each.state, each.code) for each in run.requests]
    found: list[tuple[str, Mapping[str, Seen]]] = [
        (who, {"outcome": state.value, "code": code})
        for who, state, code in answers
        if who == subject
    ]
    if subject in run.site_operators:
        found.append((subject, reacted_fields(subject, run.reacted)))
    of_site: dict[str, Seen] = {}
    for copy in run.copies:
        if copy.site == subject:
            of_site |= {"lost": copy.lost, "tells": copy.tells}
    for count in run.counts:
        of_site |= counted_fields(subject, count)
    return [*found, (subject, of_site)] if of_site else found


def reacted_fields(operator: str, reacted: Iterable[Reacted]) -> dict[str, Seen]:
    """Return what a site operator did, as expectations name it."""
    own = [each for each in reacted if each.operator == operator]
    done = [each for each in own if each.state is OutcomeState.EXECUTED]
    return {
        "acts": tuple(dict.fromkeys(each.act for each in done)),
        "opened": tuple(each.target for each in done),
    }


def counted_fields(site: str, count: Count) -> dict[str, Seen]:
    """Return the fields of a site in a count of people; those of the count with its own site."""
    fields: dict[str, Seen] = {}
    for share in count.shares:
        if share.site != site:
            continue
        fields |= {
            "reached_from": share.reached,
            "people_least": share.least,
            "people_most": share.most,
        }
        if site == count.site:
            least, most = count.kept
            fields |= {
                "kept_least": 100 * least // count.people,
                "kept_most": 100 * most // count.people,
                "log_visits": count.log.visits,
                "hands": count.log.hands,
            }
    return fields


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
        "holder": record.holder,
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
