"""A request head as a bystander reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.http_head import (
    LONGEST_HEAD,
    NotRequest,
    RequestHead,
    Unfinished,
    host_of,
    read_request_head,
)


@pytest.mark.parametrize(
    ("head", "hosts"),
    [
        (b"GET / HTTP/1.1\r\nHost: clips.test\r\n\r\n", ("clips.test",)),
        (b"GET / HTTP/1.1\r\nhOsT:\t Clips.TEST.:8080 \r\n\r\n", ("clips.test",)),
        (b"GET / HTTP/1.1\nHost: clips.test\n\n", ("clips.test",)),
        (b"GET / HTTP/1.0\r\n\r\n", ()),
        (b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", ("2001:db8::1",)),
        (
            b"GET http://user@one.test:80/x HTTP/1.1\r\nHost: two.test\r\n\r\n",
            ("one.test", "two.test"),
        ),
        (
            b"CONNECT clips.test:443 HTTP/1.1\r\nHost: clips.test:443\r\n\r\n",
            ("clips.test",),
        ),
        (b"GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", ("a.test", "b.test")),
    ],
)
def test_the_names_that_a_request_asks_for(head: bytes, hosts: tuple[str, ...]) -> None:
    reading = read_request_head(head + b"body")
    assert isinstance(reading, RequestHead)
    assert (reading.hosts, reading.text) == (hosts, head)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (b"", 0),
        (b"Content-Length: 12\r\n", 12),
        (b"Transfer-Encoding: chunked\r\n", None),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 12\r\n", None),
        (b"Content-Length: twelve\r\n", None),
    ],
)
def test_how_much_body_follows(fields: bytes, body: int | None) -> None:
    reading = read_request_head(b"POST / HTTP/1.1\r\n" + fields + b"\r\n")
    assert isinstance(reading, RequestHead)
    assert (reading.method, reading.target, reading.body) == ("POST", "/", body)


@pytest.mark.parametrize(
    ("data", "reading"),
    [
        (b"GE", Unfinished()),
        (b"GET / HTTP/1.1\r\nHost: clips.test\r\n", Unfinished()),
        (b"\x16\x03\x01", NotRequest()),
        (b"GET\x00/ HTTP/1.1\r\n\r\n", NotRequest()),
        (b"GET /\r\n\r\n", NotRequest()),  # HTTP/0.9
        (b"PRI * HTTP/2.0\r\n\r\n", NotRequest()),
        (b"A" * 30, NotRequest()),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * LONGEST_HEAD, NotRequest()),
    ],
)
def test_what_is_unfinished_and_what_is_no_request(data: bytes, reading: object) -> None:
    assert read_request_head(data) == reading


def test_no_prefix_of_a_head_is_taken_for_another() -> None:
    head = b"GET / HTTP/1.1\r\nHost: clips.test\r\nAccept: */*\r\n\r\n"
    for end in range(1, len(head)):
        assert read_request_head(head[:end]) == Unfinished()
        assert isinstance(read_request_head(head, searched=end), RequestHead)


@given(st.binary(max_size=80) | st.binary().map(lambda data: b"GET / HTTP/1.1\r\n" + data))
def test_any_octets_have_a_reading(data: bytes) -> None:
    assert isinstance(read_request_head(data), RequestHead | Unfinished | NotRequest)


@given(st.binary())
def test_any_authority_has_a_host(data: bytes) -> None:
    assert isinstance(host_of(data), str)
