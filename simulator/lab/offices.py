"""What registries open beside their zones: the directories, if the world has any."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.serving.late import Accept, Late, listen

if TYPE_CHECKING:
    from simulator.lab.directory import Directories
    from simulator.lab.lab import Lab
    from simulator.roles.directory.service import DirectoryServer

HTTP, HTTPS, WHOIS = 80, 443, 43


async def open_offices(lab: Lab) -> None:
    """Open what the world's registries offer; it is built when somebody first asks for it."""
    if any(entry.directory for entry in lab.world.registries.values()):
        await _Offices(lab).open()


class _Offices:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._directories: Directories | None = None
        self._served: dict[str, dict[int, Accept]] = {}

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
        lab, accepts = self._lab, self._accepts(host)
        authority = lab.hosts[lab.world.certificate_authority.host].addresses[0]
        await self._server(host).obtain_certificate((authority, HTTP))
        return accepts[HTTPS]

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
