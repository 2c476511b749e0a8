"""The wires of a world: its networks, links and machines on the fabric."""

from __future__ import annotations

from simulator.net import Fabric, Host, Network
from simulator.world.models import World


def lay_out(fabric: Fabric, world: World) -> dict[str, Host]:
    """Put a world's networks and machines on the fabric; return the machines by id.

    People's computers are machines too, under the ids of their vantage points.
    """
    networks: dict[str, Network] = {}
    for name, entry in world.networks.items():
        networks[name] = fabric.add_network(
            Network(
                name,
                prefixes=entry.prefixes,
                country=world.country_of(name),
                asn=entry.asn,
                routers=entry.routers,
            )
        )
    for link in world.links:
        one, other = link.between
        fabric.topology.link(networks[one], networks[other], link.latency)
    hosts = {
        name: Host(fabric, name, networks[entry.network], entry.addresses, entry.latency)
        for name, entry in world.hosts.items()
    }
    for name, vantage in world.vantages.items():
        hosts[name] = Host(
            fabric, name, networks[vantage.network], vantage.addresses, vantage.latency
        )
    return hosts
