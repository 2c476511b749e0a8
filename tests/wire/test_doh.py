"""RFC 8484 without a socket: what a request asks, how long an answer is fresh."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.dns_values import DnsMessage, Record
from simulator.wire.doh import (
    MEDIA_TYPE,
    DohError,
    NotDns,
    checked_query,
    is_last,
    max_age,
    media_type,
    message_of,
    post,
    query_of_get,
)
from simulator.wire.web import Response

HEADER = bytes(12)


def test_the_example_of_the_rfc_is_read() -> None:
    """RFC 8484 section 4.1.1: www.example.com, A, recursion desired, id 0."""
    value = "AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB"
    message = bytes(2) + b"\1\0\0\1" + bytes(6) + b"\3www\7example\3com\0\0\1\0\1"
    assert query_of_get(f"dns={value}") == message


@given(st.binary(min_size=12, max_size=2000).filter(lambda data: not data[2] & 0x80))
def test_every_query_comes_back_from_its_base64url(message: bytes) -> None:
    value = base64.urlsafe_b64encode(message).decode().rstrip("=")
    assert query_of_get(f"ct&dns={value}&x=1") == message


@given(st.one_of(st.text(), st.text().map(lambda text: f"dns={text}"),
                 st.from_regex(r"dns=[A-Za-z0-9_-]{0,40}=?", fullmatch=True)))  # fmt: skip
def test_any_query_string_is_a_query_or_refused(text: str) -> None:
    try:
        message = query_of_get(text)
    except DohError:
        return
    assert len(message) >= 12


@pytest.mark.parametrize(
    ("message", "status"),
    [(b"", 400), (HEADER[:11], 400), (b"\0\0\x80" + bytes(9), 400), (bytes(65_536), 413)],
)
def test_what_no_server_can_answer_is_refused(message: bytes, status: int) -> None:
    with pytest.raises(DohError) as caught:
        checked_query(message)
    assert caught.value.status == status


def test_the_longest_message_is_taken() -> None:
    assert checked_query(bytes(65_535)) == bytes(65_535)


def record(ttl: int) -> Record:
    return Record("clips.test", "A", ttl, "192.0.2.80")


SOA = Record("clips.test", "SOA", 900, "a.test b.test 1 2 3 4 60")


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (DnsMessage(answers=(record(30), record(600), record(300))), 30),
        (DnsMessage(answers=(record(30),), authority=(SOA,)), 30),
        (DnsMessage(authority=(SOA,)), 60),
        (DnsMessage(rcode="NXDOMAIN", authority=(SOA._replace(ttl=20),)), 20),
        (DnsMessage(), 0),
        (DnsMessage(rcode="SERVFAIL", authority=(SOA,)), 0),
        (DnsMessage(rcode="REFUSED"), 0),
    ],
)
def test_how_long_a_reply_is_fresh(reply: DnsMessage, seconds: int) -> None:
    assert max_age(reply) == seconds


@pytest.mark.parametrize(
    ("field", "read"),
    [
        (None, ""),
        ("", ""),
        ("Application/DNS-Message", MEDIA_TYPE),
        (" application/dns-message ; q=1", MEDIA_TYPE),
    ],
)
def test_a_media_type_without_its_parameters(field: str | None, read: str) -> None:
    assert media_type(field) == read


def test_a_post_says_no_more_than_it_must() -> None:
    assert post("dns.example", "/dns-query", 33).octets == (
        b"POST /dns-query HTTP/1.1\r\nHost: dns.example\r\nAccept: application/dns-message\r\n"
        b"Content-Type: application/dns-message\r\nContent-Length: 33\r\n\r\n"
    )


DNS = (b"content-type", b"application/dns-message")


def test_a_response_brings_a_message_or_the_reason_why_not() -> None:
    assert message_of(Response(200, (DNS,), HEADER)) == HEADER
    for response in (
        Response(451, (DNS,), HEADER),
        Response(200, (), HEADER),
        Response(200, ((b"content-type", b"text/html"),), HEADER),
        Response(200, (DNS,), HEADER, truncated=True),
    ):
        with pytest.raises(NotDns) as caught:
            message_of(response)
        assert caught.value.status == response.status


def test_when_a_connection_may_serve_again() -> None:
    assert not is_last(Response(200, (DNS,), HEADER))
    assert is_last(Response(200, ((b"connection", b"Close"),), HEADER))
    assert is_last(Response(200, (DNS,), HEADER, truncated=True))
