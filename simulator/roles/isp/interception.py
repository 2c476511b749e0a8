"""A path rule that sends everybody's DNS queries to the provider's own resolver."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.measures import DnsInterception
from simulator.values import (
    PASS,
    Address,
    Direction,
    Icmp,
    Instant,
    Packet,
    Redirect,
    Verdict,
)

_DNS_PORT = 53


class InterceptionRule:
    """Redirects UDP and TCP towards port 53, whatever its destination; the answers come back
    in the name of the one who was asked (`simulator.values.Redirect`).

    Left alone are packets to the provider's resolvers, which go there anyway, and packets
    *from* them: their own questions to the servers of the world would come back to them for
    ever. Other machines of the network are subscribers as far as this rule knows. Encrypted
    DNS has other ports.
    """

    def __init__(
        self, name: str, measure: DnsInterception, resolvers: Sequence[Address] = ()
    ) -> None:
        """``resolvers`` are the addresses of the provider's own; the first is asked unless the
        measure names one."""
        self.name = name
        self._targets: dict[int, Redirect] = {}
        for address in measure.resolver or resolvers:
            version = 6 if ":" in address else 4
            if version in measure.versions:
                self._targets.setdefault(version, Redirect(address))
        self._exempt = dict.fromkeys((*measure.resolver, *resolvers))

    def __repr__(self) -> str:
        targets = [target.address for target in self._targets.values()]
        return f"<InterceptionRule {self.name} to {targets}>"

    def concerns(self, packet: Packet) -> bool:
        """Tell whether a packet goes to port 53 of anybody but the provider's resolvers."""
        body = packet.body
        if type(body) is Icmp or body.destination_port != _DNS_PORT:  # type: ignore[union-attr]
            return False
        return (
            packet.destination not in self._exempt
            and packet.source not in self._exempt
            and (6 if ":" in packet.source else 4) in self._targets
        )

    def judge(self, packet: Packet, direction: Direction, flow: object, now: Instant) -> Verdict:
        """Return the `Redirect` for what leaves the network, else `PASS`."""
        if direction is not Direction.OUTBOUND or not self.concerns(packet):
            return PASS
        return self._targets[6 if ":" in packet.source else 4]
