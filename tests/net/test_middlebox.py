"""What rules on a router may do, and who remembers what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from simulator.net import Flow
from simulator.values import (
    PASS,
    Address,
    Datagram,
    Delay,
    Direction,
    Drop,
    IcmpKind,
    Inject,
    Instant,
    Packet,
    Redirect,
    Reject,
    Reset,
    Segment,
    Verdict,
)


class Answer:
    """A rule that gives one verdict to every packet for a port."""

    def __init__(self, name: str, verdict: Verdict, port: int = 9) -> None:
        self.name = name
        self._verdict = verdict
        self._port = port

    def concerns(self, packet: Packet) -> bool:
        return getattr(packet.body, "destination_port", None) == self._port

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        return self._verdict


class Collector(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.got: list[tuple[float, bytes, tuple[Any, ...]]] = []
        self.errors: list[Exception] = []

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.got.append((asyncio.get_running_loop().time(), data, addr[:2]))

    def error_received(self, exc: Exception) -> None:
        self.errors.append(exc)


def bind(internet: Any, host: Any, address: Address, port: int) -> Collector:
    async def start() -> Any:
        return await internet.loop.create_datagram_endpoint(Collector, (address, port))

    return internet.on(host, start())[1]


def send(internet: Any, data: bytes = b"x", port: int = 9) -> Collector:
    async def start() -> Any:
        transport, protocol = await internet.loop.create_datagram_endpoint(
            Collector, ("192.0.2.10", 5000), ("198.51.100.20", port)
        )
        transport.sendto(data)
        await asyncio.sleep(1)
        transport.close()
        return protocol

    return internet.on(internet.alice, start())


def rules(internet: Any) -> Any:
    return internet.fabric.middlebox(internet.home)


def test_drop_leaves_no_trace_but_in_the_journal(internet: Any) -> None:
    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("r", Answer("ip-drop", Drop()))
    alice = send(internet)
    assert (bob.got, alice.got, alice.errors) == ([], [], [])
    assert [(e.at, e.who, e.what, e.details["rule"]) for e in internet.journal] == [
        (1_000, "home", "packet dropped", "ip-drop")
    ]


def test_delay_holds_back_and_then_lets_through(internet: Any) -> None:
    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("r", Answer("slow", Delay(500_000)))
    send(internet)
    assert bob.got == [(0.512, b"x", ("192.0.2.10", 5000))]


def test_a_delay_does_not_shield_from_the_rules_of_the_next_network(internet: Any) -> None:
    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("r", Answer("slow", Delay(500_000)))
    internet.fabric.middlebox(internet.abroad).put("r", Answer("drop", Drop()))
    send(internet)
    assert bob.got == []
    assert [(e.at, e.what) for e in internet.journal] == [
        (1_000, "packet delayed"),
        (511_000, "packet dropped"),
    ]


def test_reject_comes_back_as_an_error_from_the_router(internet: Any) -> None:
    rules(internet).put("r", Answer("ip-reject", Reject(IcmpKind.PROHIBITED)))
    alice = send(internet)
    assert [type(error) for error in alice.errors] == [OSError]


def test_injection_races_the_truth_and_wins_by_being_nearer(internet: Any) -> None:
    bind(internet, internet.bob, "198.51.100.20", 9)
    forged = Packet("198.51.100.20", "192.0.2.10", Datagram(9, 5000, b"forged"))
    rules(internet).put("r", Answer("inject", Inject((forged,), forward=True)))

    async def answer() -> None:
        transport, _collector = await internet.loop.create_datagram_endpoint(
            Collector, ("198.51.100.20", 10)
        )
        transport.sendto(b"", ("192.0.2.10", 1))

    internet.on(internet.bob, answer())
    alice = send(internet)
    assert [(data, source) for _, data, source in alice.got] == [(b"forged", ("198.51.100.20", 9))]


def test_redirect_answers_in_the_name_of_whom_the_client_asked(internet: Any) -> None:
    carol = internet.host("carol", internet.home, "192.0.2.53")

    class Echo(Collector):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
            super().datagram_received(data, addr)
            self.transport.sendto(b"from carol", addr)

    async def serve() -> Any:
        return await internet.loop.create_datagram_endpoint(Echo, ("192.0.2.53", 5353))

    _, echo = internet.on(carol, serve())
    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("r", Answer("intercept", Redirect("192.0.2.53", 5353)))
    alice = send(internet)
    assert bob.got == []
    assert [source for _, _, source in echo.got] == [("192.0.2.10", 5000)]
    assert [(data, source) for _, data, source in alice.got] == [
        (b"from carol", ("198.51.100.20", 9))
    ]


def test_a_redirected_tcp_connection_works_in_both_directions(internet: Any) -> None:
    carol = internet.host("carol", internet.home, "192.0.2.80")

    async def serve() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"carol heard " + await reader.readexactly(3))
            writer.close()

        await asyncio.start_server(handle, "192.0.2.80", 80)

    async def call() -> tuple[bytes, Any]:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"hey")
        data = await reader.read()
        writer.close()
        return data, writer.get_extra_info("peername")

    internet.on(carol, serve())
    rules(internet).put("r", Answer("intercept", Redirect("192.0.2.80"), port=80))
    assert internet.on(internet.alice, call()) == (b"carol heard hey", ("198.51.100.20", 80))


def test_the_first_rule_that_does_not_pass_wins(internet: Any) -> None:
    box = rules(internet)
    box.put("a", Answer("passes", PASS))
    box.put("b", Answer("drops", Drop()))
    box.put("c", Answer("rejects", Reject()))
    alice = send(internet)
    assert alice.errors == []
    assert [entry.details["rule"] for entry in internet.journal] == ["drops"]
    box.lift("b")
    assert len(send(internet).errors) == 1


def test_a_lifted_rule_is_gone_at_once(internet: Any) -> None:
    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("r", Answer("ip-drop", Drop()))
    send(internet)
    rules(internet).lift("r")
    send(internet)
    assert len(bob.got) == 1
    with pytest.raises(KeyError):
        rules(internet).lift("r")


def test_flow_state_belongs_to_the_flow_and_never_to_the_rule(internet: Any) -> None:
    """After an innocent first message on one flow, the next flow is judged afresh."""

    class FirstWord:
        name = "first word"

        def concerns(self, packet: Packet) -> bool:
            return isinstance(packet.body, Datagram)

        def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
            assert isinstance(packet.body, Datagram)
            return flow.memory.setdefault("r", Drop() if packet.body.data == b"forbidden" else PASS)

    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("r", FirstWord())

    async def talk(port: int, *words: bytes) -> None:
        transport, _ = await internet.loop.create_datagram_endpoint(
            Collector, ("192.0.2.10", port), ("198.51.100.20", 9)
        )
        for word in words:
            transport.sendto(word)
            await asyncio.sleep(1)
        transport.close()

    internet.on(internet.alice, talk(6000, b"hello", b"forbidden"))
    internet.on(internet.alice, talk(6001, b"forbidden", b"hello"))
    assert [(data, source[1]) for _, data, source in bob.got] == [
        (b"hello", 6000),
        (b"forbidden", 6000),
    ]


def test_both_directions_are_one_flow_and_an_idle_one_is_forgotten(internet: Any) -> None:
    flows: list[int] = []

    class Watch:
        name = "watch"

        def concerns(self, packet: Packet) -> bool:
            return True

        def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
            flow.memory.setdefault("first", now)
            flows.append(flow.memory["first"])
            return PASS

    rules(internet).put("r", Watch())
    send(internet)  # nobody listens: the error comes back as another flow, ICMP
    send(internet)
    assert flows[0] == flows[2]
    internet.on(internet.alice, asyncio.sleep(301))
    send(internet)
    assert flows[4] > 300_000_000


def test_a_rule_at_the_border_does_not_meet_what_stays_within(internet: Any) -> None:
    carol = internet.host("carol", internet.home, "192.0.2.80")
    near = bind(internet, carol, "192.0.2.80", 9)
    far = bind(internet, internet.bob, "198.51.100.20", 9)

    async def say(*addresses: Address) -> None:
        transport, _ = await internet.loop.create_datagram_endpoint(Collector, ("192.0.2.10", 5000))
        for address in addresses:
            transport.sendto(b"x", (address, 9))
        await asyncio.sleep(1)
        transport.close()

    box = rules(internet)
    for at_border, arrived in ((True, (1, 0)), (False, (1, 0)), (True, (2, 0))):
        box.put("r", Answer("cut", Drop()), at_border=at_border)  # each replaces the one before
        internet.on(internet.alice, say("192.0.2.80", "198.51.100.20"))
        assert (len(near.got), len(far.got)) == arrived
    box.lift("r")
    internet.on(internet.alice, say("192.0.2.80", "198.51.100.20"))
    assert (len(near.got), len(far.got)) == (3, 1)


def test_the_journal_tells_what_a_rule_saw_until_the_rule_is_lifted(internet: Any) -> None:
    class Reads(Answer):
        def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
            assert isinstance(packet.body, Datagram)
            if packet.body.data:
                flow.seen["r"] = packet.body.data.decode()
            return self._verdict

    box = rules(internet)
    box.put("r", Reads("r", Drop()))
    send(internet, b"a word")
    send(internet, b"")
    box.lift("r")
    box.put("r", Answer("r", Drop()))
    send(internet)
    assert [entry.details.get("seen") for entry in internet.journal] == ["a word", "a word", None]


def test_direction_is_told_from_the_networks_own_hosts(internet: Any) -> None:
    seen: list[tuple[str, Direction]] = []

    class Note:
        def __init__(self, name: str) -> None:
            self.name = name

        def concerns(self, packet: Packet) -> bool:
            return isinstance(packet.body, Segment)

        def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
            seen.append((self.name, direction))
            return PASS

    for network in (internet.home, internet.transit, internet.abroad):
        internet.fabric.middlebox(network).put("n", Note(network.name))

    async def call() -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("198.51.100.20", 80)

    internet.on(internet.alice, call())
    assert seen == [
        ("home", Direction.OUTBOUND),
        ("transit", Direction.TRANSIT),
        ("abroad", Direction.INBOUND),
        ("abroad", Direction.OUTBOUND),
        ("transit", Direction.TRANSIT),
        ("home", Direction.INBOUND),
    ]


def test_a_reset_can_strike_both_ends(internet: Any) -> None:
    lost: list[BaseException | None] = []

    class Server(asyncio.Protocol):
        def connection_lost(self, exc: BaseException | None) -> None:
            lost.append(exc)

    class OnData(Answer):
        def concerns(self, packet: Packet) -> bool:
            return isinstance(packet.body, Segment) and bool(packet.body.data)

    async def serve() -> None:
        await internet.loop.create_server(Server, "198.51.100.20", 80)

    async def call() -> None:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        await asyncio.sleep(1)
        writer.close()

    internet.on(internet.bob, serve())
    rules(internet).put("r", OnData("rst", Reset(both_ways=True)))
    internet.on(internet.alice, call())
    assert [type(error) for error in lost] == [ConnectionResetError]


def test_what_was_held_back_still_meets_the_rules_behind(internet: Any) -> None:
    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("slow", Answer("slow", Delay(5_000)))
    rules(internet).put("drop", Answer("drop", Drop()))
    send(internet)
    assert bob.got == []
    told = [(e.at, e.what, e.details["rule"]) for e in internet.journal]
    assert told == [(1_000, "packet delayed", "slow"), (6_000, "packet dropped", "drop")]


def test_a_border_that_is_cut_meanwhile_stops_what_was_held_back(internet: Any) -> None:
    bob = bind(internet, internet.bob, "198.51.100.20", 9)
    rules(internet).put("slow", Answer("slow", Delay(5_000)))

    async def story() -> None:
        await asyncio.sleep(0.003)
        rules(internet).put("cut", Answer("cut", Drop()), at_border=True)

    internet.on(internet.bob, _beside(story(), internet, internet.alice))
    assert bob.got == []
    assert [e.details["rule"] for e in internet.journal] == ["slow", "cut"]


async def _beside(story: Any, internet: Any, alice: Any) -> None:
    async def sending() -> None:
        transport, _ = await internet.loop.create_datagram_endpoint(
            Collector, ("192.0.2.10", 5000), ("198.51.100.20", 9)
        )
        transport.sendto(b"x")
        await asyncio.sleep(1)
        transport.close()

    task = internet.loop.run_on(alice, sending())
    await story
    await task


def test_a_cut_border_goes_before_what_would_answer(internet: Any) -> None:
    forged = Packet("198.51.100.20", "192.0.2.10", Datagram(9, 5000, b"forged"))
    rules(internet).put("inject", Answer("inject", Inject((forged,))))
    rules(internet).put("cut", Answer("cut", Drop()), at_border=True)
    assert send(internet).got == []
    assert [e.details["rule"] for e in internet.journal] == ["cut"]
