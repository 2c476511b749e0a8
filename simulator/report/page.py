"""Lines on a terminal: wrapped between words, aligned in columns, styled by rich.

Lines are wrapped here and not by rich, whose wrapping would break at the no-break spaces
of French typography. Where no colour is wanted lines are written as they are, and rich's
console is not even imported: that is a tenth of the whole headline command.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len, chop_cells

from simulator.report.glyphs import Glyphs, glyphs_for

if TYPE_CHECKING:
    from typing import NoReturn

    from rich.console import Console

MEASURE = 100
"""Columns: longer lines of prose are hard to read."""
_PIPED = (80, 24)
"""The size of a page that nobody has told us the size of."""

Piece = tuple[str, str]
"""Text, and the rich style that it is in."""


class Page:
    """Where a report is written. ``width`` is the terminal's unless stated.

    ``live`` tells whether a line may be written over.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        width: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        environment = os.environ if environment is None else environment
        self.stream = stream
        self.live = stream.isatty() and environment.get("TERM") != "dumb"
        self.width = width or shutil.get_terminal_size(_PIPED).columns
        self.prose = min(self.width, MEASURE)
        self.glyphs: Glyphs = glyphs_for(getattr(stream, "encoding", None))
        coloured = self.live and not environment.get("NO_COLOR")
        self._console = _console(stream, self.width) if coloured else None

    def line(self, *pieces: Piece) -> None:
        """Write a line of pieces; what is too long for the page is the caller's fault."""
        if self._console is None:
            text = "".join(words for words, _ in pieces)
            self.stream.write(self.glyphs.fit(text).rstrip(" ") + "\n")
            return
        from rich.text import Text

        styled = Text.assemble(*((self.glyphs.fit(words), style) for words, style in pieces))
        styled.rstrip()
        self._console.print(styled, soft_wrap=True, no_wrap=True, crop=False)

    def blank(self) -> None:
        """Write an empty line."""
        self.line()

    def flush(self) -> None:
        """Show what has been written so far."""
        self.stream.flush()

    def paragraph(
        self, words: str, style: str = "", *, first: Sequence[Piece] = (), indent: int | None = None
    ) -> None:
        """Write text wrapped to the measure, after ``first`` and indented below it."""
        lead = sum(cell_len(self.glyphs.fit(piece)) for piece, _ in first)
        hang = min(lead if indent is None else indent, self.prose * 3 // 5)
        lines = wrap(self.glyphs.fit(words), self.prose - hang, self.prose - lead)
        for number, text in enumerate(lines):
            before = first if number == 0 else ((" " * hang, ""),)
            self.line(*before, (text, style))


def _console(stream: TextIO, width: int) -> Console:
    from rich.console import Console

    class _Console(Console):
        def on_broken_pipe(self) -> NoReturn:
            """Tell our caller, in place of ending the program from here."""
            raise BrokenPipeError

    return _Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def wrap(text: str, width: int, first: int | None = None) -> list[str]:
    """Return text in lines of at most ``width`` cells, broken at plain spaces only.

    The first line may have another width. A word that is too long for a line is cut.
    """
    width = max(width, 1)
    lines: list[str] = []
    line, room = "", width if first is None else first
    for word in _short_words(text, width):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= room:
            line = joined
        else:
            if line or not lines:
                lines.append(line)
                room = width
            line = word
    return [*lines, line]


def _short_words(text: str, width: int) -> Iterable[str]:
    for word in text.split(" "):
        yield from chop_cells(word, width) if cell_len(word) > width else (word,)


def pad(text: str, width: int) -> str:
    """Fill a text up to a width in cells."""
    return text + " " * (width - cell_len(text))
