"""The delegations of a registry's zone: pure, ordered, comparable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from simulator.roles.registry.objects import Domain, HostObject
from simulator.values import HOUR, SECOND, Duration
from simulator.wire.dns_values import Record


class Ttls(NamedTuple):
    """The TTLs that a registry publishes with; the defaults are those of Nomulus."""

    ns: Duration = 3 * HOUR
    ds: Duration = HOUR
    glue: Duration = HOUR


class ZoneChange(NamedTuple):
    """Names that entered the zone, left it, or are delegated otherwise than before."""

    came: tuple[str, ...]
    went: tuple[str, ...]
    changed: tuple[str, ...]


def delegations(
    tld: str, domains: Iterable[Domain], hosts: Mapping[str, HostObject], ttls: Ttls
) -> tuple[Record, ...]:
    """Return NS and DS of every delegated name, then the glue, each in order of name.

    Glue stays as long as any delegated name uses the host, even where the host's own
    domain is on hold: such a name then answers without records instead of not existing
    (the orphan glue of SSAC's SAC048; general knowledge).
    """
    records: list[Record] = []
    used: dict[str, None] = {}
    for domain in sorted(domains, key=lambda domain: domain.name):
        if not domain.delegated:
            continue
        for nameserver in domain.nameservers:
            records.append(Record(domain.name, "NS", ttls.ns // SECOND, nameserver))
            used[nameserver] = None
        records.extend(Record(domain.name, "DS", ttls.ds // SECOND, data) for data in domain.ds)
    suffix = f".{tld}"
    for name in sorted(used):
        if name.endswith(suffix):
            records.extend(
                Record(name, "AAAA" if ":" in address else "A", ttls.glue // SECOND, address)
                for address in hosts[name].addresses
            )
    return tuple(records)


def compare(before: Iterable[Record], after: Iterable[Record]) -> ZoneChange:
    """Return what a new zone changes, by the names that it delegates."""
    old, new = _by_name(before), _by_name(after)
    return ZoneChange(
        came=tuple(name for name in new if name not in old),
        went=tuple(name for name in old if name not in new),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
    )


def _by_name(records: Iterable[Record]) -> dict[str, list[Record]]:
    names: dict[str, list[Record]] = {}
    for record in records:
        if record.type in ("NS", "DS"):
            names.setdefault(record.name, []).append(record)
    return names
