"""A site that runs on in the hands of the police: what they learn, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.values import Address, Instant

if TYPE_CHECKING:
    from simulator.roles.hosting.visits import VisitLog


class Learnt(NamedTuple):
    """What the machine's log tells of a span of time.

    ``addresses`` are those that connected: behind a VPN, a proxy or an edge that is theirs,
    never the person's. ``visits`` are the price as well: each was served by the police, at a
    site that they could have closed.
    """

    site: str
    since: Instant
    until: Instant
    visits: int
    addresses: tuple[Address, ...]
    names: tuple[str, ...]


class ControlledOperation:
    """One operation, from an instant on until it is ended. Visitors notice nothing."""

    def __init__(self, site: str, names: tuple[str, ...], since: Instant, visits: VisitLog) -> None:
        self.site = site
        self.ended: Instant | None = None
        self._names = names
        self._since = since
        self._visits = visits

    def __repr__(self) -> str:
        state = "runs" if self.ended is None else "ended"
        return f"<ControlledOperation {self.site} {state}>"

    def learnt(self, now: Instant) -> Learnt:
        """Return what is known by now; after the end, what was known then."""
        until = now if self.ended is None else self.ended
        seen = self._visits.of(self._names, self._since, until)
        return Learnt(
            self.site,
            self._since,
            until,
            len(seen),
            tuple(dict.fromkeys(visit.address for visit in seen)),
            tuple(dict.fromkeys(visit.host for visit in seen)),
        )
