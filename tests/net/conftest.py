"""A small Internet for the tests of `simulator.net`: two networks and one of transit."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.net import Clock, Host, LabLoop, Network
from simulator.values import MILLISECOND


class Internet:
    """home (2 ms) -- transit -- (8 ms) abroad; each host 1 ms behind its router."""

    def __init__(self, clock: Clock | None = None, seed: int = 0) -> None:
        self.loop = LabLoop(clock, seed)
        self.fabric = self.loop.fabric
        self.journal = self.fabric.journal = Journal(self.fabric.now)
        self.errors: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self.home = self.network("home", "192.0.2.0/24", "2001:db8:1::/48")
        self.transit = self.network("transit", "203.0.113.0/24", "2001:db8:2::/48")
        self.abroad = self.network("abroad", "198.51.100.0/24", "2001:db8:3::/48")
        self.fabric.topology.link(self.home, self.transit, 2 * MILLISECOND)
        self.fabric.topology.link(self.transit, self.abroad, 8 * MILLISECOND)
        self.alice = self.host("alice", self.home, "192.0.2.10", "2001:db8:1::10")
        self.bob = self.host("bob", self.abroad, "198.51.100.20", "2001:db8:3::20")

    def network(self, name: str, *prefixes: str) -> Network:
        return self.fabric.add_network(Network(name, prefixes=prefixes))

    def host(self, name: str, network: Network, *addresses: str) -> Host:
        return Host(self.fabric, name, network, addresses, 1 * MILLISECOND)

    def run(self, *programs: tuple[Host, Coroutine[Any, Any, Any]]) -> list[Any]:
        """Run programs on hosts until all have ended; return what they returned."""

        async def together() -> list[Any]:
            tasks = [self.loop.run_on(host, program) for host, program in programs]
            return [await task for task in tasks]

        results = self.loop.run_until_complete(together())
        assert self.errors == []
        return results

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.run((host, program))[0]


@pytest.fixture
def make_internet() -> Iterator[Callable[..., Internet]]:
    made: list[Internet] = []

    def make(clock: Clock | None = None, seed: int = 0) -> Internet:
        made.append(Internet(clock, seed))
        return made[-1]

    yield make
    for internet in made:
        internet.loop.shut_down()


@pytest.fixture
def internet(make_internet: Callable[..., Internet]) -> Internet:
    return make_internet()
