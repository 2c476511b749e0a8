"""What the commands do with measurements: read and judge files, write those of a run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.ooni.read import read_file
from simulator.ooni.result import Result, examine
from simulator.ooni.surroundings import holders, surroundings
from simulator.ooni.write import Surroundings, measurement
from simulator.values import Observation
from simulator.world.faults import Fault

if TYPE_CHECKING:
    import datetime

    from simulator.world.models import World

_UNSAFE = re.compile(r"[^a-z0-9]+")


# --- diagnose -------------------------------------------------------------------------------


def diagnose(files: Iterable[str | Path]) -> Iterator[Result | Fault | OSError]:
    """Yield what is in files, in order: results, and what is wrong with the rest.

    An `OSError` stands for a file that cannot be read; its ``filename`` is the file.
    """
    for file in files:
        try:
            for found in read_file(Path(file)):
                yield found if isinstance(found, Fault) else examine(found)
        except OSError as error:
            yield error


def to_json(documents: Iterable[dict[str, Any]]) -> str:
    """Return what `result.to_dict` made as JSON text, a list that ends in a newline."""
    text = json.dumps(list(documents), ensure_ascii=False, indent=1)
    # A file may hold half a surrogate pair, which no encoding has.
    return text.encode("utf-8", "replace").decode() + "\n"


# --- run --ooni DIR -------------------------------------------------------------------------


class Taken(NamedTuple):
    """A visit of a run: its step, what was seen, and what the control saw at the time."""

    step: str
    observation: Observation
    control: Observation | None = None


class Circumstances(NamedTuple):
    """What the measurements of a run have in common; ``start`` is the date of instant zero."""

    scenario: str
    world: World
    start: datetime.datetime
    seed: int = 0
    version: str = "0"


def write_measurements(
    folder: Path, taken: Iterable[Taken], circumstances: Circumstances
) -> list[Path]:
    """Write each visit of a run as a file ``SCENARIO-STEP-VANTAGE[-VIA][-N].json``.

    Lookups without a visit are left out: they are no web_connectivity measurements. Makes
    the folder where it is missing; raises `OSError` for what the system refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world, names = circumstances.world, _Names()
    holder = holders(world)
    paths = []
    for one in taken:
        if not one.observation.url.startswith("dns:"):
            place = surroundings(world, one.observation.vantage, holder)
            path = folder / names.unused(_stem(circumstances.scenario, one))
            _write_one(path, one, circumstances, place)
            paths.append(path)
    return paths


def _write_one(path: Path, taken: Taken, circumstances: Circumstances, place: Surroundings) -> None:
    document = measurement(
        taken.observation,
        taken.control,
        start=circumstances.start,
        surroundings=place,
        seed=circumstances.seed,
        annotations={"scenario": circumstances.scenario, "step": taken.step},
        version=circumstances.version,
    )
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _stem(scenario: str, taken: Taken) -> str:
    """Return the name of a file but for its ending, in characters that every system takes."""
    parts = (scenario, taken.step, taken.observation.vantage, taken.observation.via or "")
    plain = (_UNSAFE.sub("_", part.lower()).strip("_") for part in parts)
    return "-".join(filter(None, plain))


class _Names:
    """The names that a run has given to files: each once."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def unused(self, stem: str) -> str:
        """Return a name that has not been given yet: ``STEM.json``, then ``STEM-2.json``."""
        number = self._given[stem] = self._given.get(stem, 0) + 1
        return f"{stem}.json" if number == 1 else f"{stem}-{number}.json"
