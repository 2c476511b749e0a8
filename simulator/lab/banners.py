"""Which machine shows which banner for which names, and by how many orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from simulator.roles.hosting.logic import release

if TYPE_CHECKING:
    from simulator.roles.hosting.logic import HostState
    from simulator.roles.hosting.service import WebHost

Draw: TypeAlias = "Callable[[HostState], HostState]"
"""Puts one order's banner on a machine's pages."""


class Banners:
    """The banners that orders have put on machines. Each order takes away its own alone: a name
    shows the latest of those that are left."""

    def __init__(self, machines: Mapping[str, WebHost]) -> None:
        self._machines = machines
        self._put: dict[str, dict[int, Draw]] = {}
        """By machine, what each order drew, oldest first."""
        self._number = 0

    def put(self, host: str, draw: Draw) -> Callable[[], None]:
        """Draw an order's banner; return how to take it away again, once."""
        self._number += 1
        number, machine, put = self._number, self._machines[host], self._put.setdefault(host, {})
        put[number] = draw
        machine.state = draw(machine.state)

        def take_away() -> None:
            del put[number]
            machine.state = release(machine.state)
            for other in put.values():
                machine.state = other(machine.state)

        return take_away
