"""The people of a world: their machines, their browsers, and how they reach the Internet."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.waypoints import Waypoints
from simulator.lab.ways import Via, WayBlocked, Ways
from simulator.lab.words import unknown
from simulator.net.packets import is_ipv6
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.service import Identity, Probe
from simulator.roles.resolver.stub import Answer, StubResolver
from simulator.values import Address, Instant, Observation, StageTiming, message

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.running import RandomFor, RunOn
    from simulator.lab.signing import Signing
    from simulator.lab.tunnel import ClientTunnel
    from simulator.net import Host, Tap
    from simulator.roles.vpn.service import VpnClient
    from simulator.values import Now
    from simulator.world.models import World


class Person:
    """One subscriber: a machine, its stub resolver, its browser, and the way they take."""

    def __init__(self, vantage: str, host: Host, stub: StubResolver, probe: Probe) -> None:
        self.vantage = vantage
        self.host = host
        self.stub = stub
        self.probe = probe
        self.via: str | None = None
        self.tunnel: ClientTunnel | None = None
        self.tunnel_taps: list[Tap] = []
        self.client: VpnClient | None = None
        self.aim: Callable[[str], str] | None = None
        """Which URL is opened in place of one, and what is set for it."""
        self.moving = asyncio.Lock()
        """Held while somebody goes another way for one look: two at once would mix them up."""
        self.close_route: Callable[[], Awaitable[None]] | None = None


class People:
    """All subscribers, and the VPN exits that they may use."""

    def __init__(
        self,
        world: World,
        hosts: dict[str, Host],
        now: Now,
        journal: Journal,
        run_on: RunOn,
        random_for: RandomFor,
        calendar_start: int,
        signing: Signing,
    ) -> None:
        self._calendar_start = calendar_start
        self._signing = signing
        self._world = world
        self._hosts = hosts
        self._now = now
        self._journal = journal
        self._run_on = run_on
        self._random_for = random_for
        self._people: dict[str, Person] = {}
        self.tls_context: ssl.SSLContext
        waypoints = Waypoints(world, hosts, now, journal, run_on, random_for, calendar_start)
        self.waypoints = waypoints
        self._ways = Ways(world, hosts, waypoints, now, run_on, random_for, calendar_start)

    def settle(self, root_certificate: str) -> None:
        """Let people have browsers that trust the lab's authority.

        Somebody who never looks costs no more than a machine: the rest comes when needed.
        """
        self.tls_context = browser_context(root_certificate)
        self._ways.root_certificate = root_certificate
        for name in self._world.vantages:
            self._hosts[name].lookup = partial(self._look_up, name)

    def _moved_in(self, name: str) -> Person:
        """Give a subscriber a resolver to ask and a browser."""
        vantage, host = self._world.vantages[name], self._hosts[name]
        stub = self._stub(name, validates=vantage.validates)
        has_ipv6 = any(is_ipv6(address) for address in host.addresses)
        country = self._world.country_of(vantage.network)
        probe = Probe(stub, self.tls_context, self._now, Identity(name, country, has_ipv6))
        return Person(name, host, stub, probe)

    def _stub(self, name: str, *, validates: bool) -> StubResolver:
        servers = (self.resolver_address(self._world.resolver_of(name)),)
        random = self._random_for(f"{name}/stub")
        if not validates:
            return StubResolver(servers, now=self._now, random=random)
        from simulator.roles.resolver.validating_stub import ValidatingStub

        return ValidatingStub(
            servers,
            now=self._now,
            random=random,
            trust_anchors=self._signing.anchors(),
            calendar_start=self._calendar_start,
        )

    async def _look_up(self, vantage: str, name: str, version: int) -> list[Address]:
        """What the loop's `getaddrinfo` asks on a subscriber's machine."""
        found = await self.person(vantage).stub.addresses(name)
        if found.failure in ("generic_timeout_error", "dns_servfail_error"):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        wanted = [a for a in found.addresses if version in (0, 6 if is_ipv6(a) else 4)]
        if not wanted:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return wanted

    def resolver_address(self, resolver: str) -> Address:
        """Return where a resolver is asked."""
        return self.waypoints.resolver_address(resolver)

    def person(self, vantage: str) -> Person:
        """Return the subscriber at a vantage point; `LabError` for one that is not there."""
        found = self._people.get(vantage)
        if found is None:
            if vantage not in self._world.vantages:
                raise LabError(unknown(message("vantage point"), vantage, self._world.vantages))
            found = self._people[vantage] = self._moved_in(vantage)
        return found

    # --- looking ------------------------------------------------------------------------

    async def visit(self, vantage: str, url: str) -> Observation:
        """Open an address in somebody's browser."""
        person = self.person(vantage)
        if person.aim is not None:
            url = person.aim(url)
        seen = await self._run_on(person.host, person.probe.visit(url, person.via))
        self._journal.record(
            vantage,
            "visited",
            url=url,
            via=person.via,
            stage=seen.stage,
            failure=seen.failure,
            addresses=list(seen.addresses),
            status=seen.status,
            page=seen.page,
        )
        return seen

    def shut_out(
        self, vantage: str, url: str, via: str, began: Instant, blocked: WayBlocked
    ) -> Observation:
        """Return the visit of somebody whose way round did not come up: none was made."""
        ended = self._now()
        self._journal.record(vantage, "got no way round", via=via, failure=blocked.failure)
        return Observation(
            at=began,
            vantage=vantage,
            country=self._world.country_of(self._world.vantages[vantage].network),
            via=via,
            url=url,
            stage="tcp",
            failure=blocked.failure,
            timings=(StageTiming("tcp", began, ended, blocked.failure),),
            evidence=(blocked.message,),
            ended=ended,
        )

    async def resolve(self, vantage: str, name: str, kind: str) -> Answer:
        """Ask somebody's resolver for records."""
        person = self.person(vantage)
        answer = await self._run_on(person.host, person.stub.lookup(name, kind))
        self._journal.record(
            vantage,
            "looked up",
            name=name,
            type=kind,
            via=person.via,
            rcode=answer.rcode,
            failure=answer.failure,
            answers=[record.data for record in answer.records],
        )
        return answer

    # --- ways round -----------------------------------------------------------------------

    async def connect(self, vantage: str, via: Via) -> None:
        """Let somebody reach the Internet another way, in place of any way before.

        `LabError` for a way that the world does not have, or a tunnel that does not come up.
        """
        person = self.person(vantage)
        await self.disconnect(vantage)
        await self._ways.enter(person, via)
        self._journal.record(vantage, "connected another way", via=person.via)

    async def disconnect(self, vantage: str) -> None:
        """Let somebody go back to what their provider gives them."""
        person = self.person(vantage)
        if person.via is None:
            return
        via = person.via
        await self._ways.leave(person)
        self._journal.record(vantage, "went back to the provider's way", via=via)
