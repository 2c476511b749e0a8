"""The matrix on a terminal: measures by ways round them, and what each measure breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from simulator.matrix.catalogue import NOTHING, title
from simulator.matrix.cells import NO_WAY, Cell, Outcome, Row, losses
from simulator.matrix.sharing import shared
from simulator.report import styles
from simulator.report.page import Page, Piece, pad
from simulator.report.sights import sight
from simulator.report.times import spell
from simulator.text import say
from simulator.values import Message, message
from simulator.world.choices import CIRCUMVENTIONS

if TYPE_CHECKING:
    from simulator.world.models import World

_HEADS = {
    NO_WAY: "-",
    "public-resolver": "res",
    "dot-opportunistic": "dt?",
    "dot-strict": "dt!",
    "doh": "doh",
    "hosts-file": "hos",
    "http-only": "htp",
    "socks-proxy": "soc",
    "connect-proxy": "con",
    "vpn": "vpn",
    "vpn-obfuscated": "vp~",
    "onion": "oni",
    "mirror": "mir",
    "fronting": "fro",
}
_MEANINGS = {
    Outcome.REACHED: message("the true site"),
    Outcome.DEGRADED: message("the true site, but much slower than when nothing is done"),
    Outcome.BLOCKED: message("not reached: nothing, an error, or a block page"),
    Outcome.BANNER: message("the banner of the seizure"),
}
_STYLES = {
    Outcome.REACHED: styles.GOOD,
    Outcome.DEGRADED: "yellow",
    Outcome.BLOCKED: styles.BAD,
    Outcome.BANNER: "bold magenta",
}
_COLUMN = 4
_LEAST_LABEL = 18


class MatrixReport:
    """Writes a measured matrix for people."""

    def __init__(self, world: World, page: Page, language: str) -> None:
        self._world = world
        self._page = page
        self._language = language
        drawn = page.glyphs.done == "\u2713"
        marks = "\u25cf\u25d0\u2715\u25a0" if drawn else "o~x#"
        self._marks = dict(zip(_MEANINGS, marks, strict=True))

    def _say(self, text: Message) -> str:
        return self._page.glyphs.fit(say(text, self._language))

    def write(self, rows: Sequence[Row]) -> None:
        """Write the table, its key, and then each measure's own story."""
        self._head()
        self._table(rows)
        self._key(rows)
        for row in rows:
            if row.measure != NOTHING:
                self._measure(row)
        self._end(rows)

    def _head(self) -> None:
        study, page = self._world.study, self._page
        assert study is not None
        page.line((self._say(message("Measures and the ways round them")), styles.TITLE))
        page.paragraph(
            self._say(
                message(
                    "{site} as seen from {affected}, whose provider acts against it. Every mark"
                    " is a visit that was made; times are lab time.",
                    site=study.site,
                    affected=self._world.vantages[study.affected].name,
                )
            ),
            styles.QUIET,
        )
        page.blank()

    # --- the table --------------------------------------------------------------------------

    def _table(self, rows: Sequence[Row]) -> None:
        page = self._page
        label = max(_LEAST_LABEL, *(cell_len(row.measure) + 1 for row in rows))
        room = max(1, (page.width - label + 1) // _COLUMN)  # the last needs no gap behind it
        vias = [cell.via for cell in rows[0].cells]
        for first in range(0, len(vias), room):
            chosen = vias[first : first + room]
            if first:
                page.blank()
            heads = [(pad(_HEADS.get(via, via[:3]), _COLUMN), "bold") for via in chosen]
            page.line((pad("", label), ""), *heads)
            for row in rows:
                by_way = {cell.via: cell for cell in row.cells}
                marks = [self._mark(by_way[via].outcome) for via in chosen]
                page.line((pad(row.measure, label), ""), *marks)
        page.blank()

    def _mark(self, outcome: Outcome) -> Piece:
        return pad(self._marks[outcome], _COLUMN), _STYLES[outcome]

    def _key(self, rows: Sequence[Row]) -> None:
        page = self._page
        for outcome, meaning in _MEANINGS.items():
            page.paragraph(
                self._say(meaning), first=[(f"{self._marks[outcome]} ", _STYLES[outcome])]
            )
        page.blank()
        for cell in rows[0].cells:
            head = pad(_HEADS.get(cell.via, cell.via[:3]), _COLUMN)
            words = CIRCUMVENTIONS.get(cell.via.partition(":")[0], message("nothing is gone round"))
            entry = message("{way}: {words}", way=cell.via, words=words)
            page.paragraph(self._say(entry), styles.QUIET, first=[(head, "bold")])
        if rows[0].lacking:
            lacking = message("not in this world: {ways}", ways=", ".join(rows[0].lacking))
            page.paragraph(self._say(lacking), styles.QUIET)

    # --- each measure -----------------------------------------------------------------------

    def _measure(self, row: Row) -> None:
        page = self._page
        page.blank()
        page.paragraph(
            self._say(title(row.measure)),
            first=[(row.measure, styles.HEADING), ("  ", "")],
            indent=2,
        )
        for cell in row.cells[:1]:
            self._line(message("seen"), self._seen(cell))
        rest = self._surprises(row)
        if rest:
            self._line(message("elsewhere"), rest)
        unrelated = [cell.via for cell in row.innocent if not shared(cell.via, self._world)]
        lost = [loss.site for loss in losses(row)]
        if unrelated and all(cell.via in lost for cell in row.innocent):
            self._line(message("collateral"), message("every site, whatever it is"))
            return
        for loss in losses(row):
            reasons = shared(loss.site, self._world)
            why = reasons[0] if reasons else message("nothing in the world says why")
            for other in reasons[1:]:
                why = message("{one}; {other}", one=why, other=other)
            text = message("{site} is lost too: {why}", site=loss.site, why=why)
            if loss.outcome is Outcome.DEGRADED:
                text = message("{site} is slowed too: {why}", site=loss.site, why=why)
            self._line(message("collateral"), text)
        if not losses(row):
            self._line(message("collateral"), message("none of the innocent sites"))

    def _line(self, head: Message, text: Message) -> None:
        first = pad(self._say(message("{place}:", place=head)), 13)
        self._page.paragraph(self._say(text), first=[("  " + first, styles.QUIET)])

    def _seen(self, cell: Cell) -> Message:
        found = sight(cell.seen)
        after = spell(cell.duration)
        if cell.failure is not None:
            return message(
                "{meaning} ({failure}), after {time}",
                meaning=found.meaning,
                failure=cell.failure,
                time=after,
            )
        return message("{meaning}, after {time}", meaning=found.meaning, time=after)

    def _surprises(self, row: Row) -> Message | None:
        """Return who does not reach the site from the unaffected network."""
        assert self._world.study is not None
        place = self._world.vantages[self._world.study.unaffected].name
        lost = [cell for cell in row.elsewhere if cell.outcome is not Outcome.REACHED]
        if not lost:
            return message("from {place} everything is reached", place=place)
        if len(lost) == len(row.elsewhere):
            return message("from {place} nothing is reached", place=place)
        ways = ", ".join(cell.via for cell in lost)
        return message("from {place} not reached by: {ways}", place=place, ways=ways)

    def _end(self, rows: Sequence[Row]) -> None:
        self._page.blank()
        count = sum(len(row.cells) + len(row.elsewhere) + len(row.innocent) for row in rows)
        text = message(
            "{count} visits. Open a cell as a story: matrix --explain MEASURE WAY", count=count
        )
        self._page.paragraph(self._say(text), styles.QUIET)
