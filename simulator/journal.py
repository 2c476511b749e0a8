"""The journal: an append-only record of what happened, who did it, and when.

Entries are language-neutral facts for programs and for `--journal`; sentences for
people are made by the report. Two runs with the same seed write the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from simulator.values import Instant


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact: at ``at`` microseconds, ``who`` did ``what``, with ``details``."""

    at: Instant
    who: str
    what: str
    details: dict[str, Any]

    def to_json(self) -> str:
        """Return the entry as one line of JSON, keys in the order they were given."""
        return json.dumps(
            {"at": self.at / 1_000_000, "who": self.who, "what": self.what, **self.details},
            ensure_ascii=False,
        )


class Journal:
    """Collects entries in the order in which they happened."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self._entries: list[Entry] = []
        self._listeners: list[Callable[[Entry], None]] = []

    def record(self, who: str, what: str, /, **details: Any) -> None:
        """Append a fact at the present lab time."""
        entry = Entry(self._now(), who, what, details)
        self._entries.append(entry)
        for listener in self._listeners:
            listener(entry)

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """Have ``listener`` called with every entry from now on."""
        self._listeners.append(listener)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<Journal {len(self._entries)} entries>"

    def to_jsonl(self) -> str:
        """Return all entries, a JSON object a line."""
        return "".join(entry.to_json() + "\n" for entry in self._entries)
