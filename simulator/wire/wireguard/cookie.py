"""Cookies: how a busy responder has callers prove their address (paper, section 5.3).

A caller who is told to come back with a cookie puts it into MAC2 of its next try. The cookie
travels sealed with XChaCha20-Poly1305, whose long nonce can be drawn at random.
"""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from simulator.values import SECOND, Instant
from simulator.wire.wireguard.keys import digest, keyed_mac

COOKIE_LIFETIME = 120 * SECOND
NONCE_LENGTH = 24

_WORD = 0xFFFFFFFF
_CONSTANTS = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)  # "expand 32-byte k"
_QUARTERS = (  # four columns, then four diagonals (RFC 8439 section 2.3)
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)


class CookieKitchen:
    """Makes and checks a responder's cookies, from a secret that changes every two minutes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def cookie(self, source: bytes, now: Instant) -> bytes:
        """Return the 16 bytes of cookie for an address, good until the secret changes."""
        period = (now // COOKIE_LIFETIME).to_bytes(8, "little")
        return keyed_mac(keyed_mac(self._secret, period), source)


def cookie_key(responder_public_key: bytes) -> bytes:
    """Return the key under which a responder's cookies travel."""
    return digest(b"cookie--", responder_public_key)


def seal_cookie(key: bytes, nonce: bytes, cookie: bytes, mac1: bytes) -> bytes:
    """Return 32 bytes: the cookie sealed for the sender of the message with that MAC1."""
    subkey, short_nonce = _extended(key, nonce)
    return ChaCha20Poly1305(subkey).encrypt(short_nonce, cookie, mac1)


def open_cookie(key: bytes, nonce: bytes, sealed: bytes, mac1: bytes) -> bytes | None:
    """Return the cookie, or None if it is forged or answers another message."""
    subkey, short_nonce = _extended(key, nonce)
    try:
        return ChaCha20Poly1305(subkey).decrypt(short_nonce, sealed, mac1)
    except InvalidTag:
        return None


def _extended(key: bytes, nonce: bytes) -> tuple[bytes, bytes]:
    """Turn a 24-byte nonce into a key and a 12-byte nonce (draft-irtf-cfrg-xchacha, 2.3)."""
    return hchacha20(key, nonce[:16]), b"\0\0\0\0" + nonce[16:]


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """Return the 32-byte subkey for a key and 16 bytes of nonce (the draft's section 2.2).

    In plain Python, because the library lacks it and only a busy responder needs it.
    """
    state = [*_CONSTANTS, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce)]
    for _ in range(10):
        for quarter in _QUARTERS:
            _quarter_round(state, *quarter)
    return struct.pack("<8I", *state[:4], *state[12:])


def _quarter_round(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for first, second, third, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[first] = (state[first] + state[second]) & _WORD
        mixed = state[third] ^ state[first]
        state[third] = (mixed << bits | mixed >> (32 - bits)) & _WORD
