"""What a client says in clear is read the same however its stream is cut."""

import itertools
import ssl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.wire.client_stream import ClientStreamReader, ProxyTarget, Said
from simulator.wire.http_head import RequestHead
from simulator.wire.tls import ClientHello

REQUEST = b"GET /a HTTP/1.1\r\nHost: clips.test\r\n\r\n"
CONNECT = b"CONNECT clips.test:443 HTTP/1.1\r\nHost: clips.test:443\r\n\r\n"
SOCKS = b"\5\1\0" + b"\5\1\0\3\x0aclips.test\1\xbb"


def make_hello(name: str) -> bytes:
    outgoing = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


HELLO = make_hello("clips.test")


def say(said: Said) -> str:
    if isinstance(said, ClientHello):
        return f"sni {said.server_name}"
    if isinstance(said, RequestHead):
        return f"{said.method} {','.join(said.hosts)}"
    assert isinstance(said, ProxyTarget)
    return f"socks {said.name}"


def read(*pieces: bytes, proxies: bool = True) -> list[str]:
    reader = ClientStreamReader(proxies=proxies)
    return [say(said) for piece in pieces for said in reader.feed(piece)]


STREAMS = [
    (HELLO, ["sni clips.test"]),
    (REQUEST, ["GET clips.test"]),
    (REQUEST * 3, ["GET clips.test"] * 3),
    (b"\r\n\n" + REQUEST, ["GET clips.test"]),
    (
        b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 37\r\n\r\n" + REQUEST[:37] + REQUEST,
        ["POST a.test", "GET clips.test"],
    ),
    (CONNECT + HELLO, ["CONNECT clips.test", "sni clips.test"]),
    (CONNECT + REQUEST, ["CONNECT clips.test", "GET clips.test"]),
    (SOCKS + HELLO, ["socks clips.test", "sni clips.test"]),
    (SOCKS + REQUEST, ["socks clips.test", "GET clips.test"]),
    (b"\5\2\0\2" + SOCKS[3:] + CONNECT + HELLO,
     ["socks clips.test", "CONNECT clips.test", "sni clips.test"]),
    (b"\5\1\0\5\1\0\1\xc6\x33\x64\x14\0\x50" + REQUEST, ["socks 198.51.100.20", "GET clips.test"]),
    (b"\5\1\0\5\1\0\4" + bytes(15) + b"\1\0\x50" + REQUEST, ["socks ::1", "GET clips.test"]),
    (b"\5\1\0\5\2\0\3\x0aclips.test\0\x50" + REQUEST, []),  # BIND
    (b"SSH-2.0-x\r\n" + REQUEST, []),
    (b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + REQUEST,
     ["POST a.test"]),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "said"), STREAMS)
def test_what_is_read_of_a_stream(stream: bytes, said: list[str]) -> None:
    assert read(stream) == said
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == said


@given(st.sampled_from(STREAMS), st.lists(st.integers(0, 900), max_size=8))
def test_a_stream_cut_anywhere_says_the_same(
    stream: tuple[bytes, list[str]], cuts: list[int]
) -> None:
    data, said = stream
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert read(*(data[a:b] for a, b in itertools.pairwise(edges))) == said


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (SOCKS + REQUEST, []),
        (CONNECT + HELLO, ["CONNECT clips.test"]),
        (REQUEST * 2, ["GET clips.test"] * 2),
        (HELLO, ["sni clips.test"]),
    ],
)
def test_one_that_does_not_know_proxies_reads_their_first_word_at_most(
    stream: bytes, said: list[str]
) -> None:
    assert read(stream, proxies=False) == said


def test_an_opaque_stream_keeps_nothing() -> None:
    reader = ClientStreamReader(proxies=True)
    reader.feed(HELLO + b"\x17\x03\x03" * 100)
    assert reader.opaque
    assert reader.feed(REQUEST) == ()
    assert not reader._data


@given(st.binary(), st.binary(), st.booleans())
@example(b"\5", b"", True)
@example(b"\5\0\5\1\0\3\0", b"", True)
@example(b"\x16", b"", True)
def test_any_octets_are_read_without_an_error(one: bytes, other: bytes, proxies: bool) -> None:
    reader = ClientStreamReader(proxies=proxies)
    for said in (*reader.feed(one), *reader.feed(other)):
        assert isinstance(said, ClientHello | RequestHead | ProxyTarget)
