"""A path rule against encrypted DNS: its known endpoints, by address and by name."""

from __future__ import annotations

from simulator.measures import (
    AddressAction,
    AddressMeasure,
    EncryptedDnsMeasure,
    SniAction,
    SniMeasure,
)
from simulator.roles.isp.address import AddressRule
from simulator.roles.isp.flows import Flow
from simulator.roles.isp.names import any_of
from simulator.roles.isp.sni_filter import SniRule
from simulator.values import Direction, Instant, Packet, Pass, Verdict

_SNI_ACTIONS = {
    AddressAction.DROP: SniAction.DROP,
    AddressAction.RESET: SniAction.RESET,
    AddressAction.REJECT: SniAction.RESET,
}


class EncryptedDnsRule:
    """Cuts DoT and DoH by address and port, and by SNI on any port, in that order.

    The name finds an endpoint at an address that nobody listed; the address one that is
    dialled without a name. A session that is under way cannot be rejected by ICMP, which
    TCP takes as mere advice (RFC 5927): where addresses are, names are reset.
    """

    def __init__(self, name: str, measure: EncryptedDnsMeasure) -> None:
        self.name = name
        self._measure = measure
        self._address = AddressRule(
            name,
            AddressMeasure(measure.prefixes, measure.action, measure.ports, measure.versions),
        )
        self._sni: SniRule | None = None
        if measure.names:
            by_name = SniMeasure(
                " ".join(measure.names),
                _SNI_ACTIONS[measure.action],
                ports=(),
                versions=measure.versions,
            )
            self._sni = SniRule(name, by_name, any_of(measure.names, subdomains=False))

    def __repr__(self) -> str:
        measure = self._measure
        listed = f"{list(measure.prefixes)} {measure.names}"
        return f"<EncryptedDnsRule {self.name} {measure.action.value} {listed}>"

    def concerns(self, packet: Packet) -> bool:
        """Tell whether either part may want a packet."""
        if self._address.concerns(packet):
            return True
        return self._sni is not None and self._sni.concerns(packet)

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        """Return the verdict of the first part that objects."""
        verdict = self._address.judge(packet, direction, flow, now)
        if type(verdict) is not Pass:
            flow.seen.pop(self.name, None)
            return verdict
        if self._sni is not None and self._sni.concerns(packet):
            return self._sni.judge(packet, direction, flow, now)
        return verdict
