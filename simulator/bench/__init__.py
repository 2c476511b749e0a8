"""The speed figures: each beside its limit, measured in the same run.

Machines differ and are noisy, so a figure is a ratio to something bare that was measured
in turn with it (A B A B ...), and the median of the rounds counts. Times are processor
time of this process.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.bench.epp import epp_commands
from simulator.bench.figures import Figure
from simulator.bench.matrix import cells, diagnoses
from simulator.bench.measures import contrast, growth, lookups, packets, visits
from simulator.bench.process import process
from simulator.bench.signed import signed_answers
from simulator.text import say
from simulator.values import Message, message

if TYPE_CHECKING:
    from rich.console import Console

_PARTS: tuple[tuple[Message, Callable[[], Figure | list[Figure]]], ...] = (
    (message("the headline command as a process"), process),
    (message("the whole contrast in this process"), contrast),
    (message("visits"), visits),
    (message("packets"), packets),
    (message("lookups"), lookups),
    (message("signed answers"), signed_answers),
    (message("EPP commands"), epp_commands),
    (message("growth"), growth),
    (message("the matrix"), cells),
    (message("diagnoses"), diagnoses),
)


def measure(progress: Callable[[Message], None]) -> list[Figure]:
    """Measure everything; ``progress`` hears what is being measured."""
    figures: list[Figure] = []
    for name, part in _PARTS:
        progress(name)
        found = part()
        figures += found if isinstance(found, list) else [found]
    return figures


def main(json_target: str | None = None, language: str = "en") -> int:
    """Measure and show, or write JSON to a file (``-``: to standard output alone).

    Returns the exit status: 0 if every figure keeps its limit, else 1.
    """
    from rich.console import Console

    to_screen = Console(stderr=json_target == "-", highlight=False)

    def progress(what: Message) -> None:
        to_screen.print(say(message("measuring: {what}", what=what), language), style="dim")

    figures = measure(progress)
    if json_target is not None:
        text = json.dumps(
            {"schema": 1, "python": sys.version.split()[0], "figures": [_row(f) for f in figures]},
            indent=2,
        )
        if json_target == "-":
            sys.stdout.write(text + "\n")
        else:
            Path(json_target).write_text(text + "\n", encoding="utf-8")
    if json_target != "-":
        _show(to_screen, figures, language)
    return 0 if all(figure.holds for figure in figures) else 1


def _row(figure: Figure) -> dict[str, object]:
    return {**asdict(figure), "title": str(figure.title), "holds": figure.holds}


def _show(console: Console, figures: list[Figure], language: str) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(say(message("what"), language))
    table.add_column(say(message("measured"), language), justify="right")
    table.add_column(say(message("limit"), language), justify="right")
    table.add_column("")
    table.add_column(say(message("from"), language))
    for figure in figures:
        side = message("at most {limit}") if figure.at_most else message("at least {limit}")
        limit = Message(side.text, (("limit", _number(figure.limit, figure.unit)),))
        word = message("holds") if figure.holds else message("MISSED")
        table.add_row(
            say(figure.title, language),
            _number(figure.measured, figure.unit),
            say(limit, language),
            say(word, language),
            figure.detail,
            style=None if figure.holds else "bold",
        )
    console.print(table)


def _number(value: float, unit: str) -> str:
    if not unit:
        return f"{value:.2f}"
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
