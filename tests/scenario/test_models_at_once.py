"""One pass tells all that is wrong with a scenario, and nothing that merely follows from it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.scenario.loader import built_in_scenarios, check_file, load_scenario
from simulator.world.faults import Faults
from simulator.world.loader import built_in_worlds

MORE = "more may appear once these are mended"


def faults_of(folder: Path, text: str) -> list[str]:
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Faults) as caught:
        check_file(path)
    return [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]


def steps_of(folder: Path, *steps: str) -> list[str]:
    lines = "".join(f"  - {step}\n" for step in steps)
    return faults_of(folder, f"title: {{en: T}}\nworld: europe\nsteps:\n{lines}")


def test_values_and_names_are_told_together(tmp_path: Path) -> None:
    assert steps_of(
        tmp_path,
        "order: {by: court-frr, to: opt-nv, measure: {dns: nxdomian}, name: cocoo.xg}",
        "visit: {url: 'https://google.com/', from: pariss}",
        "wait: 5 hours",
    ) == [
        "4:13: steps[0].order.by: unknown authority 'court-frr'; did you mean 'court-fr'?",
        "4:28: steps[0].order.to: unknown operator 'opt-nv'; did you mean 'opt-nc'?",
        (
            "4:50: steps[0].order.measure.dns: 'nxdomian' is none of nxdomain, nodata,"
            " refused, servfail, forged, silence;"
            " did you mean 'nxdomain'?"
        ),
        "4:66: steps[0].order.name: unknown name 'cocoo.xg'; did you mean 'coco.xg'?",
        (
            "5:13: steps[1].visit.url: 'google.com' could be a live name: use names under .test,"
            " .example or a two-letter code that no country will hold (.aa, .qm to .qz, .xa to"
            " .xz, .zz)"
        ),
        "5:41: steps[1].visit.from: unknown vantage point 'pariss'; did you mean 'paris'?",
        ("6:5: steps[2].wait: '5 hours' is not a duration such as 20ms, 90s, 5m, 3h, 14d or 1h30m"),
        MORE,
    ]


def test_what_follows_from_a_fault_is_not_told(tmp_path: Path) -> None:
    """The visit is left out, so nobody looks; the step of that id is, so nothing is lifted."""
    assert steps_of(
        tmp_path,
        "{visit: {url: [], from: paris}, expect: {paris: {page: site}}}",
        "block",
        "{lift: blok}",
    ) == [
        "4:14: steps[0].visit.url: one word is meant here, not a list or a mapping of fields",
        "5:5: steps[1]: 'block' must be a mapping of fields",
        "6:6: steps[2].lift: unknown earlier step 'blok'",
        MORE,
    ]


def test_no_steps_do_not_hide_a_missing_world(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "title: {en: T}\nworld: europa\nsteps: []\n") == [
        "2:1: world: there is no built-in world 'europa'; did you mean 'europe'?",
        "3:1: steps: it must not be empty",
        MORE,
    ]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (
            "wait: {until: 9999-12-31T23:59:59Z}",
            "4:12: steps[0].wait.until: '9999-12-31T23:59:59Z' is outside the years 1970 to 2200",
        ),
        ("wait: {until: 2190-01-01T00:00:00Z}", "4:5: steps[0].wait: the scenario lasts longer"),
        ("wait: 999999d", "4:5: steps[0].wait: a duration is at most 30 years"),
        (
            "visit: {url: 'https://clips.test:8080/', from: paris}",
            (
                "4:13: steps[0].visit.url: port 8080 in 'https://clips.test:8080/': sites answer at"
                " 80 for http and 443 for https alone; leave the port out"
            ),
        ),
        (
            "visit: {url: 'https://clips.test/é', from: paris}",
            (
                "4:13: steps[0].visit.url: 'https://clips.test/é' has 'é' in it, and an address is"
                " ASCII: write a name in its xn-- form, a path in percent-encoding"
            ),
        ),
        (
            "visit: {url: 'https://me@clips.test/', from: paris}",
            (
                "4:13: steps[0].visit.url: 'https://me@clips.test/' is not an address such as"
                " https://clips.test/"
            ),
        ),
    ],
)
def test_a_step_that_no_lab_could_run(tmp_path: Path, step: str, fault: str) -> None:
    ending = " than 30 years" if fault.endswith("lasts longer") else ""
    assert [text for text in steps_of(tmp_path, step) if text != MORE] == [fault + ending]


def test_the_world_s_faults_come_with_the_scenario_s(tmp_path: Path) -> None:
    """A name that is lost with its entry is no fault of those who use it."""
    world = built_in_worlds()["europe"].read_text(encoding="utf-8")
    (tmp_path / "w.yaml").write_text(world.replace("  paris:", "  Paris:", 1), encoding="utf-8")
    found = faults_of(
        tmp_path,
        "title: {en: T}\nworld: ./w.yaml\nsteps:\n"
        "  - visit: {url: 'https://clips.test/', from: [paris, noumae]}\n",
    )
    assert [text.split(": ", 1)[1] for text in found[:-1]] == [
        "steps[0].visit.from[1]: unknown vantage point 'noumae'; did you mean 'noumea'?",
        (
            "vantages.Paris: 'Paris' is not an id of small letters, digits and hyphens;"
            " did you mean 'paris'?"
        ),
    ]
    assert found[-1] == MORE


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_parts_changed_is_right_or_has_faults(
    tmp_path: Path, data: st.DataObject
) -> None:
    words = built_in_scenarios()["block_vs_seizure"].read_text(encoding="utf-8").split(" ")
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(words) - 1))
        words[position] = data.draw(st.sampled_from([*words, "", "null", "7", "[]", "{}", "-"]))
    path = tmp_path / "s.yaml"
    path.write_text(" ".join(words), encoding="utf-8")
    with suppress(Faults):
        check_file(path)


def test_waits_add_up(tmp_path: Path) -> None:
    assert steps_of(tmp_path, "wait: 6000d", "wait: 6000d") == [
        "5:5: steps[1].wait: the scenario lasts longer than 30 years"
    ]


def test_a_fault_in_the_only_step_hides_no_other(tmp_path: Path) -> None:
    """pydantic also calls the list too short when its only item does not fit: an echo."""
    path = tmp_path / "one.yaml"
    path.write_text(
        "title: {en: x, fr: x}\nworld: europe\nsteps:\n"
        '  - visit: {url: "https://google.com/", from: pariss}\n    wait: 5 hours\n',
        encoding="utf-8",
    )
    with pytest.raises(Faults) as caught:
        load_scenario(path)
    assert [fault.where for fault in caught.value.faults] == [
        "steps[0].visit.url",
        "steps[0].visit.from",
        "steps[0].wait",
    ]
