"""Keys and the primitives that WireGuard is made of (paper, section 5.4)."""

from __future__ import annotations

import hashlib
import hmac
from random import Random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

KEY_LENGTH = 32


def new_private_key(random: Random) -> bytes:
    """Return 32 bytes of private key. From a seeded generator: repeatable, not secret."""
    return random.randbytes(KEY_LENGTH)


def public_key(private_key: bytes) -> bytes:
    """Return the 32 bytes of public key that belong to a private key."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def shared_secret(private_key: bytes, public: bytes) -> bytes:
    """X25519 (RFC 7748). Raises ValueError for a public key that yields no secret."""
    private = X25519PrivateKey.from_private_bytes(private_key)
    return private.exchange(X25519PublicKey.from_public_bytes(public))


def digest(*parts: bytes) -> bytes:
    """BLAKE2s with 32 bytes of output (RFC 7693)."""
    return hashlib.blake2s(b"".join(parts)).digest()


def keyed_mac(key: bytes, data: bytes) -> bytes:
    """Keyed BLAKE2s with 16 bytes of output."""
    return hashlib.blake2s(data, digest_size=16, key=key).digest()


def derive(key: bytes, data: bytes, count: int) -> list[bytes]:
    """HKDF (RFC 5869) over HMAC-BLAKE2s: return the first ``count`` outputs."""
    secret = hmac.new(key, data, hashlib.blake2s).digest()
    outputs: list[bytes] = []
    output = b""
    for number in range(1, count + 1):
        output = hmac.new(secret, output + bytes([number]), hashlib.blake2s).digest()
        outputs.append(output)
    return outputs
