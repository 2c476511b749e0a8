"""What answers are made of: why a section has nothing, who stands behind an address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from simulator.roles.evidence.logic import Dossier
from simulator.values import Address, Message, message
from simulator.wire.evidence import VOLATILITY

Rows: TypeAlias = tuple[tuple[str | Message, ...], ...]
Found: TypeAlias = tuple[tuple[Message, ...], tuple[Message, ...], Rows]
"""What a question brings: what the copy tells, what it cannot, the rows that the first rest on."""

SECTION_NAMES = {
    "memory": message("the memory"),
    "sessions": message("the sessions"),
    "chat": message("the chat store"),
    "disk": message("the disk"),
    "remote-logs": message("logs kept elsewhere"),
    "topology": message("the hosting company's books"),
    "archives": message("the archives"),
}
_LOST = {
    "power": message("went with the power, which was cut before the copy was taken"),
    "encrypted": message("encrypted; the key was in the memory, which went with the power"),
}


def lost(dossier: Dossier, name: str) -> tuple[Message, ...]:
    """Return why a section has nothing, or nothing if it has."""
    section = dossier.sections.get(name)
    if section is not None and not section.lost:
        return ()
    what = SECTION_NAMES[name]
    if section is None:
        return (message("It has nothing of {section}: never taken.", section=what),)
    why = _LOST.get(section.lost, section.lost)
    return (message("It has nothing of {section}: {why}.", section=what, why=why),)


def never_taken(dossier: Dossier) -> tuple[Message, ...]:
    """Return a sentence for each section that the record does not even name."""
    absent = [name for name in VOLATILITY if name not in dossier.sections]
    return tuple(sentence for name in absent for sentence in lost(dossier, name))


def rows_of(rows: Iterable[tuple[object, ...]]) -> Rows:
    """Return rows of text; what is to be said in a language stays as it is."""
    return tuple(
        tuple(cell if isinstance(cell, Message) else str(cell) for cell in row) for row in rows
    )


KINDS = {
    "access": message("a subscriber"),
    "shared": message("many subscribers"),
    "vpn": message("a VPN exit"),
    "proxy": message("a proxy"),
    "onion": message("an onion relay"),
    "content-network": message("a content network"),
    "other": message("another network"),
}
"""What kind of holder an address has."""
BEHIND = {
    "vpn": message(
        "Who it was: the address is that of a VPN's exit. The log shows the exit and never the"
        " person; only the VPN may know more, if it keeps anything."
    ),
    "proxy": message(
        "Who it was: the address is that of a proxy. The log shows the proxy and never the"
        " person; only who runs it may know more."
    ),
    "onion": message(
        "Who it was: the address is that of an onion relay. Not even the relay knows for whom it"
        " asked."
    ),
    "content-network": message(
        "Who it was: the address is that of a content network's machine, which asks for all its"
        " visitors; its own logs may know more."
    ),
    "shared": message(
        "Who it was: the provider has many subscribers behind this address (CGNAT). Without the"
        " port, which the log does not have, it cannot tell them apart."
    ),
}


def hides(dossier: Dossier, address: Address) -> bool:
    """Whether an address stands for people who cannot be told from it."""
    holder = dossier.holders.get(address)
    return holder is not None and holder.kind in BEHIND


def held(dossier: Dossier, address: Address) -> tuple[str | Message, ...]:
    """Return who holds an address and what kind of holder that is, where it was looked up."""
    holder = dossier.holders.get(address)
    return () if holder is None else (holder.name, KINDS.get(holder.kind, holder.kind))
