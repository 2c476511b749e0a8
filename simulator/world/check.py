"""Whether the entries of a world agree with one another. All faults at once.

The models have checked single values. Here it is references first; what builds on them
(addresses, names, people and lines) looks at the entries whose references are right.
"""

from __future__ import annotations

from typing import Any

from simulator.world.check_addresses import check_addresses
from simulator.world.check_machines import check_machines
from simulator.world.check_measures import check_standing
from simulator.world.check_names import check_names
from simulator.world.check_other_side import check_other_side
from simulator.world.check_people import check_people
from simulator.world.check_references import check_references
from simulator.world.check_registration import check_registration
from simulator.world.check_signing import check_signing
from simulator.world.checking import Check
from simulator.world.models import World


def check_world(world: World, check: Check) -> None:
    """Note where the entries of a world contradict one another."""
    check_references(world, check)
    sound = _resolved(world, check)
    check_addresses(sound, check)
    check_machines(sound, check)
    check_names(sound, check)
    check_people(sound, check)
    check_standing(sound, check)
    check_signing(sound, check)
    check_registration(sound, check)
    check_other_side(sound, check)


def _resolved(world: World, check: Check) -> World:
    """Return a world of the entries whose references lead somewhere."""
    while True:
        again = Check(check.source, check.lost)
        again.misnamed = check.misnamed
        check_references(world, again)
        gone: dict[str, list[str | int]] = {}
        for section, *rest in again.unresolved:
            gone.setdefault(str(section), []).append(rest[0] if rest else "")
        if gone.keys() <= {"certificate_authority"}:
            return world
        check.left_out.update(gone)
        check.partial = True
        update: dict[str, Any] = {}
        for section, keys in gone.items():
            entries = getattr(world, section)
            if isinstance(entries, dict):
                update[section] = {key: entries[key] for key in entries if key not in keys}
            elif section == "links":
                update[section] = tuple(
                    link for number, link in enumerate(world.links) if number not in keys
                )
            elif section == "root":
                known = [name for name in entries.nameservers if name in world.nameservers]
                update[section] = entries.model_copy(update={"nameservers": tuple(known)})
            elif section in ("study", "control"):
                update[section] = None
        world = world.model_copy(update=update)
