"""A relay's TLS certificate: self-signed, without its name, proving nothing by itself.

Ed25519, whose signatures have one length, so that two runs make packets of the same sizes.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import ssl
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

# Nobody checks the dates of a certificate that nobody trusts; these hold on any day.
_FROM = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_UNTIL = datetime.datetime(2099, 12, 31, tzinfo=datetime.UTC)


class LinkCertificate(NamedTuple):
    """What a relay listens with, and the certificate that callers then see, in DER."""

    context: ssl.SSLContext
    der: bytes


@lru_cache(maxsize=64)
def make_certificate(private_key: bytes) -> LinkCertificate:
    """Return the certificate for the 32 octets of an Ed25519 key, ready to listen with.

    Kept, because the same relays start anew in every lab of a process.
    """
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    digest = hashlib.sha256(key.public_key().public_bytes_raw()).digest()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, digest[:8].hex())])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1 << 126 | int.from_bytes(digest[:15], "big"))
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .sign(key, None)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0  # sessions must not be resumed (tor-spec section 2.2)
    pem = certificate.public_bytes(Encoding.PEM)
    _load(context, pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return LinkCertificate(context, certificate.public_bytes(Encoding.DER))


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Have OpenSSL read the certificate and its key, which it does from files only."""
    descriptor, path = tempfile.mkstemp(prefix="takedown-lab-", suffix=".pem")
    try:
        os.write(descriptor, pem)
        os.close(descriptor)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()
