"""A path rule that cuts an access network off (RFC 9505 section 5.3.1)."""

from __future__ import annotations

from simulator.measures import Shutdown
from simulator.values import Direction, Drop, Instant, Packet, Verdict


class ShutdownRule:
    """Drops whatever crosses the network's border, in or out.

    To be put at the border: what its own machines say to one another, the provider's
    resolver included, still passes. A packet whose TTL ends on the router itself never gets
    so far, and is answered: a traceroute from inside or outside sees that router and then
    nothing.
    """

    def __init__(self, name: str, measure: Shutdown) -> None:
        self.name = name
        self._versions = measure.versions

    def __repr__(self) -> str:
        return f"<ShutdownRule {self.name} {self._versions}>"

    def concerns(self, packet: Packet) -> bool:
        """Tell whether a packet is of a version that is cut off."""
        return (6 if ":" in packet.source else 4) in self._versions

    def judge(self, packet: Packet, direction: Direction, flow: object, now: Instant) -> Verdict:
        """Return `Drop`."""
        return Drop()
