"""Labs with somebody at a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from simulator import Lab
from simulator.tools.catalogue import run_tool
from simulator.tools.machine import Machine, Output
from simulator.values import HOUR
from simulator.world.loader import built_in_world
from simulator.world.models import World


class Said(NamedTuple):
    """What a tool ended with, and what it wrote where; ``all`` in the order in which it came."""

    status: int
    out: str
    err: str
    all: str
    seconds: float


class Terminal:
    """Runs command lines at vantage points of one lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def __call__(self, line: str, vantage: str = "paris", language: str = "en") -> Said:
        out: list[str] = []
        err: list[str] = []
        both: list[str] = []

        def write(text: str) -> None:
            out.append(text)
            both.append(text)

        def complain(text: str) -> None:
            err.append(text)
            both.append(text)

        machine = Machine(self.lab, vantage, language)

        async def run() -> int:
            tool = run_tool(machine, shlex.split(line), Output(write, complain))
            return await self.lab.loop.run_on(machine.host, tool)

        began = self.lab.now
        status = self.lab.run(run())
        seconds = (self.lab.now - began) / 1_000_000
        return Said(status, "".join(out), "".join(err), "".join(both), seconds)

    def order(self, measure: Any, to: str = "alpha-telecom", by: str = "court-fr") -> None:
        """Have a provider take a measure."""
        self.lab.run(self.lab.order(by, to, measure, key=f"order-{id(measure)}"))

    def impose(self, operator: str, lever: Any, name: str, **options: Any) -> None:
        """Have an operator pull a lever, whoever told it so, and let the caches drain."""
        self.lab.run(self.lab.impose(operator, lever, name, **options))
        self.lab.run(self.lab.wait(8 * HOUR))

    def go_by(self, via: str, vantage: str = "paris") -> None:
        """Have somebody take a way round."""
        self.lab.run(self.lab.connect(vantage, via))


@pytest.fixture(scope="session")
def europe() -> World:
    return built_in_world()


@pytest.fixture(scope="session")
def crossroads() -> World:
    return built_in_world("crossroads")


@pytest.fixture
def make_terminal() -> Iterator[Callable[[World], Terminal]]:
    labs: list[Lab] = []

    def make(world: World) -> Terminal:
        labs.append(Lab(world))
        return Terminal(labs[-1])

    yield make
    for lab in labs:
        lab.close()


@pytest.fixture
def terminal(make_terminal: Callable[[World], Terminal], europe: World) -> Terminal:
    return make_terminal(europe)


@pytest.fixture
def crossing(make_terminal: Callable[[World], Terminal], crossroads: World) -> Terminal:
    """A terminal in the world that has every way round."""
    return make_terminal(crossroads)
