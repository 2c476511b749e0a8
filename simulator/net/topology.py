"""Networks, the links between them, and the way from one to another.

A network (an autonomous system) is one router with hosts behind it. A path is the list
of routers that a packet meets: that of its own network, those of transit, that of the
destination. Paths follow the least latency and are remembered per pair of networks, so
that ten thousand hosts cost no more than ten.
"""

from __future__ import annotations

import heapq
import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from simulator.net.packets import is_ipv6
from simulator.values import Address, Duration

if TYPE_CHECKING:
    from simulator.net.capture import Tap
    from simulator.net.middlebox import Middlebox

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class Network:
    """An autonomous system: prefixes, a router, and perhaps a middlebox on that router."""

    __slots__ = (
        "asn",
        "country",
        "link_taps",
        "middlebox",
        "name",
        "paths",
        "prefixes",
        "routers",
        "taps",
    )

    def __init__(
        self,
        name: str,
        *,
        prefixes: Iterable[str],
        country: str = "",
        asn: int | None = None,
        routers: Iterable[Address] = (),
    ) -> None:
        self.name = name
        self.country = country
        self.asn = asn
        self.prefixes: tuple[IpNetwork, ...] = tuple(ipaddress.ip_network(p) for p in prefixes)
        self.routers: dict[int, Address] = {}
        """The router's address by IP version: as given, or the first of the first prefix."""
        for address in routers:
            self.routers.setdefault(6 if is_ipv6(address) else 4, address)
        for prefix in self.prefixes:
            self.routers.setdefault(prefix.version, str(prefix.network_address + 1))
        self.middlebox: Middlebox | None = None
        self.taps: list[Tap] = []
        self.link_taps: dict[Network, list[Tap]] = {}
        """By neighbour: they see what leaves this router for that one."""
        self.paths: dict[Network, Path | None] = {}
        """The ways to other networks that were asked for; `Topology` keeps them."""

    def __repr__(self) -> str:
        return f"<Network {self.name}>"

    @property
    def watched(self) -> bool:
        """Whether rules or taps here want to see packets."""
        box = self.middlebox
        return bool(self.taps or self.link_taps) or (box is not None and not box.idle)

    def router_for(self, destination: Address) -> Address | None:
        """Return the router's address in the version of ``destination``."""
        return self.routers.get(6 if is_ipv6(destination) else 4)

    def holds(self, address: Address) -> bool:
        """Whether an address falls in one of the network's prefixes."""
        parsed = ipaddress.ip_address(address)
        return any(parsed.version == p.version and parsed in p for p in self.prefixes)


class Hop(NamedTuple):
    """A router on a path, and how long a packet takes from the first router to it."""

    network: Network
    offset: Duration


class Path(NamedTuple):
    """The routers from one network to another, in order, and the whole latency."""

    hops: tuple[Hop, ...]
    latency: Duration
    watched: tuple[int, ...]
    """Indexes of the hops that have rules or taps; the others need no look."""


class Topology:
    """The networks and the links between their routers."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}
        self._links: dict[Network, dict[Network, Duration]] = {}
        self._routes: dict[Network, dict[Network, tuple[Hop, ...]]] = {}
        self._owners: dict[Address, Network | None] = {}

    def add(self, network: Network) -> Network:
        """Put a network on the map, linked to none yet."""
        if network.name in self.networks:
            raise ValueError(f"there is already a network {network.name!r}")
        self.networks[network.name] = network
        self._links[network] = {}
        self._owners.clear()
        return network

    def link(self, one: Network, other: Network, latency: Duration) -> None:
        """Join two routers by a link of the stated one-way latency, in microseconds."""
        if latency < 0:
            raise ValueError("a link's latency is 0 or more")
        self._links[one][other] = self._links[other][one] = latency
        self._routes.clear()
        self.forget_paths()

    def links(self) -> list[tuple[Network, Network, Duration]]:
        """Return each link once, in the order in which networks were added."""
        order = {network: place for place, network in enumerate(self._links)}
        return [
            (one, other, latency)
            for one, others in self._links.items()
            for other, latency in others.items()
            if order[one] < order[other]
        ]

    def tap_link(self, one: Network, other: Network, tap: Tap) -> None:
        """Have a tap see what crosses a link, in both directions; `KeyError` without one."""
        self._links[one][other]
        one.link_taps.setdefault(other, []).append(tap)
        other.link_taps.setdefault(one, []).append(tap)
        self.forget_paths()

    def forget_paths(self) -> None:
        """Have paths looked at anew, after rules or taps came or went; the routes stay."""
        for network in self.networks.values():
            network.paths.clear()

    def path(self, source: Network, destination: Network) -> Path | None:
        """Return the way between two networks, or None where no link leads."""
        try:
            return source.paths[destination]
        except KeyError:
            found = source.paths[destination] = self._look_at(source, destination)
            return found

    def _look_at(self, source: Network, destination: Network) -> Path | None:
        if source not in self._routes:
            self._routes[source] = self._find(source)
        hops = self._routes[source].get(destination)
        if hops is None:
            return None
        watched = tuple(index for index, hop in enumerate(hops) if hop.network.watched)
        return Path(hops, hops[-1].offset, watched)

    def owner(self, address: Address) -> Network | None:
        """Return the network whose prefix holds an address, the longest prefix first."""
        try:
            return self._owners[address]
        except KeyError:
            parsed = ipaddress.ip_address(address)
            found: Network | None = None
            longest = -1
            for network in self.networks.values():
                for prefix in network.prefixes:
                    fits = prefix.version == parsed.version and parsed in prefix
                    if fits and prefix.prefixlen > longest:
                        found, longest = network, prefix.prefixlen
            if len(self._owners) > 4096:
                self._owners.clear()
            self._owners[address] = found
            return found

    def _find(self, source: Network) -> dict[Network, tuple[Hop, ...]]:
        """Dijkstra, ties broken by the number of hops and then by the order of links."""
        routes: dict[Network, tuple[Hop, ...]] = {}
        start = (Hop(source, 0),)
        queue: list[tuple[Duration, int, int, tuple[Hop, ...]]] = [(0, 1, 0, start)]
        sequence = 0
        while queue:
            latency, length, _, hops = heapq.heappop(queue)
            here = hops[-1].network
            if here in routes:
                continue
            routes[here] = hops
            for neighbour, cost in self._links[here].items():
                if neighbour not in routes:
                    sequence += 1
                    there = latency + cost
                    onward = (there, length + 1, sequence, (*hops, Hop(neighbour, there)))
                    heapq.heappush(queue, onward)
        return routes
