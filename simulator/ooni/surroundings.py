"""Whose network an address of a world is in: what a probe looks up in a public database."""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import TYPE_CHECKING

from simulator.ooni.record import Holder, Holders
from simulator.ooni.write import Surroundings

if TYPE_CHECKING:
    from simulator.values import Address
    from simulator.world.models import World


def surroundings(world: World, vantage: str, holder: Holders) -> Surroundings:
    """Return what a measurement from a vantage point tells of its place; see `holders`."""
    return Surroundings(_holder_of(world, world.vantages[vantage].network), holder)


def holders(world: World) -> Holders:
    """Return who holds an address: the network with the longest prefix around it, or None."""
    prefixes = sorted(
        (
            (ipaddress.ip_network(str(prefix)), name)
            for name, network in world.networks.items()
            for prefix in network.prefixes
        ),
        key=lambda pair: -pair[0].prefixlen,
    )

    @cache
    def holder(address: Address) -> Holder | None:
        try:
            wanted = ipaddress.ip_address(address)
        except ValueError:
            return None
        for prefix, name in prefixes:
            if wanted.version == prefix.version and wanted in prefix:
                return _holder_of(world, name)
        return None

    return holder


def _holder_of(world: World, name: str) -> Holder:
    network = world.networks[name]
    spoken = network.name or world.operators[network.operator].name
    return Holder(network.asn, spoken.say("en"))
