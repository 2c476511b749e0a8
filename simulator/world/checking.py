"""Collecting the faults of one document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from simulator.values import Message
from simulator.world.faults import Fault, Faults, Place, nearest, unknown
from simulator.world.source import Source
from simulator.world.validation import Draft


class Check:
    """The faults found so far in the document ``source``.

    What has been dropped from the document makes no faults of its own: not of the entries
    that it was part of, nor of those that name it. They make the check ``partial`` instead.
    """

    def __init__(self, source: Source, lost: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.lost = lost
        self.found: list[Fault] = []
        self.misnamed: frozenset[str] = frozenset()
        """Keys that did not fit: a word may be meant for what one should be."""
        self.partial = False
        self.unresolved: list[Place] = []
        """The places of words that name nothing."""
        self.left_out: set[str] = set()
        """Sections of which entries have been left out since."""

    @classmethod
    def of(cls, draft: Draft[Any]) -> Self:
        """Return the check of a document that may have lost something."""
        check = cls(draft.source, draft.lost)
        check.found = list(draft.faults)
        check.misnamed = draft.misnamed
        check.partial = draft.partial
        return check

    def wrong(self, place: Place, text: Message, meant: str | None = None) -> None:
        """Note that what stands at ``place`` is wrong, unless something of it was dropped."""
        if not self.damaged(place):
            self.found.append(self.source.fault(place, text, meant))

    def damaged(self, place: Place) -> bool:
        """Tell whether something at ``place`` was dropped: nothing can be said of it then."""
        written = self.source.written(place)
        stands_in = bool(place) and written[:1] != place[:1]
        damaged = stands_in or any(
            dropped[: len(written)] == written for dropped in self.source.dropped
        )
        self.partial |= damaged
        return damaged

    def whole(self, *sections: str) -> bool:
        """Tell whether sections are complete, so that one can say what is not in them."""
        dropped = {place[0] for place in self.source.dropped} | self.left_out
        whole = dropped.isdisjoint(sections) and not self.misnamed
        self.partial |= not whole
        return whole

    def done(self) -> None:
        """Raise `Faults` if there are any."""
        if self.found:
            raise Faults(self.found, partial=self.partial)

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
        self.unresolved.append(place)
        meant = nearest(word, entries if likely is None else likely)
        misnamed = bool(self.misnamed) and (
            meant is None or nearest(word, self.misnamed) is not None
        )
        if word in self.lost or misnamed:
            self.partial = True
            return False
        self.wrong(place, unknown(kind, word, entries, meant), meant)
        return False

    def known_or_none(
        self, place: Place, kind: Message, word: str | None, entries: Iterable[str]
    ) -> None:
        """As `known`, for a word that may be missing."""
        if word is not None:
            self.known(place, kind, word, entries)

    def all_known(
        self, place: Place, kind: Message, words: Iterable[str], entries: Iterable[str]
    ) -> None:
        """As `known`, for each word of a list."""
        for position, word in enumerate(words):
            self.known((*place, position), kind, word, entries)
