"""The access provider: turns orders into measures on its resolvers and on its path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from simulator.errors import LabError
from simulator.measures import AddressMeasure, DnsLie, DnsMeasure, Measure
from simulator.roles.isp.address import AddressRule
from simulator.values import Address, message


class ResolverPolicy(Protocol):
    """What a resolver lies about."""

    def put(self, key: str, measure: DnsMeasure) -> None:
        """Begin to lie."""

    def lift(self, key: str) -> object:
        """Tell the truth again."""


class Path(Protocol):
    """A router of the provider, on its subscribers' way out."""

    def put(self, key: str, rule: AddressRule) -> None:
        """Install a rule behind those already there."""

    def lift(self, key: str) -> object:
        """Take it away."""


class AccessProvider:
    """One provider. What it puts under a key (an order's id), it lifts under the same.

    ``block_page`` are the addresses that a forged answer names when the measure names none.
    """

    def __init__(
        self,
        id: str,  # noqa: A002  the word that worlds and orders use
        *,
        resolvers: Sequence[ResolverPolicy] = (),
        paths: Sequence[Path] = (),
        block_page: tuple[Address, ...] = (),
    ) -> None:
        self.id = id
        self.block_page = block_page
        self._resolvers = tuple(resolvers)
        self._paths = tuple(paths)
        self._measures: dict[str, tuple[Measure, ...]] = {}

    def __repr__(self) -> str:
        return f"<AccessProvider {self.id} measures={list(self._measures)}>"

    def put(self, key: str, measures: Sequence[Measure]) -> None:
        """Apply measures, all or none.

        `LabError` if the key is in use, or if the provider lacks what a measure needs:
        a resolver, a router, the address of a block page.
        """
        if key in self._measures:
            raise LabError(message("{provider} already applies '{key}'", provider=self.id, key=key))
        ready = tuple(self._prepared(f"{key}/{place}", each) for place, each in enumerate(measures))
        for place, measure in enumerate(ready):
            part = f"{key}/{place}"
            if isinstance(measure, AddressRule):
                for path in self._paths:
                    path.put(part, measure)
            else:
                for resolver in self._resolvers:
                    resolver.put(part, measure)
        self._measures[key] = tuple(measures)

    def lift(self, key: str) -> None:
        """Undo what was put under a key. `LabError` for one that was not."""
        measures = self._measures.pop(key, None)
        if measures is None:
            raise LabError(
                message("{provider} applies nothing called '{key}'", provider=self.id, key=key)
            )
        for place, measure in enumerate(measures):
            concerned = self._paths if isinstance(measure, AddressMeasure) else self._resolvers
            for each in concerned:
                each.lift(f"{key}/{place}")

    def measures(self) -> dict[str, tuple[Measure, ...]]:
        """Return what is applied now, by key, in the order in which it was put."""
        return dict(self._measures)

    def _prepared(self, part: str, measure: Measure) -> DnsMeasure | AddressRule:
        if isinstance(measure, AddressMeasure):
            if not self._paths:
                raise LabError(
                    message("{provider} has no router to stop packets at", provider=self.id)
                )
            return AddressRule(part, measure)
        if not self._resolvers:
            raise LabError(message("{provider} has no resolver to lie with", provider=self.id))
        if measure.lie is not DnsLie.FORGED or measure.addresses:
            return measure
        if not self.block_page:
            raise LabError(
                message("{provider} has no block page for a forged answer", provider=self.id)
            )
        return replace(measure, addresses=self.block_page)
