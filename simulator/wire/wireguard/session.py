"""One pair of transport keys: encrypting packets, and taking each at most once."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from simulator.values import Instant
from simulator.wire.wireguard.handshake import TransportKeys
from simulator.wire.wireguard.messages import pack_transport_header

REJECT_AFTER_MESSAGES = 2**64 - 2**13 - 1
WINDOW = 2048
"""How far behind the newest a packet may come and still be taken, in packets."""

_MASK = (1 << WINDOW) - 1
_HEADER_LENGTH = 16
_PADDING = bytes(15)


class Session:
    """Keys agreed at ``created``, with counters for both ways."""

    __slots__ = (
        "_decrypt",
        "_encrypt",
        "_newest",
        "_seen",
        "counter",
        "created",
        "initiator",
        "local_index",
        "remote_index",
    )

    def __init__(
        self,
        keys: TransportKeys,
        local_index: int,
        remote_index: int,
        created: Instant,
        *,
        initiator: bool,
    ) -> None:
        self._encrypt = ChaCha20Poly1305(keys.send).encrypt
        self._decrypt = ChaCha20Poly1305(keys.receive).decrypt
        self.local_index = local_index
        self.remote_index = remote_index
        self.created = created
        self.initiator = initiator
        self.counter = 0
        self._newest = -1
        self._seen = 0  # bit n: the packet n behind the newest has come

    def encrypt(self, packet: bytes) -> bytes:
        """Return the transport message for a packet; none at all makes a keepalive.

        The packet is padded to a multiple of 16 bytes, so that sizes tell less.
        """
        counter = self.counter
        self.counter = counter + 1
        nonce = b"\0\0\0\0" + counter.to_bytes(8, "little")
        sealed = self._encrypt(nonce, packet + _PADDING[: -len(packet) % 16], None)
        return pack_transport_header(self.remote_index, counter) + sealed

    def decrypt(self, counter: int, message: bytes) -> bytes | None:
        """Return the packet with its padding; None if it is forged or comes again."""
        behind = self._newest - counter
        if counter >= REJECT_AFTER_MESSAGES or behind >= WINDOW:
            return None
        if behind >= 0 and self._seen >> behind & 1:
            return None
        nonce = b"\0\0\0\0" + counter.to_bytes(8, "little")
        try:
            packet = self._decrypt(nonce, message[_HEADER_LENGTH:], None)
        except InvalidTag:
            return None
        # Only what is authentic may move the window.
        if behind >= 0:
            self._seen |= 1 << behind
        else:
            self._seen = ((self._seen << -behind) & _MASK | 1) if -behind < WINDOW else 1
            self._newest = counter
        return packet
