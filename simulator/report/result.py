"""The result of a run as `--json` writes it. Its models are in `simulator.scenario.result`.

Plain dictionaries: the models check them in tests, not in every run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.report.findings import spelled_out
from simulator.text import say, typeset
from simulator.values import SECOND, Observation

if TYPE_CHECKING:
    from simulator.lab.audience import Count
    from simulator.lab.orders import OrderOutcome
    from simulator.lab.other_side import Reacted
    from simulator.lab.public_record import PublicRecord
    from simulator.lab.registrants import RequestOutcome
    from simulator.lab.registration import Heard
    from simulator.scenario.expectations import Copy, Verdict
    from simulator.scenario.runner import ScenarioRun
    from simulator.world.models import World

SCHEMA_VERSION = 1


def result(run: ScenarioRun, language: str = "en") -> dict[str, Any]:
    """Return all that a finished run gives; sentences are in ``language``, times in seconds."""
    return {
        "schema": SCHEMA_VERSION,
        "scenario": run.name,
        "seed": run.seed,
        "lab_seconds": run.lab.now / SECOND,
        "observations": [
            _observation(step.id, seen, language) for step in run.done for seen in step.observations
        ],
        "orders": [
            _order(step.id, outcome, run.world, language) | {"lifted": lifted}
            for step in run.done
            for outcomes, lifted in ((step.outcomes, False), (step.lifted, True))
            for outcome in outcomes
        ],
        "copies": [_copy(step.id, copy) for step in run.done for copy in step.copies],
        "expectations": [
            _expectation(step.id, verdict, language)
            for step in run.done
            for verdict in step.verdicts
        ],
        "reactions": [
            _reaction(step.id, each, language) for step in run.done for each in step.reacted
        ],
        "audiences": [_audience(step.id, count) for step in run.done for count in step.counts],
        "requests": [
            _request(step.id, asked, language) for step in run.done for asked in step.requests
        ],
        "messages": [_message(step.id, heard) for step in run.done for heard in step.heard],
        "records": [_record(step.id, record) for step in run.done for record in step.records],
    }


def to_json(run: ScenarioRun, language: str = "en") -> str:
    """Return the result as JSON text that ends in a newline."""
    return json.dumps(result(run, language), ensure_ascii=False, indent=1) + "\n"


def _observation(step: str, seen: Observation, language: str) -> dict[str, Any]:
    certificate, error = seen.certificate, seen.extended_error
    return {
        "step": step,
        "at": seen.at / SECOND,
        "ended": seen.ended / SECOND,
        "vantage": seen.vantage,
        "country": seen.country,
        "via": seen.via,
        "url": seen.url,
        "stage": seen.stage,
        "failure": seen.failure,
        "resolver": seen.resolver,
        "addresses": list(seen.addresses),
        "address": seen.address,
        "rcode": seen.rcode,
        "extended_error": None if error is None else {"code": error.code, "text": error.text},
        "certificate": None
        if certificate is None
        else {
            "subject": certificate.subject,
            "names": list(certificate.names),
            "issuer": certificate.issuer,
        },
        "status": seen.status,
        "page": seen.page,
        "title": seen.title,
        "final_url": seen.final_url,
        "redirects": list(seen.redirects),
        "timings": [
            {
                "stage": timing.stage,
                "began": timing.began / SECOND,
                "ended": timing.ended / SECOND,
                "detail": timing.detail,
            }
            for timing in seen.timings
        ],
        "diagnosis": seen.diagnosis,
        "confidence": seen.confidence,
        "evidence": [say(sentence, language) for sentence in seen.evidence],
        "actor": None if seen.actor is None else say(seen.actor, language),
        "ways": list(seen.ways),
    }


def _order(step: str, outcome: OrderOutcome, world: World, language: str) -> dict[str, Any]:
    return {
        "step": step,
        "by": outcome.by,
        "to": outcome.to,
        "lever": outcome.action,
        "name": outcome.name,
        "outcome": outcome.state.value,
        "at": outcome.at / SECOND,
        "reason": say(spelled_out(outcome.reason, world), language),
        "code": outcome.code,
        "details": dict(outcome.details),
    }


def _request(step: str, asked: RequestOutcome, language: str) -> dict[str, Any]:
    return {
        "step": step,
        "act": asked.act,
        "registrar": asked.registrar,
        "registrant": asked.account,
        "name": asked.name,
        "vantage": asked.vantage,
        "outcome": asked.state.value,
        "at": asked.at / SECOND,
        "reason": say(asked.reason, language),
        "code": asked.code,
        "details": dict(asked.details),
    }


def _message(step: str, heard: Heard) -> dict[str, Any]:
    notice, change = heard.notice, heard.notice.change
    return {
        "step": step,
        "at": heard.at / SECOND,
        "registrar": heard.registrar,
        "registry": heard.tld,
        "id": notice.id,
        "text": notice.text,
        "name": notice.name,
        "operation": None if change is None else change.operation,
        "state": None if change is None else change.state,
        "transaction": None if change is None else change.server_transaction,
        "reason": None if change is None else change.reason,
    }


def _record(step: str, record: PublicRecord) -> dict[str, Any]:
    return {
        "step": step,
        **record._asdict(),
        "at": record.at / SECOND,
        "statuses": list(record.statuses),
        "nameservers": list(record.nameservers),
    }


def _copy(step: str, copy: Copy) -> dict[str, Any]:
    return {
        "step": step,
        "site": copy.site,
        "machine": copy.machine,
        "by": copy.by,
        "began": copy.began / SECOND,
        "ended": copy.ended / SECOND,
        "file": copy.file,
        "last_hash": copy.head,
        "lost": list(copy.lost),
        "tells": list(copy.tells),
    }


def _expectation(step: str, verdict: Verdict, language: str) -> dict[str, Any]:
    return {
        "step": step,
        "passed": verdict.passed,
        "expected": f"{verdict.who}: {verdict.field}: {verdict.expected}",
        "got": verdict.got,
        "why": "" if verdict.why is None else typeset(verdict.why.say(language), language),
    }


def _reaction(step: str, reacted: Reacted, language: str) -> dict[str, Any]:
    return {
        "step": step,
        "at": reacted.at / SECOND,
        "by": reacted.operator,
        "act": reacted.act,
        "target": reacted.target,
        "outcome": reacted.state.value,
        "reason": say(reacted.reason, language),
        "noticed": reacted.noticed / SECOND,
    }


def _audience(step: str, count: Count) -> dict[str, Any]:
    return {
        "step": step,
        "at": count.at / SECOND,
        "site": count.site,
        "people": count.people,
        "measured": [
            {
                "site": share.site,
                "reached_from": list(share.reached),
                "closed_from": list(share.closed),
            }
            for share in count.shares
        ],
        "log": {
            "requests": count.log.visits,
            "addresses": list(count.log.addresses),
            "hands": count.log.hands,
        },
        "modelled": {
            "sites": {share.site: [share.least, share.most] for share in count.shares},
            "kept": list(count.kept),
            "looking": list(count.looking),
            "gave_up": list(count.gave_up),
            "visits_missed": count.missed,
        },
    }
