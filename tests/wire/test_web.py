"""One HTTP exchange without a socket: what is a response, what is none, and when it ends."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.web import (
    ClosedEarly,
    Exchange,
    Response,
    WebError,
    http_date,
    plain_response,
    request,
)

HEAD = request("coco.xg", "/", "Lab/1")
PLAIN = b"HTTP/1.1 200 OK\r\nServer: lab\r\nContent-Length: 5\r\n\r\nhello"


def test_the_request_is_what_goes_on_the_wire() -> None:
    assert Exchange(HEAD).outgoing == (
        b"GET / HTTP/1.1\r\nHost: coco.xg\r\nUser-Agent: Lab/1\r\n"
        b"Accept: */*\r\nConnection: close\r\n\r\n"
    )


def test_a_body_follows_its_head() -> None:
    head = request("ca.xg", "/new-order", "Lab/1", "POST", ("application/json", 2))
    assert Exchange(head, b"{}").outgoing.endswith(b"Content-Length: 2\r\n\r\n{}")


def test_a_host_that_would_break_the_head_is_refused() -> None:
    with pytest.raises(WebError):
        request("coco.xg\r\nX: y", "/", "Lab/1")


def test_a_response_in_one_piece_is_complete_at_once() -> None:
    exchange = Exchange(HEAD)
    assert exchange.received(PLAIN) is True
    assert exchange.response == Response(
        200, ((b"server", b"lab"), (b"content-length", b"5")), b"hello"
    )
    assert repr(exchange) == "<Exchange complete=True>"


def test_a_response_octet_by_octet_is_the_same_response() -> None:
    """Proves that segmentation does not matter, and that a POST's reader knows its request."""
    head = request("ca.xg", "/new-order", "Lab/1", "POST", ("application/json", 2))
    exchange = Exchange(head, b"{}")
    progress = [exchange.received(PLAIN[i : i + 1]) for i in range(len(PLAIN))]
    assert progress == [False] * (len(PLAIN) - 1) + [True]
    assert exchange.response is not None
    assert exchange.response.header(b"server") == "lab"
    assert exchange.response.header(b"via") is None


def test_the_end_of_the_connection_completes_a_body_without_a_length() -> None:
    exchange = Exchange(HEAD)
    assert exchange.received(b"HTTP/1.0 200 OK\r\n\r\nhel") is False
    assert exchange.received(b"lo") is False
    assert exchange.received(b"") is True
    assert exchange.response == Response(200, (), b"hello")


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"])
def test_an_early_end_is_told_from_nonsense(begun: bytes) -> None:
    exchange = Exchange(HEAD)
    if begun:
        exchange.received(begun)
    with pytest.raises(ClosedEarly):
        exchange.received(b"")


def test_nonsense_is_no_response() -> None:
    with pytest.raises(WebError) as caught:
        Exchange(HEAD).received(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    assert not isinstance(caught.value, ClosedEarly)


def test_a_long_body_is_cut_at_the_limit() -> None:
    exchange = Exchange(HEAD, limit=4)
    assert exchange.received(PLAIN) is True
    assert exchange.response is not None
    assert (exchange.response.body, exchange.response.truncated) == (b"hell", True)


def test_early_hints_are_passed_over() -> None:
    exchange = Exchange(HEAD)
    assert exchange.received(b"HTTP/1.1 103 Early Hints\r\n\r\n" + PLAIN) is True
    assert exchange.response is not None
    assert exchange.response.status == 200


def test_interim_responses_without_end_are_no_response() -> None:
    """A server that only ever says "100 Continue" would keep the reader busy for nothing."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert Exchange(HEAD).received(interim * 20 + PLAIN) is True
    with pytest.raises(WebError, match="more than 20 interim responses"):
        Exchange(HEAD).received(interim * 21 + PLAIN)


def test_chunks_are_left_to_h11() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    assert plain_response(chunked) is None
    exchange = Exchange(HEAD)
    assert exchange.received(chunked) is True
    assert exchange.response is not None
    assert exchange.response.body == b"hello"


def test_a_length_beside_chunks_is_left_to_h11() -> None:
    """Chunks win (RFC 9112 section 6.3): the short way would take the frame for the body."""
    both = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
    assert plain_response(both) is None
    exchange = Exchange(HEAD)
    assert exchange.received(both) is True
    assert exchange.response is not None
    assert exchange.response.body == b""


def test_http_date_is_the_form_of_rfc_9110() -> None:
    assert http_date(1719302400) == "Tue, 25 Jun 2024 08:00:00 GMT"


@given(st.binary(max_size=200))
def test_any_octets_are_a_response_or_a_web_error(data: bytes) -> None:
    exchange = Exchange(HEAD)
    try:
        if not exchange.received(data):
            exchange.received(b"")
    except WebError:
        return
    assert exchange.response is not None


FIELDS = st.sampled_from(
    [
        b"Content-Length: 5",
        b"Content-Length:5 ",
        b"content-length: 5, 5",
        b"Content-Length: +5",
        b"Transfer-Encoding: chunked",
        b"Server: lab",
        b"X-Empty:",
        b"X: \x7f",
        b"X: \xff",
        b" folded",
        b"Bad Name: 1",
        b"Upgrade: h2c",
        b"X:\tz\t",
    ]
)
STATUS_LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 204 None",
        b"HTTP/1.1 304 None",
        b"HTTP/1.1 451 ",
        b"HTTP/1.1 200",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 101 Up",
        b"HTTP/1.1 999 x",
    ]
)


@given(STATUS_LINES, st.lists(FIELDS, max_size=4), st.sampled_from([b"", b"hello", b"hello!"]))
def test_what_is_read_the_short_way_h11_reads_alike(
    status: bytes, fields: list[bytes], body: bytes
) -> None:
    """Proves that the shortcut never accepts what h11 refuses, nor reads it differently."""
    data = b"\r\n".join([status, *fields, b"", body])
    short = plain_response(data)
    if short is None:
        return
    connection = h11.Connection(h11.CLIENT)
    connection.send(HEAD.head)
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    head, content, end = (connection.next_event() for _ in range(3))
    assert isinstance(head, h11.Response)
    assert isinstance(content, h11.Data)
    assert isinstance(end, h11.EndOfMessage)
    assert short == Response(head.status_code, tuple(head.headers), bytes(content.data))
