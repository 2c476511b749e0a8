"""DNS over TLS, the client's side (RFC 7858, usage profiles of RFC 8310)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from simulator.roles.resolver.channel import (
    TIMEOUT_SECONDS,
    Heard,
    connect,
    failure_of,
    trusting_context,
)
from simulator.roles.resolver.exchange import belongs
from simulator.serving.framing import framed, read_framed
from simulator.values import Address
from simulator.wire import failures
from simulator.wire.dns import DnsFormatError, decode, encode
from simulator.wire.dns_values import DnsMessage

PORT = 853
OPPORTUNISTIC_SECONDS = 2.0
"""How long one who can do without waits for TLS. RFC 8310 names no time."""


class DotChannel:
    """Asks one resolver over TLS, all questions of a lookup on one connection.

    ``strict``: the certificate must be valid for ``hostname`` by ``tls_context``, and
    without it nothing is asked of anybody (RFC 8310 section 5). Otherwise (opportunistic, RFC
    7858 section 4.1) any certificate will do, and the stub goes on to port 53 where TLS cannot
    be had; ``hostname`` then only goes into the ClientHello, and may be empty.

    Each lookup tries anew. RFC 7858 would have a client keep its connection for a while
    (section 3.4) and remember for an hour or so who has no TLS (section 3.1): here every visit
    shows what the network does at that moment.
    """

    def __init__(
        self,
        server: Address,
        port: int,
        hostname: str,
        tls_context: ssl.SSLContext | None,
        strict: bool = True,
    ) -> None:
        if strict and (tls_context is None or not hostname):
            raise ValueError("strict needs a name, and a context to check the certificate with")
        self.server = server
        self.strict = strict
        self._port = port
        self._hostname = hostname
        self._context = tls_context if strict else None
        self._patience = TIMEOUT_SECONDS if strict else OPPORTUNISTIC_SECONDS

    def __repr__(self) -> str:
        profile = "strict" if self.strict else "opportunistic"
        return f"<DotChannel {profile} {self.server} {self._hostname}>"

    async def ask(self, queries: Sequence[DnsMessage]) -> list[Heard]:
        """Return what became of each query."""
        context = trusting_context() if self._context is None else self._context
        try:
            reader, writer = await connect(
                self.server, self._port, self._hostname, context, self._patience
            )
        except OSError as error:
            return [Heard("dot", failure=failure_of(error))] * len(queries)
        try:
            writer.write(b"".join([framed(encode(query)) for query in queries]))
            return await _replies(reader, queries)
        finally:
            writer.close()


async def _replies(reader: asyncio.StreamReader, queries: Sequence[DnsMessage]) -> list[Heard]:
    """Read until each query has its reply, in whatever order (RFC 7858 section 3.3)."""
    heard: list[Heard | None] = [None] * len(queries)
    failure = failures.TIMEOUT
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while None in heard:
                _place(await read_framed(reader), queries, heard)
    except (EOFError, OSError) as error:
        failure = failure_of(error)
    return [Heard("dot", failure=failure) if one is None else one for one in heard]


def _place(raw: bytes, queries: Sequence[DnsMessage], heard: list[Heard | None]) -> None:
    """Put a reply where it belongs; what belongs nowhere is ignored."""
    try:
        reply = decode(raw)
    except DnsFormatError:
        return
    for index, query in enumerate(queries):
        if heard[index] is None and belongs(reply, query):
            heard[index] = Heard("dot", reply, raw)
            return
