"""What stays blocked for a while after a forbidden flow (RFC 9505 section 4.4)."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from simulator.measures import Residue
from simulator.values import Address, Datagram, Duration, Icmp, Instant, Packet, Segment

_REMEMBERED = 65_536
Ends: TypeAlias = tuple[Address | int, ...]


class _Mark(NamedTuple):
    until: Instant
    seen: str


class Residual:
    """The ends of forbidden flows, each until its time is over.

    This outlives flows, so it belongs to the rule. Only a forbidden flow enters its ends,
    and each does so anew; a packet that is stopped here, or an innocent one, changes
    nothing. Whoever tries again is therefore free ``duration`` after the *first* attempt:
    its later ones never come so far as to name what is forbidden.
    """

    def __init__(self, residue: Residue, duration: Duration) -> None:
        self.residue = residue
        self.duration = duration
        self._marks: dict[Ends, _Mark] = {}

    def enter(self, packet: Packet, segment: Segment, seen: str, now: Instant) -> None:
        """Remember the ends of a flow from one of its client's packets, and what was seen."""
        client, server = (
            (packet.source, segment.source_port),
            (
                packet.destination,
                segment.destination_port,
            ),
        )
        ends = self._ends(client, server)
        self._marks.pop(ends, None)
        if len(self._marks) >= _REMEMBERED:
            del self._marks[next(iter(self._marks))]
        self._marks[ends] = _Mark(now + self.duration, seen)

    def covers(self, packet: Packet, now: Instant) -> str | None:
        """Return what was seen between a packet's ends lately, None if nothing was."""
        if not self._marks:
            return None
        body = packet.body
        if type(body) is Icmp:
            if self.residue is not Residue.TWO_TUPLE:
                return None
            here, there = (packet.source, 0), (packet.destination, 0)
        else:
            assert isinstance(body, Datagram | Segment)
            here = (packet.source, body.source_port)
            there = (packet.destination, body.destination_port)
        for ends in (self._ends(here, there), self._ends(there, here)):
            mark = self._marks.get(ends)
            if mark is not None:
                if now < mark.until:
                    return mark.seen
                del self._marks[ends]
        return None

    def _ends(self, client: tuple[Address, int], server: tuple[Address, int]) -> Ends:
        if self.residue is Residue.TWO_TUPLE:
            return (client[0], server[0])
        if self.residue is Residue.THREE_TUPLE:
            return (client[0], *server)
        return (*client, *server)
