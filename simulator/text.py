"""What a person reads, in their language.

Program text is English in the code (`simulator.values.message`) and translated by
gettext catalogues in ``simulator/locale``. A missing translation falls back to English;
a test lists it.
"""

from __future__ import annotations

import gettext
import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from simulator.values import Message

LANGUAGES = ("en", "fr")
DOMAIN = "takedown-lab"
FOLDER = Path(__file__).resolve().parent / "locale"

NARROW_SPACE = "\u202f"
"""No-break and narrow: before ``; : ! ?`` and inside guillemets, in French."""
_BEFORE_HIGH_MARK = re.compile(r" (?=[;:!?»](?:\s|[).,…]|$))")


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the translations into a language; English needs none."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, languages=[language], fallback=True)


def say(text: Message, language: str = "en") -> str:
    """Return a message in a language. What fills it is translated too: messages and names."""
    template = catalogue(language).gettext(text.text)
    filled = template.format(**{key: _word(value, language) for key, value in text.arguments})
    return typeset(filled, language)


def _word(value: object, language: str) -> object:
    if isinstance(value, Message):
        return say(value, language)
    in_language = getattr(value, "say", None)  # names of a world carry their own translations
    return value if in_language is None else in_language(language)


def typeset(text: str, language: str) -> str:
    """Put no-break spaces where the language wants them, so that no line begins with a colon."""
    if language != "fr":
        return text
    text = text.replace("« ", "«" + NARROW_SPACE)
    return _BEFORE_HIGH_MARK.sub(NARROW_SPACE, text)


def system_language(environment: Mapping[str, str] | None = None) -> str:
    """Return the language that the environment asks for: ``fr``, else ``en``.

    Looks at LANGUAGE, LC_ALL, LC_MESSAGES and LANG, as gettext does.
    """
    variables = os.environ if environment is None else environment
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = variables.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return _windows_language() if environment is None and sys.platform == "win32" else "en"


def _windows_language() -> str:
    """Return the language of the desktop: Windows sets none of those variables."""
    import ctypes

    identifier = ctypes.windll.kernel32.GetUserDefaultUILanguage()  # type: ignore[attr-defined]
    return "fr" if identifier & 0x3FF == 0x0C else "en"  # LANG_FRENCH
