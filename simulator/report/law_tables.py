"""The law of the lab as tables for the pages ``docs/*/law.md``, printed from the data.

Run ``python -m simulator.report.law_tables docs/en/law.md en`` to renew a page: what stands
between ``<!-- law: … -->`` and ``<!-- end -->`` is replaced. A test compares them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from simulator.report.times import Day
from simulator.report.who_can_page import DOUBTS
from simulator.roles.authority.actors import (
    AUTHORITY_NAMES,
    EFFECT_NAMES,
    KIND_NAMES,
    Effect,
    Name,
    OperatorKind,
)
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import NOT_IN_FORCE, Delay, Instrument, Route
from simulator.roles.authority.lawbook import lawbook
from simulator.roles.authority.treaties import Membership, Treaty
from simulator.text import NARROW_SPACE, say
from simulator.values import DAY, HOUR, MINUTE, Duration, Message, message

_BLOCK = re.compile(r"(<!-- law: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

Row = Sequence[str]


def renewed(page: str, language: str) -> str:
    """Return a page with its tables printed anew from the data."""
    writer = _Tables(language)

    def block(match: re.Match[str]) -> str:
        return f"{match[1]}{writer.table(match[2])}{match[4]}"

    return _BLOCK.sub(block, page)


class _Tables:
    def __init__(self, language: str) -> None:
        self._language = language
        self._book = lawbook()

    def table(self, kind: str) -> str:
        """Return the table of a marker, as lines of Markdown."""
        tables: dict[str, Callable[[], list[Row]]] = {
            "home": lambda: self._instruments(Route.HOME, Route.ANYWHERE),
            "partner": lambda: self._instruments(Route.PARTNER),
            "direct": lambda: self._instruments(Route.DIRECT),
            "levers": self._levers,
            "effects": self._effects_seen,
            "treaties": self._treaties,
        }
        head, *rows = tables[kind]()
        lines = [head, ["---"] * len(head), *rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    # --- instruments --------------------------------------------------------------------------

    def _instruments(self, *routes: Route) -> list[Row]:
        head = [
            message("id"),
            message("what it is"),
            message("who → whom"),
            message("carries"),
            message("binding"),
            message("delay (shortest / used / longest)"),
            message("since"),
            message("limit"),
            message("source and doubt"),
        ]
        rows = [self._row(each) for each in self._book.instruments if each.route in routes]
        return [[self._say(word) for word in head], *rows]

    def _row(self, each: Instrument) -> Row:
        return (
            f"`{each.id}`",
            self._say(each.name),
            self._who_whom(each),
            self._carries(each),
            self._say(message("yes")) if each.binding else f"**{self._say(message('no'))}**",
            self._delay(each.delay, each.whole),
            self._since(each),
            self._say(each.limit),
            self._source(each),
        )

    def _who_whom(self, each: Instrument) -> str:
        kinds = self._listed(AUTHORITY_NAMES[kind] for kind in each.issuer_kinds)
        by = kinds if each.issuers is None else f"{kinds} ({self._treaty(each.issuers)})"
        to = (
            self._say(message("whoever has the lever"))
            if each.operator_kinds is None
            else self._listed(KIND_NAMES[kind] for kind in each.operator_kinds)
        )
        if each.route is Route.HOME:
            return f"{by} → {to}, {self._say(message('at home'))}"
        where = message("anywhere") if each.reaches is None else None
        place = self._say(where) if where is not None else self._reach(each)
        return f"{by} → {to} ({place})"

    def _reach(self, each: Instrument) -> str:
        assert each.reaches is not None
        if each.reaches is each.issuers:
            return self._say(message("the same"))
        return self._treaty(each.reaches)

    def _treaty(self, treaty: Treaty) -> str:
        return self._name(treaty.name) + self._mark(treaty.doubt)

    def _carries(self, each: Instrument) -> str:
        if not each.carries:
            return self._say(message("nothing by itself"))
        carried = self._effects(each.carries)
        if not each.local:
            return carried
        added = self._effects(each.local)
        return self._say(
            message("{carried}; and by the local law {added}", carried=carried, added=added)
        )

    def _effects(self, effects: Sequence[Effect]) -> str:
        return self._listed(EFFECT_NAMES[effect] for effect in effects)

    def _delay(self, delay: Delay, whole: bool) -> str:
        words = " / ".join(self._duration(duration) for duration in delay)
        if whole:
            return words
        return self._say(message("{delay}, then what is done there", delay=words))

    def _duration(self, duration: Duration) -> str:
        if duration % DAY == 0:
            return self._say(message("{count} d", count=duration // DAY))
        if duration % HOUR == 0:
            return self._say(message("{count} h", count=duration // HOUR))
        return self._say(message("{count} min", count=duration // MINUTE))

    def _since(self, each: Instrument) -> str:
        if each.since is None:
            return "–"
        if each.since == NOT_IN_FORCE:
            return f"**{self._say(message('not in force'))}**"
        return self._day(each.since)

    def _source(self, each: Instrument) -> str:
        said = self._say(each.source)
        if all(note.doubt is None for note in each.notes):
            said += self._mark(each.doubt)
        notes = (self._name(note.text) + self._mark(note.doubt) for note in each.notes)
        return "; ".join([said, *notes]) if self._language == "en" else " ; ".join([said, *notes])

    # --- levers, treaties ---------------------------------------------------------------------

    def _levers(self) -> list[Row]:
        head = [
            message("lever"),
            message("what it is"),
            message("effect"),
            message("in whose hands"),
        ]
        rows: list[Row] = []
        for each in self._book.levers.values():
            hands = (
                self._say(message("everybody's"))
                if len(each.hands) == len(OperatorKind)
                else self._listed(KIND_NAMES[kind] for kind in each.hands)
            )
            effect = self._say(EFFECT_NAMES[each.effect])
            rows.append((f"`{each.id}`", self._say(each.name), effect, hands))
        return [[self._say(word) for word in head], *rows]

    def _effects_seen(self) -> list[Row]:
        head = [
            message("lever"),
            message("when it shows"),
            message("what a visitor sees"),
            message("how it is undone"),
            message("what survives it"),
        ]
        rows: list[Row] = []
        for each in self._book.levers.values():
            told = (each.when, each.seen, each.undone, each.survives)
            if all(words is not None for words in told):
                rows.append((f"`{each.id}`", *(self._say(words) for words in told if words)))
        return [[self._say(word) for word in head], *rows]

    def _treaties(self) -> list[Row]:
        head = [message("id"), message("who is bound"), message("parties and since when")]
        rows: list[Row] = []
        for each in self._book.treaties.values():
            parties = ", ".join(
                f"{code} {self._membership(membership)}"
                for code, membership in each.parties.items()
            )
            if each.like is not None:
                parties = self._say(
                    message(
                        "as {other}, without {countries}",
                        other=f"`{each.like}`",
                        countries=", ".join(each.without),
                    )
                )
            unknown = [self._name(words) for words in each.unknown.values()]
            said = ". ".join([parties, *(word[:1].upper() + word[1:] for word in unknown)])
            rows.append((f"`{each.id}`", self._treaty(each), said))
        return [[self._say(word) for word in head], *rows]

    def _membership(self, membership: Membership) -> str:
        since = "" if membership.since is None else str(membership.since.year)
        return since if membership.until is None else f"{since}–{membership.until.year}"

    # --- words --------------------------------------------------------------------------------

    def _mark(self, doubt: Doubt | None) -> str:
        return "" if doubt is None else f" **[{self._say(DOUBTS[doubt])}]**"

    def _listed(self, words: Iterable[Message]) -> str:
        return ", ".join(self._say(word) for word in words)

    def _name(self, name: Name) -> str:
        return self._plain(name.say(self._language))

    def _say(self, text: Message) -> str:
        return self._plain(say(text, self._language))

    def _plain(self, text: str) -> str:
        """Return a text as pages have it: with plain spaces, and no bar that ends a cell."""
        return text.replace(NARROW_SPACE, " ").replace("|", "\\|")

    def _day(self, day: date) -> str:
        return Day(day).say(self._language)


def main(arguments: Sequence[str]) -> int:
    """Renew the tables of pages: each argument pair is a file and its language."""
    for file, language in zip(arguments[::2], arguments[1::2], strict=True):
        path = Path(file)
        path.write_text(renewed(path.read_text("utf-8"), language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
