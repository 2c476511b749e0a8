"""Messages in the reader's language."""

import pytest

from simulator.text import catalogue, say, system_language, typeset
from simulator.values import message
from simulator.world.fields import Text


def test_english_is_the_key_itself() -> None:
    assert say(message("{count} days", count=3)) == "3 days"


def test_french_comes_from_the_catalogue_with_what_fills_it() -> None:
    nested = message("{done} after {duration}", done=message("done"), duration=message("1 day"))
    assert say(nested, "fr") == "fait en 1 jour"


def test_names_of_a_world_say_themselves() -> None:
    place = Text(en="Brussels", fr="Bruxelles")
    assert say(message("{place}:", place=place), "fr") == "Bruxelles\u202f:"


def test_a_missing_translation_falls_back_to_english() -> None:
    untranslated = "nobody will ever translate {this}"
    assert say(message("{problem}", problem=untranslated), "fr") == untranslated
    assert catalogue("fr").gettext(untranslated) == untranslated


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Quoi ?", "Quoi\u202f?"),
        ("ceci ; cela", "ceci\u202f; cela"),
        ("un « mot » ici", "un «\u202fmot\u202f» ici"),
        ("https://coco.xg/ :", "https://coco.xg/\u202f:"),
        ("a :b", "a :b"),
    ],
)
def test_french_marks_stay_with_their_word(typed: str, set_: str) -> None:
    assert typeset(typed, "fr") == set_
    assert typeset(typed, "en") == typed


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANGUAGE": "fr:en", "LANG": "en_GB"}, "fr"),
        ({"LANG": "de_DE"}, "en"),
        ({}, "en"),
    ],
)
def test_the_environment_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert system_language(environment) == language
