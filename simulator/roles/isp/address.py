"""A path rule that stops packets towards addresses, whatever name led there."""

from __future__ import annotations

import ipaddress

from simulator.errors import LabError
from simulator.measures import AddressAction, AddressMeasure
from simulator.values import (
    PASS,
    Address,
    Direction,
    Drop,
    Icmp,
    IcmpKind,
    Instant,
    Packet,
    Reject,
    Reset,
    Segment,
    Verdict,
    message,
)

_VERDICTS: dict[AddressAction, Verdict] = {
    AddressAction.DROP: Drop(),
    AddressAction.RESET: Reset(),
    AddressAction.REJECT: Reject(IcmpKind.PROHIBITED),
}
_REMEMBERED = 65_536
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressRule:
    """Stops what subscribers send to a listed address or prefix, of the versions looked at.

    Only what leaves the network is looked at, and only its destination: an answer that
    comes from a listed address, to a question that was never let out, does not exist. With
    ports listed, too, only TCP and UDP towards these are stopped.
    The answer for each address is worked out once, so that a packet costs one look-up.
    """

    def __init__(self, name: str, measure: AddressMeasure) -> None:
        self.name = name
        self._exact: dict[Address, None] = {}
        self._networks: list[_Network] = []
        for prefix in measure.prefixes:
            network = _network(prefix)
            if network.version not in measure.versions:
                continue
            if network.prefixlen == network.max_prefixlen:
                self._exact[str(network.network_address)] = None
            else:
                self._networks.append(network)
        self._ports = measure.ports
        self._verdict = _VERDICTS[measure.action]
        self._known = dict.fromkeys(self._exact, True)

    def __repr__(self) -> str:
        listed = [*self._exact, *(str(network) for network in self._networks)]
        return f"<AddressRule {self.name} {type(self._verdict).__name__.lower()} {listed}>"

    def covers(self, address: Address) -> bool:
        """Tell whether an address is listed, by itself or within a prefix."""
        known = self._known.get(address)
        if known is None:
            known = self._listed(address)
        return known

    def concerns(self, packet: Packet) -> bool:
        """Tell whether the rule may stop this packet, without memory."""
        known = self._known.get(packet.destination)
        if known is None:
            known = self._listed(packet.destination)
        return known and (not self._ports or self._is_towards_port(packet))

    def judge(self, packet: Packet, direction: Direction, flow: object, now: Instant) -> Verdict:
        """Return what the measure does to a packet of a subscriber towards it; else `PASS`.

        A reset can only be said to TCP: what is not TCP is dropped. A rejection says
        "administratively prohibited". ``flow`` and ``now`` are of no interest here: an
        address is listed or it is not.
        """
        if direction is not Direction.OUTBOUND or not self.concerns(packet):
            return PASS
        if type(self._verdict) is Reset and type(packet.body) is not Segment:
            return Drop()
        return self._verdict

    def _is_towards_port(self, packet: Packet) -> bool:
        body = packet.body
        return type(body) is not Icmp and body.destination_port in self._ports  # type: ignore[union-attr]

    def _listed(self, address: Address) -> bool:
        parsed = ipaddress.ip_address(address)
        listed = any(parsed in network for network in self._networks)
        if len(self._known) >= _REMEMBERED:
            self._known = dict.fromkeys(self._exact, True)
        self._known[address] = listed
        return listed


def _network(prefix: str) -> _Network:
    try:
        return ipaddress.ip_network(prefix)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        raise LabError(message("'{prefix}' is not an address or a prefix", prefix=prefix)) from None
    raise LabError(
        message(
            "'{prefix}' has bits set behind its length; '{meant}' was meant",
            prefix=prefix,
            meant=str(meant),
        )
    )
