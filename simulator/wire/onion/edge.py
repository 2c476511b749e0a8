"""Streams at one end of a circuit, and how much each may send (tor-spec sections 7.3, 7.4).

Client and exit keep the same books. What goes out is cut into DATA cells as far as two
windows allow, the circuit's and the stream's; the other end opens them again with SENDME.
A circuit's SENDME quotes the digest of the cell that caused it, as proof that it came.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable

from simulator.wire.onion.cells import OnionError
from simulator.wire.onion.messages import (
    DATA,
    END,
    LONGEST_DATA,
    SENDME,
    pack_sendme,
    unpack_sendme,
)

CIRCUIT_WINDOW, CIRCUIT_INCREMENT = 1000, 100
STREAM_WINDOW, STREAM_INCREMENT = 500, 50

Emit = Callable[[int, int, bytes], bytes]
"""Sends a message (command, stream, data) and returns the digest of its cell."""


class _Stream:
    """What waits, and what the windows allow; ``reason`` is that of an END that waits too."""

    __slots__ = ("deliver", "package", "paused", "reason", "waiting")

    def __init__(self) -> None:
        self.package = STREAM_WINDOW
        self.deliver = STREAM_WINDOW
        self.waiting = bytearray()
        self.reason: int | None = None
        self.paused = False


class Edge:
    """All streams at this end; ``drained`` is told of a stream whose waiting octets went out."""

    def __init__(self, emit: Emit, drained: Callable[[int], None]) -> None:
        self._emit = emit
        self._drained = drained
        self._package = CIRCUIT_WINDOW
        self._deliver = CIRCUIT_WINDOW
        self._proofs: deque[bytes] = deque()
        self._streams: dict[int, _Stream] = {}

    def __contains__(self, stream: int) -> bool:
        return stream in self._streams

    def open(self, stream: int) -> None:
        """Keep the books of a stream from now on."""
        self._streams[stream] = _Stream()

    def close(self, stream: int) -> None:
        """Forget a stream: the other end ended it."""
        self._streams.pop(stream, None)

    def waiting(self, stream: int) -> int:
        """Return how many octets wait for the windows."""
        found = self._streams.get(stream)
        return 0 if found is None else len(found.waiting)

    # --- sending ------------------------------------------------------------------------

    def write(self, stream: int, data: bytes) -> None:
        """Send octets, as soon as the windows allow."""
        found = self._streams[stream]
        found.waiting += data
        self._flush(stream, found)

    def tell(self, command: int, stream: int, data: bytes) -> None:
        """Send what needs no window."""
        self._emit(command, stream, data)

    def end(self, stream: int, reason: int) -> None:
        """End a stream once all that waits has gone out."""
        found = self._streams[stream]
        found.reason = reason
        self._flush(stream, found)

    def cut(self, stream: int, reason: int) -> None:
        """End a stream at once; what waits is lost."""
        del self._streams[stream]
        self._emit(END, stream, bytes([reason]))

    def _flush(self, number: int, stream: _Stream) -> None:
        waiting = stream.waiting
        at = 0
        while at < len(waiting) and self._package > 0 and stream.package > 0:
            digest = self._emit(DATA, number, bytes(waiting[at : at + LONGEST_DATA]))
            at += LONGEST_DATA
            stream.package -= 1
            self._package -= 1
            if self._package % CIRCUIT_INCREMENT == 0:
                self._proofs.append(digest)
        if at:
            del waiting[:at]
        if not waiting and stream.reason is not None:
            self.cut(number, stream.reason)

    # --- receiving ----------------------------------------------------------------------

    def received(self, number: int, digest: bytes) -> bool:
        """Count a DATA cell in; False if its stream is no longer ours, so that it is dropped.

        ``digest`` is the running digest with that cell. `OnionError` when a window is overrun.
        """
        self._deliver -= 1
        if self._deliver < 0:
            raise OnionError("more cells than the circuit's window allows")
        if self._deliver <= CIRCUIT_WINDOW - CIRCUIT_INCREMENT:
            self._deliver += CIRCUIT_INCREMENT
            self._emit(SENDME, 0, pack_sendme(digest))
        stream = self._streams.get(number)
        if stream is None:
            return False
        stream.deliver -= 1
        if stream.deliver < 0:
            raise OnionError("more cells than the stream's window allows")
        if not stream.paused:
            self._acknowledge(number, stream)
        return True

    def pause(self, number: int) -> None:
        """Open the stream's window no further: its reader does not keep up."""
        stream = self._streams.get(number)
        if stream is not None:
            stream.paused = True

    def resume(self, number: int) -> None:
        """Open the stream's window again."""
        stream = self._streams.get(number)
        if stream is not None:
            stream.paused = False
            self._acknowledge(number, stream)

    def _acknowledge(self, number: int, stream: _Stream) -> None:
        while stream.deliver <= STREAM_WINDOW - STREAM_INCREMENT:
            stream.deliver += STREAM_INCREMENT
            self._emit(SENDME, number, b"")

    def allowed(self, number: int, data: bytes) -> None:
        """Take a SENDME: the other end has room again. `OnionError` if it is not due."""
        if number:
            stream = self._streams.get(number)
            if stream is not None:
                stream.package += STREAM_INCREMENT
                if stream.package > STREAM_WINDOW:
                    raise OnionError("a SENDME for cells that were never sent")
                self._refill(number, stream)
            return
        proof = unpack_sendme(data)
        if not self._proofs or not hmac.compare_digest(self._proofs.popleft(), proof):
            raise OnionError("a SENDME for cells that were never sent")
        self._package += CIRCUIT_INCREMENT
        for each, stream in list(self._streams.items()):
            self._refill(each, stream)

    def _refill(self, number: int, stream: _Stream) -> None:
        if stream.waiting or stream.reason is not None:
            self._flush(number, stream)
            if number in self._streams and not stream.waiting:
                self._drained(number)
