"""Standing in with stale data (RFC 8767): after the client response timer, or after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeAlias

from simulator.roles.resolver.behaviour import ServeStale
from simulator.roles.resolver.cache import Cache, Outcome
from simulator.roles.resolver.staleness import Stale, is_unreachable, stale_answer
from simulator.values import SECOND, Address, Instant, Now
from simulator.wire.dns_values import Question

Waiter: TypeAlias = Callable[[Outcome], None]


class Record(Protocol):
    """Writes facts into the journal."""

    def __call__(self, what: str, /, **details: object) -> None:
        """Write that ``what`` happened."""


class StandIn:
    """Answers in place of servers that cannot be reached.

    After a failure nobody is asked again for ``policy.recheck``: until then what is stale is
    told at once.
    """

    def __init__(self, policy: ServeStale, cache: Cache, now: Now, record: Record) -> None:
        self._policy = policy
        self._cache = cache
        self._now = now
        self._record = record
        self._resting: dict[Question, Instant] = {}
        self._waiting: dict[_Waiting, asyncio.TimerHandle] = {}

    def close(self) -> None:
        """Leave those who wait alone."""
        for waiting in list(self._waiting):
            self.forget(waiting)

    def covers(self, question: Question, outcome: Outcome) -> bool:
        """Return whether there is something stale to tell in place of this outcome."""
        if not is_unreachable(outcome):
            return False
        return stale_answer(self._cache, question, self._now(), self._policy) is not None

    def offer(
        self, question: Question, client: Address, deliver: Waiter, *, checked: bool
    ) -> Waiter | None:
        """Return who is to hear how the question ends; None if it has been answered already.

        With ``checked`` only data that have been validated will do.
        """
        now = self._now()
        stale = stale_answer(self._cache, question, now, self._policy)
        if stale is None or (checked and stale.outcome.security is None):
            return deliver
        waiting = _Waiting(self, question, client, stale, deliver)
        if now < self._resting.get(question, now):
            waiting.tell(stale.outcome, "failed lately")
            return None
        timer = self._policy.client_timer / SECOND
        self._waiting[waiting] = asyncio.get_running_loop().call_later(timer, waiting.time_is_up)
        return waiting.hear

    def told(
        self, question: Question, client: Address, rcode: str, expired: Instant, why: str
    ) -> None:
        """Write into the journal that somebody was told what is stale."""
        self._record(
            "stale answered",
            name=question.name,
            type=question.type,
            client=client,
            rcode=rcode,
            expired=expired / SECOND,
            why=why,
        )

    def rest(self, question: Question) -> None:
        """Let nobody be asked for a while."""
        now = self._now()
        self._resting.pop(question, None)
        while self._resting:
            oldest = next(iter(self._resting))
            if self._resting[oldest] > now:
                break
            del self._resting[oldest]
        self._resting[question] = now + self._policy.recheck

    def forget(self, waiting: _Waiting) -> None:
        """Let go of somebody who has been answered."""
        timer = self._waiting.pop(waiting, None)
        if timer is not None:
            timer.cancel()


class _Waiting:
    """A client between the walk and the timer: the first to come answers it."""

    def __init__(
        self,
        stand_in: StandIn,
        question: Question,
        client: Address,
        stale: Stale,
        deliver: Waiter,
    ) -> None:
        self._stand_in = stand_in
        self._question = question
        self._client = client
        self._stale = stale
        self._deliver = deliver
        self._answered = False

    def time_is_up(self) -> None:
        """Answer with what is stale; the walk goes on for the next who asks."""
        self._stand_in.forget(self)
        self.tell(self._stale.outcome, "client response timer")

    def hear(self, outcome: Outcome) -> None:
        """Take how the walk ended."""
        self._stand_in.forget(self)
        unreachable = is_unreachable(outcome)
        if unreachable:
            self._stand_in.rest(self._question)
        if self._answered:
            return
        if unreachable:
            self.tell(self._stale.because_of(outcome), "nobody can be reached")
        else:
            self._deliver(outcome)

    def tell(self, outcome: Outcome, why: str) -> None:
        """Answer with what is stale."""
        self._answered = True
        self._stand_in.told(self._question, self._client, outcome.rcode, self._stale.expired, why)
        self._deliver(outcome)
