"""Certificates as curl and openssl show them."""

from __future__ import annotations

import base64
import datetime
import textwrap
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from simulator.roles.probe.certificates import read_certificate

_ECDSA = "1.2.840.10045.4."
"""Where the signature algorithms of RFC 5758 section 3.2 hang in the tree of OIDs."""
_SHORT = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
}


class CertificateText(NamedTuple):
    """What is printed of one certificate. Dates are those of the certificate, real ones."""

    subject: tuple[str, ...]
    issuer: tuple[str, ...]
    begins: str
    ends: str
    key: str
    key_bits: int
    signature: str
    names: tuple[str, ...]
    pem: str


@lru_cache(maxsize=256)
def certificate_text(der: bytes) -> CertificateText | None:
    """Return what there is to print of a certificate, or None if it cannot be read."""
    seen = read_certificate(der)
    if seen is None:
        return None
    certificate = x509.load_der_x509_certificate(der)
    key, bits = _key(certificate)
    return CertificateText(
        _name(certificate.subject),
        _name(certificate.issuer),
        _date(certificate.not_valid_before_utc),
        _date(certificate.not_valid_after_utc),
        key,
        bits,
        _signature(certificate),
        seen.names,
        _pem(der),
    )


def _signature(certificate: x509.Certificate) -> str:
    digest, oid = certificate.signature_hash_algorithm, certificate.signature_algorithm_oid
    if digest is None:
        return "ED25519" if oid == SignatureAlgorithmOID.ED25519 else oid.dotted_string
    kind = "ecdsa-with-" if oid.dotted_string.startswith(_ECDSA) else "RSA-"
    return f"{kind}{digest.name.upper()}"


def signed_by(der: bytes, issuer: bytes) -> bool:
    """Tell whether a certificate bears the signature of another one's key."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _name(name: x509.Name) -> tuple[str, ...]:
    return tuple(
        [f"{_SHORT.get(each.oid, each.oid.dotted_string)}={each.value!s}" for each in name]
    )


def _date(date: datetime.datetime) -> str:
    return f"{date:%b} {date.day:>2} {date:%H:%M:%S %Y} GMT"


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "rsaEncryption", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "id-ecPublicKey", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ED25519", 256
    return "unknown", 0


def _pem(der: bytes) -> str:
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"))
