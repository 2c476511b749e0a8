"""Flows that a router sends elsewhere, and the answers that come back in the first one's name.

Address translation as on any router (RFC 3022): the destination is replaced on the way out,
the source on the way back. A client that talks to two servers from one port, and is led to
one machine by both, gets another source port for the second, or the answers could not be
told apart.
"""

from __future__ import annotations

from typing import TypeAlias

from simulator.values import MINUTE, Address, Datagram, Icmp, Instant, Packet, Segment

IDLE = 5 * MINUTE
"""A flow that is silent for so long is forgotten; conntrack's usual order of magnitude."""
MOST = 65_536
"""Flows that one router remembers; the longest silent one goes first."""
_FIRST_PORT, _LAST_PORT = 1024, 65_535

Ends: TypeAlias = tuple[type[Datagram | Segment], Address, int, Address, int]
"""Protocol, one end, the other end."""


class _Translation:
    """A redirected flow: its ends as the client knows them, by which rule, and until when."""

    __slots__ = ("last_seen", "origin", "rule")

    def __init__(self, origin: Ends, rule: str, now: Instant) -> None:
        self.origin = origin
        """The client's end first, then that of whom it meant to talk to."""
        self.rule, self.last_seen = rule, now


class Redirections:
    """The redirected flows of one router."""

    def __init__(self) -> None:
        self._by_answer: dict[Ends, _Translation] = {}
        self._answers: dict[Ends, Ends] = {}
        """By the ends as the client knows them, those that an answer has."""

    def __len__(self) -> int:
        return len(self._by_answer)

    def concern(self, packet: Packet) -> bool:
        """Whether a packet is an answer to a redirected flow, or could be taken for its cause."""
        ends = _ends(packet)
        return ends is not None and (ends in self._by_answer or _reversed(ends) in self._by_answer)

    def redirect(
        self, packet: Packet, address: Address, port: int | None, rule: str, now: Instant
    ) -> Packet:
        """Return a packet as it is sent on, and remember how to answer."""
        body = packet.body
        if isinstance(body, Icmp):
            return packet._replace(destination=address)
        origin = _ends(packet)
        assert origin is not None
        answer = self._answer_of(origin, address, body.destination_port if port is None else port)
        self._forget(answer)
        if len(self._by_answer) >= MOST:
            self._forget(next(iter(self._by_answer)))
        self._by_answer[answer] = _Translation(origin, rule, now)
        self._answers[origin] = answer
        _, address, port, _, source_port = answer
        moved = body._replace(source_port=source_port, destination_port=port)
        return packet._replace(destination=address, body=moved)

    def translate(self, packet: Packet, now: Instant) -> Packet:
        """Return an answer to a redirected flow in the name of whom the client asked."""
        if not self._by_answer:
            return packet
        ends = _ends(packet)
        if ends is None:
            return packet
        # Straight to where others are led, from a port that one of them has: the latest has it.
        self._forget(_reversed(ends))
        translation = self._by_answer.get(ends)
        if translation is None:
            return packet
        if now - translation.last_seen > IDLE:
            self._forget(ends)
            return packet
        translation.last_seen = now
        _, _, client_port, address, port = translation.origin
        body = packet.body
        assert not isinstance(body, Icmp)
        moved = body._replace(source_port=port, destination_port=client_port)
        return packet._replace(source=address, body=moved)

    def forget_rule(self, rule: str) -> None:
        """Forget the flows that a rule redirected."""
        for ends in [ends for ends, each in self._by_answer.items() if each.rule == rule]:
            self._forget(ends)

    def _forget(self, answer: Ends) -> None:
        translation = self._by_answer.pop(answer, None)
        if translation is not None:
            self._answers.pop(translation.origin, None)

    def _answer_of(self, origin: Ends, address: Address, port: int) -> Ends:
        """Return the ends of the answers to a flow: as before, or by the first free port."""
        kind, client, client_port, _, _ = origin
        known = self._answers.get(origin)
        if known is not None and known[1:3] == (address, port):
            return known
        candidate = client_port
        for _ in range(_LAST_PORT - _FIRST_PORT + 1):
            answer = (kind, address, port, client, candidate)
            if answer not in self._by_answer:
                return answer
            candidate = _FIRST_PORT if candidate >= _LAST_PORT else candidate + 1
        return (kind, address, port, client, client_port)  # all taken: the oldest gives way


def _ends(packet: Packet) -> Ends | None:
    body = packet.body
    if isinstance(body, Icmp):
        return None
    return (
        type(body),
        packet.source,
        body.source_port,
        packet.destination,
        body.destination_port,
    )


def _reversed(ends: Ends) -> Ends:
    kind, here, port, there, their_port = ends
    return (kind, there, their_port, here, port)
