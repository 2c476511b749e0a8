"""TCP in somebody else's name: a server's answer, written by a router on the way."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.roles.isp.flows import MODULUS, Fate
from simulator.values import (
    ACK,
    FIN,
    PSH,
    RST,
    SYN,
    Drop,
    Inject,
    Instant,
    Packet,
    Segment,
    Verdict,
)

_WINDOW = 65_535


def answer_for_server(
    packet: Packet, request: Segment, data: bytes, mss: int
) -> tuple[tuple[Packet, ...], Fate]:
    """Answer the client's last segment as its server would, and end the server's stream.

    Returns the packets (the answer in segments, the last with a FIN; a RST for the server,
    which never gets the request) and the fate of the rest of the flow: see `_Farewell`.
    """
    end = (request.sequence + len(request.data) + bool(request.flags & FIN)) % MODULUS
    segments = tuple(_segments(packet, request, data, mss, end))
    torn_down = Segment(request.source_port, request.destination_port, request.sequence, 0, RST, 0)
    to_server = Packet(packet.source, packet.destination, torn_down)
    after = (request.acknowledgment + len(data) + 1) % MODULUS
    return (*segments, to_server), _Farewell(packet, request, after).fate


def _segments(
    packet: Packet, request: Segment, data: bytes, mss: int, acknowledgment: int
) -> Iterator[Packet]:
    for start in range(0, len(data), mss):
        last = start + mss >= len(data)
        answer = Segment(
            request.destination_port,
            request.source_port,
            (request.acknowledgment + start) % MODULUS,
            acknowledgment,
            ACK | PSH | FIN if last else ACK,
            _WINDOW,
            data[start : start + mss],
        )
        yield Packet(packet.destination, packet.source, answer)


class _Farewell:
    """Stands in for the server until the client has ended its own stream.

    Nothing reaches either end any more; without the acknowledgment of its FIN the client
    would repeat it for minutes, and the server, reset, would answer it with RSTs that may
    destroy what the client has not read yet.
    """

    __slots__ = ("_client", "_sequence")

    def __init__(self, packet: Packet, request: Segment, sequence: int) -> None:
        self._client = (packet.source, request.source_port)
        self._sequence = sequence

    def fate(self, packet: Packet, now: Instant) -> Verdict:
        """Acknowledge what the client still says, and let nothing through."""
        segment = packet.body
        assert isinstance(segment, Segment)
        length = len(segment.data) + bool(segment.flags & FIN)
        is_client = (packet.source, segment.source_port) == self._client
        if not is_client or not length or segment.flags & (RST | SYN):
            return Drop()
        acknowledgment = Segment(
            segment.destination_port,
            segment.source_port,
            self._sequence,
            (segment.sequence + length) % MODULUS,
            ACK,
            _WINDOW,
        )
        return Inject((Packet(packet.destination, packet.source, acknowledgment),))
