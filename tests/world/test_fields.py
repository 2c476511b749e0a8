"""Durations, dates, texts and words as they are written in files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from simulator.world.fields import Duration, Many, Moment, Name, Text


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [
        ("20ms", 20_000),
        ("90s", 90_000_000),
        ("5m", 300_000_000),
        ("3h", 10_800_000_000),
        ("14d", 1_209_600_000_000),
        ("1h30m", 5_400_000_000),
        ("0s", 0),
    ],
)
def test_a_duration_is_in_microseconds(written: str, microseconds: int) -> None:
    assert TypeAdapter(Duration).validate_python(written) == microseconds


@pytest.mark.parametrize("written", ["", "5", 5, None, "5 m", "-5m", "5w", "1.5h", "m", "٣h"])
def test_anything_else_is_no_duration(written: Any) -> None:
    with pytest.raises(ValidationError, match="is not a duration such as"):
        TypeAdapter(Duration).validate_python(written)


def test_a_moment_keeps_its_offset() -> None:
    moment = TypeAdapter(Moment).validate_python("2024-05-14T18:00:00+11:00")
    assert moment == datetime(2024, 5, 14, 7, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(hours=11)


@pytest.mark.parametrize("written", ["2024-05-14", "2024-05-14T18:00", 1715, None, "tomorrow"])
def test_a_date_without_time_or_offset_is_no_moment(written: Any) -> None:
    with pytest.raises(ValidationError, match="is not a date and time with its offset"):
        TypeAdapter(Moment).validate_python(written)


def test_a_text_falls_back_to_english() -> None:
    text = Text(en="seized")
    assert (text.say("en"), text.say("fr"), text.say("nl")) == ("seized", "seized", "seized")
    assert Text(en="seized", fr="saisi").say("fr") == "saisi"


def test_a_proper_name_serves_in_every_language() -> None:
    assert TypeAdapter(Name).validate_python("Paris") == Text(en="Paris", fr="Paris")


def test_one_word_is_a_list_of_one() -> None:
    assert TypeAdapter(Many).validate_python("paris") == ("paris",)
    assert TypeAdapter(Many).validate_python(["paris", "rome"]) == ("paris", "rome")
