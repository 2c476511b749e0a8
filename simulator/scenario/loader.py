"""Scenarios from files, each with the world that it happens in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import LabError
from simulator.scenario.crosscheck import ScenarioCheck
from simulator.scenario.doubts import doubts
from simulator.scenario.models import Scenario
from simulator.values import message
from simulator.world.checking import Check
from simulator.world.faults import Fault, Faults, nearest
from simulator.world.loader import built_in_worlds, draft_world, scenario_folder, world_of
from simulator.world.models import World
from simulator.world.source import Source, read_file
from simulator.world.validation import missing_translations, validate_all


@dataclass(frozen=True, slots=True)
class Lesson:
    """A scenario ready to run: called ``name``, in ``world``, read from ``file``."""

    name: str
    scenario: Scenario
    world: World
    file: str
    step_places: tuple[tuple[int, int], ...]
    """Line and column of each step, from 1."""

    def place_of_step(self, index: int) -> tuple[str, int, int]:
        """Return file, line and column of a step; ``index`` is its position in the scenario."""
        return (self.file, *self.step_places[index])


def built_in_scenarios() -> dict[str, Path]:
    """Return the scenarios that come with the lab, by name."""
    return {path.stem: path for path in sorted(scenario_folder().glob("*.yaml"))}


def find_scenario(name: str) -> Path:
    """Return the file of a built-in scenario, or of a path as it is typed; raise `LabError`."""
    known = built_in_scenarios()
    path = known[name] if name in known else _typed(name)
    if path is not None:
        return path
    meant = nearest(name, known)
    if meant is None:
        text = message(
            "there is no scenario '{name}'; there are {known}", name=name, known=", ".join(known)
        )
    else:
        text = message(
            "there is no scenario '{name}'; did you mean '{meant}'?", name=name, meant=meant
        )
    raise LabError(text)


def find_file(name: str) -> Path:
    """As `find_scenario`, for worlds as well: what there is to check."""
    known = {**built_in_worlds(), **built_in_scenarios()}
    path = known[name] if name in known else _typed(name)
    if path is not None:
        return path
    meant = nearest(name, known)
    if meant is None:
        text = message(
            "there is no file, scenario or world '{name}'; there are {known}",
            name=name,
            known=", ".join(known),
        )
    else:
        text = message(
            "there is no file, scenario or world '{name}'; did you mean '{meant}'?",
            name=name,
            meant=meant,
        )
    raise LabError(text)


def _typed(name: str) -> Path | None:
    """Return a path that a person typed as one, or that is there."""
    is_path = name.endswith((".yaml", ".yml")) or os.sep in name or "/" in name
    return Path(name) if is_path or os.path.lexists(name) else None


def load_scenario(path: Path) -> Lesson:
    """Return the scenario in a file and its world; raise `Faults` with all that is wrong."""
    source = read_file(path)
    if _is_world(source):
        text = message(
            "this is a world: check it with 'check', or name it as 'world:' in a scenario"
        )
        raise Faults([source.fault((), text)])
    return _lesson(source, path)


def check_file(path: Path) -> list[Fault]:
    """Check a scenario or a world; raise `Faults`, or return the warnings."""
    source = read_file(path)
    if _is_world(source):
        return missing_translations(world_of(source), source)
    lesson = _lesson(source, path)
    warnings = missing_translations(lesson.scenario, source)
    warnings += doubts(lesson.scenario, lesson.world, source)
    return sorted(warnings, key=lambda fault: (fault.line, fault.column))


def _is_world(source: Source) -> bool:
    """Tell by its sections whether a document is a world rather than a scenario."""
    if not isinstance(source.data, dict):
        return False
    worldly, storied = set(World.model_fields), set(Scenario.model_fields)
    written = set(source.data)
    return len(written & (worldly - storied)) > len(written & (storied - worldly))


def _lesson(source: Source, path: Path) -> Lesson:
    draft = validate_all(Scenario, source)
    world, of_world = _world(source, path)
    check = ScenarioCheck.of(draft)
    check.found += of_world.found
    check.partial |= of_world.partial
    check.lost |= of_world.lost
    check.misnamed |= of_world.misnamed
    scenario = draft.model
    if scenario is not None and world is not None:
        check.run(scenario, world)
    else:
        check.partial = True
    check.done()
    assert scenario is not None, "a scenario without faults"
    assert world is not None, "a world without faults"
    places = tuple(source.locate(("steps", index)) for index in range(len(scenario.steps)))
    return Lesson(path.stem, scenario, world, source.file, places)


def _world(source: Source, path: Path) -> tuple[World | None, Check]:
    """Return the world that a scenario names, as far as it can be read, and what is wrong."""
    check = Check(source)
    name = source.data.get("world") if isinstance(source.data, dict) else None
    if isinstance(name, str) and name:
        try:
            return draft_world(read_file(_world_file(name, source, path)))
        except Faults as faults:
            check.found += faults.faults
    return None, check


def _world_file(name: str, source: Source, path: Path) -> Path:
    if re.fullmatch(r"[a-z0-9_-]+", name):
        built_in = built_in_worlds()
        if name in built_in:
            return built_in[name]
        beside = f"{name}.yaml"
        meant = beside if (path.parent / beside).is_file() else nearest(name, built_in)
        text = message("there is no built-in world '{name}'", name=name)
        raise Faults([source.fault(("world",), text, meant)])
    file = path.parent / name
    try:
        found, folder = file.is_file(), file.is_dir()
    except (OSError, ValueError):
        found, folder = False, False
    if not found:
        text = (
            message("'{name}' is a folder; name a file in it", name=name)
            if folder
            else message("there is no file '{name}' beside the scenario", name=name)
        )
        raise Faults([source.fault(("world",), text)])
    return file
