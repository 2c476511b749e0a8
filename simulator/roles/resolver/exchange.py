"""Sending DNS queries and hearing the replies that belong to them, by UDP and by TCP.

A reply counts only from the address and port that was asked, to the port that asked,
with the id and the question of the query (RFC 5452 section 9). Anything else is ignored and
the wait goes on: that is how a client tells a clumsy forgery from an answer.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple, TypeAlias, cast

from simulator.serving.framing import framed, read_framed
from simulator.values import Address
from simulator.wire.dns import DnsFormatError, decode, encode
from simulator.wire.dns_values import DnsMessage, Question, make_query

Dial: TypeAlias = Callable[[Address], tuple[str, int]]
"""Where to send what is meant for the nameserver at an address: a host and a port."""


class Reply(NamedTuple):
    """A reply, and the bytes that it came in."""

    message: DnsMessage
    raw: bytes


def port_53(address: Address) -> tuple[str, int]:
    """Return the endpoint at which DNS servers are found."""
    return address, 53


class Exchange:
    """Asks DNS servers. ``sources`` are local addresses to ask from, at most one a family.

    With a source the port is drawn from ``random`` too; without one the system chooses both,
    as it does for most clients.
    """

    def __init__(
        self, random: Random, *, dial: Dial = port_53, sources: Sequence[Address] = ()
    ) -> None:
        self._random = random
        self._dial = dial
        self._sources = {":" in source: source for source in sources}

    def queries(
        self, questions: Sequence[Question], *, recursion_desired: bool, dnssec_ok: bool = False
    ) -> list[DnsMessage]:
        """Return a query for each question, no two with the same id."""
        first = self._random.getrandbits(16)
        identifiers = [first ^ index for index in range(len(questions))]
        return [
            make_query(
                identifier, question, recursion_desired=recursion_desired, dnssec_ok=dnssec_ok
            )
            for identifier, question in zip(identifiers, questions, strict=True)
        ]

    async def by_datagram(
        self, server: Address, queries: Sequence[DnsMessage], seconds: float
    ) -> list[DnsMessage | None]:
        """Do as `replies_by_datagram` does, for those who need no bytes."""
        replies = await self.replies_by_datagram(server, queries, seconds)
        return [None if reply is None else reply.message for reply in replies]

    async def replies_by_datagram(
        self, server: Address, queries: Sequence[DnsMessage], seconds: float
    ) -> list[Reply | None]:
        """Send all queries from one socket; return each one's reply, or None for silence.

        Raises OSError if the network says that the server cannot be had and no reply came.
        """
        loop = asyncio.get_running_loop()
        target = self._dial(server)
        done: asyncio.Future[None] = loop.create_future()
        waiting = _Waiting(target, queries, done)
        transport = await self._open(target, waiting)
        timer = loop.call_later(seconds, waiting.finish)
        try:
            for query in queries:
                transport.sendto(encode(query))
            await done
        finally:
            timer.cancel()
            transport.close()
        if waiting.error is not None and all(reply is None for reply in waiting.replies):
            raise waiting.error
        return waiting.replies

    async def _open(self, target: tuple[str, int], waiting: _Waiting) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        source = self._sources.get(":" in target[0])
        for attempts_left in range(9, -1, -1):
            local = None if source is None else (source, self._random.randrange(1024, 0x10000))
            try:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: waiting, local_addr=local, remote_addr=target
                )
            except OSError as error:
                if error.errno != errno.EADDRINUSE or not attempts_left:
                    raise
            else:
                return transport
        raise AssertionError("the last attempt raises or returns")

    async def by_stream(self, server: Address, query: DnsMessage, seconds: float) -> DnsMessage:
        """Do as `reply_by_stream` does, for those who need no bytes."""
        return (await self.reply_by_stream(server, query, seconds)).message

    async def reply_by_stream(self, server: Address, query: DnsMessage, seconds: float) -> Reply:
        """Ask by TCP (RFC 7766). Raises OSError or TimeoutError; what is no reply is an error."""
        async with asyncio.timeout(seconds):
            target = self._dial(server)
            source = self._sources.get(":" in target[0])
            options: dict[str, Any] = {} if source is None else {"local_addr": (source, 0)}
            reader, writer = await asyncio.open_connection(*target, **options)
            try:
                writer.write(framed(encode(query)))
                raw = await read_framed(reader)
                reply = decode(raw)
            except (EOFError, DnsFormatError) as error:
                raise ConnectionResetError(errno.ECONNRESET, "no DNS reply by TCP") from error
            finally:
                writer.close()
        if not belongs(reply, query):
            raise ConnectionResetError(errno.ECONNRESET, "a DNS reply to something else")
        return Reply(reply, raw)


def belongs(reply: DnsMessage, query: DnsMessage) -> bool:
    """Return whether a reply with the right id answers the query.

    A server that could not even read the question need not repeat it.
    """
    if reply.id != query.id or not reply.response:
        return False
    if reply.question is None:
        return reply.rcode in ("FORMERR", "NOTIMP", "BADVERS")
    return reply.question == query.question


class _Waiting(asyncio.DatagramProtocol):
    """One socket's queries and what came back; ``done`` is set when nothing more is awaited."""

    def __init__(
        self, target: tuple[str, int], queries: Sequence[DnsMessage], done: asyncio.Future[None]
    ) -> None:
        self._target = target
        self._queries = queries
        self._done = done
        self.replies: list[Reply | None] = [None] * len(queries)
        self.error: OSError | None = None

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if source[0] != self._target[0] or source[1] != self._target[1]:
            return
        try:
            reply = decode(data)
        except DnsFormatError:
            return
        for index, query in enumerate(self._queries):
            if self.replies[index] is None and belongs(reply, query):
                self.replies[index] = Reply(reply, data)
                break
        if None not in self.replies:
            self.finish()

    def error_received(self, error: Exception) -> None:
        self.error = cast("OSError", error)
        self.finish()

    def finish(self) -> None:
        """Stop waiting."""
        if not self._done.done():
            self._done.set_result(None)
