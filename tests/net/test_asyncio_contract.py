"""What asyncio promises to programs, held at the edges: endings, failures, slow readers."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from simulator.net import Flow, PacedClock, VirtualSocket
from simulator.values import (
    ACK,
    PASS,
    RST,
    SECOND,
    SYN,
    Datagram,
    Direction,
    Instant,
    Packet,
    Redirect,
    Segment,
    Verdict,
)


async def serve(handle: Any, port: int = 80) -> Any:
    return await asyncio.start_server(handle, "198.51.100.20", port)


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)
    writer.close()


def test_an_end_behind_data_that_waits_still_closes(internet: Any) -> None:
    received: list[int] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(len(await reader.read(-1)))
        writer.close()

    async def call() -> None:
        _, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"d" * 500_000)
        writer.write_eof()
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(1)

    internet.on(internet.bob, serve(count))
    internet.on(internet.alice, call())
    assert received == [500_000]


@pytest.mark.parametrize("pause", [30, 300, 3_600])
def test_a_reader_may_pause_for_an_hour_and_go_on_at_once(internet: Any, pause: int) -> None:
    """A closed window is probed, the probes are answered, and nothing stalls when it opens."""
    done: list[float] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(pause)
        writer.transport.resume_reading()
        assert len(await reader.readexactly(200_000)) == 200_000
        done.append(internet.loop.time())
        writer.close()

    async def call() -> None:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"d" * 200_000)
        assert await reader.read() == b""
        writer.close()

    internet.on(internet.bob, serve(slow))
    internet.on(internet.alice, call())
    assert done[0] - pause < 1


def test_the_end_is_told_once_whatever_is_paused_and_resumed(internet: Any) -> None:
    told: list[str] = []

    class Server(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def eof_received(self) -> bool:
            told.append("end")
            return True

    async def listen() -> None:
        made: list[Server] = []

        def factory() -> Server:
            made.append(Server())
            return made[-1]

        await internet.loop.create_server(factory, "198.51.100.20", 80)
        await asyncio.sleep(1)
        for _ in range(3):
            made[0].transport.pause_reading()
            made[0].transport.resume_reading()
        made[0].transport.close()

    async def call() -> None:
        _, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write_eof()
        await asyncio.sleep(2)
        writer.close()

    internet.run((internet.bob, listen()), (internet.alice, call()))
    assert told == ["end"]


@pytest.mark.parametrize("where", ["data_received", "eof_received"])
def test_a_protocol_that_fails_loses_its_connection(internet: Any, where: str) -> None:
    lost: list[BaseException | None] = []

    class Server(asyncio.Protocol):
        def connection_lost(self, exc: BaseException | None) -> None:
            lost.append(exc)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    setattr(Server, where, fail)

    async def call() -> None:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"x")
        writer.write_eof()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    async def listen() -> None:
        await internet.loop.create_server(Server, "198.51.100.20", 80)

    internet.on(internet.bob, listen())
    with pytest.raises(AssertionError):  # the fixture tells that a program failed
        internet.on(internet.alice, call())
    assert [type(error) for error in lost] == [ZeroDivisionError]
    assert [type(context["exception"]) for context in internet.errors] == [ZeroDivisionError]


def test_a_server_without_a_protocol_breaks_the_connection_off(internet: Any) -> None:
    def factory() -> asyncio.Protocol:
        raise ZeroDivisionError

    async def listen() -> None:
        await internet.loop.create_server(factory, "198.51.100.20", 80)

    async def call() -> None:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    internet.on(internet.bob, listen())
    with pytest.raises(AssertionError):
        internet.on(internet.alice, call())
    assert [type(context["exception"]) for context in internet.errors] == [ZeroDivisionError]


def test_an_empty_buffer_is_a_failure_and_no_endless_loop(internet: Any) -> None:
    class Empty(asyncio.BufferedProtocol):
        def get_buffer(self, sizehint: int) -> bytearray:
            return bytearray()

    async def listen() -> None:
        await internet.loop.create_server(Empty, "198.51.100.20", 80)

    async def call() -> None:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    internet.on(internet.bob, listen())
    with pytest.raises(AssertionError):
        internet.on(internet.alice, call())


def test_a_reset_before_the_transport_exists_is_not_lost(internet: Any) -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def call() -> None:
        sock = VirtualSocket()
        await internet.loop.sock_connect(sock, ("198.51.100.20", 80))
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection(sock=sock)  # type: ignore[arg-type]
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    internet.on(internet.bob, serve(reset))
    internet.on(internet.alice, call())


def test_connection_lost_runs_where_the_program_runs(internet: Any) -> None:
    from simulator.net import current_host

    where: list[str] = []

    class Client(asyncio.Protocol):
        def connection_lost(self, exc: BaseException | None) -> None:
            where.append(current_host.get().name)

    async def call() -> Any:
        transport, _ = await internet.loop.create_connection(Client, "198.51.100.20", 80)
        return transport

    internet.on(internet.bob, serve(swallow))
    transport = internet.on(internet.alice, call())
    transport.close()  # from code that is on no machine
    internet.on(internet.alice, asyncio.sleep(1))
    assert where == ["alice"]


def test_data_with_a_wrong_acknowledgment_of_the_syn_is_ignored(internet: Any) -> None:
    heard: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.close()

    internet.on(internet.bob, serve(note))
    for segment in (
        Segment(5555, 80, 100, 0, SYN, 65535, b"", 1460),
        Segment(5555, 80, 101, 12345, ACK, 65535, b"evil"),
    ):
        internet.alice.send(Packet("192.0.2.10", "198.51.100.20", segment))
    internet.on(internet.alice, asyncio.sleep(10))
    assert heard == []


def test_a_syn_ack_to_a_listener_is_answered_by_rst(internet: Any) -> None:
    seen: list[int] = []
    internet.on(internet.bob, serve(swallow))
    internet.alice.forwarder = lambda packet: seen.append(packet.body.flags) is None
    stray = Segment(5555, 80, 100, 700, SYN | ACK, 65535)
    internet.alice.send(Packet("192.0.2.10", "198.51.100.20", stray))
    internet.on(internet.alice, asyncio.sleep(1))
    assert seen == [RST]


def test_a_timer_never_rings_before_its_time(internet: Any) -> None:
    early: list[float] = []

    async def program() -> None:
        loop = internet.loop
        for number in range(500):
            when = loop.time() + 0.000_001 * (number % 7 + 1)
            loop.call_at(when, lambda when=when: early.append(loop.time() - when))
            await asyncio.sleep(0.000_001)
        await asyncio.sleep(1)

    internet.on(internet.alice, program())
    assert len(early) == 500
    assert min(early) > -5e-7


def test_what_a_lifted_redirection_translated_is_forgotten(internet: Any) -> None:
    """A later connection from the same port, straight to the former target, is left alone."""
    carol = internet.host("carol", internet.home, "192.0.2.53")

    class Intercept:
        name = "intercept"

        def concerns(self, packet: Packet) -> bool:
            return packet.destination == "198.51.100.20"

        def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
            return Redirect("192.0.2.53") if isinstance(packet.body, Datagram) else PASS

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(data, addr)

    got: list[tuple[bytes, str]] = []

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            got.append((data, addr[0]))

    async def ask(address: str) -> None:
        transport, _ = await internet.loop.create_datagram_endpoint(
            Client, ("192.0.2.10", 5000), (address, 9)
        )
        transport.sendto(address.encode())
        await asyncio.sleep(1)
        transport.close()

    async def echo() -> None:
        await internet.loop.create_datagram_endpoint(Echo, ("192.0.2.53", 9))

    internet.on(carol, echo())
    box = internet.fabric.middlebox(internet.home)
    box.put("r", Intercept())
    internet.on(internet.alice, ask("198.51.100.20"))
    box.lift("r")
    internet.on(internet.alice, ask("192.0.2.53"))
    assert got == [(b"198.51.100.20", "198.51.100.20"), (b"192.0.2.53", "192.0.2.53")]
    assert box.idle


def test_a_pace_that_changes_while_the_loop_waits_keeps_the_time_that_has_passed() -> None:
    class Staged(PacedClock):
        real = 0

        def _real_now(self) -> int:
            return self.real

    class Interrupted(threading.Event):
        """Sixty real seconds pass; then somebody doubles the rate, and a second passes."""

        def wait(self, timeout: float | None = None) -> bool:
            clock.real += 60 * 1_000_000_000
            clock.set_rate(2)
            clock.real += 1_000_000_000
            return True

    clock = Staged(1)
    clock.advance(3_600 * SECOND, Interrupted())
    assert clock.now == 62 * SECOND


def test_a_very_slow_pace_waits_without_overflow() -> None:
    class Patient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            assert timeout <= threading.TIMEOUT_MAX
            return True

    PacedClock(1e-12).advance(10 * SECOND, Patient())


def test_addresses_are_taken_in_any_spelling_and_ports_only_if_they_exist(internet: Any) -> None:
    got: list[bytes] = []

    class Sink(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            got.append(data)

    async def listen() -> None:
        await internet.loop.create_datagram_endpoint(Sink, ("2001:db8:3::20", 9))
        await serve(swallow)

    async def send() -> None:
        transport, _ = await internet.loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, ("2001:db8:1::10", 0)
        )
        transport.sendto(b"hello", ("2001:DB8:3:0::20", 9))
        with pytest.raises(OverflowError):
            transport.sendto(b"x", ("2001:db8:3::20", 70_000))
        with pytest.raises(OverflowError):
            await asyncio.open_connection("198.51.100.20", 65_616)
        await asyncio.sleep(1)
        transport.close()

    internet.on(internet.bob, listen())
    internet.on(internet.alice, send())
    assert got == [b"hello"]
