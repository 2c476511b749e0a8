"""What the matrix and a diagnosis cost."""

from __future__ import annotations

import os

from simulator.bench.figures import Figure, elapsed, paired
from simulator.bench.measures import handshaker, repeat
from simulator.lab import Lab
from simulator.matrix.catalogue import acts, ids
from simulator.matrix.measuring import impose
from simulator.matrix.working import measure_all
from simulator.values import message
from simulator.world.loader import built_in_world

WORLD = "crossroads"
_MEASURE = "tls-sni-reset"
_DIAGNOSES = 4
_HANDSHAKES = 40


def cells() -> Figure:
    """All cells of the built-in matrix, in real time, on two processors where there are two."""
    world = built_in_world(WORLD)
    count = 0

    def work() -> None:
        nonlocal count
        rows = measure_all(world, ids(), processors=min(2, os.cpu_count() or 1))
        count = sum(len(row.cells) + len(row.elsewhere) for row in rows)

    seconds = elapsed(work)
    return Figure(
        "matrix",
        message("all cells of the matrix, in real time on two processors"),
        seconds,
        5.0,
        "s",
        at_most=True,
        detail=f"{count / seconds:,.0f}/s",
    )


def diagnoses() -> Figure:
    """Examinations per second, beside bare handshakes per second."""
    with Lab.load(WORLD) as lab:
        assert lab.world.study is not None
        site, vantage = lab.world.study.site, lab.world.study.affected
        lab.run(impose(lab, acts(_MEASURE, lab.world)))

        def work() -> None:
            for _ in range(_DIAGNOSES):
                found = lab.run(lab.diagnose(f"https://{site}/", vantage))
                assert found.diagnosis.cause == "blocked.tls", found.diagnosis

        bare = repeat(handshaker(lab, vantage, lab.world.sites[site].host, site), _HANDSHAKES)
        took, limit, _ = paired(work, bare)
    return Figure(
        "diagnoses",
        message("diagnoses per second, of bare TLS handshakes per second"),
        (_DIAGNOSES / took) / (_HANDSHAKES / limit),
        0.02,
        "",
        at_most=False,
        detail=f"{_DIAGNOSES / took:,.0f}/s, {_HANDSHAKES / limit:,.0f}/s",
    )
