"""What stands on a network's router and may touch the packets that cross it.

A `Middlebox` holds rules in order. The first rule whose verdict is not `Pass` wins, and
each such verdict is journalled. What a rule remembers about a flow lives in that flow's
own `Flow`, never in the rule: an innocent ClientHello must not disarm a rule for the
next one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from simulator.net.packets import FlowKey, flow_key
from simulator.net.redirection import IDLE, MOST, Redirections
from simulator.values import (
    PASS,
    Direction,
    Instant,
    Packet,
    Pass,
    Redirect,
    Verdict,
)

FLOW_IDLE = IDLE
FLOWS_MOST = MOST


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

    __slots__ = ("key", "last_seen", "memory", "seen")

    def __init__(self, key: FlowKey, now: Instant) -> None:
        self.key = key
        self.last_seen = now
        self.memory: dict[str, Any] = {}
        self.seen: dict[str, str] = {}
        """By rule, what it recognised when it last objected: the journal tells it."""


class Judgment(NamedTuple):
    """A verdict, the rule that gave it, and what that rule says it saw.

    Without a rule, nobody objects.
    """

    verdict: Verdict
    rule: Rule | None = None
    seen: str | None = None


_NO_OBJECTION = Judgment(PASS)


class Middlebox:
    """The rules on one router, the flows they know, and the answers they translate."""

    def __init__(self, name: str, changed: Callable[[], None]) -> None:
        self.name = name
        self._changed = changed
        self._rules: dict[str, Rule] = {}
        self._at_border: dict[str, None] = {}
        self._border: tuple[Rule, ...] = ()
        self._order: tuple[Rule, ...] = ()
        self._within: tuple[Rule, ...] = ()
        """The rules that packets between two of the network's own machines meet."""
        self._flows: dict[FlowKey, Flow] = {}
        self._redirections = Redirections()

    def __repr__(self) -> str:
        return f"<Middlebox {self.name} rules={[rule.name for rule in self._order]}>"

    def put(self, key: str, rule: Rule, *, at_border: bool = False) -> None:
        """Install a rule behind those already there; replace the one of the same key.

        The first that objects to a packet settles what becomes of it, except that one that
        only holds it back, or answers and lets it go on, leaves the rest to those behind it.

        All packets of the network's hosts meet a rule, for there is one router and it is the
        first on every way; one ``at_border`` only those that leave the network or come in.
        """
        self._rules[key] = rule
        self._at_border.pop(key, None)
        if at_border:
            self._at_border[key] = None
        self._settle()

    def lift(self, key: str) -> None:
        """Take a rule away, and what flows remember of it. Unknown keys are a KeyError."""
        del self._rules[key]
        self._at_border.pop(key, None)
        for flow in self._flows.values():
            flow.memory.pop(key, None)
            flow.seen.pop(key, None)
        self._redirections.forget_rule(key)
        self._settle()

    def _settle(self) -> None:
        # What cuts the border goes before all that would answer or turn aside what crosses it.
        border = self._border = tuple([self._rules[key] for key in self._at_border])
        self._order = (*border, *(rule for rule in self._rules.values() if rule not in border))
        self._within = tuple(
            [rule for key, rule in self._rules.items() if key not in self._at_border]
        )
        self._changed()

    @property
    def idle(self) -> bool:
        """Whether nothing here can touch a packet."""
        return not self._order and len(self._redirections) == 0

    def concerns(self, packet: Packet) -> bool:
        """Whether any rule may want the packet; the others pass without an event."""
        for rule in self._order:  # a loop: a generator would cost more than most rules
            if rule.concerns(packet):
                return True
        return len(self._redirections) > 0 and self._redirections.concern(packet)

    def judge(
        self,
        packet: Packet,
        direction: Direction,
        now: Instant,
        *,
        within: bool = False,
        behind: Rule | None = None,
    ) -> Judgment:
        """Return the first verdict that is not `Pass`; ``within`` the network, or across it.

        ``behind`` a rule that held the packet back, or let it go on, only those that come
        after it have still to say something: rules that were put meanwhile among them.
        """
        flow: Flow | None = None
        rules = self._within if within else self._order
        if behind is not None:
            # The border may have been cut meanwhile; a lifted rule has nothing behind it.
            rest = rules[rules.index(behind) + 1 :] if behind in rules else rules
            rules = (*(rule for rule in self._border if rule not in rest and not within), *rest)
        for rule in rules:
            if rule.concerns(packet):
                if flow is None:
                    flow = self._flow(packet, now)
                verdict = rule.judge(packet, direction, flow, now)
                if type(verdict) is not Pass:
                    return Judgment(verdict, rule, flow.seen.get(rule.name))
        return _NO_OBJECTION

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
        first = len(self._redirections) == 0
        key = next(key for key, each in self._rules.items() if each is rule)
        sent_on = self._redirections.redirect(packet, verdict.address, verdict.port, key, now)
        if first:
            self._changed()
        return sent_on

    def answered(self, packet: Packet, now: Instant) -> Packet:
        """Return an answer to a redirected flow in the name of whom the client asked."""
        return self._redirections.translate(packet, now)
