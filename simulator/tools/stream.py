"""A connection that a tool reads and writes by itself, with TLS over it if it wants.

asyncio's own streams would hide what a tool is to show: where a handshake stood when
it broke, and every message of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import cast

_CHUNK = 65_536
LINGER = 2.0
"""Seconds that a server has to close its side once we have closed ours."""


class Stream(asyncio.Protocol):
    """A TCP connection, by whatever way it came up. Made for one reader."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._tls: ssl.SSLObject | None = None
        self._received = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._lost = asyncio.Event()
        self.octets_read = self.octets_written = 0
        """On the wire, TLS records included."""

    # --- what the transport tells -------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is up."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came for the reader."""
        self.octets_read += len(data)
        self._received += data
        self._news.set()

    def eof_received(self) -> bool:
        """Nothing more will come; what we have to say may still go out."""
        self._ended = True
        self._news.set()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._ended = True
        self._error = error
        self._news.set()
        self._lost.set()

    # --- what the tool does -------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send octets."""
        if self._tls is not None:
            self._tls.write(data)
            self._flush()
        else:
            self._send(data)

    async def read(self) -> bytes:
        """Return what came next, or nothing at the end; raise the `OSError` that broke it."""
        if self._tls is None:
            return await self._take()
        while True:
            try:
                return self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                if not await self._feed():
                    return b""
            except ssl.SSLZeroReturnError:
                return b""

    async def secure(self, context: ssl.SSLContext, server_name: str | None) -> ssl.SSLObject:
        """Shake hands. Raises `ssl.SSLError`; `ssl.SSLEOFError` where the server hung up."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not await self._feed():
                    raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "unexpected eof") from None
            except ssl.SSLError:
                self._flush()  # the alert
                raise
            else:
                self._flush()
                self._tls = tls
                return tls

    async def close(self) -> None:
        """Say farewell and wait a while for the server's, so that no RST answers it."""
        transport = self._transport
        if transport is None or self._lost.is_set():
            return
        if self._tls is not None:
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
        transport.write_eof()
        try:
            async with asyncio.timeout(LINGER):
                await self._end()
        except TimeoutError:
            transport.abort()
        else:
            transport.close()

    async def _end(self) -> None:
        while not self._ended:
            self._news.clear()
            await self._news.wait()

    def abort(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()

    # --- inside -------------------------------------------------------------------------

    async def _take(self) -> bytes:
        while not self._received and not self._ended:
            self._news.clear()
            await self._news.wait()
        if not self._received and self._error is not None:
            raise self._error
        data = bytes(self._received)
        self._received.clear()
        return data

    async def _feed(self) -> bool:
        """Give TLS what came next; False at the end."""
        data = await self._take()
        self._incoming.write(data)
        return bool(data)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._send(self._outgoing.read())

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self.octets_written += len(data)
            self._transport.write(data)
