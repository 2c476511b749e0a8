"""Whether the entries of a world agree with one another. All faults at once.

The models have checked single values. Here it is references first; what builds on them
(addresses, names, people and lines) waits until they are right.
"""

from __future__ import annotations

from simulator.world.check_addresses import check_addresses
from simulator.world.check_machines import check_machines
from simulator.world.check_names import check_names
from simulator.world.check_people import check_people
from simulator.world.check_references import check_references
from simulator.world.checking import Check
from simulator.world.faults import Faults
from simulator.world.models import World
from simulator.world.source import Source


def check_world(world: World, source: Source) -> None:
    """Raise `Faults` when the entries of a world contradict one another."""
    check = Check(source)
    check_references(world, check)
    if not check.found:
        check_addresses(world, check)
        check_machines(world, check)
        check_names(world, check)
        check_people(world, check)
    if check.found:
        raise Faults(check.found)
