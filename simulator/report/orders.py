"""Orders as they are told: who told whom to do what, what came of it, and by which rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.report import styles
from simulator.report.findings import OrderFinding, told_apart
from simulator.report.page import Page
from simulator.report.registration import systems_said
from simulator.report.times import spell
from simulator.report.voice import Voice
from simulator.values import Message, OutcomeState, message

INDENT = 4
_STATES = {
    OutcomeState.EXECUTED: (message("done"), styles.GOOD),
    OutcomeState.REFUSED: (message("refused"), styles.BAD),
    OutcomeState.PENDING: (message("pending"), styles.QUIET),
}
_ENDED = message("No longer in force: {orders}.")
_REMAINS = message("Remains: {order}. {reason}")
_NOTHING = message("{order}. {reason}")
_WITHDRAWN = message("Withdrawn before it took effect: {orders}.")


class OrderReport:
    """Writes orders on a page; each reason is told once, and each source has one number."""

    def __init__(self, page: Page, voice: Voice) -> None:
        self.page = page
        self.voice = voice
        self._sources: dict[tuple[Message, bool], int] = {}
        self._explained: dict[object, None] = {}

    def write_lifted(self, lifted: Sequence[OrderFinding]) -> None:
        """Write what was in force and no longer is, what was withdrawn, what cannot be undone."""
        withdrawn = [order for order in lifted if order.state is OutcomeState.PENDING]
        ended = [order for order in lifted if order.state is OutcomeState.EXECUTED]
        for orders, template in ((ended, _ENDED), (withdrawn, _WITHDRAWN)):
            if orders:
                listed = self.voice.several(map(self._action, orders))
                text = self.voice.say(message(template.text, orders=listed))
                self.page.paragraph(text, first=[(" " * INDENT, "")])
        for order in ended:
            self._write_learnt(order)
        for order in lifted:
            if order.state is OutcomeState.REFUSED:
                template = _NOTHING if order.nothing_to_lift else _REMAINS
                told = message(
                    template.text,
                    order=self._action(order),
                    reason=self.voice.sentence(order.reason),
                )
                self.page.paragraph(self.voice.sentence(told), first=[(" " * INDENT, "")])

    def _action(self, order: OrderFinding) -> str:
        operators = self.voice.several(map(self.voice.actor, order.to))
        return self.voice.say(
            message("{action} ({operators})", action=order.action, operators=operators)
        )

    def write(self, orders: Sequence[OrderFinding]) -> None:
        """Write the orders of a step."""
        several = len({order.name for order in orders}) > 1
        for alike in _alike(orders):
            for order in alike:
                self._write_given(order, name=order.name if several else None)
            self._write_outcome(alike)

    def _write_given(self, order: OrderFinding, name: str | None) -> None:
        page, voice = self.page, self.voice
        to = voice.several(map(voice.actor, order.to))
        told = voice.say(message("{operators}: {action}", operators=to, action=order.action))
        if name is not None:
            told += f" ({name})"
        page.paragraph(
            f"{voice.actor(order.by)} {page.glyphs.arrow} {told}",
            first=[(" " * INDENT, "")],
            indent=INDENT + 2,
        )

    def _write_outcome(self, alike: Sequence[OrderFinding]) -> None:
        page, voice, order = self.page, self.voice, alike[0]
        state, style = _STATES[order.state]
        sign = {
            OutcomeState.EXECUTED: page.glyphs.done,
            OutcomeState.REFUSED: page.glyphs.refused,
            OutcomeState.PENDING: page.glyphs.pending,
        }[order.state]
        said = voice.say(state)
        if order.after and order.state is OutcomeState.EXECUTED:
            said = voice.say(
                message("{done} after {duration}", done=state, duration=spell(order.after))
            )
        page.paragraph(
            self._reason(order) if len(alike) == 1 else self._out_of_reach(alike),
            first=[(f"{' ' * INDENT}  {sign} {said}. ", style)],
            indent=INDENT + 4,
        )
        for sentence in systems_said(order.details):
            page.paragraph(
                voice.sentence(sentence),
                styles.QUIET,
                first=[(" " * (INDENT + 4), "")],
                indent=INDENT + 6,
            )
        for each in alike:
            self._write_learnt(each)

    def _write_learnt(self, order: OrderFinding) -> None:
        if order.learnt is not None:
            self.page.paragraph(self.voice.say(order.learnt), first=[(" " * INDENT, "")])

    def _reason(self, order: OrderFinding) -> str:
        voice = self.voice
        told = told_apart(order.reason)
        known = order.state is OutcomeState.EXECUTED and told in self._explained
        self._explained[told] = None
        words = [] if known else [voice.sentence(order.reason)]
        if words and len(order.to) > 1 and "operator" in dict(order.reason.arguments):
            others = voice.several(map(voice.actor, order.to[1:]))
            words.append(voice.say(message("The same goes for {operators}.", operators=others)))
        if order.source is not None:
            note = self._sources.setdefault((order.source, order.doubtful), len(self._sources) + 1)
            words.append(f"[{note}]")
        return " ".join(words)

    def _out_of_reach(self, alike: Sequence[OrderFinding]) -> str:
        """Say once that an authority ends at the border, then what would go further."""
        reasons = [dict(order.reason.arguments) for order in alike]
        border = message(
            "{authority} is obeyed at home ({home}); the operators are abroad and need not obey.",
            authority=reasons[0]["authority"],
            home=reasons[0]["home"],
        )
        further = [
            message(
                "What could reach {operator} ({country}): {ways}.",
                operator=reason["operator"],
                country=reason["country"],
                ways=reason["ways"],
            )
            for reason in reasons
        ]
        return " ".join(map(self.voice.say, (border, *further)))

    def write_sources(self) -> None:
        """Write the sources to which the numbers in brackets refer."""
        if not self._sources:
            return
        heading = message("Sources of what binds whom, and how fast (?: not certain)")
        self.page.paragraph(self.voice.say(heading), styles.HEADING)
        for (source, doubtful), number in self._sources.items():
            words = self.voice.say(source)
            if doubtful:
                words += "\u00a0(?)"
            self.page.paragraph(words, styles.QUIET, first=[(f"  [{number}] ", styles.QUIET)])
        self.page.blank()


def _alike(orders: Sequence[OrderFinding]) -> Iterator[list[OrderFinding]]:
    """Yield orders one by one, but together those that one authority gave out of its reach."""
    alike: list[OrderFinding] = []
    for order in orders:
        if alike and not (
            order.out_of_reach and alike[-1].out_of_reach and order.by == alike[-1].by
        ):
            yield alike
            alike = []
        alike.append(order)
    if alike:
        yield alike
