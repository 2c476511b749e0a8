"""The command ``at``: its command line, its exit status, and its prompt driven by a pipe."""

from __future__ import annotations

import argparse
import io
from typing import Any

import pytest

from simulator.errors import LabError
from simulator.tools.command import add_arguments, at, split_tool
from simulator.tools.machine import Output
from simulator.tools.prompt import Prompt, read_duration, reader_of
from simulator.tools.session import Session
from simulator.values import HOUR, MINUTE


def typed(*arguments: str) -> tuple[argparse.Namespace, list[str]]:
    before, words = split_tool(["at", *arguments])
    parser = argparse.ArgumentParser()
    add_arguments(parser.add_subparsers(dest="command").add_parser("at"), "en")
    return parser.parse_args(before), words


def run(*arguments: str, language: str = "en") -> int:
    options, words = typed(*arguments)
    return at(options, words, language)


def test_the_tools_own_options_stay_its_own() -> None:
    options, words = typed("paris", "--via", "heron-nl", "--", "curl", "--via", "-v", "--", "x")
    assert (options.vantage, options.via) == ("paris", "heron-nl")
    assert words == ["curl", "--via", "-v", "--", "x"]
    assert split_tool(["run", "x"]) == (["run", "x"], [])
    assert split_tool(["run", "--", "x"]) == (["run", "--", "x"], [])


def test_the_status_is_the_tools_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("paris", "--", "dig", "coco.xg", "+short") == 0
    assert capsys.readouterr().out == "198.18.20.10\n"
    assert run("paris", "--", "curl", "http://nosuch.test/") == 6
    assert capsys.readouterr().err == "curl: (6) Could not resolve host: nosuch.test\n"
    assert run("paris", "--", "dig", "+nsid", "x") == 2


def test_a_way_round_and_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    told = ("--scenario", "block_vs_seizure", "--until", "block")
    assert run("paris", *told, "--", "dig", "coco.xg", "+short") == 0
    seen = capsys.readouterr()
    assert seen.out == "192.0.2.50\n"
    assert seen.err.splitlines()[-1] == "done: step 3 of 11, block"
    assert run("paris", "--via", "heron-nl", *told, "--", "dig", "coco.xg", "+short") == 0
    assert capsys.readouterr().out == "198.18.20.10\n"


def test_all_places(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("all", "--", "dig", "coco.xg", "+short") == 0
    assert capsys.readouterr().out.count("== ") == 12


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("lodnon", "--", "dig"), "unknown vantage point 'lodnon'"),
        (("paris", "--", "nslookup", "x"), "the lab has no nslookup"),
        (("paris", "--", "digg"), "did you mean 'dig'"),
        (("paris", "--via", "nope", "--", "dig"), "unknown way round 'nope'"),
        (("paris", "--until", "3", "--", "dig"), "--until needs a scenario"),
        (("paris", "--world", "europe", "--scenario", "block_vs_seizure"), "its own world"),
        (("paris", "--scenario", "nope", "--", "dig"), "there is no scenario 'nope'"),
    ],
)
def test_what_cannot_be_is_told(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        run(*arguments)


def drive(session: Session, *lines: str) -> tuple[int, str]:
    said: list[str] = []
    output = Output(said.append, said.append)
    reader = reader_of(session, io.StringIO("".join(f"{line}\n" for line in lines)), output)
    return Prompt(session, reader, output).run(), "".join(said)


@pytest.fixture
def session(terminal: Any) -> Session:
    return Session(terminal.lab, "paris")


def test_a_session_reads_as_a_session(session: Session) -> None:
    status, said = drive(
        session,
        "dig coco.xg +short   # a remark",
        "via heron-nl",
        "where",
        "via none",
        "at paris,lyon",
        "dig clips.test +short",
        "wait 1h30m",
    )
    assert status == 0
    assert said == (
        "paris> dig coco.xg +short   # a remark\n"
        "198.18.20.10\n"
        "paris> via heron-nl\n"
        "paris[heron-nl]> where\n"
        "paris (fr-alpha, FR, via heron-nl)\n"
        "2024-06-24 08:00:00+02:00\n"
        "paris[heron-nl]> via none\n"
        "paris> at paris,lyon\n"
        "paris,lyon> dig clips.test +short\n"
        "== paris (fr-alpha, FR) ==\n198.18.21.10\n"
        "\n== lyon (fr-beta, FR) ==\n198.18.21.10\n"
        "paris,lyon> wait 1h30m\n"
        "2024-06-24 09:30:00+02:00\n"
    )


def test_the_status_of_a_session_is_that_of_its_last_tool(session: Session) -> None:
    assert drive(session, "curl -s http://nosuch.test/", "where", "quit", "dig coco.xg")[0] == 6


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("foo", "unknown tool 'foo'"),
        ("nslookup coco.xg", "the lab has no nslookup"),
        ("dig coco.xg | head", "pipes and redirections are your own shell's"),
        ("dig 'coco.xg", "a quotation mark is not closed"),
        ("at", "say it so: at VANTAGE"),
        ("at nowhere", "unknown vantage point 'nowhere'"),
        ("via", "say it so: via WAY|none"),
        ("wait", "say it so: wait 30m"),
        ("wait 3", "'3' is no duration"),
        ("step", "there is no further step"),
    ],
)
def test_what_is_not_understood_ends_nothing(session: Session, line: str, sentence: str) -> None:
    _, said = drive(session, line, "dig coco.xg +short")
    assert sentence in said.splitlines()[1]
    assert said.endswith("198.18.20.10\n")


def test_lists_and_help(session: Session) -> None:
    _, said = drive(session, "vantages", "ways", "help", "")
    lines = said.splitlines()
    assert "paris             FR  fr-alpha  Paris" in lines
    assert "heron-nl" in lines
    assert any(line.startswith("traceroute  ") for line in lines)


def test_many_places_make_a_short_prompt(session: Session) -> None:
    session.go_to("all")
    prompt = Prompt(session, reader_of(session, io.StringIO(), Output(print, print)), None)  # type: ignore[arg-type]
    assert prompt.invitation() == "paris,lyon,+10> "


def test_durations() -> None:
    assert read_duration("1h30m") == HOUR + 30 * MINUTE
    for text in ("", "3", "h", "1 h", "1x", "-1h"):
        with pytest.raises(LabError):
            read_duration(text)


def test_a_scenario_is_stepped_through(capsys: pytest.CaptureFixture[str]) -> None:
    from simulator.scenario.loader import find_scenario, load_scenario
    from simulator.scenario.runner import ScenarioRun

    story = ScenarioRun(load_scenario(find_scenario("block_vs_seizure")))
    try:
        steps = len(story.scenario.steps)
        _, said = drive(Session(story.lab, "paris", run=story), *["step"] * (steps + 1))
    finally:
        story.close()
    assert "done: step 1, before\nThe chat runs on a machine in Bulgaria" in said
    assert said.endswith("there is no further step\n")


def test_a_terminal_has_history_and_completion(session: Session) -> None:
    pytest.importorskip("prompt_toolkit")
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    from simulator.tools.prompt import TerminalReader

    up, end = "\x1b[A", "\x04"
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        reader = TerminalReader(session)
        keys.send_text("at paris\n")
        assert reader.read("> ") == "at paris"
        keys.send_text(f"{up}\n")
        assert reader.read("> ") == "at paris"
        keys.send_text(end)
        assert reader.read("> ") is None
        completer = reader.editor.completer
        assert completer is not None
        found = list(completer.get_completions(Document("dig  coco-"), CompleteEvent()))
        assert [(each.text, each.start_position) for each in found] == [("coco-twin.xg", -5)]
