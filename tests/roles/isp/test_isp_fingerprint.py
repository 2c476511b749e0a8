"""WireGuard is known by its handshake and by nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import NotSimulated
from simulator.measures import FingerprintMeasure
from simulator.net import Flow
from simulator.roles.isp.fingerprint import FingerprintRule
from simulator.values import ACK, PASS, Direction, Drop, Packet, Segment
from simulator.wire.dns import encode
from simulator.wire.dns_values import Question, make_query
from simulator.wire.wireguard.messages import (
    INITIATION_LENGTH,
    RESPONSE_LENGTH,
    Initiation,
    Response,
    pack_initiation,
    pack_response,
)

INITIATION = pack_initiation(Initiation(7, b"e" * 32, b"s" * 48, b"t" * 28)) + bytes(32)
RESPONSE = pack_response(Response(8, 7, b"e" * 32, b"n" * 16)) + bytes(32)


def rule(**more: Any) -> FingerprintRule:
    return FingerprintRule("order/0", FingerprintMeasure(**more))


def new_flow() -> Flow:
    return Flow(("udp", "192.0.2.10", 4000, "198.51.100.20", 53), 0)


def test_the_lengths_are_those_of_the_protocol() -> None:
    assert (len(INITIATION), len(RESPONSE)) == (INITIATION_LENGTH, RESPONSE_LENGTH)


@pytest.mark.parametrize(
    ("data", "seen"), [(INITIATION, "wireguard initiation"), (RESPONSE, "wireguard response")]
)
@pytest.mark.parametrize("port", [51820, 53, 443])
def test_a_handshake_dooms_its_flow_on_any_port(
    datagram: Any, data: bytes, seen: str, port: int
) -> None:
    one_rule, flow = rule(), new_flow()
    assert datagram(one_rule, b"before", port, flow=flow) == (PASS, None)
    assert datagram(one_rule, data, port, flow=flow) == (Drop(), seen)
    for direction in (Direction.OUTBOUND, Direction.INBOUND):
        after = datagram(one_rule, b"after", port, flow=flow, direction=direction)
        assert after == (Drop(), seen)
    assert datagram(one_rule, b"after", port) == (PASS, None)  # another flow


@pytest.mark.parametrize(
    "data",
    [
        INITIATION[:-1],
        INITIATION + b"x",
        b"\1\0\0\1" + INITIATION[4:],
        b"\2" + INITIATION[1:],
        b"\4\0\0\0" + bytes(28),
        bytes(148),
        b"\xff" + INITIATION[1:],
        b"",
    ],
)
def test_what_is_almost_a_handshake_passes(datagram: Any, data: bytes) -> None:
    assert datagram(rule(), data) == (PASS, None)


@given(st.integers(0, 0xFFFF), st.integers(1, 55), st.sampled_from([148, 92]))
def test_no_query_of_a_stub_is_taken_for_a_handshake(
    datagram: Any, identifier: int, label: int, length: int
) -> None:
    query = make_query(identifier, Question("a" * label + ".test", "A"), recursion_desired=True)
    data = encode(query)
    assert datagram(rule(), data + bytes(length)[len(data) :]) == (PASS, None)


@given(st.binary(min_size=148, max_size=148) | st.binary(min_size=92, max_size=92))
def test_random_octets_of_the_right_length_pass(datagram: Any, data: bytes) -> None:
    if data[:4] in (b"\1\0\0\0", b"\2\0\0\0"):
        return
    assert datagram(rule(), data) == (PASS, None)


def test_tcp_and_forgotten_versions_are_left_alone(datagram: Any) -> None:
    segment = Segment(4000, 443, 1, 1, ACK, 65535, INITIATION)
    assert not rule().concerns(Packet("192.0.2.10", "198.51.100.20", segment))
    six = {"source": "2001:db8:1::10", "destination": "2001:db8:3::20"}
    assert datagram(rule(versions=(4,)), INITIATION, **six) == (PASS, None)


def test_other_protocols_are_not_simulated() -> None:
    with pytest.raises(NotSimulated, match="no fingerprint of 'openvpn'"):
        rule(protocol="openvpn")
