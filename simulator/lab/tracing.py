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
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.lab.tracing_flow import (
    ACKNOWLEDGED,
    DATA,
    DATAGRAM,
    END,
    NO_CONNECTION,
    RESET,
    SYN_ACK,
    Flow,
    HopSeen,
    Reply,
    quotes,
)
from simulator.net.udp import DatagramTransport
from simulator.values import SYN, Address, Datagram, Duration, Icmp, IcmpKind, Instant, Packet

if TYPE_CHECKING:
    from simulator.net import Host

__all__ = [
    "ACKNOWLEDGED",
    "DATA",
    "DATAGRAM",
    "END",
    "NO_CONNECTION",
    "RESET",
    "SYN_ACK",
    "HopSeen",
    "Reply",
    "Tracer",
]

GOES_ON = (IcmpKind.TIME_EXCEEDED.value, None)
"""What a hop on the way says; anything else comes from the end, or in its place."""

FIRST_PORT = 33434
"""Where traceroute begins; each probe by UDP goes one port higher."""
PATIENCE = 4
"""Silent hops in a row after which a flow is given up: what swallowed it is behind us."""


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
            with Flow(self._host, (source, 0), (destination, port)) as flow:
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
            return quotes(packet, (source, own, destination, port))

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
        with Flow(self._host, (source, 0), (destination, port)) as flow:
            if not await flow.open(timeout):
                return HopSeen(ttl, None, NO_CONNECTION, flow.elapsed)
            flow.say(data, ttl)
            return await flow.outcome(ttl, timeout)


def _hop(ttl: int, reply: Reply) -> HopSeen:
    what = reply.kind.value if isinstance(reply.kind, IcmpKind) else reply.kind
    return HopSeen(ttl, reply.address, what, reply.elapsed)


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
