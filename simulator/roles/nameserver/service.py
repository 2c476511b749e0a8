"""An authoritative nameserver on UDP and TCP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from simulator.roles.nameserver.logic import NameserverState, answer
from simulator.serving.dns import DnsPorts, Send
from simulator.values import Address, Instant, Now
from simulator.wire.dns import DnsFormatError, decode, encode, format_error_reply
from simulator.wire.dns_values import DnsMessage, Question, udp_limit

OnQuery: TypeAlias = Callable[[Address, Question, DnsMessage], None]
"""Called with the client's address, its question and our reply."""


def at_the_start() -> Instant:
    """Say that no time has passed, which is enough for zones without signatures."""
    return 0


class Nameserver:
    """Serves the zones of ``state``; a change to them counts from the next query on.

    ``now`` is asked when a zone is signed: signatures have dates.
    """

    def __init__(
        self,
        state: NameserverState,
        on_query: OnQuery | None = None,
        *,
        now: Now = at_the_start,
    ) -> None:
        self.state = state
        self._on_query = on_query
        self._now = now
        self._ports = DnsPorts(self._take)

    async def start(self, endpoints: Sequence[tuple[Address, int]]) -> None:
        """Listen on each (address, port), by UDP and by TCP."""
        await self._ports.open(endpoints)

    async def close(self) -> None:
        """Stop listening and hang up."""
        await self._ports.close()

    def respond(self, data: bytes, source: Address, *, stream: bool) -> bytes | None:
        """Return the bytes that answer ``data``, or None where silence is right."""
        try:
            query = decode(data)
        except DnsFormatError:
            return format_error_reply(data)
        if query.response:
            return None
        reply = answer(self.state, query, self._now())
        if self._on_query is not None and query.question is not None:
            self._on_query(source, query.question, reply)
        return encode(reply, None if stream else udp_limit(query))

    def _take(self, data: bytes, source: Address, send: Send, *, stream: bool) -> bool:
        reply = self.respond(data, source, stream=stream)
        if reply is None:
            return False
        send(reply)
        return True
