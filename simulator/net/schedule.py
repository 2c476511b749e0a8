"""What is due when: one heap for all packets and transport timers.

asyncio's own timer heap does not keep equal deadlines in order, which would scramble
the segments of a stream; here ties are broken by a sequence number.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from simulator.values import Instant

Due = tuple[Instant, int, Callable[[Any], None], Any]


class Schedule:
    """Callbacks with one argument each, kept in the order (when, first asked)."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._sequence = 0

    def at(self, when: Instant, callback: Callable[[Any], None], argument: Any) -> None:
        """Have ``callback(argument)`` run at an instant; there is no cancelling.

        Whoever sets a timer looks, when it fires, whether it still matters.
        """
        self._sequence = sequence = self._sequence + 1
        heapq.heappush(self._heap, (when, sequence, callback, argument))

    def next_at(self) -> Instant | None:
        """Return the first deadline, or None when nothing is due ever."""
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: Instant, failed: Callable[[Exception], None]) -> None:
        """Run what is due at ``now``, but not what that asks for in turn.

        What one callback schedules for this very instant waits for the next call, so that
        tasks get their turn and two chatty hosts cannot starve the loop.
        """
        heap, newest = self._heap, self._sequence
        while heap and heap[0][0] <= now and heap[0][1] <= newest:
            _, _, callback, argument = heapq.heappop(heap)
            try:
                callback(argument)
            except Exception as error:
                failed(error)

    def __len__(self) -> int:
        return len(self._heap)
