"""The server name is found in a real ClientHello, however it was cut."""

from __future__ import annotations

import itertools
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.tls import (
    ClientHello,
    ClientHelloReader,
    NeedMore,
    NotClientHello,
    client_hello_server_name,
    read_client_hello,
)


def hello(server_name: str | None) -> bytes:
    """Return what OpenSSL says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    outgoing = ssl.MemoryBIO()
    session = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=server_name)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


CLIPS = hello("clips.test")


def vector(size: int, content: bytes) -> bytes:
    return len(content).to_bytes(size, "big") + content


def record(fragment: bytes) -> bytes:
    return b"\x16\x03\x01" + vector(2, fragment)


def hello_with(*extensions: bytes) -> bytes:
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    if extensions:
        body += vector(2, b"".join(extensions))
    return record(b"\x01" + vector(3, body))


def server_name(name: bytes, kind: int = 0) -> bytes:
    return b"\0\0" + vector(2, vector(2, bytes([kind]) + vector(2, name)))


def test_the_name_in_openssls_hello_is_found() -> None:
    assert client_hello_server_name(CLIPS) == "clips.test"


def test_a_hello_without_a_name_names_none() -> None:
    assert read_client_hello(hello(None)) == ClientHello(None)


def test_a_hello_without_extensions_names_none() -> None:
    assert read_client_hello(hello_with()) == ClientHello(None)


def test_the_name_comes_in_lower_case_without_a_final_dot() -> None:
    assert client_hello_server_name(hello_with(server_name(b"Clips.TEST."))) == "clips.test"


def test_names_of_another_kind_are_passed_over() -> None:
    assert read_client_hello(hello_with(server_name(b"clips.test", 7))) == ClientHello(None)


def test_the_name_is_found_whatever_extensions_stand_before_it() -> None:
    before = b"\x00\x2b" + vector(2, b"\x02\x03\x04")
    assert client_hello_server_name(hello_with(before, server_name(b"clips.test"))) == "clips.test"


@given(st.lists(st.integers(0, len(CLIPS)), max_size=6))
def test_a_hello_cut_into_segments_anywhere_is_read_at_its_last_byte(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(CLIPS)]
    pieces = [CLIPS[start:end] for start, end in itertools.pairwise(bounds)]
    pieces = [piece for piece in pieces if piece]
    reader = ClientHelloReader()
    assert [reader.feed(piece) for piece in pieces[:-1]] == [NeedMore()] * (len(pieces) - 1)
    assert reader.feed(pieces[-1]) == ClientHello("clips.test")


@given(st.integers(1, len(CLIPS) - 6))
def test_a_hello_cut_into_two_records_is_read(cut: int) -> None:
    fragment = CLIPS[5:]
    assert client_hello_server_name(record(fragment[:cut]) + record(fragment[cut:])) == "clips.test"


def test_the_answer_stays_once_it_is_final() -> None:
    reader = ClientHelloReader()
    reader.feed(CLIPS)
    assert reader.feed(b"application data") == ClientHello("clips.test")


@pytest.mark.parametrize(
    "data",
    [
        b"G",
        b"GET / HTTP/1.1\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",  # an alert
        b"\x16\x02",
        b"\x16\x03\x01\x00\x00",  # an empty fragment
        b"\x16\x03\x01\x40\x01",  # a fragment beyond 2^14
        record(b"\x02\x00\x00\x00"),  # a ServerHello
        record(b"\x01\xff\xff\xff"),  # a hello of 16 MB
        hello_with(server_name(b"")),
        hello_with(server_name("clïps.test".encode())),
        hello_with(server_name(b"clips.test")[:-1]),
    ],
)
def test_anything_else_is_told_apart_at_once(data: bytes) -> None:
    assert read_client_hello(data) == NotClientHello()
    assert client_hello_server_name(data) is None


@given(st.binary(max_size=200))
def test_arbitrary_bytes_get_an_answer(data: bytes) -> None:
    assert isinstance(read_client_hello(data), ClientHello | NeedMore | NotClientHello)


@given(st.integers(0, len(CLIPS) - 1), st.integers(0, 255))
def test_a_spoilt_hello_gets_an_answer(at: int, byte: int) -> None:
    data = CLIPS[:at] + bytes([byte]) + CLIPS[at + 1 :]
    assert isinstance(read_client_hello(data), ClientHello | NeedMore | NotClientHello)
