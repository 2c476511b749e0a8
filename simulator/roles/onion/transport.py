"""A stream through a circuit, as the transport that an asyncio protocol knows."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from simulator.values import Address

MOST_WAITING = 64 * 1024
"""Octets that wait for the windows before the protocol is asked to pause, as in asyncio."""


class Streams(Protocol):
    """What a transport needs of its circuit."""

    def write(self, stream: int, data: bytes) -> None:
        """Send octets."""

    def end(self, stream: int) -> None:
        """End a stream once all is sent."""

    def cut(self, stream: int) -> None:
        """End a stream at once."""

    def waiting(self, stream: int) -> int:
        """Return how many octets wait for the windows."""

    def pause(self, stream: int) -> None:
        """Hold the exit back."""

    def resume(self, stream: int) -> None:
        """Let the exit go on."""


class StreamTransport(asyncio.Transport):
    """``peername`` is the guard, the one machine that is spoken to from here.

    ``destination`` is where the exit says that it connected to. Streams have no half-open
    state (tor-spec section 6.3): `write_eof` is `close`, and what the destination sends after
    that is lost.
    """

    def __init__(
        self,
        streams: Streams,
        number: int,
        protocol: asyncio.BaseProtocol,
        guard: tuple[Address, int],
        destination: tuple[Address, int],
    ) -> None:
        super().__init__({"peername": guard, "destination": destination})
        self._streams = streams
        self._number = number
        self._protocol: Any = protocol
        self._loop = asyncio.get_running_loop()
        self._closing = False
        self._lost = False
        self._held: list[bytes] | None = None
        """What came while reading is paused."""
        self._ended: list[OSError | None] = []
        """By what the stream ended while reading is paused."""
        self._writing_paused = False

    def __repr__(self) -> str:
        return f"<StreamTransport {self._number} to {self.get_extra_info('destination')}>"

    # --- asyncio.BaseTransport ------------------------------------------------------------

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what arrives to another protocol from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol in use."""
        protocol: asyncio.BaseProtocol = self._protocol
        return protocol

    def is_closing(self) -> bool:
        """Whether the transport is closed or about to be."""
        return self._closing

    def close(self) -> None:
        """Close once what was written has gone out."""
        if not self._closing:
            self._streams.end(self._number)
            self._part(None)

    def abort(self) -> None:
        """Close at once; what waits is lost."""
        if not self._closing:
            self._streams.cut(self._number)
            self._part(None)

    # --- asyncio.ReadTransport ------------------------------------------------------------

    def is_reading(self) -> bool:
        """Whether what arrives is handed on."""
        return not self._closing and self._held is None

    def pause_reading(self) -> None:
        """Hand nothing on; the exit is slowed down by the window."""
        if not self._closing and self._held is None:
            self._held = []
            self._streams.pause(self._number)

    def resume_reading(self) -> None:
        """Hand on again, what was kept first."""
        if not self._closing and self._held is not None:
            self._loop.call_soon(self._release)

    def _release(self) -> None:
        held, self._held = self._held, None
        for data in held or ():
            self.received(data)
        if self._held is None and not self._closing:
            self._streams.resume(self._number)
            if self._ended:
                self.ended(self._ended.pop())

    # --- asyncio.WriteTransport -----------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets."""
        if self._closing or not data:
            return
        self._streams.write(self._number, bytes(data))
        if not self._writing_paused and self.get_write_buffer_size() > MOST_WAITING:
            self._writing_paused = True
            self._protocol.pause_writing()

    def write_eof(self) -> None:
        """Close: see the class."""
        self.close()

    def can_write_eof(self) -> bool:
        """A stream has no half-close."""
        return False

    def get_write_buffer_size(self) -> int:
        """Return how many octets wait for the windows."""
        return self._streams.waiting(self._number)

    # --- what the circuit tells -------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Hand octets on, or keep them while reading is paused."""
        if self._held is not None:
            self._held.append(data)
        elif not self._closing:
            try:
                self._protocol.data_received(data)
            except Exception as error:
                self._fatal(error)

    def _fatal(self, error: Exception) -> None:
        """As in asyncio: a protocol that fails loses its connection, and nobody else's."""
        self._loop.call_exception_handler(
            {
                "message": "Fatal error: protocol.data_received() call failed.",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
        )
        self.abort()

    def drained(self) -> None:
        """All that was written went out: a paused protocol may write again."""
        if self._writing_paused:
            self._writing_paused = False
            self._protocol.resume_writing()

    def ended(self, error: OSError | None) -> None:
        """Pass on that the other end ended the stream, or by what it broke."""
        if self._held is not None:
            self._ended = [error]
            return
        if self._closing:
            return
        if error is None:
            self._protocol.eof_received()
        if not self._closing:  # the protocol may have closed just now
            self._part(error)

    def _part(self, error: OSError | None) -> None:
        self._closing = True
        self._held = None
        self._loop.call_soon(self._tell_lost, error)

    def _tell_lost(self, error: OSError | None) -> None:
        if not self._lost:
            self._lost = True
            self._protocol.connection_lost(error)
