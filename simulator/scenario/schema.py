"""JSON Schemas for editors and for programs that read results."""

from __future__ import annotations

from typing import Any

from simulator.errors import LabError
from simulator.values import message

KINDS = ("scenario", "world", "result")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a ``scenario``, a ``world`` or a ``result``; raise `LabError`."""
    if kind == "scenario":
        from simulator.scenario.models import Scenario as Model
    elif kind == "world":
        from simulator.world.models import World as Model  # type: ignore[assignment]
    elif kind == "result":
        from simulator.scenario.result import Result as Model  # type: ignore[assignment]
    else:
        raise LabError(
            message("there is no schema '{kind}': {kinds}", kind=kind, kinds=", ".join(KINDS))
        )
    return {"$schema": DIALECT, **Model.model_json_schema()}
