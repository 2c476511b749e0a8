"""What registries and registrars open beside zones: directories, EPP, web sites, if the world
has any. All of it is built when somebody first asks for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.lab.registration import Registration
from simulator.serving.late import Accept, Late, listen

if TYPE_CHECKING:
    import ssl

    from simulator.lab.directory import Directories
    from simulator.lab.lab import Lab
    from simulator.roles.directory.service import DirectoryServer
    from simulator.roles.hosting.service import WebHost

HTTP, HTTPS, WHOIS = 80, 443, 43


async def open_offices(lab: Lab) -> Registration:
    """Open what the world's registries and registrars offer, and return the registrars' desks.

    The lab's people have settled by then: who asks by TLS trusts what they trust.
    """
    offices = _Offices(lab)
    if lab.world.has_directories():
        await offices.open()
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
    await registration.open(offices.context, lab.people.tls_context)
    return registration


class _Offices:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._directories: Directories | None = None
        self._served: dict[str, dict[int, Accept]] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        """By machine that has its certificate."""

    async def open(self) -> None:
        from simulator.lab.directory_names import OwnNames, machines, no_room

        lab = self._lab
        OwnNames(lab.world, lab.names, lab.fabric.now).register()
        for host in machines(lab.world):
            try:
                await lab.run_on(lab.hosts[host], self._listen(host))
            except OSError as error:
                raise no_room(host) from error

    async def _listen(self, host: str) -> None:
        addresses = self._lab.hosts[host].addresses
        await listen(Late(partial(self._certified, host)), addresses, HTTPS)
        for port in (HTTP, WHOIS):
            await listen(Late(partial(self._plain, host, port)), addresses, port)

    async def _plain(self, host: str, port: int) -> Accept:
        return self._accepts(host)[port]

    async def _certified(self, host: str) -> Accept:
        await self.context(host, ())
        return self._accepts(host)[HTTPS]

    async def context(self, host: str, names: tuple[str, ...]) -> ssl.SSLContext:
        """Return what a machine serves TLS with. It gets its certificate now if it has none:
        for the names of its directory, or, without one, for ``names``."""
        if host not in self._contexts:
            lab = self._lab
            authority = lab.hosts[lab.world.certificate_authority.host].addresses[0]
            if self._has_directory(host):
                self._accepts(host)
                server = self._server(host)
                await server.obtain_certificate((authority, HTTP))
                self._contexts[host] = server.tls_context
            else:
                machine = await self._proving(host)
                await machine.obtain_certificate(names, (authority, HTTP))
                self._contexts[host] = machine.tls_context
        return self._contexts[host]

    def _has_directory(self, host: str) -> bool:
        from simulator.lab.directory_names import machines

        return self._lab.world.has_directories() and host in machines(self._lab.world)

    async def _proving(self, host: str) -> WebHost:
        """Have a machine without web pages answer at port 80, where it proves its names."""
        from simulator.roles.hosting.logic import HostState
        from simulator.roles.hosting.service import WebHost

        lab = self._lab
        machine = WebHost(host, HostState(), lab.hosts[host].addresses, lab.fabric.now, https=False)
        await machine.start()
        return machine

    def _accepts(self, host: str) -> dict[int, Accept]:
        if host not in self._served:
            self._served[host] = self._server(host).accept()
        return self._served[host]

    def _server(self, host: str) -> DirectoryServer:
        if self._directories is None:
            from simulator.lab.directory import Directories

            lab = self._lab
            self._directories = Directories(
                lab.world,
                lab.hosts,
                lab.names,
                lab.fabric.now,
                lab.journal,
                calendar_start=int(lab.clock.start.timestamp()),
            )
        return self._directories.servers[host]
