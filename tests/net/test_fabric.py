"""Paths, TTLs, errors of the network, taps, and the closed world."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any

import pytest

from simulator.net import Host, Network, Tap, Topology
from simulator.values import Datagram, Icmp, IcmpKind, Packet


def icmp_heard(host: Host) -> list[tuple[int, Packet]]:
    heard: list[tuple[int, Packet]] = []
    host.listen_icmp(lambda packet: heard.append((host.fabric.now(), packet)))
    return heard


def let_pass(internet: Any, seconds: float = 1) -> None:
    internet.on(internet.alice, asyncio.sleep(seconds))


def test_a_trace_finds_every_router_and_then_the_host(internet: Any) -> None:
    """Each hop takes one from the TTL; the router where it ends says so, at its distance."""
    heard = icmp_heard(internet.alice)
    for ttl in (1, 2, 3, 4):
        internet.alice.send(
            Packet("192.0.2.10", "198.51.100.20", Icmp(IcmpKind.ECHO_REQUEST, sequence=ttl), ttl)
        )
    let_pass(internet)
    assert [(at, packet.source, packet.body.kind) for at, packet in heard] == [
        (2_000, "192.0.2.1", IcmpKind.TIME_EXCEEDED),
        (6_000, "203.0.113.1", IcmpKind.TIME_EXCEEDED),
        (22_000, "198.51.100.1", IcmpKind.TIME_EXCEEDED),
        (24_000, "198.51.100.20", IcmpKind.ECHO_REPLY),
    ]


def test_a_packet_arrives_with_what_is_left_of_its_ttl(internet: Any) -> None:
    tap = Tap("bob")
    internet.bob.taps = [tap]
    internet.alice.send(Packet("192.0.2.10", "198.51.100.20", Datagram(1, 2, b""), 64))
    let_pass(internet)
    assert tap.packets[0][1].ttl == 61


@pytest.mark.parametrize(
    ("destination", "router", "kind"),
    [
        ("198.51.100.99", "198.51.100.1", IcmpKind.HOST_UNREACHABLE),
        ("198.18.0.1", "192.0.2.1", IcmpKind.NETWORK_UNREACHABLE),
        ("8.8.8.8", "192.0.2.1", IcmpKind.NETWORK_UNREACHABLE),
        ("2001:db8:3::99", "2001:db8:3::1", IcmpKind.HOST_UNREACHABLE),
        ("2001:4860::1", "2001:db8:1::1", IcmpKind.NETWORK_UNREACHABLE),
    ],
)
def test_what_is_not_in_the_world_is_unreachable_and_the_right_router_says_so(
    internet: Any, destination: str, router: str, kind: IcmpKind
) -> None:
    heard = icmp_heard(internet.alice)
    internet.alice.send(
        Packet(internet.alice.source_for(destination), destination, Datagram(1000, 53, b"?"))
    )
    let_pass(internet)
    assert [(packet.source, packet.body.kind) for _, packet in heard] == [(router, kind)]


def test_a_host_without_ipv6_has_no_route_to_ipv6(internet: Any) -> None:
    carol = internet.host("carol", internet.home, "192.0.2.30")

    async def call() -> None:
        await asyncio.open_connection("2001:db8:3::20", 80)

    with pytest.raises(OSError, match="Connect call failed") as caught:
        internet.on(carol, call())
    assert caught.value.errno == errno.ENETUNREACH
    assert internet.loop.time() == 0.0


def test_a_machine_without_power_is_silent(internet: Any) -> None:
    heard = icmp_heard(internet.alice)
    internet.bob.powered = False
    internet.alice.send(Packet("192.0.2.10", "198.51.100.20", Datagram(1, 2, b"")))
    let_pass(internet)
    assert heard == []


def test_routers_answer_ping(internet: Any) -> None:
    heard = icmp_heard(internet.alice)
    internet.alice.send(
        Packet("192.0.2.10", "203.0.113.1", Icmp(IcmpKind.ECHO_REQUEST, None, 7, 1, b"hi"))
    )
    let_pass(internet)
    assert [(p.source, p.body) for _, p in heard] == [
        ("203.0.113.1", Icmp(IcmpKind.ECHO_REPLY, None, 7, 1, b"hi"))
    ]


def test_localhost_is_the_machine_itself(internet: Any) -> None:
    async def both() -> bytes:
        async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"me")
            writer.close()

        await asyncio.start_server(handle, "localhost", 8000)
        reader, writer = await asyncio.open_connection("localhost", 8000)
        data = await reader.read()
        writer.close()
        return data

    assert internet.on(internet.alice, both()) == b"me"


def test_paths_follow_the_least_latency_then_the_fewest_hops() -> None:
    topology = Topology()
    a, b, c, d = (topology.add(Network(n, prefixes=[])) for n in "abcd")
    topology.link(a, b, 1_000)
    topology.link(b, d, 1_000)
    topology.link(a, c, 500)
    topology.link(c, d, 2_000)
    path = topology.path(a, d)
    assert path is not None
    assert [(hop.network.name, hop.offset) for hop in path.hops] == [
        ("a", 0),
        ("b", 1_000),
        ("d", 2_000),
    ]
    topology.link(a, d, 2_000)
    shorter = topology.path(a, d)
    assert shorter is not None
    assert [hop.network.name for hop in shorter.hops] == ["a", "d"]


def test_networks_without_a_link_are_unreachable(internet: Any) -> None:
    island = internet.network("island", "198.18.9.0/24")
    internet.host("dave", island, "198.18.9.10")
    heard = icmp_heard(internet.alice)
    internet.alice.send(Packet("192.0.2.10", "198.18.9.10", Datagram(1, 2, b"")))
    let_pass(internet)
    assert [packet.body.kind for _, packet in heard] == [IcmpKind.NETWORK_UNREACHABLE]


def test_an_address_belongs_to_one_host(internet: Any) -> None:
    with pytest.raises(ValueError, match="already the address of 'bob'"):
        internet.host("mallory", internet.abroad, "198.51.100.20")
    with pytest.raises(ValueError, match="already a host"):
        internet.host("bob", internet.abroad, "198.51.100.21")


def test_taps_see_hosts_networks_and_everything(internet: Any) -> None:
    everything, transit = Tap("all"), Tap("transit")
    internet.fabric.taps.append(everything)
    internet.transit.taps.append(transit)
    internet.fabric.topology.forget_paths()
    internet.alice.send(Packet("192.0.2.10", "198.51.100.20", Datagram(1, 2, b"x")))
    internet.host("eve", internet.home, "192.0.2.66")
    internet.alice.send(Packet("192.0.2.10", "192.0.2.66", Datagram(1, 2, b"x")))
    let_pass(internet)
    assert [at for at, _ in transit.packets] == [3_000, 13_000 + 8_000 - 1_000 + 1_000]
    assert [(at, type(p.body).__name__) for at, p in everything.packets] == [
        (0, "Datagram"),
        (0, "Datagram"),
        (2_000, "Icmp"),
        (12_000, "Icmp"),
    ]


def test_a_link_is_tapped_in_both_directions_with_the_ttl_that_is_left(internet: Any) -> None:
    """What is dropped before the link, or dies before it, does not cross it."""
    tap = Tap("home--transit")
    internet.fabric.topology.tap_link(internet.home, internet.transit, tap)
    for ttl in (1, 2, 64):
        internet.alice.send(
            Packet("192.0.2.10", "198.51.100.20", Icmp(IcmpKind.ECHO_REQUEST, None, ttl), ttl)
        )
    let_pass(internet)
    assert [(at, packet.source, packet.body.kind, packet.ttl) for at, packet in tap.packets] == [
        (1_000, "192.0.2.10", IcmpKind.ECHO_REQUEST, 1),
        (1_000, "192.0.2.10", IcmpKind.ECHO_REQUEST, 63),
        (3_000, "203.0.113.1", IcmpKind.TIME_EXCEEDED, 64),
        (21_000, "198.51.100.20", IcmpKind.ECHO_REPLY, 62),
    ]
    with pytest.raises(KeyError):
        internet.fabric.topology.tap_link(internet.home, internet.abroad, tap)


def test_an_error_never_answers_an_error(internet: Any) -> None:
    heard = icmp_heard(internet.alice)
    lost = Packet("192.0.2.10", "198.51.100.99", Datagram(1, 2, b""))
    internet.alice.send(
        Packet("192.0.2.10", "198.51.100.99", Icmp(IcmpKind.PORT_UNREACHABLE, lost))
    )
    let_pass(internet)
    assert heard == []


def test_the_same_seed_gives_the_same_ports_and_numbers(make_internet: Callable[..., Any]) -> None:
    def first_syn(seed: int) -> tuple[int, int]:
        internet = make_internet(seed=seed)
        tap = Tap("all")
        internet.fabric.taps.append(tap)

        async def call() -> None:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("198.51.100.20", 80)

        internet.on(internet.alice, call())
        return tap.packets[0][1].body.source_port, tap.packets[0][1].body.sequence

    assert first_syn(1) == first_syn(1)
    assert first_syn(1) != first_syn(2)


def test_one_hosts_randomness_does_not_disturb_anothers(make_internet: Callable[..., Any]) -> None:
    quiet, busy = make_internet(), make_internet()
    for _ in range(100):
        busy.alice.random.random()
    assert quiet.bob.random.random() == busy.bob.random.random()


def test_an_idle_host_takes_less_than_four_kilobytes(internet: Any) -> None:
    import tracemalloc

    count = 1_000
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(count):
        internet.host(f"idle-{number}", internet.abroad, f"198.18.{number // 250}.{number % 250}")
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / count < 4_096
