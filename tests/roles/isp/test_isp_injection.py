"""A query is answered on its way by whoever stands there, in the name of the one asked."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.measures import DnsInjection, DnsLie
from simulator.roles.isp.injection import DnsStreamReader, InjectionRule
from simulator.values import PASS, Datagram, Direction, Inject, Packet, Reset
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query, reply_to

PAGE = ("203.0.113.50", "203.0.113.51", "2001:db8:9::50")


def rule(name: str = "clips.test", lie: DnsLie = DnsLie.FORGED, **more: Any) -> InjectionRule:
    return InjectionRule("order/0", DnsInjection(name, lie, addresses=PAGE, **more))


def query(name: str = "clips.test", kind: str = "A", *, recursive: bool = True) -> bytes:
    return encode(make_query(4660, Question(name, kind), recursion_desired=recursive))


def answer_in(met: Any) -> DnsMessage:
    (packet,) = met.verdict.packets
    return decode(packet.body.data)


def test_a_forged_answer_comes_in_the_name_of_the_server_and_the_query_goes_on(
    datagram: Any,
) -> None:
    verdict, seen = datagram(rule(), query())
    data = encode(
        DnsMessage(
            4660,
            True,
            recursion_desired=True,
            recursion_available=True,
            question=Question("clips.test", "A"),
            answers=(
                Record("clips.test", "A", 60, "203.0.113.50"),
                Record("clips.test", "A", 60, "203.0.113.51"),
            ),
        )
    )
    forged = Packet("198.51.100.20", "192.0.2.10", Datagram(53, 4000, data))
    assert verdict == Inject((forged,), forward=True)
    assert seen == "query clips.test A"


def test_a_nameserver_asked_by_a_resolver_seems_to_have_authority(datagram: Any) -> None:
    answer = answer_in(datagram(rule(), query(recursive=False))[0])
    assert (answer.authoritative, answer.recursion_available) == (True, False)


@pytest.mark.parametrize(
    ("lie", "kind", "rcode", "answers"),
    [
        (DnsLie.FORGED, "A", "NOERROR", PAGE[:2]),
        (DnsLie.FORGED, "AAAA", "NOERROR", PAGE[2:]),
        (DnsLie.FORGED, "HTTPS", "NOERROR", ()),
        (DnsLie.NXDOMAIN, "A", "NXDOMAIN", ()),
        (DnsLie.NODATA, "A", "NOERROR", ()),
        (DnsLie.REFUSED, "A", "REFUSED", ()),
        (DnsLie.SERVFAIL, "A", "SERVFAIL", ()),
    ],
)
def test_each_lie_by_type(
    datagram: Any, lie: DnsLie, kind: str, rcode: str, answers: tuple[str, ...]
) -> None:
    answer = answer_in(datagram(rule(lie=lie, ttl=7), query(kind=kind))[0])
    assert (answer.rcode, tuple(record.data for record in answer.answers)) == (rcode, answers)
    assert {record.ttl for record in answer.answers} <= {7}
    assert answer.edns is None


def test_a_family_without_address_gets_no_data(datagram: Any) -> None:
    four = InjectionRule("order/0", DnsInjection("clips.test", addresses=PAGE[:1]))
    answer = answer_in(datagram(four, query(kind="AAAA"))[0])
    assert (answer.rcode, answer.answers) == ("NOERROR", ())


def test_silence_is_no_injection() -> None:
    with pytest.raises(LabError, match="silence cannot be injected"):
        rule(lie=DnsLie.SILENCE)


def test_drop_stops_the_query_as_well(datagram: Any) -> None:
    assert datagram(rule(drop=True), query())[0].verdict.forward is False


@pytest.mark.parametrize(
    ("forbidden", "asked", "subdomains", "hit"),
    [
        ("clips.test", "www.clips.test", True, True),
        ("clips.test", "www.clips.test", False, False),
        ("clips.test", "eclips.test", True, False),
        ("*t.co*", "reddit.com.test", True, True),
    ],
)
def test_the_name_asked_for_decides(
    datagram: Any, forbidden: str, asked: str, subdomains: bool, hit: bool
) -> None:
    met, _ = datagram(rule(forbidden, subdomains=subdomains), query(asked))
    assert isinstance(met.verdict, Inject) is hit


def test_answers_other_ports_and_what_comes_in_are_left_alone(datagram: Any) -> None:
    reply = encode(reply_to(decode(query()), answers=()))
    assert datagram(rule(), reply) == (PASS, None)
    assert datagram(rule(), query(), port=5353) == (PASS, None)
    assert datagram(rule(), query(), direction=Direction.INBOUND) == (PASS, None)
    assert datagram(rule(), query(), direction=Direction.TRANSIT) == (PASS, None)


def test_versions_that_are_forgotten_stay_open(datagram: Any) -> None:
    ends = {"source": "2001:db8:1::10", "destination": "2001:db8:3::20"}
    assert datagram(rule(versions=(4,)), query(), **ends) == (PASS, None)
    assert isinstance(datagram(rule(versions=(6,)), query(), **ends)[0].verdict, Inject)


@given(st.binary(max_size=100))
def test_any_datagram_passes_or_is_answered(datagram: Any, data: bytes) -> None:
    met, _ = datagram(rule("*"), data)
    assert met == PASS or isinstance(met.verdict, Inject)


# --- by TCP -------------------------------------------------------------------------


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


@given(st.lists(st.integers(1, 70), max_size=6))
def test_by_tcp_both_ends_are_reset_once_the_name_has_been_seen(
    dialogue: Any, cuts: list[int]
) -> None:
    stream = framed(query("plain.test")) + framed(query())
    edges = [0, *sorted({cut for cut in cuts if cut < len(stream)}), len(stream)]
    talk = dialogue(rule(), 53)
    assert talk.open() == [PASS] * 3
    *passed, last = talk.say_all([stream[a:b] for a, b in itertools.pairwise(edges)])
    assert passed == [PASS] * len(passed)
    assert last == Reset(both_ways=True)
    assert talk.hear(b"the truth") == Reset(both_ways=True)
    assert talk.seen == "query clips.test A"


def test_by_tcp_other_names_pass(dialogue: Any) -> None:
    talk = dialogue(rule(), 53)
    talk.open()
    assert talk.say(framed(query("plain.test"))) == PASS
    assert talk.hear(framed(query("clips.test"))) == PASS
    assert talk.say(framed(b"no DNS")) == PASS
    assert talk.say(framed(query())) == PASS  # a stream that lost its way is not read on


@given(st.lists(st.binary(max_size=40)))
def test_any_stream_is_read_without_an_error(pieces: list[bytes]) -> None:
    reader = DnsStreamReader()
    for piece in pieces:
        assert isinstance(reader.feed(piece), list)
