"""A session is stopped by the name that its client says in clear, and by nothing else."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.measures import Residue, SniAction, SniMeasure
from simulator.roles.isp.sni_filter import SniRule
from simulator.values import (
    ACK,
    PASS,
    SECOND,
    SYN,
    Datagram,
    Delay,
    Direction,
    Drop,
    Icmp,
    IcmpKind,
    Packet,
    Reset,
    Segment,
)

BOTH = Reset(both_ways=True)


def rule(name: str = "clips.test", action: SniAction = SniAction.RESET, **more: Any) -> SniRule:
    return SniRule("order/0", SniMeasure(name, action, **more))


@pytest.mark.parametrize(
    ("forbidden", "said", "stopped"),
    [
        ("clips.test", "clips.test", True),
        ("clips.test", "www.clips.test", True),
        ("clips.test", "clips.test.example", False),
        ("*t.co*", "reddit.com.test", True),
        ("clips.test", None, False),
    ],
)
def test_the_name_in_the_hello_decides(
    dialogue: Any, client_hello: Any, forbidden: str, said: str | None, stopped: bool
) -> None:
    talk = dialogue(rule(forbidden), 443)
    assert talk.open() == [PASS] * 3
    assert talk.say(client_hello(said)) == (BOTH if stopped else PASS)
    assert talk.seen == (f"sni {said}" if stopped else None)


def test_a_name_without_its_subdomains(dialogue: Any, client_hello: Any) -> None:
    talk = dialogue(rule(subdomains=False), 443)
    talk.open()
    assert talk.say(client_hello("www.clips.test")) == PASS


@pytest.mark.parametrize(("action", "verdict"), [(SniAction.RESET, BOTH), (SniAction.DROP, Drop())])
def test_what_follows_a_forbidden_hello_shares_its_fate(
    dialogue: Any, client_hello: Any, action: SniAction, verdict: Any
) -> None:
    talk = dialogue(rule(action=action), 443)
    talk.open()
    assert talk.say(client_hello("clips.test")) == verdict
    assert [talk.say(b"more"), talk.hear(b"answer"), talk.end()] == [verdict] * 3


@given(st.lists(st.integers(1, 600), max_size=10))
def test_a_hello_cut_anywhere_meets_the_same_verdict_on_its_last_segment(
    dialogue: Any, client_hello: Any, cuts: list[int]
) -> None:
    hello = client_hello("clips.test")
    edges = [0, *sorted({cut for cut in cuts if cut < len(hello)}), len(hello)]
    talk = dialogue(rule(), 443)
    talk.open()
    pieces = [hello[a:b] for a, b in itertools.pairwise(edges)]
    assert talk.say_all(pieces) == [PASS] * (len(pieces) - 1) + [BOTH]


def test_a_hello_in_many_tls_records_is_read(dialogue: Any, client_hello: Any) -> None:
    body = client_hello("clips.test")[5:]
    records = [
        b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece
        for piece in (body[:7], body[7:200], body[200:])
    ]
    talk = dialogue(rule(), 443)
    talk.open()
    *passed, last = talk.say_all([records[0], records[1], records[2][:100], records[2][100:]])
    assert (passed, last) == ([PASS] * 3, BOTH)


def test_a_retransmitted_piece_is_not_read_twice(dialogue: Any, client_hello: Any) -> None:
    hello = client_hello("clips.test")
    talk = dialogue(rule(), 443)
    talk.open()
    assert talk.say(hello[:50]) == PASS
    again = talk.outbound(ACK, hello[:50], talk.sent - 50)
    assert talk.meet(again, Direction.OUTBOUND) == PASS
    assert talk.say(hello[50:]) == BOTH


@pytest.mark.parametrize("first", ["plain.test", None])
def test_an_innocent_flow_disarms_nothing_for_the_next(
    dialogue: Any, client_hello: Any, first: str | None
) -> None:
    one_rule = rule()
    innocent, guilty = dialogue(one_rule, 443), dialogue(one_rule, 443, client_port=5001)
    innocent.open()
    guilty.open()
    assert innocent.say(client_hello(first)) == PASS
    assert guilty.say(client_hello("clips.test")) == BOTH
    assert innocent.say(b"data") == PASS


def test_the_same_ports_are_judged_afresh_by_a_new_connection(
    dialogue: Any, client_hello: Any
) -> None:
    one_rule = rule()
    guilty = dialogue(one_rule, 443)
    guilty.open()
    assert guilty.say(client_hello("clips.test")) == BOTH
    innocent = dialogue(one_rule, 443, flow=guilty.flow, first=999)
    assert innocent.open() == [PASS] * 3
    assert innocent.say(client_hello("plain.test")) == PASS
    again = dialogue(one_rule, 443, flow=guilty.flow, first=5)
    again.open()
    assert again.say(client_hello("clips.test")) == BOTH


def test_only_the_stated_ports_are_looked_at_or_all_of_them(
    dialogue: Any, client_hello: Any
) -> None:
    for ports, port, verdict in (((443,), 8443, PASS), ((443, 8443), 8443, BOTH), ((), 7, BOTH)):
        talk = dialogue(rule(ports=ports), port)
        talk.open()
        assert talk.say(client_hello("clips.test")) == verdict


def test_versions_that_are_forgotten_stay_open(dialogue: Any, client_hello: Any) -> None:
    for versions, verdict in (((4,), PASS), ((6,), BOTH), ((4, 6), BOTH)):
        talk = dialogue(rule(versions=versions), 443, "2001:db8:1::10", "2001:db8:3::20")
        talk.open()
        assert talk.say(client_hello("clips.test")) == verdict


@pytest.mark.parametrize(
    "preamble",
    [
        b"CONNECT x.test:443 HTTP/1.1\r\nHost: x.test:443\r\n\r\n",
        b"\5\1\0\5\1\0\3\x0aclips.test\1\xbb",
    ],
)
def test_behind_a_proxys_preamble_only_a_filter_of_every_port_sees_the_hello(
    dialogue: Any, client_hello: Any, preamble: bytes
) -> None:
    for ports, verdict in (((), BOTH), ((1080,), PASS)):
        talk = dialogue(rule(ports=ports), 1080)
        talk.open()
        assert talk.say(preamble) == PASS
        assert talk.hear(b"yes") == PASS
        assert talk.say(client_hello("clips.test")) == verdict


def test_connections_from_outside_are_not_followed(client_hello: Any) -> None:
    from simulator.net import Flow

    flow = Flow(("tcp", "192.0.2.10", 443, "198.51.100.20", 5000), 0)
    one_rule = rule()
    for segment in (
        Segment(5000, 443, 1, 0, SYN, 65535),
        Segment(5000, 443, 2, 1, ACK, 65535, client_hello("clips.test")),
    ):
        packet = Packet("198.51.100.20", "192.0.2.10", segment)
        assert repr(one_rule.judge(packet, Direction.INBOUND, flow, 0)) == "Pass()"


def test_a_connection_that_was_open_before_the_rule_is_followed_from_its_next_words(
    dialogue: Any, client_hello: Any
) -> None:
    talk = dialogue(rule(), 443)
    assert talk.hear(b"whatever") == PASS
    assert talk.say(client_hello("clips.test")) == BOTH


# --- throttling ---------------------------------------------------------------------


def test_a_throttled_flow_is_held_to_its_rate_each_way(dialogue: Any, client_hello: Any) -> None:
    talk = dialogue(rule(action=SniAction.THROTTLE, rate=80_000), 443)  # 10 octets a millisecond
    talk.open()
    hello = client_hello("clips.test")
    first = (40 + len(hello)) * 100
    assert talk.say(hello) == Delay(first)
    assert talk.say(b"x" * 960) == Delay(first + 100_000)
    assert talk.hear(b"x" * 460) == Delay(50_000)  # its own queue
    talk.now = first + 60_000
    assert talk.say(b"") == Delay(44_000)  # behind the 40 ms that the second has still to go


def test_what_does_not_fit_into_the_queue_is_dropped(dialogue: Any, client_hello: Any) -> None:
    talk = dialogue(rule(action=SniAction.THROTTLE, rate=80_000), 443)
    talk.open()
    talk.say(client_hello("clips.test"))
    verdicts = [talk.hear(b"x" * 1460) for _ in range(50)]
    assert verdicts[42] == Delay(43 * 150_000)
    assert verdicts[43:] == [Drop()] * 7  # 44 packets would be 66,000 octets
    talk.now = 150_000
    assert talk.hear(b"x" * 1460) == Delay(43 * 150_000)


def test_a_flow_that_is_not_named_is_not_throttled(dialogue: Any, client_hello: Any) -> None:
    talk = dialogue(rule(action=SniAction.THROTTLE), 443)
    talk.open()
    assert talk.say(client_hello("plain.test")) == PASS
    assert talk.hear(b"x" * 1460) == PASS


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"rate": 0}, "a session is throttled to a rate above 0 bits per second"),
        ({"residual": SECOND}, "a throttled session leaves no residual blocking"),
    ],
)
def test_a_throttle_that_makes_no_sense_is_refused(more: Any, sentence: str) -> None:
    with pytest.raises(LabError) as caught:
        rule(action=SniAction.THROTTLE, **more)
    assert str(caught.value) == sentence


# --- residual blocking --------------------------------------------------------------

OTHER = "198.51.100.21"


@pytest.mark.parametrize(
    ("residue", "stopped"),
    [
        (Residue.TWO_TUPLE, {"same", "port", "server port"}),
        (Residue.THREE_TUPLE, {"same", "port"}),
        (Residue.FOUR_TUPLE, {"same"}),
    ],
)
def test_residual_blocking_knows_its_ends(
    dialogue: Any, client_hello: Any, residue: Residue, stopped: set[str]
) -> None:
    one_rule = rule(ports=(443, 8443), residual=60 * SECOND, residue=residue)
    guilty = dialogue(one_rule, 443)
    guilty.open()
    assert guilty.say(client_hello("clips.test")) == BOTH
    later = {
        "same": dialogue(one_rule, 443, flow=guilty.flow),
        "port": dialogue(one_rule, 443, client_port=5001),
        "server port": dialogue(one_rule, 8443, client_port=5001),
        "server": dialogue(one_rule, 443, server=OTHER),
        "client": dialogue(one_rule, 443, "192.0.2.11"),
    }
    met = {name for name, talk in later.items() if talk.open()[0] == BOTH}
    assert met == stopped
    assert later["same"].seen == "after sni clips.test"


def test_residual_blocking_ends_to_the_microsecond_whatever_was_tried_meanwhile(
    dialogue: Any, client_hello: Any
) -> None:
    one_rule = rule(residual=60 * SECOND)
    guilty = dialogue(one_rule, 443)
    guilty.now = SECOND
    guilty.open()
    guilty.say(client_hello("clips.test"))
    for port, now, verdict in (
        (5001, 2 * SECOND, BOTH),
        (5002, 61 * SECOND - 1, BOTH),
        (5003, 61 * SECOND, PASS),
    ):
        again = dialogue(one_rule, 443, client_port=port)
        again.now = now
        assert again.open()[0] == verdict
    assert again.say(client_hello("clips.test")) == BOTH  # and from here anew
    last = dialogue(one_rule, 443, client_port=5004)
    last.now = 121 * SECOND - 1
    assert last.open()[0] == BOTH


@given(st.lists(st.tuples(st.integers(0, 70), st.booleans()), max_size=20))
def test_an_innocent_flow_neither_ends_nor_lengthens_residual_blocking(
    dialogue: Any, client_hello: Any, between: list[tuple[int, bool]]
) -> None:
    one_rule = rule(residual=60 * SECOND)
    guilty = dialogue(one_rule, 443)
    guilty.open()
    guilty.say(client_hello("clips.test"))
    for number, (second, same_server) in enumerate(sorted(between)):
        server = "198.51.100.20" if same_server else OTHER
        innocent = dialogue(one_rule, 443, server=server, client_port=6000 + number)
        innocent.now = second * SECOND
        stopped = same_server and second < 60
        assert innocent.open()[0] == (BOTH if stopped else PASS)
        assert innocent.say(client_hello("plain.test")) == (BOTH if stopped else PASS)


def test_two_addresses_are_kept_apart_in_every_protocol(dialogue: Any, client_hello: Any) -> None:
    one_rule = rule(residual=SECOND, residue=Residue.TWO_TUPLE)
    guilty = dialogue(one_rule, 443)
    guilty.open()
    guilty.say(client_hello("clips.test"))
    for body in (Datagram(1, 2, b""), Icmp(IcmpKind.ECHO_REQUEST)):
        packet = Packet("198.51.100.20", "192.0.2.10", body)
        assert one_rule.concerns(packet)
        assert repr(one_rule.judge(packet, Direction.INBOUND, guilty.flow, 1)) == "Drop()"
        away = Packet("198.51.100.20", "192.0.2.11", body)
        assert repr(one_rule.judge(away, Direction.INBOUND, guilty.flow, 1)) == "Pass()"


def test_what_is_remembered_of_ends_is_bounded(
    dialogue: Any, client_hello: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.roles.isp.residue._REMEMBERED", 3)
    one_rule = rule(residual=SECOND)
    for last in range(10):
        guilty = dialogue(one_rule, 443, server=f"198.51.100.{last}")
        guilty.open()
        guilty.say(client_hello("clips.test"))
    assert len(one_rule._residual._marks) == 3
    assert dialogue(one_rule, 443, server="198.51.100.9").open()[0] == BOTH
    assert dialogue(one_rule, 443, server="198.51.100.0").open()[0] == PASS
