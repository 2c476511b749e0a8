"""Two connections joined: what comes on one goes out on the other, its end too."""

from __future__ import annotations

import asyncio
from typing import cast

IDLE_SECONDS = 120.0
"""How long both may be silent before they are cut."""


class Idleness:
    """Calls ``expired`` when nothing has happened for a while."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._last = loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._legs: tuple[Leg, ...] = ()

    def watch(self, *legs: Leg) -> None:
        """Cut these connections when the time comes."""
        self._legs = legs
        self.touch()
        self._timer = self._loop.call_later(self._seconds, self._tick)

    def touch(self) -> None:
        """Something happened: the time begins anew."""
        self._last = self._loop.time()

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        # A timer for each octet would cost more than the octet: look when it rings.
        remaining = self._last + self._seconds - self._loop.time()
        if remaining > 0:
            self._timer = self._loop.call_later(remaining, self._tick)
            return
        for leg in self._legs:
            leg.abort()


class Leg(asyncio.Protocol):
    """One of two joined connections.

    A FIN is passed on and the other direction lives on (half-close); a reset is passed on
    as a reset. A leg that is ``deaf`` passes nothing on to the other but the end.
    """

    def __init__(self, idleness: Idleness) -> None:
        self.other: Leg | None = None
        self.deaf = False
        self.transport: asyncio.Transport | None = None
        self.ended = False
        """Whether its stream has ended: it may still be listening."""
        self.early = b""
        """What came before the other was there."""
        self.lost = False
        self._idleness = idleness

    def __repr__(self) -> str:
        return f"<{type(self).__name__} joined={self.other is not None} ended={self.ended}>"

    # --- what the network tells -------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is up."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._idleness.touch()
        if self.other is None:
            self.early += data
        elif not self.deaf:
            self.other.write(data)

    def eof_received(self) -> bool:
        """Pass the end on; the other direction may go on."""
        self.ended = True
        other = self.other
        if other is None:
            return True
        if other.ended:
            other.close()
            return False
        if not self.deaf:  # one request was all, and its sender may have no more to say
            other.end()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """One is gone, so the other goes as well: in the same manner."""
        self.lost = True
        if self.other is None or self.other.lost:  # until then one may still be sending
            self._idleness.stop()
        if self.other is not None:
            self.other.close() if error is None else self.other.abort()

    def pause_writing(self) -> None:
        """This side takes no more for now: the other must not send."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """This side takes more again."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    # --- what the other leg wants -----------------------------------------------------

    @property
    def gone(self) -> bool:
        """Whether nothing more can be sent."""
        return self.transport is None or self.transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send octets."""
        if data and self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def end(self) -> None:
        """Send a FIN and go on listening."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write_eof()

    def close(self) -> None:
        """Close once all is sent."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Break off."""
        if self.transport is not None:
            self.transport.abort()


def join(client: Leg, destination: Leg, idleness: Idleness) -> None:
    """Let each pass on to the other from now on, first what came before."""
    client.other, destination.other = destination, client
    idleness.watch(client, destination)
    for leg, other in ((client, destination), (destination, client)):
        if leg.early and not leg.deaf:
            other.write(leg.early)
        leg.early = b""
        if leg.ended and not leg.deaf:
            other.end()
    if destination.gone:
        client.close()
