"""What a resolver was told to lie about, and the lies.

A lie is told before the cache is looked at and before anybody is asked, so it works on
names that no longer exist. Only the name in the question counts, as with local zones of
Unbound; a response policy zone would look at the aliases in the answer as well.

A denial that is a lie carries no SOA record. No cache between this resolver and the
client may then keep it (RFC 2308 section 5), and a lifted measure is felt at once.
"""

from __future__ import annotations

from simulator.measures import DnsLie, DnsMeasure
from simulator.values import ExtendedError
from simulator.wire.dns_names import ancestors, canonical
from simulator.wire.dns_values import DnsMessage, Record, reply_to


class Policy:
    """The measures in force, by a key of the caller's: an order's number, say."""

    def __init__(self) -> None:
        self._measures: dict[str, DnsMeasure] = {}
        self._by_name: dict[str, DnsMeasure] = {}

    def __len__(self) -> int:
        return len(self._measures)

    def __repr__(self) -> str:
        return f"<Policy {', '.join(f'{key}: {m.name}' for key, m in self._measures.items())}>"

    def put(self, key: str, measure: DnsMeasure) -> None:
        """Take a measure, in place of the one with that key. For one name, the latest counts."""
        self._measures.pop(key, None)
        self._measures[key] = measure
        self._index()

    def lift(self, key: str) -> DnsMeasure | None:
        """End a measure and return it; None if there is none with that key."""
        measure = self._measures.pop(key, None)
        self._index()
        return measure

    def _index(self) -> None:
        self._by_name = {canonical(one.name): one for one in self._measures.values()}

    def find(self, name: str) -> DnsMeasure | None:
        """Return the measure for ``name``: the longest name that matches wins.

        One without subdomains matches its own name alone, and hides nothing above it.
        """
        if not self._by_name:
            return None
        for ancestor in ancestors(name):
            measure = self._by_name.get(ancestor)
            if measure is not None and (measure.subdomains or ancestor == name):
                return measure
        return None


def lie(measure: DnsMeasure, query: DnsMessage) -> DnsMessage:
    """Return the reply that a measure orders.

    A forged address answers A and AAAA with what the measure has of that family. Any
    other type, and a family without address, gets an empty NOERROR.
    """
    question = query.question
    assert question is not None
    rcode = _RCODES[measure.lie]
    answers: tuple[Record, ...] = ()
    if measure.lie is DnsLie.FORGED and question.type in ("A", "AAAA"):
        answers = tuple(
            [
                Record(question.name, question.type, measure.ttl, address)
                for address in measure.addresses
                if (":" in address) == (question.type == "AAAA")
            ]
        )
    errors: tuple[ExtendedError, ...] = ()
    if measure.extended_error is not None:
        errors = (ExtendedError(measure.extended_error, measure.extra_text),)
    return reply_to(query, rcode, answers, recursion_available=True, extended_errors=errors)


_RCODES = {DnsLie.NXDOMAIN: "NXDOMAIN", DnsLie.FORGED: "NOERROR", DnsLie.REFUSED: "REFUSED"}
