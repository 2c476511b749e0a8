"""The access provider: turns orders into measures on its resolvers and on its path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from simulator.errors import LabError
from simulator.measures import (
    DnsLie,
    DnsMeasure,
    EdgeRefusal,
    Measure,
    ResolverMeasure,
    Shutdown,
)
from simulator.roles.isp.flows import PathRule
from simulator.roles.isp.rules import Means, rule_for
from simulator.values import Address, message
from simulator.wire.banners import BlockPage


class ResolverPolicy(Protocol):
    """What a resolver lies about."""

    def put(self, key: str, measure: ResolverMeasure) -> None:
        """Begin to lie."""

    def lift(self, key: str) -> object:
        """Tell the truth again."""


class Path(Protocol):
    """A router of the provider, on its subscribers' way out."""

    def put(self, key: str, rule: PathRule, *, at_border: bool = False) -> None:
        """Install a rule behind those already there, or for what crosses the border alone."""

    def lift(self, key: str) -> object:
        """Take it away."""


class AccessProvider:
    """One provider. What it puts under a key (an order's id), it lifts under the same.

    ``block_page`` are the addresses that a forged answer names when the measure names none;
    ``page`` is what its HTTP filter shows, by default one in which the provider itself asks
    for the block; ``resolver_addresses`` are those of all its resolvers, the first one's
    first: interception sends queries there, and lets theirs pass.
    """

    def __init__(
        self,
        id: str,  # noqa: A002  the word that worlds and orders use
        *,
        resolvers: Sequence[ResolverPolicy] = (),
        paths: Sequence[Path] = (),
        block_page: tuple[Address, ...] = (),
        page: BlockPage | None = None,
        resolver_addresses: tuple[Address, ...] = (),
    ) -> None:
        self.id = id
        self._means = Means(id, block_page, page, resolver_addresses)
        self._resolvers = tuple(resolvers)
        self._paths = tuple(paths)
        self._measures: dict[str, tuple[Measure, ...]] = {}

    def __repr__(self) -> str:
        return f"<AccessProvider {self.id} measures={list(self._measures)}>"

    def put(self, key: str, measures: Sequence[Measure]) -> None:
        """Apply measures, all or none.

        `LabError` if the key is in use, if the provider lacks what a measure needs (a
        resolver, a router, the address of a block page), or if the measure makes no sense.
        """
        if key in self._measures:
            raise LabError(message("{provider} already applies '{key}'", provider=self.id, key=key))
        ready = [self._prepared(f"{key}/{place}", each) for place, each in enumerate(measures)]
        done: list[tuple[str, ResolverPolicy | Path]] = []
        try:
            for place, (measure, rule) in enumerate(ready):
                part = f"{key}/{place}"
                if rule is not None:
                    for path in self._paths:
                        path.put(part, rule, at_border=isinstance(measure, Shutdown))
                        done.append((part, path))
                elif isinstance(measure, ResolverMeasure):
                    for resolver in self._resolvers:
                        resolver.put(part, measure)
                        done.append((part, resolver))
        except LabError:  # a policy zone that its resolver cannot read
            for part, where in reversed(done):
                where.lift(part)
            raise
        self._measures[key] = tuple(measures)

    def lift(self, key: str) -> None:
        """Undo what was put under a key. `LabError` for one that was not."""
        measures = self._measures.pop(key, None)
        if measures is None:
            raise LabError(
                message("{provider} applies nothing called '{key}'", provider=self.id, key=key)
            )
        for place, measure in enumerate(measures):
            concerned = self._resolvers if isinstance(measure, ResolverMeasure) else self._paths
            for each in concerned:
                each.lift(f"{key}/{place}")

    def measures(self) -> dict[str, tuple[Measure, ...]]:
        """Return what is applied now, by key, in the order in which it was put."""
        return dict(self._measures)

    def _prepared(self, part: str, measure: Measure) -> tuple[Measure, PathRule | None]:
        """Return a measure as it will be put, with its rule if it is one for the path."""
        if isinstance(measure, EdgeRefusal):
            raise LabError(message("{operator} has no edge that serves sites", operator=self.id))
        if not isinstance(measure, ResolverMeasure):
            if not self._paths:
                raise LabError(
                    message("{provider} has no router to stop packets at", provider=self.id)
                )
            return measure, rule_for(part, measure, self._means)
        if not self._resolvers:
            raise LabError(message("{provider} has no resolver to lie with", provider=self.id))
        if isinstance(measure, DnsMeasure) and measure.lie is DnsLie.FORGED:
            addresses = self._means.forged_addresses(measure.addresses)
            measure = replace(measure, addresses=addresses)
        return measure, None
