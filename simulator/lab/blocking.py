"""Who blocks: access providers on their resolvers and routers, public resolvers, edges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.measures import (
    DnsLie,
    DnsMeasure,
    EdgeRefusal,
    Measure,
    PolicyZone,
    ResolverMeasure,
    ResolverWithdrawal,
)
from simulator.roles.isp.logic import AccessProvider
from simulator.values import message
from simulator.world.ordered import measure_of

if TYPE_CHECKING:
    from simulator.lab.carried import Undo
    from simulator.lab.names import Names
    from simulator.lab.web import Web
    from simulator.net import Host
    from simulator.values import Address
    from simulator.world.models import World


class Blocking:
    """The measures that a world's operators apply, by the key of the order."""

    def __init__(self, world: World, hosts: dict[str, Host], names: Names, web: Web) -> None:
        self._world = world
        self._names = names
        self._web = web
        fabric = next(iter(hosts.values())).fabric
        self.providers: dict[str, AccessProvider] = {}
        for name, entry in world.access_providers.items():
            page = entry.block_page
            networks = [fabric.topology.networks[network] for network in entry.networks]
            self.providers[name] = AccessProvider(
                name,
                resolvers=[names.resolvers[resolver].policy for resolver in entry.resolvers],
                paths=[fabric.middlebox(network) for network in networks],
                block_page=() if page is None else self._page(page),
                page=None if page is None else web.block_page(page),
                resolver_addresses=tuple(
                    address
                    for resolver in entry.resolvers
                    for address in world.hosts[world.host_of_resolver(resolver)].addresses
                ),
            )

    def _page(self, block_page: str) -> tuple[Address, ...]:
        return self._world.hosts[self._world.block_pages[block_page].host].addresses

    def apply_standing(self) -> None:
        """Have access providers do what they do of their own accord."""
        for name, provider in self.providers.items():
            for number, entry in enumerate(self._world.access_providers[name].measures, 1):
                provider.put(f"standing-{number}", [measure_of(entry, entry.name, self._world)])

    def apply(self, key: str, operator: str, measure: Measure) -> Undo:
        """Apply a measure; return how to lift it. `LabError` for whoever cannot."""
        provider = self.providers.get(operator)
        if isinstance(measure, EdgeRefusal):
            return self._refuse_at_the_edge(key, operator, measure)
        if provider is not None:
            provider.put(key, [measure])

            async def lift() -> None:
                provider.lift(key)

            return lift
        if not isinstance(measure, DnsMeasure | PolicyZone | ResolverWithdrawal):
            raise LabError(message("{operator} carries nobody's packets", operator=operator))
        return self._lie_in_public(key, operator, measure)

    def _lie_in_public(self, key: str, operator: str, measure: ResolverMeasure) -> Undo:
        """A public resolver complies, too."""
        resolvers = [
            resolver
            for resolver in self._names.resolvers
            if self._world.operator_of(self._world.host_of_resolver(resolver)) == operator
        ]
        policies = [self._names.resolvers[resolver].policy for resolver in resolvers]
        if isinstance(measure, DnsMeasure) and measure.lie is DnsLie.FORGED:
            measure = replace(
                measure, addresses=measure.addresses or self._own_page(operator, resolvers)
            )
        for policy in policies:
            policy.put(key, measure)

        async def lift() -> None:
            for policy in policies:
                policy.lift(key)

        return lift

    def _own_page(self, operator: str, resolvers: list[str]) -> tuple[Address, ...]:
        for resolver in resolvers:
            page = self._world.resolvers[resolver].block_page
            if page is not None:
                return self._page(page)
        raise LabError(
            message("{provider} has no block page for a forged answer", provider=operator)
        )

    def _refuse_at_the_edge(self, key: str, operator: str, measure: EdgeRefusal) -> Undo:
        edges = [
            edge
            for name, edge in self._web.edges.items()
            if self._world.edges[name].operator == operator
        ]
        if not edges:
            raise LabError(message("{operator} has no edge that serves sites", operator=operator))
        for edge in edges:
            edge.refuse(key, measure)

        async def lift() -> None:
            for edge in edges:
                edge.serve_again(key)

        return lift
