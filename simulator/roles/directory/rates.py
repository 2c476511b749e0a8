"""How often one address may ask: a bucket that fills again with time."""

from __future__ import annotations

from collections import OrderedDict

from simulator.values import SECOND, Address, Duration, Instant

REMEMBERED = 4096
"""Addresses that are counted; the one that was silent longest is forgotten first."""


class RateLimit:
    """``rate`` questions in ``period`` for each address, saved up to that many."""

    def __init__(self, rate: int, period: Duration) -> None:
        assert rate > 0
        assert period > 0
        self._cost = period // rate
        self._period = period
        self._free_at: OrderedDict[Address, Instant] = OrderedDict()

    def allows(self, source: Address, now: Instant) -> bool:
        """Count a question, and tell whether it is one that may be asked."""
        owed = max(self._free_at.get(source, now), now) + self._cost
        if owed - now > self._period:
            return False
        self._free_at[source] = owed
        self._free_at.move_to_end(source)
        if len(self._free_at) > REMEMBERED:
            self._free_at.popitem(last=False)
        return True

    def wait(self, source: Address, now: Instant) -> int:
        """Return after how many whole seconds the next question is allowed, at least one."""
        until = self._free_at.get(source, now) + self._cost - self._period
        return max(1, -((now - until) // SECOND))
