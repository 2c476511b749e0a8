"""How resolvers differ in what they keep: choices that decide how long a seizure takes to be felt.

The defaults are those of a resolver that goes by the parent's word and forgets on time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.errors import LabError
from simulator.roles.resolver.cache import Delegation
from simulator.values import DAY, MILLISECOND, SECOND, Duration, Instant, message
from simulator.wire.dns_values import Record


@dataclass(frozen=True, slots=True)
class ServeStale:
    """The timers of RFC 8767 section 5, with the values that it proposes."""

    ttl: Duration = 30 * SECOND
    """What clients are told of stale records: whole seconds, above zero."""
    longest: Duration = DAY
    """How long after its end a record may still be told; proposed are one to three days."""
    client_timer: Duration = 1800 * MILLISECOND
    """How long a client waits for fresh data before it is given the stale."""
    recheck: Duration = 30 * SECOND
    """How long after a failure nobody is asked again."""

    def __post_init__(self) -> None:
        if self.ttl < SECOND or self.ttl % SECOND:
            raise LabError(message("stale records need a TTL of one second or more, in seconds"))
        if min(self.longest, self.client_timer, self.recheck) < 0:
            raise LabError(message("a timer for stale records cannot be negative"))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one resolver does with what it learns.

    ``centricity`` says whose NS records count once a zone's own servers have spoken: those of
    the delegation (``parent``), or their own, for their TTL (``child``). With ``ghosts`` every
    answer of those servers starts that TTL anew, so that a zone which is asked for often enough
    is never looked for at its parent again: ghost domains (Jiang et al., NDSS 2012).

    ``min_ttl`` and ``max_ttl`` bound how long records and delegations are kept; denials have the
    upper bound alone. Without ``max_ttl`` answers are kept for a day at most, delegations for as
    long as they say. ``prefetch`` asks again for what is asked for in the last tenth of its time.
    """

    centricity: Literal["parent", "child"] = "parent"
    ghosts: bool = False
    serve_stale: ServeStale | None = None
    min_ttl: Duration = 0
    max_ttl: Duration | None = None
    prefetch: bool = False

    def __post_init__(self) -> None:
        if self.ghosts and self.centricity != "child":
            raise LabError(message("only a child-centric resolver can keep ghost domains"))
        if self.min_ttl < 0 or (self.max_ttl is not None and self.max_ttl < self.min_ttl):
            raise LabError(message("the TTL bounds of a resolver must be 0 ≤ min_ttl ≤ max_ttl"))

    @property
    def bounds(self) -> bool:
        """Whether it keeps anything for longer or shorter than it says."""
        return self.min_ttl > 0 or self.max_ttl is not None

    def bound(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Return records with their TTLs within the bounds."""
        if not self.bounds:
            return records
        return tuple([one._replace(ttl=self._clamp(one.ttl * SECOND) // SECOND) for one in records])

    def bound_denial(self, soa: Record) -> Record:
        """Return the SOA of a denial with its TTL within the upper bound."""
        if self.max_ttl is None:
            return soa
        return soa._replace(ttl=min(soa.ttl, self.max_ttl // SECOND))

    def bound_delegation(self, delegation: Delegation, now: Instant) -> Delegation:
        """Return a delegation that was just heard with its end within the bounds."""
        if not self.bounds:
            return delegation
        return delegation._replace(expires=now + self._clamp(delegation.expires - now))

    def _clamp(self, lifetime: Duration) -> Duration:
        lifetime = max(lifetime, self.min_ttl)
        return lifetime if self.max_ttl is None else min(lifetime, self.max_ttl)


DEFAULT = Behaviour()
