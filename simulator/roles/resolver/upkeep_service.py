"""Asking anew in the background: what will soon run out, and whom a zone names for itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from simulator.roles.resolver.behaviour import Behaviour
from simulator.roles.resolver.cache import Cache, Outcome
from simulator.roles.resolver.centricity import OwnWord
from simulator.roles.resolver.staleness_service import Record
from simulator.values import SECOND, Now
from simulator.wire.dns_values import Question

Refresh: TypeAlias = Callable[[Question], Awaitable[Outcome]]
"""Finds out how a question ends without regard to the answers in the cache."""
Start: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
"""Has work done beside all else."""


class Upkeep:
    """What a resolver does without being asked, or for the next who asks."""

    def __init__(
        self,
        behaviour: Behaviour,
        cache: Cache,
        now: Now,
        refresh: Refresh,
        start: Start,
        record: Record,
    ) -> None:
        self._behaviour = behaviour
        self._cache = cache
        self._now = now
        self._refresh = refresh
        self._start = start
        self._record = record
        self._prefetching: dict[Question, None] = {}
        self._confirming: dict[Question, None] = {}

    def answered(self, question: Question) -> None:
        """Take it that a question was answered from the cache: prefetch what is near its end."""
        if not self._behaviour.prefetch or question in self._prefetching:
            return
        if self._cache.is_due(question, self._now()):
            self._prefetching[question] = None
            self._start(self._prefetch(question))

    def walked(self, question: Question, own_word: OwnWord) -> None:
        """Take what zones said about themselves; ask those that have said nothing.

        What is asked for that reason gives no reason to ask further: zones that name each
        other's servers would keep us busy for ever.
        """
        for one in own_word.outlived:
            assert one.parent_expires is not None, "only the zone's own word outlives its parent's"
            self._record(
                "delegation kept by its own servers",
                name=one.zone,
                servers=list(one.names),
                until=one.expires / SECOND,
                parent_until=one.parent_expires / SECOND,
            )
        if question in self._confirming:
            return
        for zone in own_word.unconfirmed:
            own = Question(zone, "NS")
            if own not in self._confirming:
                self._confirming[own] = None
                self._start(self._confirm(own))

    async def _prefetch(self, question: Question) -> None:
        try:
            outcome = await self._refresh(question)
        finally:
            del self._prefetching[question]
        self._record("prefetched", name=question.name, type=question.type, rcode=outcome.rcode)

    async def _confirm(self, question: Question) -> None:
        try:
            await self._refresh(question)
        finally:
            del self._confirming[question]
