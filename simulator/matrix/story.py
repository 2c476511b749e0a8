"""One cell as a story: what the subscriber sent, who touched it, what came back."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.journal import Entry
from simulator.lab import Lab
from simulator.matrix.catalogue import acts, study_of
from simulator.matrix.cells import NO_WAY
from simulator.matrix.measuring import impose
from simulator.values import Instant, Observation, Packet

if TYPE_CHECKING:
    from simulator.net.capture import Tap
    from simulator.world.models import World


class Side(enum.Enum):
    """Where something of the story happened."""

    SENT = "sent"
    RECEIVED = "received"
    SENT_INSIDE = "sent inside the tunnel"
    RECEIVED_INSIDE = "received inside the tunnel"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Event:
    """A packet at the subscriber's machine, or what the journal has of somebody else."""

    at: Instant
    side: Side
    packet: Packet | None = None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A cell: the visit, and all that happened while it was made, in order."""

    measure: str
    via: str
    vantage: str
    seen: Observation
    began: Instant
    events: tuple[Event, ...]


def story_of(world: World, measure: str, via: str, *, seed: int = 0) -> Story:
    """Make the visit of one cell again, and tell what happened. `LabError` as for a row."""
    with Lab(world, seed=seed) as lab:
        return lab.run(_tell(lab, measure, via))


async def _tell(lab: Lab, measure: str, via: str) -> Story:
    study = study_of(lab.world)
    await impose(lab, acts(measure, lab.world))
    lab.record(study.affected)
    began, before = lab.now, len(lab.journal)
    way = None if via == NO_WAY else via
    seen = await lab.visit(f"https://{study.site}/", study.affected, way)
    wire, *tunnel = lab.recorder.taps
    events = [
        *_packets(wire, lab.fabric.hosts[study.affected].addresses, Side.SENT, Side.RECEIVED),
        *(
            event
            for tap in tunnel
            for event in _packets(tap, None, Side.SENT_INSIDE, Side.RECEIVED_INSIDE)
        ),
        *(
            Event(entry.at, Side.ELSEWHERE, entry=entry)
            for entry in list(lab.journal)[before:]
            if entry.who != study.affected
        ),
    ]
    events.sort(key=_when)
    return Story(measure, via, study.affected, seen, began, tuple(events))


def _packets(tap: Tap, own: Sequence[str] | None, sent: Side, received: Side) -> list[Event]:
    """Return a tap's packets; inside a tunnel the first one tells which address is one's own."""
    if own is None:
        own = () if not tap.packets else (tap.packets[0][1].source,)
    return [
        Event(at, sent if packet.source in own else received, packet) for at, packet in tap.packets
    ]


_ORDER = (
    Side.RECEIVED,
    Side.RECEIVED_INSIDE,
    Side.SENT_INSIDE,
    Side.SENT,
    Side.ELSEWHERE,
)


def _when(event: Event) -> tuple[Instant, int]:
    """At one instant: what arrives causes what is sent, and that what others do with it."""
    return event.at, _ORDER.index(event.side)
