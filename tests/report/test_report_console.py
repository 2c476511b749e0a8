"""The report on pages of all widths and encodings.

Golden files: ``UPDATE_GOLDEN=1 python -m pytest tests/report`` writes them anew.
"""

import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from simulator.report.console import ConsoleReport
from simulator.report.page import Page, wrap
from simulator.report.progress import Progress
from simulator.report.usage import HEADLINE
from simulator.scenario.expectations import Verdict
from simulator.scenario.loader import find_scenario, load_scenario
from simulator.scenario.runner import ScenarioRun

GOLDEN = Path(__file__).parent.parent / "golden"
PACKETS = re.compile(r"^[\d,\u202f]+ (?=packets|paquets)", re.M)
"""How many packets a TLS handshake takes is OpenSSL's affair."""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def told(
    run: ScenarioRun,
    stream: io.TextIOBase,
    language: str = "en",
    width: int = 80,
    environment: dict[str, str] | None = None,
) -> None:
    page = Page(stream, width=width, environment=environment or {})  # type: ignore[arg-type]
    report = ConsoleReport(run, page, language, "run_sim.py")
    report.begin()
    for step in run.done:
        report.step(step)
    report.end(0.25)


def text_of(run: ScenarioRun, language: str = "en", width: int = 80) -> str:
    stream = io.StringIO()
    told(run, stream, language, width)
    return stream.getvalue()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_headline_reads_as_it_did(language: str) -> None:
    # Told as it goes: what caches still hold after a step is not known at the end.
    stream = io.StringIO()
    run = ScenarioRun(load_scenario(find_scenario(HEADLINE)), language=language)
    report = ConsoleReport(run, Page(stream, width=80, environment={}), language, "run_sim.py")
    report.begin()
    for step in run.steps():
        report.step(step)
    report.end(0.25)
    run.close()
    shown = PACKETS.sub("N ", stream.getvalue())
    golden = GOLDEN / f"headline.{language}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [32, 40, 50, 60, 72, 80, 100, 120, 200])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_line_is_wider_than_the_page(headline: ScenarioRun, language: str, width: int) -> None:
    lines = text_of(headline, language, width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []


def test_french_lines_never_begin_with_a_high_mark(headline: ScenarioRun) -> None:
    for width in range(40, 100, 7):
        lines = [line.strip() for line in text_of(headline, "fr", width).splitlines()]
        assert [line for line in lines if line[:1] in tuple(";:!?»")] == []


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {"TERM": "xterm-256color"}, True),
        (True, {"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm-256color"}, False),
    ],
)
def test_escape_codes_are_for_terminals_that_want_them(
    headline: ScenarioRun,
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    environment: dict[str, str],
    coloured: bool,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if terminal else io.StringIO()
    told(headline, stream, environment=environment)
    assert ("\x1b[" in stream.getvalue()) is coloured


def test_colour_changes_nothing_but_colour(
    headline: ScenarioRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    told(headline, stream, environment={"TERM": "xterm-256color"})
    assert re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue()) == text_of(headline)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_narrow_encodings_get_typed_shapes(headline: ScenarioRun, encoding: str) -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding, newline="\n")
    told(headline, stream, "fr")
    stream.flush()
    shown = buffer.getvalue().decode(encoding)
    assert "o site" in shown
    assert "# saisi" in shown
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert ("é" in shown) is (encoding != "ascii")


def test_a_failed_expectation_is_told_twice_and_loudly(headline: ScenarioRun) -> None:
    last = headline.done[-1]
    failed = Verdict("paris", "page", "site", "block_page", passed=False)
    kept, last.verdicts = last.verdicts, [*last.verdicts, failed]
    try:
        shown = text_of(headline, width=120)
    finally:
        last.verdicts = kept
    sentence = "Not as expected: Paris, page: site was expected, block_page was seen."
    assert shown.count(sentence) == 2
    assert "1 of " in shown
    assert "expectations held" not in shown
    assert replace(failed, passed=True).passed


def test_wrapping_keeps_no_break_spaces_and_cuts_only_what_is_too_long() -> None:
    assert wrap("Pourquoi\u202f? Parce que", 12) == ["Pourquoi\u202f?", "Parce que"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrap("", 5) == [""]
    assert wrap("one two", 7, 2) == ["", "one two"]


def test_progress_shows_itself_only_once_patience_is_over() -> None:
    stream = Terminal()
    page = Page(stream, width=40, environment={"TERM": "xterm"})
    with Progress(page, "The lab is being built"):
        pass
    assert stream.getvalue() == ""
    with Progress(page, "The lab is being built", patience=0.0) as progress:
        while "being built" not in stream.getvalue():
            progress._over.wait(0.001)
    assert stream.getvalue().endswith("\r" + " " * 39 + "\r")


def test_progress_says_nothing_where_it_is_piped() -> None:
    stream = io.StringIO()
    page = Page(stream, width=40, environment={})
    with Progress(page, "The lab is being built", patience=0.0) as progress:
        assert progress._thread is None
    assert stream.getvalue() == ""
