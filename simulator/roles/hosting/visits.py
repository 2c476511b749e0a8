"""What a machine remembers of those who came: the log of its web server."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from simulator.values import Address, Instant

VISITS_KEPT = 4_096
"""A log is not endless: the oldest visit makes room for the newest."""
HOST_KEPT, PATH_KEPT = 255, 512
"""Characters of a name, of a path; a visitor must not fill the log by one request."""


class Visit(NamedTuple):
    """One request as the machine saw it: the address is that of whoever connected.

    Behind a VPN or a content network that is the exit's or the edge's, never the person's.
    """

    at: Instant
    address: Address
    host: str
    path: str
    status: int


class VisitLog:
    """The last visits, oldest first."""

    def __init__(self, kept: int = VISITS_KEPT) -> None:
        self._visits: deque[Visit] = deque(maxlen=kept)

    def __iter__(self) -> Iterator[Visit]:
        return iter(self._visits)

    def __len__(self) -> int:
        return len(self._visits)

    def __repr__(self) -> str:
        return f"<VisitLog {len(self._visits)} visits>"

    def note(self, at: Instant, address: Address, host: str, path: str, status: int) -> None:
        """Write a visit down."""
        self._visits.append(Visit(at, address, host[:HOST_KEPT], path[:PATH_KEPT], status))

    def of(self, names: Iterable[str], since: Instant, until: Instant) -> tuple[Visit, ...]:
        """Return the visits to sites by their names in a span of time, both ends included."""
        wanted = frozenset(names)
        return tuple(
            # What a stranger sent need not be text that a file can hold.
            visit._replace(path=visit.path.encode("ascii", "backslashreplace").decode())
            for visit in self._visits
            if visit.host in wanted and since <= visit.at <= until
        )
