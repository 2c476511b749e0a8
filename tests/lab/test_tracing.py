"""Packets of small TTL find where a path ends, and where somebody on it answers in its place."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Coroutine
from typing import Any

import pytest

from simulator import Lab
from simulator.lab.tracing import (
    DATA,
    NO_CONNECTION,
    RESET,
    SYN_ACK,
    HopSeen,
    Reply,
    Tracer,
)
from simulator.measures import (
    AddressAction,
    AddressMeasure,
    HttpMeasure,
    Measure,
    SniAction,
    SniMeasure,
)
from simulator.net import Host
from simulator.values import IcmpKind

ROUTERS = ("198.18.1.1", "198.18.0.1", "198.18.20.1")
"""From Paris to the machine of coco.xg: its provider, transit, the host's network."""
COCO = "198.18.20.10"
ELAPSED = (10_000, 18_000, 48_000, 50_000)
REQUEST = b"GET / HTTP/1.1\r\nHost: coco.xg\r\nConnection: close\r\n\r\n"
EXCEEDED = IcmpKind.TIME_EXCEEDED.value


def paris(lab: Lab) -> Host:
    return lab.people.person("paris").host


def on_paris(lab: Lab, program: Coroutine[Any, Any, Any]) -> Any:
    async def run() -> Any:
        return await lab.loop.run_on(paris(lab), program)

    return lab.run(run())


def block(lab: Lab, measure: Measure, name: str | None = None) -> None:
    lab.run(lab.order("court-fr", "alpha-telecom", measure, name, key="block"))


def client_hello(name: str) -> bytes:
    import ssl

    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def nothing_is_left(lab: Lab) -> bool:
    host = paris(lab)
    return not host.connections and not host.datagram_ports and not host._icmp_listeners


@pytest.mark.parametrize(
    ("kind", "port", "last"),
    [
        ("udp", None, IcmpKind.PORT_UNREACHABLE.value),
        ("icmp", None, IcmpKind.ECHO_REPLY.value),
        ("tcp", 443, SYN_ACK),
        ("tcp", 9, RESET),
    ],
)
def test_each_router_says_where_the_packet_died_and_the_server_answers_in_its_own_way(
    lab: Lab, kind: str, port: int | None, last: str
) -> None:
    hops = on_paris(lab, Tracer(paris(lab)).trace(COCO, kind=kind, port=port))
    routers = [
        HopSeen(ttl, router, EXCEEDED, elapsed)
        for ttl, (router, elapsed) in enumerate(zip(ROUTERS, ELAPSED, strict=False), 1)
    ]
    assert hops == (*routers, HopSeen(4, COCO, last, ELAPSED[3]))
    assert nothing_is_left(lab)


def test_a_udp_service_that_answers_is_heard(lab: Lab) -> None:
    query = bytes.fromhex("123401000001000000000000") + b"\4coco\2xg\0\0\1\0\1"
    probe = Tracer(paris(lab)).probe("198.18.1.53", 64, port=53, data=query)
    reply = on_paris(lab, probe)
    assert (reply.kind, reply.address) == ("datagram", "198.18.1.53")


def test_silence_lasts_exactly_as_long_as_one_waits(lab: Lab) -> None:
    block(lab, AddressMeasure((COCO,)))
    probe = Tracer(paris(lab)).probe(COCO, 64, kind="icmp", timeout=2.5)
    assert on_paris(lab, probe) == Reply(None, None, 2_500_000)
    assert nothing_is_left(lab)


def test_the_last_hop_that_answers_is_the_one_that_drops(lab: Lab) -> None:
    block(lab, AddressMeasure((COCO,)))
    hops = on_paris(lab, Tracer(paris(lab)).trace(COCO, most=5, queries=2))
    assert [(hop.ttl, hop.address, hop.what) for hop in hops] == [
        *[(1, ROUTERS[0], EXCEEDED)] * 2,
        *[(ttl, None, None) for ttl in (2, 3, 4, 5) for _ in range(2)],
    ]


def test_patience_ends_a_trace_into_silence(lab: Lab) -> None:
    block(lab, AddressMeasure((COCO,)))
    hops = on_paris(lab, Tracer(paris(lab)).trace(COCO, patience=2))
    assert [hop.ttl for hop in hops] == [1, 2, 3]


def test_an_icmp_error_ends_a_trace_and_names_who_says_so(lab: Lab) -> None:
    block(lab, AddressMeasure((COCO,), AddressAction.REJECT))
    hops = on_paris(lab, Tracer(paris(lab)).trace(COCO))
    assert hops[1:] == (HopSeen(2, ROUTERS[0], IcmpKind.PROHIBITED.value, 10_000),)


def test_a_request_that_nobody_minds_is_answered_by_the_server(lab: Lab) -> None:
    hops = on_paris(lab, Tracer(paris(lab)).trace_in_flow(COCO, 80, REQUEST))
    assert [(hop.address, hop.what, hop.router) for hop in hops] == [
        *[(router, EXCEEDED, router) for router in ROUTERS],
        (COCO, DATA, None),
    ]
    assert nothing_is_left(lab)


def test_a_reset_before_the_server_gives_the_box_away(lab: Lab) -> None:
    """The box is on router 1, which looks at what it passes on: TTL 2 is the first to meet it."""
    block(lab, SniMeasure("coco.xg"))
    tracer = Tracer(paris(lab))
    hops = on_paris(lab, tracer.trace_in_flow(COCO, 443, client_hello("coco.xg")))
    assert hops == (
        HopSeen(1, ROUTERS[0], EXCEEDED, 10_000, ROUTERS[0]),
        HopSeen(2, COCO, RESET, 10_000),
    )
    innocent = on_paris(lab, tracer.trace_in_flow(COCO, 443, client_hello("roses.test")))
    assert [hop.what for hop in innocent] == [EXCEEDED] * 3 + [DATA]


def test_a_page_before_the_server_gives_the_box_away(lab: Lab) -> None:
    block(lab, HttpMeasure("coco.xg"))
    hops = on_paris(lab, Tracer(paris(lab)).trace_in_flow(COCO, 80, REQUEST))
    assert [(hop.ttl, hop.what) for hop in hops] == [(1, EXCEEDED), (2, DATA)]


def test_a_hello_that_is_swallowed_leaves_silence_behind_the_box(lab: Lab) -> None:
    block(lab, SniMeasure("coco.xg", SniAction.DROP))
    trace = Tracer(paris(lab)).trace_in_flow(COCO, 443, client_hello("coco.xg"), patience=2)
    hops = on_paris(lab, trace)
    assert [(hop.ttl, hop.what) for hop in hops] == [(1, EXCEEDED), (2, None), (3, None)]


def test_without_a_connection_there_is_nothing_to_say(lab: Lab) -> None:
    trace = Tracer(paris(lab)).trace_in_flow(COCO, 9, REQUEST)
    assert on_paris(lab, trace) == (HopSeen(1, None, NO_CONNECTION, 50_000),)
    block(lab, AddressMeasure((COCO,)))
    trace = Tracer(paris(lab)).trace_in_flow(COCO, 80, REQUEST, timeout=1)
    assert on_paris(lab, trace) == (HopSeen(1, None, NO_CONNECTION, 2_000_000),)


def test_a_long_request_goes_out_in_segments(lab: Lab) -> None:
    long = b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: coco.xg\r\nConnection: close\r\n\r\n"
    hops = on_paris(lab, Tracer(paris(lab)).trace_in_flow(COCO, 80, long))
    assert hops[-1][:3] == (4, COCO, DATA)


def test_a_tunnel_is_taken_and_its_hops_are_seen(lab: Lab) -> None:
    lab.run(lab.connect("paris", "heron-nl"))
    hops = on_paris(lab, Tracer(paris(lab)).trace_in_flow(COCO, 80, REQUEST))
    assert [hop.router for hop in hops] == [
        "198.19.240.1",
        "198.18.40.1",
        "198.18.0.1",
        "198.18.20.1",
        None,
    ]


def test_a_machine_without_ipv6_cannot_probe_by_it(lab: Lab) -> None:
    lyon = lab.people.person("lyon").host
    with pytest.raises(OSError, match=os.strerror(errno.ENETUNREACH)):
        lab.run(Tracer(lyon).probe("2001:db8:20::10", 64))


def test_whoever_is_cancelled_leaves_nothing_behind(lab: Lab) -> None:
    block(lab, AddressMeasure((COCO,)))
    tracer = Tracer(paris(lab))

    async def story() -> None:
        tasks = [
            asyncio.ensure_future(tracer.probe(COCO, 64, kind="udp")),
            asyncio.ensure_future(tracer.probe(COCO, 64, kind="icmp")),
            asyncio.ensure_future(tracer.trace_in_flow(COCO, 80, REQUEST)),
        ]
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    on_paris(lab, story())
    assert nothing_is_left(lab)


def test_an_unknown_kind_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match="udp, icmp or tcp"):
        on_paris(lab, Tracer(paris(lab)).probe(COCO, 1, kind="sctp"))
