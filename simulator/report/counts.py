"""Counted things as people say them: none, one, several."""

from __future__ import annotations

from typing import NamedTuple

from simulator.values import Message, message


class Number(NamedTuple):
    """A number that a message may be filled with: each language groups its thousands."""

    value: int

    def say(self, language: str) -> str:
        """Return ``12,345``, or ``12 345`` with a narrow no-break space in French."""
        return f"{self.value:,}".replace(",", "\u202f" if language == "fr" else ",")


def visits(count: int) -> Message:
    """Return ``1 visit``."""
    return _several(
        count,
        message("no visit"),
        message("1 visit"),
        message("{count} visits", count=Number(count)),
    )


def addresses(count: int) -> Message:
    """Return ``1 address``."""
    return _several(
        count,
        message("no address"),
        message("1 address"),
        message("{count} addresses", count=Number(count)),
    )


def orders(count: int) -> Message:
    """Return ``1 order``."""
    return _several(
        count,
        message("no order"),
        message("1 order"),
        message("{count} orders", count=Number(count)),
    )


def packets(count: int) -> Message:
    """Return ``1 packet``."""
    return _several(
        count,
        message("no packet"),
        message("1 packet"),
        message("{count} packets", count=Number(count)),
    )


def held(count: int) -> Message:
    """Return that all expectations held; ``count`` is 1 or more."""
    if count == 1:
        return message("The one expectation held.")
    return message("All {count} expectations held.", count=Number(count))


def failed(failures: int, count: int) -> Message:
    """Return how many of the expectations did not hold; ``failures`` is 1 or more."""
    if count == 1:
        return message("The one expectation did not hold:")
    if failures == 1:
        return message("1 of {count} expectations did not hold:", count=Number(count))
    return message(
        "{failed} of {count} expectations did not hold:",
        failed=Number(failures),
        count=Number(count),
    )


def _several(count: int, none: Message, one: Message, more: Message) -> Message:
    return (none, one)[count] if count < 2 else more
