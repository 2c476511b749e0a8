"""The web of a world: sites, the block pages and banners of authorities, certificates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.banners import Banners
from simulator.roles.certification.service import CertificationAuthority
from simulator.roles.hosting import logic
from simulator.roles.hosting.service import WebHost
from simulator.roles.resolver.stub import StubResolver
from simulator.values import HOUR, SECOND
from simulator.wire.banners import Banner, BlockPage, Service

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.running import RandomFor, RunOn
    from simulator.net import Host
    from simulator.roles.cdn.service import Edge
    from simulator.values import Address, Now
    from simulator.world.models import Site, World

CERTIFICATE_RETRY = HOUR
"""How often the banner host asks again for a certificate that it cannot have yet. Real
authorities allow a handful of failures an hour."""
CERTIFICATE_NAMES = 100
"""How many names the lab's authority puts into one certificate."""
CERTIFICATE_PATIENCE = 14 * 24
"""How many times: two weeks, by when every cache has let go."""


class Web:
    """All machines that serve pages, and who certifies them."""

    def __init__(
        self,
        world: World,
        hosts: dict[str, Host],
        now: Now,
        journal: Journal,
        calendar_start: int,
        language: str,
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._now = now
        self._journal = journal
        self._calendar_start = calendar_start
        self._language = language
        self.machines: dict[str, WebHost] = {}
        """By host id."""
        self.edges: dict[str, Edge] = {}
        self.authority: CertificationAuthority
        self._moved: dict[str, str] = {}
        """By site, the machine that it was put up on later."""
        self.banners = Banners(self.machines)

    # --- building -----------------------------------------------------------------------

    async def start(self, run_on: RunOn, random_for: RandomFor) -> None:
        """Serve every site, with a certificate that was validated over the lab's own DNS."""
        entry = self._world.certificate_authority
        host = self._hosts[entry.host]
        resolver = self._world.hosts[self._world.host_of_resolver(entry.resolver)]
        stub = StubResolver(
            resolver.addresses[:1], now=self._now, random=random_for(f"{entry.host}/stub")
        )

        async def lookup(name: str) -> list[Address]:
            return list((await stub.addresses(name)).addresses)

        self.authority = CertificationAuthority(
            lookup,
            random_for(entry.host),
            self._now,
            journal=self._journal,
            calendar_start=self._calendar_start,
        )
        await run_on(host, self.authority.start(host.addresses))
        for name, state in self._states().items():
            listens = None if name not in self._certified() else name not in self._encrypted()
            machine = self.machines[name] = WebHost(
                name,
                state,
                self._hosts[name].addresses,
                self._now,
                https=listens,
                calendar_start=self._calendar_start,
                journal=self._journal,
            )
            await run_on(self._hosts[name], machine.start())
        wanted = [
            (site.host, (name, *site.aliases))
            for name, site in self._world.sites.items()
            if site.https and not self._world.is_free(name)
        ]
        wanted += [(page.host, (page.name,)) for page in self._world.block_pages.values()]
        wanted += [
            (self._world.host_of_resolver(key), (resolver.hostname,))
            for key, resolver in self._world.resolvers.items()
            if resolver.hostname is not None
        ]
        await asyncio.gather(
            *(run_on(self._hosts[host], self._certify(host, names)) for host, names in wanted)
        )

    async def open_edges(self, run_on: RunOn) -> None:
        """Start the content networks' machines, each with a certificate for its own names."""
        if not self._world.edges:
            return
        from simulator.roles.cdn.service import Customer, Edge

        for name, entry in self._world.edges.items():
            host = self._hosts[self._world.host_of("edges", name)]
            customers = [
                Customer(
                    site,
                    self._world.hosts[self._world.sites[site].host].addresses,
                    self._world.sites[site].aliases,
                    self._world.sites[site].https,
                )
                for site in entry.customers
            ]
            edge = self.edges[name] = Edge(
                name,
                entry.fronts,
                customers,
                host.addresses,
                self._now,
                self.authority.root_pem,
                fronting_allowed=entry.fronting,
                calendar_start=self._calendar_start,
                journal=self._journal,
            )
            await run_on(host, edge.start())
            await run_on(host, edge.obtain_certificate((self._authority_address(), 80)))

    def _authority_address(self) -> Address:
        return self._world.hosts[self._world.certificate_authority.host].addresses[0]

    def _states(self) -> dict[str, logic.HostState]:
        states: dict[str, logic.HostState] = {}
        for name, site in self._world.sites.items():
            if not self._world.is_free(name):
                state = states.get(site.host, logic.HostState())
                states[site.host] = logic.add_site(state, self._described(name, site))
        for key, page in self._world.block_pages.items():
            states[page.host] = logic.showing_block_page(self.block_page(key))
        for host in (*self._banner_hosts(), *self._encrypted(), *self._world.spare_hosts()):
            states.setdefault(host, logic.HostState())
        return states

    def _described(self, name: str, site: Site) -> logic.Site:
        return logic.Site(
            name,
            site.title.say(self._language),
            self._language,
            aliases=site.aliases,
            https=site.https,
            redirect_to_https=site.redirect,
            hsts_seconds=None if site.hsts is None else site.hsts // SECOND,
            paragraphs=tuple(text.say(self._language) for text in site.text),
            weight=site.weight,
        )

    def block_page(self, key: str) -> BlockPage:
        """Return a block page as its machine draws it."""
        page = self._world.block_pages[key]
        return BlockPage(
            self._world.authorities[page.by].name,
            self._world.operators[self._world.operator_of(page.host)].name,
            status=page.status,
        )

    def _banner_hosts(self) -> dict[str, None]:
        return dict.fromkeys(banner.host for banner in self._world.banners.values())

    def _certified(self) -> dict[str, None]:
        """The machines that answer HTTPS though they host no site."""
        pages = dict.fromkeys(page.host for page in self._world.block_pages.values())
        spare = dict.fromkeys(self._world.spare_hosts())
        return pages | self._banner_hosts() | self._encrypted() | spare

    def _encrypted(self) -> dict[str, None]:
        """The machines of resolvers by TLS: port 443 is theirs, port 80 proves their name."""
        return dict.fromkeys(
            self._world.host_of_resolver(key)
            for key, resolver in self._world.resolvers.items()
            if resolver.hostname is not None
        )

    async def _certify(self, host: str, names: tuple[str, ...]) -> None:
        authority = (self._authority_address(), 80)
        await self.machines[host].obtain_certificate(names, authority)

    # --- what comes later ---------------------------------------------------------------

    def host_of(self, site: str) -> str | None:
        """Return the machine that a site is on now; None for one that is on none yet."""
        if site in self._moved:
            return self._moved[site]
        entry = self._world.sites.get(site)
        return None if entry is None or self._world.is_free(site) else entry.host

    def title_of(self, site: str) -> str:
        """Return the title that a site's visitors know it by."""
        return self._world.sites[site].title.say(self._language)

    def put_up(self, name: str, site: Site, host: str) -> None:
        """Put a site up on a machine, whatever still stands on another."""
        machine = self.machines[host]
        if name not in machine.state.sites:
            machine.state = logic.add_site(machine.state, self._described(name, site))
        self._moved[name] = host

    async def certify(self, name: str, site: Site, host: str, run_on: RunOn) -> None:
        """Get a certificate for a site that was put up; `LabError` while its name does not
        lead there."""
        await run_on(self._hosts[host], self._certify(host, (name, *site.aliases)))

    # --- seizure ------------------------------------------------------------------------

    def banner(self, banner_id: str) -> Banner:
        """Return a banner as its machine draws it."""
        entry = self._world.banners[banner_id]
        return Banner(
            entry.title,
            tuple(
                Service(service.name, service.initials, service.country)
                for service in entry.services
            ),
            entry.judicial_authority,
            entry.legal_basis,
            verb=entry.verb,
            languages=entry.languages,
            contact=entry.contact,
        )

    def names_under(self, domain: str) -> tuple[str, ...]:
        """Return a seized domain and all below it that the web knows of."""
        sites = self._world.sites.items()
        known = [name for own, site in sites for name in (own, *site.aliases)]
        below = [name for name in known if self._world.domain_of(name) == domain]
        return tuple(dict.fromkeys((domain, *below)))

    async def show_seized(
        self, banner_id: str, names: tuple[str, ...], run_on: RunOn
    ) -> Callable[[], None]:
        """Have the authorities' own machine show the banner for these names, and no others,
        with a certificate as soon as they lead there; return how to stop that.

        What another order leads there stays when one stops.
        """
        host = self._world.banners[banner_id].host
        machine, banner = self.machines[host], self.banner(banner_id)
        take_away = self.banners.put(host, partial(logic.add_banner, banner=banner, names=names))
        await run_on(self._hosts[host], machine.show_banner(banner, names))
        waiting: asyncio.Task[None] | None = None
        if self._uncertified(host, names):
            waiting = run_on(self._hosts[host], self._certify_patiently(host, names))

        def stop() -> None:
            if waiting is not None:
                waiting.cancel()
            take_away()

        return stop

    def _uncertified(self, host: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if not self.machines[host].has_certificate(name))

    async def _certify_patiently(self, host: str, names: tuple[str, ...]) -> None:
        for _ in range(CERTIFICATE_PATIENCE):
            missing = self._uncertified(host, names)  # another order may want the same
            try:
                for first in range(0, len(missing), CERTIFICATE_NAMES):
                    await self._certify(host, missing[first : first + CERTIFICATE_NAMES])
                break
            except LabError:  # refused: the name does not lead here yet where the authority looks
                await asyncio.sleep(CERTIFICATE_RETRY / SECOND)
