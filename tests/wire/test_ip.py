"""Packets to bytes and back: exact bytes, round trips, and what is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.values import ACK, PSH, SYN, Address, Datagram, Icmp, IcmpKind, Packet, Segment
from simulator.wire import ip
from simulator.wire.ip import PacketFormatError, decode, encode

V4 = ("192.0.2.1", "198.51.100.9")
V6 = ("2001:db8::1", "3fff::9")
PINGS = (IcmpKind.ECHO_REQUEST, IcmpKind.ECHO_REPLY)
ERRORS = tuple(kind for kind in IcmpKind if kind not in PINGS)


def reference_checksum(data: bytes) -> int:
    """RFC 1071 word by word, as a check on our arithmetic."""
    if len(data) % 2:
        data += b"\0"
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


# --- strategies ---------------------------------------------------------------------

port = st.integers(0, 0xFFFF)
word = st.integers(0, 0xFFFFFFFF)
content = st.binary(max_size=64)
pair = st.sampled_from([V4, V4[::-1], V6, V6[::-1]])
datagrams = st.builds(Datagram, port, port, content)
segments = st.builds(
    Segment,
    port,
    port,
    word,
    word,
    st.integers(0, 255).map(lambda flags: flags & ~SYN),
    port,
    content,
    st.none(),
)
syns = st.builds(Segment, port, port, word, word, st.just(SYN), port, st.just(b""), port)
pings = st.builds(Icmp, st.sampled_from(PINGS), st.none(), port, port, content)
plain = st.one_of(datagrams, segments, syns, pings)
hops = st.integers(0, 255)


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    addresses: tuple[Address, Address] = draw(pair)
    if draw(st.booleans()):
        return Packet(*addresses, draw(plain), draw(hops))
    quoted = Packet(*addresses, draw(plain), draw(hops))
    error = Icmp(draw(st.sampled_from(ERRORS)), quoted)
    return Packet(*addresses[::-1], error, draw(hops))


# Data that brings the sum of the segment below to 0xFFFF, one's complement's other zero.
MINUS_ZERO = encode(Packet(*V4, Segment(1, 2, 3, 4, ACK, 5, b"\0\0")))[36:38]


# --- bytes known in advance ---------------------------------------------------------


def test_a_datagram_has_the_bytes_that_the_rfcs_prescribe() -> None:
    packet = Packet(*V4, Datagram(5353, 53, b"hey"), ttl=63)
    assert encode(packet).hex(" ") == (
        "45 00 00 1f 00 00 40 00 3f 11 4f 90 c0 00 02 01 c6 33 64 09 "  # RFC 791
        "14 e9 00 35 00 0b 1d 16 68 65 79"  # RFC 768
    )


def test_a_syn_carries_its_maximum_segment_size() -> None:
    packet = Packet(*V6, Segment(40000, 443, 1, 0, SYN, 65535, mss=1440))
    data = encode(packet)
    assert data[:8].hex() == "60000000" + "0018" + "06" + "40"
    assert data[40 + 12 : 40 + 14].hex() == "6002"
    assert data[40 + 20 :].hex() == "020405a0"


@given(packets())
@example(Packet(*V4, Icmp(IcmpKind.ECHO_REPLY)))  # nothing but zeros
@example(Packet(*V4, Segment(1, 2, 3, 4, ACK, 5, MINUS_ZERO)))
def test_checksums_agree_with_the_rfc_done_word_by_word(packet: Packet) -> None:
    data = encode(packet)
    if data[0] >> 4 == 4:
        assert reference_checksum(data[:20]) == 0
        pseudo = data[12:20] + bytes([0, data[9]]) + (len(data) - 20).to_bytes(2, "big")
        protocol, payload = data[9], data[20:]
    else:
        pseudo = data[8:40] + (len(data) - 40).to_bytes(4, "big") + bytes([0, 0, 0, data[6]])
        protocol, payload = data[6], data[40:]
    covered = payload if protocol == ip.ICMP else pseudo + payload
    assert reference_checksum(covered) == 0
    # One's complement has two zeros; receivers insist on the right one.
    at = {ip.ICMP: 2, ip.ICMPV6: 2, ip.UDP: 6, ip.TCP: 16}[protocol]
    blanked = payload[:at] + b"\0\0" + payload[at + 2 :]
    start = covered[: len(covered) - len(payload)]
    expected = reference_checksum(start + blanked)
    if protocol == ip.UDP:
        expected = expected or 0xFFFF
    assert int.from_bytes(payload[at : at + 2], "big") == expected


def test_a_udp_checksum_of_zero_is_sent_as_all_ones() -> None:
    """Zero would say that there is none (RFC 768)."""
    without = Packet(*V4, Datagram(1, 2, b"\0\0"))
    stored = int.from_bytes(encode(without)[26:28], "big")
    packet = Packet(*V4, Datagram(1, 2, stored.to_bytes(2, "big")))
    assert encode(packet)[26:28] == b"\xff\xff"
    assert decode(encode(packet)) == packet


# --- round trips --------------------------------------------------------------------


@given(packets(), st.binary(max_size=20))
@example(Packet(*V4, Icmp(IcmpKind.ECHO_REPLY)), b"")
def test_what_was_encoded_decodes_to_the_same_whatever_padding_follows(
    packet: Packet, padding: bytes
) -> None:
    assert decode(encode(packet) + padding) == packet


def test_an_address_is_read_back_in_canonical_text() -> None:
    packet = Packet("2001:DB8:0:0::1", "3fff::9", Datagram(1, 2, b""))
    assert decode(encode(packet)).source == "2001:db8::1"


def test_a_maximum_segment_size_is_found_after_other_options() -> None:
    data = bytearray(encode(Packet(*V6, Segment(1, 2, 3, 4, SYN, 5, bytes(12), 0))))
    data[40 + 12] = 0x90  # a header of 36 bytes: 16 of options
    data[40 + 20 : 40 + 36] = bytes.fromhex("01 04 02 03 03 07 02 04 05 50 00 00 00 00 00 00")
    data[56:58] = b"\0\0"
    pseudo = data[8:40] + (len(data) - 40).to_bytes(4, "big") + bytes([0, 0, 0, 6])
    data[56:58] = reference_checksum(bytes(pseudo + data[40:])).to_bytes(2, "big")
    assert decode(bytes(data)).body == Segment(1, 2, 3, 4, SYN, 5, b"", 1360)


@pytest.mark.parametrize(("addresses", "longest"), [(V4, 576), (V6, 1280)])
def test_an_error_quotes_no_more_than_every_link_carries(
    addresses: tuple[str, str], longest: int
) -> None:
    quoted = Packet(*addresses, Segment(40000, 443, 7, 8, ACK | PSH, 9, b"x" * 1300))
    data = encode(Packet(*addresses[::-1], Icmp(IcmpKind.TIME_EXCEEDED, quoted)))
    assert len(data) == longest
    body = decode(data).body
    assert isinstance(body, Icmp)
    assert body.quoted is not None
    assert isinstance(body.quoted.body, Segment)
    cut = len(body.quoted.body.data)
    assert 0 < cut < 1300
    assert body.quoted == quoted._replace(body=quoted.body._replace(data=b"x" * cut))


def test_eight_quoted_bytes_of_tcp_give_ports_and_sequence_number() -> None:
    quoted = encode(Packet(*V4, Segment(40000, 443, 7, 8, ACK, 9, b"x")))[:28]
    error = bytearray(bytes([11, 0, 0, 0, 0, 0, 0, 0]) + quoted)
    error[2:4] = reference_checksum(bytes(error)).to_bytes(2, "big")
    ping = encode(Packet(*V4[::-1], Icmp(IcmpKind.ECHO_REQUEST, None, 0, 0, bytes(28))))
    assert decode(ping[:20] + bytes(error)).body == Icmp(
        IcmpKind.TIME_EXCEEDED, Packet(*V4, Segment(40000, 443, 7, 0, 0, 0))
    )


def test_a_quote_within_a_quote_is_not_followed() -> None:
    """Else a peer would choose how deep we recurse."""
    innermost = Packet(*V4, Datagram(1, 2, b"x"))
    inner = Packet(*V4, Icmp(IcmpKind.HOST_UNREACHABLE, innermost))
    outer = Packet(*V4, Icmp(IcmpKind.TIME_EXCEEDED, inner))
    assert decode(encode(outer)).body == Icmp(
        IcmpKind.TIME_EXCEEDED, Packet(*V4, Icmp(IcmpKind.HOST_UNREACHABLE, None))
    )


# --- refusals -----------------------------------------------------------------------


@given(st.binary(max_size=120))
def test_arbitrary_bytes_are_a_packet_or_a_format_error(data: bytes) -> None:
    with contextlib.suppress(PacketFormatError):
        decode(data)


@given(packets(), st.data())
def test_a_truncated_packet_is_a_format_error(packet: Packet, data: st.DataObject) -> None:
    whole = encode(packet)
    with pytest.raises(PacketFormatError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(packets(), st.data())
def test_a_flipped_bit_is_a_format_error_or_a_header_field_without_checksum(
    packet: Packet, data: st.DataObject
) -> None:
    whole = bytearray(encode(packet))
    # IPv6 has no header checksum: only its addresses and its payload are covered.
    first = 0 if whole[0] >> 4 == 4 else 8
    at = data.draw(st.integers(first, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(PacketFormatError):
        decode(bytes(whole))


@pytest.mark.parametrize(
    "packet",
    [
        Packet("192.0.2.1", "2001:db8::1", Datagram(1, 2, b"")),
        Packet("192.0.2.256", "192.0.2.1", Datagram(1, 2, b"")),
        Packet("clips.test", "192.0.2.1", Datagram(1, 2, b"")),
        Packet(*V4, Datagram(65536, 2, b"")),
        Packet(*V4, Datagram(1, 2, bytes(65536 - 28))),
        Packet(*V6, Datagram(1, 2, bytes(65536 - 8))),
        Packet(*V4, Datagram(1, 2, b""), ttl=256),
        Packet(*V4, Segment(1, 2, 2**32, 0, ACK, 0)),
        Packet(*V4, Segment(1, 2, 0, 0, 0x100, 0)),
        Packet(*V4, Segment(1, 2, 0, 0, ACK, 0, b"", 1460)),
        Packet(*V4, Icmp(IcmpKind.TIME_EXCEEDED, Packet(*V6, Datagram(1, 2, b"")))),
    ],
)
def test_a_packet_that_no_bytes_can_carry_is_refused(packet: Packet) -> None:
    with pytest.raises(PacketFormatError):
        encode(packet)


def test_fragments_are_refused() -> None:
    data = bytearray(encode(Packet(*V4, Datagram(1, 2, b"abc"))))
    data[6:8] = b"\x20\x00"  # more fragments
    data[10:12] = b"\0\0"
    data[10:12] = reference_checksum(bytes(data[:20])).to_bytes(2, "big")
    with pytest.raises(PacketFormatError, match="fragments"):
        decode(bytes(data))


def test_a_protocol_that_the_lab_lacks_is_refused() -> None:
    data = bytearray(encode(Packet(*V6, Datagram(1, 2, b"abc"))))
    data[6] = 132  # SCTP
    with pytest.raises(PacketFormatError, match="132"):
        decode(bytes(data))
