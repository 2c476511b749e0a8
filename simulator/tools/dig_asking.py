"""How dig carries a question to a server and the reply back: UDP, TCP, TLS or HTTPS."""

from __future__ import annotations

import asyncio
import errno
import ssl
from typing import TYPE_CHECKING, NamedTuple

from simulator.net.packets import is_ipv6
from simulator.roles.probe.certificates import onlooker_context
from simulator.serving.tls import open_tls_connection
from simulator.tools.kernel_words import in_words
from simulator.tools.machine import Machine
from simulator.values import Address
from simulator.wire.dns import DnsFormatError, decode, encode
from simulator.wire.dns_values import DnsMessage
from simulator.wire.web import Exchange, WebError, request

if TYPE_CHECKING:
    from simulator.tools.dig_options import DigOptions

_HTTPS_TYPE = "application/dns-message"
_WHY = {
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "host unreachable",
    errno.EACCES: "host unreachable",  # what ICMP "administratively prohibited" becomes
}


class Endpoint(NamedTuple):
    """A server as dig names it: by the name that was typed, and one of its addresses."""

    name: str
    address: Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}#{self.port}({self.name})"


class Heard(NamedTuple):
    """A reply: what it says, its octets, by what it came, and how long it took, in seconds."""

    reply: DnsMessage
    octets: bytes
    carrier: str
    seconds: float
    endpoint: Endpoint


class NoReply(Exception):
    """Nothing came that is a reply; ``why`` in the words of dig."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Asker:
    """Puts questions from one machine, as one command line wants them put."""

    def __init__(self, machine: Machine, options: DigOptions) -> None:
        self._machine = machine
        self._options = options

    @property
    def carrier(self) -> str:
        """What the words under an answer call the way that it came."""
        if self._options.https is not None:
            return "HTTPS"
        if self._options.tls:
            return "TLS"
        return "TCP" if self._options.tcp else "UDP"

    @property
    def port(self) -> int:
        """The port of the service, unless one was stated."""
        if self._options.port is not None:
            return self._options.port
        return {"HTTPS": 443, "TLS": 853}.get(self.carrier, 53)

    async def ask(self, endpoint: Endpoint, query: DnsMessage, carrier: str | None = None) -> Heard:
        """Ask once. Raises `NoReply`."""
        carrier = carrier or self.carrier
        data = encode(query)
        ask = {
            "UDP": self._by_datagram,
            "TCP": self._by_stream,
            "TLS": self._by_tls,
            "HTTPS": self._by_https,
        }[carrier]
        began = self._machine.now
        try:
            async with asyncio.timeout(self._options.seconds):
                octets = await ask(endpoint, data)
        except OSError as error:
            raise NoReply(_why(error)) from error
        except EOFError as error:
            raise NoReply("end of file") from error
        try:
            reply = decode(octets)
        except DnsFormatError as error:
            raise NoReply(f"bad packet: {error}") from error
        return Heard(reply, octets, carrier, self._machine.now - began, endpoint)

    async def _by_datagram(self, endpoint: Endpoint, query: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Waiting(query, reply), remote_addr=(endpoint.address, endpoint.port)
        )
        try:
            transport.sendto(query)
            return await reply
        finally:
            transport.close()

    async def _by_stream(self, endpoint: Endpoint, query: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(endpoint.address, endpoint.port)
        return await _over(reader, writer, query)

    async def _by_tls(self, endpoint: Endpoint, query: bytes) -> bytes:
        # As dig: without +tls-ca no certificate is checked.
        reader, writer = await self._secured(endpoint, onlooker_context())
        return await _over(reader, writer, query)

    async def _by_https(self, endpoint: Endpoint, query: bytes) -> bytes:
        context = onlooker_context()
        context.set_alpn_protocols(["http/1.1"])
        reader, writer = await self._secured(endpoint, context)
        host = f"[{endpoint.name}]" if is_ipv6(endpoint.name) else endpoint.name
        path = self._options.https or "/"
        head = request(host, path, "dig", "POST", (_HTTPS_TYPE, len(query)))
        exchange = Exchange(head, query)
        try:
            writer.write(exchange.outgoing)
            while not exchange.received(await reader.read(65_536)):
                pass
        except WebError as error:
            raise EOFError(str(error)) from error
        finally:
            writer.close()
        response = exchange.response
        assert response is not None
        if response.status != 200 or response.header(b"content-type") != _HTTPS_TYPE:
            raise NoReply(f"HTTP status {response.status}")
        return response.body

    @staticmethod
    async def _secured(
        endpoint: Endpoint, context: ssl.SSLContext
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await open_tls_connection(
            endpoint.address, endpoint.port, context, endpoint.name or None
        )


class _Waiting(asyncio.DatagramProtocol):
    """Takes the first datagram that bears the id of the query and is a response."""

    def __init__(self, query: bytes, reply: asyncio.Future[bytes]) -> None:
        self._id = query[:2]
        self._reply = reply

    def datagram_received(self, data: bytes, addr: object) -> None:
        if len(data) > 2 and data[:2] == self._id and data[2] & 0x80 and not self._reply.done():
            self._reply.set_result(data)

    def error_received(self, error: Exception) -> None:
        if not self._reply.done():
            self._reply.set_exception(error)


async def _over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, query: bytes) -> bytes:
    """Ask on a stream, with the length before the message (RFC 7766 section 8)."""
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        size = int.from_bytes(await reader.readexactly(2), "big")
        return await reader.readexactly(size)
    finally:
        writer.close()


def _why(error: OSError) -> str:
    """Name an error as BIND's library does."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "connection reset"
    if isinstance(error, ssl.SSLError):
        return "TLS error"
    return _WHY.get(error.errno or 0) or in_words(error).lower()
