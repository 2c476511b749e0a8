"""The wires: takes a packet from one host and brings it, or its fate, to another.

A packet costs one event when nothing on its path takes an interest in it, and one more
for each router that does: rules are asked *when* the packet is there, so that what they
remember is in the order of time. Every hop takes one from the TTL.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from simulator.net.middlebox import Middlebox, Rule
from simulator.net.packets import (
    describe,
    is_loopback,
    may_cause_icmp_error,
    reset_for,
    reset_onward,
)
from simulator.net.schedule import Schedule
from simulator.net.topology import Network, Path, Topology
from simulator.values import (
    RST,
    Address,
    Delay,
    Direction,
    Drop,
    Icmp,
    IcmpKind,
    Inject,
    Instant,
    Packet,
    Redirect,
    Reject,
    Reset,
    Segment,
    Verdict,
)

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.net.capture import Tap
    from simulator.net.clock import Clock
    from simulator.net.host import Host

LOOPBACK_LATENCY = 10
"""Microseconds from a machine to itself."""


class Fabric:
    """All hosts by address, the networks they hang on, and what is under way."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.seed = seed
        self.topology = Topology()
        self.schedule = Schedule()
        self.hosts: dict[str, Host] = {}
        self.journal: Journal | None = None
        self.taps: list[Tap] = []
        """Captures of everything, each packet once, where it sets out."""
        self.carried = 0
        """Packets taken so far."""
        self._by_address: dict[Address, Host] = {}
        self._routers: dict[Address, Network] = {}

    def now(self) -> Instant:
        """Return lab time in microseconds."""
        return self.clock.now

    # --- building -------------------------------------------------------------------

    def add_network(self, network: Network) -> Network:
        """Put a network on the map; its routers answer ping."""
        self.topology.add(network)
        for address in network.routers.values():
            self._routers[address] = network
        return network

    def add_host(self, host: Host) -> None:
        """Plug a host in. A name or an address that is taken is a ValueError."""
        if host.name in self.hosts:
            raise ValueError(f"there is already a host {host.name!r}")
        for address in host.addresses:
            taken = self._by_address.get(address)
            if taken is not None:
                raise ValueError(f"{address} is already the address of {taken.name!r}")
        self.hosts[host.name] = host
        for address in host.addresses:
            self._by_address[address] = host

    def middlebox(self, network: Network) -> Middlebox:
        """Return what stands on a network's router, put there at the first asking."""
        if network.middlebox is None:
            network.middlebox = Middlebox(network.name, self.topology.forget_paths)
            self.topology.forget_paths()
        return network.middlebox

    def random_for(self, name: str) -> random.Random:
        """Return a stream of randomness that depends on the seed and the name alone."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311  # repeatable, not secret

    # --- carrying -------------------------------------------------------------------

    def send(self, packet: Packet, host: Host) -> None:
        """Take a packet from a host onto its access link."""
        self.carried += 1
        now = self.clock.now
        for tap in self.taps:
            tap.saw(now, packet)
        destination = packet.destination
        to = self._by_address.get(destination)
        if to is None:
            if not is_loopback(destination):
                self._route(packet, host.network, now + host.latency, 0)
                return
            to = host
        if to is host:
            self.schedule.at(now + LOOPBACK_LATENCY, host.receive, packet)
            return
        path = self.topology.path(host.network, to.network)
        if path is None:
            self._route(packet, host.network, now + host.latency, 0)
        else:
            self._onward(packet, path, 0, now + host.latency, packet.ttl - 1)

    def emit(self, packet: Packet, network: Network) -> None:
        """Send a packet from a network's router, past that router's own rules."""
        self.carried += 1
        for tap in self.taps:
            tap.saw(self.now(), packet)
        self._route(packet, network, self.now(), 1)

    def _route(self, packet: Packet, network: Network, at: Instant, first: int) -> None:
        """Bring a packet, at a network's router at ``at``, on its way from hop ``first``.

        ``first`` is 0 for a packet that comes from a host, 1 for one from the router itself.
        """
        destination = self._by_address.get(packet.destination)
        there = destination.network if destination is not None else self._owner(packet.destination)
        path = None if there is None else self.topology.path(network, there)
        if path is None:
            self.schedule.at(at, self._answer, (packet, network, IcmpKind.NETWORK_UNREACHABLE))
            return
        if first and network.link_taps:
            self._leave(packet, path, 0, at, packet.ttl)
        else:
            self._onward(packet, path, first, at, packet.ttl - 1 + first)

    def _owner(self, address: Address) -> Network | None:
        router = self._routers.get(address)
        return router if router is not None else self.topology.owner(address)

    def _onward(self, packet: Packet, path: Path, first: int, at: Instant, last: int) -> None:
        """Carry a packet from hop ``first`` to the next router that looks, or to its end.

        ``at`` is when it met (or would have met) hop 0; ``last`` is the hop where its TTL ends.
        """
        hops = path.hops
        for index in path.watched:
            if first <= index < last:
                network, offset = hops[index]
                box = network.middlebox
                tapped = network.taps or network.link_taps
                if tapped or (box is not None and box.concerns(packet)):
                    journey = (packet, path, index, at, last)
                    self.schedule.at(at + offset, self._inspect, journey)
                    return
        if last < len(hops):
            expired = hops[last]
            self.schedule.at(
                at + expired.offset,
                self._answer,
                (packet, expired.network, IcmpKind.TIME_EXCEEDED),
            )
            return
        source, destination, body, _ = packet
        arrived = Packet(source, destination, body, last + 1 - len(hops))
        host = self._by_address.get(destination)
        if host is not None:
            self.schedule.at(at + path.latency + host.latency, host.receive, arrived)
        else:
            self.schedule.at(at + path.latency, self._nobody, (arrived, hops[-1].network))

    # --- on a router ----------------------------------------------------------------

    def _inspect(self, journey: tuple[Packet, Path, int, Instant, int]) -> None:
        packet, path, index, at, last = journey
        network = path.hops[index].network
        for tap in network.taps:
            tap.saw(self.now(), packet._replace(ttl=last + 1 - index))
        box = network.middlebox
        if box is not None:
            packet = box.answered(packet, self.clock.now)
            self._judge((packet, path, index, at, last), None)
            return
        self._leave(packet, path, index, at, last)

    def _judge(self, journey: tuple[Packet, Path, int, Instant, int], behind: Rule | None) -> None:
        """Ask the rules of a router, or those behind one, and let pass what none objects to."""
        packet, path, index, _, _ = journey
        network = path.hops[index].network
        assert network.middlebox is not None
        verdict, rule, seen = network.middlebox.judge(
            packet,
            _direction(path, index),
            self.clock.now,
            within=len(path.hops) == 1,
            behind=behind,
        )
        if rule is None:
            self._leave(*journey)
            return
        self._record(network, rule.name, verdict, packet, seen)
        self._carry_out(verdict, rule, journey)

    def _leave(self, packet: Packet, path: Path, index: int, at: Instant, last: int) -> None:
        """Send a packet on from a router, past whoever listens on the link."""
        network = path.hops[index].network
        if network.link_taps and index + 1 < len(path.hops):
            for tap in network.link_taps.get(path.hops[index + 1].network, ()):
                tap.saw(self.now(), packet._replace(ttl=last - index))
        self._onward(packet, path, index + 1, at, last)

    def _carry_out(
        self,
        verdict: Verdict,
        rule: Rule,
        journey: tuple[Packet, Path, int, Instant, int],
    ) -> None:
        packet, path, index, at, last = journey
        network = path.hops[index].network
        if type(verdict) is Delay:
            held = (packet, path, index, at + verdict.duration, last)
            self.schedule.at(self.now() + verdict.duration, self._released, (held, rule))
        elif type(verdict) is Reset:
            self._reset(packet, network, both_ways=verdict.both_ways)
        elif type(verdict) is Reject:
            self._answer((packet, network, verdict.kind))
        elif type(verdict) is Inject:
            for injected in verdict.packets:
                self.emit(injected, network)
            if verdict.forward:
                self._judge(journey, rule)
        elif type(verdict) is Redirect:
            assert network.middlebox is not None
            sent_on = network.middlebox.redirected(packet, verdict, rule, self.clock.now)
            self._route(sent_on._replace(ttl=last - index), network, self.now(), 1)
        else:
            assert type(verdict) is Drop

    def _reset(self, packet: Packet, network: Network, *, both_ways: bool) -> None:
        """Send RSTs with the numbers that each end expects next, if the segment came in order.

        None answers a RST (RFC 9293 section 3.10.7.1), and none what is not TCP.
        """
        segment = packet.body
        if isinstance(segment, Segment) and not segment.flags & RST:
            self.emit(reset_for(packet, segment), network)
            if both_ways:
                self.emit(reset_onward(packet, segment), network)

    def _released(self, held: tuple[tuple[Packet, Path, int, Instant, int], Rule]) -> None:
        self._judge(*held)

    def _record(
        self, network: Network, rule: str, verdict: Verdict, packet: Packet, seen: str | None
    ) -> None:
        if self.journal is not None:
            what = f"packet {_PAST[type(verdict)]}"
            facts = describe(packet) if seen is None else {"seen": seen, **describe(packet)}
            self.journal.record(network.name, what, rule=rule, **facts)

    # --- errors ---------------------------------------------------------------------

    def _nobody(self, arrival: tuple[Packet, Network]) -> None:
        """A packet for a router itself, or for an address that no host has."""
        packet, network = arrival
        if packet.destination not in self._routers:
            self._answer((packet, network, IcmpKind.HOST_UNREACHABLE))
        elif type(packet.body) is Icmp and packet.body.kind is IcmpKind.ECHO_REQUEST:
            reply = packet.body._replace(kind=IcmpKind.ECHO_REPLY)
            self.emit(Packet(packet.destination, packet.source, reply), network)

    def _answer(self, answer: tuple[Packet, Network, IcmpKind]) -> None:
        """Send an ICMP error from a router to whoever sent the packet."""
        packet, network, kind = answer
        router = network.router_for(packet.source)
        if router is not None and may_cause_icmp_error(packet):
            self.emit(Packet(router, packet.source, Icmp(kind, packet)), network)


def _direction(path: Path, index: int) -> Direction:
    if index == 0:
        return Direction.OUTBOUND
    return Direction.INBOUND if index == len(path.hops) - 1 else Direction.TRANSIT


_PAST: dict[type[Any], str] = {
    Drop: "dropped",
    Delay: "delayed",
    Reset: "reset",
    Reject: "rejected",
    Inject: "answered by injection",
    Redirect: "redirected",
}
