"""Negotiations with a proxy as dialogues, from either end: no socket, no clock."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.proxy.asking import Asking, ConnectAsking, Said, SocksAsking, Way
from simulator.roles.proxy.http import HttpDialogue
from simulator.roles.proxy.logic import SocksDialogue
from simulator.roles.proxy.steps import Dialogue, End, Reach, Say
from simulator.wire.route import RouteError

DATE = "Tue, 25 Jun 2024 08:00:00 GMT"
HOP = ("203.0.113.8", 1080)
GREETING = b"\x05\x01\x00"
ASK = b"\x05\x01\x00\x03\x07coco.xg\x01\xbb"
REFUSAL = b"\x05%c\x00\x01\x00\x00\x00\x00\x00\x00"


def http() -> HttpDialogue:
    return HttpDialogue(lambda: DATE)


def refusal(step: object) -> tuple[bytes, str]:
    """Return the status line of an HTTP farewell, and the reason for the journal."""
    assert isinstance(step, End)
    return step.data.split(b"\r\n")[0], step.reason


# --- SOCKS, the proxy's end -----------------------------------------------------------


def test_a_name_is_taken_unresolved() -> None:
    dialogue = SocksDialogue()
    assert dialogue.received(GREETING) == [Say(b"\x05\x00")]
    assert dialogue.received(ASK + b"early") == [Reach("coco.xg", 443, b"early")]
    assert dialogue.reached("203.0.113.8", 7) == b"\x05\x00\x00\x01\xcb\x00\x71\x08\x00\x07"


def test_pieces_of_one_octet_are_as_good_as_one() -> None:
    dialogue = SocksDialogue()
    steps = [step for octet in GREETING + ASK for step in dialogue.received(bytes([octet]))]
    assert steps == [Say(b"\x05\x00"), Reach("coco.xg", 443)]


def test_a_client_that_says_all_at_once_is_answered_in_order() -> None:
    assert SocksDialogue().received(GREETING + ASK) == [Say(b"\x05\x00"), Reach("coco.xg", 443)]


def test_a_password_is_refused_loudly() -> None:
    assert SocksDialogue().received(b"\x05\x01\x02") == [
        End(b"\x05\xff", "authentication by password (RFC 1929) is not simulated")
    ]
    assert SocksDialogue().received(b"\x05\x01\x01") == [
        End(b"\x05\xff", "no method of authentication that is simulated")
    ]


def test_who_offers_a_password_but_can_do_without_is_served() -> None:
    assert SocksDialogue().received(b"\x05\x02\x02\x00") == [Say(b"\x05\x00")]


@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        (b"\x05\x02\x00\x01\xc6\x33\x64\x07\x01\xbb", 7, "command 2 is not simulated"),
        (b"\x05\x03\x00\x01\xc6\x33\x64\x07\x01\xbb", 7, "command 3 is not simulated"),
        (b"\x05\x01\x00\x09\xc6\x33\x64\x07\x01\xbb", 8, "not SOCKS version 5: address type 9"),
        (b"\x05\x01\x00\x03\x01!\x01\xbb", 1, "not SOCKS version 5: no host name"),
        (b"\x05\x01\x00\x03\x01a\x00\x00", 1, "nothing listens on port 0"),
    ],
)
def test_a_request_that_cannot_be_met_gets_its_reply(
    request_: bytes, code: int, reason: str
) -> None:
    assert SocksDialogue().received(GREETING + request_)[1:] == [End(REFUSAL % code, reason)]


@pytest.mark.parametrize("data", [b"\x04\x01", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01"])
def test_another_protocol_is_left_without_a_word(data: bytes) -> None:
    [end] = SocksDialogue().received(data)
    assert isinstance(end, End)
    assert (end.data, end.reason) == (b"", f"not SOCKS version 5: version {data[0]}, not 5")


@pytest.mark.parametrize(
    ("stage", "failure", "code"),
    [
        ("dns", "dns_nxdomain_error", 4),
        ("dns", "generic_timeout_error", 4),
        ("tcp", "network_unreachable", 3),
        ("tcp", "host_unreachable", 4),
        ("tcp", "connection_refused", 5),
        ("tcp", "generic_timeout_error", 6),
        ("tcp", "connection_reset", 1),
    ],
)
def test_each_failure_has_its_reply(stage: str, failure: str, code: int) -> None:
    assert SocksDialogue().failed(stage, failure) == REFUSAL % code


# --- HTTP, the proxy's end ------------------------------------------------------------


def test_connect_makes_a_pipe_and_what_follows_is_for_the_destination() -> None:
    dialogue = http()
    assert dialogue.received(b"CONNECT coco.xg:443 HTTP/1.1\r\nHost: coco.") == []
    assert dialogue.received(b"xg:443\r\n\r\n\x16\x03\x01") == [
        Reach("coco.xg", 443, b"\x16\x03\x01")
    ]
    assert dialogue.reached("203.0.113.8", 7) == b"HTTP/1.1 200 Connection established\r\n\r\n"


def test_connect_to_an_ipv6_address() -> None:
    asked = b"CONNECT [2001:DB8::7]:443 HTTP/1.1\r\nHost: [2001:db8::7]:443\r\n\r\n"
    assert http().received(asked) == [Reach("2001:db8::7", 443)]


def test_a_page_in_clear_is_asked_for_in_the_proxys_own_words() -> None:
    """Origin form, Host from the URL, no fields of the hop, Via, and one request only."""
    dialogue = http()
    asked = (
        b"GET http://Coco.xg:8080/a?b HTTP/1.1\r\nHost: other.xg\r\nUser-Agent: X\r\nX-Hop: 1\r\n"
        b"Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\n"
        b"Connection: X-Hop\r\n\r\nGET http://two.xg/ HTTP/1.1\r\n"
    )
    assert dialogue.received(asked) == [
        Reach(
            "coco.xg",
            8080,
            b"GET /a?b HTTP/1.1\r\nHost: Coco.xg:8080\r\nUser-Agent: X\r\nVia: 1.1 takedown-lab\r\n"
            b"Connection: close\r\n\r\n",
            one_way=True,
        )
    ]
    assert dialogue.reached("203.0.113.8", 7) == b""


@pytest.mark.parametrize(
    ("asked", "status", "reason"),
    [
        (b"\x16\x03\x01\x00\r\n\r\n", b"400 Bad Request", "no HTTP request"),
        (b"\x05\x01\x00\n\n", b"400 Bad Request", "no HTTP request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"400 Bad Request", "a request that is not for a"),
        (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", b"400 Bad Request", "a request that is not"),
        (b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", b"400 Bad Request", "a request that is"),
        (b"GET http://[::/ HTTP/1.1\r\nHost: a\r\n\r\n", b"400 Bad Request", "a request that is"),
        (b"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", b"400 Bad Request", "CONNECT to what is no"),
        (b"CONNECT a:0 HTTP/1.1\r\nHost: a\r\n\r\n", b"400 Bad Request", "CONNECT to what is no"),
        (b"CONNECT a:70000 HTTP/1.1\r\nHost: a\r\n\r\n", b"400 Bad Request", "CONNECT to what"),
        (b"POST http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", b"501 Not Implemented", "a method that"),
        (
            b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
            b"501 Not Implemented", "a request with a body",
        ),
        (
            b"GET http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"501 Not Implemented", "a request with a body",
        ),
        (b"A" * 20_000, b"431 Request Header Fields Too Large", "no HTTP request"),
    ],
)  # fmt: skip
def test_what_is_no_request_for_a_proxy_is_refused_by_http(
    asked: bytes, status: bytes, reason: str
) -> None:
    [step] = http().received(asked)
    line, why = refusal(step)
    assert line == b"HTTP/1.1 " + status
    assert why.startswith(reason)


def test_a_failure_beyond_the_proxy_is_told_in_proxy_status() -> None:
    head = http().failed("dns", "dns_nxdomain_error").partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\nDate: " + DATE.encode())
    assert b'\r\nProxy-Status: takedown-lab; error=dns_error; rcode="NXDOMAIN"\r\n' in head
    assert http().timed_out().startswith(b"HTTP/1.1 408 Request Timeout\r\n")


# --- the client's end -----------------------------------------------------------------


def converse(asking: Asking, dialogue: Dialogue, answer: Callable[[Reach], bytes]) -> object:
    """Let both ends talk until the way is open; ``answer`` is the proxy's last word."""
    said = asking.opening()
    while True:
        reply = b""
        for step in dialogue.received(said):
            reply += answer(step) if isinstance(step, Reach) else step.data
        got = asking.received(reply)
        if not isinstance(got, Said):
            return got
        said = got.data


@pytest.mark.parametrize("host", ["coco.xg", "198.51.100.7", "2001:db8::7"])
@pytest.mark.parametrize("kind", [SocksAsking, ConnectAsking])
def test_both_ends_understand_each_other(kind: type, host: str) -> None:
    dialogue: Dialogue = SocksDialogue() if kind is SocksAsking else http()
    wanted: list[Reach] = []

    def answer(reach: Reach) -> bytes:
        wanted.append(reach)
        return dialogue.reached("203.0.113.8", 7) + b"220 hello"

    assert converse(kind(host, 443, HOP), dialogue, answer) == Way(b"220 hello")
    assert wanted == [Reach(host, 443)]


@pytest.mark.parametrize(
    ("stage", "failure", "by_socks"),
    [
        ("dns", "dns_nxdomain_error", ("tcp", "host_unreachable")),
        ("tcp", "connection_refused", ("tcp", "connection_refused")),
        ("tcp", "generic_timeout_error", ("tcp", "generic_timeout_error")),
        ("tcp", "connection_reset", ("tcp", "unknown_failure: general SOCKS server failure")),
    ],
)
def test_socks_loses_what_http_tells(stage: str, failure: str, by_socks: tuple[str, str]) -> None:
    """A name that is not found has no reply in SOCKS; HTTP says it in Proxy-Status."""
    for kind, dialogue, told in (
        (SocksAsking, SocksDialogue(), by_socks),
        (ConnectAsking, http(), (stage, failure)),
    ):
        answer = (lambda said: lambda _: said)(dialogue.failed(stage, failure))  # type: ignore[attr-defined]
        with pytest.raises(RouteError) as lost:
            converse(kind("coco.xg", 443, HOP), dialogue, answer)
        error = lost.value
        assert (error.stage, error.failure, error.hop, error.hop_failure) == (*told, HOP, None)


@pytest.mark.parametrize(
    ("asking", "data", "failure"),
    [
        (SocksAsking, b"\x05\x02", "the SOCKS server wants authentication"),
        (SocksAsking, b"\x05\xff", "the SOCKS server wants authentication"),
        (SocksAsking, b"HTTP/1.1", "the proxy speaks no SOCKS 5: version 72, not 5"),
        (ConnectAsking, b"\x05\x00\r\n\r\n", "the proxy speaks no HTTP"),
        (ConnectAsking, b"HTTP/1.1 403 No\r\n\r\n", "the proxy answered 403"),
    ],
)
def test_a_proxy_that_is_none_is_named(asking: type, data: bytes, failure: str) -> None:
    ask = asking("coco.xg", 443, HOP)
    ask.opening()
    with pytest.raises(RouteError) as lost:
        ask.received(data)
    assert lost.value.failure == f"unknown_failure: {failure}"


def test_a_reply_that_rfc_1928_does_not_know_is_told_by_its_number() -> None:
    ask = SocksAsking("coco.xg", 443, HOP)
    ask.received(b"\x05\x00")
    with pytest.raises(RouteError, match="SOCKS reply 93"):
        ask.received(REFUSAL % 93)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6), st.booleans())
def test_any_octets_end_in_steps_or_in_a_route_error(pieces: list[bytes], opened: bool) -> None:
    for dialogue in (SocksDialogue(), http()):
        if opened:
            pieces = [GREETING if isinstance(dialogue, SocksDialogue) else b"CONNECT ", *pieces]
        for piece in pieces:
            steps = dialogue.received(piece)
            assert all(isinstance(step, Say | End | Reach) for step in steps)
            if any(isinstance(step, End | Reach) for step in steps):
                break
    for kind in (SocksAsking, ConnectAsking):
        ask = kind("coco.xg", 443, HOP)
        ask.opening()
        try:
            for piece in pieces:
                heard = ask.received(piece)
                assert isinstance(heard, Way | Said | None)
                if isinstance(heard, Way):
                    break
        except RouteError:
            pass
