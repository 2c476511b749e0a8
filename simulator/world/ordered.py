"""From a measure as it is written in a file to the measure that an operator takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.measures import (
    AddressMeasure,
    DnsInjection,
    DnsInterception,
    DnsLie,
    DnsMeasure,
    EdgeRefusal,
    EncryptedDnsMeasure,
    FingerprintMeasure,
    HttpMeasure,
    Measure,
    PolicyZone,
    Residue,
    ResolverWithdrawal,
    Shutdown,
    SniMeasure,
)

if TYPE_CHECKING:
    from simulator.values import Address
    from simulator.world.measures import MeasureEntry
    from simulator.world.models import World


def measure_of(entry: MeasureEntry, name: str | None, world: World) -> Measure:
    """Return the measure that an entry describes; ``name`` is the order's.

    What is not written follows from the world: a site's addresses, the known resolvers.
    """
    about = name if entry.pattern is None else entry.pattern
    if entry.dns is not None:
        assert about is not None
        return DnsMeasure(
            about,
            entry.dns,
            entry.subdomains,
            extended_error=entry.extended_error,
            clients=_clients(entry, world),
        )
    if entry.rpz is not None:
        return PolicyZone(entry.rpz, extended_error=entry.extended_error)
    if entry.withdrawal is not None:
        return ResolverWithdrawal(_clients(entry, world), DnsLie(entry.withdrawal))
    if entry.edge is not None:
        assert about is not None
        return EdgeRefusal(about, _clients(entry, world), entry.blocked_by)
    return _on_the_path(entry, about, world)


def _on_the_path(entry: MeasureEntry, about: str | None, world: World) -> Measure:
    versions = entry.versions
    if entry.injection is not None:
        assert about is not None
        return DnsInjection(
            about, entry.injection, entry.subdomains, drop=entry.drop, versions=versions
        )
    if entry.interception is not None:
        return DnsInterception(versions=versions)
    if entry.address is not None:
        prefixes = addresses_of(entry.of or (about or "",), world)
        return AddressMeasure(prefixes, entry.address, _ports(entry, ()), versions)
    if entry.vpn is not None:
        known = entry.of or [key for key, each in world.vpn_exits.items() if not each.obfuscated]
        hosts = [world.host_of_exit(each) if each in world.vpn_exits else each for each in known]
        return AddressMeasure(addresses_of(hosts, world), entry.vpn, versions=versions)
    if entry.encrypted_dns is not None:
        return _encrypted_dns(entry, world)
    if entry.http is not None:
        return HttpMeasure(
            None if entry.keyword is not None else about,
            entry.keyword,
            entry.http,
            entry.subdomains,
            _ports(entry, (80,)),
            entry.blocked_by,
            versions,
        )
    if entry.sni is not None:
        assert about is not None
        return SniMeasure(
            about,
            entry.sni,
            entry.subdomains,
            _ports(entry, (443,)),
            entry.rate,
            entry.residual,
            Residue(entry.residue),
            versions,
        )
    if entry.fingerprint is not None:
        return FingerprintMeasure(entry.fingerprint, versions)
    return Shutdown(versions)


def _encrypted_dns(entry: MeasureEntry, world: World) -> EncryptedDnsMeasure:
    assert entry.encrypted_dns is not None
    asked = entry.of or [key for key, each in world.resolvers.items() if each.hostname is not None]
    resolvers = [each for each in asked if each in world.resolvers]
    hosts = [world.host_of_resolver(each) if each in world.resolvers else each for each in asked]
    names = [world.resolvers[each].hostname for each in resolvers]
    return EncryptedDnsMeasure(
        addresses_of(hosts, world),
        tuple(name for name in names if name is not None),
        action=entry.encrypted_dns,
        versions=entry.versions,
    )


def _ports(entry: MeasureEntry, usual: tuple[int, ...]) -> tuple[int, ...]:
    if entry.ports is None:
        return usual
    return () if entry.ports == "all" else entry.ports


def _clients(entry: MeasureEntry, world: World) -> tuple[str, ...]:
    """Return the prefixes of the access networks in the countries of an entry."""
    return tuple(
        prefix
        for name, network in world.networks.items()
        if network.kind == "access" and world.country_of(name) in (entry.countries or ())
        for prefix in network.prefixes
    )


def addresses_of(named: tuple[str, ...] | list[str], world: World) -> tuple[Address, ...]:
    """Return the addresses that names of sites and ids of hosts stand for; others stay."""
    addresses: dict[str, None] = {}
    for one in named:
        host = world.sites[one].host if one in world.sites else one
        entry = world.hosts.get(host)
        addresses.update(dict.fromkeys((one,) if entry is None else entry.addresses))
    return tuple(addresses)
