"""``matrix``: what it writes, for programs and for people, and what one may get wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from simulator.cli import main
from simulator.matrix.catalogue import ids
from simulator.matrix.cells import Row
from simulator.matrix.result import as_data
from simulator.matrix.story import Side, story_of
from simulator.matrix.working import measure_all
from simulator.report.telling import lines_of
from simulator.world.loader import scenario_folder, world_of
from simulator.world.models import World
from simulator.world.source import read_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(sys, "argv", ["run_sim.py"])


def test_json_on_standard_output_is_alone_and_has_every_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["matrix", "--measure", "ip-drop", "--via", "none", "vpn", "--json", "-"]
    assert main(asked) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(cell["measure"], cell["via"]) for cell in data["cells"]] == [
        ("none", "none"),
        ("none", "vpn"),
        ("ip-drop", "none"),
        ("ip-drop", "vpn"),
    ]
    for cell in data["cells"]:
        assert list(cell)[:7] == [
            "measure",
            "via",
            "outcome",
            "stage",
            "failure",
            "page",
            "seconds",
        ]
        assert cell["outcome"] in ("reached", "blocked", "degraded", "banner")
        assert isinstance(cell["seconds"], float)
    assert data["collateral"][0].keys() >= {"measure", "site"}
    assert {loss["measure"] for loss in data["collateral"]} == {"ip-drop"}


def test_json_goes_to_a_file_beside_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "matrix.json"
    assert main(["matrix", "--measure", "host-off", "--via", "none", "--json", str(file)]) == 0
    assert json.loads(file.read_text())["cells"][1]["measure"] == "host-off"
    shown = capsys.readouterr().out
    assert "host-off" in shown
    assert "bakery.test is lost too: it has the same address (198.18.10.10)" in shown


def test_the_table_fits_eighty_columns_and_needs_no_colour(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["matrix", "--measure", "public-resolvers-ordered"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "\x1b" not in shown


def test_measures_are_done_together_with_a_plus(capsys: pytest.CaptureFixture[str]) -> None:
    both = "tls-sni-reset+http-host-filter"
    assert main(["matrix", "--measure", both, "--via", "none", "http-only", "--json", "-"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    outcomes = {(cell["measure"], cell["via"]): cell["outcome"] for cell in cells}
    assert outcomes[both, "none"] != "reached"
    assert outcomes[both, "http-only"] != "reached"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["--measure", "ip-dorp"], "unknown measure 'ip-dorp'; did you mean 'ip-drop'?"),
        (["--via", "dho"], "unknown way round 'dho'; did you mean 'doh'?"),
        (["--via", "quic"], "'quic' is not simulated: docs/en/ways/not-simulated.md says why"),
        (["--via", "ech"], "'ech' is not simulated: docs/en/ways/not-simulated.md says why"),
        (["--confusion", "0"], "--confusion needs at least one world"),
        (["--confusion", "1", "--via", "vpn"], "--confusion does not go with --via"),
        (["--explain", "ip-drop", "vpn", "--json", "-"], "--explain does not go with --json"),
        (["--explain", "ip-drop", "vqn"], "unknown way round 'vqn'; did you mean 'vpn'?"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    asked: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", *asked]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(sentence)
    assert shown.out == ""


def test_rows_are_the_same_on_one_processor_and_on_two(crossroads: World) -> None:
    measures, vias = ["ip-drop", "dns-lying-resolver"], ["none", "vpn"]
    alone = measure_all(crossroads, measures, vias)
    shared = measure_all(crossroads, measures, vias, processors=2)
    assert as_data(shared) == as_data(alone)


def test_progress_is_told_of_every_row(crossroads: World) -> None:
    heard: list[tuple[str, int, int]] = []
    measure_all(
        crossroads, ["ip-drop", "host-off"], ["none"], heard=lambda *told: heard.append(told)
    )
    assert heard == [("none", 0, 3), ("ip-drop", 1, 3), ("host-off", 2, 3)]


def test_every_id_has_a_row_in_the_order_of_the_catalogue(untouched: Row) -> None:
    assert len(ids()) == len(dict.fromkeys(ids())) == 20
    assert as_data([untouched])["cells"][0]["measure"] == ids()[0]


# --- stories --------------------------------------------------------------------------------


def test_a_story_tells_what_was_sent_who_touched_it_and_what_came_back(
    crossroads: World,
) -> None:
    story = story_of(crossroads, "tls-sni-reset", "none")
    told = [(line.side, str(line.text)) for line in lines_of(story)]
    hello = told.index((Side.SENT, "TLS ClientHello, in clear: t.co.test"))
    cut = next(place for place, (_, text) in enumerate(told) if "forged resets" in text)
    reset = told.index((Side.RECEIVED, "TCP reset (RST)"))
    assert hello < cut < reset
    assert told[cut][0] is Side.ELSEWHERE


def test_a_story_by_a_tunnel_shows_both_sides_of_it(crossroads: World) -> None:
    lines = lines_of(story_of(crossroads, "dns-lying-resolver", "vpn"))
    inside = [str(line.text) for line in lines if line.side is Side.SENT_INSIDE]
    outside = [str(line.text) for line in lines if line.side is Side.SENT]
    assert "DNS: t.co.test A?" in inside
    assert all("WireGuard" in text for text in outside)


def test_a_cell_is_told_on_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--explain", "dns-injection", "public-resolver"]) == 0
    shown = capsys.readouterr().out
    assert "puts in a forged answer" in shown
    assert "In the end:" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_world_without_a_study_is_told_what_to_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (scenario_folder() / "worlds" / "europe.yaml").read_text(encoding="utf-8")
    before, _, after = text.partition("study:\n")
    file = tmp_path / "w.yaml"
    file.write_text(before + after[after.index("\n\n") :], encoding="utf-8")
    assert main(["matrix", "--world", str(file)]) == 2
    assert capsys.readouterr().err.startswith("the world does not say what to study: give it")


def test_a_site_that_was_lost_before_is_no_collateral(tmp_path: Path) -> None:
    source = read_file(scenario_folder() / "worlds" / "crossroads.yaml")
    standing = [{"dns": "nxdomain", "name": "library.xg"}]
    source.data["access_providers"]["rivage-telecom"]["measures"] = standing
    rows = measure_all(world_of(source), ["vpn-fingerprint", "ip-drop"], ["none"])
    lost = [(loss["measure"], loss["site"]) for loss in as_data(rows)["collateral"]]
    assert lost == [("ip-drop", "bakery.test")]


def test_ways_that_a_world_has_not_are_refused_where_none_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["matrix", "--world", "europe", "--via", "onion"]) == 2
    assert "the world has nothing for onion" in capsys.readouterr().err
