"""The same seed gives the same journal, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from simulator import Lab
from simulator.scenario.loader import find_scenario, load_scenario
from simulator.scenario.runner import ScenarioRun

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
from simulator.scenario.loader import find_scenario, load_scenario
from simulator.scenario.runner import ScenarioRun
run = ScenarioRun(load_scenario(find_scenario("block_vs_seizure")), seed=7)
assert all(True for _ in run.steps())
print(run.lab.journal.to_jsonl(), end="")
run.close()
"""


def journal_with_hash_seed(seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True
    ).stdout


def test_hash_order_leaves_no_trace() -> None:
    first, second = journal_with_hash_seed("1"), journal_with_hash_seed("31337")
    assert first.count(b"\n") > 50
    assert first == second


def test_the_order_in_which_observations_are_asked_for_leaves_no_trace(
    make_lab: Callable[..., Lab],
) -> None:
    def journal(vantages: list[str]) -> str:
        lab = make_lab(seed=3)
        lab.run(lab.visit_all("https://coco.xg/", vantages))
        lab.run(lab.wait(1))
        return lab.journal.to_jsonl()

    assert journal(["paris", "rome", "lyon"]) == journal(["lyon", "rome", "paris", "paris"])


def test_seeds_differ_in_what_is_random_and_agree_in_what_is_seen() -> None:
    def story(seed: int) -> tuple[list[str], list[str | None]]:
        run = ScenarioRun(load_scenario(find_scenario("block_vs_seizure")), seed=seed)
        pages = [seen.page for step in run.steps() for seen in step.observations]
        images = [entry.details["sha256"] for entry in run.lab.journal if "sha256" in entry.details]
        run.close()
        return images, pages

    (images_1, pages_1), (images_2, pages_2) = story(1), story(2)
    assert pages_1 == pages_2
    assert images_1 != images_2
