"""Sentences for those who ask for what the world does not have."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.values import Message, message
from simulator.world.faults import nearest


def unknown(kind: Message, word: str, known: Iterable[str]) -> Message:
    """Return the sentence that a word names nothing of a kind, with what was probably meant."""
    there_are = list(known)
    meant = nearest(word, there_are)
    if meant is not None:
        return message(
            "unknown {kind} '{word}'; did you mean '{meant}'?", kind=kind, word=word, meant=meant
        )
    return message(
        "unknown {kind} '{word}'; the world has {known}",
        kind=kind,
        word=word,
        known=", ".join(there_are) or "-",
    )
