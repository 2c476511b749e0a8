"""How a nameserver answers: question in, reply out."""

import pytest

from simulator.errors import LabError
from simulator.roles.nameserver.logic import NameserverState, answer
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.zone import Zone
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record, make_query

SOA = Record("clips.test", "SOA", 900, "ns1.clips.test h.clips.test 7 2 3 4 300")
DENIAL = SOA._replace(ttl=300)


def record(name: str, kind: str, data: str) -> Record:
    return Record(name, kind, 900, data)


NS = record("clips.test", "NS", "ns1.clips.test")
NS_ADDRESS = record("ns1.clips.test", "A", "192.0.2.53")
ADDRESS = record("clips.test", "A", "192.0.2.80")
WWW = record("www.clips.test", "CNAME", "clips.test")
AWAY = record("away.clips.test", "CNAME", "edge.example")
TO_NOTHING = record("stale.clips.test", "CNAME", "gone.clips.test")
BELOW_CUT = record("inner.clips.test", "CNAME", "x.sub.clips.test")
ROUND = record("round.clips.test", "CNAME", "round.clips.test")
MX = record("clips.test", "MX", "10 mail.clips.test")
MAIL = record("mail.clips.test", "AAAA", "2001:db8::25")
SUB = record("sub.clips.test", "NS", "ns.sub.clips.test")
SUB_TWO = record("sub.clips.test", "NS", "ns.other.example")
SUB_DS = record("sub.clips.test", "DS", "1 13 2 " + "00" * 32)
SUB_GLUE = record("ns.sub.clips.test", "A", "192.0.2.54")
WILD = record("*.wild.clips.test", "A", "192.0.2.81")
CLIPS = Zone(
    "clips.test",
    [
        SOA,
        NS,
        NS_ADDRESS,
        ADDRESS,
        WWW,
        AWAY,
        TO_NOTHING,
        BELOW_CUT,
        ROUND,
        MX,
        MAIL,
        SUB,
        SUB_TWO,
        SUB_DS,
        SUB_GLUE,
        WILD,
    ],
)


def ask(name: str, kind: str = "A", state: NameserverState | None = None) -> DnsMessage:
    query = make_query(7, Question(name, kind), recursion_desired=False)
    reply = answer(state or NameserverState([CLIPS]), query)
    assert (reply.id, reply.response, reply.question) == (7, True, query.question)
    assert (reply.recursion_available, reply.edns) == (False, Edns())
    return reply


def gist(reply: DnsMessage) -> tuple[object, ...]:
    return reply.rcode, reply.authoritative, reply.answers, reply.authority, reply.additional


def test_what_is_there() -> None:
    assert gist(ask("clips.test")) == ("NOERROR", True, (ADDRESS,), (), ())


def test_addresses_come_along_with_mail_and_name_servers() -> None:
    assert gist(ask("clips.test", "MX")) == ("NOERROR", True, (MX,), (), (MAIL,))
    assert gist(ask("clips.test", "NS")) == ("NOERROR", True, (NS,), (), (NS_ADDRESS,))


def test_no_such_name_and_no_such_type_carry_the_soa() -> None:
    """Its TTL is that of the denial: the lesser of TTL and MINIMUM (RFC 2308 section 3)."""
    assert gist(ask("gone.clips.test")) == ("NXDOMAIN", True, (), (DENIAL,), ())
    assert gist(ask("clips.test", "TXT")) == ("NOERROR", True, (), (DENIAL,), ())
    assert gist(ask("wild.clips.test")) == ("NOERROR", True, (), (DENIAL,), ())


def test_aliases_are_followed_inside_the_zone() -> None:
    assert gist(ask("www.clips.test")) == ("NOERROR", True, (WWW, ADDRESS), (), ())
    assert gist(ask("www.clips.test", "CNAME")) == ("NOERROR", True, (WWW,), (), ())
    assert gist(ask("www.clips.test", "TXT")) == ("NOERROR", True, (WWW,), (DENIAL,), ())


def test_aliases_that_lead_away_below_a_cut_or_round_stop_there() -> None:
    assert gist(ask("away.clips.test")) == ("NOERROR", True, (AWAY,), (), ())
    assert gist(ask("inner.clips.test")) == ("NOERROR", True, (BELOW_CUT,), (), ())
    assert gist(ask("round.clips.test")) == ("NOERROR", True, (ROUND,), (), ())


def test_alias_to_nothing_has_the_rcode_of_its_end() -> None:
    assert gist(ask("stale.clips.test")) == ("NXDOMAIN", True, (TO_NOTHING,), (DENIAL,), ())


def test_delegation_is_a_referral_with_glue() -> None:
    referral = ("NOERROR", False, (), (SUB, SUB_TWO), (SUB_GLUE,))
    assert gist(ask("sub.clips.test")) == referral
    assert gist(ask("a.b.sub.clips.test", "TXT")) == referral


def test_a_referral_has_the_ds_for_those_who_want_signatures() -> None:
    """RFC 4035 section 3.1: nothing of DNSSEC goes to who does not set DO."""
    question = Question("a.sub.clips.test", "A")
    query = make_query(7, question, recursion_desired=False, dnssec_ok=True)
    reply = answer(NameserverState([CLIPS]), query)
    assert reply.authority == (SUB, SUB_TWO, SUB_DS)


def test_ds_is_answered_by_the_parent_side() -> None:
    assert gist(ask("sub.clips.test", "DS")) == ("NOERROR", True, (SUB_DS,), (), ())


def test_wildcard_answers_in_the_name_that_was_asked() -> None:
    expected = WILD._replace(name="any.wild.clips.test")
    assert gist(ask("any.wild.clips.test")) == ("NOERROR", True, (expected,), (), ())
    assert ask("any.wild.clips.test", "TXT").rcode == "NOERROR"


def test_any_is_everything_at_the_name() -> None:
    assert ask("clips.test", "ANY").answers == (SOA, NS, ADDRESS, MX)


def test_outside_our_zones_and_transfers_are_refused() -> None:
    assert gist(ask("eclips.test")) == ("REFUSED", False, (), (), ())
    assert gist(ask("clips.test", "AXFR")) == ("REFUSED", False, (), (), ())


def zone_test() -> Zone:
    return Zone(
        "test",
        [
            record("test", "SOA", SOA.data),
            record("test", "NS", "a.nic.test"),
            record("a.nic.test", "A", "192.0.2.53"),
            record("clips.test", "NS", "ns1.clips.test"),
            NS_ADDRESS,
        ],
    )


def test_parent_and_child_on_one_server() -> None:
    """The child answers for itself; DS alone is the parent's (RFC 4035 section 3.1.4.1)."""
    state = NameserverState([zone_test(), CLIPS])
    assert ask("clips.test", state=state).answers == (ADDRESS,)
    [denial] = ask("clips.test", "DS", state).authority
    assert denial.name == "test"
    assert ask("clips.test", "DS").authority == (DENIAL,), "alone, the child says it has none"


def test_root_zone() -> None:
    root = Zone(
        "",
        [
            Record("", "SOA", 900, "a.root.example h.example 1 2 3 4 5"),
            Record("", "NS", 900, "a.root.example"),
            record("a.root.example", "A", "192.0.2.1"),
            record("test", "NS", "a.nic.test"),
            record("a.nic.test", "A", "192.0.2.53"),
        ],
    )
    state = NameserverState([root])
    assert ask("", "NS", state).answers == (Record("", "NS", 900, "a.root.example"),)
    assert ask("www.clips.test", state=state).authority == (root.records[3],)
    assert ask("nowhere", state=state).rcode == "NXDOMAIN"
    assert repr(state) == "<NameserverState .>"


def test_a_record_change_counts_from_the_next_question() -> None:
    """The lever of a seizure at the DNS operator: same name, another address."""
    state = NameserverState([CLIPS])
    banner = record("clips.test", "A", "203.0.113.9")
    state.change("clips.test", "clips.test", "A", [banner])
    assert ask("clips.test", state=state).answers == (banner,)
    state.change("clips.test", "clips.test", "A", [])
    assert ask("clips.test", state=state).answers == ()
    assert state.zone("clips.test").soa == SOA._replace(data=SOA.data.replace(" 7 ", " 9 "))


def test_a_zone_that_fails_its_check_does_not_replace_the_old_one() -> None:
    state = NameserverState([CLIPS])
    with pytest.raises(LabError):
        state.replace(Zone("clips.test", [SOA]))
    assert state.zone("clips.test") is CLIPS
    state.remove("clips.test")
    assert (state.origins, ask("clips.test", state=state).rcode) == ((), "REFUSED")
    with pytest.raises(LabError, match=r"the zone clips\.test is not served here"):
        state.remove("clips.test")


def test_bytes_in_bytes_out() -> None:
    """FORMERR for what has a header, silence for the rest and for replies; who asked is told."""
    told: list[tuple[str, str, str]] = []
    nameserver = Nameserver(
        NameserverState([CLIPS]),
        lambda source, question, reply: told.append((source, question.name, reply.rcode)),
    )
    query = make_query(7, Question("clips.test", "A"), recursion_desired=False)
    data = nameserver.respond(encode(query), "192.0.2.7", stream=False)
    assert data is not None
    assert decode(data).answers == (ADDRESS,)
    reply = encode(query._replace(response=True))
    assert nameserver.respond(reply, "192.0.2.7", stream=False) is None
    assert nameserver.respond(b"\0\7\1", "192.0.2.7", stream=False) is None
    garbage = encode(query)[:-3]
    broken = nameserver.respond(garbage, "192.0.2.7", stream=False)
    assert broken is not None
    assert decode(broken).rcode == "FORMERR"
    assert told == [("192.0.2.7", "clips.test", "NOERROR")]


def test_what_does_not_fit_by_udp_fits_by_tcp() -> None:
    texts = [record("big.clips.test", "TXT", f'"{n} {"x" * 200}"') for n in range(12)]
    nameserver = Nameserver(NameserverState([CLIPS.with_set("big.clips.test", "TXT", texts)]))
    query = encode(make_query(7, Question("big.clips.test", "TXT"), recursion_desired=False))
    small = nameserver.respond(query, "192.0.2.7", stream=False)
    large = nameserver.respond(query, "192.0.2.7", stream=True)
    assert small is not None
    assert large is not None
    assert (decode(small).truncated, decode(small).answers) == (True, ())
    assert (decode(large).truncated, len(decode(large).answers)) == (False, 12)
