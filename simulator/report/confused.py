"""The confusion table on a terminal: what was done, and what the diagnosis said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.cells import cell_len

from simulator.report import styles
from simulator.report.causes import verdict
from simulator.report.page import Page, pad
from simulator.report.times import decimal
from simulator.text import say
from simulator.values import Message, message

if TYPE_CHECKING:
    from simulator.matrix.confusion import Table

_GOAL = 95
"""Percent of the diagnoses that should be right."""


def confusion_json(table: Table) -> str:
    """Return the table as JSON text: each trial, and the totals."""
    return (
        json.dumps(
            {
                "schema": 1,
                "trials": [trial._asdict() for trial in table.trials],
                "right": table.right,
                "share_right": table.share_right,
                "wrong_certain": len(table.wrong_certain),
            },
            indent=1,
        )
        + "\n"
    )


def write_confusion(table: Table, page: Page, language: str) -> None:
    """Write a line for each deed: how often which cause was named, and how sure."""

    def told(text: Message) -> str:
        return page.glyphs.fit(say(text, language))

    page.line((told(message("What was done, and what the diagnosis said")), styles.TITLE))
    counts: dict[str, dict[str, int]] = {}
    wrong = {(one.deed, one.cause) for one in table.wrong}
    for (deed, cause, confidence), count in table.cells.items():
        words = page.glyphs.fit(say(verdict(cause, confidence), language))
        mark = page.glyphs.refused if (deed, cause) in wrong else page.glyphs.done
        counts.setdefault(deed, {})[f"{mark} {words}"] = count
    width = max(map(cell_len, counts), default=0) + 2
    for deed, causes in counts.items():
        said = ", ".join(f"{words} {count}" for words, count in causes.items())
        page.paragraph(said, first=[(pad(deed, width), "bold")])
    page.blank()
    total = message(
        "{right} of {count} right ({percent} %; the goal is {goal} %); wrong and said to be"
        " certain: {wrong}",
        right=table.right,
        count=len(table.trials),
        percent=decimal(100 * table.share_right, language),
        goal=_GOAL,
        wrong=len(table.wrong_certain),
    )
    good = not table.wrong_certain and table.share_right * 100 >= _GOAL
    page.paragraph(told(total), styles.GOOD if good else styles.LOUD)
