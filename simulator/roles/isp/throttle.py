"""A queue that lets a flow through at a rate, and no faster."""

from __future__ import annotations

from simulator.values import (
    SECOND,
    Address,
    Datagram,
    Delay,
    Drop,
    Duration,
    Instant,
    Packet,
    Segment,
    Verdict,
)

QUEUE_OCTETS = 65_536
"""Octets of one direction that wait; what does not fit is dropped. A window's worth of TCP:
ours has no congestion control, and would lose most of a window to a shorter queue. Long
transfers still take up to half as long again as their rate would allow, because what waits
for longer than the retransmission timer is sent twice."""
_HEADERS = {4: 20, 6: 40}
_TCP_HEADER, _UDP_HEADER = 20, 8


class Shaper:
    """One queue for each direction of a flow. ``rate`` is in bits per second of IP packets."""

    __slots__ = ("_free", "_longest", "_rate")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._free: dict[Address, Instant] = {}
        """By sender: when the last packet that waits will have left."""
        self._longest = self._time_for(QUEUE_OCTETS)

    def fate(self, packet: Packet, now: Instant) -> Verdict:
        """Hold a packet back until it is its turn and it has been sent at the rate."""
        begins = max(now, self._free.get(packet.source, 0))
        ends = begins + self._time_for(_octets(packet))
        if ends - now > self._longest:
            return Drop()
        self._free[packet.source] = ends
        return Delay(ends - now)

    def _time_for(self, octets: int) -> Duration:
        return octets * 8 * SECOND // self._rate


def _octets(packet: Packet) -> int:
    header = _HEADERS[6 if ":" in packet.source else 4]
    body = packet.body
    if isinstance(body, Segment):
        return header + _TCP_HEADER + len(body.data)
    assert isinstance(body, Datagram)
    return header + _UDP_HEADER + len(body.data)
