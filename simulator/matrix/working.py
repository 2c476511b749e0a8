"""All rows of the matrix, measured one after another or on several processors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

from simulator.matrix.catalogue import NOTHING
from simulator.matrix.cells import Row
from simulator.matrix.measuring import measure_row, usual_of

if TYPE_CHECKING:
    from simulator.world.models import World

Heard = Callable[[str, int, int], None]
"""Is told what is measured now, how many rows are done, and of how many."""


def _nobody_hears(measure: str, done: int, count: int) -> None:
    pass


def measure_all(
    world: World,
    measures: Sequence[str],
    vias: Sequence[str] | None = None,
    *,
    seed: int = 0,
    processors: int = 1,
    heard: Heard = _nobody_hears,
) -> list[Row]:
    """Return a row for nothing done, then one for each measure, in their order.

    With several ``processors`` rows are measured in processes of their own, which start by
    importing the program's main module: call it from under ``if __name__ == "__main__"``.
    The rows are the same either way.
    """
    wanted = [measure for measure in dict.fromkeys(measures) if measure != NOTHING]
    count = len(wanted) + 1
    heard(NOTHING, 0, count)
    base = measure_row(world, NOTHING, vias, seed=seed)
    one = partial(measure_row, world, vias=vias, usual=usual_of(base), seed=seed)
    rows = [base]
    if processors < 2 or len(wanted) < 2:
        for measure in wanted:
            heard(measure, len(rows), count)
            rows.append(one(measure))
        return rows
    with ProcessPoolExecutor(processors, mp_context=get_context("spawn")) as pool:
        under_way = [pool.submit(one, measure) for measure in wanted]
        try:
            for measure, row in zip(wanted, under_way, strict=True):
                heard(measure, len(rows), count)
                rows.append(row.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return rows
