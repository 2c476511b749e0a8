"""What registries open beside their zones: the directories, if the world has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.lab.lab import Lab


async def open_offices(lab: Lab) -> None:
    """Open what the world's registries offer. Imports it only where there is any."""
    if any(entry.directory for entry in lab.world.registries.values()):
        await _open_directories(lab)


async def _open_directories(lab: Lab) -> None:
    from simulator.lab.directory import Directories

    directories = Directories(
        lab.world,
        lab.hosts,
        lab.names,
        lab.fabric.now,
        lab.journal,
        calendar_start=int(lab.clock.start.timestamp()),
    )
    authority = lab.hosts[lab.world.certificate_authority.host].addresses[0]
    await directories.open(lab.run_on, (authority, 80))
