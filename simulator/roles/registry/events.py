"""What befell a registration, in the words of RDAP (RFC 9083 section 10.2.3)."""

from __future__ import annotations

from typing import NamedTuple

from simulator.roles.registry.objects import Domain
from simulator.roles.registry.statuses import UPDATE_LOCKS, Status, first_of
from simulator.values import Instant


class Event(NamedTuple):
    """``action`` is a value of the RDAP registry of event actions; ``transaction`` an svTRID."""

    action: str
    at: Instant
    actor: str = ""
    transaction: str = ""


class Transaction(NamedTuple):
    """A transform command that was answered, refused ones included.

    ``id`` is the svTRID; ``command`` names the object and the EPP command
    (``"domain update"``); ``code`` is the EPP result code; ``operation`` the word of a change
    poll message (``"autoRenew"``) where it is another than the command's, else empty.
    """

    id: str
    at: Instant
    actor: str
    command: str
    name: str
    code: int
    operation: str = ""


def actions(before: Domain | None, after: Domain, again: bool) -> tuple[str, ...]:
    """Return the event actions that lead from one state to the other.

    ``again`` says that the name was registered before and purged since.
    """
    if before is None:
        return ("registration", "reregistration") if again else ("registration",)
    found = ["last changed"]
    if before.sponsor != after.sponsor:
        found.append("transfer")
    was_going = Status.PENDING_DELETE in before.statuses
    is_going = Status.PENDING_DELETE in after.statuses
    if was_going != is_going:
        found.append("deletion" if is_going else "reinstantiation")
    was_locked = first_of(before.statuses, UPDATE_LOCKS) is not None
    is_locked = first_of(after.statuses, UPDATE_LOCKS) is not None
    if was_locked != is_locked:
        found.append("locked" if is_locked else "unlocked")
    return tuple(found)


def told(history: tuple[Event, ...], new: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return a history with what is new. Of the changes it keeps only the last, as RDAP does."""
    return (*(event for event in history if event.action != "last changed"), *new)
