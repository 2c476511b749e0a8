"""What a proxy's end of a negotiation wants done, and what it is told: no socket, no clock."""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

from simulator.values import Address

HEAD_LIMIT = 16_384
"""Octets that a negotiation may take; nobody needs a tenth of it."""


class Say(NamedTuple):
    """Send this and go on listening."""

    data: bytes


class Reach(NamedTuple):
    """Connect there, and send ``first`` once it is up.

    ``one_way``: what else the client says is not for the destination.
    """

    host: str
    port: int
    first: bytes = b""
    one_way: bool = False


class End(NamedTuple):
    """Send this and hang up; ``reason`` is for the journal."""

    data: bytes
    reason: str


Step: TypeAlias = Say | Reach | End


class Dialogue(Protocol):
    """One client's negotiation, seen from the proxy."""

    def received(self, data: bytes) -> list[Step]:
        """Take what the client sent; after a `Reach` or an `End` nothing more comes."""

    def reached(self, address: Address, port: int) -> bytes:
        """Return what tells the client that the destination is there; we connect from here."""

    def failed(self, stage: str, failure: str) -> bytes:
        """Return what tells the client that it is not: a stage and an OONI failure string."""

    def timed_out(self) -> bytes:
        """Return the farewell to a client that took too long."""
