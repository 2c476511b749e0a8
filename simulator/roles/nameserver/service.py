"""An authoritative nameserver on UDP and TCP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from simulator.roles.nameserver.logic import NameserverState, answer
from simulator.values import Address
from simulator.wire.dns import DnsFormatError, decode, encode, format_error_reply
from simulator.wire.dns_values import DnsMessage, Question, udp_limit

IDLE_SECONDS = 30.0
"""How long a TCP connection may say nothing (RFC 7766 section 6.2.3 asks for some seconds)."""

OnQuery: TypeAlias = Callable[[Address, Question, DnsMessage], None]
"""Called with the client's address, its question and our reply."""


class Nameserver:
    """Serves the zones of ``state``; a change to them counts from the next query on."""

    def __init__(self, state: NameserverState, on_query: OnQuery | None = None) -> None:
        self.state = state
        self._on_query = on_query
        self._transports: list[asyncio.DatagramTransport] = []
        self._servers: list[asyncio.Server] = []
        self._streams: dict[asyncio.StreamWriter, None] = {}

    async def start(self, endpoints: Sequence[tuple[Address, int]]) -> None:
        """Listen on each (address, port), by UDP and by TCP."""
        loop = asyncio.get_running_loop()
        for endpoint in endpoints:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=endpoint
            )
            self._transports.append(transport)
            server = await asyncio.start_server(self._serve_stream, *endpoint)
            self._servers.append(server)

    async def close(self) -> None:
        """Stop listening and hang up."""
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
        for writer in list(self._streams):
            writer.transport.abort()
        for server in self._servers:
            await server.wait_closed()
        self._transports.clear()
        self._servers.clear()

    def respond(self, data: bytes, source: Address, *, stream: bool) -> bytes | None:
        """Return the bytes that answer ``data``, or None where silence is right."""
        try:
            query = decode(data)
        except DnsFormatError:
            return format_error_reply(data)
        if query.response:
            return None
        reply = answer(self.state, query)
        if self._on_query is not None and query.question is not None:
            self._on_query(source, query.question, reply)
        return encode(reply, None if stream else udp_limit(query))

    async def _serve_stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one message after the other, each behind its length (RFC 7766 section 8)."""
        peer = writer.get_extra_info("peername")
        if peer is None:  # gone before we came to it
            writer.close()
            return
        self._streams[writer] = None
        source = peer[0]
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    data = await reader.readexactly(size)
                reply = self.respond(data, source, stream=True)
                if reply is None:
                    break
                writer.write(len(reply).to_bytes(2, "big") + reply)
                await writer.drain()
        except (TimeoutError, EOFError, OSError):
            pass  # gone or silent: hanging up is all that is left to do
        finally:
            self._streams.pop(writer, None)
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, nameserver: Nameserver) -> None:
        self._nameserver = nameserver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        reply = self._nameserver.respond(data, source[0], stream=False)
        if reply is not None:
            self._transport.sendto(reply, source)
