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
    IcmpKind,
    Instant,
    Packet,
    Reject,
    Verdict,
    message,
)

_VERDICTS: dict[AddressAction, Verdict] = {
    AddressAction.DROP: Drop(),
    AddressAction.REJECT: Reject(IcmpKind.PROHIBITED),
}
_REMEMBERED = 65_536
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressRule:
    """Stops what subscribers send to a listed address or prefix, of either family.

    Only what leaves the network is looked at, and only its destination: an answer that
    comes from a listed address, to a question that was never let out, does not exist.
    The answer for each address is worked out once, so that a packet costs one look-up.
    """

    def __init__(self, name: str, measure: AddressMeasure) -> None:
        self.name = name
        self._exact: dict[Address, None] = {}
        self._networks: list[_Network] = []
        for prefix in measure.prefixes:
            network = _network(prefix)
            if network.prefixlen == network.max_prefixlen:
                self._exact[str(network.network_address)] = None
            else:
                self._networks.append(network)
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
        return self._listed(packet.destination) if known is None else known

    def judge(self, packet: Packet, direction: Direction, flow: object, now: Instant) -> Verdict:
        """Return `Drop`, or `Reject` as administratively prohibited; else `PASS`.

        ``flow`` and ``now`` are of no interest here: an address is listed or it is not.
        """
        if direction is Direction.OUTBOUND and self.concerns(packet):
            return self._verdict
        return PASS

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
