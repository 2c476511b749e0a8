"""Carrying a validation out: asking what it needs, and noting in the cache what it found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from simulator.roles.resolver.cache import Cache, Outcome
from simulator.roles.resolver.security import Security
from simulator.roles.resolver.validation import BOGUS_LIFETIME, Fetch, Validation, Verdict
from simulator.values import Now
from simulator.wire.dns_values import Question

__all__ = ["Validation", "validate"]

FetchAnswer: TypeAlias = Callable[[Question], Awaitable[Outcome]]
"""Finds out how a question ends, without validating that."""


async def validate(validation: Validation, fetch: FetchAnswer, cache: Cache, now: Now) -> Outcome:
    """Return the outcome with its security status, or SERVFAIL with the reason if it is bogus."""
    step = validation.next_step(now())
    while isinstance(step, Fetch):
        validation.fetched(step.question, await fetch(step.question))
        step = validation.next_step(now())
    _note(step, cache, now)
    if step.security is Security.BOGUS:
        errors = () if step.error is None else (step.error,)
        return Outcome("SERVFAIL", extended_errors=errors)
    return validation.outcome._replace(security=step.security)


def _note(verdict: Verdict, cache: Cache, now: Now) -> None:
    for found in verdict.found:
        errors = () if found.error is None else (found.error,)
        cache.judge(found.name, found.type, verdict.judged, found.security, found.until, errors)
    for question in verdict.suspects:
        cache.shorten(question, now() + BOGUS_LIFETIME)
