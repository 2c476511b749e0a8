"""The JSON Schemas describe what the loader takes."""

from __future__ import annotations

import json

import pytest

from simulator.errors import LabError
from simulator.scenario.models import Step
from simulator.scenario.result import Result
from simulator.scenario.schema import KINDS, schema
from simulator.values import Observation
from simulator.world.models import World


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_json_and_closed(kind: str) -> None:
    text = json.dumps(schema(kind))
    assert json.loads(text)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(kind)["additionalProperties"] is False


def test_fields_have_the_names_of_the_file() -> None:
    definitions = schema("scenario")["$defs"]
    assert set(definitions["Step"]["properties"]) == set(Step.words())
    assert set(definitions["Visit"]["properties"]) == {"from", "via", "url"}
    assert set(definitions["Wait"]["properties"]) == {"for", "until"}
    assert set(schema("world")["properties"]) == set(World.model_fields)


def test_short_forms_are_in_the_schema() -> None:
    step = schema("scenario")["$defs"]["Step"]["properties"]
    assert {"$ref": "#/$defs/Order"} in step["order"]["anyOf"]
    assert step["wait"]["anyOf"][0]["type"] == "string"
    assert step["lift"]["anyOf"][0] == {"type": "string"}


def test_an_unknown_schema_is_refused() -> None:
    with pytest.raises(LabError, match="there is no schema 'lesson': scenario, world, result"):
        schema("lesson")


def test_the_result_has_every_field_of_an_observation() -> None:
    observation = schema("result")["$defs"]["ObservationResult"]["properties"]
    fields = set(Observation.__dataclass_fields__)
    details = {"queries", "connects", "handshakes", "exchanges"}  # they are for `--ooni`
    assert fields - details | {"step"} == set(observation)


def test_the_result_of_the_design_is_a_result() -> None:
    Result.model_validate(
        {
            "schema": 1,
            "scenario": "s",
            "seed": 0,
            "lab_seconds": 0.0,
            "observations": [],
            "orders": [
                {
                    "step": "order",
                    "by": "a",
                    "to": "b",
                    "lever": "dns:nxdomain",
                    "name": "c.test",
                    "outcome": "executed",
                    "at": 0.0,
                    "reason": "…",
                }
            ],
            "expectations": [
                {"step": "x", "passed": True, "expected": "…", "got": "…", "why": "…"}
            ],
        }
    )
