"""The queues from which registrars fetch what befell their names (RFC 5730 section 2.9.2.3).

What the registry does of its own accord is told as a change poll message (RFC 8590), first
with the object as it was, then as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from simulator.roles.registry.objects import Contact, Domain, HostObject, TransferData
from simulator.values import Instant, Message


class Cause(NamedTuple):
    """In whose name and why the registry's own hand acts, as RFC 8590 section 2 has it.

    ``case_type`` is ``udrp``, ``urs`` or ``custom``; ``case_name`` says what kind of custom
    case. ``who`` and ``reason`` are text in the registry's language, or empty.
    """

    who: str = ""
    reason: str = ""
    case: str = ""
    case_type: str = "custom"
    case_name: str = ""


class ChangeData(NamedTuple):
    """What a change poll message says of a change (``changeData``).

    ``state`` is ``before`` or ``after``; ``operation`` an EPP transform or ``autoRenew``,
    ``autoDelete``, ``autoPurge``, ``custom``, and ``sub_operation`` refines it, or is empty.
    """

    state: str
    operation: str
    sub_operation: str
    at: Instant
    transaction: str
    who: str
    cause: Cause


class PollMessage(NamedTuple):
    """A message of a registrar's queue, with the object or the transfer that it is about."""

    id: str
    queued: Instant
    text: Message
    domain: Domain | None = None
    host: HostObject | None = None
    contact: Contact | None = None
    transfer: TransferData | None = None
    change: ChangeData | None = None


class PollQueues:
    """A queue for each accredited registrar. Ids count up over all queues."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[PollMessage]] = {}
        self._count = 0
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have ``listener`` called with the registrar of each message that is queued."""
        self._listeners.append(listener)

    def open(self, registrar: str) -> None:
        """Keep messages for a registrar from now on."""
        self._queues.setdefault(registrar, deque())

    def put(
        self,
        registrar: str,
        now: Instant,
        text: Message,
        *,
        domain: Domain | None = None,
        host: HostObject | None = None,
        contact: Contact | None = None,
        transfer: TransferData | None = None,
        change: ChangeData | None = None,
    ) -> None:
        """Queue a message. The registry itself has no queue: it knows what it did."""
        queue = self._queues.get(registrar)
        if queue is not None:
            self._count += 1
            queue.append(
                PollMessage(str(self._count), now, text, domain, host, contact, transfer, change)
            )
            for listener in self._listeners:
                listener(registrar)

    def first(self, registrar: str) -> PollMessage | None:
        """Return the oldest message; asking again returns it again."""
        queue = self._queues.get(registrar)
        return queue[0] if queue else None

    def count(self, registrar: str) -> int:
        """Return how many messages wait."""
        return len(self._queues.get(registrar, ()))

    def acknowledge(self, registrar: str, id: str) -> bool:  # noqa: A002  EPP's own word
        """Take the oldest message off, if that is its id; tell whether it was."""
        queue = self._queues.get(registrar)
        if not queue or queue[0].id != id:
            return False
        queue.popleft()
        return True

    def clear(self) -> None:
        """Empty every queue: for a world that has just been set up."""
        for queue in self._queues.values():
            queue.clear()
