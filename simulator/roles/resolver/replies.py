"""What a nameserver's reply means to a resolver that asked it about one of its zones.

Pure reading, with a resolver's suspicion: records outside the zone that the server was
asked for are not looked at (the bailiwick rule, RFC 5452 section 6).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from simulator.roles.resolver.cache import Delegation, denial_ttl
from simulator.values import SECOND, Instant
from simulator.wire.dns_names import canonical, is_within
from simulator.wire.dns_values import DnsMessage, Question, Record

RecordSet: TypeAlias = tuple[Record, ...]


class Useless(NamedTuple):
    """Another server must be asked: this one refuses, fails, or does not serve the zone."""

    why: str


class Referral(NamedTuple):
    """The zone of ``servers`` is delegated; ``glue`` are addresses that came along."""

    servers: RecordSet
    glue: RecordSet

    def delegation(self, now: Instant) -> Delegation:
        """Return the delegation, which lasts as long as the shortest TTL among its records.

        The parent is asked again when glue runs out before the NS records do: a
        nameserver inside its own zone could not be found otherwise.
        """
        glue: dict[str, tuple[str, ...]] = {}
        for record in self.glue:
            glue[record.name] = (*glue.get(record.name, ()), record.data)
        ttl = min(record.ttl for record in self.servers + self.glue)
        names = tuple([canonical(record.data) for record in self.servers])
        return Delegation(self.servers[0].name, names, glue, now + ttl * SECOND)


class Denial(NamedTuple):
    """The name (NXDOMAIN) or the type (NOERROR) does not exist; ``soa`` says for how long."""

    rcode: str
    soa: Record | None
    proof: RecordSet = ()
    """Signatures and NSEC records that came with it."""


class Answer(NamedTuple):
    """Record sets, aliases first, signatures behind each.

    ``aliases`` are the names that these lead to, in order.
    ``complete`` when the records asked for are there; else ``denial`` if the server
    says that they do not exist, else the last alias leads elsewhere.
    """

    sets: tuple[RecordSet, ...]
    aliases: tuple[str, ...]
    complete: bool
    denial: Denial | None
    proof: RecordSet = ()
    """NSEC records that came with an answer from a wildcard, and their signatures."""


Meaning: TypeAlias = Useless | Referral | Denial | Answer


def read(reply: DnsMessage, question: Question, zone: str) -> Meaning:
    """Return what ``reply`` to ``question`` means, coming from a server of ``zone``."""
    if reply.rcode not in ("NOERROR", "NXDOMAIN"):
        return Useless(f"rcode={reply.rcode}")
    if not reply.authoritative:
        return _referral(reply, question, zone) or Useless("is lame")
    answer = _answer(reply, question, zone)
    return answer if answer is not None else _denial(reply, question.name, zone)


def _referral(reply: DnsMessage, question: Question, zone: str) -> Referral | None:
    if reply.rcode != "NOERROR" or reply.answers:
        return None
    servers = [record for record in reply.authority if record.type == "NS"]
    if not servers:
        return None
    cut = servers[0].name
    leads_down = cut != zone and is_within(cut, zone) and is_within(question.name, cut)
    if not leads_down or any(record.name != cut for record in servers):
        return None
    return Referral(tuple(servers), _glue(reply, servers, zone))


def own_servers(reply: DnsMessage, question: Question, zone: str) -> Referral | None:
    """Return what an authoritative reply says of the nameservers of a zone that has the name in
    the question: as its answer, or beside it. ``zone`` is the one that the server was asked for.
    """
    section = reply.answers if question.type == "NS" else reply.authority
    servers = [record for record in section if record.type == "NS"]
    if not servers:
        return None
    origin = servers[0].name
    belongs = is_within(origin, zone) and is_within(question.name, origin)
    if not belongs or any(record.name != origin for record in servers):
        return None
    return Referral(tuple(servers), _glue(reply, servers, zone))


def _glue(reply: DnsMessage, servers: list[Record], zone: str) -> RecordSet:
    names = [canonical(record.data) for record in servers]
    return tuple(
        [
            record
            for record in reply.additional
            if record.type in ("A", "AAAA")
            and record.name in names
            and is_within(record.name, zone)
        ]
    )


def _answer(reply: DnsMessage, question: Question, zone: str) -> Answer | None:
    grouped: dict[tuple[str, str], RecordSet] = {}
    for record in reply.answers:
        if is_within(record.name, zone):
            key = (record.name, record.type)
            grouped[key] = (*grouped.get(key, ()), record)
    signatures = grouped_signatures(grouped)
    proof = _proof(reply, zone)
    sets: list[RecordSet] = []
    aliases: list[str] = []
    name = question.name
    while True:
        found = grouped.get((name, question.type))
        if found is not None:
            found += signatures.get((name, question.type), ())
            return Answer((*sets, found), tuple(aliases), True, None, proof)
        # pop: an alias that leads back ends here, and the resolution sees the loop
        alias = grouped.pop((name, "CNAME"), None)
        if alias is None:
            break
        sets.append(alias[:1] + signatures.get((name, "CNAME"), ()))
        name = canonical(alias[0].data)
        aliases.append(name)
    if not aliases:
        return None
    denial = _denial(reply, name, zone) if is_within(name, zone) else None
    if denial is not None and denial.rcode == "NOERROR" and denial.soa is None:
        denial = None  # silence about the target is no denial of it
    return Answer(tuple(sets), tuple(aliases), False, denial, proof if denial is None else ())


def grouped_signatures(
    grouped: dict[tuple[str, str], RecordSet],
) -> dict[tuple[str, str], RecordSet]:
    """Return the signatures among records, by the name and type of what they are over."""
    found: dict[tuple[str, str], RecordSet] = {}
    for (name, kind), records in grouped.items():
        if kind == "RRSIG":
            for record in records:
                key = (name, record.data.partition(" ")[0])
                found[key] = (*found.get(key, ()), record)
    return found


def _proof(reply: DnsMessage, zone: str) -> RecordSet:
    """Return the NSEC records of a reply and the signatures over them and over the SOA."""
    return tuple(
        [
            record
            for record in reply.authority
            if (
                record.type == "NSEC"
                or (record.type == "RRSIG" and record.data.startswith(("NSEC ", "SOA ")))
            )
            and is_within(record.name, zone)
        ]
    )


def _denial(reply: DnsMessage, name: str, zone: str) -> Denial:
    for record in reply.authority:
        if record.type == "SOA" and is_within(record.name, zone) and is_within(name, record.name):
            soa = record._replace(ttl=denial_ttl(record))
            return Denial(reply.rcode, soa, _proof(reply, zone))
    return Denial(reply.rcode, None)
