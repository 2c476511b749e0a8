"""Scenarios from files, each with the world that it happens in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from simulator.scenario.crosscheck import check_scenario
from simulator.scenario.models import Scenario
from simulator.values import message
from simulator.world.faults import Fault, Faults, nearest
from simulator.world.loader import scenario_folder, world_of
from simulator.world.models import World
from simulator.world.source import Source, read_file
from simulator.world.validation import missing_translations, validate


@dataclass(frozen=True, slots=True)
class Lesson:
    """A scenario ready to run: called ``name``, in ``world``."""

    name: str
    scenario: Scenario
    world: World


def built_in_scenarios() -> dict[str, Path]:
    """Return the scenarios that come with the lab, by name."""
    return {path.stem: path for path in sorted(scenario_folder().glob("*.yaml"))}


def find_scenario(name: str) -> Path:
    """Return the file of a built-in scenario, or of a path as it is typed; raise `Faults`."""
    known = built_in_scenarios()
    if name in known:
        return known[name]
    if name.endswith((".yaml", ".yml")) or os.sep in name or "/" in name:
        return Path(name)
    unknown = message("there is no scenario of this name")
    raise Faults([Fault(name, 1, 1, "", unknown, nearest(name, known))])


def load_scenario(path: Path) -> Lesson:
    """Return the scenario in a file and its world; raise `Faults` with all that is wrong."""
    return _lesson(read_file(path), path)


def check_file(path: Path) -> list[Fault]:
    """Check a scenario or a world; raise `Faults`, or return what is not yet translated."""
    source = read_file(path)
    if isinstance(source.data, dict) and "steps" in source.data:
        return missing_translations(_lesson(source, path).scenario, source)
    return missing_translations(world_of(source), source)


def _lesson(source: Source, path: Path) -> Lesson:
    scenario = validate(Scenario, source)
    world = _world(scenario, source, path)
    check_scenario(scenario, world, source)
    return Lesson(path.stem, scenario, world)


def _world(scenario: Scenario, source: Source, path: Path) -> World:
    folder = scenario_folder() / "worlds"
    if re.fullmatch(r"[a-z0-9_-]+", scenario.world):
        built_in = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
        if scenario.world not in built_in:
            text = message("there is no built-in world '{name}'", name=scenario.world)
            raise Faults([source.fault(("world",), text, nearest(scenario.world, built_in))])
        return world_of(read_file(built_in[scenario.world]))
    file = path.parent / scenario.world
    try:
        found = file.is_file()
    except (OSError, ValueError):
        found = False
    if not found:
        text = message("there is no file '{name}' beside the scenario", name=scenario.world)
        raise Faults([source.fault(("world",), text)])
    return world_of(read_file(file))
