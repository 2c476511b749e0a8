"""What registries open beside their zones: directories and EPP, if the world has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.lab.registration import Registration

if TYPE_CHECKING:
    import ssl

    from simulator.lab.lab import Lab


async def open_offices(lab: Lab) -> Registration:
    """Open what the world's registries offer, and return the registrars' desks.

    The lab's people have settled by then: who asks by TLS trusts what they trust.
    """
    contexts = {name: machine.tls_context for name, machine in lab.web.machines.items()}
    if lab.world.has_directories():
        contexts |= await _open_directories(lab)
    registration = Registration(
        lab.world,
        lab.hosts,
        lab.names,
        lab.fabric.now,
        lab.journal,
        lab.run_on,
        lab.fabric.random_for,
        int(lab.clock.start.timestamp()),
    )
    await registration.open(contexts, lab.people.tls_context)
    return registration


async def _open_directories(lab: Lab) -> dict[str, ssl.SSLContext]:
    """Return the contexts of the directories' machines, by host."""
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
    return {host: server.tls_context for host, server in directories.servers.items()}
