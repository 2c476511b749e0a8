"""Whatever a wire loses, delays or reorders: the stream arrives whole, or breaks with an error."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.net import Flow, Host, LabLoop, Network
from simulator.values import PASS, Delay, Direction, Drop, Instant, Packet, Verdict

DATA = random.Random(1).randbytes(60_000)


class BadWire:
    """Drops and delays packets of both directions, as a seeded die says."""

    name = "bad wire"

    def __init__(self, seed: int, loss: float, disorder: float) -> None:
        self._random = random.Random(seed)
        self._loss, self._disorder = loss, disorder

    def concerns(self, packet: Packet) -> bool:
        return True

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        die = self._random.random()
        if die < self._loss:
            return Drop()
        if die < self._loss + self._disorder:
            return Delay(self._random.randrange(300_000))
        return PASS


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0, 0.3),
    disorder=st.floats(0, 0.5),
    size=st.integers(0, len(DATA)),
)
def test_both_streams_arrive_whole(seed: int, loss: float, disorder: float, size: int) -> None:
    loop = LabLoop(seed=seed)
    fabric = loop.fabric
    home = fabric.add_network(Network("home", prefixes=["192.0.2.0/24"]))
    abroad = fabric.add_network(Network("abroad", prefixes=["198.51.100.0/24"]))
    fabric.topology.link(home, abroad, 5_000)
    alice = Host(fabric, "alice", home, ("192.0.2.10",))
    bob = Host(fabric, "bob", abroad, ("198.51.100.20",))
    fabric.middlebox(home).put("bad", BadWire(seed, loss, disorder))
    failures: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: failures.append(context))
    received: list[bytes] = []

    async def serve() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received.append(await reader.read(-1))
            writer.write(received[-1][::-1])
            await writer.drain()
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 80)

    async def call() -> bytes:
        reader, writer = await asyncio.open_connection("198.51.100.20", 80)
        writer.write(DATA[:size])
        await writer.drain()
        writer.write_eof()
        answer = await reader.read(-1)
        writer.close()
        return answer

    async def story() -> bytes:
        await loop.run_on(bob, serve())
        return await loop.run_on(alice, call())

    try:
        answer = loop.run_until_complete(story())
    finally:
        loop.shut_down()
    assert received == [DATA[:size]]
    assert answer == DATA[:size][::-1]
    assert failures == []
