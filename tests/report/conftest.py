"""One run of the headline for all that is asked of its report."""

from collections.abc import Iterator

import pytest

from simulator.report.usage import HEADLINE
from simulator.scenario.loader import find_scenario, load_scenario
from simulator.scenario.runner import ScenarioRun


@pytest.fixture(scope="session")
def headline() -> Iterator[ScenarioRun]:
    """The headline scenario, run to its end."""
    run = ScenarioRun(load_scenario(find_scenario(HEADLINE)))
    for _ in run.steps():
        pass
    yield run
    run.close()
