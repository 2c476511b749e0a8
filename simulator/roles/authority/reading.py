"""The files of the law: YAML read with the line of everything in them.

All words stay text (the country ``NO`` is no boolean), and each fault names file and line,
what is wrong, and what was probably meant. A file is read to its end, so that its reader
hears of all faults at once.
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml

from simulator.errors import LabError
from simulator.roles.authority.actors import Name
from simulator.values import DAY, HOUR, MINUTE, Duration, Message, message

E = TypeVar("E", bound=enum.Enum)

_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}


class LawFault(NamedTuple):
    """One thing wrong in a file of the law. Lines count from 1."""

    file: str
    line: int
    where: str
    text: Message

    def show(self, say: Callable[[Message], str] = str) -> str:
        """Return ``file:line: where: what is wrong``."""
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}: {where}{say(self.text)}"


class LawFaults(LabError):
    """All that is wrong in the files of the law, in the order of their lines."""

    def __init__(self, faults: Iterable[LawFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line)))
        assert self.faults, "LawFaults needs at least one fault"
        lines = "\n".join(fault.show() for fault in self.faults)
        super().__init__(Message("{faults}", (("faults", lines),)))


class Part:
    """A part of a file: a word, a list or a mapping. What is wrong in it goes to ``faults``."""

    def __init__(self, file: str, node: Any, where: str, faults: list[LawFault]) -> None:
        self.where = where
        self.faults = faults
        self._file = file
        self._node = node

    def wrong(self, text: Message) -> None:
        """Note what is wrong here."""
        line = self._node.start_mark.line + 1
        self.faults.append(LawFault(self._file, line, self.where, text))

    # --- parts ------------------------------------------------------------------------------

    def members(self) -> dict[str, Part]:
        """Return the members of a mapping by their keys."""
        if not isinstance(self._node, yaml.MappingNode):
            self.wrong(message("expected keys with values, such as 'en: …'"))
            return {}
        found: dict[str, Part] = {}
        for key, value in self._node.value:
            word = key.value if isinstance(key, yaml.ScalarNode) else "?"
            part = Part(self._file, value, f"{self.where}.{word}".lstrip("."), self.faults)
            if word in found:
                part.wrong(message("'{key}' stands twice", key=word))
            found.setdefault(word, part)
        return found

    def fields(self, needed: Sequence[str], allowed: Sequence[str] = ()) -> dict[str, Part]:
        """Return the members of an entry that has the keys ``needed``, and may have others."""
        found = self.members()
        for key, part in found.items():
            if key not in needed and key not in allowed:
                part.wrong(strange(message("key"), key, (*needed, *allowed)))
        for key in needed:
            if key not in found:
                self.wrong(message("'{key}' is missing: state it", key=key))
        return found

    def items(self) -> list[Part]:
        """Return the items of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            self.wrong(message("expected a list, such as [one, two]"))
            return []
        return [
            Part(self._file, node, f"{self.where}[{number}]", self.faults)
            for number, node in enumerate(self._node.value)
        ]

    @property
    def is_list(self) -> bool:
        """Whether a list stands here."""
        return isinstance(self._node, yaml.SequenceNode)

    # --- words ------------------------------------------------------------------------------

    def word(self) -> str:
        """Return the text that stands here, with its line breaks as spaces."""
        if not isinstance(self._node, yaml.ScalarNode) or not self._node.value.strip():
            self.wrong(message("expected text"))
            return ""
        return " ".join(self._node.value.split())

    def name(self) -> Name:
        """Return a text in each language."""
        return in_both(self.fields(("en", "fr")))

    def flag(self) -> bool:
        """Return true or false."""
        word = self.word()
        if word not in ("true", "false"):
            self.wrong(message("'{word}' is neither true nor false", word=word))
        return word == "true"

    def date(self) -> date | None:
        """Return a day."""
        word = self.word()
        try:
            return date.fromisoformat(word)
        except ValueError:
            text = message("'{word}' is no day: write it as 2024-06-25", word=word)
            self.wrong(text)
            return None

    def duration(self) -> Duration:
        """Return a duration in microseconds."""
        word = self.word()
        found = _DURATION.fullmatch(word)
        if found is None:
            text = message("'{word}' is no duration: write it as 10m, 4h or 30d", word=word)
            self.wrong(text)
            return 0
        return int(found[1]) * _UNITS[found[2]]

    def choice(self, kinds: type[E]) -> E | None:
        """Return the member of an enumeration whose value stands here."""
        word = self.word()
        try:
            return kinds(word)
        except ValueError:
            self.wrong(strange(message("word"), word, [kind.value for kind in kinds]))
            return None

    def choices(self, kinds: type[E]) -> tuple[E, ...]:
        """Return the members of an enumeration whose values are listed here."""
        found = [item.choice(kinds) for item in self.items()]
        return tuple(kind for kind in found if kind is not None)


def in_both(members: Mapping[str, Part]) -> Name:
    """Return the text in each language of an entry that may have more beside it."""
    en, fr = (members[key].word() if key in members else "" for key in ("en", "fr"))
    return Name(en, fr)


def strange(kind: Message, word: str, known: Iterable[str]) -> Message:
    """Return the sentence that a word is unknown, with what was meant or what there is."""
    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return message(
            "unknown {kind} '{word}'; did you mean '{meant}'?", kind=kind, word=word, meant=close[0]
        )
    return message(
        "unknown {kind} '{word}'; choose from {known}",
        kind=kind,
        word=word,
        known=", ".join(choices),
    )


def read_file(path: Path, faults: list[LawFault]) -> Part:
    """Return the document in a file; raise `LawFaults` where it is none."""
    file = str(path)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it was built in
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        text = message(
            "this is no YAML: {problem}; text with ': ' or ' #' in it needs quotes",
            problem=error.problem or "?",
        )
        raise LawFaults([LawFault(file, line, "", text)]) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = message("the file cannot be read: {reason}", reason=type(error).__name__)
        raise LawFaults([LawFault(file, 1, "", text)]) from None
    except RecursionError:
        text = message("the file cannot be read: {reason}", reason="nested too deep")
        raise LawFaults([LawFault(file, 1, "", text)]) from None
    if node is None:
        raise LawFaults([LawFault(file, 1, "", message("the file is empty"))])
    return Part(file, node, "", faults)
