"""What the registries were told is in the journal: every id that a result shows can be found."""

from __future__ import annotations

import json
import re

import pytest

from simulator.report.result import result
from simulator.scenario.loader import built_in_scenarios, load_scenario
from simulator.scenario.runner import ScenarioRun

IDS = re.compile(r"\b[A-Z]{2,}-\d{6}\b")
"""Server transaction ids (svTRID) as the lab's registries make them."""


@pytest.mark.parametrize("name", ["in_our_sites", "transfer_race", "back_to_market"])
def test_every_transaction_that_a_result_shows_is_in_the_journal_once(name: str) -> None:
    run = ScenarioRun(load_scenario(built_in_scenarios()[name]))
    list(run.steps())
    shown = frozenset(IDS.findall(json.dumps(result(run))))
    noted = [
        entry.details["server_transaction"]
        for entry in run.lab.journal
        if entry.what in ("registry command", "epp command", "registry asked")
    ]
    run.close()
    assert shown
    assert sorted(shown.difference(noted)) == []
    assert len(noted) == len(frozenset(noted))
