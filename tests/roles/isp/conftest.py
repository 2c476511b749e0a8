"""One flow past one rule: what each packet of a dialogue meets, without a network."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pytest

from simulator.net import Flow
from simulator.net.packets import flow_key
from simulator.values import (
    ACK,
    FIN,
    PASS,
    SYN,
    Datagram,
    Direction,
    Inject,
    Instant,
    Packet,
    Segment,
    Verdict,
)

CLIENT, SERVER = "192.0.2.10", "198.51.100.20"


class Met:
    """What a packet met. Verdicts are tuples, and `Drop() == Pass()`: this compares their kind."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self.verdict) and other == self.verdict

    def __hash__(self) -> int:
        return hash(self.verdict)

    def __repr__(self) -> str:
        return repr(self.verdict)


class Dialogue:
    """One TCP connection of a subscriber, and its flow as a router remembers it.

    What a rule lets through moves the numbers on, as the ends would.
    """

    def __init__(
        self,
        rule: Any,
        port: int = 80,
        client: str = CLIENT,
        server: str = SERVER,
        client_port: int = 5000,
        flow: Flow | None = None,
        first: int = 0xFFFF_FFF0,
    ) -> None:
        self.rule = rule
        self.client, self.server = (client, client_port), (server, port)
        self.sent, self.answered = first, 7000
        self.flow = flow
        self.now: Instant = 0

    def meet(self, packet: Packet, direction: Direction) -> Met:
        if not self.rule.concerns(packet):
            return Met(PASS)
        if self.flow is None:
            self.flow = Flow(flow_key(packet), self.now)
        return Met(self.rule.judge(packet, direction, self.flow, self.now))

    def outbound(self, flags: int, data: bytes = b"", sequence: int | None = None) -> Packet:
        number = self.sent if sequence is None else sequence
        mss = 1460 if flags & SYN else None
        body = Segment(
            self.client[1], self.server[1], number, self.answered, flags, 65535, data, mss
        )
        return Packet(self.client[0], self.server[0], body)

    def open(self) -> list[Met]:
        """The three-way handshake."""
        syn = self.meet(self.outbound(SYN), Direction.OUTBOUND)
        self.sent = (self.sent + 1) % 2**32
        back = Segment(self.server[1], self.client[1], self.answered, self.sent, SYN | ACK, 65535)
        syn_ack = self.meet(Packet(self.server[0], self.client[0], back), Direction.INBOUND)
        self.answered += 1
        ack = self.meet(self.outbound(ACK), Direction.OUTBOUND)
        return [syn, syn_ack, ack]

    def say(self, data: bytes, flags: int = ACK) -> Met:
        """The client sends a segment."""
        met = self.meet(self.outbound(flags, data), Direction.OUTBOUND)
        if not isinstance(met.verdict, Inject):
            self.sent = (self.sent + len(data)) % 2**32
        return met

    def hear(self, data: bytes, flags: int = ACK) -> Met:
        """The server sends a segment."""
        body = Segment(self.server[1], self.client[1], self.answered, self.sent, flags, 65535, data)
        self.answered += len(data)
        return self.meet(Packet(self.server[0], self.client[0], body), Direction.INBOUND)

    def say_all(self, pieces: Iterable[bytes]) -> list[Met]:
        return [self.say(piece) for piece in pieces]

    def end(self) -> Met:
        return self.say(b"", FIN | ACK)

    @property
    def seen(self) -> str | None:
        return None if self.flow is None else self.flow.seen.get(self.rule.name)


@lru_cache
def _hello(name: str | None) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


@pytest.fixture(scope="session")
def client_hello() -> Any:
    """The octets of a real ClientHello for a name, or for none."""
    return _hello


@pytest.fixture(scope="session")
def dialogue() -> type[Dialogue]:
    return Dialogue


@pytest.fixture(scope="session")
def datagram() -> Any:
    """Shows a rule one datagram of a subscriber; returns the verdict and what was seen."""

    def show(
        rule: Any,
        data: bytes,
        port: int = 53,
        *,
        source: str = CLIENT,
        destination: str = SERVER,
        direction: Direction = Direction.OUTBOUND,
        flow: Flow | None = None,
    ) -> tuple[Met, str | None]:
        packet = Packet(source, destination, Datagram(4000, port, data))
        if not rule.concerns(packet):
            return Met(PASS), None
        known = Flow(flow_key(packet), 0) if flow is None else flow
        return Met(rule.judge(packet, direction, known, 0)), known.seen.get(rule.name)

    return show
