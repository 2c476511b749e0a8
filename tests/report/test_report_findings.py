"""What is to be shown of a run, from what the run recorded."""

import pytest

from simulator.report.findings import target_of
from simulator.report.matrix import contrasts, matrix
from simulator.report.sights import Shape, sight
from simulator.scenario.runner import ScenarioRun
from simulator.values import Observation


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://coco.xg/", "coco.xg"),
        ("https://coco.xg/chat", "coco.xg/chat"),
        ("http://coco.xg/", "http://coco.xg"),
        ("dns:coco.xg?type=A", "coco.xg"),
        ("dns:coco.xg?type=NS", "coco.xg NS"),
        ("coco.xg", "coco.xg"),
    ],
)
def test_a_target_is_named_by_what_tells_it_apart(url: str, target: str) -> None:
    assert target_of(url) == target


@pytest.mark.parametrize(
    ("seen", "shape"),
    [
        ({"page": "site"}, Shape.SITE),
        ({"page": "seizure_banner"}, Shape.BANNER),
        ({"page": "block_page"}, Shape.BLOCK_PAGE),
        ({"page": "other"}, Shape.OTHER),
        ({"failure": "ssl_unknown_authority"}, Shape.CERTIFICATE),
        ({"failure": "dns_nxdomain_error"}, Shape.FAILURE),
        ({"failure": "a_string_of_next_year"}, Shape.FAILURE),
    ],
)
def test_each_kind_of_observation_has_its_shape(seen: dict[str, str], shape: Shape) -> None:
    observation = Observation(0, "paris", "FR", None, "https://coco.xg/", **seen)  # type: ignore[arg-type]
    assert sight(observation).shape is shape


def test_the_block_holds_for_one_country_only_and_the_seizure_for_all(
    headline: ScenarioRun,
) -> None:
    shown = {
        str(each.state): {
            str(place): [seen.shape.value for seen in sights]
            for place, sights in each.places.items()
        }
        for each in contrasts(headline.done, headline.world)
        if each.target == "coco.xg"
    }
    blocked = shown["blocked"]
    assert blocked["providers under order"] == ["certificate"]
    assert blocked["other providers"] == blocked["VPN"] == blocked["other resolver"] == ["site"]
    assert blocked["neighbour, same address"] == ["failure", "site"]
    seized = shown["seized"]
    neighbour = seized.pop("neighbour, same address")
    assert neighbour == ["site"]
    assert list(seized.values()) == [["banner"]] * 4


def test_a_way_round_has_a_column_of_its_own(headline: ScenarioRun) -> None:
    columns = matrix(headline.done, headline.world).columns
    named = [(column.vantage, column.way and str(column.way)) for column in columns]
    assert ("paris", "VPN") in named
    assert named.index(("paris", "VPN")) == named.index(("paris", None)) + 1


def test_the_matrix_has_every_look_of_every_act(headline: ScenarioRun) -> None:
    sections = matrix(headline.done, headline.world).sections
    cells = [cell for part in sections for row in part.rows for cell in row.cells if cell]
    assert len(cells) == sum(len(run.observations) for run in headline.done)
