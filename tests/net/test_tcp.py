"""TCP as a capture shows it: flags, times, retransmission, errors."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from typing import Any

import pytest

from simulator.net import Flow, Tap
from simulator.values import (
    ACK,
    FIN,
    PASS,
    RST,
    SECOND,
    SYN,
    Direction,
    Drop,
    IcmpKind,
    Instant,
    Packet,
    Reject,
    Reset,
    Segment,
    Verdict,
)

ROUND_TRIP = 24_000
"""Alice to Bob and back: twice (1 + 2 + 8 + 1) ms."""


class Sieve:
    """A rule that judges the packets from Alice by a function of their number."""

    name = "sieve"

    def __init__(self, judge: Any) -> None:
        self._judge = judge
        self.count = 0

    def concerns(self, packet: Packet) -> bool:
        return packet.source == "192.0.2.10"

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        self.count += 1
        return self._judge(self.count, packet)


def put(internet: Any, judge: Any) -> Sieve:
    sieve = Sieve(judge)
    internet.fabric.middlebox(internet.home).put("sieve", sieve)
    return sieve


def flags(segment: Segment) -> str:
    names = ((SYN, "S"), (FIN, "F"), (RST, "R"), (ACK, "."))
    return "".join(letter for bit, letter in names if segment.flags & bit)


def watch(internet: Any) -> Tap:
    tap = Tap("all")
    internet.fabric.taps.append(tap)
    return tap


def lines(tap: Tap) -> list[tuple[Instant, str, str, int]]:
    return [
        (
            at,
            "alice" if packet.source == "192.0.2.10" else "bob",
            flags(packet.body),
            len(packet.body.data),
        )
        for at, packet in tap.packets
        if isinstance(packet.body, Segment)
    ]


async def serve(reply: bytes = b"", port: int = 80) -> Any:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read(100_000)
            writer.write(reply)
            await writer.drain()
            writer.close()

    return await asyncio.start_server(handle, "198.51.100.20", port)


async def fetch(request: bytes = b"x", port: int = 80) -> bytes:
    reader, writer = await asyncio.open_connection("198.51.100.20", port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()


def test_a_short_exchange_looks_like_one_in_a_capture(internet: Any) -> None:
    """Handshake, request, answer with its FIN, the other FIN; each at its exact time."""
    tap = watch(internet)
    internet.on(internet.bob, serve(b"answer"))
    assert internet.on(internet.alice, fetch(b"question")) == b"answer"
    internet.on(internet.alice, asyncio.sleep(1))
    one_way = ROUND_TRIP // 2
    assert lines(tap) == [
        (0, "alice", "S", 0),
        (one_way, "bob", "S.", 0),
        (2 * one_way, "alice", ".", 0),
        (2 * one_way, "alice", ".", 8),
        (3 * one_way, "bob", ".", 6),
        (3 * one_way, "bob", "F.", 0),
        (4 * one_way, "alice", ".", 0),
        (4 * one_way, "alice", "F.", 0),
        (5 * one_way, "bob", ".", 0),
    ]


def test_data_is_cut_at_the_mss_of_its_version_of_ip(internet: Any) -> None:
    tap = watch(internet)

    async def serve_both() -> None:
        async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"d" * 3_000)
            writer.close()

        await asyncio.start_server(handle, ["198.51.100.20", "2001:db8:3::20"], 80)

    async def read(address: str) -> int:
        reader, writer = await asyncio.open_connection(address, 80)
        data = await reader.read()
        writer.close()
        return len(data)

    internet.on(internet.bob, serve_both())
    for address, sizes in (
        ("198.51.100.20", [1460, 1460, 80]),
        ("2001:db8:3::20", [1440, 1440, 120]),
    ):
        tap.packets.clear()
        assert internet.on(internet.alice, read(address)) == 3_000
        bodies = [packet.body for _, packet in tap.packets if packet.source == address]
        assert [len(body.data) for body in bodies if body.data] == sizes


def test_a_lost_syn_is_sent_again_after_one_second(internet: Any) -> None:
    put(internet, lambda count, packet: Drop() if count == 1 else PASS)
    internet.on(internet.bob, serve(b"late"))
    assert internet.on(internet.alice, fetch()) == b"late"
    assert internet.loop.time() == (1 * SECOND + 2 * ROUND_TRIP) / SECOND


def test_an_address_that_stays_silent_times_out_as_on_linux(internet: Any) -> None:
    """SYNs at 0, 1, 3, 7, 15, 31 and 63 s; ETIMEDOUT at 127 s."""
    tap = watch(internet)
    put(internet, lambda count, packet: Drop())
    with pytest.raises(TimeoutError):
        internet.on(internet.alice, fetch())
    assert [at // SECOND for at, *_ in lines(tap)] == [0, 1, 3, 7, 15, 31, 63]
    assert internet.loop.time() == 127.0


def test_lost_data_is_sent_again_with_growing_patience(internet: Any) -> None:
    """After a handshake of 24 ms the first patience is the least, 200 ms; then it doubles."""
    tap = watch(internet)
    put(internet, lambda count, packet: Drop() if 3 <= count <= 5 else PASS)
    internet.on(internet.bob, serve(b"got it"))
    assert internet.on(internet.alice, fetch(b"hello")) == b"got it"
    sent = [at for at, who, _, size in lines(tap) if who == "alice" and size == 5]
    assert [later - sent[0] for later in sent] == [0, 200_000, 600_000, 1_400_000]


def test_a_hole_in_a_stream_is_filled_by_fast_retransmit(internet: Any) -> None:
    """One of many segments is lost: three duplicate acknowledgments bring it, no timer."""
    received: list[int] = []

    async def collect() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received.append(len(await reader.read(-1)))
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 80)

    async def send() -> None:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"d" * 14_600)
        writer.write_eof()
        await reader.read()
        writer.close()

    put(internet, lambda count, packet: Drop() if count == 4 else PASS)
    internet.on(internet.bob, collect())
    internet.on(internet.alice, send())
    assert received == [14_600]
    assert internet.loop.time() < 0.2


def test_several_holes_are_filled_one_round_trip_each(internet: Any) -> None:
    put(internet, lambda count, packet: Drop() if count in (4, 6, 8) else PASS)

    async def count() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"%d" % len(await reader.readexactly(20_000)))
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 81)

    internet.on(internet.bob, count())

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 81)
        writer.write(b"d" * 20_000)
        answer = await reader.read()
        writer.close()
        return answer

    assert internet.on(internet.alice, send()) == b"20000"
    assert internet.loop.time() < 0.3


def test_a_refused_port_answers_with_rst(internet: Any) -> None:
    with pytest.raises(ConnectionRefusedError):
        internet.on(internet.alice, fetch(port=81))
    assert internet.loop.time() == ROUND_TRIP / SECOND


def test_a_forged_rst_breaks_an_established_connection(internet: Any) -> None:
    put(internet, lambda count, packet: Reset() if packet.body.data else PASS)
    internet.on(internet.bob, serve(b"never"))
    with pytest.raises(ConnectionResetError):
        internet.on(internet.alice, fetch(b"forbidden"))


def test_a_rst_from_outside_the_window_is_ignored(internet: Any) -> None:
    """RFC 9293 section 3.10.7.4: guessing is not enough."""

    async def provoke() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        connection = next(iter(internet.alice.connections.values()))
        key = connection.key
        internet.alice.receive(Packet(key[2], key[0], Segment(key[3], key[1], 12345, 0, RST, 0)))
        writer.write(b"x")
        answer = await reader.read()
        writer.close()
        return answer

    internet.on(internet.bob, serve(b"still here"))
    assert internet.on(internet.alice, provoke()) == b"still here"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (IcmpKind.PROHIBITED, errno.EHOSTUNREACH),
        (IcmpKind.HOST_UNREACHABLE, errno.EHOSTUNREACH),
        (IcmpKind.NETWORK_UNREACHABLE, errno.ENETUNREACH),
        (IcmpKind.PORT_UNREACHABLE, errno.ECONNREFUSED),
    ],
)
def test_an_icmp_error_ends_a_connection_attempt(internet: Any, kind: IcmpKind, code: int) -> None:
    put(internet, lambda count, packet: Reject(kind))
    with pytest.raises(OSError, match="Connect call failed") as caught:
        internet.on(internet.alice, fetch())
    assert caught.value.errno == code
    assert internet.loop.time() == 0.002


def test_half_close_lets_the_answer_come_back(internet: Any) -> None:
    async def serve_count() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            data = await reader.read(-1)
            writer.write(b"%d octets" % len(data))
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 80)

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"abc")
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer

    internet.on(internet.bob, serve_count())
    assert internet.on(internet.alice, send()) == b"3 octets"


def test_a_reader_that_stops_closes_the_window_and_slows_the_writer(internet: Any) -> None:
    """Back-pressure from end to end: nothing is lost, and memory stays bounded."""
    waiting: list[int] = []

    async def serve_slowly() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            total = 0
            while data := await reader.read(50_000):
                total += len(data)
                await asyncio.sleep(5)
            writer.write(b"%d" % total)
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 80)

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        for _ in range(20):
            writer.write(b"d" * 50_000)
            await writer.drain()
            waiting.append(writer.transport.get_write_buffer_size())
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer

    internet.on(internet.bob, serve_slowly())
    assert internet.on(internet.alice, send()) == b"1000000"
    assert max(waiting) <= 64 * 1024
    assert internet.loop.time() > 30


def test_a_closed_window_is_probed_so_that_a_lost_update_does_no_harm(internet: Any) -> None:
    """Bob's window update is dropped; Alice's probe finds the window open again."""
    lost: list[int] = []

    class LoseUpdate:
        name = "lose one window update"

        def concerns(self, packet: Packet) -> bool:
            return packet.source == "198.51.100.20"

        def judge(self, packet: Packet, direction: Any, flow: Flow, now: Instant) -> Verdict:
            if now > 9 * SECOND and not lost:
                lost.append(now)
                return Drop()
            return PASS

    async def serve_late() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport.pause_reading()
            await asyncio.sleep(10)
            writer.transport.resume_reading()
            writer.write(b"%d" % len(await reader.readexactly(100_000)))
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 80, limit=200_000)

    internet.fabric.middlebox(internet.home).put("lose", LoseUpdate())
    internet.on(internet.bob, serve_late())

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"d" * 100_000)
        answer = await reader.read()
        writer.close()
        return answer

    assert internet.on(internet.alice, send()) == b"100000"
    assert len(lost) == 1


def test_an_abort_is_a_rst_to_the_other_side(internet: Any) -> None:
    seen: list[BaseException | None] = []

    class Server(asyncio.Protocol):
        def connection_lost(self, exc: BaseException | None) -> None:
            seen.append(exc)

    async def serve_raw() -> None:
        await internet.loop.create_server(Server, "198.51.100.20", 80)

    async def break_off() -> None:
        _, writer = await asyncio.open_connection("198.51.100.20", 80)
        await asyncio.sleep(1)
        writer.transport.abort()
        await asyncio.sleep(1)

    internet.on(internet.bob, serve_raw())
    internet.on(internet.alice, break_off())
    assert [type(error) for error in seen] == [ConnectionResetError]


def test_nothing_is_left_of_a_connection_a_while_after_its_end(internet: Any) -> None:
    internet.on(internet.bob, serve(b"bye"))
    internet.on(internet.alice, fetch())
    internet.on(internet.alice, asyncio.sleep(200))
    assert internet.alice.connections == {}
    assert internet.bob.connections == {}


def test_a_dead_peer_is_given_up_and_nothing_is_left(internet: Any) -> None:
    internet.on(internet.bob, serve(b"bye"))

    async def talk() -> None:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        internet.bob.powered = False
        writer.write(b"anybody?")
        with pytest.raises(TimeoutError):
            await reader.read()
        writer.close()

    internet.on(internet.alice, talk())
    assert internet.alice.connections == {}
