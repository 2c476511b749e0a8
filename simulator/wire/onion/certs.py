"""How a relay proves in the link who it is (tor-spec section 4.2, cert-spec).

TLS itself proves nothing here: its certificate is self-signed and bears no name. Inside, the
relay shows two certificates: its identity signs a signing key, and that signs the digest of
the very TLS certificate that the caller saw. The dates in them lie in the far future: a lab
runs on any day of its calendar, and nobody here checks them.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from simulator.wire.onion.cells import OnionError
from simulator.wire.onion.descriptor import ed25519_public

IDENTITY_TO_SIGNING, SIGNING_TO_LINK = 4, 5

_ED25519_KEY, _X509_DIGEST = 1, 3
_SIGNED_WITH = 4
_NEVER = 0xFFFFFFFF
_PREFIX = b"Tor node signing key certificate v1"
_KEY_AT, _SIGNATURE_LENGTH = 7, 64
_SHORTEST = _KEY_AT + 32 + 1 + _SIGNATURE_LENGTH


def pack_certs(identity: bytes, signing: bytes, link_certificate: bytes) -> bytes:
    """Return the payload of a CERTS cell, from private keys and a TLS certificate in DER."""
    digest = hashlib.sha256(link_certificate).digest()
    certificates = (
        (IDENTITY_TO_SIGNING, _certify(identity, _ED25519_KEY, ed25519_public(signing))),
        (SIGNING_TO_LINK, _certify(signing, _X509_DIGEST, digest)),
    )
    return bytes([len(certificates)]) + b"".join(
        b"%c%b%b" % (kind, len(certificate).to_bytes(2, "big"), certificate)
        for kind, certificate in certificates
    )


def proven_identity(payload: bytes, link_certificate: bytes) -> bytes:
    """Return the Ed25519 identity that a CERTS cell proves for a TLS certificate in DER.

    `OnionError` if it proves none.
    """
    found = _unpack(payload)
    try:
        first, second = found[IDENTITY_TO_SIGNING], found[SIGNING_TO_LINK]
    except KeyError:
        raise OnionError("the CERTS cell lacks an Ed25519 certificate") from None
    identity = _signer(first)
    signing = _checked(first, _ED25519_KEY, identity)
    if _checked(second, _X509_DIGEST, signing) != hashlib.sha256(link_certificate).digest():
        raise OnionError("the CERTS cell is for another TLS certificate")
    return identity


def _certify(signer: bytes, kind: int, certified: bytes) -> bytes:
    """Certificate types in the cell and in the certificate are the same numbers."""
    outer = IDENTITY_TO_SIGNING if kind == _ED25519_KEY else SIGNING_TO_LINK
    extension = (32).to_bytes(2, "big") + bytes([_SIGNED_WITH, 0]) + ed25519_public(signer)
    body = b"\x01%c%b%c%b\x01%b" % (outer, _NEVER.to_bytes(4, "big"), kind, certified, extension)
    return body + Ed25519PrivateKey.from_private_bytes(signer).sign(_PREFIX + body)


def _unpack(payload: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 1
    for _ in range(payload[0] if payload else 0):
        kind, length = payload[at : at + 1], int.from_bytes(payload[at + 1 : at + 3], "big")
        certificate = payload[at + 3 : at + 3 + length]
        if not kind or len(certificate) != length or kind[0] in found:
            raise OnionError("the CERTS cell is cut short, or has two certificates of a type")
        found[kind[0]] = certificate
        at += 3 + length
    return found


def _signer(certificate: bytes) -> bytes:
    """Return the key that a certificate says it is signed with: its only extension."""
    extension = certificate[_KEY_AT + 33 : -_SIGNATURE_LENGTH]
    if len(certificate) < _SHORTEST or extension[:4] != b"\0\x20\x04\0" or len(extension) != 36:
        raise OnionError("a certificate does not tell its signer")
    return extension[4:]


def _checked(certificate: bytes, kind: int, signer: bytes) -> bytes:
    """Return the 32 octets that a certificate certifies, if ``signer`` signed it."""
    body, signature = certificate[:-_SIGNATURE_LENGTH], certificate[-_SIGNATURE_LENGTH:]
    if len(certificate) < _SHORTEST or body[0] != 1 or body[6] != kind:
        raise OnionError("a certificate is not of the kind that it should be")
    try:
        Ed25519PublicKey.from_public_bytes(signer).verify(signature, _PREFIX + body)
    except (InvalidSignature, ValueError) as error:
        raise OnionError("a certificate is not signed by whom it should be") from error
    return body[_KEY_AT : _KEY_AT + 32]
