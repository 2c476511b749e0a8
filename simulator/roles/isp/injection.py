"""A path rule that forges answers to DNS queries as they pass."""

from __future__ import annotations

from simulator.errors import LabError
from simulator.measures import DnsInjection, DnsLie
from simulator.roles.isp.flows import Flow, Watch, reset
from simulator.roles.isp.names import any_of
from simulator.values import (
    PASS,
    Datagram,
    Direction,
    Inject,
    Instant,
    Packet,
    Segment,
    Verdict,
    message,
)
from simulator.wire.dns import DnsFormatError, decode, encode
from simulator.wire.dns_values import DnsMessage, Question, Record, reply_to

_DNS_PORT = 53
_RCODES = {
    DnsLie.NXDOMAIN: "NXDOMAIN",
    DnsLie.NODATA: "NOERROR",
    DnsLie.REFUSED: "REFUSED",
    DnsLie.SERVFAIL: "SERVFAIL",
    DnsLie.FORGED: "NOERROR",
}


class DnsStreamReader:
    """Reads the messages that a DNS client sends by TCP, each behind its length (RFC 7766)."""

    __slots__ = ("_data", "opaque")

    def __init__(self) -> None:
        self.opaque = False
        self._data = bytearray()

    def feed(self, data: bytes) -> list[DnsMessage]:
        """Take the next octets; return the messages that they complete."""
        self._data += data
        messages = []
        while len(self._data) >= 2:
            end = 2 + int.from_bytes(self._data[:2], "big")
            if len(self._data) < end:
                break
            try:
                messages.append(decode(bytes(self._data[2:end])))
            except DnsFormatError:
                self.opaque = True
                break
            del self._data[:end]
        return messages


class InjectionRule:
    """Answers queries on port 53 for a name in the stead of whoever was asked.

    By UDP the forged answer leaves the router while the query goes on its way: even an
    address where nothing listens seems to answer, and where something does, its true answer
    comes second and is ignored. ``drop`` stops the query as well. By TCP nothing can be
    put in front of the true answer without taking part in the connection, so that both ends
    get RSTs once the name has been seen (RFC 9505 section 5.1.1 has both in use).

    All packets that hosts of this network send meet the rule: what a subscriber asks the
    provider's own resolver, and what that resolver asks the servers of the world. Its cache
    may then keep the forged answer until its TTL has run out, measure lifted or not: cache
    poisoning, in the same section. What comes in or passes through is left alone.

    An answer looks as if from a resolver or from a nameserver with authority, whichever
    kind was asked; there is no OPT record in it.
    """

    def __init__(self, name: str, measure: DnsInjection) -> None:
        if measure.lie is DnsLie.SILENCE:
            raise LabError(
                message("silence cannot be injected: choose another lie, or stop an address")
            )
        self.name = name
        self._measure = measure
        self._forbidden = any_of((measure.name,), measure.subdomains)
        self._watch: Watch[DnsMessage] = Watch(
            name, (_DNS_PORT,), measure.versions, DnsStreamReader
        )

    def __repr__(self) -> str:
        return f"<InjectionRule {self.name} {self._measure.lie.value} {self._measure.name!r}>"

    def concerns(self, packet: Packet) -> bool:
        """Tell whether a packet is DNS by its port."""
        body = packet.body
        if type(body) is Datagram:
            version = 6 if ":" in packet.source else 4
            return body.destination_port == _DNS_PORT and version in self._measure.versions
        return self._watch.concerns(packet)

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        """Return the `Inject` for a forbidden query by UDP, `Reset` for one by TCP."""
        body = packet.body
        if isinstance(body, Segment):
            return self._by_stream(packet, body, direction, flow, now)
        assert isinstance(body, Datagram)
        if direction is not Direction.OUTBOUND:
            return PASS
        try:
            query = decode(body.data)
        except DnsFormatError:
            return PASS
        question = self._forbidden_question(query)
        if question is None:
            return PASS
        flow.seen[self.name] = _seen(question)
        data = encode(forged(self._measure, query, question))
        answer = Datagram(body.destination_port, body.source_port, data)
        injected = Packet(packet.destination, packet.source, answer)
        return Inject((injected,), forward=not self._measure.drop)

    def _by_stream(
        self, packet: Packet, segment: Segment, direction: Direction, flow: Flow, now: Instant
    ) -> Verdict:
        conversation = self._watch.conversation(packet, segment, direction, flow)
        if conversation is None:
            return PASS
        if conversation.fate is None:
            for query in conversation.said(packet, segment):
                question = self._forbidden_question(query)
                if question is not None:
                    flow.seen[self.name] = _seen(question)
                    conversation.fate = reset
                    return reset(packet, now)
            return PASS
        return conversation.fate(packet, now)

    def _forbidden_question(self, query: DnsMessage) -> Question | None:
        question = query.question
        if query.response or question is None or not self._forbidden(question.name):
            return None
        return question


def forged(measure: DnsInjection, query: DnsMessage, question: Question) -> DnsMessage:
    """Return the forged answer to a query.

    A forged address answers A and AAAA with what the measure has of that version. Any
    other type, and a version without address, gets an empty NOERROR.
    """
    answers: list[Record] = []
    if measure.lie is DnsLie.FORGED and question.type in ("A", "AAAA"):
        answers = [
            Record(question.name, question.type, measure.ttl, address)
            for address in measure.addresses
            if (":" in address) == (question.type == "AAAA")
        ]
    asks_a_resolver = query.recursion_desired
    reply = reply_to(
        query,
        _RCODES[measure.lie],
        tuple(answers),
        authoritative=not asks_a_resolver,
        recursion_available=asks_a_resolver,
    )
    return reply._replace(edns=None)


def _seen(question: Question) -> str:
    return f"query {question.name} {question.type}"
