"""A cleartext request is stopped by the host that it names, or by a word in its head."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.measures import HttpAction, HttpMeasure
from simulator.roles.isp.http_filter import HttpRule
from simulator.values import ACK, FIN, PASS, PSH, RST, Drop, Inject, Packet, Reset, Segment
from simulator.wire.banners import BlockPage
from simulator.wire.pages import BLOCK_PAGE, identify

PAGE = BlockPage("The court", "Alpha")
BOTH = Reset(both_ways=True)
REQUEST = b"GET / HTTP/1.1\r\nHost: clips.test\r\nUser-Agent: x\r\n\r\n"
INNOCENT = b"GET /clips.test HTTP/1.1\r\nHost: plain.test\r\n\r\n"


def rule(
    action: HttpAction = HttpAction.RESET, name: str | None = "clips.test", **more: Any
) -> HttpRule:
    return HttpRule("order/0", HttpMeasure(name, action=action, **more), PAGE)


def by_keyword(keyword: str, **more: Any) -> HttpRule:
    return rule(name=None, keyword=keyword, **more)


@pytest.mark.parametrize(
    ("request_", "seen"),
    [
        (REQUEST, "host clips.test"),
        (REQUEST.replace(b"clips", b"www.Clips"), "host www.clips.test"),
        (REQUEST.replace(b"Host: ", b"hOST:"), "host clips.test"),
        (b"\r\n" + REQUEST, "host clips.test"),
        (REQUEST.replace(b"\r\n", b"\n"), "host clips.test"),
        (REQUEST.replace(b"clips.test", b"clips.test.:80"), "host clips.test"),
        (b"GET http://clips.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n", "host clips.test"),
        (INNOCENT, None),
        (b"GET / HTTP/1.1\r\nHost: x.test\r\nReferer: http://clips.test/\r\n\r\n", None),
        (b"clips.test\r\n\r\n", None),
    ],
)
def test_the_host_decides(dialogue: Any, request_: bytes, seen: str | None) -> None:
    talk = dialogue(rule())
    assert talk.open() == [PASS] * 3
    assert talk.say(request_) == (PASS if seen is None else BOTH)
    assert talk.seen == seen


@pytest.mark.parametrize(
    ("keyword", "request_", "found"),
    [
        ("Casino", b"GET /CASINO HTTP/1.1\r\nHost: a.test\r\n\r\n", True),
        ("casino", b"GET / HTTP/1.1\r\nHost: a.test\r\nCookie: x=myCasino1\r\n\r\n", True),
        ("casino", b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\ncasino", False),
        ("clips.test", INNOCENT, True),
    ],
)
def test_the_keyword_is_looked_for_in_the_head_alone(
    dialogue: Any, keyword: str, request_: bytes, found: bool
) -> None:
    talk = dialogue(by_keyword(keyword))
    talk.open()
    assert talk.say(request_) == (BOTH if found else PASS)
    assert talk.seen == (f"keyword {keyword}" if found else None)


@given(st.lists(st.integers(1, len(REQUEST) - 1), max_size=10), st.booleans())
def test_a_head_cut_anywhere_meets_the_same_verdict_on_its_last_segment(
    dialogue: Any, cuts: list[int], keyword: bool
) -> None:
    edges = [0, *sorted(set(cuts)), len(REQUEST)]
    pieces = [REQUEST[a:b] for a, b in itertools.pairwise(edges)]
    talk = dialogue(by_keyword("LIPS.T") if keyword else rule())
    talk.open()
    assert talk.say_all(pieces) == [PASS] * (len(pieces) - 1) + [BOTH]


def test_a_later_request_on_the_same_connection_is_read(dialogue: Any) -> None:
    talk = dialogue(rule())
    talk.open()
    assert talk.say(INNOCENT) == PASS
    assert talk.hear(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == PASS
    assert talk.say(REQUEST) == BOTH


@pytest.mark.parametrize(
    ("action", "verdict"), [(HttpAction.RESET, BOTH), (HttpAction.DROP, Drop())]
)
def test_nothing_that_follows_gets_through(dialogue: Any, action: HttpAction, verdict: Any) -> None:
    talk = dialogue(rule(action))
    talk.open()
    assert talk.say(REQUEST) == verdict
    assert [talk.say(INNOCENT), talk.hear(b"HTTP/1.1 200 OK\r\n"), talk.end()] == [verdict] * 3


def test_an_innocent_flow_disarms_nothing_for_the_next(dialogue: Any) -> None:
    one_rule = rule()
    innocent, guilty = dialogue(one_rule), dialogue(one_rule, client_port=5001)
    innocent.open()
    guilty.open()
    assert innocent.say(INNOCENT) == PASS
    assert guilty.say(REQUEST) == BOTH
    assert innocent.hear(b"HTTP/1.1 200 OK\r\n") == PASS


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_octets_that_do_not_name_the_site_pass(dialogue: Any, one: bytes, other: bytes) -> None:
    if b"clips.test" in (one + other).lower():
        return
    talk = dialogue(rule(ports=()))
    talk.open()
    assert talk.say_all([b"GET / HTTP/1.1\r\n" + one, other]) == [PASS, PASS]


# --- pages --------------------------------------------------------------------------


def stream_of(packets: tuple[Packet, ...]) -> bytes:
    """Put an injected answer together; the numbers must follow one another."""
    data, expected = b"", None
    for packet in packets:
        body = packet.body
        assert isinstance(body, Segment)
        assert expected in (None, body.sequence)
        expected = (body.sequence + len(body.data)) % 2**32
        data += body.data
    return data


def test_a_451_says_who_blocks_and_has_the_numbers_that_the_client_expects(dialogue: Any) -> None:
    talk = dialogue(rule(HttpAction.STATUS_451, blocked_by="https://alpha.test/why"))
    talk.open()
    verdict = talk.say(REQUEST, ACK | PSH).verdict
    assert isinstance(verdict, Inject)
    assert not verdict.forward
    *answer, to_server = verdict.packets
    first, last = answer[0].body, answer[-1].body
    assert (answer[0].source, answer[0].destination) == ("198.51.100.20", "192.0.2.10")
    assert (first.source_port, first.destination_port) == (80, 5000)
    assert first.sequence == talk.answered
    assert {each.body.acknowledgment for each in answer} == {(talk.sent + len(REQUEST)) % 2**32}
    assert [each.body.flags for each in answer] == [ACK] * (len(answer) - 1) + [ACK | PSH | FIN]
    assert all(len(each.body.data) <= 1460 for each in answer)
    assert len(last.data) > 0
    assert to_server == Packet(
        "192.0.2.10", "198.51.100.20", Segment(5000, 80, talk.sent, 0, RST, 0)
    )
    head, _, body = stream_of(tuple(answer)).partition(b"\r\n\r\n")
    assert head.decode().split("\r\n") == [
        "HTTP/1.1 451 Unavailable For Legal Reasons",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        'Link: <https://alpha.test/why>; rel="blocked-by"',
        "Connection: close",
    ]
    assert identify(body, status=451)[:2] == (BLOCK_PAGE, ("clips.test",))
    assert b"The court" in body


def test_after_the_page_the_router_stands_in_for_the_server(dialogue: Any) -> None:
    talk = dialogue(rule(HttpAction.PAGE))
    talk.open()
    verdict = talk.say(REQUEST).verdict
    *answer, _ = verdict.packets
    length = len(stream_of(tuple(answer)))
    talk.sent = (talk.sent + len(REQUEST)) % 2**32
    assert talk.hear(b"too late") == Drop()
    assert talk.say(b"") == Drop()  # the client's acknowledgment goes no further
    talk.answered = 7001
    farewell = Segment(80, 5000, 7001 + length + 1, (talk.sent + 1) % 2**32, ACK, 65535)
    assert talk.end() == Inject((Packet("198.51.100.20", "192.0.2.10", farewell),))
    assert talk.say(b"", RST) == Drop()


@pytest.mark.parametrize(
    ("action", "request_", "status", "has_body"),
    [
        (HttpAction.PAGE, REQUEST, b"200 OK", True),
        (HttpAction.PAGE, REQUEST.replace(b"GET", b"HEAD"), b"200 OK", False),
        (
            HttpAction.PAGE,
            b"CONNECT clips.test:443 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"403 Forbidden",
            True,
        ),
        (
            HttpAction.STATUS_451,
            b"CONNECT clips.test:443 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"451 Unavailable For Legal Reasons",
            True,
        ),
    ],
)
def test_the_page_suits_the_request(
    dialogue: Any, action: HttpAction, request_: bytes, status: bytes, has_body: bool
) -> None:
    talk = dialogue(rule(action))
    talk.open()
    verdict = talk.say(request_).verdict
    head, _, body = stream_of(verdict.packets[:-1]).partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"HTTP/1.1 " + status
    assert b"Link" not in head
    assert bool(body) is has_body


# --- ports and proxies --------------------------------------------------------------

SOCKS = b"\5\1\0\5\1\0\3\x0aplain.test\0\x50"


def test_only_the_stated_ports_are_looked_at(dialogue: Any) -> None:
    for ports, port, verdict in (((80,), 8080, PASS), ((80, 8080), 8080, BOTH), ((), 8080, BOTH)):
        talk = dialogue(rule(ports=ports), port)
        talk.open()
        assert talk.say(REQUEST) == verdict


@pytest.mark.parametrize("preamble", [SOCKS, b"CONNECT plain.test:80 HTTP/1.1\r\n\r\n"])
def test_a_request_through_a_proxy_is_seen_by_a_filter_of_every_port(
    dialogue: Any, preamble: bytes
) -> None:
    for ports, verdict in (((), BOTH), ((1080,), PASS)):
        talk = dialogue(rule(ports=ports), 1080)
        talk.open()
        assert talk.say(preamble) == PASS
        assert talk.say(REQUEST) == verdict


def test_the_name_told_to_a_socks_proxy_counts_and_is_reset_where_a_page_was_meant(
    dialogue: Any,
) -> None:
    for name, verdict, seen in (
        ("plain.test", BOTH, "socks plain.test"),
        ("clips.test", PASS, None),
    ):
        talk = dialogue(rule(HttpAction.STATUS_451, name, ports=()), 1080)
        talk.open()
        assert talk.say(SOCKS[:3]) == PASS
        assert talk.say(SOCKS[3:]) == verdict
        assert talk.seen == seen


def test_tls_is_opaque(dialogue: Any, client_hello: Any) -> None:
    talk = dialogue(rule(ports=()), 443)
    talk.open()
    assert talk.say(client_hello("clips.test")) == PASS
    assert talk.say(REQUEST) == PASS


def test_versions_that_are_forgotten_stay_open(dialogue: Any) -> None:
    talk = dialogue(rule(versions=(4,)), 80, "2001:db8:1::10", "2001:db8:3::20")
    talk.open()
    assert talk.say(REQUEST) == PASS


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (HttpMeasure(), "an HTTP filter takes a name or a keyword, one of the two"),
        (HttpMeasure("a.test", "b"), "an HTTP filter takes a name or a keyword, one of the two"),
        (HttpMeasure(keyword=""), "an empty keyword would be in every request"),
        (HttpMeasure("a.test", blocked_by="x\r\ny"), "'x\r\ny' is no URI for a Link field"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(measure: HttpMeasure, sentence: str) -> None:
    with pytest.raises(LabError) as caught:
        HttpRule("order/0", measure, PAGE)
    assert str(caught.value) == sentence
