"""Lab time: integer microseconds since the start, under one of two policies.

This is the only module of the lab that reads a real clock.

The loop asks the clock to `advance` to the next deadline; the policy decides what that
costs in real time. Under both policies time stops *at* each deadline in turn, never
beyond it, so that events run in the same order whether the lab leaps or is watched live.
"""

from __future__ import annotations

import datetime
import sys
import threading
import time

from simulator.values import Duration, Instant

_SLICE = 1.0 if sys.platform == "win32" else None
"""Seconds to wait at a time. A wait without end would not hear Ctrl-C on Windows."""

DEFAULT_START = datetime.datetime(2024, 6, 1, 8, 0, tzinfo=datetime.UTC)
"""The calendar date of instant 0 in a lab that names none."""


class Clock:
    """What both policies share: the present instant, and the calendar it stands for."""

    def __init__(self, start: datetime.datetime = DEFAULT_START) -> None:
        if start.tzinfo is None:
            raise ValueError("the start of a lab needs a UTC offset: 2024-06-25T08:00:00+02:00")
        self.start = start
        self.now: Instant = 0

    def date(self, at: Instant | None = None) -> datetime.datetime:
        """Return the calendar date of an instant (the present one by default)."""
        return self.start + datetime.timedelta(microseconds=self.now if at is None else at)

    def instant(self, date: datetime.datetime) -> Instant:
        """Return the instant of a calendar date; negative before the start."""
        return (date - self.start) // datetime.timedelta(microseconds=1)

    def begin(self, at: Instant) -> None:
        """Start at an instant before 0, and let the time up to 0 cost nothing."""
        self.now = at

    def advance(self, deadline: Instant | None, wakeup: threading.Event) -> None:
        """Move on to ``deadline``, or until ``wakeup`` is set from outside.

        None means that nothing in the lab is due: only the outside can wake it.
        """
        raise AssertionError("a policy says how")

    @property
    def waits_for_outside(self) -> bool:
        """Whether a lab with nothing left to do may wait for the outside instead of failing."""
        return False


class JumpClock(Clock):
    """Time leaps to the next event: for batch runs and tests."""

    def advance(self, deadline: Instant | None, wakeup: threading.Event) -> None:
        """Leap; costs no real time, and nothing outside is listened to."""
        if deadline is not None and deadline > self.now:
            self.now = deadline


class PacedClock(Clock):
    """Lab time follows real time times ``rate``: for a live demonstration.

    ``rate`` 1 is real time, 60 a minute a second, 0 a pause. `fast_forward` runs through
    everything up to a target at full speed, in order, and then resumes the pace.
    """

    def __init__(self, rate: float = 1.0, start: datetime.datetime = DEFAULT_START) -> None:
        super().__init__(start)
        self._rate = self._checked(rate)
        self._forward_to: Instant = 0
        self._awaited: Instant | None = None
        """The deadline that `advance` is waiting for."""
        self._anchor(self.now)

    def begin(self, at: Instant) -> None:
        """Start at an instant before 0, and run to 0 at full speed."""
        super().begin(at)
        self._anchor(at)
        self._forward_to = 0

    @property
    def waits_for_outside(self) -> bool:
        """A live lab waits for its audience."""
        return True

    @property
    def rate(self) -> float:
        """Lab seconds per real second."""
        return self._rate

    def set_rate(self, rate: float) -> None:
        """Change the pace from now on; wake the loop afterwards (``call_soon_threadsafe``)."""
        checked, reached = self._checked(rate), self._reached()
        self._rate = checked
        self._anchor(reached)

    def fast_forward(self, duration: Duration) -> None:
        """Let the next ``duration`` microseconds of lab time pass at full speed."""
        if duration < 0:
            raise ValueError("lab time never runs backwards")
        self._forward_to = max(self._forward_to, self._reached() + duration)

    def advance(self, deadline: Instant | None, wakeup: threading.Event) -> None:
        """Wait for real time to reach the deadline, or run to it during a fast-forward."""
        if self._forward_to > self.now:
            self.now = self._forward_to if deadline is None else min(deadline, self._forward_to)
            self._anchor(self.now)
            return
        wait = None
        if deadline is not None and self._rate > 0:
            wait = max(0.0, (deadline - self._paced_now()) / self._rate / 1_000_000)
        self._awaited = deadline
        if wait is None or wait > 0:
            wakeup.wait(_slice_of(wait))
        wakeup.clear()
        self.now = self._reached()
        self._awaited = None

    def _paced_now(self) -> Instant:
        elapsed = self._real_now() - self._real_anchor
        return self._lab_anchor + round(elapsed * self._rate / 1_000)

    def _reached(self) -> Instant:
        """The lab time that the pace has reached by now, never beyond what is awaited."""
        paced = self._paced_now()
        return max(self.now, paced if self._awaited is None else min(paced, self._awaited))

    def _anchor(self, reached: Instant) -> None:
        self._lab_anchor = reached
        self._real_anchor = self._real_now()

    _real_now = staticmethod(time.monotonic_ns)  # an attribute, so that tests replace it

    @staticmethod
    def _checked(rate: float) -> float:
        if not 0 <= rate < float("inf"):
            raise ValueError(f"a rate is lab seconds per real second, 0 or more; got {rate}")
        return rate


def _slice_of(seconds: float | None) -> float | None:
    """Return how long to wait at a time: the clock asks again when it is over."""
    if seconds is None:
        return _SLICE
    return min(seconds, threading.TIMEOUT_MAX if _SLICE is None else _SLICE)
