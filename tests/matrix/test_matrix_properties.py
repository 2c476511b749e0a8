"""What must hold of every measure, whatever it does: nothing here knows an outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.lab import Lab
from simulator.matrix.catalogue import NOTHING, SEIZING, acts, ids, study_of
from simulator.matrix.cells import NO_WAY, Outcome, Row, losses
from simulator.matrix.measuring import SETTLED, innocents, measure_row, usual_of, ways
from simulator.matrix.sharing import shared
from simulator.values import Observation
from simulator.world.models import World

MEASURES = [measure for measure in ids() if measure != NOTHING]


@pytest.fixture(scope="module")
def rows(crossroads: World, untouched: Row) -> dict[str, Row]:
    usual = usual_of(untouched)
    return {measure: measure_row(crossroads, measure, usual=usual) for measure in MEASURES}


def test_every_way_round_reaches_the_site_when_nothing_is_done(untouched: Row) -> None:
    cells = (*untouched.cells, *untouched.elsewhere, *untouched.innocent)
    assert {cell.outcome for cell in cells} == {Outcome.REACHED}
    assert untouched.lacking == ()
    assert len(untouched.cells) == 14


@pytest.mark.parametrize("measure", [each for each in MEASURES if each not in SEIZING])
def test_a_measure_of_one_provider_is_not_felt_in_another_network(
    rows: dict[str, Row], measure: str
) -> None:
    assert {cell.outcome for cell in rows[measure].elsewhere} == {Outcome.REACHED}


@pytest.mark.parametrize("measure", SEIZING)
def test_a_seizure_is_the_same_in_every_network(rows: dict[str, Row], measure: str) -> None:
    here = [(cell.via, cell.outcome, cell.stage, cell.page) for cell in rows[measure].cells]
    there = [(cell.via, cell.outcome, cell.stage, cell.page) for cell in rows[measure].elsewhere]
    assert here == there


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_changes_what_somebody_sees(rows: dict[str, Row], measure: str) -> None:
    assert any(cell.outcome is not Outcome.REACHED for cell in rows[measure].cells)


@pytest.mark.parametrize("measure", [each for each in MEASURES if each != "shutdown"])
def test_a_site_is_lost_along_only_where_it_shares_something(
    crossroads: World, rows: dict[str, Row], measure: str
) -> None:
    for loss in losses(rows[measure]):
        assert shared(loss.site, crossroads), f"{measure} hits {loss.site} for no reason"
    lost = [loss.site for loss in losses(rows[measure])]
    assert "library.xg" not in lost, "it shares nothing with anybody"


@pytest.mark.parametrize("measure", MEASURES)
def test_lifting_restores_every_observation(crossroads: World, measure: str) -> None:
    with Lab(crossroads) as lab:
        before = lab.run(_look_round(lab))
        keys = lab.run(_impose(lab, measure))
        lab.run(_revoke(lab, keys))
        after = lab.run(_look_round(lab))
    assert after == before


@pytest.mark.parametrize("measure", [each for each in MEASURES if each not in SEIZING])
def test_an_innocent_visit_never_disarms_a_measure(crossroads: World, measure: str) -> None:
    study = study_of(crossroads)
    with Lab(crossroads) as lab:
        lab.run(_impose(lab, measure))
        url = f"https://{study.site}/"
        first = [lab.run(_see(lab, url, via)) for via in _some_ways(crossroads)]
        for _ in range(3):
            lab.run(_see(lab, "https://library.xg/", None))
        again = [lab.run(_see(lab, url, via)) for via in _some_ways(crossroads)]
    assert again == first


def test_a_cell_is_the_same_whatever_was_measured_before_it(crossroads: World) -> None:
    alone = measure_row(crossroads, "tls-sni-reset", ["vpn"])
    among_others = measure_row(crossroads, "tls-sni-reset", ["none", "doh", "vpn"])
    [vpn] = [cell for cell in among_others.cells if cell.via == "vpn"]
    assert (alone.cells[0].outcome, alone.cells[0].page) == (vpn.outcome, vpn.page)


# --- what is looked at ------------------------------------------------------------------------


def _some_ways(world: World) -> list[str | None]:
    return [None, "public-resolver", "http-only", "socks-proxy"]


async def _look_round(lab: Lab) -> list[Observation]:
    """Look by every way and at every innocent site, twice: with caches empty, then full."""
    study = study_of(lab.world)
    await lab.wait(SETTLED)
    seen = []
    for via in ways(lab.world)[0]:
        way = None if via == NO_WAY else via
        seen.append(await _see(lab, f"https://{study.site}/", way))
    return seen + [await _see(lab, f"https://{site}/", None) for site in innocents(lab.world)]


async def _see(lab: Lab, url: str, via: str | None) -> Observation:
    """Return a visit without what depends on the time or on OpenSSL's randomness."""
    study = study_of(lab.world)
    seen = await lab.visit(url, study.affected, via, compare=False)
    return replace(
        seen, at=0, ended=0, timings=(), queries=(), connects=(), handshakes=(), exchanges=()
    )


async def _impose(lab: Lab, measure: str) -> list[str]:
    keys = [
        await lab.impose(act.operator, act.action, act.name) for act in acts(measure, lab.world)
    ]
    await lab.wait(SETTLED)
    return keys


async def _revoke(lab: Lab, keys: list[str]) -> None:
    for key in reversed(keys):
        await lab.revoke(key)
