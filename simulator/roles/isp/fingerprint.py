"""A path rule that knows a VPN by its handshake, whatever its address and port."""

from __future__ import annotations

from simulator.errors import NotSimulated
from simulator.measures import FingerprintMeasure
from simulator.roles.isp.flows import Flow
from simulator.values import PASS, Datagram, Direction, Drop, Instant, Packet, Verdict, message

_WIREGUARD = {148: (b"\1\0\0\0", "initiation"), 92: (b"\2\0\0\0", "response")}
"""By length, how a datagram begins: type, three reserved zeros (WireGuard paper, section 5.4)."""


class FingerprintRule:
    """Drops every UDP flow in which WireGuard's handshake is seen, from that datagram on.

    Both its messages are of fixed length and begin with four fixed octets. The data messages
    are not looked for: a tunnel that stood before the rule did falls at its next handshake,
    within two minutes. Another datagram of exactly that length has one chance in 2**32 to
    be mistaken if its octets are random; a DNS query would need the id 0x0100, no flag set,
    and that length.
    """

    def __init__(self, name: str, measure: FingerprintMeasure) -> None:
        if measure.protocol != "wireguard":
            raise NotSimulated(
                message(
                    "The lab knows no fingerprint of '{protocol}', only that of wireguard.",
                    protocol=measure.protocol,
                )
            )
        self.name = name
        self._versions = measure.versions

    def __repr__(self) -> str:
        return f"<FingerprintRule {self.name} wireguard>"

    def concerns(self, packet: Packet) -> bool:
        """Tell whether a packet is UDP."""
        return (
            type(packet.body) is Datagram and (6 if ":" in packet.source else 4) in self._versions
        )

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        """Return `Drop` for a handshake and for all that follows it in its flow."""
        if flow.memory.get(self.name):
            return Drop()
        assert isinstance(packet.body, Datagram)
        data = packet.body.data
        known = _WIREGUARD.get(len(data))
        if known is None or not data.startswith(known[0]):
            return PASS
        flow.memory[self.name] = True
        flow.seen[self.name] = f"wireguard {known[1]}"
        return Drop()
