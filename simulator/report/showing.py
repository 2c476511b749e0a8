"""Runs a scenario in front of somebody, and writes the files that were asked for."""

from __future__ import annotations

import errno
import os
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from simulator.net.clock import PacedClock
from simulator.report.console import ConsoleReport
from simulator.report.copies import check_place, write_copies
from simulator.report.files import check_readable, check_writable, writing
from simulator.report.page import Page
from simulator.report.progress import Progress
from simulator.report.usage import HEADLINE
from simulator.text import say
from simulator.values import SECOND, Message, message

if TYPE_CHECKING:
    import argparse

    from simulator.scenario.loader import Lesson
    from simulator.scenario.runner import ScenarioRun, StepRun

HELD, FAILED = 0, 1
T = TypeVar("T")


def show(options: argparse.Namespace, language: str, program: str) -> int:
    """Run what was asked for and return the exit status; `LabError` for what cannot be."""
    for file in (options.json, options.pcap, options.journal):
        if file not in (None, "-"):
            check_writable(Path(file))
    if options.ooni is not None:
        _check_folder(Path(options.ooni))
    showing = _Showing(options, language, program)
    try:
        showing.run()
        return HELD if showing.scenario.passed else FAILED
    finally:
        showing.close()


class _Stopwatch:
    """How long our reader waits. A lab clock at real pace: only that module reads a clock."""

    def __init__(self) -> None:
        self._clock = PacedClock(rate=1.0)
        self._at_once = threading.Event()

    def read(self) -> float:
        """Return real seconds since the watch was made."""
        self._at_once.set()
        self._clock.advance(None, self._at_once)
        return self._clock.now / SECOND


class _Showing:
    """One run in front of somebody. Keeps the real time that the lab itself took."""

    scenario: ScenarioRun

    def __init__(self, options: argparse.Namespace, language: str, program: str) -> None:
        self._options = options
        self._language = language
        self._program = program
        self._page = Page(sys.stdout)
        self._quiet = options.json == "-"
        self._waits = options.step
        self._seconds = 0.0
        self._watch = _Stopwatch()
        self._open: ScenarioRun | None = None

    def close(self) -> None:
        """End the lab, if it has begun."""
        if self._open is not None:
            self._open.close()

    def run(self) -> None:
        """Run all steps; tell each as it is over; then write files."""
        self.scenario = self._open = self._timed(self._begin, message("The lab is being built"))
        if self._quiet:
            for _ in self.scenario.steps():
                pass
        else:
            self._tell()
        self._write_files()

    def _begin(self) -> ScenarioRun:
        from simulator.scenario.runner import ScenarioRun

        lesson = _lesson(getattr(self._options, "name", HEADLINE))
        if self._options.evidence is not None:
            check_place(self._options.evidence, lesson.scenario, _check_folder)
        return ScenarioRun(
            lesson,
            seed=self._options.seed,
            language=self._language,
            capture=self._options.pcap is not None,
            controls=self._options.ooni is not None,
        )

    def _tell(self) -> None:
        command = command_line(self._program, getattr(self._options, "name", None))
        report = ConsoleReport(
            self.scenario,
            self._page,
            self._language,
            self._program,
            command,
            self._options.evidence,
        )
        report.begin()
        last = len(self.scenario.scenario.steps)
        for number, step in enumerate(self._steps(last), 1):
            report.step(step)
            if self._waits and number < last:
                self._wait_for_enter()
        report.end(self._seconds)

    def _steps(self, count: int) -> Iterator[StepRun]:
        steps = self.scenario.steps()
        for number in range(1, count + 1):
            text = message("Step {number} of {count} is under way", number=number, count=count)
            yield self._timed(lambda: next(steps), text)

    def _timed(self, work: Callable[[], T], sentence: Message) -> T:
        began = self._watch.read()
        with Progress(self._page, say(sentence, self._language)):
            done = work()
        self._seconds += self._watch.read() - began
        return done

    def _wait_for_enter(self) -> None:
        """Wait for a line; when there are no more lines, wait no more."""
        page = self._page
        prompt = say(message("Press Enter for the next step"), self._language)
        page.stream.write(page.glyphs.fit(f"[{prompt}] ") + ("" if page.stream.isatty() else "\n"))
        page.flush()
        if sys.stdin is None or not sys.stdin.readline():
            self._waits = False
            page.blank()

    def _write_measurements(self, folder: Path) -> None:
        from simulator import __version__
        from simulator.ooni.command import Circumstances, Taken, write_measurements

        run = self.scenario
        taken = [
            Taken(step.id, seen, step.controls.get(seen.url))
            for step in run.done
            for seen in step.observations
        ]
        about = Circumstances(run.name, run.world, run.date(0), run.seed, __version__)
        with writing(folder):
            write_measurements(folder, taken, about)

    def _write_files(self) -> None:
        options = self._options
        if options.json is not None:
            from simulator.report.result import to_json

            text = to_json(self.scenario, self._language)
            if self._quiet:
                write_out(text)
            else:
                write_text(Path(options.json), text)
        if options.journal is not None:
            write_text(Path(options.journal), self.scenario.lab.journal.to_jsonl())
        if options.ooni is not None:
            self._write_measurements(Path(options.ooni))
        if options.evidence is not None:
            copies = [copy for step in self.scenario.done for copy in step.copies]
            write_copies(options.evidence, copies)
        if options.pcap is not None:
            with writing(Path(options.pcap)):
                self.scenario.lab.write_capture(Path(options.pcap))


def _check_folder(folder: Path) -> None:
    """Find out before the run whether a folder can be made and written to."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "")


def command_line(program: str, name: str | None) -> str:
    """Return what shows a scenario again: ``name`` as it was typed, None for the headline."""
    if name is None:
        return program
    if os.name != "nt":
        name = shlex.quote(name)
    elif " " in name:
        name = f'"{name}"'
    return f"{program} run {name}"


def _lesson(name: str) -> Lesson:
    from simulator.scenario.loader import find_scenario, load_scenario

    path = find_scenario(name)
    check_readable(path)
    return load_scenario(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file, UTF-8 with plain line ends; `LabError` where it cannot be."""
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def write_out(text: str) -> None:
    """Write JSON on standard output: UTF-8 whatever the terminal's encoding (RFC 8259)."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        buffer.write(text.encode())
        buffer.flush()
