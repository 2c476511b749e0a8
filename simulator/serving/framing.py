"""DNS messages on a stream, each behind its length in two octets (RFC 1035 section 4.2.2).

The same over TCP (RFC 7766 section 8) and over TLS (RFC 7858 section 3.3).
"""

from __future__ import annotations

import asyncio


def framed(message: bytes) -> bytes:
    """Return a message of at most 65,535 octets with its length before it, for one write."""
    return len(message).to_bytes(2, "big") + message


async def read_framed(reader: asyncio.StreamReader) -> bytes:
    """Return the next message, which may be empty; `EOFError` at the end of the stream."""
    size = int.from_bytes(await reader.readexactly(2), "big")
    return await reader.readexactly(size)
