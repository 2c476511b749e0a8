"""Worlds from files: read, validated and checked."""

from __future__ import annotations

from pathlib import Path

from simulator.errors import LabError
from simulator.values import message
from simulator.world.check import check_world
from simulator.world.checking import Check
from simulator.world.faults import Faults, nearest
from simulator.world.models import World
from simulator.world.source import Source, read_file
from simulator.world.validation import validate_all


def scenario_folder() -> Path:
    """Return the folder of the built-in scenarios: beside the package, or inside the wheel."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def load_world(path: Path, name: str | None = None) -> World:
    """Return the world in a file, called ``name`` in faults; raise `Faults`."""
    return world_of(read_file(path, name))


def world_of(source: Source) -> World:
    """Return the world that a document describes; raise `Faults`."""
    world, check = draft_world(source)
    check.done()
    assert world is not None, "a world without faults"
    return world


def draft_world(source: Source) -> tuple[World | None, Check]:
    """Return as much of a world as can be told from a document, and what is wrong with it."""
    if _tells_a_story(source.data):
        raise Faults([source.fault((), message("this is a scenario, not a world"))])
    draft = validate_all(World, source)
    check = Check.of(draft)
    if draft.model is not None:
        check_world(draft.model, check)
    return draft.model, check


def built_in_worlds() -> dict[str, Path]:
    """Return the worlds that come with the lab, by name."""
    return {path.stem: path for path in sorted((scenario_folder() / "worlds").glob("*.yaml"))}


def built_in_world(name: str = "europe") -> World:
    """Return a world that comes with the lab, or one in a file without a suffix.

    Raises `LabError` when there is neither, with what was probably meant.
    """
    known = built_in_worlds()
    if name in known:
        return load_world(known[name])
    path = Path(name)
    if path.exists():
        return load_world(path)  # a folder is told that it is one
    meant = nearest(name, known)
    if meant is not None:
        raise LabError(
            message("there is no world '{name}'; did you mean '{meant}'?", name=name, meant=meant)
        )
    raise LabError(
        message(
            "there is no world '{name}'; choose from {known}", name=name, known=", ".join(known)
        )
    )


def _tells_a_story(data: object) -> bool:
    """Tell whether a document is a scenario: it has a world, or steps, and no countries."""
    return (
        isinstance(data, dict)
        and ("steps" in data or "world" in data)
        and not ("countries" in data or "networks" in data)
    )
