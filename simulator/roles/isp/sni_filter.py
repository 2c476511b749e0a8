"""A path rule that stops or slows TLS sessions by the name in their ClientHello."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.errors import LabError
from simulator.measures import Residue, SniAction, SniMeasure
from simulator.roles.isp.flows import Fate, Flow, Watch, dropped, reset
from simulator.roles.isp.names import any_of
from simulator.roles.isp.residue import Residual
from simulator.roles.isp.throttle import Shaper
from simulator.values import (
    PASS,
    Direction,
    Drop,
    Instant,
    Packet,
    Reset,
    Segment,
    Verdict,
    message,
)
from simulator.wire.client_stream import ClientStreamReader, Said
from simulator.wire.tls import ClientHello


class SniRule:
    """Reads the server name that a subscriber's TLS client says in clear.

    The name is read however the hello is cut, into segments or into TLS records. A session
    without a name, or with another, passes: the address is not looked at. With no ports
    listed, the preambles of SOCKS5 and of CONNECT are read, too, and the hello behind them.

    From the forbidden hello on, the flow has its fate: RSTs to both ends, silence, or a
    queue. What came before has gone through. For a while afterwards the same ends may stay
    blocked: see `Residual`. A session that is slowed leaves no such residue.
    """

    def __init__(
        self,
        name: str,
        measure: SniMeasure,
        forbidden: Callable[[str], bool] | None = None,
    ) -> None:
        """``forbidden`` tells the names in place of the measure's own."""
        if measure.action is SniAction.THROTTLE and measure.rate <= 0:
            raise LabError(message("a session is throttled to a rate above 0 bits per second"))
        if measure.action is SniAction.THROTTLE and measure.residual:
            raise LabError(message("a throttled session leaves no residual blocking"))
        self.name = name
        self._measure = measure
        self._forbidden = forbidden or any_of((measure.name,), measure.subdomains)
        scans = not measure.ports
        self._watch: Watch[Said] = Watch(
            name, measure.ports, measure.versions, lambda: ClientStreamReader(proxies=scans)
        )
        self._residual: Residual | None = None
        self._watches_all = False
        if measure.residual:
            self._residual = Residual(measure.residue, measure.residual)
            self._watches_all = measure.residue is Residue.TWO_TUPLE

    def __repr__(self) -> str:
        measure = self._measure
        return f"<SniRule {self.name} {measure.action.value} {measure.name!r} {measure.ports}>"

    def concerns(self, packet: Packet) -> bool:
        """Tell whether the rule may want a packet: TCP of its ports, or all for a 2-tuple."""
        if self._watches_all:
            return (6 if ":" in packet.source else 4) in self._watch.versions
        return self._watch.concerns(packet)

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        """Return `Reset` or `Drop` or `Delay` for what is forbidden, else `PASS`."""
        if self._residual is not None:
            seen = self._residual.covers(packet, now)
            if seen is not None:
                flow.seen[self.name] = f"after {seen}"
                return self._again(packet, now)
        segment = packet.body
        if type(segment) is not Segment or not self._watch.concerns(packet):
            return PASS
        conversation = self._watch.conversation(packet, segment, direction, flow)
        if conversation is None:
            return PASS
        if conversation.fate is None:
            seen = self._forbidden_in(conversation.said(packet, segment))
            if seen is None:
                return PASS
            flow.seen[self.name] = seen
            conversation.fate = self._fate()
            if self._residual is not None:
                self._residual.enter(packet, segment, seen, now)
        return conversation.fate(packet, now)

    def _forbidden_in(self, said: Sequence[Said]) -> str | None:
        names = [one.server_name for one in said if isinstance(one, ClientHello)]
        return next(
            (f"sni {name}" for name in names if name is not None and self._forbidden(name)), None
        )

    def _fate(self) -> Fate:
        if self._measure.action is SniAction.RESET:
            return reset
        if self._measure.action is SniAction.DROP:
            return dropped
        return Shaper(self._measure.rate).fate

    def _again(self, packet: Packet, now: Instant) -> Verdict:
        """The same treatment again; a RST can only be said to TCP."""
        if self._measure.action is SniAction.RESET and type(packet.body) is Segment:
            return Reset(both_ways=True)
        return Drop()
