"""What a diagnosis says, in words: cause, how sure, why, who acted, what gets round it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.report import styles
from simulator.report.page import Page
from simulator.values import Message, message
from simulator.world.choices import CIRCUMVENTIONS

CAUSES = {
    "accessible": message("the site is open"),
    "blocked.dns": message("blocked by the DNS"),
    "blocked.ip": message("blocked by address"),
    "blocked.tls": message("blocked by the name in TLS"),
    "blocked.http": message("blocked in HTTP"),
    "throttled": message("slowed down"),
    "shutdown": message("the whole network is cut off"),
    "seized": message("seized"),
    "seized.hold": message("seized: the name is on hold"),
    "seized.redelegation": message("seized: the name leads elsewhere"),
    "seized.host": message("seized: the machine itself"),
    "down": message("out of service for everybody"),
    "cannot_tell": message("cannot tell"),
}
_SURE = {
    "certain": message("certain"),
    "likely": message("likely"),
}


def verdict(cause: str, confidence: str) -> Message:
    """Return a cause and how sure it is; being unsure says itself."""
    sure = _SURE.get(confidence)
    words = CAUSES[cause]
    if sure is None or cause == "cannot_tell":
        return words
    return message("{cause} ({sure})", cause=words, sure=sure)


def style_of(cause: str) -> str:
    """Return how a cause is shown."""
    return styles.GOOD if cause == "accessible" else styles.HEADING


def ways_round(ways: Sequence[str]) -> Message:
    """Return what would get round a cause, in words."""
    words = [CIRCUMVENTIONS[way] for way in ways if way in CIRCUMVENTIONS]
    text = words[0]
    for other in words[1:]:
        text = message("{one}; {other}", one=text, other=other)
    return message("What may get round it: {ways}.", ways=text)


def write_reasons(
    page: Page,
    say: Callable[[Message], str],
    evidence: Sequence[Message],
    actor: Message | None,
    ways: Sequence[str],
    indent: int,
) -> None:
    """Write the evidence as a list, and below it who acted and what would get round it."""
    bullet = [(f"{' ' * indent}{page.glyphs.dot} ", styles.QUIET)]
    for sentence in evidence:
        page.paragraph(say(sentence), first=bullet)
    if actor is not None:
        page.paragraph(say(message("Who acted: {actor}.", actor=actor)), first=bullet)
    if ways:
        page.paragraph(say(ways_round(ways)), first=bullet)
