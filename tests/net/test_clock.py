"""The two policies of lab time."""

from __future__ import annotations

import datetime
import threading

import pytest

from simulator.net import JumpClock, PacedClock
from simulator.values import DAY, HOUR, SECOND

PARIS_SUMMER = datetime.timezone(datetime.timedelta(hours=2))
START = datetime.datetime(2024, 6, 25, 8, 0, tzinfo=PARIS_SUMMER)


class StagedClock(PacedClock):
    """A paced clock whose real time the test owns."""

    def __init__(self, rate: float) -> None:
        self.real = 0
        self.waited: list[float | None] = []
        super().__init__(rate, START)

    def _real_now(self) -> int:
        return self.real


class Wakeup(threading.Event):
    """Records how long it was waited for, and lets that much real time pass."""

    def __init__(self, clock: StagedClock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.waited.append(timeout)
        self.clock.real += round((timeout or 0) * 1_000_000_000)
        return True


def test_a_leap_costs_no_real_time_and_never_goes_back() -> None:
    clock = JumpClock(START)
    clock.advance(DAY, threading.Event())
    assert clock.now == DAY
    clock.advance(HOUR, threading.Event())
    assert clock.now == DAY


def test_the_calendar_follows_the_start_with_its_offset() -> None:
    clock = JumpClock(START)
    clock.now = 90 * SECOND
    assert clock.date() == datetime.datetime(2024, 6, 25, 8, 1, 30, tzinfo=PARIS_SUMMER)
    assert clock.instant(datetime.datetime(2024, 6, 25, 6, 1, tzinfo=datetime.UTC)) == 60 * SECOND


def test_a_start_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        JumpClock(datetime.datetime(2024, 6, 25, 8, 0))  # noqa: DTZ001


def test_a_pace_of_sixty_makes_a_minute_a_second() -> None:
    clock = StagedClock(60)
    clock.advance(60 * SECOND, Wakeup(clock))
    assert (clock.now, clock.waited) == (60 * SECOND, [1.0])


def test_time_stops_at_each_deadline_even_when_real_time_has_run_ahead() -> None:
    clock = StagedClock(1)
    clock.real = 10_000_000_000
    clock.advance(3 * SECOND, Wakeup(clock))
    assert (clock.now, clock.waited) == (3 * SECOND, [])


def test_a_fast_forward_passes_every_deadline_in_turn_and_then_resumes_the_pace() -> None:
    clock = StagedClock(1)
    clock.fast_forward(HOUR)
    passed = []
    for deadline in (10 * SECOND, 20 * SECOND, 2 * HOUR):
        clock.advance(deadline, Wakeup(clock))
        passed.append(clock.now)
    assert passed == [10 * SECOND, 20 * SECOND, HOUR]
    assert clock.waited == []
    clock.advance(HOUR + 5 * SECOND, Wakeup(clock))
    assert (clock.now, clock.waited) == (HOUR + 5 * SECOND, [5.0])


def test_a_pause_waits_for_the_outside_and_lets_no_lab_time_pass() -> None:
    clock = StagedClock(0)
    clock.advance(SECOND, Wakeup(clock))
    assert (clock.now, clock.waited) == (0, [None])
    clock.real += 5_000_000_000
    clock.set_rate(1)
    clock.advance(SECOND, Wakeup(clock))
    assert clock.now == SECOND


@pytest.mark.parametrize("rate", [-1, float("inf"), float("nan")])
def test_a_rate_that_means_nothing_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        PacedClock(rate)
