"""A line that says what is going on, on a terminal, when it takes longer than a second."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from rich.cells import cell_len

from simulator.report.page import Page

PATIENCE = 1.0
"""Seconds of real time before a word is due."""
_TICK = 0.5


class Progress:
    """While it is open, and once it has lasted, shows ``sentence`` and takes it away again.

    A thread of its own draws: the lab's loop is busy, which is why there is something to
    say. It touches the stream only, never the lab. Where a line cannot be written over
    (piped output, a dumb terminal) nothing is shown.
    """

    def __init__(self, page: Page, sentence: str, patience: float = PATIENCE) -> None:
        self._page = page
        self._sentence = page.glyphs.fit(sentence)
        self._patience = patience
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def say(self, sentence: str) -> None:
        """Show another sentence from the next tick on."""
        self._sentence = self._page.glyphs.fit(sentence)

    def __enter__(self) -> Self:
        if self._page.live:
            self._thread = threading.Thread(target=self._draw, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _draw(self) -> None:
        if self._over.wait(self._patience):
            return
        dots, stream = 0, self._page.stream
        width = self._page.width - 1
        while True:
            dots = dots % 3 + 1
            text = (self._sentence[: width - 4] + " " + "." * dots)[:width]
            stream.write("\r" + text + " " * max(0, width - cell_len(text)))
            stream.flush()
            if self._over.wait(_TICK):
                break
        stream.write("\r" + " " * width + "\r")
        stream.flush()
