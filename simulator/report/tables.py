"""The tables of the report: the matrix of acts by people, and the block beside the seizure.

Each is drawn with shapes and words where the page is wide enough, and otherwise with
shapes alone or as a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from simulator.report import styles
from simulator.report.matrix import PLACES, Column, Contrast, Matrix, Row, Section
from simulator.report.page import Page, Piece, pad, wrap
from simulator.report.sights import Sight
from simulator.report.voice import Voice
from simulator.values import Message, message

_GAP = 2
_LABEL = 26
"""Cells for the title of an act, unless there is room for more or only for less."""
_LEAST_LABEL = 16


def mark(sight: Sight | None, page: Page, voice: Voice, *, words: bool = True) -> Piece:
    """Return a sight as a shape and, if wanted, its word."""
    if sight is None:
        return page.glyphs.dot, styles.QUIET
    shape = page.glyphs.shapes[sight.shape]
    text = f"{shape} {page.glyphs.fit(voice.say(sight.word))}" if words else shape
    return text, styles.SHAPES[sight.shape]


def write_matrix(matrix: Matrix, page: Page, voice: Voice) -> None:
    """Write the acts against the people, and a legend of what was seen."""
    headers = [_header(column, page, voice) for column in matrix.columns]
    sights = matrix.sights()
    cell = max((cell_len(mark(sight, page, voice)[0]) for sight in sights), default=1)
    for words, heads in (
        (True, headers),
        (False, headers),
        (False, [[chr(ord("A") + n % 26)] for n in range(len(headers))]),
    ):
        widths = [
            max(cell if words else 1, *map(cell_len, head)) + _GAP for head in heads
        ]
        label = min(page.width - sum(widths), max(_LABEL, page.prose - sum(widths)), 40)
        if label >= _LEAST_LABEL:
            break
    if heads is not headers:
        _write_key(matrix.columns, page, voice)
    _write_sections(matrix.sections, heads, max(label, 8), widths, words, page, voice)
    page.blank()
    write_legend(sights, page, voice)


def _header(column: Column, page: Page, voice: Voice) -> list[str]:
    place = page.glyphs.fit(voice.place(column.vantage))
    return [place, "" if column.way is None else page.glyphs.fit(voice.say(column.way))]


def _write_key(columns: Iterable[Column], page: Page, voice: Voice) -> None:
    for number, column in enumerate(columns):
        letter = chr(ord("A") + number % 26)
        page.paragraph(" ".join(filter(None, _header(column, page, voice))), first=[(f"{letter} ", "bold")])
    page.blank()


def _write_sections(
    sections: Sequence[Section],
    heads: Sequence[Sequence[str]],
    label: int,
    widths: Sequence[int],
    words: bool,
    page: Page,
    voice: Voice,
) -> None:
    depth = max((len([part for part in head if part]) for head in heads), default=0)
    for line in range(depth):
        cells = [(pad(head[line] if line < len(head) else "", width), "bold") for head, width in zip(heads, widths, strict=True)]
        page.line((" " * label, ""), *cells)
    for section in sections:
        page.line((_clip(page.glyphs.fit(section.target), page.width), styles.HEADING))
        for row in section.rows:
            _write_row(row, label, widths, words, page, voice)


def _write_row(
    row: Row, label: int, widths: Sequence[int], words: bool, page: Page, voice: Voice
) -> None:
    title = "" if row.title is None else page.glyphs.fit(voice.text(row.title))
    first = pad(_clip(f"{row.number:>2} {title}", label - 1), label)
    cells = [mark(sight, page, voice, words=words) for sight in row.cells]
    page.line(
        (first, ""),
        *((pad(text, width), style) for (text, style), width in zip(cells, widths, strict=True)),
    )


def _clip(text: str, width: int) -> str:
    """Cut a text that does not fit; two dots tell, in any encoding."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 2:
        text = text[:-1]
    return text.rstrip() + ".."


def write_legend(sights: Iterable[Sight], page: Page, voice: Voice) -> None:
    """Write what each shape and word means."""
    marks = {sight: mark(sight, page, voice) for sight in sights}
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
    cells = [[_sights(each.places.get(place), page, voice) for place in places] for each in contrasts]
    labels = [[page.glyphs.fit(each.target), page.glyphs.fit(voice.say(each.state))] for each in contrasts]
    label = max((cell_len(part) for parts in labels for part in parts), default=0) + _GAP
    widest = [
        max(cell_len(text) for row in cells for text, _ in row[number]) + _GAP
        for number in range(len(places))
    ]
    spare = page.prose - label - sum(widest)
    heads = [page.glyphs.fit(voice.say(place)) for place in places]
    widths = _share(spare, heads, widest)
    if widths is None:
        _write_list(places, contrasts, labels, page, voice)
        return
    _write_heads(heads, label, widths, page)
    for name, row in zip(labels, cells, strict=True):
        _write_stack([[(part, "bold") for part in name], *row], [label, *widths], page)


def _share(spare: int, heads: Sequence[str], least: Sequence[int]) -> list[int] | None:
    """Return widths of columns whose headings wrap between words; None if there is no room."""
    widths = [
        max(width, *(cell_len(word) + _GAP for word in head.split(" ")))
        for head, width in zip(heads, least, strict=True)
    ]
    spare -= sum(widths) - sum(least)
    if spare < 0:
        return None
    for number, head in enumerate(heads):
        more = min(spare, max(0, cell_len(head) + _GAP - widths[number]))
        widths[number] += more
        spare -= more
    return widths


def _write_heads(heads: Sequence[str], label: int, widths: Sequence[int], page: Page) -> None:
    stacks = [
        [(line, "bold") for line in wrap(head, width - _GAP)]
        for head, width in zip(heads, widths, strict=True)
    ]
    _write_stack([[("", "")], *stacks], [label, *widths], page)


def _write_stack(columns: Sequence[Sequence[Piece]], widths: Sequence[int], page: Page) -> None:
    """Write pieces one below the other in each column."""
    for line in range(max(map(len, columns))):
        pieces = [column[line] if line < len(column) else ("", "") for column in columns]
        page.line(
            *((pad(text, width), style) for (text, style), width in zip(pieces, widths, strict=True))
        )


def _sights(sights: Iterable[Sight] | None, page: Page, voice: Voice) -> list[Piece]:
    return [mark(sight, page, voice) for sight in sights or (None,)]


def _write_list(
    places: Sequence[Message],
    contrasts: Sequence[Contrast],
    labels: Sequence[Sequence[str]],
    page: Page,
    voice: Voice,
) -> None:
    for contrast, label in zip(contrasts, labels, strict=True):
        page.paragraph(" ".join(label), "bold")
        for place in places:
            sights = contrast.places.get(place)
            if sights is not None:
                where = voice.say(message("{place}:", place=place))
                page.paragraph(where, first=[("  ", "")])
                for sight in sights:
                    page.line(("    ", ""), mark(sight, page, voice))
