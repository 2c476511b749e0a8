"""The prompt: a session with history and completion, or the lines of a pipe."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

from simulator.errors import LabError
from simulator.text import say, typeset
from simulator.tools.completion import completions
from simulator.tools.machine import Output
from simulator.tools.names import TOOLS
from simulator.tools.session import Session
from simulator.values import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Duration, Message, message
from simulator.world.choices import known_ways

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completion
    from prompt_toolkit.document import Document

_UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(?:([0-9]{1,9})(ms|s|m|h|d))+")
_SHELL = ("|", ">", ">>", "<", "&&", "||", ";", "&")

COMMANDS: dict[str, tuple[str, Message]] = {
    "at": ("at VANTAGE[,VANTAGE…]|all", message("sit down somewhere else, or in several places")),
    "via": ("via WAY|none", message("go by a way round, or by the provider's again")),
    "vantages": ("vantages", message("list the vantage points")),
    "ways": ("ways", message("list the ways round")),
    "where": ("where", message("say where we are, and what day it is in the lab")),
    "wait": ("wait 30m", message("let lab time pass: 90s, 30m, 3h, 14d")),
    "step": ("step [N]", message("do the next step of the scenario, or the next N")),
    "help": ("help", message("list the commands and the tools")),
    "quit": ("quit", message("leave")),
}


class Reader(Protocol):
    """Where lines come from."""

    def read(self, prompt: str) -> str | None:
        """Return the next line, or None at the end."""


class Prompt:
    """Reads commands and carries them out until the lines end."""

    def __init__(self, session: Session, reader: Reader, output: Output) -> None:
        self._session = session
        self._reader = reader
        self._output = output
        self.status = 0
        """What the last tool ended with."""
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "at": self._at,
            "via": self._via,
            "vantages": self._vantages,
            "ways": self._ways,
            "where": self._where,
            "wait": self._wait,
            "step": self._step,
            "help": self._help,
        }

    def greet(self) -> None:
        """Tell somebody who sits at a terminal where to begin."""
        self._tell(message("'help' lists what one can do here, 'quit' leaves"))

    def run(self) -> int:
        """Return the status of the last tool, once the person leaves."""
        while True:
            try:
                line = self._reader.read(self.invitation())
            except KeyboardInterrupt:
                self._output.line()
                continue
            if line is None or line.strip() in ("quit", "exit"):
                return self.status
            try:
                self.obey(line)
            except KeyboardInterrupt:
                self._output.line()
            except LabError as error:
                self._tell(error.message)

    def invitation(self) -> str:
        """Return ``paris> ``, or ``paris[heron-nl],lyon> ``."""
        session = self._session
        places = []
        for vantage in session.vantages:
            via = session.way_of(vantage)
            places.append(vantage if via is None else f"{vantage}[{via}]")
        if len(places) > 3:
            places[2:] = [f"+{len(places) - 2}"]
        return f"{','.join(places)}> "

    def obey(self, line: str) -> None:
        """Carry out one line; `LabError` for what cannot be done."""
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            raise LabError(message("a quotation mark is not closed")) from None
        if not words:
            return
        first, *rest = words
        if first in self._commands:
            self._commands[first](rest)
            return
        if any(word in _SHELL for word in words):
            raise LabError(
                message(
                    "pipes and redirections are your own shell's: use 'at VANTAGE -- TOOL' there"
                )
            )
        self.status = self._session.tool(words, self._output)

    def _tell(self, text: Message) -> None:
        self._output.line(self._say(text))

    def _say(self, text: Message) -> str:
        return say(text, self._session.language)

    # --- commands -----------------------------------------------------------------------

    def _at(self, words: list[str]) -> None:
        self._session.go_to(_only(words, "at"))

    def _via(self, words: list[str]) -> None:
        for text in self._session.take_way(_only(words, "via")):
            self._tell(text)

    def _vantages(self, words: list[str]) -> None:
        world, language = self._session.lab.world, self._session.language
        width = max(map(len, world.vantages))
        for vantage, entry in world.vantages.items():
            country = world.country_of(entry.network)
            name = entry.name.say(language)
            self._output.line(f"{vantage:<{width}}  {country}  {entry.network}  {name}")

    def _ways(self, words: list[str]) -> None:
        for way in known_ways(self._session.lab.world):
            self._output.line(way)

    def _where(self, words: list[str]) -> None:
        session = self._session
        for vantage in session.vantages:
            self._output.line(session.heading(vantage))
        self._output.line(session.lab.date().isoformat(" ", "seconds"))

    def _wait(self, words: list[str]) -> None:
        self._session.wait(read_duration(_only(words, "wait")))
        self._output.line(self._session.lab.date().isoformat(" ", "seconds"))

    def _step(self, words: list[str]) -> None:
        if len(words) > 1 or not all(word.isdecimal() for word in words):
            raise LabError(message("'step' takes nothing, or how many: step 3"))
        for _ in range(int(words[0]) if words else 1):
            self._one_step()

    def _one_step(self) -> None:
        step = self._session.next_step()
        if step is None:
            raise LabError(message("there is no further step"))
        self._tell(message("done: step {number}, {name}", number=step.number, name=step.id))
        if step.step.say is not None:
            self._output.line(
                typeset(step.step.say.say(self._session.language), self._session.language)
            )

    def _help(self, words: list[str]) -> None:
        entries = [*TOOLS.items(), *COMMANDS.values()]
        width = max(len(name) for name, _ in entries)
        for name, does in entries:
            self._output.line(f"{name:<{width}}  {self._say(does)}")
        self._tell(message("'dig -h' and the like tell what a tool takes"))


def _only(words: Sequence[str], command: str) -> str:
    """Return the one word that a command needs."""
    if len(words) != 1:
        raise LabError(message("say it so: {usage}", usage=COMMANDS[command][0]))
    return words[0]


def read_duration(text: str) -> Duration:
    """Return the microseconds of ``90s``, ``1h30m`` and the like; `LabError` for anything else."""
    if _DURATION.fullmatch(text) is None:
        raise LabError(
            message("'{text}' is no duration such as 90s, 30m, 3h, 14d or 1h30m", text=text)
        )
    return sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"([0-9]+)(ms|s|m|h|d)", text))


# --- where lines come from ----------------------------------------------------------------


def reader_of(session: Session, stream: TextIO, output: Output) -> Reader:
    """Return a reader with history and completion for a terminal, a plain one for a pipe."""
    if stream.isatty() and sys.stdout.isatty():
        return TerminalReader(session)
    return _PipeReader(stream, output)


class _PipeReader:
    """Reads lines and shows them, so that what comes out can be read as a session."""

    def __init__(self, stream: TextIO, output: Output) -> None:
        self._stream = stream
        self._output = output

    def read(self, prompt: str) -> str | None:
        line = self._stream.readline()
        if not line:
            return None
        self._output.line(prompt + line.rstrip("\n"))
        return line


class TerminalReader:
    """A line editor. Its history lasts as long as the session: nothing is written to disk."""

    def __init__(self, session: Session) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import Completer, Completion
        from prompt_toolkit.history import InMemoryHistory

        class Words(Completer):
            """Asks `completions`."""

            def get_completions(
                self, document: Document, complete_event: object
            ) -> Iterable[Completion]:
                line = document.text_before_cursor.lstrip()
                begun = line.rpartition(" ")[2]
                for word in completions(session, COMMANDS, line):
                    yield Completion(word, start_position=-len(begun))

        self.editor: PromptSession[str] = PromptSession(
            history=InMemoryHistory(), completer=Words(), complete_while_typing=False
        )

    def read(self, prompt: str) -> str | None:
        """Return what was typed; None after Ctrl-D."""
        try:
            return self.editor.prompt(prompt)
        except EOFError:
            return None
