"""The loop, and the traps that asyncio lays for a virtual network: one test each."""

from __future__ import annotations

import asyncio
import contextvars
import socket
import ssl
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from simulator.errors import NotSimulated
from simulator.net import LabAsleepError, PacedClock, current_host


def test_sleeping_a_day_takes_exactly_a_day_of_lab_time(internet: Any) -> None:
    async def sleeper() -> float:
        await asyncio.sleep(86_400)
        return internet.loop.time()

    assert internet.on(internet.alice, sleeper()) == 86_400.0


def test_equal_deadlines_fire_in_the_order_they_were_asked_for(internet: Any) -> None:
    """Trap 1: asyncio's own timer heap scrambles equal deadlines."""
    fired: list[int] = []

    async def ask() -> None:
        for number in range(1_000):
            internet.loop.call_at(1.0, fired.append, number)
        await asyncio.sleep(2)

    internet.on(internet.alice, ask())
    assert fired == list(range(1_000))


def test_segments_sent_at_one_instant_arrive_as_the_stream_they_are(internet: Any) -> None:
    """Trap 1, on the wire: a thousand writes at one instant, read back in order."""
    sent = b"".join(number.to_bytes(4, "big") for number in range(5_000))

    async def serve() -> None:
        async def feed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for start in range(0, len(sent), 40):
                writer.write(sent[start : start + 40])
            writer.close()

        await asyncio.start_server(feed, "198.51.100.20", 80)

    async def read() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        data = await reader.read()
        writer.close()
        return data

    internet.on(internet.bob, serve())
    assert internet.on(internet.alice, read()) == sent


def test_a_server_runs_in_its_own_context_not_in_its_clients(internet: Any) -> None:
    """Trap 2: whoever schedules a callback lends it its context."""
    note: contextvars.ContextVar[str] = contextvars.ContextVar("note", default="-")
    seen: list[tuple[str, str]] = []

    async def serve() -> None:
        note.set("server's")

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            seen.append((current_host.get().name, note.get()))
            child = asyncio.create_task(asyncio.sleep(0, current_host.get().name))
            seen.append((await child, note.get()))
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 80)

    async def visit() -> None:
        note.set("client's")
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(b"x")
        await reader.read()
        writer.close()
        seen.append((current_host.get().name, note.get()))

    internet.on(internet.bob, serve())
    internet.on(internet.alice, visit())
    assert seen == [("bob", "server's"), ("bob", "server's"), ("alice", "client's")]


def test_falsy_protocols_are_still_protocols(internet: Any) -> None:
    """Trap 5: a protocol may have a length of 0."""

    class Empty(asyncio.DatagramProtocol):
        got: ClassVar[list[bytes]] = []

        def __len__(self) -> int:
            return 0

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.got.append(data)

    async def serve() -> None:
        await internet.loop.create_datagram_endpoint(Empty, ("198.51.100.20", 9))

    async def send() -> None:
        transport, _ = await internet.loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("198.51.100.20", 9)
        )
        transport.sendto(b"hello")
        await asyncio.sleep(1)
        transport.close()

    internet.on(internet.bob, serve())
    internet.on(internet.alice, send())
    assert Empty.got == [b"hello"]


def test_work_for_a_thread_runs_here_and_lab_time_stands_still(internet: Any) -> None:
    """Trap 7: while a thread works, the loop would look idle and leap."""

    async def work() -> tuple[int, float]:
        asyncio.get_running_loop().call_later(60, lambda: None)
        result = await asyncio.get_running_loop().run_in_executor(None, sum, [1, 2, 3])
        return result, internet.loop.time()

    assert internet.on(internet.alice, work()) == (6, 0.0)


def test_an_error_in_such_work_reaches_whoever_awaits_it(internet: Any) -> None:
    async def work() -> None:
        await asyncio.to_thread(int, "seven")

    with pytest.raises(ValueError, match="seven"):
        internet.on(internet.alice, work())


def test_a_lab_that_nothing_can_wake_says_so(internet: Any) -> None:
    """Trap 8: a real program would hang here for ever."""
    with pytest.raises(LabAsleepError, match="nothing is left that could wake the lab"):
        internet.loop.run_until_complete(internet.loop.create_future())


def test_a_keep_alive_timer_does_not_keep_a_run_alive(internet: Any) -> None:
    """Trap 8: the run ends when its program ends, whatever timers are left."""

    async def program() -> None:
        def again() -> None:
            internet.loop.call_later(15, again)

        again()
        await asyncio.sleep(1)

    internet.on(internet.alice, program())
    assert internet.loop.time() == 1.0


def test_a_paced_lab_is_woken_from_outside(make_internet: Callable[..., Any]) -> None:
    internet = make_internet(PacedClock(1_000_000))
    future = internet.loop.create_future()
    import threading

    threading.Timer(
        0.01, lambda: internet.loop.call_soon_threadsafe(future.set_result, "woken")
    ).start()
    assert internet.loop.run_until_complete(future) == "woken"


def test_paced_and_leaping_labs_run_the_same_events_at_the_same_times(
    make_internet: Callable[..., Any],
) -> None:
    def story(internet: Any) -> list[tuple[str, float]]:
        seen: list[tuple[str, float]] = []

        async def serve() -> None:
            async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                seen.append(((await reader.read(9)).decode(), internet.loop.time()))
                writer.close()

            await asyncio.start_server(handle, "198.51.100.20", 80)

        async def visit() -> None:
            for name in ("one", "two"):
                reader, writer = await asyncio.open_connection("198.51.100.20", 80)
                writer.write(name.encode())
                await reader.read()
                writer.close()
                seen.append((f"{name} done", internet.loop.time()))

        internet.on(internet.bob, serve())
        internet.on(internet.alice, visit())
        return seen

    assert story(make_internet()) == story(make_internet(PacedClock(1_000)))


def test_code_on_no_machine_is_told_what_to_do(internet: Any) -> None:
    async def lost() -> None:
        await asyncio.open_connection("198.51.100.20", 80)

    with pytest.raises(RuntimeError, match="run_on"):
        internet.loop.run_until_complete(lost())


@pytest.mark.parametrize(
    "call",
    [
        lambda loop: loop.add_reader(0, print),
        lambda loop: loop.run_until_complete(loop.subprocess_shell(None, "true")),
        lambda loop: loop.run_until_complete(loop.create_unix_connection(None, "/x")),
        lambda loop: loop.run_until_complete(loop.sock_recv(None, 1)),
    ],
)
def test_what_is_not_simulated_is_refused_by_name(internet: Any, call: Any) -> None:
    with pytest.raises(NotSimulated, match="does not simulate"):
        call(internet.loop)


def test_names_are_resolved_by_the_machines_own_lookup(internet: Any) -> None:
    async def lookup(name: str, version: int) -> list[str]:
        return {"two.test": ["2001:db8:3::20", "198.51.100.20"]}.get(name, [])

    internet.alice.lookup = lookup

    async def ask(*arguments: Any, **options: Any) -> Any:
        return await internet.loop.getaddrinfo(*arguments, **options)

    found = internet.on(internet.alice, ask("two.test", "https", type=socket.SOCK_STREAM))
    assert [(info[0], info[4][:2]) for info in found] == [
        (socket.AF_INET6, ("2001:db8:3::20", 443)),
        (socket.AF_INET, ("198.51.100.20", 443)),
    ]
    with pytest.raises(socket.gaierror) as caught:
        internet.on(internet.alice, ask("nowhere.test", 80))
    assert caught.value.errno == socket.EAI_NONAME


@pytest.fixture
def contexts(tmp_path: Any) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    import trustme

    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("bob.test").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


def test_start_tls_on_both_sides(
    internet: Any, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """Trap 3: an upgrade in mid-stream, on our transports, with data right behind it."""
    server_context, client_context = contexts

    async def serve() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readline() == b"STARTTLS\n"
            writer.write(b"go ahead\n")
            await writer.start_tls(server_context)
            writer.write(b"secret for " + await reader.readline())
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 4190)

    async def upgrade() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 4190)
        writer.write(b"STARTTLS\n")
        assert await reader.readline() == b"go ahead\n"
        await writer.start_tls(client_context, server_hostname="bob.test")
        writer.write(b"alice\n")
        answer = await reader.read()
        writer.close()
        return answer

    internet.on(internet.bob, serve())
    assert internet.on(internet.alice, upgrade()) == b"secret for alice\n"


def test_timers_still_ring_after_a_lifetime_of_lab_time(internet: Any) -> None:
    """Past 2**30 s a float no longer tells tenths of a microsecond apart."""

    async def wait_and_wait() -> float:
        await asyncio.sleep(2.0**30 - 1)
        for _ in range(5):
            await asyncio.sleep(1)
            await asyncio.sleep(0.000_001)
        return internet.loop.time()

    assert internet.on(internet.alice, wait_and_wait()) == 2.0**30 + 4 + 0.000_005
