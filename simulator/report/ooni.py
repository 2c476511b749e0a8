"""The command `diagnose` as it is read: OONI's table and why, our own reading beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len

from simulator.ooni.classify import Blocking
from simulator.ooni.command import diagnose, to_json
from simulator.ooni.comparison import CONSISTENT, INCONSISTENT
from simulator.ooni.read import printable
from simulator.ooni.result import Result, to_dict
from simulator.report import styles
from simulator.report.causes import CAUSES, style_of, verdict, write_reasons
from simulator.report.files import check_writable, why, writing
from simulator.report.page import Page, pad
from simulator.text import say
from simulator.values import Message, message
from simulator.world.faults import Fault

if TYPE_CHECKING:
    import argparse

JUDGED, MISUSED = 0, 2
_INDENT = 2

_LOOKUPS = {
    CONSISTENT: message("The lookups agree with the test helper's."),
    INCONSISTENT: message("The lookups do not agree with the test helper's."),
    None: message("Whether the lookups are right cannot be told: nothing to compare with."),
}


class Line(NamedTuple):
    """A measurement in the table at the end."""

    input: str
    table: str
    reading: str
    blocked: bool


def run(options: argparse.Namespace, language: str) -> int:
    """Judge ``options.files``; 2 if one of them, or a part of it, could not be read."""
    if options.json not in (None, "-"):
        check_writable(Path(options.json))
    page = None if options.json == "-" else Page(sys.stdout)
    documents: list[dict[str, Any]] = []
    lines: list[Line] = []
    status = JUDGED
    for found in diagnose(options.files):
        if not isinstance(found, Result):
            status = MISUSED
            _complain(found, language)
            continue
        documents.append(to_dict(found))
        if page is not None:
            write_result(found, page, language)
            lines.append(line_of(found, language))
            page.flush()
    if page is not None and len(lines) > 1:
        write_table(lines, page, language)
    _write_json(options.json, documents)
    return status


def _complain(found: Fault | OSError, language: str) -> None:
    """Write what is wrong at once, so that it stands between what stands around it."""

    def told(text: Message) -> str:
        return say(text, language)

    if isinstance(found, Fault):
        text = found.show(told)
    else:
        file = str(found.filename)
        sentence = message("'{file}' cannot be read: {reason}", file=file, reason=why(found))
        text = told(sentence)
    encoding = sys.stderr.encoding or "utf-8"
    sys.stdout.flush()
    sys.stderr.write(text.encode(encoding, "replace").decode(encoding) + "\n")


def _write_json(where: str | None, documents: Sequence[dict[str, Any]]) -> None:
    if where is None:
        return
    text = to_json(documents)
    if where == "-":
        # UTF-8 for a terminal of any encoding would be letters of another alphabet.
        encoding = sys.stdout.encoding or "utf-8"
        if encoding.lower().replace("-", "") != "utf8":
            text = json.dumps(json.loads(text), indent=1) + "\n"
        sys.stdout.write(text)
        return
    with writing(Path(where)):
        Path(where).write_text(text, encoding="utf-8", newline="\n")


# --- one measurement ------------------------------------------------------------------------


def write_result(result: Result, page: Page, language: str) -> None:
    """Write what is said of a measurement: the table's row and why, our reading, the file's own."""
    _Writer(page, language).write(result)


class _Writer:
    def __init__(self, page: Page, language: str) -> None:
        self._page = page
        self._language = language

    def _say(self, text: Message) -> str:
        return printable(say(text, self._language))

    def write(self, result: Result) -> None:
        found = result.classification
        self._page.paragraph(printable(result.measurement.input or "?"), styles.TITLE)
        self._quiet(self._origin(result))
        self._entry(self._say(_ooni(result)), _style(found.blocking, found.accessible))
        self._sentence(self._say(_row(result)))
        self._sentence(self._say(_LOOKUPS[found.dns_consistency]))
        if found.overruled:
            because = message("Where lookups do not agree, OONI blames the DNS, whatever failed.")
            self._sentence(self._say(because))
        if found.row in (1, 3) and result.diagnosis.cause not in ("accessible", "throttled"):
            self._sentence(self._say(_BLIND))
        self._diagnosis(result)
        for text in _others(result):
            self._quiet(self._say(text))
        self._page.blank()

    def _diagnosis(self, result: Result) -> None:
        diagnosis = result.diagnosis
        words = message(
            "Our reading: {cause}", cause=verdict(diagnosis.cause, diagnosis.confidence)
        )
        self._entry(self._say(words), style_of(diagnosis.cause))
        write_reasons(
            self._page,
            self._say,
            diagnosis.evidence,
            diagnosis.actor,
            diagnosis.ways,
            _INDENT * 2,
        )

    def _origin(self, result: Result) -> str:
        measurement = result.measurement
        parts = [
            measurement.probe_cc,
            measurement.probe_asn,
            measurement.probe_network_name,
            measurement.measurement_start_time,
            f"web_connectivity {measurement.test_version}" if measurement.test_version else None,
        ]
        told = [printable(part) for part in parts if part]
        if result.virtual:
            told.append(self._say(message("made in a lab, not on the Internet")))
        return f" {self._page.glyphs.dot} ".join(told)

    def _entry(self, words: str, style: str) -> None:
        self._page.paragraph(words, style, first=[(" " * _INDENT, "")])

    def _sentence(self, words: str) -> None:
        bullet = f"{' ' * (_INDENT * 2)}{self._page.glyphs.dot} "
        self._page.paragraph(words, first=[(bullet, styles.QUIET)])

    def _quiet(self, words: str) -> None:
        if words:
            self._page.paragraph(words, styles.QUIET, first=[(" " * _INDENT, "")])


_BLIND = message(
    "Our reading differs: the table does not look at what a page says, only at how it came and"
    " whether its size, fields or title are like the other's."
)


def verdict_words(blocking: Blocking, accessible: bool | None) -> Message:
    """Return OONI's two keys in words."""
    if isinstance(blocking, str):
        return message("blocked ({how})", how=blocking)
    if accessible is None:
        return message("cannot tell")
    return message("accessible") if accessible else message("out of service")


def _ooni(result: Result) -> Message:
    found = result.classification
    words = verdict_words(found.blocking, found.accessible)
    return message("OONI's table: {verdict}", verdict=words)


def _row(result: Result) -> Message:
    found = result.classification
    if found.row is None:
        return found.why
    return message("Row {row}: {why}", row=found.row, why=found.why)


def _others(result: Result) -> Iterable[Message]:
    """Yield what others say of the same observations, where it is something else."""
    if not result.agrees and result.told is not None:
        yield message(
            "The file itself says: {verdict}. It was made elsewhere, with a version or a database"
            " that may differ.",
            verdict=verdict_words(*result.told),
        )
    if result.older is not None:
        yield message(
            "Version 0.4, which wrote this file, decides: {verdict}. {why}",
            verdict=verdict_words(*result.older[:2]),
            why=result.older.why,
        )


def _style(blocking: Blocking, accessible: bool | None) -> str:
    if isinstance(blocking, str):
        return styles.BAD
    return styles.GOOD if accessible else styles.HEADING


# --- all of them ----------------------------------------------------------------------------


def line_of(result: Result, language: str) -> Line:
    """Return a measurement's line in the table at the end."""
    found = result.classification
    cause = CAUSES[result.diagnosis.cause]
    return Line(
        printable(result.measurement.input or "?"),
        say(verdict_words(found.blocking, found.accessible), language),
        say(cause, language),
        isinstance(found.blocking, str),
    )


def write_table(lines: Sequence[Line], page: Page, language: str) -> None:
    """Write all measurements, a line each."""
    heads = (message("Measurement"), message("OONI"), message("Our reading"))
    names = [say(head, language) for head in heads]
    rows = [names, *([line.input, line.table, line.reading] for line in lines)]
    tables = max(cell_len(row[1]) for row in rows) + 2
    readings = max(cell_len(row[2]) for row in rows)
    room = max(16, page.prose - tables - readings)
    inputs = min(max(cell_len(row[0]) for row in rows) + 2, room)
    for number, row in enumerate(rows):
        shown = row[0] if cell_len(row[0]) <= inputs - 2 else row[0][: inputs - 3] + "…"
        style = styles.HEADING if number == 0 else ""
        verdict = style or (styles.BAD if lines[number - 1].blocked else styles.GOOD)
        page.line((pad(shown, inputs), style), (pad(row[1], tables), verdict), (row[2], style))
