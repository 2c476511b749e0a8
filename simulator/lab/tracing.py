"""Finding where packets go, and where they die: by packets of a small TTL, from one machine.

Every router takes one from the TTL, and the router at which nothing is left says so (ICMP
time exceeded). `Tracer.probe` sends one such packet, `Tracer.trace` one for each hop, as
traceroute does. `Tracer.trace_in_flow` first opens a TCP connection in the ordinary way and
then says something in segments of growing TTL: a middlebox that reads what is said answers,
or swallows it, at the first TTL that reaches it, however far away the server is.

A router looks only at what it passes on. What a box on the router at hop N does to packets
is therefore seen from TTL N + 1 on: the last hop that still answers is the one to ask about.

All of it goes by the machine's own way, through its tunnel if it has one, in lab time.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

from simulator.net.udp import DatagramTransport
from simulator.values import (
    ACK,
    FIN,
    MILLISECOND,
    PSH,
    RST,
    SECOND,
    SYN,
    Address,
    Datagram,
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
GOES_ON = (IcmpKind.TIME_EXCEEDED.value, None)
"""What a hop on the way says; anything else comes from the end, or in its place."""

FIRST_PORT = 33434
"""Where traceroute begins; each probe by UDP goes one port higher."""
ORDINARY_TTL = 64
PATIENCE = 4
"""Silent hops in a row after which a flow is given up: what swallowed it is behind us."""
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


class Tracer:
    """Sends packets of any TTL from one machine. Whoever awaits may be cancelled at any time."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def probe(
        self,
        destination: Address,
        ttl: int,
        *,
        kind: str = "udp",
        port: int = FIRST_PORT,
        data: bytes = b"",
        timeout: float = 3.0,
    ) -> Reply:
        """Send one packet and return what came back within ``timeout`` seconds of lab time.

        ``kind`` is ``udp``, ``icmp`` (an echo request; ``port`` is its sequence number) or
        ``tcp`` (a SYN). Raises `OSError` where the machine has no address of that version.
        """
        source = self._host.source_for(destination)
        if kind == "icmp":
            return await self._echo(source, destination, ttl, port, data, timeout)
        if kind == "udp":
            return await self._datagram(source, destination, ttl, port, data, timeout)
        if kind == "tcp":
            with _Flow(self._host, (source, 0), (destination, port)) as flow:
                flow.send(SYN, ttl=ttl)
                return await flow.first_answer(timeout)
        raise ValueError(f"a probe is udp, icmp or tcp, not {kind!r}")

    async def trace(
        self,
        destination: Address,
        *,
        kind: str = "udp",
        port: int | None = None,
        most: int = 30,
        queries: int = 1,
        timeout: float = 3.0,
        patience: int | None = None,
    ) -> tuple[HopSeen, ...]:
        """Return what each hop on the way to an address says, the nearest first.

        ``queries`` probes go out for a hop at the same time. It ends at the first hop that
        is no mere waypoint, after ``most`` hops, or after ``patience`` silent ones in a row.
        """
        seen: list[HopSeen] = []
        first = (80 if kind == "tcp" else FIRST_PORT) if port is None else port
        silent = 0
        for ttl in range(1, most + 1):
            begun = (ttl - 1) * queries
            ports = [first if kind == "tcp" else first + begun + n for n in range(queries)]
            probes = [
                self.probe(destination, ttl, kind=kind, port=each, timeout=timeout)
                for each in ports
            ]
            hop = [_hop(ttl, reply) for reply in await asyncio.gather(*probes)]
            seen += hop
            silent = silent + 1 if all(each.what is None for each in hop) else 0
            if silent == patience or any(each.what not in GOES_ON for each in hop):
                break
        return tuple(seen)

    async def trace_in_flow(
        self,
        destination: Address,
        port: int,
        data: bytes,
        *,
        most: int = 30,
        timeout: float = 3.0,
        patience: int = PATIENCE,
    ) -> tuple[HopSeen, ...]:
        """Say ``data`` on a new connection for each TTL and return what came back each time.

        A RST, data or a FIN before the hop at which a plain `trace` meets the server is the
        work of somebody on the way. It ends at the first answer to what was said; after
        ``patience`` silent hops in a row; or when no connection comes up at all, which is
        then the last thing seen (`NO_CONNECTION`).
        """
        seen: list[HopSeen] = []
        silent = 0
        for ttl in range(1, most + 1):
            hop = await self._say(destination, port, data, ttl, timeout)
            seen.append(hop)
            silent = silent + 1 if hop.what is None else 0
            if silent == patience or hop.what not in GOES_ON:
                break
        return tuple(seen)

    # --- the kinds of probe -------------------------------------------------------------

    async def _echo(
        self,
        source: Address,
        destination: Address,
        ttl: int,
        sequence: int,
        data: bytes,
        timeout: float,
    ) -> Reply:
        request = Icmp(
            IcmpKind.ECHO_REQUEST,
            identifier=self._host.random.getrandbits(16),
            sequence=sequence & 0xFFFF,
            data=data,
        )

        def answers(packet: Packet) -> bool:
            body = packet.body
            assert isinstance(body, Icmp)
            if body.kind is IcmpKind.ECHO_REPLY:
                heard = (body.identifier, body.sequence)
                return heard == (request.identifier, request.sequence)
            quoted = None if body.quoted is None else body.quoted.body
            return isinstance(quoted, Icmp) and quoted == request

        with _Ear(self._host, answers) as ear:
            self._host.send(Packet(source, destination, request, ttl))
            return await ear.first(timeout)

    async def _datagram(
        self,
        source: Address,
        destination: Address,
        ttl: int,
        port: int,
        data: bytes,
        timeout: float,
    ) -> Reply:
        host = self._host
        ports = host.datagram_ports
        own = host.free_port(lambda candidate: (source, candidate) in ports)

        def answers(packet: Packet) -> bool:
            return _quotes(packet, (source, own, destination, port))

        with _Ear(host, answers) as ear:
            inbox = _Inbox(lambda: ear.heard(DATAGRAM, destination))
            loop = asyncio.get_running_loop()
            endpoint = DatagramTransport(loop, host, inbox, (source, own), (destination, port))
            try:
                body = Datagram(own, port, data or bytes(32))
                host.send(Packet(source, destination, body, ttl))
                return await ear.first(timeout)
            finally:
                endpoint.close()

    async def _say(
        self, destination: Address, port: int, data: bytes, ttl: int, timeout: float
    ) -> HopSeen:
        source = self._host.source_for(destination)
        with _Flow(self._host, (source, 0), (destination, port)) as flow:
            if not await flow.open(timeout):
                return HopSeen(ttl, None, NO_CONNECTION, flow.elapsed)
            flow.say(data, ttl)
            return await flow.outcome(ttl, timeout)


def _hop(ttl: int, reply: Reply) -> HopSeen:
    what = reply.kind.value if isinstance(reply.kind, IcmpKind) else reply.kind
    return HopSeen(ttl, reply.address, what, reply.elapsed)


def _quotes(packet: Packet, ends: tuple[Address, int, Address, int]) -> bool:
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


class _Ear:
    """Waits for the first answer: an ICMP packet that fits, or what `heard` is told."""

    def __init__(self, host: Host, fits: Callable[[Packet], bool]) -> None:
        self._host = host
        self._fits = fits
        self._began: Instant = host.fabric.clock.now
        self._reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def __enter__(self) -> _Ear:
        self._stop = self._host.listen_icmp(self._arrived)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _arrived(self, packet: Packet) -> None:
        if self._fits(packet):
            assert isinstance(packet.body, Icmp)
            self.heard(packet.body.kind, packet.source, packet.ttl)

    def heard(self, kind: IcmpKind | str, address: Address, ttl: int | None = None) -> None:
        if not self._reply.done():
            self._reply.set_result(Reply(kind, address, self._elapsed, ttl))

    @property
    def _elapsed(self) -> Duration:
        return self._host.fabric.clock.now - self._began

    async def first(self, timeout: float) -> Reply:
        try:
            async with asyncio.timeout(timeout):
                return await self._reply
        except TimeoutError:
            return Reply(None, None, self._elapsed)


class _Inbox(asyncio.DatagramProtocol):
    """Tells that a datagram came."""

    def __init__(self, came: Callable[[], None]) -> None:
        self._came = came

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._came()


class _Flow:
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

    def __enter__(self) -> _Flow:
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
        if _quotes(packet, (*self.local, *self._peer)):
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
