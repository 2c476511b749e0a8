"""What a report says of the other side, and of where people may be."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.report.console import ConsoleReport
from simulator.report.page import Page
from simulator.report.published import PUBLISHED
from simulator.report.result import result
from simulator.scenario.loader import check_file, find_scenario, load_scenario
from simulator.scenario.result import Result
from simulator.scenario.runner import ScenarioRun, StepRun
from simulator.world.faults import Faults

SCENARIO = """\
title: {en: T, fr: T}
world: twins
steps:
  - id: before
    other_side: seized-team
    audience: coco-seized.xg
  - id: seized
    order: {by: police-gg, to: xg-registry, lever: redelegation, name: coco-seized.xg}
    wait: 6d
    look: {rdap: coco-seized.xg, from: [paris, brussels]}
    audience: coco-seized.xg
    expect:
      seized-team: {acts: move-name}
      coco-seized.xh: {reached_from: [paris, brussels]}
      all: {holder: a letter-box company (invented)}
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScenarioRun, list[StepRun]]]:
    path = tmp_path_factory.mktemp("other-side") / "s.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    run = ScenarioRun(load_scenario(path))
    yield run, list(run.steps())
    run.close()


def shown(run: ScenarioRun, steps: list[StepRun]) -> str:
    stream = io.StringIO()
    page = Page(stream, width=100, environment={})
    report = ConsoleReport(run, page, "en", "run_sim.py", "run_sim.py")
    report.begin()
    for step in steps:
        report.step(step)
    report.end(0.25)
    return stream.getvalue()


def test_the_page_tells_measured_from_modelled(told: tuple[ScenarioRun, list[StepRun]]) -> None:
    run, steps = told
    page = shown(run, steps)
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "modelled measured" in lines
    assert "coco-seized.xg 0 opens from nowhere" in lines
    assert "coco-seized.xh 1,000 to 2,000 opens from everywhere" in lines
    assert (
        "The team of coco-seized: registered coco-seized.xh at Skerry Names and opened it" in page
    )
    assert "visits that did not come since" in page


def test_the_published_figures_stand_beside_and_say_that_they_are_others(
    told: tuple[ScenarioRun, list[StepRun]],
) -> None:
    page = shown(*told)
    assert "Published figures, of other markets and other years: not the lab's" in page
    assert all(f"{each.study}: " in page for each in PUBLISHED)


def test_the_directory_names_the_holder_of_record_alone(
    told: tuple[ScenarioRun, list[StepRun]],
) -> None:
    run, steps = told
    assert [record.holder for record in steps[1].records] == 2 * ["a letter-box company (invented)"]
    page = " ".join(shown(run, steps).split())
    assert "holder of record: a letter-box company (invented)." in page
    assert page.count("Behind the holder of coco-seized.xg, in no directory: a trust") == 1


def test_the_result_keeps_them_apart(told: tuple[ScenarioRun, list[StepRun]]) -> None:
    run, _ = told
    assert run.passed
    given = Result.model_validate(result(run))
    [reaction] = given.reactions
    assert (reaction.by, reaction.act, reaction.target) == (
        "seized-team",
        "move-name",
        "coco-seized.xh",
    )
    [_, last] = given.audiences
    assert [(reach.site, len(reach.reached_from)) for reach in last.measured] == [
        ("coco-seized.xg", 0),
        ("coco-seized.xh", 4),
    ]
    assert last.modelled.sites == {"coco-seized.xg": (0, 0), "coco-seized.xh": (1000, 2000)}
    assert last.log.hands == "operator"
    assert last.modelled.visits_missed == 20_000  # two rounds of all people


@pytest.mark.parametrize("page", ["en/other-side.md", "fr/autre-camp.md"])
def test_the_page_has_the_figures_of_the_studies_and_of_the_hydra(page: str) -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / page).read_text(encoding="utf-8")
    assert [each.study for each in PUBLISHED if f"| {each.study} |" not in text] == []
    rows = dict(re.findall(r"^\| `(coco-\w+\.xg)` \|.*\| (\d+ \S+ \d+) % \|$", text, re.M))
    expected = {}
    for step in load_scenario(find_scenario("hydra")).scenario.steps[-4:]:
        [site] = step.audience
        wanted = step.expect[site]
        [least], [most] = wanted.kept_least.values, wanted.kept_most.values
        expected[site] = f"{least} {'to' if page.startswith('en') else 'à'} {most}"
    assert rows == expected


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("other_side: seized-team", "other_side: seized-tem", "unknown site operator 'seized-tem'"),
        ("audience: coco-seized.xg", "audience: koko-seized-1.test", "unknown audience 'koko-"),
        ("acts: move-name", "acts: moved-name", "'moved-name'"),
        ("seized-team: {acts: move-name}", "paris: {acts: move-name}", "a site operator's"),
        ("{reached_from: [paris", "{reached_from: [pariss", "'pariss'"),
    ],
)
def test_a_check_finds_what_is_misspelt(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Faults) as caught:
        check_file(path)
    assert fault in str(caught.value)
