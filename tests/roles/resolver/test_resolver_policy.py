"""Which names a resolver lies about, and what each lie looks like."""

from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.resolver.policy import Policy, lie
from simulator.values import ExtendedError
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record, make_query

NXDOMAIN = DnsMeasure("clips.test", DnsLie.NXDOMAIN)
FORGED = DnsMeasure(
    "clips.test",
    DnsLie.FORGED,
    extended_error=4,
    extra_text="order 7",
    addresses=("203.0.113.9", "2001:db8::9", "203.0.113.10"),
    ttl=30,
)


def query(name: str = "clips.test", kind: str = "A") -> DnsMessage:
    return make_query(7, Question(name, kind), recursion_desired=True)


def test_a_measure_covers_the_name_and_what_is_below() -> None:
    policy = Policy()
    assert policy.find("clips.test") is None
    policy.put("order 7", NXDOMAIN)
    found = {
        name: policy.find(name) is NXDOMAIN
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
    assert policy.find("clips.test") is exact
    assert policy.find("www.clips.test") is None


def test_the_longest_match_wins() -> None:
    policy = Policy()
    wide, narrow = DnsMeasure("test", DnsLie.NXDOMAIN), DnsMeasure("clips.test", DnsLie.REFUSED)
    exact = DnsMeasure("a.clips.test", DnsLie.FORGED, subdomains=False)
    for number, measure in enumerate((narrow, wide, exact)):
        policy.put(str(number), measure)
    names = ("x.test", "x.clips.test", "a.clips.test", "b.a.clips.test")
    assert [policy.find(name) for name in names] == [wide, narrow, exact, narrow]


def test_lifting_ends_one_measure_and_brings_back_an_earlier_one() -> None:
    policy = Policy()
    policy.put("first", NXDOMAIN)
    policy.put("second", FORGED)
    assert policy.find("clips.test") is FORGED
    assert policy.lift("second") is FORGED
    assert policy.find("clips.test") is NXDOMAIN
    assert policy.lift("first") is NXDOMAIN
    assert policy.lift("first") is None
    assert (policy.find("clips.test"), len(policy)) == (None, 0)


def test_putting_a_key_again_replaces_and_counts_as_latest() -> None:
    policy = Policy()
    policy.put("first", NXDOMAIN)
    policy.put("second", FORGED)
    policy.put("first", NXDOMAIN)
    assert policy.find("clips.test") is NXDOMAIN
    assert repr(policy) == "<Policy second: clips.test, first: clips.test>"


def test_denial_has_no_soa_so_that_nobody_keeps_it() -> None:
    reply = lie(NXDOMAIN, query())
    assert (reply.rcode, reply.answers, reply.authority) == ("NXDOMAIN", (), ())
    assert (reply.response, reply.authoritative, reply.recursion_available) == (True, False, True)
    assert reply.edns == Edns()


def test_refusal() -> None:
    reply = lie(DnsMeasure("clips.test", DnsLie.REFUSED, extended_error=16), query())
    assert (reply.rcode, reply.answers) == ("REFUSED", ())
    assert reply.edns == Edns(extended_errors=(ExtendedError(16),))


def test_forged_addresses_by_family_with_the_ttl_of_the_measure() -> None:
    four, six = lie(FORGED, query("www.clips.test")), lie(FORGED, query(kind="AAAA"))
    assert four.answers == (
        Record("www.clips.test", "A", 30, "203.0.113.9"),
        Record("www.clips.test", "A", 30, "203.0.113.10"),
    )
    assert six.answers == (Record("clips.test", "AAAA", 30, "2001:db8::9"),)
    assert four.edns == Edns(extended_errors=(ExtendedError(4, "order 7"),))


def test_forged_without_an_address_of_the_family_or_for_another_type_is_empty() -> None:
    only_four = DnsMeasure("clips.test", DnsLie.FORGED, addresses=("203.0.113.9",))
    for kind in ("AAAA", "MX", "HTTPS"):
        reply = lie(only_four, query(kind=kind))
        assert (reply.rcode, reply.answers) == ("NOERROR", ())


def test_client_without_edns_hears_the_lie_but_not_the_reason() -> None:
    assert lie(FORGED, query()._replace(edns=None)).edns is None
