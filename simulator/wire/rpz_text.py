"""Response policy zones as text: read and written as master files.

``read(write(zone)) == zone`` for every zone. A zone may be written down without SOA and NS
records, as lessons do; `write` always gives both, so that a nameserver loads what comes out.
"""

from __future__ import annotations

from simulator.values import message
from simulator.wire.dns_names import DnsFormatError, canonical, is_within, text_to_labels
from simulator.wire.dns_values import Record
from simulator.wire.master_file import (
    NAMES_IN_DATA,
    USUAL_TTL,
    Placed,
    ZoneTextError,
    read_records,
    written_name,
)
from simulator.wire.rpz import (
    USUAL_SOA,
    BadRule,
    LocalRecord,
    ResponsePolicyZone,
    Rule,
    owner_of,
    records_of,
    rule_of,
    trigger_of,
)


def read(text: str, origin: str = "rpz") -> ResponsePolicyZone:
    """Return the zone in ``text``; raise `ZoneTextError`, with the line and a remedy, for none.

    What BIND would load and then silently not act upon is an error here.
    """
    origin = canonical(origin)
    try:
        labels = text_to_labels(origin)
    except DnsFormatError:
        labels = ()
    if not labels:
        raise ZoneTextError(1, message("a policy zone needs a name, such as rpz"))
    soa: Placed | None = None
    owners: dict[str, list[Placed]] = {}
    for placed in read_records(text, origin):
        line, record = placed
        if not is_within(record.name, origin):
            raise ZoneTextError(
                line,
                message(
                    "{name} lies outside the zone {origin}: leave out its final dot",
                    name=record.name + ".",
                    origin=origin,
                ),
            )
        if record.name != origin:
            owners.setdefault(record.name, []).append(placed)
        elif record.type == "SOA":
            if soa is not None:
                raise ZoneTextError(line, message("a zone has one SOA record"))
            soa = placed
        elif record.type != "NS":  # nobody is told who serves a policy zone
            raise ZoneTextError(
                line,
                message(
                    "a {type} record at the top of the zone triggers nothing: put a name before it",
                    type=record.type,
                ),
            )
    rules = tuple([_rule(name, found, origin) for name, found in owners.items()])
    return ResponsePolicyZone(origin, rules, USUAL_SOA if soa is None else soa.record.data)


def _rule(name: str, found: list[Placed], origin: str) -> Rule:
    """Return the rule of one owner name."""
    records: dict[LocalRecord, None] = {}
    ttls: dict[str, int] = {}
    for _, record in found:
        # A record set has one TTL (RFC 2181 section 5.2): the first one written.
        ttl = ttls.setdefault(record.type, record.ttl)
        records[LocalRecord(record.type, ttl, record.data)] = None
    try:
        trigger = trigger_of(name.removesuffix(f".{origin}"))
        return rule_of(trigger, tuple(records), origin)
    except BadRule as error:
        raise ZoneTextError(found[0].line, error.message) from None


def write(zone: ResponsePolicyZone) -> str:
    """Return the zone as a master file with absolute names, ready for a nameserver."""
    origin = zone.origin
    apex = [
        Record(origin, "SOA", USUAL_TTL, zone.soa),
        Record(origin, "NS", USUAL_TTL, "localhost"),
    ]
    rules = [
        Record(f"{owner_of(rule.trigger)}.{origin}", *record)
        for rule in zone.rules
        for record in records_of(rule, USUAL_TTL)
    ]
    return "".join([_line(record) for record in apex + rules])


def _line(record: Record) -> str:
    name, kind, ttl, data = record
    return f"{written_name(name)} {ttl} IN {kind} {_absolute(kind, data)}\n"


def _absolute(kind: str, data: str) -> str:
    """Return data with the names in it made absolute."""
    fields = data.split(" ")
    for index in NAMES_IN_DATA.get(kind, ()):
        fields[index] = written_name(fields[index].removesuffix("."))
    return " ".join(fields)
