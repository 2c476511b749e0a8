"""What is wrong in a file: each fault with its place, all of them at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from simulator.errors import LabError
from simulator.values import Message, message

Place: TypeAlias = tuple[str | int, ...]
"""Where something stands in a document: mapping keys and list positions from the top."""

_PARTS = re.compile(r"[-._/ ]")
_PART_CUTOFF = 0.5
"""``nv`` is a slip for ``nc``; ``be`` is none for ``fr``."""
_LONGEST_SHOWN = 60
_MOST_CHOICES = 20
"""More words than that are no help in one line."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: where it is, what is wrong, what was probably meant.

    ``line`` and ``column`` count from 1; what is said of a file as a whole has
    neither. A ``warning`` is worth a look, and no more.
    """

    file: str
    line: int
    column: int
    where: str
    message: Message
    meant: str | None = None
    warning: bool = False

    def show(self, say: Callable[[Message], str] = str) -> str:
        """Return ``file:line:column: where: what is wrong; did you mean …?``."""
        text = self.message
        if not self.file:
            return say(text)
        if self.meant is not None:
            text = message("{fault}; did you mean '{meant}'?", fault=text, meant=self.meant)
        place = [f"{self.file}:{self.line}:{self.column}:"]
        if self.warning:
            place.append(say(message("warning:")))
        if self.where:
            place.append(f"{self.where}:")
        return " ".join([*place, say(text)])

    def __str__(self) -> str:
        return self.show()


MORE = Fault("", 0, 0, "", message("more may appear once these are mended"))
"""Stands last, without a place."""


class Faults(LabError):
    """All that is wrong in a file, in the order of its lines. Show each on its own line."""

    def __init__(self, faults: Iterable[Fault], *, partial: bool = False) -> None:
        """Take what was found; ``partial`` says that something could not be checked for it."""
        ordered = sorted(faults, key=lambda fault: (fault.file, fault.line, fault.column))
        self.faults = (*ordered, MORE) if partial and MORE not in ordered else tuple(ordered)
        assert self.faults, "Faults needs at least one fault"
        super().__init__(message("{faults}", faults="\n".join(map(str, self.faults))))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` was probably meant to be, or None.

    Capitals do not count. Words of as many parts must be alike in each part, so that
    ``court-be`` is not taken for a slip of the pen for ``court-fr``.
    """
    wanted = word.casefold()
    words = {other.casefold(): other for other in reversed(list(known))}
    if wanted in words:
        return words[wanted]
    close = difflib.get_close_matches(wanted, words, n=len(words) or 1, cutoff=0.6)
    begun = [other for other in reversed(words) if len(word) > 2 and other.startswith(wanted)]
    return next((words[other] for other in [*close, *begun] if _alike(wanted, other)), None)


def _alike(word: str, other: str) -> bool:
    mine, theirs = _PARTS.split(word), _PARTS.split(other)
    return len(mine) != len(theirs) or all(
        difflib.SequenceMatcher(None, one, two).ratio() >= _PART_CUTOFF
        for one, two in zip(mine, theirs, strict=True)
        if one != two
    )


def unknown(kind: Message, word: str, known: Iterable[str], meant: str | None) -> Message:
    """Return the sentence that ``word`` names nothing of a kind.

    Where nobody can say what was ``meant``, it lists what there is, unless that is much.
    """
    choices = list(dict.fromkeys(known))
    if meant is not None or not 0 < len(choices) <= _MOST_CHOICES:
        return message("unknown {kind} '{word}'", kind=kind, word=word)
    return message(
        "unknown {kind} '{word}'; choose from {known}",
        kind=kind,
        word=word,
        known=", ".join(choices),
    )


def shown(value: Any) -> str:
    """Return a value as its author wrote it, or its outline where it has parts or is long."""
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    text = (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def describe(path: Place) -> str:
    """Return a path as a person writes it: ``steps[2].order.to``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
