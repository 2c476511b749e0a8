"""Taps: where packets are seen for a capture file. Writing one is the lab's business.

A tap sits on a host's wire, inside its tunnel, on a network's router, or on everything
(each packet once, where it sets out). It keeps packets, not bytes, so that watching costs
little until somebody asks for the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.values import Instant, Packet


@dataclass(slots=True)
class Tap:
    """One point of capture: ``name`` becomes the interface's name in the file."""

    name: str
    description: str = ""
    packets: list[tuple[Instant, Packet]] = field(default_factory=list)

    def saw(self, at: Instant, packet: Packet) -> None:
        """Note a packet that passes."""
        self.packets.append((at, packet))
