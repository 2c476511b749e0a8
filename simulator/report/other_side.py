"""What the other side did, and where a site's people may be: measured and modelled told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from simulator.report import styles
from simulator.report.counts import Number
from simulator.report.orders import INDENT
from simulator.report.page import Page, pad
from simulator.report.published import PUBLISHED
from simulator.report.times import NOTICEABLE, spell
from simulator.report.voice import Voice
from simulator.values import Message, OutcomeState, message

if TYPE_CHECKING:
    from simulator.lab.audience import Count, Log, Share
    from simulator.lab.other_side import Reacted
    from simulator.world.models import World

_HANDS = {
    "operator": message("It is still its operator's."),
    "police": message("It runs on in the hands of the police, who read it."),
    "banner": message("It shows the banner: who comes now reads that, and nothing else."),
    "off": message("It is switched off."),
}


class OtherSideReport:
    """Writes reactions and counts of people on a page."""

    def __init__(self, page: Page, voice: Voice, world: World) -> None:
        self.page = page
        self.voice = voice
        self._world = world
        self._counted = False

    # --- reactions ------------------------------------------------------------------------

    def write_reactions(self, reacted: Sequence[Reacted]) -> None:
        """Write what site operators did in a step."""
        page, voice = self.page, self.voice
        alike: dict[tuple[str, str, OutcomeState], list[Reacted]] = {}
        for each in reacted:
            alike.setdefault((each.operator, each.act, each.state), []).append(each)
        for (operator, _, state), acts in alike.items():
            name = voice.text(self._world.site_operators[operator].name)
            done = state is OutcomeState.EXECUTED
            sign = page.glyphs.done if done else page.glyphs.refused
            first = [(f"{' ' * INDENT}{sign} ", styles.QUIET), (_label(name, voice), "bold")]
            page.paragraph(voice.say(_told(acts, voice)), first=first, indent=INDENT + 2)

    # --- people ---------------------------------------------------------------------------

    def write_counts(self, counts: Sequence[Count]) -> None:
        """Write where the people of sites are."""
        for count in counts:
            self._counted = True
            self._write_count(count)

    def _write_count(self, count: Count) -> None:
        page, voice = self.page, self.voice
        heading = message(
            "The {people} people of {site}", people=Number(count.people), site=count.site
        )
        page.paragraph(voice.say(heading), "bold", first=[(" " * INDENT, "")])
        rows = [
            (share.site, self._reach(share), _people(share.least, share.most))
            for share in count.shares
        ]
        rows.append((voice.say(message("still trying")), "", _people(*count.looking)))
        rows.append((voice.say(message("gave up")), "", _people(*count.gave_up)))
        self._write_rows(rows)
        for sentence in _log(count, count.log):
            page.paragraph(voice.say(sentence), styles.QUIET, first=[(" " * (INDENT + 2), "")])

    def _reach(self, share: Share) -> str:
        voice = self.voice
        if not share.closed:
            return voice.say(message("opens from everywhere"))
        if not share.reached:
            return voice.say(message("opens from nowhere"))
        places = voice.several(map(voice.place, share.reached))
        return voice.say(message("opens from {places}", places=places))

    def _write_rows(self, rows: Sequence[tuple[str, str, Message]]) -> None:
        page, voice = self.page, self.voice
        left = max(cell_len(name) for name, _, _ in rows) + 2
        people = [voice.say(number) for _, _, number in rows]
        modelled, measured = voice.say(message("modelled")), voice.say(message("measured"))
        middle = max(map(cell_len, [*people, modelled])) + 2
        heads = pad(" " * (INDENT + 2 + left) + modelled, INDENT + 2 + left + middle) + measured
        page.line((heads, styles.QUIET))
        for (name, reach, _), number in zip(rows, people, strict=True):
            first = [
                (" " * (INDENT + 2), ""),
                (pad(name, left), "bold" if reach else ""),
                (pad(number, middle), ""),
            ]
            page.paragraph(reach, styles.QUIET, first=first)

    # --- after ----------------------------------------------------------------------------

    def write_published(self) -> None:
        """Write what studies found, once people were counted."""
        if not self._counted:
            return
        page, voice = self.page, self.voice
        heading = message("Published figures, of other markets and other years: not the lab's")
        page.paragraph(voice.say(heading), styles.HEADING)
        for each in PUBLISHED:
            words = message("{market}: {found}.", market=each.market, found=each.found)
            first = [(f"  {page.glyphs.dot} ", styles.QUIET), (_label(each.study, voice), "bold")]
            page.paragraph(voice.say(words), first=first, indent=4)
        page.blank()


def _label(who: str, voice: Voice) -> str:
    return f"{voice.say(message('{who}:', who=who))} "


def _told(acts: Sequence[Reacted], voice: Voice) -> Message:
    """Say what was done, and how long after its reason was noticed; several of a kind together."""
    after = [each.at - each.noticed for each in acts]
    if len(acts) > 1 and acts[0].state is OutcomeState.EXECUTED:
        return message(
            "opened {sites}, {least} to {most} after noticing.",
            sites=voice.several(each.target for each in acts),
            least=spell(min(after)),
            most=spell(max(after)),
        )
    if after[0] < NOTICEABLE:
        return message("{deed}.", deed=acts[0].reason)
    return message(
        "{deed}, {duration} after noticing.", deed=acts[0].reason, duration=spell(after[0])
    )


def _people(least: int, most: int) -> Message:
    if least == most:
        return message("{people}", people=Number(least))
    return message("{least} to {most}", least=Number(least), most=Number(most))


def _log(count: Count, log: Log) -> list[Message]:
    """Say what the first machine's log gained, and what it would have gained: what was lost."""
    told = [
        message(
            "The log of its first machine since the count before: {visits} requests from"
            " {addresses} addresses (measured: the lab's own). {hands}",
            visits=Number(log.visits),
            addresses=Number(len(log.addresses)),
            hands=_HANDS[log.hands],
        )
    ]
    if count.missed:
        told.append(
            message(
                "Lost to whoever would read it: some {missed} visits that did not come since the"
                " beginning (modelled).",
                missed=Number(count.missed),
            )
        )
    return told
