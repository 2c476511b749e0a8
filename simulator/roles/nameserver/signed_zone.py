"""A signed zone: what a plain answer lacks for those who validate (RFC 4035 section 3.1)."""

from __future__ import annotations

from itertools import groupby

from simulator.errors import LabError
from simulator.roles.nameserver.denial import NsecChain
from simulator.roles.nameserver.signing import Signer
from simulator.roles.nameserver.zone import RecordSet, Zone
from simulator.values import Instant, message
from simulator.wire.dns_names import canonical
from simulator.wire.dns_values import DnsMessage, Record

MADE_BY_THE_SIGNER = ("RRSIG", "NSEC", "NSEC3", "NSEC3PARAM")


class SignedZone:
    """A zone with its key in it, the chain of its names, and signatures as they are wanted."""

    def __init__(self, zone: Zone, signer: Signer) -> None:
        self.zone = _with_key(zone, signer)
        self.signer = signer
        self._chain = NsecChain(self.zone)

    def __repr__(self) -> str:
        return f"<SignedZone {self.zone!r} key {self.signer.key.tag}>"

    def complete(self, reply: DnsMessage, query: DnsMessage, now: Instant) -> DnsMessage:
        """Return a plain reply with the signatures and proofs that its client wants."""
        question = query.question
        assert question is not None, "a reply was made, so something was asked"
        if question.type in ("NSEC", "RRSIG") and self.zone.owns(question.name, "NSEC"):
            reply = self._about_itself(reply, question.name, question.type, now)
        if query.edns is None or not query.edns.dnssec_ok:
            return reply
        proofs = self._proofs(reply, question.name)
        return reply._replace(
            answers=self._signed(reply.answers, now),
            authority=self._signed(reply.authority + proofs, now),
            additional=self._signed(reply.additional, now),
        )

    def _about_itself(self, reply: DnsMessage, name: str, kind: str, now: Instant) -> DnsMessage:
        """Answer a question for the records that the signer makes, and nobody's zone lists.

        At a delegation both sides have such records. We refer for them as for all but DS (RFC
        4035 section 3.1.4.1), so that whoever follows a referral gets those of the zone below.
        """
        sets = self.zone.at(name)
        if not sets or reply.answers or not reply.authoritative:
            return reply
        nsec = (self._chain.around(name),)
        if kind == "NSEC":
            answers: RecordSet = nsec
        else:
            own = [records for kind, records in sets.items() if self.zone.owns(name, kind)]
            answers = tuple([self._signature(records, now) for records in [*own, nsec]])
        return reply._replace(answers=answers, authority=())

    # --- signatures -------------------------------------------------------------------

    def _signed(self, records: RecordSet, now: Instant) -> RecordSet:
        """Return records with a signature behind each set that is the zone's own word."""
        result: list[Record] = []
        for (name, kind), group in groupby(records, key=lambda record: record[:2]):
            one_set = tuple(group)
            result += one_set
            if kind != "RRSIG" and self.zone.owns(name, kind):
                result.append(self._signature(one_set, now))
        return tuple(result)

    def _signature(self, records: RecordSet, now: Instant) -> Record:
        """Return the signature over a set as it is sent.

        It is over the set as the zone has it: under the wildcard that stands for the name,
        and with the zone's TTL where a denial shortens it (RFC 4035 section 2.2).
        """
        name, kind, ttl, _ = records[0]
        if kind == "NSEC":
            return self.signer.signature(records, now)
        source = name if self.zone.exists(name) else self.zone.wildcard(name)
        signature = self.signer.signature(self.zone.at(source)[kind], now)
        return signature._replace(name=name, ttl=ttl)

    # --- proofs -----------------------------------------------------------------------

    def _proofs(self, reply: DnsMessage, name: str) -> RecordSet:
        """Return the NSEC records that a reply needs, each once."""
        proofs: dict[Record, None] = {}
        for record in reply.answers:
            if not self.zone.exists(record.name):  # a wildcard answers: no closer name exists
                proofs[self._chain.around(record.name)] = None
            if record.type == "CNAME":
                name = canonical(record.data)
        kinds = [record.type for record in reply.authority]
        if "SOA" in kinds:
            proofs.update(dict.fromkeys(self._denial(name)))
        elif "NS" in kinds and "DS" not in kinds:  # a delegation that nobody vouches for
            proofs[self._chain.around(reply.authority[0].name)] = None
        return tuple(proofs)

    def _denial(self, name: str) -> list[Record]:
        """Return what proves that a name does not exist, or that a type is not at it.

        That is the record around the name, and where the name does not exist, the one around
        the wildcard too: it is not there, or has not the type either.
        """
        proofs = [self._chain.around(name)]
        if not self.zone.exists(name):
            proofs.append(self._chain.around(self.zone.wildcard(name)))
        return proofs


def _with_key(zone: Zone, signer: Signer) -> Zone:
    """Return the zone with the signer's key, and no other, at its top."""
    soa = zone.soa
    if zone.origin != signer.origin:
        raise LabError(
            message(
                "the key of {signer} cannot sign the zone {zone}",
                signer=signer.origin or ".",
                zone=zone.origin or ".",
            )
        )
    for record in zone.records:
        if record.type in MADE_BY_THE_SIGNER:
            raise LabError(
                message(
                    "the {type} record of {name}: a signed zone makes its own, and NSEC3 is not "
                    "simulated",
                    type=record.type,
                    name=record.name or ".",
                )
            )
    if soa is None:
        return zone  # which then fails its check
    key = signer.dnskey(soa.ttl)
    kept = [record for record in zone.records if record[:2] != (zone.origin, "DNSKEY")]
    return Zone(zone.origin, [*kept, key])
