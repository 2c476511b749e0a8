"""The report on pages of all widths and encodings.

Golden files: ``UPDATE_GOLDEN=1 python -m pytest tests/report`` writes them anew.
"""

import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from simulator.report.console import ConsoleReport
from simulator.report.page import Page, wrap
from simulator.report.progress import Progress
from simulator.report.result import result
from simulator.report.usage import HEADLINE
from simulator.scenario.expectations import Verdict
from simulator.scenario.loader import find_scenario, load_scenario
from simulator.scenario.runner import ScenarioRun

GOLDEN = Path(__file__).parent.parent / "golden"
PACKETS = re.compile(r"[\d,\u202f]+ (?=packets|paquets)")
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
    report = ConsoleReport(run, page, language, "run_sim.py", "run_sim.py")
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
    report = ConsoleReport(
        run, Page(stream, width=80, environment={}), language, "run_sim.py", "run_sim.py"
    )
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


def flat(text: str) -> str:
    return " ".join(text.split())


def test_refusals_abroad_are_told_together_and_each_with_its_ways(headline: ScenarioRun) -> None:
    shown = flat(text_of(headline))
    assert (
        "Paris prosecutor → Rila Hosting: take over the host"
        " Paris prosecutor → Registry of .xg: redelegate the name"
        " ✕ refused. Paris prosecutor is obeyed at home (France); the operators are abroad and need"
        " not obey. What could reach Rila Hosting (Bulgaria): a European Investigation Order, or"
        " proceedings of its own, coordinated at Eurojust, or mutual legal assistance. What could"
        " reach Registry of .xg (Guernsey): mutual legal assistance, or a request from police to"
        " police, or a request to the operator itself."
    ) in shown
    assert shown.count("is obeyed at home (France)") == 1


def test_sources_are_in_the_language_and_marked_where_doubtful(headline: ScenarioRun) -> None:
    english, french = (text_of(headline, language, 100) for language in ("en", "fr"))
    assert "[1] LCEN art. 6-3\u00a0(?)\n" in english
    assert "[1] LCEN, art. 6-3\u00a0(?)\n" in french


def test_a_date_is_told_when_it_changes_only(headline: ScenarioRun) -> None:
    titles = [line for line in text_of(headline).splitlines() if "──" in line]
    assert len(titles) == 11
    dated = [line.split()[0] for line in titles if "2024" in line]
    assert dated == ["1", "3", "6", "8", "9"]
    assert {len(line) for line in titles} == {80}


@pytest.mark.parametrize(("width", "explained"), [(80, False), (46, True)])
def test_the_legend_explains_what_needs_it(
    headline: ScenarioRun, width: int, explained: bool
) -> None:
    assert ("the site itself" in text_of(headline, width=width)) is explained


def test_the_list_for_narrow_pages_is_aligned(headline: ScenarioRun) -> None:
    shown = text_of(headline, "fr", 46).split("Ce que l'on voit")[1].split("À retenir")[0]
    places = {
        re.search("[●■▲✕]", line).start()  # type: ignore[union-attr]
        for line in shown.splitlines()
        if line.startswith("  ")
    }
    assert len(places) == 1


@pytest.fixture(scope="module")
def new_caledonia() -> Iterator[ScenarioRun]:
    run = ScenarioRun(load_scenario(find_scenario("new_caledonia_2024")))
    for _ in run.steps():
        pass
    yield run
    run.close()


def test_a_measure_names_the_addresses_that_its_order_lists(new_caledonia: ScenarioRun) -> None:
    shown = flat(text_of(new_caledonia))
    assert "OPT-NC: drop packets to Heron VPN Amsterdam, Heron VPN Frankfurt ✓ done" in shown
    ended = "No longer in force: drop packets to Heron VPN Amsterdam, Heron VPN Frankfurt (OPT-NC)."
    assert ended in shown


def test_a_step_that_goes_on_with_an_act_stands_right_below_it(
    new_caledonia: ScenarioRun,
) -> None:
    assert (
        "    clips.test       ● site  Paris, Nouméa\n    clips-twin.test  ● site  Paris, Nouméa\n"
    ) in text_of(new_caledonia)


def test_what_is_lifted_before_it_took_effect_was_withdrawn(tmp_path: Path) -> None:
    order = (
        "{by: court-fr, to: alpha-telecom, measure: {dns: nxdomain}, name: coco.xg, await: false}"
    )
    path = tmp_path / "withdrawn.yaml"
    path.write_text(
        "title: {en: Withdrawn}\nworld: europe\nsteps:\n"
        f"  - {{id: given, order: {order}}}\n  - {{id: taken-back, lift: given}}\n"
    )
    run = ScenarioRun(load_scenario(path))
    for _ in run.steps():
        pass
    shown = text_of(run, "fr")
    run.close()
    assert "… en cours." in shown
    assert "Retiré avant d'avoir pris effet\u202f: nier l'existence du nom (Alpha" in shown
    assert "en vigueur" not in shown


TWICE = """\
title: {en: Twice}
world: europe
steps:
  - {id: one, order: {by: police-gg, to: xg-registry, lever: server-hold, name: coco.xg}}
  - {id: two, order: {by: police-gg, to: xg-registry, lever: server-hold, name: coco.xg}}
  - {id: no, order: {by: court-fr, to: rila-hosting, lever: host-off, name: coco.xg}}
  - {id: first, lift: one}
  - {id: last, lift: two}
  - {id: again, lift: one}
  - {id: never, lift: no}
"""


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioRun]:
    path = tmp_path_factory.mktemp("twice") / "twice.yaml"
    path.write_text(TWICE, encoding="utf-8")
    run = ScenarioRun(load_scenario(path))
    for _ in run.steps():
        pass
    yield run
    run.close()


def parts_of(run: ScenarioRun) -> dict[str, str]:
    """What is told of each step, on one line."""
    shown = " ".join(text_of(run, width=200).split())
    names = [step.id for step in run.done]
    starts = [shown.index(f" {number} {name} ") for number, name in enumerate(names, 1)]
    ends = [*starts[1:], shown.index("Sources of what")]
    return {name: shown[start:end] for name, start, end in zip(names, starts, ends, strict=True)}


def test_what_was_in_force_already_is_not_told_as_new(twice: ScenarioRun) -> None:
    """Neither the registry's first answer nor its poll message is told a second time."""
    told = parts_of(twice)
    already = (
        "It was in force already, by the order of step one: it stays until the last of these"
        " orders is lifted."
    )
    assert already in told["two"]
    assert already not in told["one"]
    for words in ("By the registry's own hand", "A poll message waits for"):
        assert words in told["one"]
        assert words not in told["two"]


def test_a_lift_says_what_came_of_it_or_that_there_was_nothing_to_lift(twice: ScenarioRun) -> None:
    told = parts_of(twice)
    hold = "old the name (serverHold) (Registry of .xg)"
    assert f"Remains: h{hold}. Also ordered by step two, so it stays." in told["first"]
    assert "No longer in force" not in told["first"]
    assert f"No longer in force: h{hold}." in told["last"]
    assert f"H{hold}. Nothing to lift: it is lifted already." in told["again"]
    assert "(Rila Hosting). Nothing to lift: it was refused." in told["never"]
    for name in ("again", "never"):
        assert "Remains" not in told[name]
        assert "No longer in force" not in told[name]


def test_the_result_says_what_came_of_each_lift(twice: ScenarioRun) -> None:
    orders = [order for order in result(twice)["orders"] if order["lifted"]]
    assert [(order["step"], order["outcome"], order["reason"]) for order in orders] == [
        ("first", "refused", "also ordered by step two, so it stays"),
        ("last", "executed", "lifted"),
        ("again", "refused", "nothing to lift: it is lifted already"),
        ("never", "refused", "nothing to lift: it was refused"),
    ]


def test_a_next_that_names_no_scenario_is_left_as_it_is(headline: ScenarioRun) -> None:
    report = ConsoleReport(headline, Page(io.StringIO()), "en", "door", "door")
    assert report._whole_command("Go: run coco_2024") == "Go: door run coco_2024"
    for text in ("Go: run away", "run coco_2024 twice", "rerun coco_2024 now"):
        assert report._whole_command(text) == text
