"""How the answers of ``who-can`` are told on a page."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from simulator.report import styles
from simulator.report.page import Page
from simulator.report.times import Day, spell
from simulator.roles.authority.actors import KIND_NAMES, Label, Name, action_name
from simulator.roles.authority.answer import Answer, Hindrance, Obstacle, Way, place_name
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import Delay
from simulator.roles.authority.lawbook import lawbook
from simulator.text import say
from simulator.values import Lever, Message, message

DOUBTS = {
    Doubt.UNCHECKED: message("unverified"),
    Doubt.INFERRED: message("inferred"),
    Doubt.ONE_SOURCE: message("one source"),
}
HINDRANCES = {
    Hindrance.NOT_IN_FORCE: message("Not in force on that day"),
    Hindrance.NO_REACH: message("Does not reach that country"),
    Hindrance.NOT_FOR_THIS_AUTHORITY: message("Not for this authority to issue"),
    Hindrance.NOT_FOR_THIS_OPERATOR: message("Not for this kind of operator"),
    Hindrance.DOES_NOT_CARRY: message("Does not carry it"),
    Hindrance.NOBODY_EXECUTES: message("Nobody over there would execute it"),
}
"""In the order in which they are told: the first teach most."""
_NAMED_ONLY = (
    Hindrance.NO_REACH,
    Hindrance.NOT_FOR_THIS_AUTHORITY,
    Hindrance.NOT_FOR_THIS_OPERATOR,
)
"""What is said of these says no more than the heading does."""
_INDENT = "  "


class WhoCanPage:
    """Writes answers on a page, in one language."""

    def __init__(self, page: Page, language: str) -> None:
        self._page = page
        self._language = language

    def write(self, answers: Sequence[Answer]) -> None:
        """Write the answers to questions of one authority about one operator."""
        self._head(answers[0])
        for each in answers:
            self._page.blank()
            if len(answers) == 1:
                self._in_full(each)
            else:
                self._in_short(each)

    def _head(self, first: Answer) -> None:
        question, page = first.question, self._page
        to = self._label(question.operator.name)
        if isinstance(question.operator.name, Name):  # a proper name, which says not what it is
            what = message(
                "{kind}, {country}",
                kind=KIND_NAMES[question.operator.kind],
                country=place_name(question.operator.country),
            )
            to += f" ({self._say(what)})"
        by = self._label(question.authority.name)
        page.paragraph(f"{by} {page.glyphs.arrow} {to}", styles.TITLE)
        when = message("on {date}", date=Day(question.on))
        page.paragraph(self._say(when), styles.QUIET)

    # --- one lever ------------------------------------------------------------------------------

    def _in_full(self, answer: Answer) -> None:
        page = self._page
        page.paragraph(self._capital(action_name(answer.question.action)), styles.HEADING)
        self._verdict(answer)
        self._lever(answer)
        for number, way in enumerate(answer.ways, 1):
            page.blank()
            self._way(number, way)
        if answer.obstacles:
            page.blank()
            title = message("What does not lead there")
            page.paragraph(self._say(title), styles.HEADING)
            for kind in HINDRANCES:
                these = [each for each in answer.obstacles if each.kind is kind]
                if these:
                    self._obstacles(kind, these)

    def _verdict(self, answer: Answer) -> None:
        sign, style = self._sign(answer)
        said = self._sentence(answer.reason)
        self._page.paragraph(said, style, first=[(f"{sign} ", style)])

    def _lever(self, answer: Answer) -> None:
        """Write what the lever does, whoever pulls it."""
        if not isinstance(answer.question.action, Lever):
            return
        entry = lawbook().lever(answer.question.action.value)
        told = (
            (message("when it shows"), entry.when),
            (message("what a visitor sees"), entry.seen),
            (message("how it is undone"), entry.undone),
            (message("what survives it"), entry.survives),
        )
        for title, words in told:
            if words is not None:
                self._line(
                    _INDENT, self._sentence(message("{title}: {words}", title=title, words=words))
                )

    def _sign(self, answer: Answer) -> tuple[str, str]:
        glyphs = self._page.glyphs
        if answer.compels:
            return glyphs.done, styles.GOOD
        return (glyphs.pending, "") if answer.obtains else (glyphs.refused, styles.BAD)

    def _way(self, number: int, way: Way) -> None:
        page = self._page
        if way.binding:
            how = message("{instrument} (binding)", instrument=way.instrument.name)
        elif way.followed:
            how = message("{instrument} (binds nobody; followed)", instrument=way.instrument.name)
        else:
            how = message("{instrument} (binds nobody; declined)", instrument=way.instrument.name)
        lead = f"{number}. "
        page.paragraph(self._capital(how), "bold", first=[(lead, "bold")])
        chain = [self._label(way.steps[0].by), *(self._label(step.to) for step in way.steps)]
        inner = " " * len(lead)
        self._line(inner, f" {page.glyphs.arrow} ".join(chain))
        self._line(inner, self._say(delay_words(way.delay)))
        self._line(inner, self._sentence(way.instrument.limit))
        self._line(inner, self._say(source_words(way)), styles.QUIET)

    def _obstacles(self, kind: Hindrance, obstacles: Sequence[Obstacle]) -> None:
        title = message("{title}:", title=HINDRANCES[kind])
        if kind in _NAMED_ONLY:
            names = ", ".join(self._say(each.instrument.name) for each in obstacles)
            self._page.paragraph(f"{self._say(title)} {names}.", indent=len(_INDENT))
            told = dict.fromkeys(each.unknown for each in obstacles if each.unknown is not None)
            for words in told:
                self._item(_it(words))
            return
        self._page.paragraph(self._say(title))
        for each in obstacles:
            text = each.reason
            if kind is Hindrance.DOES_NOT_CARRY:  # what, the heading says already
                text = message(
                    "{instrument}: {limit}",
                    instrument=each.instrument.name,
                    limit=each.instrument.limit,
                )
            self._item(text)

    def _item(self, text: Message) -> None:
        dot = [(f"{_INDENT}{self._page.glyphs.dot} ", styles.QUIET)]
        self._page.paragraph(self._sentence(text), first=dot)

    # --- several ------------------------------------------------------------------------------

    def _in_short(self, answer: Answer) -> None:
        page = self._page
        page.paragraph(self._capital(action_name(answer.question.action)), styles.HEADING)
        self._verdict(answer)
        if answer.ways:
            best = answer.ways[0]
            self._line(_INDENT, self._say(delay_words(best.delay)))
            self._line(_INDENT, self._say(source_words(best)), styles.QUIET)

    # --- words --------------------------------------------------------------------------------

    def _line(self, indent: str, words: str, style: str = "") -> None:
        self._page.paragraph(words, style, first=[(indent, "")])

    def _label(self, label: Label) -> str:
        return self._say(_readable(label) if isinstance(label, Message) else _it(label))

    def _say(self, text: Message) -> str:
        return say(text, self._language)

    def _capital(self, text: Message) -> str:
        said = self._say(text)
        return said[:1].upper() + said[1:]

    def _sentence(self, text: Message) -> str:
        said = self._capital(_readable(text))
        return said if said.endswith((".", "?", "!")) else said + "."


def _it(label: str | Name) -> Message:
    return Message("{it}", (("it", label),))


def delay_words(delay: Delay) -> Message:
    """Return a delay as a range, and what is expected of it."""
    if delay.shortest == delay.longest:
        return message("takes {expected}", expected=spell(delay.expected))
    return message(
        "takes {expected} as a rule; from {least} to {most}",
        expected=spell(delay.expected),
        least=spell(delay.shortest),
        most=spell(delay.longest),
    )


def source_words(way: Way) -> Message:
    """Return the source of a way, with its mark of doubt."""
    if way.doubt is None:
        return message("source: {source}", source=way.source)
    return message("source: {source} [{doubt}]", source=way.source, doubt=DOUBTS[way.doubt])


def _readable(text: Message) -> Message:
    """Name countries that a sentence has by their codes, and say its days as people do."""
    named = []
    for key, value in text.arguments:
        if isinstance(value, Message):
            value = _readable(value)
        elif key in ("country", "home") and isinstance(value, str):
            value = place_name(value)
        elif key in ("date", "since", "until") and isinstance(value, str):
            value = Day(datetime.date.fromisoformat(value))
        named.append((key, value))
    return Message(text.text, tuple(named))
