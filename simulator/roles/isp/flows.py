"""TCP connections as a rule on the way follows them: the client's octets, in order.

What is followed is remembered in the flow, by the rule's name, and never in the rule. Only
connections that a subscriber opens are followed: those whose client's packets leave the
network (see `simulator.values.Direction`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from simulator.values import (
    ACK,
    SYN,
    Address,
    Direction,
    Drop,
    Instant,
    Packet,
    Reset,
    Segment,
    Verdict,
)

MODULUS = 1 << 32
_EARLY_MOST = 64
"""Segments kept that came before their turn; those beyond are missed, and so may the rest be."""
_USUAL_MSS = 1220
"""For a connection whose SYN we did not see: fits every path of IPv6 (RFC 8200 section 5)."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Flow(Protocol):
    """What the router remembers of a flow, for each rule by its name."""

    memory: dict[str, Any]
    seen: dict[str, str]


class PathRule(Protocol):
    """One measure, as packets meet it on a router."""

    name: str

    def concerns(self, packet: Packet) -> bool:
        """Whether the rule may want this packet: cheap, and without memory."""

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        """Return what to do with a packet of a flow at an instant."""


class Reader(Protocol[T_co]):
    """Reads a client's stream piece by piece."""

    opaque: bool
    """Whether nothing more will be read."""

    def feed(self, data: bytes) -> Sequence[T_co]:
        """Take the next octets; return what they complete."""


Fate: TypeAlias = Callable[[Packet, Instant], Verdict]
"""What becomes of the rest of a flow, both directions."""


def dropped(packet: Packet, now: Instant) -> Verdict:
    """The fate of a flow that falls silent."""
    return Drop()


def reset(packet: Packet, now: Instant) -> Verdict:
    """The fate of a flow that is torn down: an end that missed one RST gets another."""
    return Reset(both_ways=True)


class ClientStream:
    """The client's side of one connection, put in order as its segments pass by.

    Retransmissions are known by their numbers; a gap waits, within bounds, for its filling.
    """

    __slots__ = ("_early", "_next", "client", "mss")

    def __init__(self, packet: Packet, first: Segment) -> None:
        self.client = (packet.source, first.source_port)
        self.mss = first.mss or _USUAL_MSS
        self._next = (first.sequence + bool(first.flags & SYN)) % MODULUS
        self._early: dict[int, bytes] = {}

    def is_from_client(self, source: Address, segment: Segment) -> bool:
        """Tell the client's segments from the server's."""
        return (source, segment.source_port) == self.client

    def take(self, segment: Segment) -> bytes:
        """Take a segment of the client; return what is new and in order now."""
        if not segment.data or segment.flags & SYN:
            return b""
        taken = self._following(segment.sequence, segment.data)
        if taken and self._early:
            while (more := self._next_early()) is not None:
                taken += more
        return taken

    def _following(self, sequence: int, data: bytes) -> bytes:
        offset = (sequence - self._next) % MODULUS
        if offset and offset < MODULUS // 2:
            if len(self._early) < _EARLY_MOST:
                self._early[sequence] = data
            return b""
        data = data[-offset % MODULUS :]
        self._next = (self._next + len(data)) % MODULUS
        return data

    def _next_early(self) -> bytes | None:
        for sequence in list(self._early):
            if (self._next - sequence) % MODULUS < MODULUS // 2:
                return self._following(sequence, self._early.pop(sequence))
        return None


class Conversation(Generic[T]):
    """What a rule remembers of one connection: what was read, and what is to become of it."""

    __slots__ = ("_reader", "fate", "stream")

    def __init__(self, stream: ClientStream | None, reader: Reader[T] | None) -> None:
        self.stream = stream
        self._reader = reader
        self.fate: Fate | None = None

    def said(self, packet: Packet, segment: Segment) -> Sequence[T]:
        """Return what a segment completes of what the client says."""
        if self._reader is None or self.stream is None:
            return ()
        if not self.stream.is_from_client(packet.source, segment):
            return ()
        data = self.stream.take(segment)
        if not data:
            return ()
        said = self._reader.feed(data)
        if self._reader.opaque:
            self._reader = None  # nothing more is read, so nothing is kept
        return said


class Watch(Generic[T]):
    """Which connections a rule follows: to which server ports, by which version of IP.

    No ports means all. A connection whose opening was not seen is followed from the first
    octets that a subscriber sends, which is as much as anybody could do.
    """

    def __init__(
        self,
        name: str,
        ports: tuple[int, ...],
        versions: tuple[int, ...],
        reader: Callable[[], Reader[T]],
    ) -> None:
        self.ports = ports
        self.versions = versions
        self._name = name
        self._reader = reader

    def concerns(self, packet: Packet) -> bool:
        """Tell whether a packet may belong to a connection to follow, either direction."""
        body = packet.body
        if type(body) is not Segment or (6 if ":" in packet.source else 4) not in self.versions:
            return False
        ports = self.ports
        return not ports or body.destination_port in ports or body.source_port in ports

    def conversation(
        self, packet: Packet, segment: Segment, direction: Direction, flow: Flow
    ) -> Conversation[T] | None:
        """Return what is remembered of the packet's connection; None for one not followed."""
        opens = segment.flags & (SYN | ACK) == SYN  # the same ports may have served before
        known: Conversation[T] | None = None if opens else flow.memory.get(self._name)
        if opens or (known is None and segment.data and self._is_clients(segment, direction)):
            known = flow.memory[self._name] = self._begin(packet, segment, direction)
        return known

    def _begin(self, packet: Packet, segment: Segment, direction: Direction) -> Conversation[T]:
        if self._is_clients(segment, direction):
            return Conversation(ClientStream(packet, segment), self._reader())
        return Conversation(None, None)

    def _is_clients(self, segment: Segment, direction: Direction) -> bool:
        if direction is not Direction.OUTBOUND:
            return False
        return not self.ports or segment.destination_port in self.ports
