"""Ports that are open from the start, and served from the first time that somebody comes.

What nobody asks costs nothing: a service that is listened for like this is imported, built
and given its certificate when the first connection stands. Whoever came waits for that as for
a machine that is slow to answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from simulator.errors import LabError
from simulator.values import Address

Accept = Callable[[], asyncio.Protocol]
"""Makes the protocol of one connection."""


class Late:
    """Makes the protocols of a port that ``prepare`` provides for; use it as an `Accept`.

    ``prepare`` runs once for all who come meanwhile, and again after a `LabError`: then whoever
    waited is hung up on.
    """

    def __init__(self, prepare: Callable[[], Awaitable[Accept]]) -> None:
        self._prepare = prepare
        self._preparing: asyncio.Task[Accept | None] | None = None
        self._accept: Accept | None = None

    def __call__(self) -> asyncio.Protocol:
        """Return what takes a connection."""
        return _Waiting(self._ready) if self._accept is None else self._accept()

    async def _ready(self) -> Accept | None:
        if self._preparing is None:
            self._preparing = asyncio.create_task(self._prepared())
        # One who hangs up must not take the preparation from the others.
        return await asyncio.shield(self._preparing)

    async def _prepared(self) -> Accept | None:
        with contextlib.suppress(LabError):
            self._accept = await self._prepare()
        self._preparing = None
        return self._accept


class _Waiting(asyncio.Protocol):
    """Keeps what comes until there is a protocol to hand it to."""

    def __init__(self, ready: Callable[[], Awaitable[Accept | None]]) -> None:
        self._ready = ready
        self._early = bytearray()
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        self._task = asyncio.create_task(self._hand_over(cast(asyncio.Transport, transport)))

    def data_received(self, data: bytes) -> None:
        """Keep what they say."""
        self._early += data

    def eof_received(self) -> bool:
        """Remember that they have no more to say, and stay open for the answer."""
        self._ended = True
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        """Nobody waits any longer."""
        if self._task is not None:
            self._task.cancel()

    async def _hand_over(self, transport: asyncio.Transport) -> None:
        accept = await self._ready()
        self._task = None
        if accept is None:
            transport.abort()
            return
        protocol = accept()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if self._early:
            protocol.data_received(bytes(self._early))
        if self._ended and not protocol.eof_received():
            transport.close()


async def listen(accept: Accept, addresses: Sequence[Address], port: int) -> list[asyncio.Server]:
    """Listen at one port of every address; `OSError` for one that is taken."""
    loop = asyncio.get_running_loop()
    return [await loop.create_server(accept, address, port) for address in addresses]
