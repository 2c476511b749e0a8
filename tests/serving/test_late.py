"""A port is served from the first connection on, and nobody who waits loses a word."""

from __future__ import annotations

import asyncio
import contextlib

from simulator.errors import LabError
from simulator.serving.late import Accept, Late, listen
from simulator.values import message


class Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(data.upper())


class Kitchen:
    """Prepares an echo when it is told to, and counts how often it was asked."""

    def __init__(self, *, fails: int = 0) -> None:
        self.asked = 0
        self.begun = asyncio.Event()
        self.fails = fails
        self.may = asyncio.Event()

    async def prepare(self) -> Accept:
        self.asked += 1
        self.begun.set()
        await self.may.wait()
        if self.asked <= self.fails:
            raise LabError(message("no"))
        return Echo


async def connect(server: asyncio.Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*server.sockets[0].getsockname())


async def test_it_is_prepared_once_for_all_who_wait_and_keeps_what_they_said() -> None:
    kitchen = Kitchen()
    [server] = await listen(Late(kitchen.prepare), ["127.0.0.1"], 0)
    async with server:
        early = [await connect(server) for _ in range(2)]
        for _, writer in early:
            writer.write(b"hello")
            writer.write_eof()
        await kitchen.begun.wait()
        kitchen.may.set()
        assert [await reader.read() for reader, _ in early] == [b"HELLO", b"HELLO"]
        reader, writer = await connect(server)
        writer.write(b"late")
        assert await reader.readexactly(4) == b"LATE"
        for each in (*(writer for _, writer in early), writer):
            each.close()
        assert kitchen.asked == 1


async def test_one_who_hangs_up_does_not_take_it_from_the_others() -> None:
    kitchen = Kitchen()
    [server] = await listen(Late(kitchen.prepare), ["127.0.0.1"], 0)
    async with server:
        _, gone = await connect(server)
        reader, writer = await connect(server)
        await kitchen.begun.wait()
        gone.transport.abort()
        writer.write(b"still here")
        kitchen.may.set()
        assert await reader.readexactly(10) == b"STILL HERE"
        writer.close()


async def test_a_failure_hangs_up_and_the_next_one_tries_again() -> None:
    kitchen = Kitchen(fails=1)
    kitchen.may.set()
    [server] = await listen(Late(kitchen.prepare), ["127.0.0.1"], 0)
    async with server:
        reader, writer = await connect(server)
        with contextlib.suppress(ConnectionResetError):  # or an end: systems differ
            assert await reader.read() == b""
        writer.close()
        reader, writer = await connect(server)
        writer.write(b"again")
        assert await reader.readexactly(5) == b"AGAIN"
        writer.close()
    assert kitchen.asked == 2
