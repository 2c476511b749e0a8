"""What a person reads, in their language.

Program text is English in the code (`simulator.values.message`) and translated by
gettext catalogues in ``simulator/locale``. A missing translation falls back to English;
a test lists it.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from simulator.values import Message

LANGUAGES = ("en", "fr")
DOMAIN = "takedown-lab"
FOLDER = Path(__file__).resolve().parent / "locale"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the translations into a language; English needs none."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, languages=[language], fallback=True)


def say(text: Message, language: str = "en") -> str:
    """Return a message in a language. What fills it is translated too: messages and names."""
    template = catalogue(language).gettext(text.text)
    return template.format(**{key: _word(value, language) for key, value in text.arguments})


def _word(value: object, language: str) -> object:
    if isinstance(value, Message):
        return say(value, language)
    in_language = getattr(value, "say", None)  # names of a world carry their own translations
    return value if in_language is None else in_language(language)


def system_language(environment: Mapping[str, str] | None = None) -> str:
    """Return the language that the environment asks for: ``fr``, else ``en``.

    Looks at LANGUAGE, LC_ALL, LC_MESSAGES and LANG, as gettext does.
    """
    variables = os.environ if environment is None else environment
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = variables.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"
