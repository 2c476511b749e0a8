"""That every address lies in its network, belongs to one machine, and can be reached."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from simulator.values import message
from simulator.world.checking import Check
from simulator.world.faults import Place
from simulator.world.models import World


def check_addresses(world: World, check: Check) -> None:
    """Note overlapping prefixes, addresses twice or outside, networks that no link leads to."""
    _prefixes(world, check)
    _numbers(world, check)
    owners: dict[str, Place] = {}
    for network, entry in world.networks.items():
        for position, address in enumerate(entry.routers):
            _address(world, check, ("networks", network, "routers", position), address, owners)
        if not entry.routers:
            first = {str(ip_network(prefix)[0]): ("networks", network) for prefix in entry.prefixes}
            owners |= first
    for section in ("hosts", "vantages"):
        for key, machine in getattr(world, section).items():
            for position, address in enumerate(machine.addresses):
                _address(world, check, (section, key, "addresses", position), address, owners)
    if check.whole("links", "networks"):
        _links(world, check)


def _address(
    world: World, check: Check, place: Place, address: str, owners: dict[str, Place]
) -> None:
    section, key = str(place[0]), str(place[1])
    network = key if section == "networks" else getattr(world, section)[key].network
    prefixes = world.networks[network].prefixes
    parsed = ip_address(address)
    inside = any(parsed in ip_network(prefix) for prefix in prefixes)
    if not inside and not check.damaged(("networks", network, "prefixes")):
        outside = message(
            "{address} is outside the prefixes of network '{network}' ({prefixes})",
            address=address,
            network=network,
            prefixes=", ".join(prefixes),
        )
        check.wrong(place, outside)
    if address in owners:
        owner = ".".join(str(part) for part in owners[address][:2])
        check.wrong(place, message("{address} is taken by {owner}", address=address, owner=owner))
    owners.setdefault(address, place)


def _prefixes(world: World, check: Check) -> None:
    seen: list[tuple[IPv4Network | IPv6Network, str]] = []
    for network, entry in world.networks.items():
        for position, prefix in enumerate(entry.prefixes):
            parsed = ip_network(prefix)
            for other, owner in seen:
                if parsed.version == other.version and parsed.overlaps(other):
                    text = message(
                        "{prefix} overlaps {other} of network '{owner}'",
                        prefix=prefix,
                        other=str(other),
                        owner=owner,
                    )
                    check.wrong(("networks", network, "prefixes", position), text)
            seen.append((parsed, network))


def _numbers(world: World, check: Check) -> None:
    numbers = Counter(entry.asn for entry in world.networks.values())
    for network, entry in world.networks.items():
        if numbers[entry.asn] > 1:
            text = message("AS{number} is the number of two networks", number=entry.asn)
            check.wrong(("networks", network, "asn"), text)


def _links(world: World, check: Check) -> None:
    neighbours: dict[str, list[str]] = {network: [] for network in world.networks}
    for link in world.links:
        here, there = link.between
        neighbours[here].append(there)
        neighbours[there].append(here)
    waiting = list(world.networks)[:1]
    reached = dict.fromkeys(waiting)
    while waiting:
        beyond = [there for there in neighbours[waiting.pop()] if there not in reached]
        reached |= dict.fromkeys(beyond)
        waiting += beyond
    for network in world.networks:
        if network not in reached:
            first = next(iter(world.networks))
            text = message(
                "no link leads from '{first}' to '{network}'", first=first, network=network
            )
            check.wrong(("networks", network), text)
