"""A relay's keys, and what others are told of it."""

from __future__ import annotations

import hashlib
from random import Random
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from simulator.values import Address

KEY_LENGTH = 32


class RelayDescriptor(NamedTuple):
    """Where a relay is and how to know it: what Tor's clients read in the consensus.

    ``identity`` is its Ed25519 public key, ``onion_key`` its Curve25519 public key for ntor,
    32 octets each.
    """

    name: str
    address: Address
    port: int
    identity: bytes
    onion_key: bytes

    @property
    def fingerprint(self) -> bytes:
        """The 20 octets that name the relay in ntor and EXTEND2."""
        return fingerprint(self.identity)


class RelayKeys(NamedTuple):
    """A relay's private keys, 32 octets each; ``signing`` and ``link`` serve its TLS links."""

    identity: bytes
    onion: bytes
    signing: bytes
    link: bytes

    @staticmethod
    def generate(random: Random) -> RelayKeys:
        """Return new keys. From a seeded generator: repeatable, not secret."""
        return RelayKeys(*(random.randbytes(KEY_LENGTH) for _ in RelayKeys._fields))

    def descriptor(self, name: str, address: Address, port: int) -> RelayDescriptor:
        """Return what the world is told of the relay with these keys."""
        onion = X25519PrivateKey.from_private_bytes(self.onion).public_key()
        return RelayDescriptor(
            name, address, port, ed25519_public(self.identity), onion.public_bytes_raw()
        )


def ed25519_public(private_key: bytes) -> bytes:
    """Return the 32 octets of the public key that belongs to a private one."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def fingerprint(identity: bytes) -> bytes:
    """Return the SHA-1 of an identity; Tor's is that of the relay's RSA key."""
    return hashlib.sha1(identity, usedforsecurity=False).digest()
