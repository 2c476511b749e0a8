"""The four messages of WireGuard, byte for byte (paper, section 5.4).

A type byte and three reserved zeros, read together as one little-endian number.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from simulator.wire.wireguard.keys import digest, keyed_mac

INITIATION, RESPONSE, COOKIE_REPLY, TRANSPORT = 1, 2, 3, 4

INITIATION_LENGTH = 148
RESPONSE_LENGTH = 92
COOKIE_REPLY_LENGTH = 64
SHORTEST_TRANSPORT = 32
"""A header of 16 bytes and the tag of an empty packet: a keepalive."""

_INITIATION = struct.Struct("<II32s48s28s")
_RESPONSE = struct.Struct("<III32s16s")
_COOKIE_REPLY = struct.Struct("<II24s32s")
_TRANSPORT = struct.Struct("<IIQ")
_MACS_LENGTH = 32
_NO_COOKIE = bytes(16)


class Initiation(NamedTuple):
    """Type 1: I am ``static`` (encrypted), and this is my ephemeral key."""

    sender: int
    ephemeral: bytes
    static: bytes
    timestamp: bytes


class Response(NamedTuple):
    """Type 2: and this is mine."""

    sender: int
    receiver: int
    ephemeral: bytes
    empty: bytes


class CookieReply(NamedTuple):
    """Type 3: I am busy; show me that you can receive at your address."""

    receiver: int
    nonce: bytes
    cookie: bytes


class TransportHeader(NamedTuple):
    """The start of type 4; an encrypted packet follows."""

    receiver: int
    counter: int


def kind_of(data: bytes) -> int:
    """Return the type of a message whose length is possible for that type, else 0."""
    length = len(data)
    if length < SHORTEST_TRANSPORT:
        return 0
    kind = int.from_bytes(data[:4], "little")
    if kind == TRANSPORT:
        return kind if length % 16 == 0 else 0
    return kind if length == _FIXED_LENGTHS.get(kind) else 0


_FIXED_LENGTHS = {
    INITIATION: INITIATION_LENGTH,
    RESPONSE: RESPONSE_LENGTH,
    COOKIE_REPLY: COOKIE_REPLY_LENGTH,
}


def pack_initiation(message: Initiation) -> bytes:
    """Return the message but for its two MACs, which `sign` appends."""
    return _INITIATION.pack(INITIATION, *message)


def pack_response(message: Response) -> bytes:
    """Return the message but for its two MACs, which `sign` appends."""
    return _RESPONSE.pack(RESPONSE, *message)


def pack_cookie_reply(message: CookieReply) -> bytes:
    """Return the whole message."""
    return _COOKIE_REPLY.pack(COOKIE_REPLY, *message)


def pack_transport_header(receiver: int, counter: int) -> bytes:
    """Return the 16 bytes before the encrypted packet."""
    return _TRANSPORT.pack(TRANSPORT, receiver, counter)


def unpack_initiation(data: bytes) -> Initiation:
    """Read a message of which `kind_of` said that it is one."""
    _, *fields = _INITIATION.unpack_from(data)
    return Initiation(*fields)


def unpack_response(data: bytes) -> Response:
    """Read a message of which `kind_of` said that it is one."""
    _, *fields = _RESPONSE.unpack_from(data)
    return Response(*fields)


def unpack_cookie_reply(data: bytes) -> CookieReply:
    """Read a message of which `kind_of` said that it is one."""
    _, *fields = _COOKIE_REPLY.unpack_from(data)
    return CookieReply(*fields)


def unpack_transport_header(data: bytes) -> TransportHeader:
    """Read the start of a message of which `kind_of` said that it is one."""
    _, receiver, counter = _TRANSPORT.unpack_from(data)
    return TransportHeader(receiver, counter)


# --- the two MACs at the end of a handshake message ---------------------------------


def mac1_key(responder_public_key: bytes) -> bytes:
    """Return the key of MAC1: whoever can make it knows whom it is talking to."""
    return digest(b"mac1----", responder_public_key)


def sign(unsigned: bytes, key: bytes, cookie: bytes | None = None) -> bytes:
    """Append MAC1 and MAC2; the latter is zero unless the receiver handed out a cookie."""
    once = unsigned + keyed_mac(key, unsigned)
    return once + (_NO_COOKIE if cookie is None else keyed_mac(cookie, once))


def mac1_of(signed: bytes) -> bytes:
    """Return the MAC1 of a handshake message."""
    return signed[-_MACS_LENGTH:-16]


def has_valid_mac1(signed: bytes, key: bytes) -> bool:
    """Whether a handshake message was made for the owner of ``key``."""
    return mac1_of(signed) == keyed_mac(key, signed[:-_MACS_LENGTH])


def has_valid_mac2(signed: bytes, cookie: bytes) -> bool:
    """Whether the sender of a handshake message was given ``cookie``."""
    return signed[-16:] == keyed_mac(cookie, signed[:-16])
