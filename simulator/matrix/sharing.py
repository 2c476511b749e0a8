"""What an innocent site shares with the studied one: why a measure may hit it along.

Read off the world, to explain what was measured; the measurement itself knows nothing of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.matrix.catalogue import study_of
from simulator.values import Message, message

if TYPE_CHECKING:
    from simulator.world.models import World


def shared(site: str, world: World) -> tuple[Message, ...]:
    """Return what a site has in common with the studied one."""
    study = study_of(world)
    found: list[Message] = []
    if world.sites[site].host == world.sites[study.site].host:
        address = world.hosts[world.sites[site].host].addresses[0]
        found.append(message("it has the same address ({address})", address=address))
    domain = world.domain_of(study.site)
    if domain is not None and world.domain_of(site) == domain:
        found.append(message("its name is under the same registered name ({name})", name=domain))
    if "*" in study.pattern:
        if _matches(study.pattern, site):
            found.append(message("its name fits the pattern {pattern}", pattern=study.pattern))
        found += [
            message(
                "the name of its nameserver {name} fits the pattern {pattern}",
                name=nameserver,
                pattern=study.pattern,
            )
            for nameserver in world.domains[world.domain_of(site) or ""].nameservers
            if _matches(study.pattern, nameserver)
        ]
    return tuple(found)


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
