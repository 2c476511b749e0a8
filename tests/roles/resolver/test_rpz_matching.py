"""Which rule counts when several could: zone, kind of trigger, name, prefix, address."""

import pytest

from simulator.roles.resolver.rpz import NAMESERVERS, LoadedZone, Match, Nameservers, Stage, search
from simulator.wire.rpz_text import read

EVERYTHING = Stage(
    "www.clips.test",
    client="192.0.2.7",
    addresses=("203.0.113.80",),
    nameservers=(Nameservers("ns1.hoster.example", ("198.51.100.53", "2001:db8::53")),),
)
BY_KIND = [
    "32.7.2.0.192.rpz-client-ip",
    "www.clips.test",
    "32.80.113.0.203.rpz-ip",
    "ns1.hoster.example.rpz-nsdname",
    "32.53.100.51.198.rpz-nsip",
]


def loaded(*owners: str) -> LoadedZone:
    return LoadedZone(read("".join(f"{owner} CNAME .\n" for owner in owners)))


def found(stage: Stage, *zones: LoadedZone) -> str | None:
    """What triggered, or None."""
    match = search(zones, stage)
    assert match is None or isinstance(match, Match)
    return None if match is None else match.rule.trigger.what


@pytest.mark.parametrize("first", range(len(BY_KIND)))
def test_kinds_count_in_their_order_wherever_they_are_written(first: int) -> None:
    zone = loaded(*reversed(BY_KIND[first:]))
    match = search([zone], EVERYTHING)
    assert isinstance(match, Match)
    assert match.rule == loaded(BY_KIND[first]).zone.rules[0]


def test_the_zone_listed_first_goes_before_any_kind() -> None:
    zones = [loaded(owner) for owner in reversed(BY_KIND)]
    match = search(zones, EVERYTHING)
    assert isinstance(match, Match)
    assert match.zone is zones[0]


def test_nameservers_are_asked_for_only_when_they_can_still_count() -> None:
    unknown = EVERYTHING._replace(nameservers=None)
    by_server, by_name = loaded(BY_KIND[4]), loaded(BY_KIND[1])
    assert search([by_server, by_name], unknown) is NAMESERVERS
    assert found(unknown, by_name, by_server) == "www.clips.test"
    assert search([loaded("other.test")], unknown) is None
    assert found(EVERYTHING, by_server) == "198.51.100.53/32"


def test_a_client_behind_the_first_alias_no_longer_counts() -> None:
    zone = loaded(BY_KIND[0])
    assert found(EVERYTHING, zone) == "192.0.2.7/32"
    assert found(EVERYTHING._replace(client=None), zone) is None


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("clips.test", None),
        ("www.clips.test", "*.clips.test"),
        ("a.b.clips.test", "*.clips.test"),
        ("deep.x.clips.test", "deep.x.clips.test"),
        ("x.clips.test", None),
        ("other.x.clips.test", None),
        ("below.deep.x.clips.test", None),
        ("elsewhere.test", None),
        ("", None),
    ],
)
def test_wildcards_stop_at_names_in_the_zone_and_between(name: str, rule: str | None) -> None:
    """RFC 4592: ``x.clips.test`` exists, with nothing at it, since ``deep.x`` lies below."""
    assert found(Stage(name), loaded("*.clips.test", "deep.x.clips.test")) == rule


def test_a_lone_asterisk_is_for_every_name() -> None:
    zone = loaded("*", "clips.test")
    assert [found(Stage(name), zone) for name in ("clips.test", "a.b", "test", "")] == [
        "clips.test",
        "*",
        None,  # lies between the top and clips.test
        None,
    ]


def test_the_longest_prefix_then_the_smallest_address() -> None:
    zone = loaded(
        "24.0.2.0.192.rpz-ip",
        "25.128.2.0.192.rpz-ip",
        "32.200.2.0.192.rpz-ip",
        "32.3.100.51.198.rpz-ip",
        "64.zz.db8.2001.rpz-ip",
    )
    addresses = {
        ("192.0.2.7",): "192.0.2.0/24",
        ("192.0.2.129",): "192.0.2.128/25",
        ("192.0.2.7", "192.0.2.129"): "192.0.2.128/25",
        ("198.51.100.3", "192.0.2.200"): "192.0.2.200/32",
        ("192.0.2.200", "198.51.100.3"): "192.0.2.200/32",
        ("2001:db8::7",): "2001:db8::/64",
        ("2001:db8::7", "192.0.2.7"): "192.0.2.0/24",  # 24 bits behind the 96 of a mapped address
        ("203.0.113.7", "2001:db8:1::"): None,
    }
    assert {
        those: found(Stage("x.test", addresses=those), zone) for those in addresses
    } == addresses


def test_no_prefix_of_one_ip_version_holds_an_address_of_the_other() -> None:
    zone = loaded("1.zz.rpz-ip", "1.0.0.0.0.rpz-ip")
    assert found(Stage("x", addresses=("192.0.2.7",)), zone) is None
    assert found(Stage("x", addresses=("64.0.0.1",)), zone) == "0.0.0.0/1"
    assert found(Stage("x", addresses=("2001:db8::1",)), zone) == "::/1"


def test_the_smallest_nameserver_name_in_dnssec_order() -> None:
    """By the last label first: ``z.alpha.example`` before ``a.zed.example``."""
    zone = loaded("a.zed.example.rpz-nsdname", "*.alpha.example.rpz-nsdname")
    servers = (Nameservers("a.zed.example"), Nameservers("z.alpha.example"))
    for order in (servers, servers[::-1]):
        assert found(Stage("x.test", nameservers=order), zone) == "*.alpha.example"
