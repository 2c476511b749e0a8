"""A scenario that speaks of what its world does not have is told so, line by line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.scenario.crosscheck import check_scenario
from simulator.scenario.loader import (
    built_in_scenarios,
    check_file,
    find_file,
    find_scenario,
    load_scenario,
)
from simulator.scenario.models import Scenario
from simulator.world.faults import Faults
from simulator.world.loader import built_in_world, scenario_folder, world_of
from simulator.world.models import World
from simulator.world.source import read, read_file
from simulator.world.validation import validate

HOLD = "{id: a, order: {by: police-gg, to: candie-names, lever: client-hold, name: coco.xg}}"


@pytest.fixture(scope="module")
def europe() -> World:
    return built_in_world()


def faults_of(europe: World, steps: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        check_steps(europe, steps)
    return [str(fault) for fault in caught.value.faults]


def check_steps(europe: World, steps: str) -> None:
    text = "title: {en: T}\nworld: europe\nsteps:\n" + "".join(
        f"  - {line}\n" for line in steps.splitlines()
    )
    source = read(text, "s.yaml")
    check_scenario(validate(Scenario, source), europe, source)


def test_the_suggestion_of_the_issue(europe: World) -> None:
    order = "{order: {by: government-fr, to: opt-nv, measure: {dns: nxdomain}, name: clips.test}}"
    assert faults_of(europe, order) == [
        "s.yaml:4:33: steps[0].order.to: unknown operator 'opt-nv'; did you mean 'opt-nc'?"
    ]


def test_all_faults_come_at_once_in_the_order_of_their_lines(europe: World) -> None:
    steps = """\
{visit: {url: "https://clips.test/", from: [noumea, pairs]}}
{connect: {who: noumea, via: vpn-sydney}}
{lift: order}"""
    assert faults_of(europe, steps) == [
        "s.yaml:4:57: steps[0].visit.from[1]: unknown vantage point 'pairs'; did you mean 'paris'?",
        (
            "s.yaml:5:29: steps[1].connect.via: unknown way round 'vpn-sydney'; choose"
            " from public-resolver, hosts-file, http-only, vpn, heron-nl, heron-de,"
            " fr-alpha-dns, fr-beta-dns, nc-opt-dns, be-meuse-dns,"
            " it-tevere-dns, bg-iskar-dns, gg-sarnia-dns, de-spree-dns, nl-amstel-dns,"
            " lt-neris-dns, hu-duna-dns, open-one, open-two"
        ),
        "s.yaml:6:6: steps[2].lift: unknown earlier step 'order'",
    ]


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ("{id: nothing}", "4:5: steps[0]: the step does nothing"),
        ("{id: a, wait: 1s}\n{id: a, wait: 1s}", "5:6: steps[1].id: 'a' is an earlier step"),
        ("{id: a, wait: 1s}\n{lift: a}", "5:6: steps[1].lift: step 'a' gave no order"),
        (
            f"{HOLD}\n{{lift: a}}\n{{wait: 1s}}\n{{lift: a}}",
            "7:6: steps[3].lift: step 'a' is lifted already, and no other since",
        ),
        (
            f"{HOLD}\n{{lift: [a, a]}}",
            "5:16: steps[1].lift[1]: step 'a' is lifted already, and no other since",
        ),
        (
            "{connect: {who: paris, via: {coco.xg: 8.8.8.8}}}",
            (
                "4:34: steps[0].connect.via.coco.xg: 8.8.8.8 could be a live address: use"
                " 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 198.18.0.0/15, 2001:db8::/32 or"
                " 3fff::/20"
            ),
        ),
        (
            "{visit: {url: 'https://clips.com/', from: paris}}",
            (
                "4:14: steps[0].visit.url: 'clips.com' could be a live name: use names under .test,"
                " .example or a two-letter code that no country will hold (.aa, .qm to .qz, .xa to"
                " .xz, .zz)"
            ),
        ),
        (
            "{visit: {url: 'ftp://clips.test/', from: paris}}",
            (
                "4:14: steps[0].visit.url: 'ftp://clips.test/' is not an address such as"
                " https://clips.test/"
            ),
        ),
        (
            "{visit: {url: 'https://[', from: paris}}",
            "4:14: steps[0].visit.url: 'https://[' is not an address such as https://clips.test/",
        ),
        (
            "{visit: {url: clips.test, from: paris, via: heron}}",
            ("4:44: steps[0].visit.via: unknown way round 'heron'; did you mean 'heron-nl'?"),
        ),
        (
            "{order: {by: court-fr, to: opt-nc, measure: {dns: nxdomain}, name: clip.test}}",
            "4:66: steps[0].order.name: unknown name 'clip.test'; did you mean 'clips.test'?",
        ),
        (
            "{order: {by: court-fr, to: opt-nc, measure: {address: drop, of: heron-no}}}",
            (
                "4:65: steps[0].order.measure.of: unknown site, host or prefix 'heron-no';"
                " did you mean 'heron-nl'?"
            ),
        ),
        (
            "{order: {by: court-fr, to: opt-nc, measure: {address: drop, of: 8.8.0.0/16}}}",
            (
                "4:65: steps[0].order.measure.of: 8.8.0.0/16 could be a live address: use"
                " 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 198.18.0.0/15, 2001:db8::/32 or"
                " 3fff::/20"
            ),
        ),
        (
            "{order: {by: court-fr, to: rila-hosting, lever: host-off, name: rila.test}}",
            (
                "4:63: steps[0].order.name: 'host-off' takes a site's machine, and 'rila.test'"
                " is no site"
            ),
        ),
        (
            (
                "{order: {by: police-gg, to: xg-registry, lever: redelegation, name: coco.xg,"
                " banner: joint}}"
            ),
            "4:82: steps[0].order.banner: unknown banner 'joint'; did you mean 'joint-operation'?",
        ),
        (
            (
                "{coordinate: {by: prosecutor-fr, with: [prosecutor-de], name: coco.xg, members:"
                " [{by: prosecutor-bg, to: rila-hosting, lever: host-takeover}]}}"
            ),
            (
                "4:87: steps[0].coordinate.members[0].by: 'prosecutor-bg' is neither 'by' nor"
                " 'with' of the operation: add it to 'with'"
            ),
        ),
        (
            "{wait: 1s, expect: {paris: {page: site}}}",
            "4:25: steps[0].expect.paris: 'paris' looks at nothing in this step",
        ),
        (
            "{wait: 1s, expect: {opt-nc: {outcome: executed}}}",
            "4:25: steps[0].expect.opt-nc: 'opt-nc' gets no order in this step",
        ),
        (
            "{visit: {url: clips.test, from: paris}, expect: {pari: {page: site}}}",
            "4:54: steps[0].expect.pari: 'pari' has no part in this step; did you mean 'paris'?",
        ),
        (
            "{visit: {url: clips.test, from: paris}, expect: {paris: {page: seizure}}}",
            (
                "4:62: steps[0].expect.paris.page: unknown page 'seizure';"
                " did you mean 'seizure_banner'?"
            ),
        ),
        (
            "{visit: {url: clips.test, from: paris}, expect: {paris: {failure: dns_nxdomain}}}",
            (
                "4:62: steps[0].expect.paris.failure: unknown failure 'dns_nxdomain';"
                " did you mean 'dns_nxdomain_error'?"
            ),
        ),
        (
            "{visit: {url: clips.test, from: paris}, expect: {paris: {resolver: open-on}}}",
            (
                "4:62: steps[0].expect.paris.resolver: unknown resolver 'open-on';"
                " did you mean 'open-one'?"
            ),
        ),
        (
            "{resolve: {name: clips.test, from: paris}, expect: {paris: {rcode: refused}}}",
            "4:65: steps[0].expect.paris.rcode: unknown rcode 'refused'; did you mean 'REFUSED'?",
        ),
        (
            (
                "{order: {by: court-fr, to: opt-nc, measure: {dns: nxdomain}, name: clips.test},"
                " expect: {opt-nc: {outcome: done}}}"
            ),
            ("4:103: steps[0].expect.opt-nc.outcome: 'done' is none of executed, refused, pending"),
        ),
        (
            "{visit: {url: clips.test, from: paris}, expect: {paris: {diagnosis: blocked.dsn}}}",
            (
                "4:62: steps[0].expect.paris.diagnosis: unknown diagnosis 'blocked.dsn';"
                " did you mean 'blocked.dns'?"
            ),
        ),
        (
            "{visit: {url: clips.test, from: paris}, expect: {paris: {outcome: executed}}}",
            (
                "4:62: steps[0].expect.paris.outcome: 'outcome' is an operator's, not a vantage"
                " point's"
            ),
        ),
        (
            "{visit: {url: clips.test, from: paris}, expect: {paris: {}}}",
            "4:54: steps[0].expect.paris: nothing is expected",
        ),
        (
            (
                "{order: {by: court-fr, to: opt-nc, measure: {dns: nxdomain}, name: clips.test},"
                " expect: {opt-nc: {page: site}}}"
            ),
            "4:103: steps[0].expect.opt-nc.page: 'page' is a vantage point's, not an operator's",
        ),
    ],
)
def test_a_fault_says_where_and_what(europe: World, steps: str, fault: str) -> None:
    assert faults_of(europe, steps) == ["s.yaml:" + fault]


AUTHORITIES = (
    "government-fr, court-fr, prosecutor-fr, prosecutor-bg, prosecutor-de, prosecutor-nl,"
    " prosecutor-lt, prosecutor-hu, police-gg, court-gg, prosecutor-es, prosecutor-pl,"
    " prosecutor-at"
)


@pytest.mark.parametrize("by", ["court-be", "prosecutor-be", "minister-be"])
def test_an_authority_of_another_country_is_not_proposed(europe: World, by: str) -> None:
    order = f"{{order: {{by: {by}, to: opt-nc, measure: {{dns: nxdomain}}, name: clips.test}}}}"
    assert faults_of(europe, order) == [
        f"s.yaml:4:14: steps[0].order.by: unknown authority '{by}'; choose from {AUTHORITIES}"
    ]


def test_an_authority_of_the_same_country_is_proposed(europe: World) -> None:
    order = "{order: {by: cuort-fr, to: opt-nc, measure: {dns: nxdomain}, name: clips.test}}"
    assert faults_of(europe, order) == [
        ("s.yaml:4:14: steps[0].order.by: unknown authority 'cuort-fr'; did you mean 'court-fr'?")
    ]


@pytest.mark.parametrize(
    ("lever", "to"), [("redelegation", "xg-registry"), ("host-takeover", "rila-hosting")]
)
def test_a_seizure_in_a_world_without_banners_is_a_fault(lever: str, to: str) -> None:
    europe = read_file(scenario_folder() / "worlds" / "europe.yaml")
    del europe.data["banners"]
    steps = (
        f"{{order: {{by: police-gg, to: {to}, lever: {lever}, name: coco.xg}}}}\n"
        "{coordinate: {by: police-gg, name: coco.xg, banner: mine, members:"
        f" [{{by: police-gg, to: {to}, lever: {lever}}}]}}}}"
    )
    text = f"'{lever}' shows a banner: the world needs one"
    first, second = faults_of(world_of(europe), steps)
    assert first.endswith(f": steps[0].order.lever: {text}")
    assert second.endswith(f": steps[1].coordinate.members[0].lever: {text}")


def test_what_follows_from_a_fault_is_no_second_fault(europe: World) -> None:
    steps = """\
{id: a, order: {by: court-fr, to: opt-nc, measure: {dns: nxdomain}, name: clips.test}}
{id: a, wait: 1s}
{lift: a}
{order: {by: court-fr, to: opt-nv, measure: {dns: nxdomain}, name: clips.test}, \
expect: {opt-nc: {outcome: executed}}}
{visit: {url: clips.test, from: pairs}, expect: {paris: {page: site}}}
{visit: {url: clips.test, from: pairs}, expect: {all: {page: site}}}"""
    assert faults_of(europe, steps) == [
        "s.yaml:5:6: steps[1].id: 'a' is an earlier step",
        "s.yaml:7:28: steps[3].order.to: unknown operator 'opt-nv'; did you mean 'opt-nc'?",
        "s.yaml:8:31: steps[4].visit.from: unknown vantage point 'pairs'; did you mean 'paris'?",
        "s.yaml:9:31: steps[5].visit.from: unknown vantage point 'pairs'; did you mean 'paris'?",
    ]


def test_a_hold_acts_on_what_is_registered_and_not_on_a_site_below() -> None:
    europe = read_file(scenario_folder() / "worlds" / "europe.yaml")
    del europe.data["study"]
    europe.data["sites"]["www.coco.xg"] = europe.data["sites"].pop("coco.xg")
    for site in ("palabre.test", "tchatche.xf"):
        del europe.data["sites"][site]
    steps = "{order: {by: police-gg, to: candie-names, lever: client-hold, name: www.coco.xg}}"
    assert faults_of(world_of(europe), steps) == [
        (
            "s.yaml:4:67: steps[0].order.name: 'client-hold' acts on a registered name, and"
            " 'www.coco.xg' is below one; did you mean 'coco.xg'?"
        )
    ]


def test_the_built_in_scenarios_are_right_and_in_both_languages() -> None:
    names = built_in_scenarios()
    assert list(names) == sorted(path.stem for path in scenario_folder().glob("*.yaml"))
    assert {"block_vs_seizure", "coco_2024"} <= set(names)
    for path in names.values():
        assert check_file(path) == []


def test_a_world_file_is_checked_as_a_world() -> None:
    assert check_file(built_in_scenarios()["coco_2024"].parent / "worlds" / "europe.yaml") == []


def test_a_missing_translation_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("title: {en: T}\nworld: europe\nsteps: [{wait: 1s}]\n")
    assert [str(fault) for fault in check_file(path)] == [
        f"{path}:1:1: warning: title: no text in 'fr'"
    ]
    assert load_scenario(path).name == "s"


def test_a_scenario_is_found_by_its_name_or_by_its_path() -> None:
    assert find_scenario("coco_2024").name == "coco_2024.yaml"
    assert find_scenario("my/own.yaml") == Path("my/own.yaml")
    for name, sentence in (
        ("coco_2042", "there is no scenario 'coco_2042'; did you mean 'coco_2024'?"),
        (
            "zzz",
            f"there is no scenario 'zzz'; there are {', '.join(built_in_scenarios())}",
        ),
    ):
        with pytest.raises(LabError) as caught:
            find_scenario(name)
        assert str(caught.value) == sentence


def test_what_is_checked_may_be_a_world_too(tmp_path: Path) -> None:
    assert find_file("europe") == scenario_folder() / "worlds" / "europe.yaml"
    assert find_file("coco_2024") == scenario_folder() / "coco_2024.yaml"
    assert find_file("my/own.yaml") == Path("my/own.yaml")
    assert find_file(str(tmp_path)) == tmp_path
    for name, sentence in (
        ("europa", "there is no file, scenario or world 'europa'; did you mean 'europe'?"),
        (
            "zzz",
            (
                "there is no file, scenario or world 'zzz'; there are atlantic, crossroads,"
                " europe, twins, " + ", ".join(built_in_scenarios())
            ),
        ),
    ):
        with pytest.raises(LabError) as caught:
            find_file(name)
        assert str(caught.value) == sentence


def test_a_lesson_knows_where_each_step_stands(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "title: {en: T}\nworld: europe\nsteps:\n  - wait: 1s\n\n  - {wait: 2s}\n", encoding="utf-8"
    )
    lesson = load_scenario(path)
    assert lesson.file == str(path)
    assert lesson.place_of_step(0) == (str(path), 4, 5)
    assert lesson.place_of_step(1) == (str(path), 6, 5)


def test_a_scenario_without_steps_is_not_taken_for_a_world(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("title: {en: T}\nworld: europe\n")
    with pytest.raises(Faults) as caught:
        check_file(path)
    assert [str(fault) for fault in caught.value.faults] == [
        f"{path}:1:1: 'steps' is missing",
        "more may appear once these are mended",
    ]


def test_a_world_is_not_run() -> None:
    path = scenario_folder() / "worlds" / "europe.yaml"
    with pytest.raises(Faults) as caught:
        load_scenario(path)
    assert str(caught.value).endswith(
        ": this is a world: check it with 'check', or name it as 'world:' in a scenario"
    )


def test_a_world_that_stands_beside_the_scenario_is_meant_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("title: {en: T}\nworld: mine\nsteps: [{wait: 1s}]\n")
    (tmp_path / "mine.yaml").touch()
    with pytest.raises(Faults) as caught:
        load_scenario(path)
    assert str(caught.value) == (
        f"{path}:2:1: world: there is no built-in world 'mine'; did you mean 'mine.yaml'?\n"
        "more may appear once these are mended"
    )


@pytest.mark.parametrize(
    ("world", "fault"),
    [
        ("europa", "there is no built-in world 'europa'; did you mean 'europe'?"),
        ("./", "'./' is a folder; name a file in it"),
        ("worlds/gone.yaml", "there is no file 'worlds/gone.yaml' beside the scenario"),
    ],
)
def test_a_world_that_is_not_there_is_a_fault(tmp_path: Path, world: str, fault: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"title: {{en: T}}\nworld: {world}\nsteps: [{{wait: 1s}}]\n")
    with pytest.raises(Faults) as caught:
        load_scenario(path)
    assert str(caught.value) == (
        f"{path}:2:1: world: {fault}\nmore may appear once these are mended"
    )


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_scenario_with_parts_changed_is_a_scenario_or_faults(
    europe: World, data: st.DataObject
) -> None:
    text = built_in_scenarios()["block_vs_seizure"].read_text(encoding="utf-8")
    words = text.split(" ")
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(words) - 1))
        words[position] = data.draw(st.sampled_from([*words, "", "null", "7", "[]", "{}", "-"]))
    with suppress(Faults):
        source = read(" ".join(words))
        check_scenario(validate(Scenario, source), europe, source)


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (
            "lever: transfer, registrar: noms-de-loir",
            "unknown registrar 'noms-de-loir'; did you mean 'noms-de-loire'?",
        ),
        (
            "lever: registry-lock, registrar: noms-de-loire",
            "'registrar' goes with the lever 'transfer' alone",
        ),
        ("lever: arrest", "'arrest' concerns a site, and 'rila.test' is none"),
        ("lever: imaging", "'imaging' takes a site's machine, and 'rila.test' is no site"),
    ],
)
def test_a_lever_says_what_it_concerns(europe: World, act: str, fault: str) -> None:
    order = f"{{order: {{by: court-fr, to: xf-registry, name: rila.test, {act}}}}}"
    [found] = faults_of(europe, order)
    assert found.endswith(fault)


def test_what_a_lock_kept_can_be_lifted_again_once_the_lock_is_off(europe: World) -> None:
    lock = HOLD.replace("id: a", "id: b").replace("candie-names", "xg-registry")
    steps = [HOLD, lock.replace("client-hold", "registry-lock"), "{lift: a}", "{lift: b}"]
    check_steps(europe, "\n".join([*steps, "{lift: a}"]))
    assert len(faults_of(europe, "\n".join([*steps, "{lift: b}"]))) == 1
