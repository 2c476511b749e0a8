"""What a resolver asks for in the background, and what it does not."""

from collections.abc import Coroutine
from typing import Any

import pytest

from simulator.roles.resolver.behaviour import Behaviour
from simulator.roles.resolver.cache import Cache, Outcome
from simulator.roles.resolver.centricity import OwnWord
from simulator.roles.resolver.upkeep_service import Upkeep
from simulator.values import SECOND
from simulator.wire.dns_values import Question, Record

CLIPS = Question("clips.test", "A")
BEHAVIOUR = Behaviour("child", ghosts=True, prefetch=True)


class Bench:
    """Keeps what is to be done until it is done by `finish`."""

    def __init__(self) -> None:
        self.now = 0
        self.cache = Cache()
        self.waiting: list[Coroutine[Any, Any, None]] = []
        self.asked: list[Question] = []
        self.journal: list[str] = []
        self.upkeep = Upkeep(
            BEHAVIOUR, self.cache, lambda: self.now, self.refresh, self.waiting.append, self.record
        )

    async def refresh(self, question: Question) -> Outcome:
        self.asked.append(question)
        self.upkeep.walked(question, self.word(f"next.{question.name}"))
        return Outcome("NOERROR")

    def record(self, what: str, /, **details: object) -> None:
        self.journal.append(what)

    def word(self, *unconfirmed: str) -> OwnWord:
        word = OwnWord(BEHAVIOUR, self.cache)
        word.unconfirmed = dict.fromkeys(unconfirmed)
        return word

    async def finish(self) -> list[Question]:
        """Do what is waiting, but not what comes of it; return what was asked."""
        waiting, self.waiting[:] = list(self.waiting), []
        self.asked = []
        for work in waiting:
            await work
        return self.asked


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_zone_is_asked_for_its_own_servers_once_at_a_time(bench: Bench) -> None:
    bench.upkeep.walked(CLIPS, bench.word("clips.test", "test"))
    bench.upkeep.walked(CLIPS, bench.word("clips.test"))
    assert await bench.finish() == [Question("clips.test", "NS"), Question("test", "NS")]
    bench.upkeep.walked(CLIPS, bench.word("clips.test"))
    assert await bench.finish() == [Question("clips.test", "NS")]


async def test_asking_a_zone_leads_to_no_further_asking(bench: Bench) -> None:
    """Zones that name each other's servers would keep us busy for ever."""
    bench.upkeep.walked(CLIPS, bench.word("clips.test"))
    await bench.finish()
    assert bench.waiting == []


async def test_a_prefetch_does_keep_a_ghost_alive(bench: Bench) -> None:
    bench.cache.put_records((Record("clips.test", "A", 300, "192.0.2.80"),), 0)
    bench.upkeep.answered(CLIPS)
    assert bench.waiting == [], "too early"
    bench.now = 280 * SECOND
    bench.upkeep.answered(CLIPS)
    bench.upkeep.answered(CLIPS)
    assert await bench.finish() == [CLIPS]
    assert bench.journal == ["prefetched"]
    assert await bench.finish() == [Question("next.clips.test", "NS")]


async def test_failures_are_not_prefetched(bench: Bench) -> None:
    bench.cache.put_failure(CLIPS, Outcome("SERVFAIL"), 0)
    bench.now = 5 * SECOND - 1
    bench.upkeep.answered(CLIPS)
    assert bench.waiting == []
