"""Lab dates and durations as people say them."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from simulator.text import say
from simulator.values import DAY, HOUR, MINUTE, SECOND, Duration, Message, message

_MONTHS = (
    message("January"),
    message("February"),
    message("March"),
    message("April"),
    message("May"),
    message("June"),
    message("July"),
    message("August"),
    message("September"),
    message("October"),
    message("November"),
    message("December"),
)

NOTICEABLE: Duration = MINUTE
"""What takes less is not worth a word between two steps."""


def date_and_time(moment: datetime.datetime, language: str) -> str:
    """Return ``24 June 2024, 08:00``."""
    return f"{day(moment, language)}, {moment:%H:%M}"


def day(moment: datetime.date, language: str) -> str:
    """Return ``24 June 2024``; in French the first of a month is ``1er``."""
    number = "1er" if language == "fr" and moment.day == 1 else str(moment.day)
    return f"{number} {say(_MONTHS[moment.month - 1], language)} {moment.year}"


class Day(NamedTuple):
    """A date that a message may be filled with."""

    date: datetime.date

    def say(self, language: str) -> str:
        """Return ``24 June 2024``."""
        return day(self.date, language)


def spell(duration: Duration) -> Message:
    """Return a duration in its largest unit, and the next one where that matters."""
    units = [(DAY, _days), (HOUR, _hours), (MINUTE, _minutes), (SECOND, _seconds)]
    rounded = _rounded(duration)
    for position, (size, words) in enumerate(units):
        if rounded >= size:
            large, rest = divmod(rounded, size)
            if position < len(units) - 1 and large < 3:
                smaller, smaller_words = units[position + 1]
                if rest // smaller:
                    return message(
                        "{large} and {small}",
                        large=words(large),
                        small=smaller_words(rest // smaller),
                    )
            return words(large)
    return message("less than a second")


def _rounded(duration: Duration) -> Duration:
    """Drop what nobody would mention: the seconds of a day, the milliseconds of a minute."""
    for limit, grain in ((DAY, HOUR), (HOUR, MINUTE), (SECOND, SECOND)):
        if duration >= limit:
            return (duration + grain // 2) // grain * grain
    return duration


def _days(count: int) -> Message:
    return message("1 day") if count == 1 else message("{count} days", count=count)


def _hours(count: int) -> Message:
    return message("1 hour") if count == 1 else message("{count} hours", count=count)


def _minutes(count: int) -> Message:
    return message("1 minute") if count == 1 else message("{count} minutes", count=count)


def _seconds(count: int) -> Message:
    return message("1 second") if count == 1 else message("{count} seconds", count=count)


def decimal(number: float, language: str) -> str:
    """Return a number with one decimal, small ones with two."""
    text = f"{number:.1f}" if number >= 0.95 else f"{number:.2f}"
    return text.replace(".", ",") if language == "fr" else text
