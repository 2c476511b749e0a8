"""The exit's decisions: addresses, translation both ways, errors, forgetting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.net.host import EPHEMERAL_FIRST
from simulator.roles.vpn.logic import (
    FIRST_PORT,
    LAST_PORT,
    AddressPool,
    Nat,
    ToInternet,
    ToTunnel,
)
from simulator.roles.vpn.service import PORT as WIREGUARD
from simulator.values import (
    ACK,
    FIN,
    MINUTE,
    RST,
    SECOND,
    SYN,
    Datagram,
    Icmp,
    IcmpKind,
    Packet,
    Segment,
)

EXIT, EXIT6 = "203.0.113.99", "2001:db8:53::99"
GATEWAY, GATEWAY6 = "198.19.240.1", "2001:db8:ffff::1"
ALICE, BRUNO, ALICE6 = "198.19.240.2", "198.19.240.3", "2001:db8:ffff::2"
SITE, OTHER, SITE6 = "198.51.100.80", "198.51.100.81", "3fff::80"
ROUTER = "192.0.2.1"


@pytest.fixture
def nat() -> Nat:
    return Nat((EXIT, EXIT6), (GATEWAY, GATEWAY6))


def udp(source: str, destination: str, ports: tuple[int, int], ttl: int = 64) -> Packet:
    return Packet(source, destination, Datagram(*ports, b"data"), ttl)


def tcp(source: str, destination: str, ports: tuple[int, int], flags: int) -> Packet:
    return Packet(source, destination, Segment(*ports, 1, 2, flags, 65535))


# --- addresses ----------------------------------------------------------------------


def test_clients_get_addresses_in_order_and_keep_them() -> None:
    pool = AddressPool(("198.19.240.0/29", "2001:db8:ffff::/64"))
    assert pool.gateway == (GATEWAY, GATEWAY6)
    assert pool.assign(b"alice") == (ALICE, ALICE6)
    assert pool.assign(b"bruno") == (BRUNO, "2001:db8:ffff::3")
    assert pool.assign(b"alice") == (ALICE, ALICE6)


def test_a_prefix_that_is_used_up_says_so() -> None:
    pool = AddressPool(("198.19.240.0/30",))
    pool.assign(b"alice")
    with pytest.raises(ValueError, match=r"198\.19\.240\.0/30 has no address left"):
        pool.assign(b"bruno")


# --- there and back -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "exit_address", "site"), [(ALICE, EXIT, SITE), (ALICE6, EXIT6, SITE6)]
)
def test_a_datagram_leaves_as_the_exits_and_its_answer_finds_the_client(
    nat: Nat, client: str, exit_address: str, site: str
) -> None:
    out = nat.outbound(udp(client, site, (5000, 53)), 0)
    assert out == ToInternet(udp(exit_address, site, (40000, 53), ttl=63))
    back = nat.inbound(udp(site, exit_address, (53, 40000), ttl=50), 1)
    assert back == ToTunnel(udp(site, client, (53, 5000), ttl=49))


def test_two_clients_with_the_same_port_are_told_apart(nat: Nat) -> None:
    assert nat.outbound(udp(ALICE, SITE, (5000, 53)), 0) == ToInternet(
        udp(EXIT, SITE, (40000, 53), 63)
    )
    assert nat.outbound(udp(BRUNO, SITE, (5000, 53)), 0) == ToInternet(
        udp(EXIT, SITE, (40001, 53), 63)
    )
    assert nat.inbound(udp(SITE, EXIT, (53, 40001)), 0) == ToTunnel(
        udp(SITE, BRUNO, (53, 5000), 63)
    )


def test_one_flow_keeps_its_port(nat: Nat) -> None:
    first = nat.outbound(udp(ALICE, SITE, (5000, 53)), 0)
    assert nat.outbound(udp(ALICE, SITE, (5000, 53)), 1) == first
    assert len(nat) == 1


def test_a_ping_is_translated_by_its_identifier(nat: Nat) -> None:
    ping = Icmp(IcmpKind.ECHO_REQUEST, None, 7, 1, b"abc")
    out = nat.outbound(Packet(ALICE, SITE, ping), 0)
    assert out == ToInternet(Packet(EXIT, SITE, ping._replace(identifier=40000), 63))
    pong = Icmp(IcmpKind.ECHO_REPLY, None, 40000, 1, b"abc")
    assert nat.inbound(Packet(SITE, EXIT, pong), 1) == ToTunnel(
        Packet(SITE, ALICE, pong._replace(identifier=7), 63)
    )


@pytest.mark.parametrize(
    ("client", "exit_address", "site", "longest"),
    [(ALICE, EXIT, SITE, 1380), (ALICE6, EXIT6, SITE6, 1360)],
)
def test_segment_sizes_are_lowered_to_what_fits_the_tunnel(
    nat: Nat, client: str, exit_address: str, site: str, longest: int
) -> None:
    syn = Segment(5000, 443, 1, 0, SYN, 65535, b"", 1460)
    out = nat.outbound(Packet(client, site, syn), 0)
    assert out == ToInternet(
        Packet(exit_address, site, syn._replace(source_port=40000, mss=longest), 63)
    )
    answer = Segment(443, 40000, 9, 2, SYN | ACK, 65535, b"", 1200)
    assert nat.inbound(Packet(site, exit_address, answer), 0) == ToTunnel(
        Packet(site, client, answer._replace(destination_port=5000), 63)
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from([ALICE, BRUNO]), st.integers(1, 9), st.sampled_from([SITE, OTHER])
        ),
        max_size=30,
    )
)
def test_every_answer_goes_to_who_asked(asked: list[tuple[str, int, str]]) -> None:
    nat = Nat((EXIT,))
    sent = []
    for client, port, site in asked:
        out = nat.outbound(tcp(client, site, (port, 443), SYN), 0)
        assert isinstance(out, ToInternet)
        assert isinstance(out.packet.body, Segment)
        sent.append(out.packet.body.source_port)
    for (client, port, site), seen in zip(asked, sent, strict=True):
        back = nat.inbound(tcp(site, EXIT, (443, seen), SYN | ACK), 0)
        assert back == ToTunnel(tcp(site, client, (443, port), SYN | ACK)._replace(ttl=63))


# --- errors -------------------------------------------------------------------------


def test_an_error_from_the_way_reaches_the_client_about_its_own_packet(nat: Nat) -> None:
    out = nat.outbound(udp(ALICE, SITE, (5000, 53), ttl=3), 0)
    assert isinstance(out, ToInternet)
    seen_dying = out.packet._replace(ttl=1)
    error = Packet(ROUTER, EXIT, Icmp(IcmpKind.TIME_EXCEEDED, seen_dying), 60)
    assert nat.inbound(error, 1) == ToTunnel(
        Packet(
            ROUTER,
            ALICE,
            Icmp(IcmpKind.TIME_EXCEEDED, udp(ALICE, SITE, (5000, 53), ttl=1)),
            59,
        )
    )


def test_a_clients_complaint_names_the_packet_as_its_sender_knows_it(nat: Nat) -> None:
    nat.outbound(udp(ALICE, SITE, (5000, 53)), 0)
    answer = nat.inbound(udp(SITE, EXIT, (53, 40000)), 1)
    assert isinstance(answer, ToTunnel)
    complaint = Packet(ALICE, SITE, Icmp(IcmpKind.PORT_UNREACHABLE, answer.packet))
    assert nat.outbound(complaint, 2) == ToInternet(
        Packet(
            EXIT,
            SITE,
            Icmp(IcmpKind.PORT_UNREACHABLE, udp(SITE, EXIT, (53, 40000), ttl=63)),
            63,
        )
    )


def test_the_exit_is_a_hop_and_says_so_when_a_packet_dies_there(nat: Nat) -> None:
    dying = udp(ALICE, SITE, (5000, 53), ttl=1)
    assert nat.outbound(dying, 0) == ToTunnel(
        Packet(GATEWAY, ALICE, Icmp(IcmpKind.TIME_EXCEEDED, dying))
    )
    nat.outbound(udp(ALICE, SITE, (5000, 53)), 0)
    late = udp(SITE, EXIT, (53, 40000), ttl=1)
    assert nat.inbound(late, 0) == ToInternet(
        Packet(EXIT, SITE, Icmp(IcmpKind.TIME_EXCEEDED, late))
    )


def test_without_ipv6_the_exit_refuses_it_at_once() -> None:
    nat = Nat((EXIT,), (GATEWAY, GATEWAY6))
    packet = tcp(ALICE6, SITE6, (5000, 443), SYN)
    assert nat.outbound(packet, 0) == ToTunnel(
        Packet(GATEWAY6, ALICE6, Icmp(IcmpKind.NETWORK_UNREACHABLE, packet))
    )


def test_an_error_is_never_answered_with_an_error(nat: Nat) -> None:
    error = Icmp(IcmpKind.PORT_UNREACHABLE, udp(SITE, ALICE, (53, 5000)))
    assert nat.outbound(Packet(ALICE, SITE, error, ttl=1), 0) is None


# --- what is not carried ------------------------------------------------------------


@pytest.mark.parametrize(
    "packet",
    [
        udp(OTHER, EXIT, (53, 40000)),  # another host than the one spoken to
        udp(SITE, EXIT, (54, 40000)),  # another port of it
        udp(SITE, EXIT, (53, 40001)),
        tcp(SITE, EXIT, (53, 40000), ACK),
        Packet(SITE, EXIT, Icmp(IcmpKind.ECHO_REQUEST, None, 40000)),
        Packet(ROUTER, EXIT, Icmp(IcmpKind.TIME_EXCEEDED, udp(EXIT, OTHER, (40000, 53)))),
        Packet(ROUTER, EXIT, Icmp(IcmpKind.TIME_EXCEEDED)),
        Packet(ROUTER, EXIT, Icmp(IcmpKind.TIME_EXCEEDED, udp(EXIT, SITE, (40000, 53))), ttl=1),
    ],
)
def test_what_no_client_asked_for_is_left_to_the_exits_host(nat: Nat, packet: Packet) -> None:
    nat.outbound(udp(ALICE, SITE, (5000, 53)), 0)
    assert nat.inbound(packet, 1) is None


@pytest.mark.parametrize(
    "packet",
    [
        udp(ALICE, EXIT, (5000, 51820)),
        udp(ALICE, GATEWAY, (5000, 53)),
        Packet(ALICE, SITE, Icmp(IcmpKind.ECHO_REPLY, None, 7)),
        Packet(ALICE, SITE, Icmp(IcmpKind.PORT_UNREACHABLE, udp(SITE, ALICE, (53, 5000)))),
        Packet(ALICE, SITE, Icmp(IcmpKind.PORT_UNREACHABLE, udp(SITE, BRUNO, (53, 5000)))),
        Packet(ALICE, SITE, Icmp(IcmpKind.PORT_UNREACHABLE)),
    ],
)
def test_what_has_no_business_outside_is_dropped(nat: Nat, packet: Packet) -> None:
    assert nat.outbound(packet, 0) is None
    assert len(nat) == 0


# --- forgetting ---------------------------------------------------------------------


def answered(nat: Nat, now: int) -> bool:
    return nat.inbound(udp(SITE, EXIT, (53, 40000)), now) is not None


def test_a_silent_flow_is_forgotten_after_five_minutes_and_use_keeps_it(nat: Nat) -> None:
    nat.outbound(udp(ALICE, SITE, (5000, 53)), 0)
    assert answered(nat, 5 * MINUTE - 1)
    assert answered(nat, 10 * MINUTE - 2)
    assert not answered(nat, 15 * MINUTE - 2)
    # The client's next packet opens a flow anew, with another port.
    assert nat.outbound(udp(ALICE, SITE, (5000, 53)), 15 * MINUTE) == ToInternet(
        udp(EXIT, SITE, (40001, 53), 63)
    )
    assert len(nat) == 1


def tcp_answered(nat: Nat, now: int) -> bool:
    return nat.inbound(tcp(SITE, EXIT, (443, 40000), ACK), now) is not None


def test_a_connection_is_kept_for_two_hours_once_it_is_answered(nat: Nat) -> None:
    nat.outbound(tcp(ALICE, SITE, (5000, 443), SYN), 0)
    nat.inbound(tcp(SITE, EXIT, (443, 40000), SYN | ACK), 1 * SECOND)
    assert tcp_answered(nat, 124 * MINUTE)
    assert not tcp_answered(nat, 248 * MINUTE)


@pytest.mark.parametrize("ending", ["both sides finish", "reset"])
def test_a_connection_that_has_ended_is_forgotten_after_four_minutes(nat: Nat, ending: str) -> None:
    nat.outbound(tcp(ALICE, SITE, (5000, 443), SYN), 0)
    nat.inbound(tcp(SITE, EXIT, (443, 40000), SYN | ACK), 0)
    if ending == "reset":
        nat.inbound(tcp(SITE, EXIT, (443, 40000), RST), 0)
    else:
        nat.outbound(tcp(ALICE, SITE, (5000, 443), FIN | ACK), 0)
        assert tcp_answered(nat, 5 * MINUTE)  # half closed is not ended
        nat.inbound(tcp(SITE, EXIT, (443, 40000), FIN | ACK), 5 * MINUTE)
    assert not tcp_answered(nat, 9 * MINUTE)


def test_an_unanswered_call_is_forgotten_after_four_minutes(nat: Nat) -> None:
    nat.outbound(tcp(ALICE, SITE, (5000, 443), SYN), 0)
    assert not tcp_answered(nat, 4 * MINUTE)


def test_forgotten_flows_are_swept_out(nat: Nat) -> None:
    for port in range(1000, 1100):
        nat.outbound(udp(ALICE, SITE, (port, 53)), 0)
    assert len(nat) == 100
    nat.outbound(udp(ALICE, SITE, (2000, 53)), 5 * MINUTE)
    assert len(nat) == 1


def test_ports_are_used_again_for_other_sites_and_run_out_for_one() -> None:
    nat = Nat((EXIT,))
    for number in range(LAST_PORT - FIRST_PORT + 1):
        nat.outbound(udp(ALICE, SITE, (number, 53)), 0)
    assert nat.outbound(udp(BRUNO, SITE, (1, 53)), 0) is None
    assert nat.outbound(udp(BRUNO, OTHER, (1, 53)), 0) == ToInternet(
        udp(EXIT, OTHER, (40000, 53), 63)
    )


def test_no_flow_gets_a_port_on_which_the_exit_itself_may_wait() -> None:
    """Answers to WireGuard's port or to a client port of the exit would never reach a customer."""
    nat = Nat((EXIT,))
    used: dict[int, None] = {}
    for number in range(20_000):
        # To another site each time: no port is taken, and the numbers go all the way round.
        site = f"198.18.{number >> 8}.{number & 255}"
        decision = nat.outbound(udp(ALICE, site, (5000, 53)), 0)
        assert isinstance(decision, ToInternet)
        body = decision.packet.body
        assert isinstance(body, Datagram)
        used[body.source_port] = None
    assert len(used) == LAST_PORT - FIRST_PORT + 1
    assert WIREGUARD not in used
    assert max(used) < EPHEMERAL_FIRST
