"""What may still be told when it has run out and nobody can be asked (RFC 8767)."""

from __future__ import annotations

from typing import NamedTuple

from simulator.roles.resolver.behaviour import ServeStale
from simulator.roles.resolver.cache import Cache, Outcome
from simulator.roles.resolver.resolution import NETWORK_ERROR, NO_REACHABLE_AUTHORITY
from simulator.roles.resolver.security import Security, together
from simulator.values import SECOND, ExtendedError, Instant
from simulator.wire.dns_names import canonical
from simulator.wire.dns_values import Question, Record

STALE_ANSWER, STALE_NXDOMAIN = 3, 19
"""INFO-CODEs of RFC 8914."""


class Stale(NamedTuple):
    """An outcome that has run out, as it is told; ``expired`` is when its first part did."""

    outcome: Outcome
    expired: Instant

    def because_of(self, failure: Outcome) -> Outcome:
        """Return the outcome with the reason why there is nothing fresher."""
        errors = self.outcome.extended_errors + failure.extended_errors
        return self.outcome._replace(extended_errors=errors)


def stale_answer(
    cache: Cache, question: Question, now: Instant, policy: ServeStale
) -> Stale | None:
    """Return what a cache still has for a question, through its aliases; None if nothing
    usable has run out: neither what is too old, nor failures, nor bogus data."""
    outcome = Outcome("NOERROR", security=Security.SECURE)
    expired = now
    met: dict[str, None] = {}
    name = question.name
    while name not in met:
        met[name] = None
        found = cache.recall(name, question.type, now - policy.longest)
        if found is None:
            return None
        part, expires = found
        outcome = _joined(outcome, part)
        expired = min(expired, expires)
        alias = part.answers[:1]
        if not alias or alias[0].type == question.type:
            return _told(outcome, expired, now, policy)
        name = canonical(alias[0].data)
    return None


def is_unreachable(outcome: Outcome) -> bool:
    """Return whether a question failed for want of servers that answer it.

    Answers and denials do refresh what was known (section 4), and so does what is bogus.
    """
    return outcome.rcode == "SERVFAIL" and any(
        error.code in (NO_REACHABLE_AUTHORITY, NETWORK_ERROR) for error in outcome.extended_errors
    )


def _joined(first: Outcome, second: Outcome) -> Outcome:
    return Outcome(
        second.rcode,
        first.answers + second.answers,
        first.authority + second.authority,
        (),
        together(first.security, second.security),
    )


def _told(outcome: Outcome, expired: Instant, now: Instant, policy: ServeStale) -> Stale | None:
    if outcome.security is Security.BOGUS:
        return None
    code = STALE_NXDOMAIN if outcome.rcode == "NXDOMAIN" else STALE_ANSWER
    error = ExtendedError(code, f"expired {(now - expired) // SECOND} s ago")
    ttl = policy.ttl // SECOND
    told = outcome._replace(
        answers=_with_ttl(outcome.answers, ttl),
        authority=_with_ttl(outcome.authority, ttl),
        extended_errors=(error,),
    )
    return Stale(told, expired)


def _with_ttl(records: tuple[Record, ...], ttl: int) -> tuple[Record, ...]:
    return tuple([record._replace(ttl=ttl) for record in records])
