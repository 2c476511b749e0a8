"""DNS messages: what goes out comes back, nothing but `DnsFormatError` comes of garbage."""

import struct

import dnslib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.values import ExtendedError
from simulator.wire import dns
from simulator.wire.dns import DnsFormatError, decode, encode, format_error_reply
from simulator.wire.dns_names import ancestors, canonical, is_within, labels_to_text, text_to_labels
from simulator.wire.dns_values import (
    DnsMessage,
    Edns,
    Question,
    Record,
    make_query,
    refusal,
    reply_to,
    udp_limit,
)

QUERY = make_query(0x1234, Question("clips.test", "A"), recursion_desired=True)
QUERY_BYTES = bytes.fromhex(
    "1234 0100 0001 0000 0000 0001  05636c697073 0474657374 00 0001 000100 0029 04d0 00000000 0000"
)
RECORDS = [
    Record("clips.test", "A", 300, "192.0.2.1"),
    Record("clips.test", "AAAA", 300, "2001:db8:0:1::1"),
    Record("clips.test", "NS", 300, "ns1.hoster.example"),
    Record("www.clips.test", "CNAME", 0, "clips.test"),
    Record("clips.test", "PTR", 5, ""),
    Record("clips.test", "SOA", 60, "ns1.hoster.example . 1 2 3 4 4294967295"),
    Record("clips.test", "MX", 60, "10 mail.clips.test"),
    Record("clips.test", "MX", 60, "0 ."),
    Record("_https._tcp.clips.test", "SRV", 60, "1 2 443 www.clips.test"),
    Record("clips.test", "DS", 60, "12345 13 2 " + "ab" * 32),
    Record("clips.test", "TXT", 60, '"v=spf1 -all" "" "quo\\"te \\\\ \\000\\255"'),
    Record("clips.test", "HTTPS", 60, "\\# 3 000100"),
    Record("clips.test", "TYPE65280", 60, "\\# 0"),
    Record("*.clips.test", "A", 2147483647, "192.0.2.2"),
    Record("a\\046b.clips.test", "A", 1, "192.0.2.3"),
]


def test_query_is_the_bytes_of_the_rfc() -> None:
    """The layout of RFC 1035 section 4 and RFC 6891 section 6.1, written out by hand."""
    assert encode(QUERY) == QUERY_BYTES
    assert decode(QUERY_BYTES) == QUERY


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: one.type)
def test_each_type_of_record_comes_back(record: Record) -> None:
    message = DnsMessage(1, response=True, answers=(record,))
    assert decode(encode(message)) == message


def test_whole_message_comes_back_and_dnslib_reads_it() -> None:
    edns = Edns(4096, (ExtendedError(16, "order 7 — Nouméa"), ExtendedError(22)), True)
    message = DnsMessage(
        7,
        True,
        "QUERY",
        True,
        False,
        True,
        True,
        "NXDOMAIN",
        Question("clips.test", "ANY"),
        tuple(RECORDS),
        tuple(RECORDS[:3]),
        tuple(RECORDS[3:5]),
        edns,
    )
    assert decode(encode(message)) == message
    filled = tuple(record for record in RECORDS if record.data != "\\# 0")  # it refuses those
    theirs = dnslib.DNSRecord.parse(encode(message._replace(answers=filled)))
    assert len(theirs.rr) == len(RECORDS) - 1
    assert str(theirs.rr[3].rdata.label) == "clips.test."


@pytest.mark.parametrize("rcode", ["BADVERS", "RCODE3841", "REFUSED", "RCODE11"])
def test_extended_rcodes_come_back(rcode: str) -> None:
    """The upper eight bits travel in the OPT record (RFC 6891 section 6.1.3)."""
    message = DnsMessage(1, response=True, rcode=rcode, edns=Edns())
    assert decode(encode(message)) == message


def test_extended_rcode_without_edns_is_refused() -> None:
    with pytest.raises(DnsFormatError, match="BADVERS cannot be said without EDNS"):
        encode(DnsMessage(rcode="BADVERS"))


def test_names_are_compressed_and_folded() -> None:
    record = Record("CLIPS.Test.", "NS", 5, "ns1.Clips.test.")
    data = encode(DnsMessage(question=Question("clips.TEST", "NS"), answers=(record,)))
    assert data.lower().count(b"clips") == 1
    assert decode(encode(DnsMessage(question=Question("Clips.Test", "NS")))).question == Question(
        "clips.test", "NS"
    )


def test_pointers_reach_no_further_than_their_fourteen_bits() -> None:
    """Names first met beyond 16 KiB are written out again (dnslib's own writer corrupts them)."""
    padding = " ".join(['"' + "x" * 250 + '"'] * 70)
    late = tuple(Record("late.clips.test", "NS", 5, f"ns{n}.late.clips.test") for n in range(3))
    message = DnsMessage(1, answers=(Record("a.test", "TXT", 5, padding), *late))
    assert decode(encode(message)) == message


def test_same_bytes_under_another_id_are_not_read_twice() -> None:
    before = dns._decode_remembered.cache_info()
    data = encode(make_query(1, Question("once.clips.test", "A"), recursion_desired=True))
    first, second = decode(data), decode(b"\x99\x99" + data[2:])
    after = dns._decode_remembered.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1)
    assert (first.id, second.id) == (1, 0x9999)
    assert first[1:] == second[1:]


def test_large_messages_are_not_remembered() -> None:
    before = dns._decode_remembered.cache_info().currsize
    record = Record("clips.test", "TXT", 60, " ".join(['"' + "x" * 250 + '"'] * 6))
    message = DnsMessage(1, response=True, answers=(record,))
    assert decode(encode(message)) == message
    assert dns._decode_remembered.cache_info().currsize == before


# --- truncation ---------------------------------------------------------------------


def large_set(name: str, kind: str, count: int) -> tuple[Record, ...]:
    return tuple(Record(name, kind, 60, f'"{n:03d} {"x" * 90}"') for n in range(count))


def test_optional_additional_records_go_without_tc() -> None:
    """RFC 2181 section 9: what the answer does not need is left out silently, by whole sets."""
    reply = reply_to(
        QUERY,
        answers=(RECORDS[0],),
        additional=large_set("a.test", "TXT", 3) + large_set("b.test", "TXT", 9),
        authoritative=True,
    )
    short = decode(encode(reply, 512))
    assert (short.truncated, short.answers) == (False, (RECORDS[0],))
    assert short.additional == reply.additional[:3]


def test_a_referral_that_loses_glue_says_so() -> None:
    """RFC 9471 section 3.1: glue that does not fit sets TC."""
    servers = (Record("clips.test", "NS", 60, "ns1.clips.test"),)
    reply = reply_to(QUERY, authority=servers, additional=large_set("ns1.clips.test", "TXT", 9))
    short = decode(encode(reply, 512))
    assert (short.truncated, short.authority, short.additional) == (True, servers, ())


def test_answers_that_do_not_fit_go_as_whole_sets_with_tc() -> None:
    alias = (Record("clips.test", "CNAME", 60, "big.clips.test"),)
    reply = reply_to(QUERY, answers=alias + large_set("big.clips.test", "TXT", 9))
    short = decode(encode(reply, 512))
    assert (short.truncated, short.answers) == (True, alias)
    assert len(encode(reply, 512)) <= 512


def test_a_positive_answer_does_not_need_its_authority_section() -> None:
    reply = reply_to(
        QUERY,
        answers=(RECORDS[0],),
        authority=large_set("clips.test", "TXT", 9),
        authoritative=True,
    )
    short = decode(encode(reply, 512))
    assert (short.truncated, short.answers, short.authority) == (False, (RECORDS[0],), ())


def test_a_long_extra_text_gives_way() -> None:
    reply = reply_to(QUERY, "SERVFAIL", extended_errors=(ExtendedError(0, "x" * 600),))
    short = decode(encode(reply, 512))
    assert (short.truncated, short.edns) == (True, Edns())


def test_what_fits_is_not_touched() -> None:
    reply = reply_to(QUERY, answers=(RECORDS[0],))
    assert encode(reply, len(encode(reply))) == encode(reply)


def test_udp_limit_follows_the_client_within_bounds() -> None:
    """512 bytes without EDNS or below that figure, never more than 1232."""
    sizes = {size: udp_limit(QUERY._replace(edns=Edns(size))) for size in (0, 600, 4096)}
    assert sizes == {0: 512, 600: 600, 4096: 1232}
    assert udp_limit(QUERY._replace(edns=None)) == 512


# --- garbage ------------------------------------------------------------------------

HEADER = struct.Struct("!HHHHHH")


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_a_message_or_a_format_error(data: bytes) -> None:
    try:
        message = decode(data)
    except DnsFormatError:
        return
    assert decode(encode(message)) == message


@given(
    counts=st.tuples(*[st.integers(0, 2)] * 4),
    names=st.lists(st.sampled_from([b"\0", b"\xc0\x0c", b"\x01a\xc0\x0c", b"\x03\xff.\\\0"])),
    kind=st.sampled_from([1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 43, 65, 250, 65280]),
    rest=st.binary(max_size=80),
)
def test_bytes_that_look_like_messages_are_read_or_refused(
    counts: tuple[int, ...], names: list[bytes], kind: int, rest: bytes
) -> None:
    """Aimed at the record readers; what is read can be written and read again, the same."""
    data = HEADER.pack(1, 0x8000, *counts)
    for name in names:
        data += name + struct.pack("!HHIH", kind, 1, 5, len(rest)) + rest
    try:
        message = decode(data)
    except DnsFormatError:
        return
    assert decode(encode(message)) == message


@given(kind=st.sampled_from([1, 2, 6, 15, 16, 28, 33, 43, 250]), data=st.binary(max_size=60))
def test_data_of_one_record_are_read_or_refused(kind: int, data: bytes) -> None:
    """Behind it stands a good record: no reader may reach into it."""
    good = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 5, 4, b"\xc0\0\2\1")
    packet = (
        HEADER.pack(1, 0x8000, 1, 2, 0, 0)
        + b"\x01a\0\0\1\0\1"
        + b"\xc0\x0c"
        + struct.pack("!HHIH", kind, 1, 5, len(data))
        + data
        + good
    )
    try:
        message = decode(packet)
    except DnsFormatError:
        return
    assert message.answers[1] == Record("a", "A", 5, "192.0.2.1")
    assert decode(encode(message)) == message


LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=4)


@given(LABELS)
def test_any_labels_survive_as_text(labels: list[bytes]) -> None:
    """Dots, backslashes and control characters inside labels included; case is folded."""
    text = labels_to_text(labels)
    if sum(map(len, labels)) + len(labels) + 1 <= 255:
        assert text_to_labels(text) == tuple(label.lower() for label in labels)
        assert len(list(ancestors(text))) == len(labels) + 1


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_a_format_error(text: str) -> None:
    try:
        labels = text_to_labels(text)
    except DnsFormatError:
        return
    assert text_to_labels(labels_to_text(labels)) == labels


@given(st.sampled_from(RECORDS), st.text(max_size=40))
def test_any_data_text_is_written_or_a_format_error(record: Record, text: str) -> None:
    try:
        encode(DnsMessage(answers=(record._replace(data=text),)))
    except DnsFormatError:
        return


BROKEN = {
    "pointer to itself": b"\xc0\x0c\0\1\0\1",
    "pointer forwards": b"\xc0\x20\0\1\0\1",
    "two pointers in a ring": b"\x01\xc0\x0c\xc0\x0d\0\1\0\1",
    "label of unknown kind": b"\x40a\0\0\1\0\1",
    "label past the end": b"\x3fa",
    "name without an end": b"\x01a",
    "name of 256 bytes": (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1",
    "half a question": b"\x01a\0\0\1",
    "a byte too many": b"\x01a\0\0\1\0\1x",
}


@pytest.mark.parametrize("question", BROKEN.values(), ids=BROKEN.keys())
def test_broken_questions_are_format_errors(question: bytes) -> None:
    with pytest.raises(DnsFormatError):
        decode(HEADER.pack(1, 0x0100, 1, 0, 0, 0) + question)


def test_broken_counts_and_options_are_format_errors() -> None:
    """Two questions (RFC 9619), two OPT records (RFC 6891), an OPT with a name, one cut short."""
    question = b"\x01a\0\0\1\0\1"
    opt = b"\0" + struct.pack("!HHIH", 41, 512, 0, 0)
    cut = b"\0" + struct.pack("!HHIHHH", 41, 512, 0, 4, 15, 9)
    error_without_code = b"\0" + struct.pack("!HHIHHHB", 41, 512, 0, 5, 15, 1, 0)
    for packet in (
        HEADER.pack(1, 0, 2, 0, 0, 0) + question * 2,
        HEADER.pack(1, 0, 1, 0, 0, 2) + question + opt * 2,
        HEADER.pack(1, 0, 1, 0, 0, 1) + question + b"\x01a" + opt,
        HEADER.pack(1, 0, 1, 0, 0, 1) + question + cut,
        HEADER.pack(1, 0, 1, 0, 0, 1) + question + error_without_code,
        b"too short",
    ):
        with pytest.raises(DnsFormatError):
            decode(packet)


def test_data_longer_than_their_type_are_a_format_error() -> None:
    """An address of 4 + 16 bytes may not smuggle in a second record behind the first."""
    second = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 5, 4, b"\xcb\0\x71\x42")
    length = 4 + len(second)
    first = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 5, length, b"\xc0\0\2\1")
    packet = HEADER.pack(1, 0x8000, 1, 2, 0, 0) + b"\x01a\0\0\1\0\1" + first + second
    with pytest.raises(DnsFormatError, match="A record whose data are not as long as it says"):
        decode(packet)


def test_options_without_data_and_unknown_ones_are_passed_over() -> None:
    """dig +nsid sends an option of length zero, which dnslib would drop with what follows."""
    options = struct.pack("!HHHHHH", 3, 0, 15, 2, 18, 3) + b"\0\0"
    packet = (
        HEADER.pack(1, 0x8000, 0, 0, 0, 1)
        + b"\0"
        + struct.pack("!HHIH", 41, 1232, 0, len(options))
        + options
    )
    assert decode(packet).edns == Edns(1232, (ExtendedError(18),))


def test_of_another_opcode_only_the_header_is_read() -> None:
    message = decode(HEADER.pack(5, 0x2800, 1, 9, 9, 9) + b"whatever")
    assert (message.opcode, message.question) == ("UPDATE", None)
    assert decode(HEADER.pack(5, 0x3000, 0, 0, 0, 0)).opcode == "OPCODE6"


def test_garbage_is_answered_with_formerr_or_silence() -> None:
    """Id, opcode and RD come back; a response and what has no header get nothing."""
    assert format_error_reply(HEADER.pack(5, 0x2900, 9, 0, 0, 0)) == HEADER.pack(
        5, 0xA901, 0, 0, 0, 0
    )
    assert format_error_reply(HEADER.pack(5, 0x8000, 9, 0, 0, 0)) is None
    assert format_error_reply(b"short") is None


def test_what_no_message_can_carry_is_refused() -> None:
    for record in (
        Record("clips.test", "A", -1, "192.0.2.1"),
        Record("clips.test", "A", 5, "192.0.2.256"),
        Record("clips.test", "A", 5, "\\# 3 00"),
        Record("clips.test", "NOSUCH", 5, "\\# 0"),
        Record("clips.test", "TYPE70000", 5, "\\# 0"),
        Record("clips.test", "CAA", 5, '0 issue "ca.example"'),
        Record("clips.test", "TXT", 5, '"open'),
        Record("clips.test", "SOA", 5, "a b 1 2 3"),
        Record("clips..test", "A", 5, "192.0.2.1"),
        Record("x" * 64, "A", 5, "192.0.2.1"),
        Record("nouméa.test", "A", 5, "192.0.2.1"),
    ):
        with pytest.raises(DnsFormatError):
            encode(DnsMessage(answers=(record,)))
    with pytest.raises(DnsFormatError):
        encode(DnsMessage(opcode="NOSUCH"))


# --- helpers ------------------------------------------------------------------------


def test_replies_mirror_edns_and_hide_errors_from_those_who_cannot_read_them() -> None:
    errors = (ExtendedError(15),)
    plain = QUERY._replace(edns=None)
    assert reply_to(plain, "REFUSED", extended_errors=errors).edns is None
    assert reply_to(QUERY, "REFUSED", extended_errors=errors).edns == Edns(1232, errors)
    signed = QUERY._replace(edns=Edns(4096, (), True))
    assert reply_to(signed).edns == Edns(1232, (), True)


def test_refusals_that_hold_for_every_server() -> None:
    def rcode(message: DnsMessage) -> str | None:
        refused = refusal(message)
        return None if refused is None else refused.rcode

    assert rcode(QUERY) is None
    assert rcode(QUERY._replace(opcode="NOTIFY")) == "NOTIMP"
    assert rcode(QUERY._replace(edns=Edns(version=1))) == "BADVERS"
    assert rcode(QUERY._replace(question=None)) == "FORMERR"
    assert rcode(QUERY._replace(question=Question("clips.test", "AXFR"))) == "REFUSED"
    assert rcode(QUERY._replace(question=Question("version.bind", "TXT", "CH"))) == "REFUSED"


def test_names_know_their_place() -> None:
    assert canonical("WWW.Clips.Test.") == "www.clips.test"
    assert list(ancestors("www.clips.test")) == ["www.clips.test", "clips.test", "test", ""]
    assert is_within("www.clips.test", "clips.test")
    assert not is_within("eclips.test", "clips.test")
    assert is_within("clips.test", "")
