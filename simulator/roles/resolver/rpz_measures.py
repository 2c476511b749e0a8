"""A resolver's measures written as a response policy zone: what an operator would load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from simulator.errors import LabError
from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.resolver.lies import Blocklist
from simulator.values import message
from simulator.wire.dns_names import DnsFormatError, ancestors, canonical, text_to_labels
from simulator.wire.name_patterns import is_pattern
from simulator.wire.rpz import Action, LocalRecord, ResponsePolicyZone, Rule, Trigger, TriggerKind
from simulator.wire.rpz_text import write

ORIGIN = "rpz"
_ACTIONS = {
    DnsLie.NXDOMAIN: Action.NXDOMAIN,
    DnsLie.NODATA: Action.NODATA,
    DnsLie.SILENCE: Action.DROP,
    DnsLie.FORGED: Action.LOCAL_DATA,
}


def as_policy_zone(measures: Iterable[DnsMeasure], origin: str = ORIGIN) -> str:
    """Return the zone that says what ``measures`` say, as a master file.

    A name that counts with all below it takes two lines, the name and its wildcard: to forget
    the second is the classic gap. Raises `LabError` for what a policy zone cannot say: an
    error code such as REFUSED, a pattern other than ``*.`` before a name. Extended errors
    cannot be said either, and are left out: in BIND they are an option of the whole zone.
    A rule has one trigger, so a name for some clients only cannot be said.
    """
    measures = tuple(measures)
    for measure in measures:
        _check(measure, origin)
    return write(ResponsePolicyZone(canonical(origin), tuple(_rules(measures))))


def written_with_gaps(measures: Sequence[DnsMeasure], origin: str = ORIGIN) -> str:
    """Return the same, but what cannot be said as comments in front."""
    gaps = []
    for measure in measures:
        try:
            _check(measure, origin)
        except LabError:
            gaps.append(f"; {' '.join([measure.name, measure.lie.value, *measure.clients])}\n")
    for_everybody = [measure for measure in measures if not measure.clients]
    zone = ResponsePolicyZone(canonical(origin), tuple(_rules(for_everybody)))
    return "".join(gaps) + write(zone)


def _check(measure: DnsMeasure, origin: str) -> None:
    """Raise `LabError` for a measure that cannot be said."""
    name = canonical(measure.name)
    if measure.lie not in _ACTIONS:
        raise LabError(
            message(
                "a response policy zone cannot answer {lie} for {name}: it knows NXDOMAIN, "
                "NODATA, addresses and silence",
                lie=measure.lie.name,
                name=name,
            )
        )
    if measure.clients:
        raise LabError(
            message(
                "a response policy zone cannot say {name} for some clients only: a rule looks "
                "at the name or at the client",
                name=name,
            )
        )
    if is_pattern(_without_wildcard(name)):
        raise LabError(
            message(
                "a response policy zone cannot say {pattern}: its only wildcard is a first "
                "label *, as in *.clips.test",
                pattern=name,
            )
        )
    try:
        text_to_labels(f"*.{_without_wildcard(name)}.{origin}")
    except DnsFormatError as error:
        raise LabError(
            message("{name} does not fit into a policy zone: {why}", name=name, why=str(error))
        ) from None


def _without_wildcard(name: str) -> str:
    return "" if name == "*" else name.removeprefix("*.")


def _rules(measures: Sequence[DnsMeasure]) -> Iterator[Rule]:
    """Yield the rules, for names and their wildcards, of what can be said.

    Wildcards of the DNS stop at any name that is in the zone, or lies between one and the
    top (RFC 4592 section 2.2.2): so each of these gets what falls to it from above, too.
    """
    listed = Blocklist(measures)
    names: dict[str, None] = {}
    for measure in measures:
        name = _without_wildcard(canonical(measure.name))
        if not is_pattern(name):
            names.update(dict.fromkeys(ancestors(name)))
    for name in names:
        for owner in (name, f"*.{name}" if name else "*"):
            found = listed.find(owner) if owner else None
            if found is not None and found.lie in _ACTIONS:
                yield _rule(owner, found)


def _rule(owner: str, measure: DnsMeasure) -> Rule:
    trigger = Trigger(TriggerKind.QNAME, owner)
    if measure.lie is not DnsLie.FORGED:
        return Rule(trigger, _ACTIONS[measure.lie])
    records = tuple(
        [
            LocalRecord("AAAA" if ":" in address else "A", measure.ttl, address)
            for address in measure.addresses
        ]
    )
    if not records:  # a block page without an address is an empty answer
        return Rule(trigger, Action.NODATA)
    return Rule(trigger, Action.LOCAL_DATA, records)
