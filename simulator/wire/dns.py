"""DNS messages: bytes <-> values (RFC 1035, EDNS by RFC 6891, extended errors by RFC 8914).

The data of every record are parsed and packed by dnslib. Both directions are pure and
remembered: the same bytes but for the two of the id are the same message, so that a
question asked a thousand times is parsed once. What comes in larger than `REMEMBERED` is
not kept, which bounds what a flood of garbage can hold on to.

Names are folded to lower case, so an answer does not echo the mixed case of a question
(draft-vixie-dnsext-dns0x20 is not simulated).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from itertools import groupby
from typing import Any

from dnslib import OPCODE, RCODE, DNSError, DNSLabel
from dnslib.bimap import BimapError
from dnslib.buffer import BufferError as Underrun

from simulator.values import ExtendedError
from simulator.wire.dns_buffer import NameBuffer, label_of
from simulator.wire.dns_data import read_data, write_data
from simulator.wire.dns_names import DnsFormatError, labels_to_text
from simulator.wire.dns_types import type_number, type_text
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record

__all__ = ["DnsFormatError", "decode", "encode", "format_error_reply"]

REMEMBERED = 1232
"""Bytes of the largest message that `decode` remembers: the usual limit by UDP."""

_HEADER = struct.Struct("!HHHHHH")
_QUESTION = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
_OPTION = struct.Struct("!HH")
_OPT = 41
_EXTENDED_ERROR = 15
_IN = 1
_QR, _AA, _TC, _RD, _RA, _AD, _CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
_DO = 0x8000

_RCODE_TEXT: dict[int, str] = {**RCODE.forward, 16: "BADVERS"}
_RCODE_NUMBER = {text: number for number, text in _RCODE_TEXT.items()}
_OPCODE_TEXT: dict[int, str] = dict(OPCODE.forward)
_OPCODE_NUMBER = {text: number for number, text in _OPCODE_TEXT.items()}
_CLASS_TEXT = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
_CLASS_NUMBER = {text: number for number, text in _CLASS_TEXT.items()}


# --- reading ------------------------------------------------------------------------


def decode(data: bytes) -> DnsMessage:
    """Return the message in ``data``; raise `DnsFormatError`, and nothing else, if there is none.

    Of a message with another opcode than QUERY only the header is read: the lab
    answers it NOTIMP. More than one question is an error (RFC 9619).
    """
    if len(data) < _HEADER.size:
        raise DnsFormatError(f"{len(data)} bytes are too few for a header")
    body = data[2:]
    rest = _decode_remembered(body) if len(data) <= REMEMBERED else _decode(body)
    return DnsMessage(data[0] << 8 | data[1], *rest)


def _decode(body: bytes) -> tuple[Any, ...]:
    """Return the fields of `DnsMessage` after ``id`` from the bytes after the id."""
    buffer = NameBuffer(b"\0\0" + body)  # pointers count from the start of the message
    buffer.offset = _HEADER.size
    try:
        return _read_message(buffer)
    except (DNSError, Underrun, BimapError, struct.error) as error:
        raise DnsFormatError(str(error)) from None


_decode_remembered = lru_cache(maxsize=2048)(_decode)


def _read_message(buffer: NameBuffer) -> tuple[Any, ...]:
    _, flags, *counts = _HEADER.unpack_from(buffer.data)
    opcode = flags >> 11 & 15
    question: Question | None = None
    sections: list[tuple[Record, ...]] = [(), (), ()]
    edns, rcode = None, flags & 15
    if opcode == 0:
        question = _read_question(buffer, counts[0])
        options: list[tuple[Edns, int]] = []
        sections = [_read_section(buffer, count, options) for count in counts[1:]]
        if len(options) > 1:
            raise DnsFormatError("more than one OPT record")  # RFC 6891 section 6.1.1
        if options:
            edns, upper_bits = options[0]
            rcode |= upper_bits << 4
        if buffer.offset != len(buffer.data):
            raise DnsFormatError(f"{len(buffer.data) - buffer.offset} bytes behind the end")
    return (
        flags & _QR != 0,
        _OPCODE_TEXT.get(opcode) or f"OPCODE{opcode}",
        flags & _AA != 0,
        flags & _TC != 0,
        flags & _RD != 0,
        flags & _RA != 0,
        _RCODE_TEXT.get(rcode) or f"RCODE{rcode}",
        question,
        *sections,
        edns,
        flags & _AD != 0,
        flags & _CD != 0,
    )


def _read_question(buffer: NameBuffer, count: int) -> Question | None:
    if count > 1:
        raise DnsFormatError(f"{count} questions in one message")
    if count == 0:
        return None
    name = labels_to_text(buffer.decode_name().label)
    kind, network_class = _QUESTION.unpack(buffer.skip(_QUESTION.size))
    return Question(
        name, type_text(kind), _CLASS_TEXT.get(network_class) or f"CLASS{network_class}"
    )


def _read_section(
    buffer: NameBuffer, count: int, options: list[tuple[Edns, int]]
) -> tuple[Record, ...]:
    """Read ``count`` records; what is an OPT record goes to ``options`` instead."""
    records = []
    for _ in range(count):
        owner: DNSLabel = buffer.decode_name()
        kind, network_class, ttl, length = _RECORD.unpack(buffer.skip(_RECORD.size))
        if kind == _OPT:
            if owner.label:
                raise DnsFormatError("OPT record with a name")
            options.append(_read_options(buffer.skip(length), network_class, ttl))
            continue
        if network_class != _IN:
            raise DnsFormatError(f"record of class {network_class}")
        name, text = labels_to_text(owner.label), type_text(kind)
        if ttl > 0x7FFFFFFF:
            ttl = 0  # RFC 2181 section 8
        records.append(Record(name, text, ttl, read_data(buffer, text, length)))
    return tuple(records)


def _read_options(data: bytes, udp_size: int, ttl: int) -> tuple[Edns, int]:
    """Return the OPT record's value and the upper eight bits of the rcode that it holds."""
    errors, offset = [], 0
    while offset < len(data):
        code, length = _OPTION.unpack_from(data, offset)
        value = data[offset + 4 : offset + 4 + length]
        if len(value) < length:
            raise DnsFormatError("option runs past the end")
        offset += 4 + length
        if code == _EXTENDED_ERROR:
            if length < 2:
                raise DnsFormatError("extended error without a code")
            text = value[2:].decode(errors="replace").rstrip("\0")
            errors.append(ExtendedError(value[0] << 8 | value[1], text))
    return Edns(udp_size, tuple(errors), ttl & _DO != 0, ttl >> 16 & 0xFF), ttl >> 24


# --- writing ------------------------------------------------------------------------


def encode(message: DnsMessage, limit: int | None = None) -> bytes:
    """Return the bytes of ``message``, of at most ``limit`` bytes if that is given.

    What does not fit goes by whole RRsets (RFC 2181 section 9): first additional ones,
    the last first, then the authority section, then answers. TC is set when something was
    lost that the answer needs; glue of a referral is (RFC 9471 section 3), and so is a signed
    proof beside an answer (RFC 4035 section 3.1). Raises
    `DnsFormatError` for a value that no message can carry.
    """
    return message[0].to_bytes(2, "big") + _encode_remembered(message[1:], limit)


@lru_cache(maxsize=2048)
def _encode_remembered(fields: tuple[Any, ...], limit: int | None) -> bytes:
    message = DnsMessage(0, *fields)
    data = _encode(message)
    if len(data) > (limit or 0xFFFF):
        data = _encode_shortened(message, limit or 0xFFFF)
    return data[2:]


def _encode_shortened(message: DnsMessage, limit: int) -> bytes:
    is_referral = not message.answers and not message.authoritative
    message = message._replace(truncated=message.truncated or is_referral)
    while message.additional:
        message = message._replace(additional=_without_last_set(message.additional))
        data = _encode(message)
        if len(data) <= limit:
            return data
    if message.authority:
        lost = not message.answers or any(one.type == "RRSIG" for one in message.authority)
        message = message._replace(authority=(), truncated=lost)
        data = _encode(message)
        if len(data) <= limit:
            return data
    while message.answers:
        message = message._replace(answers=_without_last_set(message.answers), truncated=True)
        data = _encode(message)
        if len(data) <= limit:
            return data
    return _encode(message._replace(truncated=True, edns=message.edns and Edns()))


def _without_last_set(records: tuple[Record, ...]) -> tuple[Record, ...]:
    sets = [tuple(group) for _, group in groupby(records, key=lambda record: record[:2])]
    return tuple(record for one_set in sets[:-1] for record in one_set)


def _encode(message: DnsMessage) -> bytes:
    buffer = NameBuffer()
    rcode = _number(_RCODE_NUMBER, message.rcode, "RCODE", 0xFFF)
    if rcode > 15 and message.edns is None:
        raise DnsFormatError(f"{message.rcode} cannot be said without EDNS")
    buffer.append(_header(message, rcode))
    question = message.question
    if question is not None:
        buffer.encode_name(label_of(question.name))
        network_class = _number(_CLASS_NUMBER, question.network_class, "CLASS", 0xFFFF)
        buffer.append(_QUESTION.pack(type_number(question.type), network_class))
    for section in (message.answers, message.authority, message.additional):
        for record in section:
            _write_record(buffer, record)
    if message.edns is not None:
        _write_options(buffer, message.edns, rcode >> 4)
    return bytes(buffer.data)


def _header(message: DnsMessage, rcode: int) -> bytes:
    flags = (
        (message.response and _QR)
        | _number(_OPCODE_NUMBER, message.opcode, "OPCODE", 15) << 11
        | (message.authoritative and _AA)
        | (message.truncated and _TC)
        | (message.recursion_desired and _RD)
        | (message.recursion_available and _RA)
        | (message.authentic_data and _AD)
        | (message.checking_disabled and _CD)
        | rcode & 15
    )
    return _HEADER.pack(
        message.id,
        flags,
        message.question is not None,
        len(message.answers),
        len(message.authority),
        len(message.additional) + (message.edns is not None),
    )


def _write_record(buffer: NameBuffer, record: Record) -> None:
    name, kind, ttl, data = record
    if not 0 <= ttl <= 0x7FFFFFFF:
        raise DnsFormatError(f"TTL out of range: {ttl}")
    buffer.encode_name(label_of(name))
    buffer.append(_RECORD.pack(type_number(kind), _IN, ttl, 0))
    start = buffer.offset
    write_data(buffer, kind, data)
    if buffer.offset - start > 0xFFFF:
        raise DnsFormatError(f"{kind} data longer than 65535 bytes")
    buffer.update(start - 2, "!H", buffer.offset - start)


def _write_options(buffer: NameBuffer, edns: Edns, upper_bits: int) -> None:
    data = b""
    for error in edns.extended_errors:
        text = error.text.encode()
        data += _OPTION.pack(_EXTENDED_ERROR, 2 + len(text)) + error.code.to_bytes(2, "big") + text
    ttl = upper_bits << 24 | edns.version << 16 | (edns.dnssec_ok and _DO)
    buffer.append(b"\0" + _RECORD.pack(_OPT, edns.udp_size, ttl, len(data)) + data)


def _number(table: dict[str, int], text: str, prefix: str, largest: int) -> int:
    number = table.get(text)
    if number is None:
        digits = text.removeprefix(prefix)
        if digits == text or not digits.isdecimal() or int(digits) > largest:
            raise DnsFormatError(f"unknown {prefix.lower()}: {text!r}")
        number = int(digits)
    return number


# --- garbage ------------------------------------------------------------------------


def format_error_reply(data: bytes) -> bytes | None:
    """Return the FORMERR reply to bytes that `decode` refused, or None where silence is right.

    Nobody answers what has no header, nor a response: two servers would do so for ever.
    """
    if len(data) < _HEADER.size or data[2] & 0x80:
        return None
    opcode_and_rd = data[2] & 0x79
    return data[:2] + bytes((0x80 | opcode_and_rd, 1)) + bytes(8)
