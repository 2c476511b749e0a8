"""The lab's ping and traceroute: the way to a machine, in the shapes that students know."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.measures import AddressAction, AddressMeasure

COCO = "198.18.20.10"


def test_ping_tells_each_reply_and_sums_up(terminal: Any) -> None:
    said = terminal("ping -c 2 coco.xg")
    assert said.out == (
        f"PING coco.xg ({COCO}) 56(84) bytes of data.\n"
        f"64 bytes from {COCO}: icmp_seq=1 ttl=61 time=50.0 ms\n"
        f"64 bytes from {COCO}: icmp_seq=2 ttl=61 time=50.0 ms\n"
        "\n"
        "--- coco.xg ping statistics ---\n"
        "2 packets transmitted, 2 received, 0% packet loss, time 1000ms\n"
        "rtt min/avg/max/mdev = 50.000/50.000/50.000/0.000 ms\n"
    )
    assert said.status == 0


def test_ping_by_ipv6_and_with_other_sizes(terminal: Any) -> None:
    six = terminal("ping -6 -c1 coco.xg").out
    assert six.startswith("PING coco.xg(2001:db8:20::10) 56 data bytes\n64 bytes from 2001:db8")
    large = terminal("ping -qc1 -s 1000 coco.xg").out
    assert large.startswith(f"PING coco.xg ({COCO}) 1000(1028) bytes of data.\n\n---")


def test_ping_into_silence_ends_with_1(terminal: Any) -> None:
    terminal.order(AddressMeasure((COCO,)))
    said = terminal(f"ping -c 2 -W 1 {COCO}")
    assert said.out == (
        f"PING {COCO} ({COCO}) 56(84) bytes of data.\n\n--- {COCO} ping statistics ---\n"
        "2 packets transmitted, 0 received, 100% packet loss, time 2000ms\n\n"
    )
    assert said.status == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ping -c1 198.18.20.99", "From 198.18.20.1 icmp_seq=1 Destination Host Unreachable"),
        ("ping -c1 198.18.99.9", "From 198.18.1.1 icmp_seq=1 Destination Net Unreachable"),
        ("ping -c1 -t 2 coco.xg", "From 198.18.0.1 icmp_seq=1 Time to live exceeded"),
    ],
)
def test_ping_repeats_what_routers_say(terminal: Any, line: str, words: str) -> None:
    said = terminal(line)
    assert words in said.out.splitlines()
    assert "1 packets transmitted, 0 received, +1 errors, 100% packet loss" in said.out
    assert said.status == 1


def test_a_filter_that_says_so(terminal: Any) -> None:
    terminal.order(AddressMeasure((COCO,), AddressAction.REJECT))
    assert "icmp_seq=1 Packet filtered" in terminal(f"ping -c1 {COCO}").out
    hops = terminal(f"traceroute -n -q1 {COCO}").out.splitlines()
    assert hops[-1] == " 2  198.18.1.1  10.000 ms !X"


def test_names_that_lead_nowhere(terminal: Any) -> None:
    said = terminal("ping nosuch.test")
    assert (said.status, said.err) == (2, "ping: nosuch.test: Name or service not known\n")
    assert terminal("ping -6 -c1 coco.xg", "lyon").err == "ping: connect: Network is unreachable\n"
    traced = terminal("traceroute nosuch.test")
    assert traced.err.startswith("nosuch.test: Name or service not known\n")
    assert traced.status == 2


def test_traceroute_names_each_router(terminal: Any) -> None:
    assert terminal("traceroute coco.xg").out == (
        f"traceroute to coco.xg ({COCO}), 30 hops max, 60 byte packets\n"
        " 1  198.18.1.1 (198.18.1.1)  10.000 ms  10.000 ms  10.000 ms\n"
        " 2  198.18.0.1 (198.18.0.1)  18.000 ms  18.000 ms  18.000 ms\n"
        " 3  198.18.20.1 (198.18.20.1)  48.000 ms  48.000 ms  48.000 ms\n"
        f" 4  {COCO} ({COCO})  50.000 ms  50.000 ms  50.000 ms\n"
    )


@pytest.mark.parametrize("kind", ["-I", "-T", "-T -p 443", ""])
def test_every_kind_of_probe_arrives(terminal: Any, kind: str) -> None:
    lines = terminal(f"traceroute -n -q 1 {kind} coco.xg").out.splitlines()
    assert lines[1:] == [
        " 1  198.18.1.1  10.000 ms",
        " 2  198.18.0.1  18.000 ms",
        " 3  198.18.20.1  48.000 ms",
        f" 4  {COCO}  50.000 ms",
    ]


def test_traceroute_shows_where_packets_are_dropped(terminal: Any) -> None:
    terminal.order(AddressMeasure((COCO,)))
    said = terminal(f"traceroute -n -m 7 -w 2 {COCO}")
    assert said.out.splitlines()[1:] == [
        " 1  198.18.1.1  10.000 ms  10.000 ms  10.000 ms",
        *[f" {ttl}  * * *" for ttl in range(2, 8)],
    ]
    assert said.seconds == 4.0  # sixteen probes at a time, as a real one
    others = terminal(f"traceroute -n {COCO}", "brussels")
    assert others.out.splitlines()[-1].startswith(f" 4  {COCO}  ")


def test_a_tunnel_has_hops_of_its_own(terminal: Any) -> None:
    terminal.go_by("heron-nl")
    lines = terminal("traceroute -n -q1 coco.xg").out.splitlines()
    addresses = [line.split()[1] for line in lines[1:]]
    assert addresses == ["198.19.240.1", "198.18.40.1", "198.18.0.1", "198.18.20.1", COCO]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ping", "ping: exactly one destination is needed"),
        ("ping a.test b.test", "ping: exactly one destination is needed"),
        ("ping -c 0 coco.xg", "ping: -c takes a whole number from 1 to 65535, not '0'"),
        ("ping -i x coco.xg", "ping: -i takes a number, not 'x'"),
        ("ping -46 coco.xg", "ping: -4 and -6 exclude each other"),
        ("ping -f coco.xg", "ping: -f is not simulated in the lab"),
        ("traceroute -IT coco.xg", "traceroute: -I and -T exclude each other"),
        ("traceroute --nope coco.xg", "traceroute: option --nope is unknown"),
        ("traceroute -z 1 coco.xg", "traceroute: -z is not simulated in the lab"),
    ],
)
def test_what_is_not_taken_is_told_with_the_usage(terminal: Any, line: str, sentence: str) -> None:
    said = terminal(line)
    assert said.status == 2
    assert said.err.splitlines()[0] == sentence
    assert said.err.splitlines()[1].startswith(line.split()[0] + ": " + line.split()[0])
