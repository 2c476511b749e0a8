"""The ports of a DNS server: messages in by UDP, TCP and TLS; answers out when they are ready.

On a stream answers may come in any order (RFC 7766 section 6.2.1.1), and many questions
share a connection; over TLS (RFC 7858) that is what makes the handshake worth its while.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, cast

from simulator.serving.framing import framed, read_framed
from simulator.serving.tls import TlsPorts
from simulator.values import Address

IDLE_SECONDS = 30.0
"""How long a connection may say nothing (RFC 7766 section 6.2.3 asks for some seconds)."""
PATIENCE_SECONDS = 15.0
"""How long a client that has ended its own stream is kept for the answers it still awaits."""

Send: TypeAlias = Callable[[bytes], None]
"""Sends a message back to whoever asked, in the way in which it was asked."""


class Respond(Protocol):
    """Whoever answers."""

    def __call__(self, data: bytes, source: Address, send: Send, *, stream: bool) -> bool:
        """Take a message; answer by ``send``, now or later. False where silence is right."""


class DnsPorts:
    """Listens on addresses and ports, and hands each message to ``respond``."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._transports: list[asyncio.DatagramTransport] = []
        self._servers: list[asyncio.Server] = []
        self._tls_ports: list[TlsPorts] = []
        self._streams: dict[asyncio.StreamWriter, None] = {}

    async def open(self, endpoints: Sequence[tuple[Address, int]]) -> None:
        """Listen on each (address, port), by UDP and by TCP."""
        loop = asyncio.get_running_loop()
        for endpoint in endpoints:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._respond), local_addr=endpoint
            )
            self._transports.append(transport)
            self._servers.append(await asyncio.start_server(self._serve_stream, *endpoint))

    async def open_tls(
        self, endpoints: Sequence[tuple[Address, int]], context: ssl.SSLContext
    ) -> None:
        """Listen on each (address, port), by TLS (RFC 7858)."""
        ports = TlsPorts(context, self._conversation)
        self._tls_ports.append(ports)
        await ports.open(endpoints)

    def _conversation(self) -> asyncio.StreamReaderProtocol:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        return asyncio.StreamReaderProtocol(reader, self._serve_stream, loop=loop)

    async def close(self) -> None:
        """Stop listening and hang up."""
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
        for ports in self._tls_ports:
            ports.close()
        for writer in list(self._streams):
            writer.transport.abort()
        for server in self._servers:
            await server.wait_closed()
        self._transports.clear()
        self._servers.clear()
        self._tls_ports.clear()

    async def _serve_stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._streams[writer] = None
        conversation = _Conversation(writer)
        source = writer.get_extra_info("peername")[0]
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    data = await read_framed(reader)
                if not self._respond(data, source, conversation.expect(), stream=True):
                    break
                await writer.drain()
        except EOFError:  # the client has said all, and may still be listening
            await conversation.finished()
        except (TimeoutError, OSError):
            pass  # gone or silent: hanging up is all that is left to do
        finally:
            self._streams.pop(writer, None)
            writer.close()


class _Conversation:
    """The answers that a client on a stream still awaits."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._awaited = 0
        self._all_sent = asyncio.Event()

    def expect(self) -> Send:
        """Return how to send the answer to one more message."""
        self._awaited += 1
        self._all_sent.clear()

        def send(data: bytes) -> None:
            self._awaited -= 1
            if not self._awaited:
                self._all_sent.set()
            if not self._writer.is_closing():
                self._writer.write(framed(data))

        return send

    async def finished(self) -> None:
        """Wait until every answer is sent, or for as long as is decent."""
        if self._awaited:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._all_sent.wait()
            except TimeoutError:
                pass


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        transport = self._transport
        self._respond(data, source[0], lambda reply: transport.sendto(reply, source), stream=False)
