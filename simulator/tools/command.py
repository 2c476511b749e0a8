"""The command ``at``: a tool, or a prompt, at a vantage point of a lab."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.text import say
from simulator.tools.names import TOOLS
from simulator.values import Message, message

if TYPE_CHECKING:
    import argparse

    from simulator.tools.session import Session

WORLD = "europe"
"""Where ``at`` takes place without a scenario or a world."""
NAME = "at"


def split_tool(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Cut a command line in two at the first ``--``: what argparse reads, and the tool's words.

    argparse itself cannot: options of ours may stand between the vantage point and the tool.
    """
    words = list(arguments)
    if NAME not in words or "--" not in words:
        return words, []
    cut = words.index("--")
    return words[:cut], words[cut + 1 :]


def add_arguments(parser: argparse.ArgumentParser, language: str) -> None:
    """Give the parser of ``at`` what it takes, but for the tool's words behind ``--``."""

    def told(text: Message) -> str:
        return say(text, language).replace("%", "%%")

    parser.epilog = told(
        message(
            "Behind -- comes the tool with its own options ({tools}); without one a prompt opens.",
            tools=", ".join(TOOLS),
        )
    )
    parser.add_argument(
        "vantage",
        metavar=told(message("VANTAGE")),
        help=told(message("where to look from; several with commas, or 'all'")),
    )
    parser.add_argument(
        "--via", metavar=told(message("WAY")), help=told(message("the way round to go by"))
    )
    parser.add_argument(
        "--world",
        metavar=told(message("NAME_OR_FILE")),
        help=told(message("the world to be in (europe unless stated)")),
    )
    parser.add_argument(
        "--scenario",
        metavar=told(message("NAME_OR_FILE")),
        help=told(message("be in a scenario: its steps are done first, for a prompt one by one")),
    )
    parser.add_argument(
        "--until", metavar=told(message("STEP")), help=told(message("the last step to do"))
    )


def at(options: argparse.Namespace, words: Sequence[str], language: str) -> int:
    """Run a tool where it was asked for, or open a prompt; return the tool's own status.

    ``options`` has ``vantage``, ``via``, ``world``, ``scenario``, ``until`` and ``seed``; 2 is
    also what a tool ends with that was not understood. `LabError` for what cannot be.
    """
    from simulator.tools.catalogue import load_tool
    from simulator.tools.machine import Output

    if words:
        load_tool(words[0])
    if options.until is not None and options.scenario is None:
        raise LabError(message("--until needs a scenario"))
    if options.world is not None and options.scenario is not None:
        raise LabError(message("a scenario has its own world: leave --world out"))
    with _session(options, language, with_steps=bool(words)) as session:
        if options.via is not None:
            for text in session.take_way(options.via):
                _write_error(say(text, language) + "\n")
        if words:
            return session.tool(words, Output(_write, _write_error))
        return _prompt(session)


def _prompt(session: Session) -> int:
    from simulator.tools.machine import Output
    from simulator.tools.prompt import Prompt, reader_of

    output = Output(_write, _write)  # one stream, so that everything stays in order
    prompt = Prompt(session, reader_of(session, sys.stdin, output), output)
    if sys.stdin is not None and sys.stdin.isatty():
        prompt.greet()
    return prompt.run()


@contextmanager
def _session(options: argparse.Namespace, language: str, *, with_steps: bool) -> Iterator[Session]:
    """Put up the lab, of the scenario if there is one, and close it at the end.

    A scenario's steps are done up to ``options.until``; without it, all or none of them.
    """
    from simulator.tools.session import Session

    seed = getattr(options, "seed", 0)
    if options.scenario is None:
        from simulator.lab import Lab
        from simulator.world.loader import built_in_world

        world = built_in_world(options.world or WORLD)
        with Lab(world, seed=seed, language=language) as lab:
            yield Session(lab, options.vantage, language)
        return
    from simulator.scenario.loader import find_scenario, load_scenario
    from simulator.scenario.runner import ScenarioRun

    run = ScenarioRun(load_scenario(find_scenario(options.scenario)), seed=seed, language=language)
    try:
        session = Session(run.lab, options.vantage, language, run)
        if with_steps or options.until is not None:
            _do_steps(session, options.until, len(run.scenario.steps))
        yield session
    finally:
        run.close()


def _do_steps(session: Session, until: str | None, count: int) -> None:
    for step in session.run_steps(until):
        text = message(
            "done: step {number} of {count}, {name}",
            number=step.number,
            count=count,
            name=step.id,
        )
        _write_error(say(text, session.language) + "\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _write_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
