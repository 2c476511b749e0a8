"""SOCKS version 5 on the wire: octets of RFC 1928, read and written."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.socks import (
    Code,
    Command,
    Greeting,
    Reply,
    Request,
    SocksError,
    host_name,
    read_choice,
    read_greeting,
    read_reply,
    read_request,
    write_choice,
    write_greeting,
    write_reply,
    write_request,
)

HOSTS = st.one_of(
    st.ip_addresses().map(str),
    st.from_regex(r"[a-z0-9_-]{1,20}(\.[a-z0-9_-]{1,20}){0,5}", fullmatch=True).filter(
        lambda name: host_name(name) == name
    ),
)


def test_a_greeting_is_version_count_methods() -> None:
    assert write_greeting(Greeting((0, 2))) == b"\x05\x02\x00\x02"
    assert read_greeting(b"\x05\x02\x00\x02rest") == (Greeting((0, 2)), 4)
    assert read_choice(write_choice(0xFF)) == (0xFF, 2)


@pytest.mark.parametrize(
    ("octets", "request_"),
    [
        (b"\x05\x01\x00\x01\xc6\x33\x64\x07\x01\xbb", Request(1, "198.51.100.7", 443)),
        (b"\x05\x01\x00\x03\x07coco.xg\x00\x50", Request(1, "coco.xg", 80)),
        (
            b"\x05\x03\x00\x04" + ipaddress.ip_address("2001:db8::7").packed + b"\x00\x35",
            Request(3, "2001:db8::7", 53),
        ),
    ],
)
def test_a_request_in_each_type_of_address(octets: bytes, request_: Request) -> None:
    assert write_request(request_) == octets
    assert read_request(octets + b"!") == (request_, len(octets))
    assert [read_request(octets[:size]) for size in range(len(octets))] == [None] * len(octets)


def test_a_name_is_read_in_lower_case_without_its_last_dot() -> None:
    assert read_request(b"\x05\x01\x00\x03\x08Coco.XG.\x00\x50") == (Request(1, "coco.xg", 80), 15)


def test_an_address_in_the_place_of_a_name_is_an_address() -> None:
    assert read_request(b"\x05\x01\x00\x03\x09192.0.2.7\x00\x50") == (
        Request(1, "192.0.2.7", 80), 16,
    )  # fmt: skip


def test_a_reply_has_the_address_that_the_proxy_connects_from() -> None:
    assert write_reply(Reply(Code.SUCCEEDED, "203.0.113.8", 5)) == b"\x05\0\0\1\xcb\0\x71\x08\0\5"
    assert read_reply(write_reply(Reply(Code.HOST_UNREACHABLE))) == (
        Reply(4, "0.0.0.0", 0), 10,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"\x04\x01\x00\x50\xc6\x33\x64\x07\x00", None),
        (b"GET / HTTP/1.1\r\n", None),
        (b"\x05\x01\x00\x02\x00\x00\x00\x00\x00\x00", Code.ADDRESS_TYPE_NOT_SUPPORTED),
        (b"\x05\x01\x00\x03\x03a b\x00\x50", Code.GENERAL_FAILURE),
        (b"\x05\x01\x00\x03\x00\x00\x50", Code.GENERAL_FAILURE),
        (b"\x05\x01\x00\x03\x02\xc3\xa9\x00\x50", Code.GENERAL_FAILURE),
    ],
)
def test_what_is_no_request_bears_the_reply_to_it(octets: bytes, code: Code | None) -> None:
    with pytest.raises(SocksError) as refused:
        read_request(octets)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "host"),
    [("Coco.XG.", "coco.xg"), ("2001:DB8:0::7", "2001:db8::7"), ("a..b", None), ("", None),
     ("a" * 64, None), ("x" * 60 + ".xg", "x" * 60 + ".xg")],
)  # fmt: skip
def test_a_host_is_an_address_or_a_name(text: str, host: str | None) -> None:
    assert host_name(text) == host


@given(st.sampled_from(list(Command)), HOSTS, st.integers(0, 65535), st.binary(max_size=8))
def test_requests_and_replies_come_back_as_they_were_written(
    command: Command, host: str, port: int, rest: bytes
) -> None:
    octets = write_request(Request(command, host, port))
    assert read_request(octets + rest) == (Request(command, host, port), len(octets))
    assert read_reply(octets) == (Reply(command, host, port), len(octets))


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(b"\x05\x01\x00\x03".__add__)))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    for read in (read_greeting, read_choice, read_request, read_reply):
        try:
            value = read(octets)  # type: ignore[operator]
        except SocksError:
            continue
        assert value is None or 0 < value[1] <= len(octets)
