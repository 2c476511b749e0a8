"""A signed zone: what it adds for those who validate, and that it adds nothing for others."""

from random import Random

import pytest

from simulator.errors import LabError
from simulator.roles.nameserver.denial import NsecChain
from simulator.roles.nameserver.logic import NameserverState, answer
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.signing import BACKDATED, RENEWAL, VALIDITY, Signer
from simulator.roles.nameserver.zone import Zone
from simulator.values import DAY, HOUR, SECOND
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query
from simulator.wire.dnssec import ds_of, make_key, verify
from simulator.wire.dnssec_data import write_rrsig

KEY = make_key(Random(1))
START = 1719302400
"""25 June 2024, 08:00 UTC: 5 days and 8 hours after the week that counts began."""
DS = "12345 13 2 " + "ab" * 32


def zone() -> Zone:
    records = [
        ("test", "SOA", 900, "a.nic.test host.nic.test 1 7200 900 1209600 300"),
        ("test", "NS", 3600, "a.nic.test"),
        ("a.nic.test", "A", 3600, "198.51.100.2"),
        ("clips.test", "NS", 3600, "ns1.clips.test"),
        ("clips.test", "DS", 3600, DS),
        ("ns1.clips.test", "A", 3600, "198.51.100.3"),
        ("plain.test", "NS", 3600, "ns1.clips.test"),
        ("www.test", "CNAME", 60, "a.nic.test"),
        ("*.wild.test", "TXT", 60, '"any"'),
    ]
    return Zone("test", [Record(*record) for record in records])


@pytest.fixture
def signer() -> Signer:
    return Signer("test", KEY, calendar_start=START)


@pytest.fixture
def state(signer: Signer) -> NameserverState:
    state = NameserverState()
    state.replace(zone(), signer)
    return state


def ask(
    state: NameserverState, name: str, kind: str, *, do: bool = True, now: int = 0
) -> DnsMessage:
    query = make_query(1, Question(name, kind), recursion_desired=False, dnssec_ok=do)
    reply = answer(state, query, now)
    assert decode(encode(reply)) == reply, "what is said can be sent"
    return reply


def shown(records: tuple[Record, ...]) -> list[str]:
    """Each record in short: owner and type, of a signature what it is over, of NSEC all."""
    return [
        f"{name} {kind} {data}"
        if kind == "NSEC"
        else f"{name} {kind}" + (f" {data.split()[0]}" if kind == "RRSIG" else "")
        for name, kind, _, data in records
    ]


def test_the_key_is_at_the_top_and_signs_itself(state: NameserverState, signer: Signer) -> None:
    reply = ask(state, "test", "DNSKEY")
    assert shown(reply.answers) == ["test DNSKEY", "test RRSIG DNSKEY"]
    assert reply.answers[0].data == KEY.data
    assert verify(reply.answers[:1], write_rrsig(reply.answers[1].data), KEY.data)
    assert signer.ds == ds_of(KEY, "test")


def test_without_do_nothing_is_added(state: NameserverState) -> None:
    unsigned = NameserverState([zone()])
    for name, kind in (("a.nic.test", "A"), ("x.test", "A"), ("x.plain.test", "A"), ("test", "MX")):
        assert ask(state, name, kind, do=False) == ask(unsigned, name, kind, do=False)


def test_an_unsigned_zone_knows_no_do(state: NameserverState) -> None:
    state.replace(zone())
    assert shown(ask(state, "a.nic.test", "A").answers) == ["a.nic.test A"]
    assert state.signed("test") is None


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "answers", "authority"),
    [
        ("a.nic.test", "A", "NOERROR", ["a.nic.test A", "a.nic.test RRSIG A"], []),
        (
            "www.test",
            "A",
            "NOERROR",
            [
                *["www.test CNAME", "www.test RRSIG CNAME"],
                *["a.nic.test A", "a.nic.test RRSIG A"],
            ],
            [],
        ),
        ("clips.test", "DS", "NOERROR", ["clips.test DS", "clips.test RRSIG DS"], []),
        (
            "x.wild.test",
            "TXT",
            "NOERROR",
            ["x.wild.test TXT", "x.wild.test RRSIG TXT"],
            [
                "*.wild.test NSEC www.test TXT RRSIG NSEC",
                "*.wild.test RRSIG NSEC",
            ],
        ),
        (
            "x.wild.test",
            "A",
            "NOERROR",
            [],
            [
                *["test SOA", "test RRSIG SOA"],
                *["*.wild.test NSEC www.test TXT RRSIG NSEC", "*.wild.test RRSIG NSEC"],
            ],
        ),
        (
            "nic.test",
            "A",
            "NOERROR",
            [],
            [
                *["test SOA", "test RRSIG SOA"],
                *["clips.test NSEC a.nic.test NS DS RRSIG NSEC", "clips.test RRSIG NSEC"],
            ],
        ),
        (
            "plain.test",
            "DS",
            "NOERROR",
            [],
            [
                *["test SOA", "test RRSIG SOA"],
                *["plain.test NSEC *.wild.test NS RRSIG NSEC", "plain.test RRSIG NSEC"],
            ],
        ),
        (
            "gone.test",
            "A",
            "NXDOMAIN",
            [],
            [
                *["test SOA", "test RRSIG SOA"],
                *["clips.test NSEC a.nic.test NS DS RRSIG NSEC", "clips.test RRSIG NSEC"],
                *["test NSEC clips.test NS SOA RRSIG NSEC DNSKEY", "test RRSIG NSEC"],
            ],
        ),
        (
            "x.clips.test",
            "A",
            "NOERROR",
            [],
            ["clips.test NS", "clips.test DS", "clips.test RRSIG DS"],
        ),
        (
            "x.plain.test",
            "A",
            "NOERROR",
            [],
            [
                "plain.test NS",
                "plain.test NSEC *.wild.test NS RRSIG NSEC",
                "plain.test RRSIG NSEC",
            ],
        ),
    ],
)
def test_what_is_added_with_do(
    state: NameserverState,
    name: str,
    kind: str,
    rcode: str,
    answers: list[str],
    authority: list[str],
) -> None:
    """RFC 4035 section 3.1: signatures, and the proof of what is not there."""
    reply = ask(state, name, kind)
    assert reply.rcode == rcode
    assert shown(reply.answers) == answers
    assert shown(reply.authority) == authority


def test_every_signature_sent_is_good(state: NameserverState) -> None:
    for name in ("test", "a.nic.test", "x.test", "x.wild.test", "www.test", "plain.test"):
        for kind in ("A", "NS", "TXT", "DS", "NSEC"):
            reply = ask(state, name, kind)
            records = reply.answers + reply.authority + reply.additional
            for record in records:
                if record.type == "RRSIG":
                    signature = write_rrsig(record.data)
                    signed = [r for r in records if r[:2] == (record.name, signature.covered)]
                    assert verify(signed, signature, KEY.data), (name, kind, record)
                    assert {one.ttl for one in signed} == {record.ttl}


def test_glue_and_delegations_are_not_signed(state: NameserverState) -> None:
    """They are the word of the zone below; the TLD's own addresses are its own."""
    reply = ask(state, "clips.test", "NS")
    assert shown(reply.additional) == ["ns1.clips.test A"]
    assert "clips.test RRSIG NS" not in shown(reply.authority)
    assert shown(ask(state, "test", "NS").additional) == ["a.nic.test A", "a.nic.test RRSIG A"]


def test_the_chain_names_everything_once_and_comes_back(state: NameserverState) -> None:
    """Whoever follows it has the whole zone: the price of NSEC."""
    signed = state.signed("test")
    assert signed is not None
    chain, name, names = NsecChain(signed.zone), "test", list[str]()
    while not names or name != "test":
        names.append(name)
        record = chain.around(name)
        assert (record.name, record.ttl) == (name, 300)
        name = record.data.split()[0]
    assert names == ["test", "clips.test", "a.nic.test", "plain.test", "*.wild.test", "www.test"]


def test_signatures_can_be_asked_for_by_themselves(state: NameserverState) -> None:
    reply = ask(state, "a.nic.test", "RRSIG", do=False)
    assert shown(reply.answers) == ["a.nic.test RRSIG A", "a.nic.test RRSIG NSEC"]


@pytest.mark.parametrize("kind", ["NSEC", "RRSIG"])
@pytest.mark.parametrize("do", [True, False])
@pytest.mark.parametrize("name", ["clips.test", "plain.test"])
def test_at_a_delegation_the_zone_below_is_asked_for_what_the_signer_makes(
    state: NameserverState, name: str, kind: str, do: bool
) -> None:
    """As for every type but DS: the child has an NSEC and signatures of its own."""
    reply = ask(state, name, kind, do=do)
    assert (reply.authoritative, reply.answers) == (False, ())
    assert reply == ask(state, name, "A", do=do)._replace(question=Question(name, kind))
    assert reply.authority[0][:2] == (name, "NS")


def test_dates_of_signatures(state: NameserverState, signer: Signer) -> None:
    """The week's beginning less an hour, to 21 days after it; made anew each week."""
    made = START - (5 * DAY + 8 * HOUR) // SECOND
    assert made % (RENEWAL // SECOND) == 0
    assert signer.period(0) == (made - BACKDATED // SECOND, made + VALIDITY // SECOND)
    first = ask(state, "a.nic.test", "A")
    assert ask(state, "a.nic.test", "A", now=DAY) == first
    assert ask(state, "a.nic.test", "A", now=2 * DAY) != first
    signer.stop(DAY)
    assert ask(state, "a.nic.test", "A", now=300 * DAY) == first


def test_a_change_keeps_the_zone_signed(state: NameserverState) -> None:
    state.change("test", "new.test", "A", [Record("new.test", "A", 60, "192.0.2.5")])
    assert shown(ask(state, "new.test", "A").answers) == ["new.test A", "new.test RRSIG A"]
    assert [one.type for one in state.zone("test").records].count("DNSKEY") == 1
    state.remove("test")
    assert state.signed("test") is None
    state.replace(zone())
    assert shown(ask(state, "a.nic.test", "A").answers) == ["a.nic.test A"]


def test_another_key_takes_the_place_of_the_first(state: NameserverState) -> None:
    other = make_key(Random(2))
    state.replace(state.zone("test"), Signer("test", other, calendar_start=START))
    keys = [one.data for one in ask(state, "test", "DNSKEY").answers if one.type == "DNSKEY"]
    assert keys == [other.data]


def test_a_signature_is_made_once_and_shared(signer: Signer) -> None:
    """Two nameservers of a zone, and the zone published again: the same signature."""
    states = [NameserverState(), NameserverState()]
    for state in states:
        state.replace(zone(), signer)
    for _ in range(2):
        for state in states:
            ask(state, "a.nic.test", "A")
        states[0].replace(zone(), signer)
    assert repr(signer) == f"<Signer test key {KEY.tag}, 1 signatures>"


def test_booting_signs_nothing(state: NameserverState, signer: Signer) -> None:
    assert repr(signer).endswith(" 0 signatures>")


def test_what_cannot_be_signed(signer: Signer) -> None:
    state = NameserverState([zone()])
    with pytest.raises(LabError, match=r"the key of test cannot sign the zone clips\.test"):
        state.replace(Zone("clips.test", []), signer)
    nsec3 = Record("x.test", "NSEC3", 60, "\\# 1 00")
    with pytest.raises(LabError, match="NSEC3 is not simulated"):
        state.replace(Zone("test", [*zone().records, nsec3]), signer)
    with pytest.raises(LabError, match="has no SOA record"):
        state.replace(Zone("test", []), signer)
    assert state.signed("test") is None, "the old zone is kept"


def test_a_large_signed_answer_is_cut_as_a_whole(signer: Signer) -> None:
    """By UDP, TC and no half of it; by TCP, all."""
    records = [Record("big.test", "TXT", 60, f'"{number}{"x" * 240}"') for number in range(6)]
    state = NameserverState()
    state.replace(Zone("test", [*zone().records, *records]), signer)
    server = Nameserver(state)
    question = Question("big.test", "TXT")
    query = encode(make_query(1, question, recursion_desired=False, dnssec_ok=True))
    by_udp, by_tcp = (server.respond(query, "192.0.2.7", stream=one) for one in (False, True))
    assert by_udp is not None
    assert by_tcp is not None
    assert (decode(by_udp).truncated, decode(by_udp).answers) == (True, ())
    assert len(by_udp) <= 1232
    assert len(decode(by_tcp).answers) == 7
