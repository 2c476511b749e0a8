"""Collecting the faults of one document."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.values import Message
from simulator.world.faults import Fault, Place, nearest, unknown
from simulator.world.source import Source


class Check:
    """The faults found so far in the document ``source``."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Fault] = []

    def wrong(self, place: Place, text: Message, meant: str | None = None) -> None:
        """Note that what stands at ``place`` is wrong."""
        self.found.append(self.source.fault(place, text, meant))

    def known(
        self,
        place: Place,
        kind: Message,
        word: str | None,
        entries: Iterable[str],
        likely: Iterable[str] | None = None,
    ) -> bool:
        """Tell whether ``word`` is one of ``entries``; note it when it is not.

        None is nothing to look up, and not known either. ``likely`` are the entries that
        may be meant, where it cannot be any of them.
        """
        if word is None or word in entries:
            return word is not None
        meant = nearest(word, entries if likely is None else likely)
        self.wrong(place, unknown(kind, word, entries, meant), meant)
        return False

    def all_known(
        self, place: Place, kind: Message, words: Iterable[str], entries: Iterable[str]
    ) -> None:
        """As `known`, for each word of a list."""
        for position, word in enumerate(words):
            self.known((*place, position), kind, word, entries)
