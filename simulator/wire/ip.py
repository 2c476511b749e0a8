"""IP packets: `Packet` values to the bytes of IPv4 and IPv6, and back.

UDP, TCP and ICMP as far as the lab has them. Checksums are always written and always
verified. There is no fragmentation: every IPv4 packet says "don't fragment", and a packet
that would need fragments is refused.

Speed: each VPN packet passes through here twice, so sums are taken on one big integer. The
Internet checksum is arithmetic modulo 65535 (RFC 1071 section 2), and 65536 is 1 in that
arithmetic, so the sum of a buffer's 16-bit words is the whole buffer modulo 65535.
"""

from __future__ import annotations

import ipaddress
import struct
from functools import lru_cache

from simulator.values import SYN, Address, Datagram, Icmp, IcmpKind, Packet, Segment

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
"""Protocol numbers (IANA), in the IPv4 header's Protocol and the IPv6 header's Next Header."""

_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_IPV6 = struct.Struct("!IHBB16s16s")
_UDP = struct.Struct("!HHHH")
_TCP = struct.Struct("!HHIIHHHH")
_ICMP = struct.Struct("!BBHHH")
_QUOTED_TCP = struct.Struct("!HHI")

_DONT_FRAGMENT = 0x4000
_FRAGMENTED = 0x3FFF  # more fragments to come, or an offset

# An ICMP error quotes as much as fits without going beyond what every link carries:
# 576 bytes for IPv4 (RFC 1812 section 4.3.2.3), 1280 for IPv6 (RFC 4443 section 2.4 (c)).
_LONGEST_QUOTE_V4 = 576 - 20 - 8
_LONGEST_QUOTE_V6 = 1280 - 40 - 8

_TYPES_V4: dict[IcmpKind, tuple[int, int]] = {
    IcmpKind.ECHO_REPLY: (0, 0),
    IcmpKind.NETWORK_UNREACHABLE: (3, 0),
    IcmpKind.HOST_UNREACHABLE: (3, 1),
    IcmpKind.PORT_UNREACHABLE: (3, 3),
    IcmpKind.PROHIBITED: (3, 13),
    IcmpKind.ECHO_REQUEST: (8, 0),
    IcmpKind.TIME_EXCEEDED: (11, 0),
}
_TYPES_V6: dict[IcmpKind, tuple[int, int]] = {
    IcmpKind.NETWORK_UNREACHABLE: (1, 0),
    IcmpKind.PROHIBITED: (1, 1),
    IcmpKind.HOST_UNREACHABLE: (1, 3),
    IcmpKind.PORT_UNREACHABLE: (1, 4),
    IcmpKind.TIME_EXCEEDED: (3, 0),
    IcmpKind.ECHO_REQUEST: (128, 0),
    IcmpKind.ECHO_REPLY: (129, 0),
}
_KINDS_V4 = {numbers: kind for kind, numbers in _TYPES_V4.items()}
_KINDS_V6 = {numbers: kind for kind, numbers in _TYPES_V6.items()}
_ECHOES = (IcmpKind.ECHO_REQUEST, IcmpKind.ECHO_REPLY)


class PacketFormatError(ValueError):
    """Bytes that are no packet of ours, or a packet that no bytes can carry."""


# --- addresses ----------------------------------------------------------------------


@lru_cache(maxsize=65536)
def address_bytes(address: Address) -> bytes:
    """Return the 4 or 16 bytes of an address. Raises `PacketFormatError` on other text."""
    try:
        return ipaddress.ip_address(address).packed
    except ValueError as error:
        raise PacketFormatError(f"not an IP address: {address!r}") from error


@lru_cache(maxsize=65536)
def address_text(packed: bytes) -> Address:
    """Return the canonical text of 4 or 16 address bytes."""
    try:
        return str(ipaddress.ip_address(packed))
    except ValueError as error:
        raise PacketFormatError(f"an IP address has 4 or 16 bytes, not {len(packed)}") from error


@lru_cache(maxsize=65536)
def _address_sum(address: Address) -> int:
    """Return what an address adds to a checksum."""
    return int.from_bytes(address_bytes(address), "big") % 65535


# --- checksums ----------------------------------------------------------------------


def _words(data: bytes) -> int:
    """Return an integer congruent to the sum of the 16-bit words, an odd end padded."""
    total = int.from_bytes(data, "big")
    return total << 8 if len(data) & 1 else total


def _checksum(total: int) -> int:
    """Return the checksum for an unreduced sum of words.

    One's complement has two zeros. Only a sum of nothing but zeros is +0; any other
    multiple of 65535 is -0, whose complement is 0.
    """
    if total == 0:
        return 0xFFFF
    return 0xFFFF - (total % 0xFFFF or 0xFFFF)


# --- encoding -----------------------------------------------------------------------


def encode(packet: Packet) -> bytes:
    """Return the bytes of a packet, from the IP header on.

    Raises `PacketFormatError` when a field or the whole does not fit, or when the two
    addresses are of different versions.
    """
    source, destination, body, ttl = packet
    source_bytes = address_bytes(source)
    destination_bytes = address_bytes(destination)
    if len(source_bytes) != len(destination_bytes):
        raise PacketFormatError(f"{source} and {destination} are of different IP versions")
    addresses = _address_sum(source) + _address_sum(destination)
    version = 4 if len(source_bytes) == 4 else 6
    try:
        if isinstance(body, Segment):
            protocol, payload = TCP, _encode_segment(body, addresses)
        elif isinstance(body, Datagram):
            protocol, payload = UDP, _encode_datagram(body, addresses)
        elif version == 4:
            protocol, payload = ICMP, _encode_icmp(body, 4, 0)
        else:
            protocol, payload = ICMPV6, _encode_icmp(body, 6, addresses + ICMPV6)
        if version == 6:
            header = _IPV6.pack(
                0x60000000, len(payload), protocol, ttl, source_bytes, destination_bytes
            )
            return header + payload
        length = 20 + len(payload)
        checksum = _checksum(0x4500 + length + _DONT_FRAGMENT + (ttl << 8 | protocol) + addresses)
        header = _IPV4.pack(
            0x45,
            0,
            length,
            0,  # an atomic datagram needs no identification (RFC 6864 section 4.1)
            _DONT_FRAGMENT,
            ttl,
            protocol,
            checksum,
            source_bytes,
            destination_bytes,
        )
    except struct.error as error:
        raise PacketFormatError(f"a field of the packet does not fit: {error}") from error
    return header + payload


def _encode_datagram(datagram: Datagram, addresses: int) -> bytes:
    source_port, destination_port, data = datagram
    length = 8 + len(data)
    total = addresses + UDP + length + source_port + destination_port + length + _words(data)
    # A computed 0 is sent as all ones, because 0 says "no checksum" (RFC 768).
    checksum = _checksum(total) or 0xFFFF
    return _UDP.pack(source_port, destination_port, length, checksum) + data


def _encode_segment(segment: Segment, addresses: int) -> bytes:
    source_port, destination_port, sequence, acknowledgment, flags, window, data, mss = segment
    if flags > 0xFF:
        raise PacketFormatError(f"TCP has 8 flags; {flags:#x} has more")
    if mss is None:
        tail, offset_and_flags = data, 0x5000 | flags
    elif flags & SYN:
        tail, offset_and_flags = struct.pack("!BBH", 2, 4, mss) + data, 0x6000 | flags
    else:
        raise PacketFormatError("only a SYN carries a maximum segment size (RFC 9293, 3.2)")
    total = (
        addresses
        + TCP
        + 20
        + len(tail)
        + source_port
        + destination_port
        + sequence
        + acknowledgment
        + offset_and_flags
        + window
        + _words(tail)
    )
    header = _TCP.pack(
        source_port,
        destination_port,
        sequence,
        acknowledgment,
        offset_and_flags,
        window,
        _checksum(total),
        0,
    )
    return header + tail


def _encode_icmp(icmp: Icmp, version: int, pseudo_header: int) -> bytes:
    """``pseudo_header`` is what the ICMPv6 pseudo-header adds, but for the length."""
    if version == 4:
        numbers, longest_quote = _TYPES_V4[icmp.kind], _LONGEST_QUOTE_V4
    else:
        numbers, longest_quote = _TYPES_V6[icmp.kind], _LONGEST_QUOTE_V6
    if icmp.kind in _ECHOES:
        first, second, tail = icmp.identifier, icmp.sequence, icmp.data
    elif icmp.quoted is None:
        first, second, tail = 0, 0, b""
    else:
        first, second, tail = 0, 0, encode(icmp.quoted)[:longest_quote]
        if tail[0] >> 4 != version:
            raise PacketFormatError("an ICMP error quotes a packet of its own IP version")
    total = (numbers[0] << 8 | numbers[1]) + first + second + _words(tail)
    if pseudo_header:
        total += pseudo_header + 8 + len(tail)
    return _ICMP.pack(*numbers, _checksum(total), first, second) + tail


# --- decoding -----------------------------------------------------------------------


def decode(data: bytes) -> Packet:
    """Return the packet that starts at the head of ``data``; what follows it is ignored.

    (Layers below pad: Ethernet to 60 bytes, WireGuard to a multiple of 16.) Raises
    `PacketFormatError` for anything truncated, fragmented, with a wrong checksum or of a
    protocol that the lab does not have. An ICMP error whose quote cannot be read has
    ``quoted`` None; a quote cut short gives a packet with what is left of its data.
    """
    try:
        source, destination, protocol, ttl, payload, declared = _split(data)
        if len(payload) < declared:
            raise PacketFormatError("truncated packet")
        addresses = _address_sum(source) + _address_sum(destination)
        if protocol == TCP:
            if (addresses + TCP + declared + _words(payload)) % 0xFFFF:
                raise PacketFormatError("wrong TCP checksum")
            return Packet(source, destination, _decode_segment(payload), ttl)
        if protocol == UDP:
            return Packet(source, destination, _decode_datagram(payload, source, addresses), ttl)
        if protocol == ICMP and ":" not in source:
            if _words(payload) % 0xFFFF:
                raise PacketFormatError("wrong ICMP checksum")
            return Packet(source, destination, _decode_icmp(payload, 4), ttl)
        if protocol == ICMPV6 and ":" in source:
            if (addresses + ICMPV6 + declared + _words(payload)) % 0xFFFF:
                raise PacketFormatError("wrong ICMPv6 checksum")
            return Packet(source, destination, _decode_icmp(payload, 6), ttl)
    except struct.error as error:
        raise PacketFormatError("truncated packet") from error
    raise PacketFormatError(f"IP protocol {protocol} is not simulated")


def _split(data: bytes) -> tuple[Address, Address, int, int, bytes, int]:
    """Return source, destination, protocol, TTL, payload, and how long the payload should be.

    The payload may be shorter than that (a quote is), never longer.
    """
    version = data[0] >> 4 if data else 0
    if version == 4:
        first, _, length, _, fragment, ttl, protocol, _, source, destination = _IPV4.unpack_from(
            data
        )
        header_length = (first & 15) * 4
        if header_length < 20 or length < header_length or len(data) < header_length:
            raise PacketFormatError("impossible length in an IPv4 header")
        if _words(data[:header_length]) % 0xFFFF:
            raise PacketFormatError("wrong IPv4 header checksum")
        if fragment & _FRAGMENTED:
            raise PacketFormatError("IP fragments are not simulated")
        payload, declared = data[header_length:length], length - header_length
    elif version == 6:
        _, declared, protocol, ttl, source, destination = _IPV6.unpack_from(data)
        payload = data[40 : 40 + declared]
    else:
        raise PacketFormatError("neither IPv4 nor IPv6")
    return address_text(source), address_text(destination), protocol, ttl, payload, declared


def _decode_datagram(payload: bytes, source: Address, addresses: int) -> Datagram:
    source_port, destination_port, length, checksum = _UDP.unpack_from(payload)
    if not 8 <= length <= len(payload):
        raise PacketFormatError("impossible length in a UDP header")
    if checksum:
        if (addresses + UDP + length + _words(payload[:length])) % 0xFFFF:
            raise PacketFormatError("wrong UDP checksum")
    elif ":" in source:
        raise PacketFormatError("UDP over IPv6 needs a checksum (RFC 8200 section 8.1)")
    return Datagram(source_port, destination_port, payload[8:length])


def _decode_segment(payload: bytes) -> Segment:
    (
        source_port,
        destination_port,
        sequence,
        acknowledgment,
        offset_and_flags,
        window,
        _,
        _,
    ) = _TCP.unpack_from(payload)
    data_offset = (offset_and_flags >> 12) * 4
    if not 20 <= data_offset <= len(payload):
        raise PacketFormatError("impossible data offset in a TCP header")
    flags = offset_and_flags & 0xFF
    mss = _find_mss(payload[20:data_offset]) if flags & SYN and data_offset > 20 else None
    return Segment(
        source_port,
        destination_port,
        sequence,
        acknowledgment,
        flags,
        window,
        payload[data_offset:],
        mss,
    )


def _find_mss(options: bytes) -> int | None:
    """Return the maximum segment size among TCP options (RFC 9293 section 3.2)."""
    at = 0
    while at < len(options):
        kind = options[at]
        if kind == 0:
            return None
        if kind == 1:
            at += 1
            continue
        length = options[at + 1] if at + 1 < len(options) else 0
        if length < 2 or at + length > len(options):
            raise PacketFormatError("impossible length of a TCP option")
        if kind == 2 and length == 4:
            return int.from_bytes(options[at + 2 : at + 4], "big")
        at += length
    return None


def _decode_icmp(payload: bytes, version: int, *, quoting: bool = True) -> Icmp:
    kind_number, code, _, first, second = _ICMP.unpack_from(payload)
    kind = (_KINDS_V4 if version == 4 else _KINDS_V6).get((kind_number, code))
    if kind is None:
        raise PacketFormatError(f"ICMP type {kind_number} code {code} is not simulated")
    if kind in _ECHOES:
        return Icmp(kind, None, first, second, payload[8:])
    return Icmp(kind, _decode_quote(payload[8:], version) if quoting else None)


def _decode_quote(data: bytes, version: int) -> Packet | None:
    """Rebuild the packet that an ICMP error quotes: headers, and data as far as it goes.

    Its checksums cannot be verified. Eight bytes of TCP are its ports and its sequence
    number; the rest of the header is then 0. A quote inside a quote is not read, so that
    no peer chooses how deep we recurse.
    """
    try:
        source, destination, protocol, ttl, payload, _ = _split(data)
        if data[0] >> 4 != version:
            return None
        body: Datagram | Segment | Icmp
        if protocol == UDP:
            source_port, destination_port, _, _ = _UDP.unpack_from(payload)
            body = Datagram(source_port, destination_port, payload[8:])
        elif protocol == TCP and len(payload) >= 20:
            body = _decode_segment(payload)
        elif protocol == TCP:
            source_port, destination_port, sequence = _QUOTED_TCP.unpack_from(payload)
            body = Segment(source_port, destination_port, sequence, 0, 0, 0)
        elif protocol == (ICMP if version == 4 else ICMPV6):
            body = _decode_icmp(payload, version, quoting=False)
        else:
            return None
    except (struct.error, PacketFormatError):
        return None
    return Packet(source, destination, body, ttl)
