"""A stream at the exit: from the circuit's cells to an ordinary TCP connection and back."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from simulator.errors import LabError
from simulator.roles.onion import logic
from simulator.values import Address
from simulator.wire.onion import messages
from simulator.wire.onion.edge import Edge
from simulator.wire.onion.messages import Destination

CONNECT_SECONDS = 9.0
"""How long an exit tries: a little less than clients wait, so that they hear of it."""
LINGER = 10.0
"""Seconds that a destination has to close after us."""
MOST_WAITING = 64 * 1024
"""Octets that wait for the windows before the destination is held back."""


class ExitStream(asyncio.Protocol):
    """Reads from the destination no faster than the client's windows allow."""

    def __init__(
        self,
        edge: Edge,
        number: int,
        send: Callable[[], None],
        forget: Callable[[int], None],
        record: Callable[..., None],
    ) -> None:
        self._edge = edge
        self._number = number
        self._send = send
        self._forget = forget
        self._record = record
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._finished = False
        self._timer: asyncio.TimerHandle | None = None

    async def open(
        self, destination: Destination, lookup: Callable[[str], Awaitable[Sequence[Address]]]
    ) -> None:
        """Resolve, connect, and tell the client what came of it."""
        host, port, ipv6_okay = destination
        try:
            address = logic.address_to_try(await _addresses(host, lookup), ipv6_okay)
            if address is None:
                self._refuse(destination, messages.RESOLVE_FAILED)
                return
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().create_connection(lambda: self, address, port)
        except OSError as error:
            self._refuse(destination, logic.reason_of(error))
            return
        self._record("stream opened", destination=f"{host}:{port}", address=address)

    def _refuse(self, destination: Destination, reason: int) -> None:
        where = f"{destination.host}:{destination.port}"
        self._record("stream refused", destination=where, reason=logic.word_of(reason))
        self._forget(self._number)
        if self._number in self._edge:
            self._edge.cut(self._number, reason)
            self._send()

    # --- from the client ----------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Pass octets on; those that come before the connection is up wait for it."""
        if self._transport is None:
            self._early.append(data)
        elif not self._finished:
            self._transport.write(data)

    def finish(self) -> None:
        """The stream or its circuit is gone: pass the end on, and wait for the destination's.

        A socket closed at once would answer what is still on the way with a RST.
        """
        self._finished = True
        if self._transport is not None and not self._transport.is_closing():
            if self._transport.can_write_eof():
                self._transport.write_eof()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(LINGER, self._transport.abort)

    def drained(self) -> None:
        """All that waited went out: read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # --- from the destination -----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Tell the client where the connection went."""
        self._transport = cast(asyncio.Transport, transport)
        if self._finished:  # the client has given up meanwhile
            self._transport.close()
            return
        address = self._transport.get_extra_info("peername")[0]
        self._edge_message(messages.CONNECTED, messages.pack_connected(address))
        for data in self._early:
            self._transport.write(data)
        self._early.clear()

    def data_received(self, data: bytes) -> None:
        """Cut into cells and send, as far as the windows allow."""
        if self._finished:
            return
        self._edge.write(self._number, data)
        if self._transport is not None and self._edge.waiting(self._number) > MOST_WAITING:
            self._transport.pause_reading()
        self._send()

    def eof_received(self) -> bool:
        """The destination is done: so is the stream, which has no half-open state."""
        self._end(messages.DONE)
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone: broken, unless its end was known."""
        if self._timer is not None:
            self._timer.cancel()
        self._end(logic.reason_of(error) if isinstance(error, OSError) else messages.DONE)

    def pause_writing(self) -> None:
        """The destination does not keep up: the client's window stays as it is."""
        self._edge.pause(self._number)

    def resume_writing(self) -> None:
        """The destination keeps up again."""
        self._edge.resume(self._number)
        self._send()

    def _end(self, reason: int) -> None:
        if not self._finished:
            self._finished = True
            self._forget(self._number)
            if reason == messages.DONE:
                self._edge.end(self._number, reason)
            else:
                self._edge.cut(self._number, reason)
            self._send()

    def _edge_message(self, command: int, data: bytes) -> None:
        self._edge.tell(command, self._number, data)
        self._send()


async def _addresses(
    host: str, lookup: Callable[[str], Awaitable[Sequence[Address]]]
) -> Sequence[Address]:
    """Return the addresses of a host, which may be one itself; none if there are none."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    try:
        return await lookup(host)
    except (OSError, LabError):
        return []
