"""A figure and its limit, and how both are measured in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from simulator.values import Message

ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what was measured, the limit it is held against, and whether it holds.

    ``at_most`` tells the side: a cost must stay at or below the limit, a rate reach it.
    """

    id: str
    title: Message
    measured: float
    limit: float
    unit: str
    at_most: bool
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its limit."""
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit


def cost(work: Callable[[], None]) -> float:
    """Return the processor time of some work, in seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


def elapsed(work: Callable[[], None]) -> float:
    """Return the real time of some work, in seconds: for what several processors share."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def paired(one: Callable[[], None], other: Callable[[], None]) -> tuple[float, float, float]:
    """Return the medians of two works, and the median of the ratio one / other by rounds."""
    one()
    other()
    pairs = [(cost(one), cost(other)) for _ in range(ROUNDS)]
    ones, others = zip(*pairs, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    return statistics.median(ones), statistics.median(others), ratio
