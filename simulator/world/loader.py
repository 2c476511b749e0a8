"""Worlds from files: read, validated and checked."""

from __future__ import annotations

from pathlib import Path

from simulator.world.check import check_world
from simulator.world.models import World
from simulator.world.source import Source, read_file
from simulator.world.validation import validate


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
    world = validate(World, source)
    check_world(world, source)
    return world


def built_in_world(name: str = "europe") -> World:
    """Return a world that comes with the lab; raise `Faults` when there is none of that name."""
    return load_world(scenario_folder() / "worlds" / f"{name}.yaml")
