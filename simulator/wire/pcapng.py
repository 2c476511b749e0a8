"""Capture files in pcapng, as draft-ietf-opsawg-pcapng describes them.

`CaptureWriter` turns packets into blocks: one section, one interface per point where
packets are seen, one Enhanced Packet Block per packet, stamped in microseconds. `read` is
its small counterpart for tests; it reads what we write, not all that pcapng allows.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from simulator.values import Instant

LINKTYPE_RAW = 101
"""Packets begin with their IP header, of either version; there is no link layer."""

_SECTION_HEADER = 0x0A0D0D0A
_INTERFACE_DESCRIPTION = 1
_ENHANCED_PACKET = 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D

# Option codes (draft sections 3.5, 4.1, 4.2).
_END_OF_OPTIONS = 0
_COMMENT = 1
_SECTION_APPLICATION = 4
_INTERFACE_NAME = 2
_INTERFACE_TEXT = 3
_INTERFACE_RESOLUTION = 9

_MICROSECONDS = b"\x06"  # if_tsresol: a negative power of ten
_PADDING = b"\0\0\0"
_LONGEST_OPTION = 65535


class CaptureFormatError(ValueError):
    """Bytes that are no capture of ours."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A point where packets are captured: ``name`` short, ``description`` for people."""

    name: str
    description: str = ""


class CapturedPacket(NamedTuple):
    """One packet: ``at`` in microseconds since 1970 UTC, ``data`` from the IP header on."""

    interface: int
    at: int
    data: bytes
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """A whole capture file, read back."""

    interfaces: tuple[Interface, ...]
    packets: tuple[CapturedPacket, ...]


# --- writing ------------------------------------------------------------------------


class CaptureWriter:
    """Writes a capture block by block to ``write`` (a file's ``write``, say).

    ``start`` is the calendar time at which lab time is 0, in microseconds since 1970 UTC.
    """

    def __init__(self, write: Callable[[bytes], object], start: int = 0) -> None:
        self._write = write
        self._start = start
        self._interfaces = 0
        write(section_header())

    def add_interface(self, name: str, description: str = "") -> int:
        """Describe one more interface and return its number, for `add_packet`."""
        self._write(interface_description(Interface(name, description)))
        self._interfaces += 1
        return self._interfaces - 1

    def add_packet(self, interface: int, at: Instant, data: bytes, comment: str = "") -> None:
        """Write a packet (its bytes from the IP header on) seen at lab time ``at``."""
        assert interface < self._interfaces, "a packet belongs to an interface described before"
        self._write(enhanced_packet(CapturedPacket(interface, self._start + at, data, comment)))


def section_header(application: str = "Takedown Lab") -> bytes:
    """Return the block that opens a capture file; the section's length is left unsaid (-1)."""
    fixed = struct.pack("<IHHq", _BYTE_ORDER_MAGIC, 1, 0, -1)
    return _block(_SECTION_HEADER, fixed + _options((_SECTION_APPLICATION, _text(application))))


def interface_description(interface: Interface) -> bytes:
    """Return the block that introduces an interface; interfaces count from 0 in file order."""
    fixed = struct.pack("<HHI", LINKTYPE_RAW, 0, 0)  # snap length 0: packets are whole
    options = _options(
        (_INTERFACE_NAME, _text(interface.name)),
        (_INTERFACE_TEXT, _text(interface.description)),
        (_INTERFACE_RESOLUTION, _MICROSECONDS),
    )
    return _block(_INTERFACE_DESCRIPTION, fixed + options)


def enhanced_packet(packet: CapturedPacket) -> bytes:
    """Return the block of one packet."""
    interface, at, data, comment = packet
    length = len(data)
    fixed = struct.pack("<IIIII", interface, at >> 32, at & 0xFFFFFFFF, length, length)
    options = _options((_COMMENT, _text(comment))) if comment else b""
    return _block(_ENHANCED_PACKET, fixed + data + _PADDING[: -length % 4] + options)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _text(value: str) -> bytes:
    """Return UTF-8, cut between characters where the 16-bit length of an option ends."""
    encoded = value.encode()
    if len(encoded) > _LONGEST_OPTION:
        encoded = encoded[:_LONGEST_OPTION].decode(errors="ignore").encode()
    return encoded


def _options(*options: tuple[int, bytes]) -> bytes:
    """Return the options that have a value, each padded to 32 bits, and the end mark."""
    present = [
        struct.pack("<HH", code, len(value)) + value + _PADDING[: -len(value) % 4]
        for code, value in options
        if value
    ]
    return b"".join([*present, struct.pack("<HH", _END_OF_OPTIONS, 0)])


# --- reading ------------------------------------------------------------------------


def read(data: bytes) -> Capture:
    """Read a capture that `CaptureWriter` wrote. Raises `CaptureFormatError`."""
    interfaces: list[Interface] = []
    packets: list[CapturedPacket] = []
    try:
        for position, (kind, body) in enumerate(_blocks(data)):
            if (kind == _SECTION_HEADER) != (position == 0):
                raise CaptureFormatError("a capture has one section header, at its start")
            if kind == _SECTION_HEADER:
                _check_section(body)
            elif kind == _INTERFACE_DESCRIPTION:
                interfaces.append(_read_interface(body))
            elif kind == _ENHANCED_PACKET:
                packets.append(_read_packet(body, len(interfaces)))
            else:
                raise CaptureFormatError(f"block type {kind:#x} is not one that we write")
    except (struct.error, UnicodeDecodeError) as error:
        raise CaptureFormatError(f"malformed block: {error}") from error
    if not data:
        raise CaptureFormatError("an empty file is no capture")
    return Capture(tuple(interfaces), tuple(packets))


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if length < 12 or length % 4 or at + length > len(data):
            raise CaptureFormatError(f"impossible block length {length} at byte {at}")
        (again,) = struct.unpack_from("<I", data, at + length - 4)
        if again != length:
            raise CaptureFormatError(f"the two lengths of the block at byte {at} differ")
        yield kind, data[at + 8 : at + length - 4]
        at += length


def _check_section(body: bytes) -> None:
    magic, major, _, _ = struct.unpack_from("<IHHq", body)
    if magic != _BYTE_ORDER_MAGIC or major != 1:
        raise CaptureFormatError("not a little-endian pcapng section of version 1")


def _read_interface(body: bytes) -> Interface:
    link_type, _, _ = struct.unpack_from("<HHI", body)
    options = _read_options(body[8:])
    if link_type != LINKTYPE_RAW or options.get(_INTERFACE_RESOLUTION) != _MICROSECONDS:
        raise CaptureFormatError("not a raw IP interface with microseconds")
    name = options.get(_INTERFACE_NAME, b"").decode()
    return Interface(name, options.get(_INTERFACE_TEXT, b"").decode())


def _read_packet(body: bytes, interfaces: int) -> CapturedPacket:
    interface, high, low, length, original = struct.unpack_from("<IIIII", body)
    end = 20 + length
    if interface >= interfaces or length != original or end > len(body):
        raise CaptureFormatError("a packet of no interface, or not whole")
    comment = _read_options(body[end + -length % 4 :]).get(_COMMENT, b"").decode()
    return CapturedPacket(interface, high << 32 | low, body[20:end], comment)


def _read_options(data: bytes) -> dict[int, bytes]:
    options: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        code, length = struct.unpack_from("<HH", data, at)
        if code == _END_OF_OPTIONS:
            break
        if at + 4 + length > len(data):
            raise CaptureFormatError("an option reaches beyond its block")
        options[code] = data[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4
    return options
