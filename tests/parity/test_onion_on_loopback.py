"""The relays and the client run unchanged on real loopback sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

import pytest

from simulator.journal import Journal
from simulator.roles.onion.client import OnionRoute
from simulator.roles.onion.service import Relay
from simulator.wire.onion.descriptor import RelayKeys
from simulator.wire.route import RouteError

LOOPBACK = "127.0.0.1"
SECONDS = 20
"""Real ones, and never reached unless something is broken."""


async def lookup(name: str) -> Sequence[str]:
    return [LOOPBACK] if name == "echo.test" else []


@asynccontextmanager
async def running_relays(journal: Journal) -> AsyncIterator[list[Relay]]:
    relays = [
        Relay(
            name,
            RelayKeys.generate(Random(name)),
            (LOOPBACK, 0),
            Random(name),
            lookup=lookup if name == "exit" else None,
            journal=journal,
        )
        for name in ("guard", "middle", "exit")
    ]
    for relay in relays:
        await relay.start()
    try:
        yield relays
    finally:
        for relay in relays:
            await relay.stop()


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    served: asyncio.Queue[None] = asyncio.Queue()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        served.put_nowait(None)

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
        await served.get()  # the end of the stream has come through to here
    finally:
        server.close()


def make_route(relays: Sequence[Relay]) -> OnionRoute:
    return OnionRoute([relay.descriptor for relay in relays], Random(1))


async def test_half_a_megabyte_goes_through_three_relays_and_comes_back() -> None:
    """More than the windows of 500 and 1,000 cells: SENDMEs must flow both ways."""
    journal = Journal(lambda: 0)
    sent = Random(2).randbytes(600_000)
    async with asyncio.timeout(SECONDS), running_relays(journal) as relays, echo_server() as port:
        route = make_route(relays)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport = await route.connect(lambda: protocol, "echo.test", port)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)

        async def send() -> None:
            for at in range(0, len(sent), 50_000):
                writer.write(sent[at : at + 50_000])
                await writer.drain()
            # The end goes out behind what was written; nothing comes back after it.

        sending = asyncio.create_task(send())
        assert await reader.readexactly(len(sent)) == sent
        await sending
        writer.close()
        await writer.wait_closed()
        await route.close()
    assert [(entry.who, entry.what) for entry in journal] == [
        ("guard", "circuit created"),
        ("guard", "circuit extended"),
        ("middle", "circuit created"),
        ("middle", "circuit extended"),
        ("exit", "circuit created"),
        ("exit", "stream opened"),
    ]


async def test_failures_beyond_the_exit_and_before_the_guard() -> None:
    async with asyncio.timeout(SECONDS):
        async with running_relays(Journal(lambda: 0)) as relays:
            route = make_route(relays)
            with pytest.raises(RouteError, match="dns: dns_nxdomain_error"):
                await route.connect(asyncio.Protocol, "nowhere.test", 80)
            with pytest.raises(RouteError, match="tcp: connection_refused"):
                await route.connect(asyncio.Protocol, "echo.test", 1)
            impostor = route.relays[0]._replace(identity=bytes(32))
            other = OnionRoute([impostor, *route.relays[1:]], Random(1))
            with pytest.raises(RouteError, match="connection_aborted"):
                await other.connect(asyncio.Protocol, "echo.test", 80)
            gone = route.relays[0]._replace(port=1)
            other = OnionRoute([gone, *route.relays[1:]], Random(1))
            with pytest.raises(RouteError) as caught:
                await other.connect(asyncio.Protocol, "echo.test", 80)
            assert (caught.value.hop, caught.value.hop_failure) == (
                (LOOPBACK, 1),
                "connection_refused",
            )
            await route.close()
