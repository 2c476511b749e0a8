"""Relay messages: what travels inside the layers (tor-spec section 6, 5.1.2 and 7.3)."""

from __future__ import annotations

import ipaddress
from random import Random
from typing import NamedTuple

from simulator.values import Address
from simulator.wire.onion.cells import PAYLOAD_LENGTH, OnionError
from simulator.wire.onion.descriptor import RelayDescriptor

BEGIN, DATA, END, CONNECTED, SENDME, EXTEND2, EXTENDED2 = 1, 2, 3, 4, 5, 14, 15

# Why a stream ended (section 6.3).
MISC, RESOLVE_FAILED, CONNECT_REFUSED, EXIT_POLICY = 1, 2, 3, 4
CIRCUIT_DESTROYED, DONE, TIMED_OUT, NO_ROUTE = 5, 6, 7, 8
STREAM_INTERNAL, CONNECTION_RESET, STREAM_PROTOCOL = 10, 12, 13

LONGEST_DATA = PAYLOAD_LENGTH - 11
IPV6_OKAY = 1
"""A flag of BEGIN: the exit may connect to an IPv6 address."""

_IPV4, _IPV6, _FINGERPRINT, _IDENTITY = 0, 1, 2, 3


class RelayMessage(NamedTuple):
    """A message between the client and one relay; ``stream`` 0 is the circuit itself."""

    command: int
    stream: int
    data: bytes


class Extension(NamedTuple):
    """An EXTEND2: call that relay, and hand it this onion skin."""

    address: Address
    port: int
    identity: bytes
    fingerprint: bytes
    handshake_type: int
    skin: bytes


class Destination(NamedTuple):
    """A BEGIN: where the exit is to connect. ``host`` is a name or an address."""

    host: str
    port: int
    ipv6_okay: bool


def pack_message(command: int, stream: int, data: bytes, random: Random) -> bytes:
    """Return the body of a relay cell, its digest still zero, its padding random."""
    length = len(data)
    assert length <= LONGEST_DATA, "a relay cell carries at most 498 octets"
    head = b"%c\0\0%b\0\0\0\0%b" % (command, stream.to_bytes(2, "big"), length.to_bytes(2, "big"))
    room = LONGEST_DATA - length
    padding = bytes(room) if room <= 4 else bytes(4) + random.randbytes(room - 4)
    return head + data + padding


def unpack_message(body: bytes) -> RelayMessage:
    """Return the message in a body that was recognised."""
    length = int.from_bytes(body[9:11], "big")
    if length > LONGEST_DATA or len(body) != PAYLOAD_LENGTH:
        raise OnionError("a relay message is longer than its cell")
    return RelayMessage(body[0], int.from_bytes(body[3:5], "big"), body[11 : 11 + length])


# --- extending ----------------------------------------------------------------------


def pack_handshake(skin: bytes) -> bytes:
    """Return the payload of CREATED2 and EXTENDED2: a handshake behind its length."""
    return len(skin).to_bytes(2, "big") + skin


def unpack_handshake(payload: bytes) -> bytes:
    """Return the handshake in a CREATED2 or an EXTENDED2."""
    length = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 + length:
        raise OnionError("a handshake is longer than its cell")
    return payload[2 : 2 + length]


def pack_create(handshake_type: int, skin: bytes) -> bytes:
    """Return the payload of a CREATE2."""
    return handshake_type.to_bytes(2, "big") + pack_handshake(skin)


def unpack_create(payload: bytes) -> tuple[int, bytes]:
    """Return the handshake type and the onion skin of a CREATE2."""
    return int.from_bytes(payload[:2], "big"), unpack_handshake(payload[2:])


def pack_extend(relay: RelayDescriptor, handshake_type: int, skin: bytes) -> bytes:
    """Return an EXTEND2 to a relay; its identities stand between IPv4 and IPv6, as advised."""
    packed = ipaddress.ip_address(relay.address).packed
    kind = _IPV4 if len(packed) == 4 else _IPV6
    specifiers = [
        (kind, packed + relay.port.to_bytes(2, "big")),
        (_FINGERPRINT, relay.fingerprint),
        (_IDENTITY, relay.identity),
    ]
    if kind == _IPV6:
        specifiers = specifiers[1:] + specifiers[:1]
    listed = b"".join(b"%c%c%b" % (kind, len(value), value) for kind, value in specifiers)
    return bytes([len(specifiers)]) + listed + pack_create(handshake_type, skin)


def unpack_extend(data: bytes) -> Extension:
    """Read an EXTEND2: the first address counts, and both identities must be there."""
    found: dict[int, bytes] = {}
    at = 1
    for _ in range(data[0] if data else 0):
        head = data[at : at + 2]
        value = data[at + 2 : at + 2 + head[1]] if len(head) == 2 else b""
        if len(head) < 2 or len(value) != head[1]:
            raise OnionError("an EXTEND2 is cut short")
        found.setdefault(head[0], value)
        at += 2 + head[1]
    where = found.get(_IPV4, found.get(_IPV6, b""))
    if len(where) not in (6, 18) or len(found.get(_FINGERPRINT, b"")) != 20:
        raise OnionError("an EXTEND2 without the address or the identity of a relay")
    if len(found.get(_IDENTITY, b"")) != 32:
        raise OnionError("an EXTEND2 without an Ed25519 identity, which is not simulated")
    return Extension(
        str(ipaddress.ip_address(where[:-2])),
        int.from_bytes(where[-2:], "big"),
        found[_IDENTITY],
        found[_FINGERPRINT],
        *unpack_create(data[at:]),
    )


# --- streams ------------------------------------------------------------------------


def pack_begin(host: str, port: int) -> bytes:
    """Return a BEGIN that leaves it to the exit to resolve a name. ValueError if none can be."""
    target = f"[{host}]:{port}" if ":" in host else f"{host.lower()}:{port}"
    data = target.encode("ascii") + b"\0" + IPV6_OKAY.to_bytes(4, "big")
    if len(data) > LONGEST_DATA or "\0" in host or not 0 < port < 1 << 16:
        raise ValueError(f"no stream can be opened to {host!r} port {port}")
    return data


def unpack_begin(data: bytes) -> Destination:
    """Read a BEGIN."""
    target, terminated, rest = data.partition(b"\0")
    host, colon, port = target.rpartition(b":")
    if not terminated or not colon or not target.isascii():
        raise OnionError("a BEGIN without a destination")
    number = int(port) if port.isdigit() and len(port) <= 5 else 0
    name = host.decode("ascii").lower()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    if not name or not 0 < number < 1 << 16:
        raise OnionError("a BEGIN without a destination")
    return Destination(name, number, bool(int.from_bytes(rest[:4], "big") & IPV6_OKAY))


def pack_connected(address: Address, ttl: int = 0) -> bytes:
    """Return a CONNECTED: the address that the exit connected to."""
    packed = ipaddress.ip_address(address).packed
    seconds = ttl.to_bytes(4, "big")
    return packed + seconds if len(packed) == 4 else b"\0\0\0\0\x06" + packed + seconds


def unpack_connected(data: bytes) -> Address | None:
    """Return the address that an exit connected to, None if it does not tell."""
    if len(data) >= 25 and data[:5] == b"\0\0\0\0\x06":
        return str(ipaddress.IPv6Address(data[5:21]))
    if len(data) >= 4 and data[:4] != b"\0\0\0\0":
        return str(ipaddress.IPv4Address(data[:4]))
    return None


def end_reason(data: bytes) -> int:
    """Return why a stream ended; an empty END means MISC."""
    return data[0] if data else MISC


# --- flow control -------------------------------------------------------------------


def pack_sendme(digest: bytes) -> bytes:
    """Return a circuit's SENDME, authenticated by the digest of the cell that caused it."""
    return b"\x01" + len(digest).to_bytes(2, "big") + digest


def unpack_sendme(data: bytes) -> bytes:
    """Return the digest that a circuit's SENDME quotes."""
    length = int.from_bytes(data[1:3], "big")
    if len(data) < 23 or data[0] != 1 or length < 20 or len(data) < 3 + length:
        raise OnionError("a SENDME that is not authenticated")
    return data[3:23]
