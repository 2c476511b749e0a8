"""The law of this lab: what the files in ``law/`` say, read once and kept.

Reading takes some milliseconds, so nobody reads before somebody gives an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simulator.roles.authority.actors import Effect, Name, OperatorKind
from simulator.roles.authority.instruments import Instrument
from simulator.roles.authority.treaties import Treaty
from simulator.values import Message

FOLDER = Path(__file__).resolve().parent / "law"


@dataclass(frozen=True, slots=True)
class Place:
    """A country or territory. ``under`` is whose orders bind there beside its own."""

    code: str
    name: Name
    under: str | None = None


@dataclass(frozen=True, slots=True)
class LeverEntry:
    """A lever, or evidence that can be asked for: its name, what it does, who has it.

    Of what a scenario can order also ``when`` it shows, what a visitor has ``seen`` by then,
    how it is ``undone``, what of the site ``survives`` it.
    """

    id: str
    name: Message
    effect: Effect
    hands: tuple[OperatorKind, ...]
    when: Message | None = None
    seen: Message | None = None
    undone: Message | None = None
    survives: Message | None = None


@dataclass(frozen=True, slots=True)
class LawBook:
    """All that the files say, each by its id and in the order of its file."""

    places: Mapping[str, Place]
    treaties: Mapping[str, Treaty]
    levers: Mapping[str, LeverEntry]
    instruments: tuple[Instrument, ...]

    def lever(self, id: str) -> LeverEntry:  # noqa: A002  the word of the files
        """Return a lever; one that the files do not have is anybody's, and does something."""
        entry = self.levers.get(id)
        if entry is not None:
            return entry
        return LeverEntry(id, Message("{it}", (("it", id),)), Effect.OTHER, tuple(OperatorKind))

    def instrument(self, id: str) -> Instrument | None:  # noqa: A002
        """Return an instrument by its id."""
        return next((each for each in self.instruments if each.id == id), None)

    def source(self, english: str) -> Message:
        """Return a source, which decisions carry in English, as a sentence in any language."""
        found = (each.source for each in self.instruments if str(each.source) == english)
        return next(found, Message(english))


@cache
def lawbook() -> LawBook:
    """Return the law of the lab; raise `LawFaults` where its files are damaged."""
    return read_lawbook(FOLDER)


def read_lawbook(folder: Path) -> LawBook:
    """Return the law in the files of a folder; raise `LawFaults` with all that is wrong."""
    from simulator.roles.authority.entries import Entries

    return Entries(folder).lawbook()
