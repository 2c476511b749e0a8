"""How an authoritative nameserver answers (RFC 1034 section 4.3.2), as values.

Left out on purpose: zone transfers (refused) and the authority section of positive answers
(minimal answers, as NSD and Knot give them). A zone with a signer is answered as RFC 4035
section 3.1 wants it; what that takes is imported with the signer, by those who have one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.roles.nameserver.zone import RecordSet, Zone
from simulator.values import Instant, message
from simulator.wire.dns_names import ancestors, canonical, is_within
from simulator.wire.dns_values import DnsMessage, Record, refusal, reply_to

if TYPE_CHECKING:
    from simulator.roles.nameserver.signed_zone import SignedZone
    from simulator.roles.nameserver.signing import Signer

LONGEST_CHAIN = 8
"""CNAME records followed inside one zone for one answer."""


class NameserverState:
    """The zones that a nameserver serves, by origin. Any of them may be replaced at any time."""

    def __init__(self, zones: Iterable[Zone] = ()) -> None:
        self._zones: dict[str, Zone] = {}
        self._signed: dict[str, SignedZone] = {}
        for zone in zones:
            self.replace(zone)

    def __repr__(self) -> str:
        return f"<NameserverState {' '.join(origin or '.' for origin in self._zones)}>"

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of the zones served, in the order in which they came."""
        return tuple(self._zones)

    def zone(self, origin: str) -> Zone:
        """Return the zone with that origin; raise `LabError` if it is not served here."""
        zone = self._zones.get(canonical(origin))
        if zone is None:
            raise LabError(message("the zone {zone} is not served here", zone=origin or "."))
        return zone

    def signed(self, origin: str) -> SignedZone | None:
        """Return the zone with that origin in its signed form; None if it is not signed."""
        return self._signed.get(origin)

    def replace(self, zone: Zone, signer: Signer | None = None) -> None:
        """Serve ``zone`` from now on, in place of the one with its origin; raise `LabError`
        and keep the old one if it fails its check.

        With a ``signer`` it is served signed; without one it is not, whatever was before.
        """
        if signer is None:
            self._zones[zone.origin] = zone.check()
            self._signed.pop(zone.origin, None)
            return
        from simulator.roles.nameserver.signed_zone import SignedZone

        signed = SignedZone(zone, signer)
        self._zones[zone.origin] = signed.zone.check()
        self._signed[zone.origin] = signed

    def remove(self, origin: str) -> None:
        """Stop serving a zone; raise `LabError` if it is not served here."""
        origin = self.zone(origin).origin
        del self._zones[origin]
        self._signed.pop(origin, None)

    def change(self, origin: str, name: str, kind: str, records: Iterable[Record]) -> None:
        """Replace the records of one name and type; an empty sequence takes them away."""
        zone = self.zone(origin)
        signed = self._signed.get(zone.origin)
        self.replace(zone.with_set(name, kind, records), None if signed is None else signed.signer)

    def closest(self, name: str, kind: str) -> Zone | None:
        """Return the zone to answer from, or None.

        DS at the top of a zone is a question for the zone above (RFC 4035 section 3.1.4.1).
        """
        own: Zone | None = None
        for ancestor in ancestors(name):
            zone = self._zones.get(ancestor)
            if zone is None:
                continue
            if kind == "DS" and ancestor == name and name:
                own = zone
                continue
            return zone
        return own


def answer(state: NameserverState, query: DnsMessage, now: Instant = 0) -> DnsMessage:
    """Return the reply to ``query``: REFUSED for a name in none of our zones.

    ``now`` decides between which dates signatures are valid.
    """
    refused = refusal(query)
    if refused is not None:
        return refused
    question = query.question
    assert question is not None, "refusal() lets no message without a question through"
    zone = state.closest(question.name, question.type)
    if zone is None:
        return reply_to(query, "REFUSED")
    reply = _answer_from(zone, query, question.name, question.type)
    signed = state.signed(zone.origin)
    return reply if signed is None else signed.complete(reply, query, now)


def _answer_from(zone: Zone, query: DnsMessage, name: str, kind: str) -> DnsMessage:
    answers: RecordSet = ()
    for _ in range(LONGEST_CHAIN):
        sets, cut = zone.find(name, kind)
        if cut is not None:
            return _beyond_cut(zone, query, cut, answers)
        if sets is None:  # with a chain too: the rcode is that of its end (RFC 6604 section 3)
            return _negative(zone, query, "NXDOMAIN", answers)
        found = _select(sets, kind)
        if found:
            return reply_to(
                query,
                answers=answers + found,
                additional=_addresses_for(zone, found),
                authoritative=True,
            )
        alias = sets.get("CNAME")
        if alias is None:
            return _negative(zone, query, "NOERROR", answers)
        answers += alias
        name = canonical(alias[0].data)
        if not is_within(name, zone.origin) or any(record.name == name for record in answers):
            break  # another zone's business, or a loop: the resolver carries on, or gives up
    return reply_to(query, answers=answers, authoritative=True)


def _select(sets: dict[str, RecordSet], kind: str) -> RecordSet:
    if kind == "ANY":
        return tuple([record for records in sets.values() for record in records])
    return sets.get(kind, ())


def _negative(zone: Zone, query: DnsMessage, rcode: str, answers: RecordSet) -> DnsMessage:
    """Return NXDOMAIN or NODATA with the SOA, whose TTL is that of the denial (RFC 2308 s. 3)."""
    soa = zone.soa
    assert soa is not None, "a zone without SOA fails its check"
    denial = soa._replace(ttl=min(soa.ttl, int(soa.data.split()[6])))
    return reply_to(query, rcode, answers, (denial,), authoritative=True)


def _beyond_cut(zone: Zone, query: DnsMessage, cut: str, answers: RecordSet) -> DnsMessage:
    if answers:  # an alias that leads below a cut: the answer is its first half
        return reply_to(query, answers=answers, authoritative=True)
    sets = zone.at(cut)
    wants_ds = query.edns is not None and query.edns.dnssec_ok  # RFC 4035 section 3.1
    return reply_to(
        query,
        authority=sets["NS"] + (sets.get("DS", ()) if wants_ds else ()),
        additional=_addresses_for(zone, sets["NS"]),
    )


_TARGET_FIELD = {"NS": 0, "MX": 1, "SRV": 3}


def _addresses_for(zone: Zone, records: RecordSet) -> RecordSet:
    """Return the addresses that the zone holds for the names in NS, MX or SRV records."""
    addresses: dict[Record, None] = {}
    for record in records:
        field = _TARGET_FIELD.get(record.type)
        if field is None:
            continue
        sets = zone.at(canonical(record.data.split()[field] if record.data else ""))
        for kind in ("A", "AAAA"):
            for found in sets.get(kind, ()):
                addresses[found] = None
    return tuple(addresses)
