"""Which rule carries out which measure on the path."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.errors import LabError
from simulator.measures import (
    AddressMeasure,
    DnsInjection,
    DnsInterception,
    DnsLie,
    EncryptedDnsMeasure,
    FingerprintMeasure,
    HttpMeasure,
    PathMeasure,
    SniMeasure,
)
from simulator.roles.isp.address import AddressRule
from simulator.roles.isp.encrypted_dns import EncryptedDnsRule
from simulator.roles.isp.fingerprint import FingerprintRule
from simulator.roles.isp.flows import PathRule
from simulator.roles.isp.http_filter import HttpRule
from simulator.roles.isp.injection import InjectionRule
from simulator.roles.isp.interception import InterceptionRule
from simulator.roles.isp.shutdown import ShutdownRule
from simulator.roles.isp.sni_filter import SniRule
from simulator.values import Address, message
from simulator.wire.banners import BlockPage


@dataclass(frozen=True, slots=True)
class Means:
    """What a provider has of its own that its measures make use of.

    ``block_page`` are the addresses that a forged answer names when the measure names none,
    ``page`` is what a request is answered with on the way, ``resolvers`` are the addresses
    of its resolvers.
    """

    provider: str
    block_page: tuple[Address, ...] = ()
    page: BlockPage | None = None
    resolvers: tuple[Address, ...] = ()

    def forged_addresses(self, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        """Return the addresses of a forged answer; `LabError` if there are none."""
        if addresses or self.block_page:
            return addresses or self.block_page
        raise LabError(
            message("{provider} has no block page for a forged answer", provider=self.provider)
        )


def rule_for(name: str, measure: PathMeasure, means: Means) -> PathRule:
    """Return the rule for a measure; `LabError` for what it needs and the provider lacks."""
    if isinstance(measure, AddressMeasure):
        return AddressRule(name, measure)
    if isinstance(measure, DnsInjection):
        if measure.lie is DnsLie.FORGED:
            measure = replace(measure, addresses=means.forged_addresses(measure.addresses))
        return InjectionRule(name, measure)
    if isinstance(measure, DnsInterception):
        if not measure.resolver and not means.resolvers:
            raise LabError(
                message("{provider} has no resolver to send queries to", provider=means.provider)
            )
        return InterceptionRule(name, measure, means.resolvers)
    if isinstance(measure, HttpMeasure):
        return HttpRule(name, measure, means.page or BlockPage(means.provider, means.provider))
    if isinstance(measure, SniMeasure):
        return SniRule(name, measure)
    if isinstance(measure, EncryptedDnsMeasure):
        return EncryptedDnsRule(name, measure)
    if isinstance(measure, FingerprintMeasure):
        return FingerprintRule(name, measure)
    return ShutdownRule(name, measure)
