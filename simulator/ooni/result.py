"""What `diagnose` says of a measurement: OONI's table, our own reading, the file's own verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.ooni.classify import Blocking, Classification, classify_scene
from simulator.ooni.format import Measurement
from simulator.ooni.older import OlderVerdict, classify_older
from simulator.ooni.sightings import scene

if TYPE_CHECKING:
    from simulator.roles.probe.causes import Diagnosis

MADE_HERE = "takedown-lab"


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement with all that is said of it.

    ``older`` is what v0.4 would say, for the files that it wrote; ``told`` what the file says
    of itself.
    """

    measurement: Measurement
    classification: Classification
    diagnosis: Diagnosis
    older: OlderVerdict | None = None

    @property
    def told(self) -> tuple[Blocking, bool | None] | None:
        """The file's own (blocking, accessible), None if it has none."""
        keys = self.measurement.test_keys
        if not {"blocking", "accessible"} & keys.model_fields_set:
            return None
        return keys.blocking, keys.accessible

    @property
    def agrees(self) -> bool:
        """Whether the file's own verdict, if there is one, is what the table says."""
        found = self.classification
        return self.told in (None, (found.blocking, found.accessible))

    @property
    def virtual(self) -> bool:
        """Whether a lab made it: nothing of it happened on the live Internet."""
        return (self.measurement.annotations or {}).get("lab") == MADE_HERE


def examine(measurement: Measurement) -> Result:
    """Return all that is said of a measurement."""
    from simulator.ooni.reading import reading

    ready = scene(measurement)
    found = classify_scene(ready, measurement.test_keys.control_failure)
    older = classify_older(ready, measurement.test_keys) if ready.older else None
    return Result(measurement, found, reading(measurement, ready, found.http_diff), older)


def to_dict(result: Result) -> dict[str, Any]:
    """Return a result as it stands in JSON: an outward contract, changed only on purpose."""
    found, measurement = result.classification, result.measurement
    document: dict[str, Any] = {
        "input": measurement.input,
        "blocking": found.blocking,
        "accessible": found.accessible,
        "dns_consistency": found.dns_consistency,
        "dns_experiment_failure": found.dns_experiment_failure,
        "http_experiment_failure": found.http_experiment_failure,
        "diagnosis": result.diagnosis.cause,
        "confidence": result.diagnosis.confidence,
        "control_failure": found.control_failure,
        **found.http_diff._asdict(),
        "table": found.table,
        "row": found.row,
        "overruled": found.overruled,
        "virtual": result.virtual,
    }
    if result.told is not None:
        blocking, accessible = result.told
        document["told"] = {"blocking": blocking, "accessible": accessible}
    if result.older is not None:
        blocking, accessible = result.older[:2]
        document["table_0.4"] = {"blocking": blocking, "accessible": accessible}
    return document
