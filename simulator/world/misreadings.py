"""What an author did, where PyYAML says what its parser was doing.

libyaml and PyYAML's own parser stop at the same places, in other words; so the advice is
taken from the text around the place, and their words serve only where we have none.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from simulator.values import Message, message

_TAB = message("a tab; indent with spaces")
_SENTENCE = message("a sentence with a colon: put the sentence in quotes")
_COMMENT = message("' #' begins a comment here: put the sentence in quotes")
_QUOTES = message(
    "the quotes close before the sentence ends: put quotes of the other kind around all of it"
)
_UNCLOSED = message("the quotes that open here are never closed")
_NO_CHARACTER = message(
    "the '\\' stands for no character: a character is U+0000 to U+10FFFF without U+D800 to U+DFFF"
)
_NO_ESCAPE = message(
    "the '\\' begins nothing that YAML knows: write it twice, or use single quotes"
)
_ITEM = message("wrong indentation of a list item: put its '-' under the '-' of the others")
_DASH = message("a space is missing after the '-'")
_FIELD = message("wrong indentation: put this field under the others of its entry")
_COLON = message("a ':' is missing on this line")

_COLON_BEFORE = re.compile(r":\s")
_FIELD_FOLLOWS = re.compile(r"[\w-]+:\s")
_ITEM_BEGINS = re.compile(r"\s*-(?:\s|$)")

Place = tuple[int, int]
"""Line and column, from 0."""


def explain(text: str, error: yaml.MarkedYAMLError) -> tuple[Place, Message]:
    """Return where the author's slip is in ``text``, and the sentence that tells of it."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return (0, 0), _otherwise(error)
    return _Slip(text, error, mark).found()


class _Slip:
    def __init__(self, text: str, error: yaml.MarkedYAMLError, mark: Any) -> None:
        self.lines = text.splitlines()
        self.error = error
        self.doing, self.problem = error.context or "", error.problem or ""
        self.place: Place = (mark.line, mark.column)
        began = error.context_mark or mark
        self.began: Place = (began.line, began.column)
        self.before = self._line(mark.line)[: mark.column]
        self.character = self._line(mark.line)[mark.column : mark.column + 1]

    def found(self) -> tuple[Place, Message]:
        """Return the first explanation that fits."""
        if self.character == "\t":
            return self.place, _TAB
        if "Unicode character escape" in self.problem:
            return self.place, _NO_CHARACTER
        if "escape character" in self.problem:
            return self.place, _NO_ESCAPE
        if "quoted scalar" in self.doing:
            return self.began, _UNCLOSED
        if "expected ':'" in self.problem:
            return self.began, _COLON
        if "cannot start any token" in self.problem or self.doing.endswith((" alias", " anchor")):
            return self._odd_character()
        if self.before.rstrip().endswith(('"', "'")):
            return self._closed_quotes()
        if "flow" in self.doing:
            return self._in_brackets()
        if "mapping values" in self.problem:
            return self._second_colon()
        if self.doing.endswith(("mapping", "collection")) and self.character not in "]}":
            return self._indentation()
        return self.place, _otherwise(self.error)

    def _line(self, number: int) -> str:
        return self.lines[number] if number < len(self.lines) else ""

    def _closed_quotes(self) -> tuple[Place, Message]:
        """Something follows a value in quotes: the rest of the sentence, or the next field."""
        line, column = self.place
        if "flow" in self.doing and _FIELD_FOLLOWS.match(self._line(line)[column:]):
            return self._in_brackets()
        return self.place, _QUOTES

    def _odd_character(self) -> tuple[Place, Message]:
        line, column = self.began
        text = message(
            "what begins with '{character}' goes in quotes",
            character=self._line(line)[column : column + 1],
        )
        return self.began, text

    def _in_brackets(self) -> tuple[Place, Message]:
        inner = re.split(r"[{\[,]", self.before)[-1]
        if self.character == ":" and _COLON_BEFORE.search(inner):
            return self.place, _SENTENCE
        (line, column), end = self.began, self.place[0]
        bracket = self._line(line)[column : column + 1]
        if line == end:
            text = message("a comma, or what closes the '{bracket}', is missing", bracket=bracket)
            return self.place, text
        for number in range(line, end):
            comment = self._line(number).find(" #", column if number == line else 0)
            if comment >= 0:
                return (number, comment + 1), _COMMENT
        return self.began, message("the '{bracket}' that opens here is not closed", bracket=bracket)

    def _second_colon(self) -> tuple[Place, Message]:
        field = re.sub(r"^\s*(?:-\s+)*", "", self.before)
        if " " in field.strip():
            return self.place, _SENTENCE
        return self._indentation()

    def _indentation(self) -> tuple[Place, Message]:
        line, column = self.began
        if re.match(r"-[^\s-]", self._line(line)[column:]):
            return self.began, _DASH
        here = self._line(self.place[0])
        place = self.place[0], len(here) - len(here.lstrip())
        return place, _ITEM if _ITEM_BEGINS.match(here) else _FIELD


def _otherwise(error: yaml.MarkedYAMLError) -> Message:
    return message("this is not YAML (in the parser's own words: {reason})", reason=error.problem)
