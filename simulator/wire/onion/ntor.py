"""The ntor handshake: a client agrees on keys with one relay (tor-spec sections 5.1.4, 5.2.2).

The relay proves that it holds its onion key; the client stays nameless. ``fingerprint`` is
the 20 octets by which the relay is known. Names of the quantities follow the specification.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from simulator.wire.onion.cells import OnionError

HANDSHAKE_TYPE = 2
SKIN_LENGTH = 20 + 32 + 32
REPLY_LENGTH = 32 + 32

_PROTOCOL = b"ntor-curve25519-sha256-1"
_MAC, _EXTRACT = _PROTOCOL + b":mac", _PROTOCOL + b":key_extract"
_VERIFY, _EXPAND = _PROTOCOL + b":verify", _PROTOCOL + b":key_expand"


class CircuitKeys(NamedTuple):
    """What client and relay hold in common; forward is away from the client."""

    forward_digest: bytes
    backward_digest: bytes
    forward_key: bytes
    backward_key: bytes


class ClientHandshake:
    """The client's side; ``ephemeral`` is a fresh private key of 32 octets."""

    def __init__(self, fingerprint: bytes, onion_key: bytes, ephemeral: bytes) -> None:
        self._private = X25519PrivateKey.from_private_bytes(ephemeral)
        self._public = self._private.public_key().public_bytes_raw()
        self._fingerprint = fingerprint
        self._onion_key = onion_key

    @property
    def skin(self) -> bytes:
        """What the relay is sent: the onion skin."""
        return self._fingerprint + self._onion_key + self._public

    def finish(self, reply: bytes) -> CircuitKeys:
        """Take the relay's reply; `OnionError` if it is not from who holds the onion key."""
        if len(reply) < REPLY_LENGTH:
            raise OnionError("the reply to the handshake is cut short")
        theirs, proof = reply[:32], reply[32:REPLY_LENGTH]
        secret = (
            _exchange(self._private, theirs)
            + _exchange(self._private, self._onion_key)
            + self._fingerprint
            + self._onion_key
            + self._public
            + theirs
            + _PROTOCOL
        )
        expected = _proof(secret, self._fingerprint, self._onion_key, theirs, self._public)
        if not hmac.compare_digest(expected, proof):
            raise OnionError("the relay does not hold the onion key that it should")
        return _derive(secret)


def answer(
    fingerprint: bytes, onion_private: bytes, ephemeral: bytes, skin: bytes
) -> tuple[bytes, CircuitKeys]:
    """Return the relay's reply and keys; `OnionError` if the skin is not for this relay."""
    long_term = X25519PrivateKey.from_private_bytes(onion_private)
    onion_key = long_term.public_key().public_bytes_raw()
    if len(skin) != SKIN_LENGTH or skin[:52] != fingerprint + onion_key:
        raise OnionError("the handshake is meant for another relay")
    theirs = skin[52:]
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    public = private.public_key().public_bytes_raw()
    secret = (
        _exchange(private, theirs)
        + _exchange(long_term, theirs)
        + fingerprint
        + onion_key
        + theirs
        + public
        + _PROTOCOL
    )
    proof = _proof(secret, fingerprint, onion_key, public, theirs)
    return public + proof, _derive(secret)


def _exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise OnionError("a public key that yields no secret") from error


def _proof(
    secret: bytes, fingerprint: bytes, onion_key: bytes, relay: bytes, client: bytes
) -> bytes:
    verify = _digest(_VERIFY, secret)
    return _digest(_MAC, verify + fingerprint + onion_key + relay + client + _PROTOCOL + b"Server")


def _derive(secret: bytes) -> CircuitKeys:
    """HKDF with SHA-256 (RFC 5869), cut as section 5.2.2 says."""
    seed = _digest(_EXTRACT, secret)
    material = output = b""
    for number in range(1, 4):
        output = _digest(seed, output + _EXPAND + bytes([number]))
        material += output
    return CircuitKeys(material[:20], material[20:40], material[40:56], material[56:72])


def _digest(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()
