from __future__ import annotations

import pytest

from simulator.matrix.cells import Row
from simulator.matrix.measuring import measure_row
from simulator.world.loader import built_in_world
from simulator.world.models import World


@pytest.fixture(scope="session")
def crossroads() -> World:
    return built_in_world("crossroads")


@pytest.fixture(scope="session")
def untouched(crossroads: World) -> Row:
    return measure_row(crossroads, "none")
