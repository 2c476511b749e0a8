"""The tables of the report: the matrix of acts by people, and the block beside the seizure.

Each is drawn with shapes and words where the page is wide enough, and otherwise with
shapes alone or as a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from simulator.report import styles
from simulator.report.matrix import PLACES, Column, Contrast, Matrix, Row
from simulator.report.page import Page, Piece, pad, wrap
from simulator.report.sights import Shape, Sight
from simulator.report.voice import Voice
from simulator.values import Message, message

_GAP = 2
_MOST_LABEL = 34
"""Cells for the title of an act."""
_LAYOUTS = ((2, True, True, 24), (1, True, True, 16), (1, False, True, 16), (1, False, False, 8))
"""Gap between columns, words beside shapes, names above, least cells for the title of an act."""


def mark(sight: Sight | None, page: Page, voice: Voice, *, short: bool = False) -> Piece:
    """Return a sight as a shape and a word."""
    if sight is None:
        return page.glyphs.dot, styles.QUIET
    word = page.glyphs.fit(voice.say(sight.short if short else sight.word))
    return f"{page.glyphs.shapes[sight.shape]} {word}", styles.SHAPES[sight.shape]


def _shape(sight: Sight | None, page: Page) -> Piece:
    if sight is None:
        return page.glyphs.dot, styles.QUIET
    return page.glyphs.shapes[sight.shape], styles.SHAPES[sight.shape]


# --- acts by people -------------------------------------------------------------------------


class _Grid(NamedTuple):
    """How wide the columns are, and what is in them: one piece a column."""

    label: int
    widths: tuple[int, ...]
    heads: tuple[list[str], ...]
    words: bool


def write_matrix(matrix: Matrix, page: Page, voice: Voice) -> None:
    """Write the acts against the people, and a legend of what was seen."""
    grid = _grid(matrix, page, voice)
    if all(len(head) == 1 and len(head[0]) == 1 for head in grid.heads):
        _write_key(matrix.columns, page, voice)
    _write_heads(matrix.sections[0].target, grid, page)
    for number, section in enumerate(matrix.sections):
        if number:
            page.paragraph(section.target, styles.HEADING)
        for row in section.rows:
            _write_row(row, grid, page, voice)
    page.blank()
    _write_legend(matrix.sights(), grid.words, page, voice)


def _write_heads(target: str, grid: _Grid, page: Page) -> None:
    """Write the headings, the first target in the corner below, if there is room for it."""
    lines = max(map(len, grid.heads))
    above = [""] * (lines - 1)
    corner: list[Piece] = [*((line, "") for line in above), (target, styles.HEADING)]
    if cell_len(target) >= grid.label:
        corner = []
    heads = ([(line, "bold") for line in head] for head in grid.heads)
    _write_pieces([corner, *heads], [grid.label, *grid.widths], page)
    if not corner:
        page.paragraph(target, styles.HEADING)


def _grid(matrix: Matrix, page: Page, voice: Voice) -> _Grid:
    """Return the most telling layout that the page has room for."""
    full = [_header(column, page, voice) for column in matrix.columns]
    letters = [chr(ord("A") + number % 26) for number in range(len(full))]
    grid = _Grid(0, (), (), words=False)
    for gap, words, named, enough in _LAYOUTS:
        names = full if named else letters
        cells = [
            _widest(matrix, number, page, voice) if words else 1 for number in range(len(full))
        ]
        least = [max(map(cell_len, name.split(" "))) for name in names]
        room = [max(pair) for pair in zip(cells, least, strict=True)]
        widths = (*(width + gap for width in room[:-1]), room[-1])
        label = min(page.prose - sum(widths), _MOST_LABEL)
        heads = tuple(wrap(name, width) for name, width in zip(names, room, strict=True))
        grid = _Grid(max(label, 8), widths, heads, words)
        if label >= enough:
            break
    return grid


def _widest(matrix: Matrix, column: int, page: Page, voice: Voice) -> int:
    cells = (row.cells[column] for section in matrix.sections for row in section.rows)
    return max(cell_len(mark(cell, page, voice, short=True)[0]) for cell in cells)


def _header(column: Column, page: Page, voice: Voice) -> str:
    place = page.glyphs.fit(voice.place(column.vantage))
    return place if column.way is None else f"{place} {page.glyphs.fit(voice.say(column.way))}"


def _write_key(columns: Iterable[Column], page: Page, voice: Voice) -> None:
    for number, column in enumerate(columns):
        letter = chr(ord("A") + number % 26)
        page.paragraph(_header(column, page, voice), first=[(f"{letter}  ", "bold")])


def _write_row(row: Row, grid: _Grid, page: Page, voice: Voice) -> None:
    title = "" if row.title is None else page.glyphs.fit(voice.text(row.title))
    if row.scheme is not None:
        title += f" ({row.scheme})"
    lines = wrap(title, grid.label - 4)
    cells: list[Piece] = [
        mark(sight, page, voice, short=True) if grid.words else _shape(sight, page)
        for sight in row.cells
    ]
    for number, line in enumerate(lines):
        first = f"{row.number:>2} " if number == 0 else "   "
        beside = zip(cells, grid.widths, strict=True) if number == 0 else ()
        page.line(
            (pad(first + line, grid.label), ""),
            *((pad(text, width), style) for (text, style), width in beside),
        )


def _write_legend(sights: Iterable[Sight], words: bool, page: Page, voice: Voice) -> None:
    """Explain what was seen; the site beside its own word explains itself."""
    explained = [sight for sight in sights if not (words and sight.shape is Shape.SITE)]
    marks = {sight: mark(sight, page, voice, short=True) for sight in explained}
    width = max((cell_len(text) for text, _ in marks.values()), default=0) + _GAP
    for sight, (text, style) in marks.items():
        meaning = voice.say(sight.meaning)
        if sight.failure is not None:
            meaning += f" ({sight.failure})"
        page.paragraph(meaning, styles.QUIET, first=[(pad(text, width), style)])


# --- block beside seizure -------------------------------------------------------------------


def write_contrasts(contrasts: Sequence[Contrast], page: Page, voice: Voice) -> None:
    """Write what each name that was blocked or seized looked like from each kind of place."""
    places = [place for place in PLACES if any(place in each.places for each in contrasts)]
    heads = [page.glyphs.fit(voice.say(place)) for place in places]
    columns = [
        [
            [mark(sight, page, voice) for sight in each.places.get(place, (None,))]
            for each in contrasts
        ]
        for place in places
    ]
    least = [max(cell_len(text) for cell in column for text, _ in cell) for column in columns]
    for corner, labels in _labels(contrasts, page, voice):
        label = max(cell_len(line) for lines in (*labels, [corner]) for line in lines) + _GAP
        widths = _share(page.prose - label, heads, least)
        if widths is not None:
            break
    else:
        _write_list(places, contrasts, page, voice)
        return
    wrapped = [wrap(head, width - _GAP) for head, width in zip(heads, widths, strict=True)]
    _write_stack([[corner], *wrapped], [label, *widths], page, "bold")
    for number, lines in enumerate(labels):
        stacks = [[(line, "bold") for line in lines], *(column[number] for column in columns)]
        _write_pieces(stacks, [label, *widths], page)


def _labels(
    contrasts: Sequence[Contrast], page: Page, voice: Voice
) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield what may stand in the corner and before each row, the best first."""
    targets = [each.target for each in contrasts]
    states = [page.glyphs.fit(voice.say(each.state)) for each in contrasts]
    if len(dict.fromkeys(targets)) == 1:
        yield targets[0], [[state] for state in states]
    both = list(zip(targets, states, strict=True))
    yield "", [[f"{target} {state}"] for target, state in both]
    yield "", [[target, state] for target, state in both]


def _share(room: int, heads: Sequence[str], least: Sequence[int]) -> list[int] | None:
    """Return widths of columns, their headings in as few lines as fit; None if none do.

    The last column needs no gap behind it.
    """
    for lines in range(1, max(len(head.split(" ")) for head in heads) + 1):
        widths = [
            max(cells, _narrowest(head, lines)) + _GAP
            for head, cells in zip(heads, least, strict=True)
        ]
        if sum(widths) <= room + _GAP:
            return widths
    return None


def _narrowest(head: str, lines: int) -> int:
    """Return the least width at which a heading takes so many lines, broken between words."""
    width = max(map(cell_len, head.split(" ")))
    while len(wrap(head, width)) > lines:
        width += 1
    return width


def _write_stack(
    columns: Sequence[Sequence[str]], widths: Sequence[int], page: Page, style: str
) -> None:
    _write_pieces([[(line, style) for line in column] for column in columns], widths, page)


def _write_pieces(columns: Sequence[Sequence[Piece]], widths: Sequence[int], page: Page) -> None:
    """Write pieces one below the other in each column."""
    for line in range(max(map(len, columns))):
        pieces = [column[line] if line < len(column) else ("", "") for column in columns]
        page.line(
            *(
                (pad(text, width), style)
                for (text, style), width in zip(pieces, widths, strict=True)
            )
        )


def _write_list(
    places: Sequence[Message], contrasts: Sequence[Contrast], page: Page, voice: Voice
) -> None:
    names = {
        place: page.glyphs.fit(voice.say(message("{place}:", place=place))) for place in places
    }
    seen = (sight for each in contrasts for sights in each.places.values() for sight in sights)
    widest = max(cell_len(mark(sight, page, voice)[0]) for sight in seen)
    column = min(page.width - 2 - widest, 1 + max(map(cell_len, names.values())))
    for contrast in contrasts:
        page.paragraph(f"{contrast.target} {voice.say(contrast.state)}", "bold")
        for place in filter(contrast.places.__contains__, places):
            where = names[place]
            if cell_len(where) >= column:
                page.paragraph(where, first=[("  ", "")])
                where = ""
            for sight in contrast.places[place]:
                page.line(("  " + pad(where, column), ""), mark(sight, page, voice))
                where = ""
