"""What stands on a network's router and may touch the packets that cross it.

A `Middlebox` holds rules in order. The first rule whose verdict is not `Pass` wins, and
each such verdict is journalled. What a rule remembers about a flow lives in that flow's
own `Flow`, never in the rule: an innocent ClientHello must not disarm a rule for the
next one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from simulator.net.packets import FlowKey, flow_key
from simulator.values import (
    MINUTE,
    PASS,
    Address,
    Datagram,
    Direction,
    Icmp,
    Instant,
    Packet,
    Pass,
    Redirect,
    Segment,
    Verdict,
)

FLOW_IDLE = 5 * MINUTE
"""A flow that is silent for so long is forgotten; conntrack's usual order of magnitude."""
FLOWS_MOST = 65_536
"""Flows that one middlebox remembers; the longest silent one goes first."""


class Rule(Protocol):
    """One measure, as packets meet it."""

    @property
    def name(self) -> str:
        """What the journal calls it."""

    def concerns(self, packet: Packet) -> bool:
        """Whether the rule may want this packet: cheap, and without memory."""

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        """Return what to do with a packet of a flow at an instant."""


class Flow:
    """What is remembered of one flow, both directions: each rule's own state, by rule."""

    __slots__ = ("key", "last_seen", "memory")

    def __init__(self, key: FlowKey, now: Instant) -> None:
        self.key = key
        self.last_seen = now
        self.memory: dict[str, Any] = {}


class _Translation:
    """A redirected flow: whom the client meant to talk to, by which rule, and until when."""

    __slots__ = ("address", "last_seen", "port", "rule")

    def __init__(self, address: Address, port: int, rule: str, now: Instant) -> None:
        self.address, self.port = address, port
        self.rule, self.last_seen = rule, now


class Middlebox:
    """The rules on one router, the flows they know, and the answers they translate."""

    def __init__(self, name: str, changed: Callable[[], None]) -> None:
        self.name = name
        self._changed = changed
        self._rules: dict[str, Rule] = {}
        self._order: tuple[Rule, ...] = ()
        self._flows: dict[FlowKey, Flow] = {}
        self._translations: dict[tuple[Address, int, Address, int], _Translation] = {}

    def __repr__(self) -> str:
        return f"<Middlebox {self.name} rules={[rule.name for rule in self._order]}>"

    def put(self, key: str, rule: Rule) -> None:
        """Install a rule behind those already there; replace the one of the same key."""
        self._rules[key] = rule
        self._settle()

    def lift(self, key: str) -> None:
        """Take a rule away, and what flows remember of it. Unknown keys are a KeyError."""
        del self._rules[key]
        for flow in self._flows.values():
            flow.memory.pop(key, None)
        self._translations = {
            ends: each for ends, each in self._translations.items() if each.rule != key
        }
        self._settle()

    def _settle(self) -> None:
        self._order = tuple(self._rules.values())
        self._changed()

    @property
    def idle(self) -> bool:
        """Whether nothing here can touch a packet."""
        return not self._order and not self._translations

    def concerns(self, packet: Packet) -> bool:
        """Whether any rule may want the packet; the others pass without an event."""
        for rule in self._order:  # a loop: a generator would cost more than most rules
            if rule.concerns(packet):
                return True
        return bool(self._translations) and self._translation(packet) is not None

    def judge(
        self, packet: Packet, direction: Direction, now: Instant
    ) -> tuple[Verdict, Rule | None]:
        """Return the first verdict that is not `Pass`, and the rule that gave it."""
        flow: Flow | None = None
        for rule in self._order:
            if rule.concerns(packet):
                if flow is None:
                    flow = self._flow(packet, now)
                verdict = rule.judge(packet, direction, flow, now)
                if type(verdict) is not Pass:
                    return verdict, rule
        return PASS, None

    def _flow(self, packet: Packet, now: Instant) -> Flow:
        key = flow_key(packet)
        flow = self._flows.pop(key, None)
        if flow is None or now - flow.last_seen > FLOW_IDLE:
            flow = Flow(key, now)
            if len(self._flows) >= FLOWS_MOST:
                del self._flows[next(iter(self._flows))]
        flow.last_seen = now
        self._flows[key] = flow  # last in the dict, so that the first is the longest silent
        return flow

    def redirected(self, packet: Packet, verdict: Redirect, rule: Rule, now: Instant) -> Packet:
        """Return the packet as a redirection sends it on, and remember how to answer."""
        body = packet.body
        if type(body) is Icmp:
            return packet._replace(destination=verdict.address)
        assert isinstance(body, Datagram | Segment)
        port = body.destination_port if verdict.port is None else verdict.port
        ends = (verdict.address, port, packet.source, body.source_port)
        if not self._translations:
            self._changed()
        self._translations.pop(ends, None)
        if len(self._translations) >= FLOWS_MOST:
            del self._translations[next(iter(self._translations))]
        key = next(key for key, each in self._rules.items() if each is rule)
        self._translations[ends] = _Translation(packet.destination, body.destination_port, key, now)
        return packet._replace(
            destination=verdict.address, body=body._replace(destination_port=port)
        )

    def answered(self, packet: Packet, now: Instant) -> Packet:
        """Return an answer to a redirected flow in the name of whom the client asked."""
        translation = self._translation(packet)
        if translation is None:
            return packet
        body = packet.body
        assert isinstance(body, Datagram | Segment)
        if now - translation.last_seen > FLOW_IDLE:
            del self._translations[_ends(packet, body)]
            return packet
        translation.last_seen = now
        return packet._replace(
            source=translation.address, body=body._replace(source_port=translation.port)
        )

    def _translation(self, packet: Packet) -> _Translation | None:
        body = packet.body
        if type(body) is Icmp:
            return None
        assert isinstance(body, Datagram | Segment)
        return self._translations.get(_ends(packet, body))


def _ends(packet: Packet, body: Datagram | Segment) -> tuple[Address, int, Address, int]:
    return (packet.source, body.source_port, packet.destination, body.destination_port)
