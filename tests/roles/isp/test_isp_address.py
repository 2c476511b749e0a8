"""An address measure looks at where a packet goes, and at nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.measures import AddressAction, AddressMeasure
from simulator.roles.isp.address import AddressRule
from simulator.values import (
    ACK,
    PASS,
    SYN,
    Datagram,
    Direction,
    Drop,
    Icmp,
    IcmpKind,
    Packet,
    Reject,
    Reset,
    Segment,
    Verdict,
)

SUBSCRIBER = "198.18.1.10"
BODY = Datagram(4000, 443, b"")


def judged(rule: AddressRule, packet: Packet, direction: Direction) -> Verdict:
    return rule.judge(packet, direction, None, 0)


@pytest.mark.parametrize(
    ("prefix", "destination", "stopped"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7/32", "203.0.113.7", True),
        ("203.0.113.0/28", "203.0.113.15", True),
        ("203.0.113.0/28", "203.0.113.16", False),
        ("203.0.113.0/28", "2001:db8::1", False),
        ("2001:DB8:0::7", "2001:db8::7", True),
        ("2001:db8:20::/48", "2001:db8:20:ffff::1", True),
        ("2001:db8:20::/48", "2001:db8:21::1", False),
    ],
)
def test_addresses_and_prefixes_of_both_families(
    prefix: str, destination: str, stopped: bool
) -> None:
    rule = AddressRule("order/0", AddressMeasure((prefix,)))
    packet = Packet(SUBSCRIBER, destination, BODY)
    for _again in range(2):  # worked out, then remembered
        assert rule.concerns(packet) is stopped
        assert rule.covers(destination) is stopped
        verdict = judged(rule, packet, Direction.OUTBOUND)
        assert verdict == (Drop() if stopped else PASS)
        assert type(verdict) is (Drop if stopped else type(PASS))


def test_a_site_with_a_second_family_that_nobody_listed_stays_open() -> None:
    rule = AddressRule("order/0", AddressMeasure(("203.0.113.7",)))
    assert judged(rule, Packet(SUBSCRIBER, "203.0.113.7", BODY), Direction.OUTBOUND) == Drop()
    six = judged(rule, Packet("2001:db8:1::10", "2001:db8:20::7", BODY), Direction.OUTBOUND)
    assert six is PASS


def test_reject_says_administratively_prohibited() -> None:
    rule = AddressRule("order/0", AddressMeasure(("203.0.113.7",), AddressAction.REJECT))
    packet = Packet(SUBSCRIBER, "203.0.113.7", Segment(4000, 443, 1, 1, ACK, 65535))
    assert judged(rule, packet, Direction.OUTBOUND) == Reject(IcmpKind.PROHIBITED)


def test_a_reset_is_said_to_tcp_and_the_rest_is_dropped() -> None:
    rule = AddressRule("order/0", AddressMeasure(("203.0.113.7",), AddressAction.RESET))
    segment = Packet(SUBSCRIBER, "203.0.113.7", Segment(4000, 443, 1, 0, SYN, 65535))
    assert judged(rule, segment, Direction.OUTBOUND) == Reset(both_ways=False)
    for body in (BODY, Icmp(IcmpKind.ECHO_REQUEST)):
        assert type(judged(rule, segment._replace(body=body), Direction.OUTBOUND)) is Drop


def test_with_ports_only_tcp_and_udp_towards_them_are_stopped() -> None:
    rule = AddressRule("order/0", AddressMeasure(("203.0.113.7",), ports=(443, 853)))
    for body, stopped in (
        (Datagram(4000, 443, b""), True),
        (Segment(4000, 853, 1, 1, ACK, 65535), True),
        (Datagram(443, 80, b""), False),
        (Icmp(IcmpKind.ECHO_REQUEST), False),
    ):
        packet = Packet(SUBSCRIBER, "203.0.113.7", body)
        assert rule.concerns(packet) is stopped
        assert repr(judged(rule, packet, Direction.OUTBOUND)) == ("Drop()" if stopped else "Pass()")


def test_a_version_that_is_not_looked_at_stays_open_though_listed() -> None:
    prefixes = ("203.0.113.7", "2001:db8:20::/48")
    rule = AddressRule("order/0", AddressMeasure(prefixes, versions=(4,)))
    assert rule.covers("203.0.113.7")
    assert not rule.covers("2001:db8:20::7")


def test_what_comes_in_or_passes_through_is_left_alone() -> None:
    rule = AddressRule("order/0", AddressMeasure(("203.0.113.7",)))
    answer = Packet("203.0.113.7", SUBSCRIBER, BODY)
    assert judged(rule, answer, Direction.INBOUND) is PASS
    assert judged(rule, answer, Direction.OUTBOUND) is PASS
    through = Packet("198.18.9.9", "203.0.113.7", BODY)
    assert judged(rule, through, Direction.TRANSIT) is PASS
    assert judged(rule, through, Direction.INBOUND) is PASS


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.roles.isp.address._REMEMBERED", 4)
    rule = AddressRule("order/0", AddressMeasure(("203.0.113.0/28", "203.0.113.200")))
    for last in range(64):
        packet = Packet(SUBSCRIBER, f"203.0.113.{last}", BODY)
        assert rule.concerns(packet) is (last < 16)
        assert rule.covers("203.0.113.200")
    assert len(rule._known) <= 5


def test_host_bits_are_refused_with_what_was_meant() -> None:
    with pytest.raises(LabError) as caught:
        AddressRule("order/0", AddressMeasure(("203.0.113.7/28",)))
    assert str(caught.value) == (
        "'203.0.113.7/28' has bits set behind its length; '203.0.113.0/28' was meant"
    )


@given(st.text(max_size=40))
def test_any_text_is_a_prefix_or_a_lab_error(prefix: str) -> None:
    try:
        rule = AddressRule("order/0", AddressMeasure((prefix,)))
    except LabError:
        return
    assert rule.name in repr(rule)
