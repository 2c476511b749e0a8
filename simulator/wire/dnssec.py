"""Keys, DS records and signatures of DNSSEC (RFC 4033 to 4035), by the library `cryptography`.

One algorithm, ECDSA P-256 with SHA-256 (13, RFC 6605), which RFC 8624 makes mandatory for both
sides; its signatures are deterministic (RFC 6979), so that two runs with the same seed send
the same bytes. One key a zone signs everything, its own DNSKEY set included (a combined
signing key, the single-type scheme of RFC 6781 section 3.1): a second key is worth its while where
keys are rolled, and the lab rolls none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from simulator.wire import dnssec_data
from simulator.wire.dns_buffer import PlainNameBuffer, wire_name
from simulator.wire.dns_data import write_data
from simulator.wire.dns_names import DnsFormatError, text_to_labels
from simulator.wire.dns_types import type_number
from simulator.wire.dns_values import Record
from simulator.wire.dnssec_data import Key, Signature

ECDSA_P256 = 13
"""The algorithm that the lab signs and validates by."""
DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}
"""Digest types of DS records that the lab validates (RFC 8624 section 3.3)."""
ZONE_KEY, SECURE_ENTRY_POINT = 0x0100, 0x0001
"""Flags of a DNSKEY record (RFC 4034 section 2.1.1)."""
_PROTOCOL = 3
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256 (FIPS 186-4): a private key lies between 1 and one less."""
_CURVE = ec.SECP256R1()
_HASH = ec.ECDSA(SHA256(), deterministic_signing=True)
_HASH_CHECKED = ec.ECDSA(SHA256())
_WILDCARD = b"*"


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """The key of a signed zone: ``data`` and ``tag`` are those of its DNSKEY record."""

    data: str
    tag: int
    private: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)


def make_key(random: Random) -> ZoneKey:
    """Return a new key; the same ``random`` gives the same one."""
    private = ec.derive_private_key(random.randrange(1, _ORDER), _CURVE)
    numbers = private.public_key().public_numbers()
    public = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    key = Key(ZONE_KEY | SECURE_ENTRY_POINT, _PROTOCOL, ECDSA_P256, public)
    return ZoneKey(dnssec_data.dnskey_text(key), key_tag(key), private)


@lru_cache(maxsize=512)
def key_tag(key: Key) -> int:
    """Return the number by which signatures and DS records name a key (RFC 4034 appendix B)."""
    data = packed("DNSKEY", dnssec_data.dnskey_text(key))
    total = sum(octet << 8 if index % 2 == 0 else octet for index, octet in enumerate(data))
    return (total + (total >> 16 & 0xFFFF)) & 0xFFFF


def packed(kind: str, data: str) -> bytes:
    """Return record data in canonical form: names in full and in lower case."""
    buffer = PlainNameBuffer()
    write_data(buffer, kind, data)
    return bytes(buffer.data)


# --- DS -----------------------------------------------------------------------------


def ds_of(key: ZoneKey, name: str, digest_type: int = 2) -> str:
    """Return the data of the DS record that makes the zone above vouch for a zone's key."""
    digest = _digest(key.data, name, digest_type)
    return f"{key.tag} {ECDSA_P256} {digest_type} {digest.upper()}"


def matches_ds(ds: str, key: str, name: str) -> bool:
    """Return whether a DS record is for the DNSKEY record of a zone, both given as data."""
    tag, algorithm, digest_type, digest = ds.split()
    read = dnssec_data.write_dnskey(key)
    return (
        int(tag) == key_tag(read)
        and int(algorithm) == read.algorithm
        and int(digest_type) in DIGESTS
        and digest.lower() == _digest(key, name, int(digest_type))
    )


def is_supported(ds: str) -> bool:
    """Return whether the lab can validate by a DS record: algorithm 13, a known digest."""
    _, algorithm, digest_type, _ = ds.split()
    return int(algorithm) == ECDSA_P256 and int(digest_type) in DIGESTS


def _digest(key: str, name: str, digest_type: int) -> str:
    return DIGESTS[digest_type](wire_name(name) + packed("DNSKEY", key)).hexdigest()


# --- signatures ---------------------------------------------------------------------


def sign(
    records: Sequence[Record], key: ZoneKey, zone: str, inception: int, expiration: int
) -> Record:
    """Return the RRSIG record over one record set of a zone.

    Times are seconds since 1970. The owner is that of the zone's own text: a wildcard's
    records are signed under ``*.``, and what comes of it is renamed afterwards.
    """
    first = records[0]
    labels = text_to_labels(first.name)
    unsigned = Signature(
        covered=first.type,
        algorithm=ECDSA_P256,
        labels=len(labels) - (labels[:1] == (_WILDCARD,)),
        original_ttl=first.ttl,
        expiration=expiration & 0xFFFFFFFF,
        inception=inception & 0xFFFFFFFF,
        key_tag=key.tag,
        signer=zone,
        signature=b"",
    )
    r, s = utils.decode_dss_signature(key.private.sign(_signed(records, unsigned), _HASH))
    done = unsigned._replace(signature=r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return Record(first.name, "RRSIG", first.ttl, dnssec_data.rrsig_text(done))


def verify(records: Sequence[Record], signature: Signature, key: str) -> bool:
    """Return whether a DNSKEY record made a signature over one record set; time aside."""
    public = _public_key(key)
    if (
        public is None
        or signature.algorithm != ECDSA_P256
        or len(signature.signature) != 64
        or signature.labels > len(text_to_labels(records[0].name))
    ):
        return False
    try:
        public.verify(_encoded(signature.signature), _signed(records, signature), _HASH_CHECKED)
    except (InvalidSignature, ValueError, DnsFormatError):
        return False
    return True


@lru_cache(maxsize=512)
def _public_key(data: str) -> ec.EllipticCurvePublicKey | None:
    """Return the key in a DNSKEY record's data; None if it is none of algorithm 13."""
    key = dnssec_data.write_dnskey(data)
    if key.algorithm != ECDSA_P256 or len(key.public) != 64:
        return None
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\4" + key.public)
    except ValueError:  # not on the curve
        return None


def _encoded(signature: bytes) -> bytes:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return utils.encode_dss_signature(r, s)


def _signed(records: Sequence[Record], signature: Signature) -> bytes:
    """Return the bytes that a signature is over (RFC 4034 section 3.1.8.1)."""
    kind = records[0].type
    head = PlainNameBuffer()
    signature._replace(signature=b"").pack(head)
    owner = wire_name(signed_owner(records[0].name, signature.labels))
    fixed = (
        owner
        + type_number(kind).to_bytes(2, "big")
        + b"\0\1"
        + signature.original_ttl.to_bytes(4, "big")
    )
    parts = [
        fixed + len(data).to_bytes(2, "big") + data
        for data in sorted({packed(kind, record.data) for record in records})
    ]
    return bytes(head.data) + b"".join(parts)


def signed_owner(name: str, labels: int) -> str:
    """Return the owner that a signature with so many labels is over: a wildcard if they are
    fewer than the name has (RFC 4035 section 5.3.2)."""
    all_labels = name.split(".") if name else []
    if labels >= len(all_labels) or all_labels[:1] == ["*"]:
        return name
    return ".".join(["*", *all_labels[len(all_labels) - labels :]])
