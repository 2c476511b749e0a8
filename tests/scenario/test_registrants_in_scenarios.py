"""What holders ask of registrars in a scenario, what registrars hear, what directories say."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.report.console import ConsoleReport
from simulator.report.page import Page
from simulator.report.result import result
from simulator.scenario.crosscheck import check_scenario
from simulator.scenario.loader import load_scenario
from simulator.scenario.models import Scenario
from simulator.scenario.result import Result
from simulator.scenario.runner import ScenarioRun
from simulator.world.faults import Faults
from simulator.world.loader import built_in_world
from simulator.world.models import World
from simulator.world.source import read
from simulator.world.validation import validate

HEAD = "title: {en: Test, fr: Essai}\nworld: europe\nsteps:\n"
Play = Callable[[str], ScenarioRun]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    runs: list[ScenarioRun] = []

    def run_steps(steps: str) -> ScenarioRun:
        path = tmp_path / "test.yaml"
        path.write_text(HEAD + steps, encoding="utf-8")
        runs.append(ScenarioRun(load_scenario(path)))
        list(runs[-1].steps())
        return runs[-1]

    yield run_steps
    for each in runs:
        each.close()


@pytest.fixture(scope="module")
def europe() -> World:
    return built_in_world()


TRANSFER = """\
  - id: ask
    transfer: {name: clips.test, to: candie-names, from: amsterdam}
    look: {rdap: clips.test, from: amsterdam}
    expect:
      polder-names: {outcome: executed, code: 1000}
      candie-names: {outcome: pending, code: 1001}
      amsterdam: {statuses: pendingTransfer, registrar: polder-names}
  - id: gone
    wait: 11m
    look: {whois: clips.test, from: [amsterdam, rome]}
    expect: {all: {registrar: candie-names, statuses: {not: pendingTransfer}}}
"""


def test_a_transfer_is_asked_for_heard_of_and_seen(play: Play) -> None:
    run = play(TRANSFER)
    ask, gone = run.done
    assert run.passed
    assert len(ask.verdicts) == 6
    assert [(one.act, one.code) for one in ask.requests] == [
        ("transfer-out", 1000),
        ("transfer-in", 1001),
    ]
    assert ask.heard == []
    assert [(one.registrar, one.notice.text) for one in gone.heard] == [
        ("polder-names", "the transfer of clips.test awaits its sponsor"),
        ("candie-names", "clips.test is transferred"),
    ]
    assert [(one.vantage, one.kind) for one in gone.records] == [
        ("rome", "whois"),
        ("amsterdam", "whois"),
    ]


def test_what_happened_is_in_the_result_beside_what_was_there_already(play: Play) -> None:
    given = result(play(TRANSFER))
    assert Result.model_validate(given).model_dump(mode="json", by_alias=True) == given
    fields = ("step", "act", "registrar", "code")
    assert [tuple(one[field] for field in fields) for one in given["requests"]] == [
        ("ask", "transfer-out", "polder-names", 1000),
        ("ask", "transfer-in", "candie-names", 1001),
    ]
    assert [(one["at"] // 60, one["registrar"], one["registry"]) for one in given["messages"]] == [
        (5, "polder-names", "test"),
        (10, "candie-names", "test"),
    ]
    assert [(one["step"], one["vantage"], one["registrar"]) for one in given["records"]] == [
        ("ask", "amsterdam", "polder-names"),
        ("gone", "rome", "candie-names"),
        ("gone", "amsterdam", "candie-names"),
    ]


def told(run: ScenarioRun, language: str = "en") -> str:
    stream = io.StringIO()
    page = Page(stream, width=100, environment={})
    report = ConsoleReport(run, page, language, "run_sim.py", "run_sim.py")
    report.begin()
    for step in run.done:
        report.step(step)
    return stream.getvalue()


def test_the_report_shows_commands_codes_messages_and_records(play: Play) -> None:
    text = " ".join(told(play(TRANSFER)).split())
    for part in (
        "A video company (invented), from Amsterdam → Polder Names: let clips.test go to another",
        "✓ done. EPP domain update: 1000 Command completed successfully (polder-names-00002,",
        "… pending. EPP domain transfer: 1001 Command completed successfully; action pending",
        "RDAP of clips.test, from Amsterdam: Polder Names; pendingTransfer; ns1.polder.test;",
        '08:05: Polder Names fetches its messages from .test: "the transfer of clips.test awaits',
        '08:10: Candie Names fetches its messages from .test: "clips.test is transferred".',
    ):
        assert part in text, part


def test_an_order_shows_the_command_under_it_and_who_was_told(play: Play) -> None:
    run = play(
        """\
  - order: {by: police-gg, to: xg-registry, lever: registry-lock, name: coco.xg}
  - order: {by: police-gg, to: candie-names, lever: client-hold, name: coco.xg}
    expect: {candie-names: {outcome: refused, code: 2304}}
"""
    )
    assert run.passed
    text = " ".join(told(run).split())
    assert "By the registry's own hand, domain update: 1000 (XG-0000" in text
    assert 'Its undo record: "RegistryLock; locks added: serverDeleteProhibited' in text
    assert "A poll message waits for candie-names." in text
    assert "EPP domain update: 2304 coco.xg has the status serverUpdateProhibited, which" in text


def test_a_registration_move_lock_and_unlock_in_one_step_run_in_the_vocabularys_order(
    play: Play,
) -> None:
    run = play(
        """\
  - lock: {name: new-chat.test}
    move: {name: new-chat.test, nameservers: ns1.polder.test, from: sofia}
    register: {name: new-chat.test, by: candie-names, nameservers: ns1.rila.test, registrant: a fan}
    expect: {candie-names: {outcome: executed, code: 1000}}
  - unlock: {name: new-chat.test}
    look: {rdap: new-chat.test, from: sofia}
    expect: {sofia: {nameservers: ns1.polder.test, statuses: ok}}
"""
    )
    assert [one.act for one in run.done[0].requests] == ["register", "move", "lock"]
    assert run.passed


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (
            "{transfer: {name: clips.test, to: candie-name}}",
            (
                "4:35: steps[0].transfer.to: unknown registrar 'candie-name';"
                " did you mean 'candie-names'?"
            ),
        ),
        (
            "{transfer: {name: coco.xg, to: polder-names}}",
            "4:32: steps[0].transfer.to: registrar 'polder-names' has no account at '.xg'",
        ),
        (
            "{transfer: {name: clip.test, to: candie-names}}",
            (
                "4:17: steps[0].transfer.name: unknown registered name 'clip.test';"
                " did you mean 'clips.test'?"
            ),
        ),
        (
            "{transfer: {name: clips.test, to: noms-de-loire, from: paris}}",
            ("4:54: steps[0].transfer.from: 'noms-de-loire' has no web site: leave 'from' out"),
        ),
        (
            "{move: {name: roses.test, nameservers: ns9.rila.test}}",
            (
                "4:31: steps[0].move.nameservers: unknown nameserver 'ns9.rila.test';"
                " did you mean 'ns1.rila.test'?"
            ),
        ),
        (
            (
                "{register: {name: a.b.test, by: candie-names, nameservers: ns1.rila.test,"
                " registrant: x}}"
            ),
            "4:17: steps[0].register.name: 'a.b.test' is not directly below a registry",
        ),
        (
            "{register: {name: new.test, by: candie-names, nameservers: ns1.rila.test}}",
            "4:6: steps[0].register: the 'registrant' of a new name is missing",
        ),
        ("{look: {from: paris}}", "4:6: steps[0].look: a look is either by 'whois' or by 'rdap'"),
        (
            "{look: {rdap: coco.xg, from: paris}, expect: {paris: {page: site}}}",
            "4:59: steps[0].expect.paris.page: a 'look' finds no 'page'",
        ),
        (
            "{visit: {url: coco.xg, from: paris}, expect: {paris: {registrar: candie-names}}}",
            (
                "4:59: steps[0].expect.paris.registrar: 'registrar' is found by a 'look', and the"
                " step has none"
            ),
        ),
    ],
)
def test_what_cannot_be_asked_is_said_where_it_is_written(
    europe: World, step: str, fault: str
) -> None:
    source = read(f"title: {{en: T}}\nworld: europe\nsteps:\n  - {step}\n", "s.yaml")
    with pytest.raises(Faults) as caught:
        check_scenario(validate(Scenario, source), europe, source)
    assert [str(one) for one in caught.value.faults] == [f"s.yaml:{fault}"]
