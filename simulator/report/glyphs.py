"""The shapes of the report, and what stands for them where an encoding cannot show them."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from simulator.report.sights import Shape
from simulator.text import NARROW_SPACE


class Glyphs(NamedTuple):
    """One character for each shape, and the few signs beside them; ``encoding`` is the stream's."""

    shapes: dict[Shape, str]
    done: str
    refused: str
    pending: str
    arrow: str
    dot: str
    rule: str
    encoding: str = "utf-8"

    def fit(self, text: str) -> str:
        """Return a text in characters that the stream can show."""
        if _can(self.encoding, text):
            return text
        return "".join(map(self._fit_character, text))

    def _fit_character(self, character: str) -> str:
        if _can(self.encoding, character):
            return character
        if character in _PLAIN:
            return _PLAIN[character]
        bare = unicodedata.normalize("NFKD", character)
        return "".join(part for part in bare if _can(self.encoding, part)) or "?"


_PLAIN = {
    NARROW_SPACE: " ",
    "\u00a0": " ",
    "\u2192": "->",
    "\u2026": "...",
    "\u2014": "-",
    "\u2013": "-",
    "\u2019": "'",
    "\u00b7": "-",
    "\u00ab": '"',
    "\u00bb": '"',
    "\u0153": "oe",
    "\u0152": "OE",
}
_DRAWN = Glyphs(
    {
        Shape.SITE: "●",
        Shape.BANNER: "■",
        Shape.BLOCK_PAGE: "□",
        Shape.OTHER: "○",
        Shape.FOUND: "◆",
        Shape.CERTIFICATE: "▲",
        Shape.FAILURE: "✕",
    },
    done="✓",
    refused="✕",
    pending="…",
    arrow="→",
    dot="·",
    rule="─",
)
_TYPED = Glyphs(
    {
        Shape.SITE: "o",
        Shape.BANNER: "#",
        Shape.BLOCK_PAGE: "=",
        Shape.OTHER: "?",
        Shape.FOUND: "+",
        Shape.CERTIFICATE: "!",
        Shape.FAILURE: "x",
    },
    done="+",
    refused="x",
    pending="~",
    arrow="->",
    dot="-",
    rule="-",
)


def glyphs_for(encoding: str | None) -> Glyphs:
    """Return the drawn shapes where an encoding has them all, else typed ones."""
    encoding = encoding or "utf-8"  # a stream of text without bytes, such as StringIO
    signs = (*_DRAWN.shapes.values(), *_DRAWN[1:-1])
    drawn = _can(encoding, "".join(map(str, signs)))
    return (_DRAWN if drawn else _TYPED)._replace(encoding=encoding)


def _can(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
