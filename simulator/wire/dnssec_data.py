"""The data of DNSKEY, RRSIG and NSEC records (RFC 4034): presentation text <-> bytes.

* ``DNSKEY`` ``"257 3 13 base64"``: flags, protocol, algorithm, public key.
* ``RRSIG`` ``"A 13 2 300 20240709080000 20240624080000 12345 clips.test base64"``: type covered,
  algorithm, labels, original TTL, expiration, inception, key tag, signer's name, signature.
* ``NSEC`` ``"next.clips.test A RRSIG NSEC"``: next name, types that stand at this one.

NSEC3 (RFC 5155) is not read: such records are carried as RFC 3597 writes them, and prove nothing.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import struct
from functools import lru_cache
from typing import NamedTuple

from simulator.wire.dns_buffer import NameBuffer, wire_name
from simulator.wire.dns_names import DnsFormatError, canonical, labels_to_text
from simulator.wire.dns_types import type_number, type_text

_KEY = struct.Struct("!HBB")
_SIGNATURE = struct.Struct("!HBBIIIH")
_TIME = re.compile(r"[0-9]{14}")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Key(NamedTuple):
    """A public key of a zone (RFC 4034 section 2)."""

    flags: int
    protocol: int
    algorithm: int
    public: bytes

    def pack(self, buffer: NameBuffer) -> None:
        """Write the data at the end of the buffer."""
        buffer.append(_KEY.pack(*self[:3]) + self.public)


class Signature(NamedTuple):
    """A signature over a record set (RFC 4034 section 3).

    ``expiration`` and ``inception`` are seconds since 1970, modulo 2^32.
    """

    covered: str
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    key_tag: int
    signer: str
    signature: bytes

    def pack(self, buffer: NameBuffer) -> None:
        """Write the data at the end of the buffer; the signer's name is never compressed."""
        buffer.append(_SIGNATURE.pack(type_number(self.covered), *self[1:7]))
        buffer.append(wire_name(self.signer))
        buffer.append(self.signature)


class NextName(NamedTuple):
    """Which name comes next, and the types that stand at this one (RFC 4034 section 4)."""

    following: str
    types: tuple[str, ...]

    def pack(self, buffer: NameBuffer) -> None:
        """Write the data at the end of the buffer; the next name is never compressed."""
        buffer.append(wire_name(self.following))
        buffer.append(_bitmaps(sorted({type_number(one) for one in self.types})))


# --- bytes -> text ------------------------------------------------------------------


def read_dnskey(buffer: NameBuffer, length: int) -> str:
    """Read a DNSKEY record's data at the offset."""
    if length <= _KEY.size:
        raise DnsFormatError("DNSKEY record too short")
    flags, protocol, algorithm = _KEY.unpack(buffer.skip(_KEY.size))
    return f"{flags} {protocol} {algorithm} {_base64(buffer.skip(length - _KEY.size))}"


def read_rrsig(buffer: NameBuffer, length: int) -> str:
    """Read an RRSIG record's data at the offset."""
    end = buffer.offset + length
    if length <= _SIGNATURE.size:
        raise DnsFormatError("RRSIG record too short")
    covered, algorithm, labels, ttl, expiration, inception, tag = _SIGNATURE.unpack(
        buffer.skip(_SIGNATURE.size)
    )
    signer = labels_to_text(buffer.decode_name().label) or "."
    if buffer.offset >= end:
        raise DnsFormatError("RRSIG record without a signature")
    signature = _base64(buffer.skip(end - buffer.offset))
    return (
        f"{type_text(covered)} {algorithm} {labels} {ttl} {_time_text(expiration)} "
        f"{_time_text(inception)} {tag} {signer} {signature}"
    )


def read_nsec(buffer: NameBuffer, length: int) -> str:
    """Read an NSEC record's data at the offset."""
    end = buffer.offset + length
    following = labels_to_text(buffer.decode_name().label) or "."
    if buffer.offset > end:
        raise DnsFormatError("NSEC record whose name runs past its end")
    types: list[str] = []
    window_before = -1
    while buffer.offset < end:
        window, size = buffer.skip(2)
        if not 1 <= size <= 32 or window <= window_before or buffer.offset + size > end:
            raise DnsFormatError("NSEC record with a malformed list of types")
        window_before = window
        for index, octet in enumerate(buffer.skip(size)):
            types += [
                type_text(window << 8 | index << 3 | bit) for bit in range(8) if octet & 0x80 >> bit
            ]
    return " ".join([following, *types])


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


@lru_cache(maxsize=256)  # all signatures of a week share their dates
def _time_text(seconds: int) -> str:
    return (_EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%S")


# --- text -> values -----------------------------------------------------------------


@lru_cache(maxsize=512)
def write_dnskey(data: str) -> Key:
    """Return the key that the text says; the base64 part may be broken by spaces."""
    flags, protocol, algorithm, *public = data.split()
    return Key(int(flags), int(protocol), int(algorithm), _octets(public))


def write_rrsig(data: str) -> Signature:
    """Return the signature that the text says."""
    covered, algorithm, labels, ttl, expiration, inception, tag, signer, *signature = data.split()
    return Signature(
        covered,
        int(algorithm),
        int(labels),
        int(ttl),
        _seconds(expiration),
        _seconds(inception),
        int(tag),
        canonical(signer),
        _octets(signature),
    )


def write_nsec(data: str) -> NextName:
    """Return the next name and the types that the text says."""
    following, *types = data.split()
    return NextName(canonical(following), tuple(types))


def _octets(chunks: list[str]) -> bytes:
    try:
        return base64.b64decode("".join(chunks), validate=True)
    except binascii.Error as error:
        raise DnsFormatError(f"not base64: {error}") from None


@lru_cache(maxsize=256)
def _seconds(text: str) -> int:
    """Return a time as RFC 4034 section 3.2 writes it (a date, or seconds) in seconds."""
    if _TIME.fullmatch(text) is None:
        return int(text)
    date = datetime.datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=datetime.UTC)
    return int((date - _EPOCH).total_seconds())


def rrsig_text(signature: Signature) -> str:
    """Return a signature as a record's data have it."""
    return (
        f"{signature.covered} {signature.algorithm} {signature.labels} {signature.original_ttl} "
        f"{_time_text(signature.expiration)} {_time_text(signature.inception)} "
        f"{signature.key_tag} {signature.signer or '.'} {_base64(signature.signature)}"
    )


def dnskey_text(key: Key) -> str:
    """Return a key as a record's data have it."""
    return f"{key.flags} {key.protocol} {key.algorithm} {_base64(key.public)}"


def _bitmaps(numbers: list[int]) -> bytes:
    """Return the types as windows of bits (RFC 4034 section 4.1.2)."""
    windows: dict[int, bytearray] = {}
    for number in numbers:
        bits = windows.setdefault(number >> 8, bytearray(32))
        bits[(number & 0xFF) >> 3] |= 0x80 >> (number & 7)
    parts = []
    for window, bits in windows.items():
        used = bytes(bits).rstrip(b"\0")
        parts.append(bytes((window, len(used))) + used)
    return b"".join(parts)
