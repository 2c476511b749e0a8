"""Captures of a lab's packets, as files that Wireshark opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.words import unknown
from simulator.net import Tap
from simulator.values import message

if TYPE_CHECKING:
    from simulator.lab.people import Person
    from simulator.net import Fabric

EVERYTHING = "all"
LINK = "--"


class Recorder:
    """Taps on a fabric, and the file that comes of them."""

    def __init__(
        self, fabric: Fabric, vantages: Iterable[str], person: Callable[[str], Person]
    ) -> None:
        self._fabric = fabric
        self._vantages = tuple(vantages)
        self._person = person
        self.taps: list[Tap] = []

    def listen(self, points: Iterable[str]) -> None:
        """Record from now on: ``all``, a machine, a vantage point, a network (what arrives
        at its router), or a link (two networks that have one: ``fr-alpha--backbone``).

        A vantage point's tunnel, if there is one, is recorded as an interface of its own.
        """
        for point in points:
            if point == EVERYTHING:
                self._add(self._fabric.taps, Tap(EVERYTHING, "every packet, where it sets out"))
            elif point in self._fabric.hosts:
                self._listen_at_host(point)
            elif point in self._fabric.topology.networks:
                network = self._fabric.topology.networks[point]
                self._add(network.taps, Tap(point, f"router of {point}"))
                self._fabric.topology.forget_paths()
            elif LINK in point:
                self._listen_on_link(point)
            else:
                known = [EVERYTHING, *self._fabric.hosts, *self._fabric.topology.networks]
                raise LabError(unknown(message("machine or network"), point, known))

    def _listen_on_link(self, point: str) -> None:
        topology = self._fabric.topology
        ends = [topology.networks.get(name) for name in point.split(LINK, 1)]
        one, other = ends
        tap = Tap(point, f"link {point}")
        try:
            if one is None or other is None:
                raise KeyError(point)
            topology.tap_link(one, other, tap)
        except KeyError:
            links = [f"{one.name}{LINK}{other.name}" for one, other, _ in topology.links()]
            raise LabError(unknown(message("link"), point, links)) from None
        self.taps.append(tap)

    def _listen_at_host(self, point: str) -> None:
        host = self._fabric.hosts[point]
        if host.taps is None:
            host.taps = []
        self._add(host.taps, Tap(point, f"wire of {point}"))
        if point in self._vantages:
            taps = self._person(point).tunnel_taps
            self._add(taps, Tap(f"{point}-wg0", f"inside the tunnel of {point}"))

    def _add(self, taps: list[Tap], tap: Tap) -> None:
        taps.append(tap)
        self.taps.append(tap)

    def write(self, write: Callable[[bytes], object], start: int) -> int:
        """Write a pcapng file; ``start`` is lab time 0 in microseconds since 1970 UTC.

        Returns the number of packets.
        """
        from simulator.wire.ip import encode
        from simulator.wire.pcapng import CaptureWriter

        writer = CaptureWriter(write, start)
        places = [writer.add_interface(tap.name, tap.description) for tap in self.taps]
        seen = [
            (at, order, place, packet)
            for place, tap in zip(places, self.taps, strict=True)
            for order, (at, packet) in enumerate(tap.packets)
        ]
        seen.sort(key=lambda each: each[:3])
        for at, _, place, packet in seen:
            writer.add_packet(place, at, encode(packet))
        return len(seen)
