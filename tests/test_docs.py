"""What the pages show is what happens: code runs, scenarios hold, commands parse, links lead on.

Conventions of the pages: every ``python`` block is a whole program, and a ``text`` block
right behind it is what it prints; a ``yaml`` block with ``steps:`` at its margin is a whole
scenario, one with ``countries:`` a whole world; each line that begins with
``python run_sim.py`` in any block is a command; each line of a ``json`` block is in the
headline's journal, but for what is shown as ``…``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from simulator.cli import main
from simulator.lab import Lab
from simulator.matrix.catalogue import NOTHING, TITLES
from simulator.report.usage import parse
from simulator.scenario.loader import built_in_scenarios, load_scenario
from simulator.scenario.runner import ScenarioRun
from simulator.tools.command import split_tool
from simulator.world.choices import CIRCUMVENTIONS
from simulator.world.loader import load_world

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
EXAMPLE = ROOT / "examples" / "block_and_seize.py"
PAIRS = {
    "index": "index",
    "students": "etudiants",
    "trainers": "formateurs",
    "how-it-works": "fonctionnement",
    "limits": "limites",
    "python": "python",
    "law": "law",
    "worlds": "worlds",
    "scenarios": "scenarios",
    "matrix": "matrice",
    "evidence": "preuves",
    "seizure": "saisie",
    "other-side": "autre-camp",
}
FOLDERS = {"measures": "mesures", "ways": "contournements"}
"""Rooms of pages whose file names, ids of the lab, are the same in both languages."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\$ )?(python run_sim\.py\b.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


class Block(NamedTuple):
    """A fenced block: its language, its text, and the ``text`` block right behind it."""

    language: str
    text: str
    output: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    made: list[Block] = []
    for place, match in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        output = None
        if (
            after is not None
            and after[1] == "text"
            and not text[match.end() : after.start()].strip()
        ):
            output = after[2]
        made.append(Block(match[1], match[2], output))
    return made


def with_places(language: str, margin: str = "") -> list[Any]:
    return [
        pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, block in enumerate(blocks(page), 1)
        if block.language == language and re.search(f"^{margin}", block.text, re.MULTILINE)
    ]


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("block", with_places("python"))
def test_every_program_runs_and_prints_what_the_page_says(
    block: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)  # captures land there
    exec(compile(block.text, "page", "exec"), {"__name__": "__main__"})
    assert block.output is None or lines(capsys.readouterr().out) == lines(block.output)


@pytest.mark.parametrize("block", with_places("yaml", "steps:"))
def test_every_scenario_checks_and_all_that_it_expects_holds(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "page.yaml"
    file.write_text(block.text, encoding="utf-8")
    assert main(["check", str(file)]) == 0
    run = ScenarioRun(load_scenario(file))
    verdicts = [verdict for step in run.steps() for verdict in step.verdicts]
    run.close()
    assert verdicts
    assert [verdict for verdict in verdicts if not verdict.passed] == []


@pytest.mark.parametrize("block", with_places("yaml", "countries:"))
def test_every_world_boots_and_its_sites_open(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "page.yaml"
    file.write_text(block.text, encoding="utf-8")
    world = load_world(file)
    with Lab(world) as lab:
        for site in world.sites:
            seen = lab.run(lab.visit_all(f"https://{site}/", world.vantages))
            assert [one.page for one in seen] == ["site"] * len(world.vantages)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_is_one_that_the_program_takes(page: Path) -> None:
    for block in blocks(page):
        for command in COMMAND.findall(block.text):
            arguments, _ = split_tool(shlex.split(command, comments=True)[2:])
            options = parse(arguments, "en", "python run_sim.py")
            name = getattr(options, "name", None)
            assert name is None or name in built_in_scenarios() or name.endswith(".yaml"), command


@pytest.mark.parametrize("command", [["list"], ["list", "--lang", "fr"], ["schema", "scenario"]])
def test_cheap_commands_run(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 0
    assert capsys.readouterr().out


def test_the_example_runs_as_a_script_and_prints_what_its_page_shows() -> None:
    done = subprocess.run(  # a script of its own, as a reader would start it
        [sys.executable, str(EXAMPLE)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=True,
    )
    source = EXAMPLE.read_text(encoding="utf-8")
    for page in (DOCS / "en" / "python.md", DOCS / "fr" / "python.md"):
        [shown] = [block for block in blocks(page) if block.text == source]
        assert shown.output is not None
        assert lines(done.stdout) == lines(shown.output)


def test_what_pages_paste_from_a_run_is_what_it_prints() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "build.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


# --- links and languages ----------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_there_in_both_languages() -> None:
    assert sorted(page.stem for page in (DOCS / "en").glob("*.md")) == sorted(PAIRS)
    assert sorted(page.stem for page in (DOCS / "fr").glob("*.md")) == sorted(PAIRS.values())
    for english, french in FOLDERS.items():
        pages = [
            sorted(page.name for page in (DOCS / folder).iterdir())
            for folder in (f"en/{english}", f"fr/{french}")
        ]
        assert pages[0] == pages[1]


def test_every_measure_lever_and_way_has_its_page() -> None:
    there = {page.stem for page in (DOCS / "en" / "measures").iterdir()}
    assert there == {*TITLES, "index"} - {NOTHING}
    there = {page.stem for page in (DOCS / "en" / "ways").iterdir()}
    assert there == {*CIRCUMVENTIONS, "index", "not-simulated"}


def pairs() -> list[tuple[Path, Path]]:
    """Every English page with its French one."""
    single = [
        (DOCS / "en" / f"{one}.md", DOCS / "fr" / f"{other}.md") for one, other in PAIRS.items()
    ]
    return single + [
        (page, DOCS / "fr" / french / page.name)
        for english, french in FOLDERS.items()
        for page in sorted((DOCS / "en" / english).iterdir())
    ]


@pytest.mark.parametrize("pages", pairs(), ids=lambda pages: str(pages[0].relative_to(DOCS)))
def test_both_languages_have_the_same_sections_and_blocks(pages: tuple[Path, Path]) -> None:
    shapes = []
    for page in pages:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        headings = [len(mark) for mark in re.findall(r"^(#+) ", text, re.MULTILINE)]
        rows = len(re.findall(r"^\|", text, re.MULTILINE))
        shapes.append((headings, rows, [block.language for block in blocks(page)]))
    assert shapes[0] == shapes[1]


# --- the headline's journal and packets -------------------------------------------------------


@pytest.fixture(scope="module")
def headline() -> Iterator[Lab]:
    """The lab of the headline, once it is over, with all its packets."""
    run = ScenarioRun(load_scenario(built_in_scenarios()["block_vs_seizure"]), capture=True)
    for _ in run.steps():
        pass
    yield run.lab
    run.close()


@pytest.mark.parametrize("block", with_places("json"))
def test_every_journal_line_shown_is_in_the_journal(block: Block, headline: Lab) -> None:
    entries = [json.loads(line) for line in headline.journal.to_jsonl().splitlines()]
    for line in block.text.splitlines():
        shown = {key: value for key, value in json.loads(line).items() if value != "…"}
        assert [entry for entry in entries if shown.items() <= entry.items()], line


def filters(page: Path) -> list[str]:
    """The display filters of a page: code in the first column of the table headed so."""
    text = page.read_text(encoding="utf-8")
    [table] = re.findall(r"^\| filtr?er? \|.*\n\|---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


@pytest.mark.client
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_every_display_filter_finds_packets_in_the_headline(headline: Lab, tmp_path: Path) -> None:
    capture = tmp_path / "headline.pcapng"
    headline.write_capture(capture)
    students = filters(DOCS / "en" / "students.md")
    assert len(students) == 8
    assert filters(DOCS / "fr" / "etudiants.md") == students
    for expression in students:
        found = subprocess.run(
            ["tshark", "-r", str(capture), "-Y", expression],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert found.stdout.strip(), expression
