"""A TCP connection by hand, for a tracer: it says something with the TTL that is wanted, and
notes everything that comes back, whoever sent it."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, NamedTuple, cast

from simulator.values import (
    ACK,
    FIN,
    MILLISECOND,
    PSH,
    RST,
    SECOND,
    SYN,
    Address,
    Duration,
    Icmp,
    IcmpKind,
    Instant,
    Packet,
    Segment,
)

if TYPE_CHECKING:
    from simulator.net import Host
    from simulator.net.tcp import Connection

SYN_ACK, RESET, DATAGRAM = "syn-ack", "rst", "datagram"
DATA, END, ACKNOWLEDGED, NO_CONNECTION = "data", "fin", "ack", "no connection"
"""What may come back beside ICMP. ``ack`` is the server's word that it got all that was said."""
ORDINARY_TTL = 64
AFTERMATH: Duration = 200 * MILLISECOND
"""How long a hop's "time exceeded" may be followed by an answer of somebody nearer."""
_WINDOW = 65_535
_MODULUS = 1 << 32


class Reply(NamedTuple):
    """What came back for one packet. ``kind`` is None for silence, and then ``address`` too.

    ``elapsed`` is in microseconds; ``ttl`` is what an ICMP packet had left when it came.
    """

    kind: IcmpKind | str | None
    address: Address | None
    elapsed: Duration
    ttl: int | None = None


class HopSeen(NamedTuple):
    """What came back at one TTL: an `IcmpKind`'s text, one of the words above, or None.

    ``address`` is who says so, or in whose name it was said. In a flow, ``router`` is who
    said "time exceeded" at that TTL, whatever else came back.
    """

    ttl: int
    address: Address | None
    what: str | None
    elapsed: Duration
    router: Address | None = None


def quotes(packet: Packet, ends: tuple[Address, int, Address, int]) -> bool:
    """Whether an ICMP error is about a packet between those ends."""
    body = packet.body
    assert isinstance(body, Icmp)
    quoted = body.quoted
    if quoted is None or isinstance(quoted.body, Icmp):
        return False
    inner = quoted.body
    return ends == (
        quoted.source,
        inner.source_port,
        quoted.destination,
        inner.destination_port,
    )


class Flow:
    """A TCP connection by hand: no retransmission of data, and the TTL is ours to choose.

    It takes the place of a `Connection` in the host's table, so that no kernel answers what
    arrives. Leaving it resets the connection, as a program that has seen enough would.
    """

    def __init__(self, host: Host, local: tuple[Address, int], peer: tuple[Address, int]) -> None:
        self.context = contextvars.copy_context()
        self._host = host
        self._peer = peer
        taken = host.connections
        port = host.free_port(lambda candidate: (local[0], candidate, *peer) in taken)
        self.local = (local[0], port)
        self._next = host.random.getrandbits(32)
        self._expected = 0
        self._began: Instant = host.fabric.clock.now
        self._established = False
        self._broken = False
        self._heard: list[tuple[str, Address, Duration]] = []
        self._news = asyncio.Event()

    def __enter__(self) -> Flow:
        key = (*self.local, *self._peer)
        # The table holds `Connection`s; of those a host uses what this class has, no more.
        self._host.connections[key] = cast("Connection", self)
        self._stop = self._host.listen_icmp(self._met)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        if self._established and not self._broken:
            self.send(RST | ACK)
        self._host.connections.pop((*self.local, *self._peer), None)

    @property
    def elapsed(self) -> Duration:
        """Microseconds since the flow began, or since something was last said."""
        return self._host.fabric.clock.now - self._began

    # --- what a host asks of a connection -------------------------------------------------

    def arrived(self, segment: Segment) -> None:
        """Note what a segment means."""
        flags = segment.flags
        if flags & RST:
            self._broken = True
            self._note(RESET, self._peer[0])
        elif flags & SYN:
            if flags & ACK and segment.acknowledgment == self._next:
                self._expected = (segment.sequence + 1) % _MODULUS
                self._note(SYN_ACK, self._peer[0])
        elif self._established and segment.sequence == self._expected:
            self._took(segment)

    def _took(self, segment: Segment) -> None:
        if segment.data:
            self._note(DATA, self._peer[0])
        elif segment.flags & FIN:
            self._note(END, self._peer[0])
        elif segment.acknowledgment == self._next:
            self._note(ACKNOWLEDGED, self._peer[0])

    def met_error(self, kind: IcmpKind) -> None:
        """Leave it to `_met`, which sees who says so."""

    def break_off(self) -> None:
        """Lose the flow with the machine's other connections."""
        self._broken = True
        self._note(RESET, self.local[0])

    def _met(self, packet: Packet) -> None:
        if quotes(packet, (*self.local, *self._peer)):
            assert isinstance(packet.body, Icmp)
            self._note(packet.body.kind.value, packet.source)

    def _note(self, what: str, address: Address) -> None:
        self._heard.append((what, address, self.elapsed))
        self._news.set()

    # --- what the tracer does --------------------------------------------------------------

    def send(self, flags: int, data: bytes = b"", ttl: int = ORDINARY_TTL) -> None:
        """Send one segment, and move on in the sequence."""
        size = self._host.segment_size(self._peer[0]) if flags & SYN else None
        body = Segment(
            self.local[1], self._peer[1], self._next, self._expected, flags, _WINDOW, data, size
        )
        self._next = (self._next + len(data) + bool(flags & SYN)) % _MODULUS
        self._host.send(Packet(self.local[0], self._peer[0], body, ttl))

    async def first_answer(self, timeout: float) -> Reply:
        """Return the first thing that comes back, with an `IcmpKind` where it is one."""
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            return Reply(None, None, self.elapsed)
        what, address, elapsed = self._heard[0]
        self._established = what == SYN_ACK
        kinds = {kind.value: kind for kind in IcmpKind}
        return Reply(kinds.get(what, what), address, elapsed)

    async def open(self, timeout: float) -> bool:
        """Shake hands; whether the connection is up. A lost SYN is sent once more."""
        for _ in range(2):
            self.send(SYN)
            reply = await self.first_answer(timeout)
            if self._established:
                self.send(ACK)
                return True
            if reply.kind is not None:
                return False
            self._next = (self._next - 1) % _MODULUS  # the same SYN again
        return False

    def say(self, data: bytes, ttl: int) -> None:
        """Send octets in segments of that TTL; what came before is forgotten."""
        self._heard.clear()
        self._news.clear()
        self._began = self._host.fabric.clock.now
        size = self._host.segment_size(self._peer[0])
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            last = start + size >= len(data)
            self.send(ACK | PSH if last else ACK, piece, ttl)

    async def outcome(self, ttl: int, timeout: float) -> HopSeen:
        """Return what came back for what was said: an answer if there is one, else the hop."""
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline) as patience:
                while (found := self._answer(ttl)) is None:
                    self._news.clear()
                    await self._news.wait()
                    if self._router() is not None:
                        soon = asyncio.get_running_loop().time() + AFTERMATH / SECOND
                        patience.reschedule(min(deadline, soon))
                return found
        except TimeoutError:
            return self._at_the_end(ttl)

    def _answer(self, ttl: int) -> HopSeen | None:
        for wanted in ((RESET,), (DATA, END)):
            for what, address, elapsed in self._heard:
                if what in wanted:
                    router = self._router()
                    return HopSeen(ttl, address, what, elapsed, router and router[1])
        return None

    def _router(self) -> tuple[str, Address, Duration] | None:
        errors = [kind.value for kind in IcmpKind]
        return next((heard for heard in self._heard if heard[0] in errors), None)

    def _at_the_end(self, ttl: int) -> HopSeen:
        router = self._router()
        if router is not None:
            return HopSeen(ttl, router[1], router[0], router[2], router[1])
        for what, address, elapsed in self._heard:
            return HopSeen(ttl, address, what, elapsed)
        return HopSeen(ttl, None, None, self.elapsed)
