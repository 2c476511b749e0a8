"""Frames on the stream: each is behind its length in four octets (RFC 5734 section 4).

The length counts its own four octets.
"""

from __future__ import annotations

from typing import Final

from simulator.wire.epp.errors import FrameError

HEADER: Final = 4
LIMIT: Final = 1 << 20
"""Octets of a frame. A larger one is no command of a registrar, and nobody keeps room for it."""


def framed(document: bytes) -> bytes:
    """Return a document with its length before it, for one write."""
    return (len(document) + HEADER).to_bytes(HEADER, "big") + document


class Frames:
    """Cuts what comes in on a stream into documents."""

    __slots__ = ("_held", "_limit")

    def __init__(self, limit: int = LIMIT) -> None:
        self._held = bytearray()
        self._limit = limit

    def __repr__(self) -> str:
        return f"<Frames {len(self._held)} octets held>"

    def received(self, data: bytes) -> list[bytes]:
        """Return the documents that are whole with ``data``, in order.

        `FrameError` for a length that no frame has: the stream cannot be read on.
        """
        held = self._held
        held += data
        documents = []
        while len(held) >= HEADER:
            size = int.from_bytes(held[:HEADER], "big")
            if not HEADER < size <= self._limit:
                raise FrameError(size, self._limit)
            if len(held) < size:
                break
            documents.append(bytes(held[HEADER:size]))
            del held[:size]
        return documents
