"""Which names a resolver lies about, what each lie looks like, whom it no longer serves."""

import pytest

from simulator.errors import LabError
from simulator.measures import (
    DnsLie,
    DnsMeasure,
    PolicyZone,
    ResolverMeasure,
    ResolverWithdrawal,
)
from simulator.roles.resolver.lies import lie
from simulator.roles.resolver.policy import Policy
from simulator.values import ExtendedError
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record, make_query

CLIENT = "198.18.1.101"
NXDOMAIN = DnsMeasure("clips.test", DnsLie.NXDOMAIN)
FORGED = DnsMeasure(
    "clips.test",
    DnsLie.FORGED,
    extended_error=4,
    extra_text="order 7",
    addresses=("203.0.113.9", "2001:db8::9", "203.0.113.10"),
    ttl=30,
)


def lied(measure: DnsMeasure, asked: DnsMessage) -> DnsMessage:
    reply = lie(measure, asked)
    assert reply is not None
    return reply


def query(name: str = "clips.test", kind: str = "A") -> DnsMessage:
    return make_query(7, Question(name, kind), recursion_desired=True)


def test_a_measure_covers_the_name_and_what_is_below() -> None:
    policy = Policy()
    assert policy.find("clips.test", CLIENT) is None
    policy.put("order 7", NXDOMAIN)
    found = {
        name: policy.find(name, CLIENT) is NXDOMAIN
        for name in ("clips.test", "www.clips.test", "eclips.test", "test", "")
    }
    assert found == {
        "clips.test": True,
        "www.clips.test": True,
        "eclips.test": False,
        "test": False,
        "": False,
    }


def test_an_exact_measure_covers_only_the_name() -> None:
    """The classic gap: the bare name is blocked, www is not (RPZ needs the wildcard too)."""
    policy = Policy()
    exact = DnsMeasure("Clips.test.", DnsLie.REFUSED, subdomains=False)
    policy.put("order", exact)
    assert policy.find("clips.test", CLIENT) is exact
    assert policy.find("www.clips.test", CLIENT) is None


def test_the_longest_match_wins() -> None:
    policy = Policy()
    wide, narrow = DnsMeasure("test", DnsLie.NXDOMAIN), DnsMeasure("clips.test", DnsLie.REFUSED)
    exact = DnsMeasure("a.clips.test", DnsLie.FORGED, subdomains=False)
    for number, measure in enumerate((narrow, wide, exact)):
        policy.put(str(number), measure)
    names = ("x.test", "x.clips.test", "a.clips.test", "b.a.clips.test")
    assert [policy.find(name, CLIENT) for name in names] == [wide, narrow, exact, narrow]


def test_lifting_ends_one_measure_and_brings_back_an_earlier_one() -> None:
    policy = Policy()
    policy.put("first", NXDOMAIN)
    policy.put("second", FORGED)
    assert policy.find("clips.test", CLIENT) is FORGED
    assert policy.lift("second") is FORGED
    assert policy.find("clips.test", CLIENT) is NXDOMAIN
    assert policy.lift("first") is NXDOMAIN
    assert policy.lift("first") is None
    assert (policy.find("clips.test", CLIENT), len(policy)) == (None, 0)


def test_putting_a_key_again_replaces_and_counts_as_latest() -> None:
    policy = Policy()
    policy.put("first", NXDOMAIN)
    policy.put("second", FORGED)
    policy.put("first", NXDOMAIN)
    assert policy.find("clips.test", CLIENT) is NXDOMAIN
    assert repr(policy) == "<Policy second: clips.test, first: clips.test>"


def test_denial_has_no_soa_so_that_nobody_keeps_it() -> None:
    reply = lied(NXDOMAIN, query())
    assert (reply.rcode, reply.answers, reply.authority) == ("NXDOMAIN", (), ())
    assert (reply.response, reply.authoritative, reply.recursion_available) == (True, False, True)
    assert reply.edns == Edns()


def test_refusal() -> None:
    reply = lied(DnsMeasure("clips.test", DnsLie.REFUSED, extended_error=16), query())
    assert (reply.rcode, reply.answers) == ("REFUSED", ())
    assert reply.edns == Edns(extended_errors=(ExtendedError(16),))


def test_forged_addresses_by_family_with_the_ttl_of_the_measure() -> None:
    four, six = lied(FORGED, query("www.clips.test")), lied(FORGED, query(kind="AAAA"))
    assert four.answers == (
        Record("www.clips.test", "A", 30, "203.0.113.9"),
        Record("www.clips.test", "A", 30, "203.0.113.10"),
    )
    assert six.answers == (Record("clips.test", "AAAA", 30, "2001:db8::9"),)
    assert four.edns == Edns(extended_errors=(ExtendedError(4, "order 7"),))


def test_forged_without_an_address_of_the_family_or_for_another_type_is_empty() -> None:
    only_four = DnsMeasure("clips.test", DnsLie.FORGED, addresses=("203.0.113.9",))
    for kind in ("AAAA", "MX", "HTTPS"):
        reply = lied(only_four, query(kind=kind))
        assert (reply.rcode, reply.answers) == ("NOERROR", ())


def test_client_without_edns_hears_the_lie_but_not_the_reason() -> None:
    assert lied(FORGED, query()._replace(edns=None)).edns is None


@pytest.mark.parametrize(
    ("told", "rcode"),
    [
        (DnsLie.NXDOMAIN, "NXDOMAIN"),
        (DnsLie.NODATA, "NOERROR"),
        (DnsLie.REFUSED, "REFUSED"),
        (DnsLie.SERVFAIL, "SERVFAIL"),
        (DnsLie.FORGED, "NOERROR"),
    ],
)
def test_every_lie_has_its_code_and_no_answer_of_its_own(told: DnsLie, rcode: str) -> None:
    reply = lied(DnsMeasure("clips.test", told, addresses=("203.0.113.9",)), query(kind="TXT"))
    assert (reply.rcode, reply.answers, reply.authority) == (rcode, (), ())


def test_silence_is_no_reply_at_all() -> None:
    assert lie(DnsMeasure("clips.test", DnsLie.SILENCE, extended_error=16), query()) is None


def test_an_exact_measure_leaves_an_earlier_one_for_all_below_in_force() -> None:
    policy = Policy()
    policy.put("first", NXDOMAIN)
    exact = DnsMeasure("clips.test", DnsLie.REFUSED, subdomains=False)
    policy.put("second", exact)
    assert policy.find("clips.test", CLIENT) is exact
    assert policy.find("www.clips.test", CLIENT) is NXDOMAIN


def test_a_pattern_is_for_what_no_name_matches_and_the_longest_counts() -> None:
    """``*t.co*`` was meant for one shortener."""
    policy = Policy()
    short, longer = DnsMeasure("*t.co*", DnsLie.SERVFAIL), DnsMeasure("*lot.co*", DnsLie.NODATA)
    named = DnsMeasure("bigt.coop.test", DnsLie.NXDOMAIN)
    for number, measure in enumerate((longer, short, named)):
        policy.put(str(number), measure)
    found = [policy.find(name, CLIENT) for name in ("t.co.test", "redit.com.test", "clips.test")]
    assert found == [short, short, None]
    assert policy.find("pilot.com.test", CLIENT) is longer
    assert policy.find("www.bigt.coop.test", CLIENT) is named


def test_of_two_equal_patterns_the_later_counts() -> None:
    policy = Policy()
    first, second = DnsMeasure("*a*", DnsLie.NODATA), DnsMeasure("*b*", DnsLie.NXDOMAIN)
    policy.put("1", first)
    policy.put("2", second)
    assert policy.find("ab.test", CLIENT) is second


def test_a_lie_for_some_clients_goes_before_one_for_everybody() -> None:
    policy = Policy()
    local = DnsMeasure("clips.test", DnsLie.REFUSED, clients=("192.0.2.0/24", "2001:db8:1::/48"))
    policy.put("country", local)
    policy.put("world", NXDOMAIN)
    clients = ("192.0.2.7", "198.51.100.7", "2001:db8:1::7", None)
    assert [policy.find("www.clips.test", client) for client in clients] == [
        local,
        NXDOMAIN,
        local,
        NXDOMAIN,
    ]
    assert policy.written().startswith("; clips.test refused 192.0.2.0/24 2001:db8:1::/48\nrpz.")


def test_a_withdrawal_is_about_clients_of_either_ip_version() -> None:
    policy = Policy()
    assert policy.withdrawn("192.0.2.7") is None
    withdrawal = ResolverWithdrawal(("192.0.2.0/24", "2001:db8:1::/48"))
    policy.put("order", withdrawal)
    clients = ("192.0.2.7", "198.51.100.7", "2001:db8:1::7", "2001:db8:2::7")
    assert [policy.withdrawn(client) is withdrawal for client in clients] == [
        True,
        False,
        True,
        False,
    ]
    assert repr(policy) == "<Policy order: 192.0.2.0/24 2001:db8:1::/48>"
    assert policy.lift("order") is withdrawal
    assert policy.withdrawn("192.0.2.7") is None


@pytest.mark.parametrize(
    ("measure", "fault"),
    [
        (ResolverWithdrawal(("192.0.2.0/24",), DnsLie.FORGED), "REFUSED or nothing, not FORGED"),
        (ResolverWithdrawal(("192.0.2.7/24",)), "192.0.2.7/24 is no prefix"),
        (DnsMeasure("x.test", DnsLie.REFUSED, clients=("here",)), "here is no prefix"),
        (PolicyZone("\nx CNAME rpz-passthru"), "line 2 of the zone: rpz-passthru without"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    measure: ResolverMeasure, fault: str
) -> None:
    policy = Policy()
    policy.put("order", NXDOMAIN)
    with pytest.raises(LabError, match=fault):
        policy.put("order", measure)
    assert policy.find("clips.test", CLIENT) is NXDOMAIN


def test_zones_count_in_the_order_in_which_they_were_put() -> None:
    policy = Policy()
    for name in ("one", "two", "three"):
        policy.put(name, PolicyZone("x CNAME .", origin=name))
    policy.put("one", PolicyZone("y CNAME .", origin="one"))
    policy.lift("three")
    assert [loaded.zone.origin for loaded in policy.zones] == ["two", "one"]
    assert repr(policy) == "<Policy two: two, one: one>"


def test_all_that_is_applied_can_be_written_down() -> None:
    """A lie that no zone can tell is a comment; each zone begins with its SOA record."""
    policy = Policy()
    policy.put("1", DnsMeasure("clips.test", DnsLie.NXDOMAIN, subdomains=False))
    policy.put("2", DnsMeasure("gone.test", DnsLie.REFUSED))
    policy.put("3", PolicyZone("24.0.113.0.203.rpz-ip CNAME *.", origin="list.test"))
    assert policy.written() == (
        "; gone.test refused\n"
        "rpz. 300 IN SOA localhost. nobody.localhost. 1 3600 600 86400 60\n"
        "rpz. 300 IN NS localhost.\n"
        "clips.test.rpz. 300 IN CNAME .\n"
        "\n"
        "list.test. 300 IN SOA localhost. nobody.localhost. 1 3600 600 86400 60\n"
        "list.test. 300 IN NS localhost.\n"
        "24.0.113.0.203.rpz-ip.list.test. 300 IN CNAME *.\n"
    )
    assert Policy().written() == ""


def test_a_lie_for_some_clients_is_told_to_them_alone() -> None:
    policy = Policy()
    here = DnsMeasure("clips.test", DnsLie.REFUSED, clients=("198.18.1.0/24", "2001:db8:1::/48"))
    policy.put("here", here)
    told = {client: policy.find("clips.test", client) for client in (CLIENT, "2001:db8:1::7")}
    assert list(told.values()) == [here, here]
    assert policy.find("clips.test", "198.18.2.101") is None
    policy.put("all", NXDOMAIN)
    assert policy.find("clips.test", CLIENT) is here
    assert policy.find("clips.test", "198.18.2.101") is NXDOMAIN


def test_clients_are_prefixes() -> None:
    with pytest.raises(LabError, match="nantes is no prefix"):
        Policy().put("key", DnsMeasure("clips.test", DnsLie.NXDOMAIN, clients=("nantes",)))
