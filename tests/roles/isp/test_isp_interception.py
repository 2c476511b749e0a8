"""Queries to anybody's port 53 go to the provider's resolver, but for its own."""

from typing import Any

from simulator.measures import DnsInterception
from simulator.roles.isp.interception import InterceptionRule
from simulator.values import (
    PASS,
    SYN,
    Datagram,
    Direction,
    Icmp,
    IcmpKind,
    Packet,
    Redirect,
    Segment,
    Verdict,
)

OWN = ("192.0.2.53", "2001:db8:1::53", "192.0.2.54")
QUERY = Datagram(4000, 53, b"?")


def judged(
    source: str = "192.0.2.10",
    destination: str = "198.51.100.20",
    body: Any = QUERY,
    direction: Direction = Direction.OUTBOUND,
    **more: Any,
) -> Verdict:
    rule = InterceptionRule("order/0", DnsInterception(**more), OWN)
    packet = Packet(source, destination, body)
    verdict = rule.judge(packet, direction, None, 0)
    if direction is Direction.OUTBOUND:
        assert rule.concerns(packet) is (verdict != PASS)
    return verdict


def test_queries_by_udp_and_tcp_go_to_the_first_resolver_of_their_version() -> None:
    assert judged() == Redirect("192.0.2.53")
    assert judged(body=Segment(4000, 53, 1, 0, SYN, 65535)) == Redirect("192.0.2.53")
    assert judged("2001:db8:1::10", "2001:db8:3::20") == Redirect("2001:db8:1::53")


def test_a_measure_may_name_another_resolver() -> None:
    assert judged(resolver=("192.0.2.99",)) == Redirect("192.0.2.99")
    assert judged("192.0.2.99", resolver=("192.0.2.99",)) == PASS
    assert judged("2001:db8:1::10", "2001:db8:3::20", resolver=("192.0.2.99",)) == PASS


def test_what_the_resolvers_ask_and_are_asked_is_left_alone() -> None:
    for address in ("192.0.2.53", "192.0.2.54"):
        assert judged(source=address) == PASS
        assert judged(destination=address) == PASS


def test_a_version_that_is_forgotten_or_has_no_resolver_is_left_alone() -> None:
    assert judged("2001:db8:1::10", "2001:db8:3::20", versions=(4,)) == PASS
    assert judged(versions=(6,)) == PASS


def test_other_ports_and_what_comes_in_are_left_alone() -> None:
    assert judged(body=Datagram(53, 853, b"")) == PASS
    assert judged(body=Icmp(IcmpKind.ECHO_REQUEST)) == PASS
    assert judged(direction=Direction.INBOUND) == PASS
    assert judged(direction=Direction.TRANSIT) == PASS
