"""One relay's layer of a circuit: encryption and recognition (tor-spec sections 5.5, 6.1).

Both ends of a layer, the client and that relay, hold the same object. Counter mode makes
encrypting and decrypting one operation; the running digest tells a relay which cells are
for it, and that none was lost, changed or moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from simulator.wire.onion.ntor import CircuitKeys

_NO_DIGEST = bytes(4)


class RunningDigest:
    """SHA-1 over every cell body that one end originated for the other, in order."""

    __slots__ = ("_hash", "latest")

    def __init__(self, seed: bytes) -> None:
        self._hash = hashlib.sha1(seed, usedforsecurity=False)
        self.latest = b""
        """The whole digest after the latest cell: what an authenticated SENDME quotes."""

    def seal(self, body: bytes) -> bytes:
        """Return a body, whose digest field is zero, with its digest in it."""
        self._hash.update(body)
        self.latest = self._hash.digest()
        return body[:5] + self.latest[:4] + body[9:]

    def recognises(self, body: bytes) -> bool:
        """Whether a decrypted body was sealed at the other end; then it counts."""
        if body[1:3] != b"\0\0":
            return False
        candidate = self._hash.copy()
        candidate.update(body[:5] + _NO_DIGEST + body[9:])
        digest = candidate.digest()
        if digest[:4] != body[5:9]:
            return False
        self._hash, self.latest = candidate, digest
        return True


class Layer:
    """The keys of one hop at work; each cell must pass once, in order."""

    __slots__ = ("backward", "backward_digest", "forward", "forward_digest")

    def __init__(self, keys: CircuitKeys) -> None:
        self.forward: Callable[[bytes], bytes] = _counter_mode(keys.forward_key)
        """Add or take off the layer of a cell that goes away from the client."""
        self.backward: Callable[[bytes], bytes] = _counter_mode(keys.backward_key)
        """The same towards the client."""
        self.forward_digest = RunningDigest(keys.forward_digest)
        self.backward_digest = RunningDigest(keys.backward_digest)


def _counter_mode(key: bytes) -> Callable[[bytes], bytes]:
    return Cipher(AES(key), CTR(bytes(16))).encryptor().update
