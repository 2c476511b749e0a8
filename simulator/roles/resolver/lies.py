"""The names that a resolver was told to lie about, and the lies.

A lie is told before the cache is looked at and before anybody is asked, so it works on
names that no longer exist. Only the name in the question counts, as with local zones of
Unbound; a response policy zone looks at the aliases in the answer as well.

A denial that is a lie carries no SOA record. No cache between this resolver and the
client may then keep it (RFC 2308 section 5), and a lifted measure is felt at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simulator.measures import DnsLie, DnsMeasure
from simulator.values import ExtendedError
from simulator.wire.dns_names import ancestors, canonical, parent
from simulator.wire.dns_values import DnsMessage, Record, reply_to
from simulator.wire.name_patterns import is_pattern, matcher


class Blocklist:
    """Measures by the names that they are for; of two for the same name the later counts."""

    def __init__(self, measures: Iterable[DnsMeasure] = ()) -> None:
        self._exact: dict[str, DnsMeasure] = {}
        self._below: dict[str, DnsMeasure] = {}
        self._patterns: list[tuple[str, Callable[[str], bool], DnsMeasure]] = []
        for measure in measures:
            name = canonical(measure.name)
            if is_pattern(name):
                self._patterns.insert(0, (name, matcher(name), measure))
                continue
            self._exact[name] = measure
            if measure.subdomains:
                self._below[name] = measure
        self._patterns.sort(key=lambda entry: -len(entry[0]))
        self._empty = not self._exact and not self._patterns

    def find(self, name: str) -> DnsMeasure | None:
        """Return the measure for ``name``: the longest name that matches wins.

        One without subdomains matches its own name alone, and hides nothing above it.
        Patterns, the longest first, are for what no name matches.
        """
        if self._empty:
            return None
        measure = self._exact.get(name)
        if measure is not None:
            return measure
        for ancestor in ancestors(parent(name)):
            measure = self._below.get(ancestor)
            if measure is not None:
                return measure
        for _, matches, pattern in self._patterns:
            if matches(name):
                return pattern
        return None


def lie(measure: DnsMeasure, query: DnsMessage) -> DnsMessage | None:
    """Return the reply that a measure orders; None for silence.

    A forged address answers A and AAAA with what the measure has of that family. Any
    other type, and a family without address, gets an empty NOERROR.
    """
    if measure.lie is DnsLie.SILENCE:
        return None
    question = query.question
    assert question is not None
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
    rcode = _RCODES[measure.lie]
    return reply_to(query, rcode, answers, recursion_available=True, extended_errors=errors)


_RCODES = {
    DnsLie.NXDOMAIN: "NXDOMAIN",
    DnsLie.NODATA: "NOERROR",
    DnsLie.REFUSED: "REFUSED",
    DnsLie.SERVFAIL: "SERVFAIL",
    DnsLie.FORGED: "NOERROR",
}
