"""What is wrong in a file: each fault with its place, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from simulator.errors import LabError
from simulator.values import Message, message

Place: TypeAlias = tuple[str | int, ...]
"""Where something stands in a document: mapping keys and list positions from the top."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: where it is, what is wrong, what was probably meant.

    ``line`` and ``column`` count from 1.
    """

    file: str
    line: int
    column: int
    where: str
    message: Message
    meant: str | None = None

    def show(self, say: Callable[[Message], str] = str) -> str:
        """Return ``file:line:column: where: what is wrong; did you mean …?``."""
        where = f"{self.where}: " if self.where else ""
        meant = ""
        if self.meant is not None:
            meant = "; " + say(message("did you mean '{meant}'?", meant=self.meant))
        return f"{self.file}:{self.line}:{self.column}: {where}{say(self.message)}{meant}"

    def __str__(self) -> str:
        return self.show()


class Faults(LabError):
    """All that is wrong in a file, in the order of its lines. Show each on its own line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(
            sorted(faults, key=lambda fault: (fault.file, fault.line, fault.column))
        )
        assert self.faults, "Faults needs at least one fault"
        super().__init__(message("{faults}", faults="\n".join(map(str, self.faults))))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` was probably meant to be, or None."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    begun = [other for other in words if len(word) > 2 and other.startswith(word)]
    return next(iter([*close, *begun]), None)


def describe(path: Place) -> str:
    """Return a path as a person writes it: ``steps[2].order.to``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
