"""Record sets and the signatures over them: who should have signed, and whether they did.

Pure. Times are seconds since 1970, compared as RFC 1982 has it: they are 32 bits wide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simulator.values import ExtendedError
from simulator.wire.dns_names import is_within, text_to_labels
from simulator.wire.dns_values import Record
from simulator.wire.dnssec import ECDSA_P256, ZONE_KEY, key_tag, verify
from simulator.wire.dnssec_data import Signature, write_dnskey, write_rrsig

INDETERMINATE, BOGUS, EXPIRED, NOT_YET_VALID, NO_DNSKEY, NO_SIGNATURES = 5, 6, 7, 8, 9, 10
NO_ZONE_KEY, NO_NSEC = 11, 12
"""INFO-CODEs of RFC 8914 section 4."""
_HALF = 1 << 31


class SignedSet(NamedTuple):
    """Records of one name and type, and the signatures that came with them."""

    name: str
    type: str
    records: tuple[Record, ...]
    signatures: tuple[Signature, ...]

    @property
    def signer(self) -> str | None:
        """The zone that claims to have signed it; None without a signature that could count."""
        for signature in self.signatures:
            if is_within(self.name, signature.signer):
                return signature.signer
        return None

    def __str__(self) -> str:
        return f"{self.name or '.'} {self.type}"


class Checked(NamedTuple):
    """A set whose signature holds until ``expiration``, over a name of so many ``labels``."""

    expiration: int
    labels: int


def signed_sets(records: Iterable[Record]) -> list[SignedSet]:
    """Return records by name and type, in the order in which they came."""
    sets: dict[tuple[str, str], list[Record]] = {}
    signatures: dict[tuple[str, str], list[Signature]] = {}
    for record in records:
        if record.type == "RRSIG":
            signature = write_rrsig(record.data)
            signatures.setdefault((record.name, signature.covered), []).append(signature)
        else:
            sets.setdefault((record.name, record.type), []).append(record)
    return [
        SignedSet(name, kind, tuple(found), tuple(signatures.get((name, kind), ())))
        for (name, kind), found in sets.items()
    ]


def check(one: SignedSet, zone: str, keys: Sequence[str], at: int) -> Checked | ExtendedError:
    """Return how a set is signed by one of a zone's keys at a date, or what is wrong with it.

    ``keys`` are the data of DNSKEY records. Of several faults that of the last signature counts.
    """
    fault = ExtendedError(NO_SIGNATURES, f"{one} is not signed by {zone or '.'}")
    for signature in one.signatures:
        if signature.signer != zone:
            continue
        found = _check_one(one, signature, keys, at)
        if isinstance(found, Checked):
            return found
        fault = found
    return fault


def _check_one(
    one: SignedSet, signature: Signature, keys: Sequence[str], at: int
) -> Checked | ExtendedError:
    if later(at, signature.expiration):
        return ExtendedError(EXPIRED, f"the signature over {one} has expired")
    if later(signature.inception, at):
        return ExtendedError(NOT_YET_VALID, f"the signature over {one} is not yet valid")
    candidates = [key for key in keys if _may_have_made(key, signature)]
    if not candidates:
        text = f"no DNSKEY of {signature.signer or '.'} with tag {signature.key_tag} for {one}"
        return ExtendedError(NO_DNSKEY, text)
    flagged = [key for key in candidates if write_dnskey(key).flags & ZONE_KEY]
    if not flagged:
        text = f"the DNSKEY of {signature.signer or '.'} is no zone key"
        return ExtendedError(NO_ZONE_KEY, text)
    if any(verify(one.records, signature, key) for key in flagged):
        return Checked(signature.expiration, signature.labels)
    return ExtendedError(BOGUS, f"the signature over {one} is wrong")


def _may_have_made(key: str, signature: Signature) -> bool:
    read = write_dnskey(key)
    return (
        read.algorithm == signature.algorithm == ECDSA_P256 and key_tag(read) == signature.key_tag
    )


def later(one: int, other: int) -> bool:
    """Return whether a date is after another, both modulo 2^32 (RFC 1982 section 3.2)."""
    return 0 < (one - other) & 0xFFFFFFFF < _HALF


def is_expanded(one: SignedSet, checked: Checked) -> bool:
    """Return whether a set was made from a wildcard (RFC 4035 section 5.3.4)."""
    labels = text_to_labels(one.name)
    return checked.labels < len(labels) - (labels[:1] == (b"*",))
