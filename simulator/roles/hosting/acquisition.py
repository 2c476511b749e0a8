"""Copying a seized machine section by section, and what that finds, loses and changes.

Live, each section is as it is when its turn comes: what is taken late has gone on changing.
Without power there is no memory and nobody is connected, whatever the haste.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simulator.errors import LabError
from simulator.roles.hosting import contents
from simulator.roles.hosting.contents import Server
from simulator.values import HOUR, MINUTE, Address, Duration, Instant, message
from simulator.wire.evidence import VOLATILITY, Record, Section, Session

COPIER = "memory-copier"
DURATIONS: dict[str, Duration] = {
    "memory": 5 * MINUTE,
    "sessions": MINUTE,
    "chat": 2 * MINUTE,
    "disk": 40 * MINUTE,
    "remote-logs": 10 * MINUTE,
    "topology": 5 * MINUTE,
    "archives": HOUR,
}
"""How long the lab lets it take to copy each section."""
_GONE_WITH_POWER = ("memory", "sessions")
_ON_THE_MACHINE = ("chat", "disk")
_EXAMINER_FROM: Address = "192.0.2.77"

_Files = Mapping[str, tuple[Record, ...]]


def acquire(server: Server, began: Instant, order: Sequence[str] = VOLATILITY) -> list[Section]:
    """Copy the sections one after another in an order, most volatile first unless stated.

    `LabError` for an order that does not name each section once.
    """
    if sorted(order) != sorted(VOLATILITY):
        raise LabError(
            message("an order of copying names each once: {sections}", sections=_words(VOLATILITY))
        )
    sections = []
    at = began
    for name in order:
        section = _take(server, name, at)
        sections.append(section)
        at = section.ended
    return sections


def duration() -> Duration:
    """Return how long a live copy of everything takes."""
    return sum(DURATIONS.values())


def _take(server: Server, name: str, at: Instant) -> Section:
    if server.off_since is not None and server.off_since <= at:
        if name in _GONE_WITH_POWER:
            return Section(name, at, at, {}, lost="power")
        if server.encrypted and name in _ON_THE_MACHINE:
            return Section(name, at, at, {}, lost="encrypted")
        return Section(name, at, at + DURATIONS[name], _FILES[name](server, at))
    altered: tuple[str, ...] = ()
    if name == "memory":
        altered = ("copier-loaded",)
    elif name == "sessions":
        altered = ("examiner-session",)
    return Section(name, at, at + DURATIONS[name], _FILES[name](server, at), altered)


def _memory(server: Server, at: Instant) -> _Files:
    return {
        "processes.json": contents.processes(COPIER),
        "keys.json": contents.volume_keys(server),
        "unwritten.json": contents.unwritten(server, at),
    }


def _sessions(server: Server, at: Instant) -> _Files:
    examiner = Session(0, _EXAMINER_FROM, at)
    return {"sessions.json": (*contents.sessions(server, at), examiner)}


def _chat(server: Server, at: Instant) -> _Files:
    return {"messages.json": contents.written(server, at)}


def _disk(server: Server, at: Instant) -> _Files:
    return {
        "accounts.json": contents.accounts(server),
        "payments.json": contents.payments(server, at),
        "access-log.json": contents.access_log(server, at),
        "configuration.json": (contents.configuration(server),),
        "peers.json": contents.peers(server),
        "admin-keys.json": contents.admin_keys(server, at),
    }


def _remote_logs(server: Server, at: Instant) -> _Files:
    return {"flows.json": contents.flows(server, at)}


def _topology(server: Server, at: Instant) -> _Files:
    return {"machine.json": (contents.machine(server),)}


def _archives(server: Server, at: Instant) -> _Files:
    return {"accounts-backup.json": contents.accounts_in_backup(server)}


_FILES: dict[str, Callable[[Server, Instant], _Files]] = {
    "memory": _memory,
    "sessions": _sessions,
    "chat": _chat,
    "disk": _disk,
    "remote-logs": _remote_logs,
    "topology": _topology,
    "archives": _archives,
}


def _words(names: Sequence[str]) -> str:
    return ", ".join(names)
