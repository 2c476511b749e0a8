"""The command ``evidence``: is a record of custody whole, what is in it, what does it tell?

Exit status: 0; 1 where a record does not hold; 2 for what is no record, or misuse.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len

from simulator.errors import LabError
from simulator.report import styles
from simulator.report.files import why
from simulator.report.page import Page, pad
from simulator.roles.evidence.answers import QUESTIONS, ask
from simulator.roles.evidence.findings import SECTION_NAMES
from simulator.roles.evidence.logic import COPIED, Dossier, check, open_dossier
from simulator.text import NARROW_SPACE, say
from simulator.values import Message, message
from simulator.wire.custody import FILE_LIMIT, OPENED, SEALED, Chain, CustodyError, Entry
from simulator.wire.evidence import LOOKED_UP, LOST, TAKEN

if TYPE_CHECKING:
    import argparse

HOLDS, BROKEN = 0, 1
ROWS_SHOWN = 12
"""Rows of a table in an answer; the file has the rest."""
_SPACES = ("\u00a0", NARROW_SPACE)
"""Of French typography; Python does not count them among what can be printed."""
_BELOW = "     "


def run(options: argparse.Namespace, language: str) -> int:
    """Do ``options.action`` with ``options.file``; `LabError` for what cannot be done.

    ``options`` has ``action``, ``file``, ``question`` and ``head``.
    """
    if options.question is not None and options.action != "ask":
        raise LabError(message("only 'ask' takes a question"))
    if options.head is not None and options.action != "verify":
        raise LabError(message("only 'verify' takes a hash"))
    writer = _Writer(Page(sys.stdout), language)
    data = _read(Path(options.file))
    try:
        if options.action == "verify":
            return writer.verdict(check(data), options.head)
        dossier = open_dossier(data)
        if options.action == "show":
            writer.show(dossier)
        elif options.question is None:
            writer.questions()
        else:
            writer.answer(dossier, options.question)
    except CustodyError as error:
        text = message("'{file}': {reason}", file=options.file, reason=error.message)
        raise LabError(text) from error
    return HOLDS


def _read(path: Path) -> bytes:
    """Return a file's bytes, and no more of them than a record may have and one."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_LIMIT + 1)
    except OSError as error:
        text = message("'{file}' cannot be read: {reason}", file=str(path), reason=why(error))
        raise LabError(text) from error


def printable(text: str) -> str:
    """Return a text of a file without what a terminal would obey or cannot show."""
    return "".join(each if each.isprintable() or each in _SPACES else "\ufffd" for each in text)


_WHO = {"examiner": message("examiner")}
_DEEDS = {
    OPENED: message("opened the record"),
    TAKEN: message("copied {section}"),
    LOST: message("could not copy {section}"),
    LOOKED_UP: message("looked up who holds {count} addresses"),
    COPIED: message("made a working copy, with the same hash"),
    SEALED: message("sealed the record"),
}


class _Writer:
    def __init__(self, page: Page, language: str) -> None:
        self._page = page
        self._language = language

    def _say(self, text: Message) -> str:
        return printable(say(text, self._language))

    # --- verify ---------------------------------------------------------------------------

    def verdict(self, chain: Chain, head: str | None) -> int:
        """Say whether a record holds; name the first entry that does not."""
        if chain.broken is not None:
            self._bad(
                message(
                    "Entry {number} does not hold: {why}.",
                    number=chain.broken.number,
                    why=chain.broken.why,
                )
            )
            self._quiet(
                message("The {count} before it do.", count=len(chain.entries))
                if chain.entries
                else message("There is none before it.")
            )
            return BROKEN
        if head is not None and _is_part(head, chain.head):
            self._bad(
                message(
                    "That is only the beginning of a hash, {count} of its {all} digits: note all"
                    " of them and compare all, for a beginning proves nothing.",
                    count=len(head),
                    all=len(chain.head),
                )
            )
            return BROKEN
        if head is not None and head.lower() != chain.head:
            self._bad(
                message(
                    "Every entry follows from the one before, but the last hash is another:"
                    " the record was written anew, cut off or gone on with since it was noted."
                )
            )
            self._quiet(message("Last hash: {hash}", hash=chain.head))
            return BROKEN
        self._page.paragraph(
            self._say(
                message(
                    "The record holds: {count} entries, each follows from the one before.",
                    count=len(chain.entries),
                )
            ),
            styles.GOOD,
        )
        self._quiet(message("Last hash: {hash}", hash=chain.head))
        if head is None:
            self._quiet(
                message(
                    "Compare it with the one noted when the record was filed (--head): a chain"
                    " cannot show that it was written anew as a whole."
                )
            )
        return HOLDS

    def _bad(self, text: Message) -> None:
        self._page.paragraph(self._say(text), styles.LOUD)

    def _quiet(self, text: Message) -> None:
        self._page.paragraph(self._say(text), styles.QUIET)

    # --- show -----------------------------------------------------------------------------

    def show(self, dossier: Dossier) -> None:
        """Tell the custody entry by entry, and what each section holds."""
        title = message(
            "{site}, on {machine}",
            site=dossier.site,
            machine=str(dossier.chain.entries[0].details.get("machine", "-")),
        )
        self._page.paragraph(self._say(title), styles.TITLE)
        for entry in dossier.chain.entries:
            self._entry(entry, dossier)
        self._quiet(message("Last hash: {hash}", hash=dossier.chain.head))

    def _entry(self, entry: Entry, dossier: Dossier) -> None:
        lead = f"{entry.number:>3}  {dossier.date(entry.at)}  "
        who = _WHO.get(entry.who, entry.who)
        words = self._say(message("{who}: {deed}", who=who, deed=self._deed(entry)))
        self._page.paragraph(words, first=((lead, styles.QUIET),))
        if entry.what == TAKEN:
            for words in self._content(entry):
                self._page.paragraph(words, styles.QUIET, first=((_BELOW, ""),))

    def _deed(self, entry: Entry) -> str:
        deed = _DEEDS.get(entry.what)
        if deed is None:  # custody goes on after the seal, in whatever words
            return printable(entry.what)
        section = SECTION_NAMES.get(str(entry.details.get("section")), "?")
        count = len(entry.details.get("holders", ()))
        return self._say(Message(deed.text, (("section", section), ("count", count))))

    def _content(self, entry: Entry) -> Iterable[str]:
        for file in entry.details["files"]:
            count = len(file["records"])
            text = message("{file}: {count} records", file=file["path"], count=count)
            yield self._say(text)
        yield f"SHA-256 {entry.details['sha256']}"

    # --- ask ------------------------------------------------------------------------------

    def questions(self) -> None:
        """List the questions that there are."""
        rows: list[tuple[str, Message]] = [(word, title) for word, (title, _) in QUESTIONS.items()]
        rows.append(("visitor:ADDRESS", message("What does it tell of an address?")))
        self._table(rows)

    def answer(self, dossier: Dossier, question: str) -> None:
        """Say what the record tells, and what it cannot."""
        found = ask(dossier, question)
        self._page.paragraph(self._say(found.question), styles.TITLE)
        self._listed(message("It tells:"), found.tells, styles.GOOD)
        self._table(found.rows[:ROWS_SHOWN], indent=4)
        more = len(found.rows) - ROWS_SHOWN
        if more > 0:
            self._quiet(message("and {count} more in the file", count=more))
        self._listed(message("It cannot tell:"), found.cannot, styles.BAD)

    def _listed(self, heading: Message, texts: Sequence[Message], style: str) -> None:
        if texts:
            self._page.paragraph(self._say(heading), style)
        for text in texts:
            self._page.paragraph(self._say(text), first=(("  - ", ""),))

    def _table(self, rows: Sequence[Sequence[str | Message]], indent: int = 0) -> None:
        shown = [
            [self._say(cell) if isinstance(cell, Message) else printable(cell) for cell in row]
            for row in rows
        ]
        columns = max(map(len, shown), default=0)
        widths = [
            max(cell_len(row[place]) for row in shown if place < len(row))
            for place in range(columns)
        ]
        for row in shown:
            cells = [pad(cell, width) for cell, width in zip(row, widths, strict=False)]
            self._page.paragraph(row[-1], first=((_lead(cells, indent), ""),))


def _is_part(head: str, whole: str) -> bool:
    """Whether a hash was given in part: not so many digits, and these are those."""
    return len(head) < len(whole) and whole.startswith(head.lower())


def _lead(cells: Sequence[str], indent: int) -> str:
    return " " * indent + "".join(cell + "  " for cell in cells[:-1])
