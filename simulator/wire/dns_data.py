"""The data of resource records: presentation text <-> bytes, by dnslib.

What is not in the two tables is carried untouched in the notation of RFC 3597.
"""

from __future__ import annotations

import ipaddress
import re
import struct
from collections.abc import Callable
from typing import Any

from dnslib import AAAA, CNAME, DS, MX, SOA, SRV, TXT, A, DNSLabel

from simulator.wire import dnssec_data
from simulator.wire.dns_buffer import NameBuffer, label_of
from simulator.wire.dns_names import DnsFormatError, labels_to_text

_TEXT_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TEXT_ESCAPE = re.compile(rb"\\([0-9]{3}|.)", re.DOTALL)


def read_data(buffer: NameBuffer, kind: str, length: int) -> str:
    """Read the data of a record of type ``kind`` at the offset; return its text."""
    end = buffer.offset + length
    if end > len(buffer.data):
        raise DnsFormatError("record runs past the end")
    reader = _READERS.get(kind)
    if reader is None:
        return f"\\# {length} {buffer.skip(length).hex()}".rstrip()
    text = reader(buffer, length)
    if buffer.offset != end:
        raise DnsFormatError(f"{kind} record whose data are not as long as it says")
    return text


def write_data(buffer: NameBuffer, kind: str, data: str) -> None:
    """Write the data of a record at the end of the buffer."""
    if data.startswith("\\#"):
        buffer.append(_generic(data))
        return
    writer = _WRITERS.get(kind)
    if writer is None:
        raise DnsFormatError(f"{kind} data must be written as RFC 3597 has it: {data[:40]!r}")
    try:
        writer(data).pack(buffer)
    except DnsFormatError:
        raise
    except (ValueError, TypeError, struct.error) as error:
        raise DnsFormatError(f"{data[:60]!r} is not {kind} data: {error}") from None


def _generic(data: str) -> bytes:
    _, _, rest = data.partition(" ")
    length, _, digits = rest.partition(" ")
    try:
        octets = bytes.fromhex(digits)
        if len(octets) != int(length):
            raise ValueError("length differs")
    except ValueError as error:
        raise DnsFormatError(f"bad RFC 3597 data {data[:60]!r}: {error}") from None
    return octets


def _name(label: DNSLabel) -> str:
    return labels_to_text(label.label) or "."


def _read_aaaa(buffer: NameBuffer, length: int) -> str:
    # dnslib shortens the first run of zeros, RFC 5952 the longest.
    return str(ipaddress.IPv6Address(bytes(AAAA.parse(buffer, length).data)))


def _read_name(buffer: NameBuffer, length: int) -> str:
    return labels_to_text(CNAME.parse(buffer, length).label.label)


def _read_soa(buffer: NameBuffer, length: int) -> str:
    soa = SOA.parse(buffer, length)
    return " ".join([_name(soa.mname), _name(soa.rname), *map(str, soa.times)])


def _read_mx(buffer: NameBuffer, length: int) -> str:
    mx = MX.parse(buffer, length)
    return f"{mx.preference} {_name(mx.label)}"


def _read_srv(buffer: NameBuffer, length: int) -> str:
    srv = SRV.parse(buffer, length)
    return f"{srv.priority} {srv.weight} {srv.port} {_name(srv.target)}"


def _read_ds(buffer: NameBuffer, length: int) -> str:
    if length < 5:  # dnslib would read into the next record and step back
        raise DnsFormatError("DS record too short")
    ds = DS.parse(buffer, length)
    return f"{ds.key_tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex()}"


def _read_txt(buffer: NameBuffer, length: int) -> str:
    # Not TXT.parse: it refuses strings that fill the record and reads past its end.
    end, strings = buffer.offset + length, []
    while buffer.offset < end:
        strings.append(_quote(buffer.skip(buffer.skip(1)[0])))
    return " ".join(strings)


def _quote(octets: bytes) -> str:
    return '"' + "".join([_quoted_character(octet) for octet in octets]) + '"'


def _quoted_character(octet: int) -> str:
    if octet in (0x22, 0x5C):
        return "\\" + chr(octet)
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


def _unquote(text: str) -> bytes:
    def octet(match: re.Match[bytes]) -> bytes:
        found = match[1]
        return bytes((int(found),)) if len(found) == 3 else found

    return _TEXT_ESCAPE.sub(octet, text.encode())


def _write_txt(data: str) -> TXT:
    if not data.startswith('"'):  # one bare string, as people write it in a world
        octets = data.encode()
        return TXT([octets[at : at + 255] for at in range(0, len(octets), 255)])
    strings = _TEXT_STRING.findall(data)
    if " ".join(f'"{string}"' for string in strings) != data:
        raise DnsFormatError(f"badly quoted TXT data: {data[:60]!r}")
    octet_strings = [_unquote(string) for string in strings]
    if max(map(len, octet_strings)) > 255:
        raise DnsFormatError("TXT string longer than 255 bytes")
    return TXT(octet_strings)


def _write_soa(data: str) -> SOA:
    mname, rname, *times = data.split()
    if len(times) != 5:
        raise DnsFormatError(f"SOA data need seven fields: {data!r}")
    return SOA(label_of(mname), label_of(rname), tuple(map(int, times)))


def _write_mx(data: str) -> MX:
    preference, exchange = data.split()
    return MX(label_of(exchange), int(preference))


def _write_srv(data: str) -> SRV:
    priority, weight, port, target = data.split()
    return SRV(int(priority), int(weight), int(port), label_of(target))


def _write_ds(data: str) -> DS:
    tag, algorithm, digest_type, *digest = data.split()  # people break the digest
    return DS(int(tag), int(algorithm), int(digest_type), bytes.fromhex("".join(digest)))


_READERS: dict[str, Callable[[NameBuffer, int], str]] = {
    "A": lambda buffer, length: repr(A.parse(buffer, length)),
    "AAAA": _read_aaaa,
    "NS": _read_name,
    "CNAME": _read_name,
    "PTR": _read_name,
    "SOA": _read_soa,
    "MX": _read_mx,
    "SRV": _read_srv,
    "DS": _read_ds,
    "TXT": _read_txt,
    "DNSKEY": dnssec_data.read_dnskey,
    "RRSIG": dnssec_data.read_rrsig,
    "NSEC": dnssec_data.read_nsec,
}
_WRITERS: dict[str, Callable[[str], Any]] = {
    "A": lambda data: A(tuple(ipaddress.IPv4Address(data).packed)),
    "AAAA": lambda data: AAAA(tuple(ipaddress.IPv6Address(data).packed)),
    "NS": lambda data: CNAME(label_of(data)),
    "CNAME": lambda data: CNAME(label_of(data)),
    "PTR": lambda data: CNAME(label_of(data)),
    "SOA": _write_soa,
    "MX": _write_mx,
    "SRV": _write_srv,
    "DS": _write_ds,
    "TXT": _write_txt,
    "DNSKEY": dnssec_data.write_dnskey,
    "RRSIG": dnssec_data.write_rrsig,
    "NSEC": dnssec_data.write_nsec,
}
