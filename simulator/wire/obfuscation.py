"""Datagrams that look like nothing: neither type bytes nor telling sizes.

WireGuard does not hide that it is WireGuard: its handshake has fixed lengths and begins
with a type byte, which is enough to recognise it (RFC 9505 section 4.3.2, protocol
identification). Here each datagram travels sealed whole, in the manner of the obfuscated
transports, under a key that both ends were given out of band::

    nonce (12 random octets) | ChaCha20-Poly1305 of: content | zeros | their number (1 octet)

To who lacks the key every octet is random, from the first on, and every length. What that
cannot hide is that it looks like no protocol at all: a network that lets through only what
it knows stops it, and address blocking does not ask what it looks like.

The random numbers come from the lab's seeded generator, so that a run repeats. That is
right for a lab and for nothing else: do not carry anything secret.
"""

from __future__ import annotations

from random import Random

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY_LENGTH = 32
OVERHEAD = 12 + 1 + 16
"""Octets that wrapping adds before any padding: nonce, number of zeros, tag (RFC 8439)."""
LARGEST = 1500 - 40 - 8
"""Octets of a UDP payload that fit an Ethernet frame over IPv6; padding goes no further."""
MOST_PADDING = 255

TUNNEL_MTU = 1280
"""What a tunnel of wrapped WireGuard carries: the least that IPv6 allows (RFC 8200 section 5).

140 octets less than bare WireGuard's 1420: 29 for the wrapping, the rest so that full
packets differ in length as well (1341 octets and up to 111 more).
"""

_NONCE_LENGTH = 12
_ZEROS = bytes(MOST_PADDING)


class Obfuscator:
    """Both directions of one shared key. ValueError unless the key has 32 octets."""

    def __init__(self, key: bytes, random: Random) -> None:
        cipher = ChaCha20Poly1305(key)
        self._seal, self._open = cipher.encrypt, cipher.decrypt
        self._random = random

    def wrap(self, data: bytes) -> bytes:
        """Return a datagram that shows neither what ``data`` is nor how long."""
        room = min(LARGEST - OVERHEAD - len(data), MOST_PADDING)
        zeros = self._random.randrange(room + 1) if room > 0 else 0
        nonce = self._random.randbytes(_NONCE_LENGTH)
        return nonce + self._seal(nonce, b"%b%b%c" % (data, _ZEROS[:zeros], zeros), None)

    def unwrap(self, datagram: bytes) -> bytes | None:
        """Return what was wrapped; None for what nobody wrapped with this key."""
        if len(datagram) < OVERHEAD:
            return None
        try:
            content = self._open(datagram[:_NONCE_LENGTH], datagram[_NONCE_LENGTH:], None)
        except InvalidTag:
            return None
        end = len(content) - 1 - content[-1]
        return content[:end] if end >= 0 else None
