"""A resolver's measures as a response policy zone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.resolver.lies import Blocklist
from simulator.roles.resolver.rpz import LoadedZone, Stage
from simulator.roles.resolver.rpz_measures import as_policy_zone
from simulator.wire.rpz import Action, Rule
from simulator.wire.rpz_text import read


def lines(*measures: DnsMeasure) -> list[str]:
    """The rules alone, without SOA and NS records."""
    return as_policy_zone(measures).splitlines()[2:]


def test_a_name_with_all_below_it_takes_two_lines() -> None:
    assert lines(DnsMeasure("Clips.test.", DnsLie.NXDOMAIN)) == [
        "clips.test.rpz. 300 IN CNAME .",
        "*.clips.test.rpz. 300 IN CNAME .",
    ]
    assert lines(DnsMeasure("clips.test", DnsLie.NODATA, subdomains=False)) == [
        "clips.test.rpz. 300 IN CNAME *.",
    ]


def test_forged_addresses_and_silence() -> None:
    addresses = ("203.0.113.9", "2001:db8::9")
    forged = DnsMeasure("a.test", DnsLie.FORGED, subdomains=False, addresses=addresses, ttl=7)
    assert lines(forged, DnsMeasure("*.b.test", DnsLie.SILENCE)) == [
        "a.test.rpz. 7 IN A 203.0.113.9",
        "a.test.rpz. 7 IN AAAA 2001:db8::9",
        "*.b.test.rpz. 300 IN CNAME rpz-drop.",
    ]
    assert lines(DnsMeasure("a.test", DnsLie.FORGED, subdomains=False)) == [
        "a.test.rpz. 300 IN CNAME *.",
    ]


@pytest.mark.parametrize(
    ("measure", "fault"),
    [
        (DnsMeasure("x.test", DnsLie.REFUSED), "cannot answer REFUSED for x.test"),
        (DnsMeasure("x.test", DnsLie.SERVFAIL), "cannot answer SERVFAIL for x.test"),
        (
            DnsMeasure("x.test", DnsLie.NODATA, clients=("192.0.2.0/24",)),
            "cannot say x.test for some clients only",
        ),
        (DnsMeasure("*t.co*", DnsLie.NXDOMAIN), r"cannot say \*t.co\*"),
        (DnsMeasure(".".join(["a" * 62] * 4), DnsLie.NXDOMAIN), "does not fit into a policy zone"),
    ],
)
def test_what_no_zone_can_say_is_refused(measure: DnsMeasure, fault: str) -> None:
    with pytest.raises(LabError, match=fault):
        as_policy_zone([measure])


_LABEL = st.sampled_from(["a", "b", "c"])
_NAME = st.lists(_LABEL, min_size=1, max_size=4).map(".".join)
_LIES = st.sampled_from([DnsLie.NXDOMAIN, DnsLie.NODATA, DnsLie.SILENCE])
_MEASURES = st.lists(
    st.builds(DnsMeasure, st.one_of(_NAME, _NAME.map("*.{}".format)), _LIES, st.booleans()),
    max_size=6,
)
_ACTIONS = {
    DnsLie.NXDOMAIN: Action.NXDOMAIN,
    DnsLie.NODATA: Action.NODATA,
    DnsLie.SILENCE: Action.DROP,
}


@given(_MEASURES, st.lists(_NAME, min_size=1, max_size=20))
def test_the_zone_says_of_every_name_what_the_measures_say(
    measures: list[DnsMeasure], names: list[str]
) -> None:
    """However names nest, and although a wildcard stops at every name in a zone."""
    listed, zone = Blocklist(measures), LoadedZone(read(as_policy_zone(measures)))
    for name in names:
        measure, rule = listed.find(name), zone.find(Stage(name))
        assert rule is None or isinstance(rule, Rule)
        assert (rule and rule.action) == (measure and _ACTIONS[measure.lie])
