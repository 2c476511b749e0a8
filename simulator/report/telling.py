"""A cell of the matrix told packet by packet."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from simulator.matrix.catalogue import title
from simulator.matrix.story import Event, Side, Story, story_of
from simulator.report import styles
from simulator.report.dissecting import dissect, is_bare
from simulator.report.page import Page, pad
from simulator.report.progress import Progress
from simulator.report.sights import sight
from simulator.text import say
from simulator.values import SECOND, Instant, Message, Packet, message

if TYPE_CHECKING:
    import argparse

    from simulator.world.models import World

_ARROWS = {
    Side.SENT: ("\u2192", "->", ""),
    Side.RECEIVED: ("\u2190", "<-", ""),
    Side.SENT_INSIDE: ("\u21d2", "=>", styles.QUIET),
    Side.RECEIVED_INSIDE: ("\u21d0", "<=", styles.QUIET),
    Side.ELSEWHERE: ("\u203b", "**", styles.LOUD),
}
_TOUCHED: dict[str, Message] = {
    "packet dropped": message("drops the packet"),
    "packet delayed": message("holds the packet back"),
    "packet reset": message("cuts the connection with forged resets"),
    "packet rejected": message("sends the packet back with an ICMP error"),
    "packet answered by injection": message("puts in a forged answer"),
    "packet redirected": message("turns the packet to another machine"),
    "resolver lied": message("lies"),
    "resolver turned away": message("turns the client away"),
    "policy let through": message("lets the question through"),
    "resolution failed": message("finds no answer"),
    "tunnel established": message("puts the tunnel up"),
    "circuit created": message("joins a circuit"),
    "circuit extended": message("passes the circuit on"),
    "circuit not extended": message("cannot pass the circuit on"),
    "stream opened": message("connects on somebody's behalf"),
    "stream refused": message("refuses to connect"),
    "zone published": message("publishes its zone"),
    "certificate installed": message("installs a certificate"),
    "refuses a site": message("refuses a site"),
    "not fetched": message("cannot fetch the site"),
    "relays": message("passes on what comes, both ways"),
    "not reached": message("does not reach the destination"),
    "refused a client": message("refuses a client"),
}
_SEEN = (
    (re.compile(r"after sni (.+)"), message("after the name {it} in TLS")),
    (re.compile(r"sni (.+)"), message("the name {it} in TLS")),
    (re.compile(r"host (.+)"), message("the Host {it}")),
    (re.compile(r"keyword (.+)"), message("the keyword {it}")),
    (re.compile(r"socks (.+)"), message("the name {it} asked of the proxy")),
    (re.compile(r"query (.+)"), message("the question {it}")),
    (re.compile(r"wireguard (.+)"), message("a WireGuard handshake")),
)
"""What a rule saw, as `simulator.roles.isp` notes it down, in words."""


class Line(NamedTuple):
    """A line of the story; ``times`` packets of one kind, one after the other."""

    at: Instant
    side: Side
    who: str
    text: Message
    times: int


def tell_cell(world: World, cell: Sequence[str], options: argparse.Namespace, language: str) -> int:
    """Make the visit of a cell (measure, way) and tell it; return the exit status."""
    measure, via = cell
    page = Page(sys.stdout)
    with Progress(page, say(message("The lab is being built"), language)):
        story = story_of(world, measure, via, seed=options.seed)
    _Telling(page, language, world).tell(story)
    return 0


def lines_of(story: Story, whose: Mapping[str, str] | None = None) -> list[Line]:
    """Return the story's lines: bare acknowledgments left out, repetitions counted.

    What comes by turns, a packet and what somebody does to it, is counted as two lines.
    """
    lines: list[Line] = []
    for line in _lines(story.events, whose or {}):
        for back in (1, 2):
            before = lines[-back] if len(lines) >= back else None
            if before is not None and before[1:4] == line[1:4]:
                lines[-back] = before._replace(times=before.times + 1)
                break
        else:
            lines.append(line)
    return lines


def _lines(events: Sequence[Event], whose: Mapping[str, str]) -> Iterator[Line]:
    for event in events:
        if event.packet is not None:
            if not is_bare(event.packet):
                peer = _peer(event.packet, event.side)
                yield Line(event.at, event.side, peer, dissect(event.packet), 1)
        elif event.entry is not None:
            yield Line(event.at, event.side, event.entry.who, _deed(event, whose), 1)


def _peer(packet: Packet, side: Side) -> str:
    out = side in (Side.SENT, Side.SENT_INSIDE)
    address = packet.destination if out else packet.source
    body = packet.body
    ports = (getattr(body, "destination_port", None), getattr(body, "source_port", None))
    port = ports[0] if out else ports[1]
    return address if port is None else f"{address} {port}"


def _deed(event: Event, whose: Mapping[str, str]) -> Message:
    """Say what somebody did; ``whose`` are machines by address, but for the subscriber's own."""
    entry = event.entry
    assert entry is not None
    deed = _TOUCHED.get(entry.what, entry.what)
    why = entry.details.get("seen") or entry.details.get("name")
    sender = whose.get(str(entry.details.get("source")))
    if why and sender is not None and entry.what.startswith("packet"):
        return message(
            "{what} ({why}, sent by {machine})",
            what=deed,
            why=_in_words(str(why)),
            machine=sender,
        )
    if why:
        return message("{what} ({why})", what=deed, why=_in_words(str(why)))
    return message("{what}", what=deed)


def _in_words(seen: str) -> Message | str:
    for pattern, words in _SEEN:
        found = pattern.fullmatch(seen)
        if found is not None:
            return message(words.text, it=found[1])
    return seen


class _Telling:
    def __init__(self, page: Page, language: str, world: World) -> None:
        self._page = page
        self._language = language
        self._world = world
        self._drawn = page.glyphs.done == "\u2713"

    def _say(self, text: Message) -> str:
        return self._page.glyphs.fit(say(text, self._language))

    def tell(self, story: Story) -> None:
        """Write the whole story."""
        page = self._page
        head = message(
            "{measure}, by {via}, as {place} meets it",
            measure=story.measure,
            via=story.via,
            place=self._world.vantages[story.vantage].name,
        )
        page.line((self._say(head), styles.TITLE))
        page.paragraph(self._say(title(story.measure)), styles.QUIET)
        page.blank()
        whose = {
            address: name for name, host in self._world.hosts.items() for address in host.addresses
        }
        lines = lines_of(story, whose)
        self._key({line.side for line in lines})
        width = min(28, max((cell_len(self._who(line)) for line in lines), default=0)) + 2
        for line in lines:
            self._line(line, story.began, width)
        page.blank()
        self._end(story)

    def _key(self, sides: set[Side]) -> None:
        for side, meaning in (
            (Side.SENT, message("the subscriber's machine sends")),
            (Side.RECEIVED, message("it receives")),
            (Side.SENT_INSIDE, message("it sends, inside the tunnel")),
            (Side.RECEIVED_INSIDE, message("it receives, inside the tunnel")),
            (Side.ELSEWHERE, message("somebody else acts")),
        ):
            if side in sides:
                first = [(self._arrow(side), "")]
                self._page.paragraph(self._say(meaning), styles.QUIET, first=first)
        self._page.blank()

    def _arrow(self, side: Side) -> str:
        drawn, typed, _ = _ARROWS[side]
        return f"{drawn if self._drawn else typed} "

    def _who(self, line: Line) -> str:
        if line.side is not Side.ELSEWHERE:
            address = line.who.split(" ")[0]
            for name, host in self._world.hosts.items():
                if address in host.addresses:
                    version = " (IPv6)" if ":" in address else ""
                    return name + line.who[len(address) :] + version
        return line.who

    def _line(self, line: Line, began: Instant, width: int) -> None:
        seconds = f"{(line.at - began) / SECOND:8.3f} "
        text = self._say(line.text)
        if line.times > 1:
            text = self._say(message("{text}, {count} times", text=text, count=line.times))
        who = pad(self._page.glyphs.fit(self._who(line)), width)
        style = _ARROWS[line.side][2]
        self._page.paragraph(
            text, style, first=[(seconds, styles.QUIET), (self._arrow(line.side) + who, style)]
        )

    def _end(self, story: Story) -> None:
        found = sight(story.seen)
        text = message("In the end: {meaning}", meaning=found.meaning)
        if story.seen.failure is not None:
            text = message(
                "In the end: {meaning} ({failure})",
                meaning=found.meaning,
                failure=story.seen.failure,
            )
        self._page.paragraph(self._say(text), "bold")
        for sentence in story.seen.evidence:
            self._page.paragraph(self._say(sentence), first=[("  ", "")])
