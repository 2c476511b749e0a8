"""A zone: records indexed for answering, and the check that they make sense.

What a zone holds is decided once, when it is built; a change makes a new zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from simulator.errors import LabError
from simulator.values import message
from simulator.wire.dns import DnsFormatError, encode
from simulator.wire.dns_names import ancestors, canonical, is_within, parent
from simulator.wire.dns_values import DnsMessage, Record

RecordSet = tuple[Record, ...]
_NOTHING: dict[str, RecordSet] = {}


class Found(NamedTuple):
    """What a zone holds for a name: record sets by type, or None if there is no such name."""

    sets: dict[str, RecordSet] | None
    cut: str | None = None
    """The delegation at or above the name; ``sets`` does not count then."""


class Zone:
    """The records of one zone, by name and type. Immutable."""

    __slots__ = ("_cuts", "_sets", "origin", "records")

    def __init__(self, origin: str, records: Iterable[Record]) -> None:
        self.origin = canonical(origin)
        self.records = tuple([record._replace(name=canonical(record.name)) for record in records])
        self._sets: dict[str, dict[str, RecordSet]] = {}
        self._cuts: dict[str, None] = {}
        for record in self.records:
            self._index(record)

    def __repr__(self) -> str:
        return f"<Zone {self.origin or '.'} {len(self.records)} records, {len(self._cuts)} cuts>"

    def _index(self, record: Record) -> None:
        name = record.name
        sets = self._sets.setdefault(name, {})
        sets[record.type] = (*sets.get(record.type, ()), record)
        if record.type == "NS" and name != self.origin:
            self._cuts[name] = None
        # An empty non-terminal exists too (RFC 4592 section 2.2.2).
        while name != self.origin and name:
            name = parent(name)
            if name in self._sets:
                break
            self._sets[name] = {}

    @property
    def soa(self) -> Record | None:
        """The SOA record, which `check` insists on."""
        found = self.at(self.origin).get("SOA")
        return found[0] if found else None

    def names(self) -> Iterator[str]:
        """Yield every name that has records or has names with records below it."""
        yield from self._sets

    def exists(self, name: str) -> bool:
        """Return whether a name is in the zone by itself, wildcards aside."""
        return name in self._sets

    def owns(self, name: str, kind: str) -> bool:
        """Return whether a record set is the zone's own word: neither the NS records of a
        delegation nor anything below one (RFC 4035 section 2.2)."""
        if name in self._cuts and kind not in ("DS", "NSEC"):
            return False
        return self._cut_above(name, "DS") is None

    def at(self, name: str) -> dict[str, RecordSet]:
        """Return the record sets that stand at exactly ``name``, by type."""
        return self._sets.get(name, _NOTHING)

    def find(self, name: str, kind: str) -> Found:
        """Return what answers a question for ``name``, wildcards (RFC 4592) applied.

        A question for DS at a delegation belongs to this side of it (RFC 4035 section 3.1.4.1).
        """
        if self._cuts:
            cut = self._cut_above(name, kind)
            if cut is not None:
                return Found(None, cut)
        sets = self._sets.get(name)
        if sets is None:
            sets = self._synthesize(name)
        return Found(sets)

    def _cut_above(self, name: str, kind: str) -> str | None:
        topmost = None
        for ancestor in ancestors(name):
            if ancestor == self.origin:
                break
            if ancestor in self._cuts and not (kind == "DS" and ancestor == name):
                topmost = ancestor
        return topmost

    def wildcard(self, name: str) -> str:
        """Return the name of the only wildcard that may stand for a name that does not exist:
        the one right below its closest encloser (RFC 4592 section 3.3.1)."""
        encloser = parent(name)
        while encloser not in self._sets and encloser:
            encloser = parent(encloser)
        return f"*.{encloser}" if encloser else "*"

    def _synthesize(self, name: str) -> dict[str, RecordSet] | None:
        sets = self._sets.get(self.wildcard(name))
        if sets is None:
            return None
        return {
            kind: tuple([record._replace(name=name) for record in records])
            for kind, records in sets.items()
        }

    def with_set(self, name: str, kind: str, records: Iterable[Record]) -> Zone:
        """Return the zone with the records of that name and type replaced, its serial one up."""
        name = canonical(name)
        kept = [record for record in self.records if record[:2] != (name, kind)]
        return Zone(self.origin, [_next_serial(record) for record in kept] + list(records))

    def check(self) -> Zone:
        """Return the zone itself, or raise `LabError` with the first thing that is wrong."""
        check_records(self)
        check_names(self)
        check_delegations(self)
        return self


def _next_serial(record: Record) -> Record:
    if record.type != "SOA":
        return record
    fields = record.data.split()
    fields[2] = str((int(fields[2]) + 1) & 0xFFFFFFFF)
    return record._replace(data=" ".join(fields))


def check_records(zone: Zone) -> None:
    """Raise `LabError` for a record that lies outside or that no message can carry."""
    seen: dict[Record, None] = {}
    for record in zone.records:
        if not is_within(record.name, zone.origin):
            raise LabError(
                message(
                    "{name} does not belong in the zone {zone}",
                    name=record.name,
                    zone=zone.origin or ".",
                )
            )
        if record in seen:
            raise LabError(
                message(
                    "{name} has the same {type} record twice: {data}",
                    name=record.name,
                    type=record.type,
                    data=record.data,
                )
            )
        seen[record] = None
        try:
            encode(DnsMessage(answers=(record,)))
        except DnsFormatError as error:
            raise LabError(
                message(
                    "the {type} record of {name} cannot be: {why}",
                    type=record.type,
                    name=record.name or ".",
                    why=str(error),
                )
            ) from error


def check_names(zone: Zone) -> None:
    """Raise `LabError` for a name whose record sets contradict one another."""
    apex = zone.at(zone.origin)
    for kind in ("SOA", "NS"):
        if kind not in apex:
            raise LabError(
                message("the zone {zone} has no {type} record", zone=zone.origin or ".", type=kind)
            )
    if len(apex["SOA"]) > 1:
        raise LabError(
            message("the zone {zone} has more than one SOA record", zone=zone.origin or ".")
        )
    for record in zone.records:
        sets = zone.at(record.name)
        if "CNAME" in sets and (len(sets) > 1 or len(sets["CNAME"]) > 1):
            raise LabError(
                message(
                    "{name} has a CNAME record and something else beside it (RFC 2181 "
                    "section 10.1)",
                    name=record.name,
                )
            )
        if len({one.ttl for one in sets[record.type]}) > 1:
            raise LabError(
                message(
                    "the {type} records of {name} have different TTLs (RFC 2181 section 5.2)",
                    type=record.type,
                    name=record.name or ".",
                )
            )
        if record.type == "NS" and record.name.startswith("*."):
            raise LabError(
                message(
                    "{name}: a wildcard cannot be delegated (RFC 4592 section 4.2)",
                    name=record.name,
                )
            )


def check_delegations(zone: Zone) -> None:
    """Raise `LabError` for a nameserver that nobody could reach, or a record nobody could ask for.

    A nameserver inside what it serves needs its address beside the delegation (glue);
    below a delegation, nothing but such addresses belongs in the zone.
    """
    glue: dict[str, None] = {}
    for record in zone.records:
        if record.type != "NS":
            continue
        target = canonical(record.data)
        glue[target] = None
        sets = zone.at(target)
        if "CNAME" in sets:
            raise LabError(
                message(
                    "the nameserver {target} of {name} is an alias (RFC 2181 section 10.3)",
                    target=target,
                    name=record.name or ".",
                )
            )
        if is_within(target, record.name) and not ("A" in sets or "AAAA" in sets):
            raise LabError(
                message(
                    "the delegation of {name} to {target} needs glue: an address record of "
                    "{target}",
                    name=record.name or ".",
                    target=target,
                )
            )
    for record in zone.records:
        cut = zone.find(record.name, "DS").cut
        at_cut = cut is None and "NS" in zone.at(record.name) and record.name != zone.origin
        hidden = cut is not None or (at_cut and record.type not in ("NS", "DS"))
        if hidden and not (record.name in glue and record.type in ("A", "AAAA")):
            raise LabError(
                message(
                    "the {type} record of {name} lies below the delegation of {cut}, where "
                    "nobody asks for it",
                    type=record.type,
                    name=record.name,
                    cut=cut or record.name,
                )
            )
