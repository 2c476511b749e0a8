"""The handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (paper, sections 5.4.2 to 5.4.5).

`Initiator` and `respond` hold one side each. Names of the quantities follow the paper's
letters: ``chain`` is its C, ``transcript`` its H.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from simulator.values import Instant
from simulator.wire.wireguard.keys import derive, digest, public_key, shared_secret
from simulator.wire.wireguard.messages import Initiation, Response

NO_PRESHARED_KEY = bytes(32)

_CONSTRUCTION = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
_IDENTIFIER = b"WireGuard v1 zx2c4 Jason@zx2c4.com"
_CHAIN = digest(_CONSTRUCTION)
_TRANSCRIPT = digest(_CHAIN, _IDENTIFIER)
_NONCE_ZERO = bytes(12)


class HandshakeFailed(Exception):
    """The message does not come from whom it should; WireGuard says nothing to it."""


class TransportKeys(NamedTuple):
    """What both sides hold at the end, as seen from one of them."""

    send: bytes
    receive: bytes


class Opened(NamedTuple):
    """An initiation that decrypted: who sent it, when, and where the handshake stands."""

    message: Initiation
    static: bytes
    timestamp: bytes
    chain: bytes
    transcript: bytes


def tai64n(unix_microseconds: Instant) -> bytes:
    """Return the 12 bytes of TAI64N, with the ten seconds that TAI was ahead in 1970."""
    seconds, microseconds = divmod(unix_microseconds, 1_000_000)
    return (2**62 + 10 + seconds).to_bytes(8, "big") + (microseconds * 1000).to_bytes(4, "big")


class Initiator:
    """The side that speaks first; holds what the response will need."""

    def __init__(
        self,
        private_key: bytes,
        responder: bytes,
        ephemeral: bytes,
        static_static: bytes,
        preshared_key: bytes = NO_PRESHARED_KEY,
    ) -> None:
        self._private_key = private_key
        self._responder = responder
        self._ephemeral = ephemeral
        self._static_static = static_static
        self._preshared_key = preshared_key
        self._chain = _CHAIN
        self._transcript = b""

    def initiate(self, sender: int, timestamp: bytes) -> Initiation:
        """Return the first message."""
        ephemeral_public = public_key(self._ephemeral)
        transcript = digest(_TRANSCRIPT, self._responder)
        (chain,) = derive(_CHAIN, ephemeral_public, 1)
        transcript = digest(transcript, ephemeral_public)
        chain, key = derive(chain, shared_secret(self._ephemeral, self._responder), 2)
        static = _seal(key, public_key(self._private_key), transcript)
        transcript = digest(transcript, static)
        chain, key = derive(chain, self._static_static, 2)
        sealed_timestamp = _seal(key, timestamp, transcript)
        self._transcript = digest(transcript, sealed_timestamp)
        self._chain = chain
        return Initiation(sender, ephemeral_public, static, sealed_timestamp)

    def finish(self, response: Response) -> TransportKeys:
        """Take the answer. Raises `HandshakeFailed`; the handshake may then still succeed."""
        (chain,) = derive(self._chain, response.ephemeral, 1)
        transcript = digest(self._transcript, response.ephemeral)
        (chain,) = derive(chain, _exchange(self._ephemeral, response.ephemeral), 1)
        (chain,) = derive(chain, _exchange(self._private_key, response.ephemeral), 1)
        chain, tau, key = derive(chain, self._preshared_key, 3)
        _open(key, response.empty, digest(transcript, tau))
        send, receive = derive(chain, b"", 2)
        return TransportKeys(send, receive)


def open_initiation(private_key: bytes, own_public_key: bytes, message: Initiation) -> Opened:
    """Learn who is calling; the caller is not yet known to be fresh, nor to be allowed.

    Raises `HandshakeFailed`. The static-static exchange belongs to the timestamp, so it is
    done here, once the caller's key is known.
    """
    transcript = digest(_TRANSCRIPT, own_public_key)
    (chain,) = derive(_CHAIN, message.ephemeral, 1)
    transcript = digest(transcript, message.ephemeral)
    chain, key = derive(chain, _exchange(private_key, message.ephemeral), 2)
    static = _open(key, message.static, transcript)
    transcript = digest(transcript, message.static)
    chain, key = derive(chain, _exchange(private_key, static), 2)
    timestamp = _open(key, message.timestamp, transcript)
    transcript = digest(transcript, message.timestamp)
    return Opened(message, static, timestamp, chain, transcript)


def respond(
    opened: Opened, sender: int, ephemeral: bytes, preshared_key: bytes = NO_PRESHARED_KEY
) -> tuple[Response, TransportKeys]:
    """Return the second message, and the keys that it settles. Raises `HandshakeFailed`."""
    ephemeral_public = public_key(ephemeral)
    (chain,) = derive(opened.chain, ephemeral_public, 1)
    transcript = digest(opened.transcript, ephemeral_public)
    (chain,) = derive(chain, _exchange(ephemeral, opened.message.ephemeral), 1)
    (chain,) = derive(chain, _exchange(ephemeral, opened.static), 1)
    chain, tau, key = derive(chain, preshared_key, 3)
    empty = _seal(key, b"", digest(transcript, tau))
    receive, send = derive(chain, b"", 2)
    response = Response(sender, opened.message.sender, ephemeral_public, empty)
    return response, TransportKeys(send, receive)


def _exchange(private_key: bytes, public: bytes) -> bytes:
    try:
        return shared_secret(private_key, public)
    except ValueError as error:
        raise HandshakeFailed("a public key that yields no secret") from error


def _seal(key: bytes, plain: bytes, transcript: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(_NONCE_ZERO, plain, transcript)


def _open(key: bytes, sealed: bytes, transcript: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE_ZERO, sealed, transcript)
    except InvalidTag as error:
        raise HandshakeFailed("not sealed with the key that we share") from error
