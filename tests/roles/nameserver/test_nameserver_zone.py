"""Zones: what is found in them, and what is refused before it is served."""

import pytest

from simulator.errors import LabError
from simulator.roles.nameserver.zone import Zone
from simulator.wire.dns_values import Record

SOA = Record("clips.test", "SOA", 900, "ns1.clips.test h.clips.test 7 2 3 4 300")
NS = Record("clips.test", "NS", 900, "ns1.clips.test")
GLUE = Record("ns1.clips.test", "A", 900, "192.0.2.53")
BASE = (SOA, NS, GLUE)


def record(name: str, kind: str, data: str, ttl: int = 900) -> Record:
    return Record(name, kind, ttl, data)


def test_a_sound_zone_passes_and_returns_itself() -> None:
    zone = Zone("Clips.Test.", BASE)
    assert zone.check() is zone
    assert repr(zone) == "<Zone clips.test 3 records, 0 cuts>"
    assert zone.soa == SOA


def test_empty_non_terminals_exist() -> None:
    zone = Zone("clips.test", [*BASE, record("a.b.c.clips.test", "A", "192.0.2.1")])
    assert zone.find("b.c.clips.test", "A").sets == {}
    assert zone.find("c.clips.test", "A").sets == {}
    assert zone.find("d.clips.test", "A").sets is None


def test_wildcards_follow_the_closest_encloser() -> None:
    """RFC 4592 section 3.3.1: a name that exists, even empty, stops the wildcard above it."""
    zone = Zone(
        "clips.test",
        [
            *BASE,
            record("*.clips.test", "A", "192.0.2.1"),
            record("x.host.clips.test", "A", "192.0.2.2"),
        ],
    )

    def addresses(name: str) -> list[tuple[str, str]] | None:
        sets = zone.find(name, "A").sets
        return None if sets is None else [(one.name, one.data) for one in sets.get("A", ())]

    assert addresses("any.clips.test") == [("any.clips.test", "192.0.2.1")]
    assert addresses("a.b.clips.test") == [("a.b.clips.test", "192.0.2.1")]
    assert addresses("host.clips.test") == []
    assert addresses("y.host.clips.test") is None
    assert addresses("*.clips.test") == [("*.clips.test", "192.0.2.1")]


def test_the_topmost_cut_counts_and_ds_stays_above_it() -> None:
    zone = Zone(
        "test",
        [
            record("test", "SOA", SOA.data),
            record("test", "NS", "a.nic.test"),
            record("a.nic.test", "A", "192.0.2.53"),
            record("clips.test", "NS", "a.nic.test"),
            record("clips.test", "DS", "1 13 2 " + "00" * 32),
        ],
    ).check()
    assert zone.find("www.clips.test", "A").cut == "clips.test"
    assert zone.find("clips.test", "NS").cut == "clips.test"
    assert zone.find("clips.test", "DS").cut is None
    assert zone.find("www.clips.test", "DS").cut == "clips.test"


def test_a_changed_set_makes_a_new_zone_with_the_next_serial() -> None:
    zone = Zone("clips.test", [*BASE, record("clips.test", "A", "192.0.2.1")])
    changed = zone.with_set("Clips.test", "A", [record("clips.test", "A", "203.0.113.9")])
    assert [one.data for one in changed.at("clips.test")["A"]] == ["203.0.113.9"]
    assert changed.soa == SOA._replace(data=SOA.data.replace(" 7 ", " 8 "))
    assert [one.data for one in zone.at("clips.test")["A"]] == ["192.0.2.1"]
    assert "A" not in changed.with_set("clips.test", "A", []).at("clips.test")
    wrapped = Zone("x.test", [SOA._replace(name="x.test", data="a b 4294967295 1 1 1 1")])
    assert wrapped.with_set("y.x.test", "A", []).records[0].data == "a b 0 1 1 1 1"


BROKEN = {
    "clips.test has no SOA|zone clips.test has no SOA record": [NS, GLUE],
    "no NS|zone clips.test has no NS record": [SOA],
    "two SOA|more than one SOA": [*BASE, SOA._replace(data=SOA.data.replace(" 7 ", " 8 "))],
    "outside|other.test does not belong in the zone clips.test": [
        *BASE,
        record("other.test", "A", "192.0.2.1"),
    ],
    "twice|clips.test has the same NS record twice: ns1.clips.test": [*BASE, NS],
    "bad data|the A record of clips.test cannot be": [*BASE, record("clips.test", "A", "here")],
    "bad name|cannot be: name with a label of 0 bytes": [
        *BASE,
        record("a..clips.test", "A", "192.0.2.1"),
    ],
    "CNAME and other data|www.clips.test has a CNAME record and something else": [
        *BASE,
        record("www.clips.test", "CNAME", "clips.test"),
        record("www.clips.test", "A", "192.0.2.1"),
    ],
    "two CNAMEs|has a CNAME record and something else": [
        *BASE,
        record("www.clips.test", "CNAME", "a.test"),
        record("www.clips.test", "CNAME", "b.test"),
    ],
    "TTLs differ|the A records of clips.test have different TTLs": [
        *BASE,
        record("clips.test", "A", "192.0.2.1"),
        record("clips.test", "A", "192.0.2.2", ttl=60),
    ],
    "wildcard delegated|a wildcard cannot be delegated": [
        *BASE,
        record("*.clips.test", "NS", "ns.other.test"),
    ],
    "no glue|delegation of sub.clips.test to ns.sub.clips.test needs glue": [
        *BASE,
        record("sub.clips.test", "NS", "ns.sub.clips.test"),
    ],
    "no address of its own server|delegation of clips.test to ns1.clips.test needs glue": [SOA, NS],
    "nameserver is an alias|the nameserver ns2.clips.test of clips.test is an alias": [
        *BASE,
        record("clips.test", "NS", "ns2.clips.test"),
        record("ns2.clips.test", "CNAME", "ns1.clips.test"),
    ],
    "hidden|the A record of www.sub.clips.test lies below the delegation of sub.clips.test": [
        *BASE,
        record("sub.clips.test", "NS", "ns.other.test"),
        record("www.sub.clips.test", "A", "192.0.2.1"),
    ],
    "hidden at the cut|the TXT record of sub.clips.test lies below the delegation": [
        *BASE,
        record("sub.clips.test", "NS", "ns.other.test"),
        record("sub.clips.test", "TXT", "hello"),
    ],
    "hidden delegation|the NS record of a.sub.clips.test lies below the delegation": [
        *BASE,
        record("sub.clips.test", "NS", "ns.other.test"),
        record("a.sub.clips.test", "NS", "ns.other.test"),
    ],
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_zone_that_contradicts_itself_is_refused(fault: str) -> None:
    sentence = fault.partition("|")[2]
    with pytest.raises(LabError) as refused:
        Zone("clips.test", BROKEN[fault]).check()
    assert sentence in str(refused.value)
