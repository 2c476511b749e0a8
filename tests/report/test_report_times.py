"""Lab dates and durations as people say them."""

import datetime

import pytest

from simulator.report.times import Day, date_and_time, spell
from simulator.text import say
from simulator.values import DAY, HOUR, MILLISECOND, MINUTE, SECOND, message


@pytest.mark.parametrize(
    ("duration", "english", "french"),
    [
        (20 * MILLISECOND, "less than a second", "moins d'une seconde"),
        (5 * SECOND, "5 seconds", "5 secondes"),
        (MINUTE, "1 minute", "1 minute"),
        (90 * SECOND, "1 minute and 30 seconds", "1 minute et 30 secondes"),
        (6 * HOUR + 300 * MILLISECOND, "6 hours", "6 heures"),
        (DAY + 12 * SECOND, "1 day", "1 jour"),
        (26 * HOUR, "1 day and 2 hours", "1 jour et 2 heures"),
        (60 * DAY, "60 days", "60 jours"),
    ],
)
def test_durations_are_said_in_their_largest_units(
    duration: int, english: str, french: str
) -> None:
    assert say(spell(duration)) == english
    assert say(spell(duration), "fr") == french


def test_dates_follow_the_language() -> None:
    moment = datetime.datetime(2025, 4, 1, 14, 0, tzinfo=datetime.UTC)
    assert date_and_time(moment, "en") == "1 April 2025, 14:00"
    assert date_and_time(moment, "fr") == "1er avril 2025, 14:00"


def test_a_date_that_fills_a_message_follows_the_language() -> None:
    text = message("since {date}", date=Day(datetime.date(2026, 8, 1)))
    assert (say(text), say(text, "fr")) == ("since 1 August 2026", "since 1er août 2026")
