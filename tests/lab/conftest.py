"""Labs of the built-in world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator import Lab
from simulator.world.loader import built_in_world
from simulator.world.models import World


@pytest.fixture(scope="session")
def europe() -> World:
    return built_in_world()


@pytest.fixture
def make_lab(europe: World) -> Iterator[Callable[..., Lab]]:
    labs: list[Lab] = []

    def make(**options: Any) -> Lab:
        labs.append(Lab(europe, **options))
        return labs[-1]

    yield make
    for lab in labs:
        lab.close()


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Lab:
    return make_lab()
