"""The result of a run, beside its own schema."""

import json

from simulator.report.result import result, to_json
from simulator.scenario.result import Result
from simulator.scenario.runner import ScenarioRun


def test_the_result_is_what_its_models_say(headline: ScenarioRun) -> None:
    Result.model_validate(result(headline))


def test_the_result_has_every_field_of_the_contract(headline: ScenarioRun) -> None:
    given = json.loads(to_json(headline))
    assert given["schema"] == 1
    assert given["scenario"] == "block_vs_seizure"
    assert len(given["observations"]) == sum(len(run.observations) for run in headline.done)
    first = given["observations"][0]
    assert (first["step"], first["vantage"], first["country"]) == ("before", "paris", "FR")
    assert (first["at"], first["via"], first["page"]) == (0.0, None, "site")
    assert {order["outcome"] for order in given["orders"]} == {"executed", "refused"}


def test_reasons_are_in_the_language_asked_for(headline: ScenarioRun) -> None:
    english, french = (result(headline, language)["orders"][0] for language in ("en", "fr"))
    assert english["reason"].startswith("a national judicial order binds")
    assert french["reason"].startswith("une décision judiciaire nationale lie")
