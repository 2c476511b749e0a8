"""The people of a world: their machines, their browsers, and how they reach the Internet."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.tunnel import ClientTunnel, ExitDevice
from simulator.lab.words import unknown
from simulator.net.packets import is_ipv6
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.service import Identity, Probe
from simulator.roles.resolver.stub import Answer, StubResolver
from simulator.values import Address, Observation, message

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.running import RandomFor, RunOn
    from simulator.net import Host, Tap
    from simulator.roles.vpn.service import VpnClient, VpnExit
    from simulator.values import Now
    from simulator.world.models import World

Via = str | Mapping[str, Address | tuple[Address, ...]]
"""The id of a VPN exit or of a resolver, or a hosts file: names to addresses."""
HOSTS_FILE = "hosts-file"


class Person:
    """One subscriber: a machine, its stub resolver, its browser, perhaps a tunnel."""

    def __init__(self, host: Host, stub: StubResolver, probe: Probe) -> None:
        self.host = host
        self.stub = stub
        self.probe = probe
        self.via: str | None = None
        self.tunnel: ClientTunnel | None = None
        self.tunnel_taps: list[Tap] = []
        self.client: VpnClient | None = None


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
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._now = now
        self._journal = journal
        self._run_on = run_on
        self._random_for = random_for
        self._calendar_start = calendar_start
        self._people: dict[str, Person] = {}
        self._tls_context: ssl.SSLContext
        self._exits: dict[str, VpnExit] = {}
        self._customers: dict[bytes, tuple[Address, ...]] = {}
        """Addresses inside the tunnel, by public key: a customer keeps them."""

    def settle(self, root_certificate: str) -> None:
        """Let people have browsers that trust the lab's authority.

        Somebody who never looks costs no more than a machine: the rest comes when needed.
        """
        self._tls_context = browser_context(root_certificate)
        for name in self._world.vantages:
            self._hosts[name].lookup = partial(self._look_up, name)

    def _moved_in(self, name: str) -> Person:
        """Give a subscriber a resolver to ask and a browser."""
        vantage, host = self._world.vantages[name], self._hosts[name]
        stub = StubResolver(
            (self.resolver_address(self._world.resolver_of(name)),),
            now=self._now,
            random=self._random_for(f"{name}/stub"),
        )
        has_ipv6 = any(is_ipv6(address) for address in host.addresses)
        country = self._world.country_of(vantage.network)
        probe = Probe(stub, self._tls_context, self._now, Identity(name, country, has_ipv6))
        return Person(host, stub, probe)

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
        return self._world.hosts[self._world.host_of_resolver(resolver)].addresses[0]

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
        if isinstance(via, Mapping):
            person.stub.hosts = {
                name: (addresses,) if isinstance(addresses, str) else tuple(addresses)
                for name, addresses in via.items()
            }
            person.via = HOSTS_FILE
        elif via in self._world.vpn_exits:
            await self._tunnel(vantage, person, via)
        elif via in self._world.resolvers:
            person.stub.servers = (self.resolver_address(via),)
            person.via = via
        else:
            ways = [*self._world.vpn_exits, *self._world.resolvers]
            raise LabError(unknown(message("way round"), str(via), ways))
        self._journal.record(vantage, "connected another way", via=person.via)

    async def disconnect(self, vantage: str) -> None:
        """Let somebody go back to what their provider gives them."""
        person = self.person(vantage)
        if person.via is None:
            return
        if person.client is not None:
            await person.client.stop()
            assert person.tunnel is not None
            person.host.break_connections(person.tunnel.addresses)
            person.host.tunnel = person.tunnel = person.client = None
        person.stub.hosts = {}
        person.stub.servers = (self.resolver_address(self._world.resolver_of(vantage)),)
        self._identify(vantage, person, self._world.vantages[vantage].addresses)
        self._journal.record(vantage, "went back to the provider's way", via=person.via)
        person.via = None

    async def _tunnel(self, vantage: str, person: Person, exit_id: str) -> None:
        from simulator.roles.vpn.service import PORT, VpnClient
        from simulator.wire.wireguard import public_key

        vpn_exit = await self._exit(exit_id)
        key = self._random_for(f"{vantage}/{exit_id}/key").randbytes(32)
        public = public_key(key)
        if public not in self._customers:
            self._customers[public] = vpn_exit.add_client(public)
        exit_address = self._hosts[self._world.host_of_exit(exit_id)].addresses[0]
        tunnel = ClientTunnel(person.host, self._customers[public], exit_address)
        client = VpnClient(
            tunnel,
            (exit_address, PORT),
            key,
            vpn_exit.public_key,
            self._now,
            self._random_for(f"{vantage}/{exit_id}"),
            calendar_start=self._calendar_start * 1_000_000,
        )
        tunnel.taps = person.tunnel_taps
        person.tunnel, person.client, person.via = tunnel, client, exit_id
        person.stub.servers = (self.resolver_address(self._world.vpn_exits[exit_id].resolver),)
        self._identify(vantage, person, tunnel.addresses)
        await self._run_on(person.host, client.start())
        if not await client.connected():
            await self.disconnect(vantage)
            raise LabError(
                message(
                    "{vantage} gets no tunnel to {exit}: the exit at {address} does not answer",
                    vantage=vantage,
                    exit=exit_id,
                    address=exit_address,
                )
            )

    async def _exit(self, exit_id: str) -> VpnExit:
        """Return a VPN exit, started when its first customer calls."""
        from simulator.roles.vpn.logic import TUNNEL_PREFIXES
        from simulator.roles.vpn.service import PORT, VpnExit

        found = self._exits.get(exit_id)
        if found is None:
            host = self._hosts[self._world.host_of_exit(exit_id)]
            versions = [is_ipv6(address) for address in host.addresses]
            found = self._exits[exit_id] = VpnExit(
                ExitDevice(host),
                (host.addresses[0], PORT),
                self._random_for(f"{exit_id}/key").randbytes(32),
                host.addresses,
                self._now,
                self._random_for(exit_id),
                name=exit_id,
                journal=self._journal,
                prefixes=tuple(p for p in TUNNEL_PREFIXES if is_ipv6(p) in versions),
                calendar_start=self._calendar_start * 1_000_000,
            )
            await self._run_on(host, found.start())
        return found

    def _identify(self, vantage: str, person: Person, addresses: tuple[Address, ...]) -> None:
        has_ipv6 = any(is_ipv6(address) for address in addresses)
        person.probe.identity = person.probe.identity._replace(has_ipv6=has_ipv6)
