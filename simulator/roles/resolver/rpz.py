"""Which rule of which policy zone an answer meets (draft-vixie-dnsop-dns-rpz section 5).

The order is that of BIND's manual: the zone listed first; within it CLIENT-IP before QNAME
before IP before NSDNAME before NSIP; then the smallest NSDNAME in DNSSEC order, the longest
prefix, the smallest address. In two ties BIND 9.18 does not do what its manual says: it takes
the largest NSDNAME, and of two prefixes as long the one whose owner name, not whose address,
is smaller. We keep to the manual.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from simulator.values import Address
from simulator.wire.dns_names import parent
from simulator.wire.rpz import ResponsePolicyZone, Rule, TriggerKind


class Nameservers(NamedTuple):
    """One nameserver of a zone on the way to a name, and its addresses if anybody asks."""

    name: str
    addresses: tuple[Address, ...] = ()


class Stage(NamedTuple):
    """One name of an answer: the one asked for, or where an alias leads.

    ``client`` is None behind the first alias, where it no longer counts. ``addresses`` are
    those in the answer. ``nameservers`` is None as long as they have not been looked for.
    """

    name: str
    client: Address | None = None
    addresses: tuple[Address, ...] = ()
    nameservers: tuple[Nameservers, ...] | None = None


class Needed(enum.Enum):
    """What must be known before the search can go on."""

    NAMESERVERS = "nameservers"


NAMESERVERS: Final = Needed.NAMESERVERS


class LoadedZone:
    """A policy zone, indexed for looking up. ``extended_error`` goes with what it rewrites."""

    def __init__(self, zone: ResponsePolicyZone, extended_error: int | None = None) -> None:
        self.zone = zone
        self.extended_error = extended_error
        rules: dict[TriggerKind, list[Rule]] = {kind: [] for kind in TriggerKind}
        for rule in zone.rules:
            rules[rule.trigger.kind].append(rule)
        self._clients = _Prefixes(rules[TriggerKind.CLIENT_IP])
        self._names = _Names(rules[TriggerKind.QNAME])
        self._addresses = _Prefixes(rules[TriggerKind.IP])
        self._server_names = _Names(rules[TriggerKind.NSDNAME])
        self._server_addresses = _Prefixes(rules[TriggerKind.NSIP])
        self.wants_server_addresses = bool(rules[TriggerKind.NSIP])
        self.wants_servers = self.wants_server_addresses or bool(rules[TriggerKind.NSDNAME])

    def __repr__(self) -> str:
        return f"<LoadedZone {self.zone.origin} {len(self.zone.rules)} rules>"

    def find(self, stage: Stage) -> Rule | Needed | None:
        """Return the rule that a stage meets, or what must be known first, or None."""
        rule: Rule | None = None
        if stage.client is not None:
            rule = self._clients.find((stage.client,))
        if rule is None:
            rule = self._names.find(stage.name)
        if rule is None:
            rule = self._addresses.find(stage.addresses)
        if rule is not None or not self.wants_servers:
            return rule
        if stage.nameservers is None:
            return NAMESERVERS
        return self._find_by_server(stage.nameservers)

    def _find_by_server(self, servers: Sequence[Nameservers]) -> Rule | None:
        found = [rule for one in servers if (rule := self._server_names.find(one.name)) is not None]
        if found:
            return min(found, key=lambda rule: _dnssec_order(rule.trigger.what))
        return self._server_addresses.find([one for server in servers for one in server.addresses])


class Match(NamedTuple):
    """A rule that was met, and in which zone."""

    zone: LoadedZone
    rule: Rule


Found: TypeAlias = Match | Needed | None


def search(zones: Iterable[LoadedZone], stage: Stage) -> Found:
    """Return the first match in the order of the zones; what is needed first; or None."""
    for zone in zones:
        rule = zone.find(stage)
        if isinstance(rule, Needed):
            return rule
        if rule is not None:
            return Match(zone, rule)
    return None


def _dnssec_order(name: str) -> tuple[str, ...]:
    """Return what sorts names as RFC 4034 section 6.1 does: by label, from the right."""
    return tuple(reversed(name.split(".")))


class _Names:
    """Rules by name, found as the DNS finds records: wildcards by RFC 4592.

    A name in the zone, or one that only lies between the top and another, stands before any
    wildcard above it. ``*.clips.test`` therefore says nothing of what is below
    ``www.clips.test`` once that has a rule of its own.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = {rule.trigger.what: rule for rule in rules}
        self._known: dict[str, None] = {}
        for name in self._rules:
            while name not in self._known:
                self._known[name] = None
                name = parent(name)

    def find(self, name: str) -> Rule | None:
        if not self._rules:
            return None
        if name in self._known:
            return self._rules.get(name)
        while name:
            name = parent(name)
            if name in self._known:
                return self._rules.get(f"*.{name}" if name else "*")
        return None


class _Prefixes:
    """Rules by prefix. IPv4 is kept among IPv6 as mapped addresses (RFC 4291 section 2.5.5.2),
    which sorts the two kinds as BIND does; no prefix of the one matches an address of the other.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_length: dict[tuple[int, int], dict[int, Rule]] = {}
        tables: dict[tuple[int, int], dict[int, Rule]] = {}
        for rule in rules:
            prefix = ipaddress.ip_network(rule.trigger.what)
            length = prefix.prefixlen + (96 if prefix.version == 4 else 0)
            table = tables.setdefault((length, prefix.version), {})
            table[_number(str(prefix.network_address))] = rule
        for key in sorted(tables, reverse=True):
            self._by_length[key] = tables[key]

    def find(self, addresses: Sequence[Address]) -> Rule | None:
        """Return the rule with the longest prefix that holds any of ``addresses``."""
        if not self._by_length or not addresses:
            return None
        numbers = [(6 if ":" in address else 4, _number(address)) for address in addresses]
        best: tuple[int, int, Rule] | None = None
        for (length, version), table in self._by_length.items():
            if best is not None and -length > best[0]:
                break
            shift = 128 - length
            for family, number in numbers:
                network = number >> shift << shift
                rule = table.get(network) if family == version else None
                if rule is not None and (best is None or (-length, network) < best[:2]):
                    best = (-length, network, rule)
        return None if best is None else best[2]


def _number(address: Address) -> int:
    number = int(ipaddress.ip_address(address))
    return number if ":" in address else 0xFFFF << 32 | number
