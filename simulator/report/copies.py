"""Copied servers: what a page says of them, and the files that they are filed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.report import styles
from simulator.report.files import check_writable, writing
from simulator.report.orders import INDENT
from simulator.report.times import spell
from simulator.values import Message, message

if TYPE_CHECKING:
    from simulator.report.page import Page
    from simulator.report.voice import Voice
    from simulator.scenario.expectations import Copy
    from simulator.scenario.models import Scenario

SUFFIX = ".jsonl"
"""What is called so is a file; anything else that copies are written to is a folder."""


class CopyReport:
    """Writes on a page that servers were copied, and how to question the copies."""

    def __init__(self, page: Page, voice: Voice, folder: str | None, again: str) -> None:
        """``folder`` is where the records go, or None; ``again`` the command of this run."""
        self._page = page
        self._voice = voice
        self._folder = folder
        self._again = again

    def write(self, copies: Sequence[Copy]) -> None:
        """Write the copies of a step."""
        from simulator.roles.evidence.findings import SECTION_NAMES

        for copy in copies:
            by = self._voice.actor(copy.by)
            told = message(
                "{authority}: the server of {site} ({machine}) is copied in {duration}.",
                authority=by,
                site=copy.site,
                machine=copy.machine,
                duration=spell(copy.ended - copy.began),
            )
            self._line(told)
            if copy.lost:
                names = self._voice.several(
                    self._voice.say(SECTION_NAMES[section]) for section in copy.lost
                )
                self._line(message("Lost: {sections}.", sections=names), styles.BAD)
            self._line(message("Last hash of the record: {hash}", hash=copy.head), styles.QUIET)

    def write_commands(self, copies: Sequence[Copy], program: str) -> None:
        """Write what to type to question the copies of a run."""
        if not copies:
            return
        folder = "evidence" if self._folder is None else self._folder
        if self._folder is None:
            self._line(
                message(
                    "To question what was copied: {run} --evidence {folder}, then",
                    run=self._again,
                    folder=folder,
                ),
                indent=0,
            )
        else:
            self._line(message("To question what was copied:"), indent=0)
        for copy in copies:
            path = record_path(folder, copy)
            self._page.paragraph(f"{program} evidence ask {path}", first=[("  ", "")])
        self._page.blank()

    def _line(self, text: Message, style: str = "", indent: int = INDENT) -> None:
        self._page.paragraph(self._voice.say(text), style, first=[(" " * indent, "")])


def record_path(typed: str, copy: Copy) -> Path:
    """Return where a record goes: the file that was named, or a file in that folder."""
    return Path(typed) if typed.endswith(SUFFIX) else Path(typed) / copy.file


def check_place(typed: str, scenario: Scenario, check_folder: Callable[[Path], None]) -> None:
    """Find out before the run whether its records can be written to what was named.

    `LabError` also for a scenario that copies nothing, or too much for a single file.
    """
    count = sum(step.evidence is not None for step in scenario.steps)
    if count == 0:
        raise LabError(message("nothing is copied in this scenario: --evidence has nothing to do"))
    if not typed.endswith(SUFFIX):
        check_folder(Path(typed))
    elif count == 1:
        check_writable(Path(typed))
    else:
        raise LabError(
            message(
                "'{file}' is one file, and {count} servers are copied: name a folder",
                file=typed,
                count=count,
            )
        )


def write_copies(typed: str, copies: Sequence[Copy]) -> None:
    """Write each record to its file; `LabError` where that cannot be."""
    for copy in copies:
        path = record_path(typed, copy)
        with writing(path):
            path.write_bytes(copy.data)
