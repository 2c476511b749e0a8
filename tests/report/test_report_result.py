"""The result of a run, beside its own schema."""

import json
import re

from simulator.report.result import result, to_json
from simulator.scenario.result import Result
from simulator.scenario.runner import ScenarioRun


def test_the_result_is_what_its_models_say(headline: ScenarioRun) -> None:
    given = result(headline)
    read = Result.model_validate(given)
    assert read.model_dump(mode="json", by_alias=True) == given


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
    assert english["reason"] == (
        "a judicial blocking order binds operators where its authority has power (France)"
    )
    assert french["reason"] == (
        "une décision judiciaire de blocage lie les opérateurs là où son autorité a pouvoir"
        " (France)"
    )


def test_all_that_a_person_reads_is_in_the_language_and_typeset(headline: ScenarioRun) -> None:
    english, french = (result(headline, language) for language in ("en", "fr"))
    for field, part in (
        ("actor", "observations"),
        ("reason", "orders"),
        ("why", "expectations"),
        ("evidence", "observations"),
    ):
        for ours, theirs in zip(english[part], french[part], strict=True):
            assert bool(ours[field]) == bool(theirs[field])
            assert not ours[field] or ours[field] != theirs[field]
            assert not re.search(r" [;:?!»]", str(theirs[field]))
    for part in ("observations", "orders", "expectations"):
        for ours, theirs in zip(english[part], french[part], strict=True):
            machine = set(ours) - {"reason", "why", "evidence", "actor"}
            assert {key: ours[key] for key in machine} == {key: theirs[key] for key in machine}
