"""Errors that tell a person what to mend. Bugs of ours are assertions, not these."""

from __future__ import annotations

from simulator.values import Message


class LabError(Exception):
    """Bad input or a request that the lab cannot meet, with a sentence that says so.

    Show ``simulator.text.say(error.message, language)`` and end with status 2.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class NotSimulated(LabError):
    """What was asked for exists in the world but not in this lab."""
