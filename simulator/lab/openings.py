"""Names and sites that are not there from the beginning: how somebody registers the one and
puts up the other, by the same doors as everybody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.values import HOUR, SECOND, Message, OutcomeState, message
from simulator.world.models import Site

if TYPE_CHECKING:
    from simulator.lab.lab import Lab
    from simulator.world.fields import Text
    from simulator.world.naming import Domain
    from simulator.world.other_side import Catch

_RETRY = HOUR
_PATIENCE = 3 * 24
"""How many times a certificate is asked for before somebody gives up: three days."""


class Openings:
    """What may open later in a world. Each method returns once visitors can come, with a
    certificate; `LabError` with the reason where somebody refuses."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._world = lab.world
        self._names = lab.names
        self._web = lab.web

    async def open(self, name: str, vantage: str) -> Message:
        """Register the free domain of a site, from a vantage point, and put the site up."""
        site, domain = self._world.sites[name], self._world.domain_of(name)
        assert domain is not None, "every site of a checked world is in a domain"
        hosts = dict(self._world.web_names())
        await self._register(domain, self._world.domains[domain], hosts, vantage)
        await self._put_up(name, site, site.host)
        return message(
            "registered {name} at {registrar} and opened it at {host}",
            name=domain,
            registrar=self._registrar(self._world.domains[domain].registrar),
            host=self._hosting(site.host),
        )

    async def move(self, name: str, host: str) -> Message:
        """Put a site up on another machine, and lead its name there in its own zone."""
        site, domain = self._world.sites[name], self._world.domain_of(name)
        assert domain is not None, "every site of a checked world is in a domain"
        hosts = dict(self._world.web_names())
        hosts |= {own: self._web.host_of(own) or at for own, at in hosts.items()}
        hosts |= dict.fromkeys((name, *site.aliases), host)
        self._names.point(domain, self._world.domains[domain], hosts)
        await self._put_up(name, site, host)
        return message("put {name} up again at {host}", name=name, host=self._hosting(host))

    def is_dropped(self, name: str) -> bool:
        """Whether a name that was registered once is free again."""
        return self._names.is_available(name)

    async def catch(self, catch: Catch, vantage: str) -> Message:
        """Register a dropped name, and put a page of one's own up under it."""
        domain = self._world.domains[catch.name].model_copy(
            update={
                "registrar": catch.registrar,
                "registrant": catch.registrant,
                "nameservers": catch.nameservers,
                "records": (),
                "statuses": (),
            }
        )
        site = Site(host=catch.host, title=catch.title, text=catch.text)
        await self._register(catch.name, domain, {catch.name: catch.host}, vantage)
        await self._put_up(catch.name, site, catch.host)
        return message(
            "registered {name}, which was free again, at {registrar}",
            name=catch.name,
            registrar=self._registrar(catch.registrar),
        )

    def _registrar(self, registrar: str) -> Text:
        return self._world.operators[self._world.registrars[registrar].operator].name

    def _hosting(self, host: str) -> Text:
        return self._world.operators[self._world.operator_of(host)].name

    async def _register(
        self, name: str, domain: Domain, hosts: dict[str, str], vantage: str
    ) -> None:
        """Register a name as any customer does, by the registrar's web site if it has one, and
        serve its zone; return once the registry has published it."""
        lab, registrar = self._lab, domain.registrar
        at = None if self._world.registrars[registrar].front is None else vantage
        asked = await lab.registrants.register(
            registrar, name, domain.registrant.en, domain.nameservers, vantage=at
        )
        if asked.state is not OutcomeState.EXECUTED:
            raise LabError(asked.reason)
        for other, books in self._names.registrars.items():
            if other != registrar:  # whoever had it once was told by its registry that it is gone
                books.books.strike(name)
        ds = self._names.signing.ds(name)
        if ds:
            await lab.registration.at(registrar, lambda desk: desk.vouch(name, ds))
        self._names.point(name, domain, hosts)
        # Whoever asks before the zone is published makes caches remember that there is nothing.
        due = self._names.registry_of(name).next_publication(lab.now)
        await asyncio.sleep((due - lab.now) / SECOND + 1)

    async def _put_up(self, name: str, site: Site, host: str) -> None:
        self._web.put_up(name, site, host)
        if not site.https:
            return
        for _ in range(_PATIENCE):
            try:
                await self._web.certify(name, site, host, self._lab.run_on)
            except LabError:  # the authority's resolver still has an old answer, or none
                await asyncio.sleep(_RETRY / SECOND)
            else:
                return
        raise LabError(
            message("{name} gets no certificate: the name does not lead there", name=name)
        )
