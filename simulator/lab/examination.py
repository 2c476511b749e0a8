"""A lab's people as investigators: their machines, the test helper, and the public registers.

What is handed to `simulator.roles.probe.investigation` is what anybody has who sits there.
Neither the law nor the journal is within its reach.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from simulator.lab.directory_names import bootstrap_url
from simulator.lab.stations import Machine, host_of
from simulator.lab.ways import HOSTS_FILE
from simulator.net.packets import is_ipv6
from simulator.roles.probe.causes import SHUTDOWN, Diagnosis, cannot_tell
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.comparison import compare, try_endpoints
from simulator.roles.probe.diagnosis import never_set_out
from simulator.roles.probe.evidence import IpInfo
from simulator.roles.probe.investigation import Examination, Investigator, Station
from simulator.roles.probe.reasoning import reason
from simulator.roles.probe.registration import Bootstrap
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.service import Resolver
from simulator.values import Address, Observation, message
from simulator.wire.pages import SITE
from simulator.world.choices import available, choose

if TYPE_CHECKING:
    from simulator.lab.lab import Lab
    from simulator.net import Host
    from simulator.roles.resolver.validation_trust import TrustAnchor

T = TypeVar("T")


_BY_OTHERS = ("socks-proxy", "connect-proxy", "onion", "fronting")
_TUNNELS = ("vpn", "vpn-obfuscated")
_ENCRYPTED = ("dot-strict", "dot-opportunistic", "doh")


class Examiner:
    """An investigator in a lab. Keep it: it remembers what it saw."""

    def __init__(self, lab: Lab) -> None:
        self._tools = LabTools(lab)
        self.investigator = Investigator(self._tools)

    async def examine(self, url: str, vantage: str) -> Examination:
        """Look into why a URL is not seen from a vantage point."""
        evidence, diagnosis = await self.investigator.examine(url, vantage)
        far = self._beyond_the_way(evidence.subject)
        if far is not evidence.subject:
            diagnosis = reason(replace(evidence, subject=far, home=None))
        diagnosis = self._as_seen_by(evidence.subject, evidence.control, diagnosis)
        return Examination(evidence, self._practicable(diagnosis, url))

    def _kind_of(self, via: str | None) -> str | None:
        if via is None or via == HOSTS_FILE:
            return None
        return choose(via, self._tools.world).kind

    def _beyond_the_way(self, seen: Observation) -> Observation:
        """Return a visit without what belongs to a proxy, a relay or an edge on the way.

        The addresses, the times of the connection and the packets of such a visit are those
        of the way; the page and its certificate are the site's.
        """
        if self._kind_of(seen.via) not in _BY_OTHERS:
            return seen
        return replace(
            seen,
            address=None,
            addresses=(),
            resolver=None,
            timings=(),
            queries=(),
            connects=(),
            handshakes=(),
        )

    def _as_seen_by(
        self, seen: Observation, control: Observation | None, diagnosis: Diagnosis
    ) -> Diagnosis:
        """Return what a visit by a way round allows to say: the way may be at fault as well."""
        kind = self._kind_of(seen.via)
        if kind is None:
            return diagnosis
        open_elsewhere = control is not None and control.page == SITE
        if kind in _ENCRYPTED and seen.stage == "dns" and seen.rcode is None:
            return cannot_tell(
                message(
                    "The resolver's encrypted door does not open ({failure}): of the site nothing "
                    "was learnt.",
                    failure=seen.failure,
                )
            )
        if kind in _BY_OTHERS and seen.status is None and open_elsewhere:
            return cannot_tell(
                message(
                    "By this way the site is not reached ({failure}). Whether the way is stopped "
                    "or what lies beyond it, one does not see from here.",
                    failure=seen.failure,
                )
            )
        if kind in _TUNNELS and diagnosis.cause == SHUTDOWN:
            return cannot_tell(
                message(
                    "Nothing at all comes through the tunnel: somebody stops the tunnel, or the "
                    "whole network. Look again without it."
                )
            )
        if kind in (*_TUNNELS, *_BY_OTHERS) and diagnosis.cause.startswith("blocked"):
            return replace(diagnosis, actor=None)  # the provider at home does not see the name
        return diagnosis

    def _practicable(self, diagnosis: Diagnosis, url: str) -> Diagnosis:
        """Leave out ways that the world has not, such as a mirror of a site without one."""
        world, host = self._tools.world, host_of(url)
        lacking = [way for way in diagnosis.ways if not available(way, world)]
        if not any(site.mirror_of == host for site in world.sites.values()):
            lacking.append("mirror")
        if not any(host in edge.customers for edge in world.edges.values()):
            lacking.append("fronting")
        return replace(diagnosis, ways=tuple(way for way in diagnosis.ways if way not in lacking))

    async def judge(
        self, visits: Sequence[Observation], *, thoroughly: bool = False
    ) -> tuple[list[Observation], dict[str, Observation]]:
        """Return visits with what they are put down to, and the test helper's own, by URL.

        ``thoroughly`` has the test helper try every address that a visit was led to.
        """
        judged = list(visits)
        controls: dict[str, Observation] = {}
        for url in dict.fromkeys(seen.url for seen in visits):
            places = [
                place
                for place, seen in enumerate(visits)
                if seen.url == url and not never_set_out(seen)
            ]
            chosen = [self._beyond_the_way(visits[place]) for place in places]
            if not places:
                continue
            found = await compare(self._tools, url, chosen, self.investigator.known)
            for place, diagnosis in zip(places, found.diagnoses, strict=True):
                seen = visits[place]
                fitting = self._as_seen_by(seen, found.control, diagnosis)
                judged[place] = put_down(seen, self._practicable(fitting, url))
            if found.control is not None:
                controls[url] = found.control
                if thoroughly and self._tools.control is not None:
                    dialled = [one.address for seen in chosen for one in seen.connects]
                    controls[url] = await try_endpoints(
                        self._tools.control, found.control, url, list(dict.fromkeys(dialled))
                    )
        return judged, controls


def put_down(seen: Observation, diagnosis: Diagnosis) -> Observation:
    """Return a visit with what it is put down to."""
    return replace(
        seen,
        diagnosis=diagnosis.cause,
        confidence=diagnosis.confidence,
        evidence=diagnosis.evidence,
        actor=diagnosis.actor,
        ways=diagnosis.ways,
    )


def investigator(lab: Lab) -> Investigator:
    """Return an investigator of one's own in a lab."""
    return Examiner(lab).investigator


class LabTools:
    """What an investigator in a lab may use."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.world = world = lab.world
        public = [name for name, entry in world.resolvers.items() if entry.public]
        self.resolvers = tuple(lab.people.resolver_address(name) for name in public)
        self.roots = tuple(
            address
            for server in world.root.nameservers
            for address in lab.names.addresses_of(server)
            if not is_ipv6(address)
        )
        sites = world.sites.items()
        secured = [f"https://{name}/" for name, site in sites if site.https]
        plain = [f"http://{name}/" for name, site in sites if not site.https]
        self.references = (*secured, *plain)
        self.tls_context = browser_context(lab.web.authority.root_pem)
        self.control: Station | None = None
        """The test helper's machine, there from the first examination on if the world has it."""
        self.silent_address = self._silent_address()
        self._bootstrap: Bootstrap | None = None
        self.validator: Address | None = None
        """The test helper's own resolver that validates: in a world with a signed root."""
        self._ready: asyncio.Task[tuple[Resolver, ...]] | None = None

    @property
    def bootstrap(self) -> Bootstrap | None:
        """The file that names the registries' directories, if the lab has any."""
        if self._bootstrap is None:
            url = bootstrap_url(self.world, self._lab.names, self._lab.now)
            self._bootstrap = None if url is None else Bootstrap(url)
        return self._bootstrap

    async def prepare(self) -> None:
        """Have the test helper's own resolver run, and remember nothing.

        It asks from the root on: what it says is so now, not before some TTL.
        """
        if self._ready is None:  # several examinations may begin at once
            self._ready = asyncio.get_running_loop().create_task(self._settle())
        for recursion in await self._ready:
            recursion.cache.flush()

    async def _settle(self) -> tuple[Resolver, ...]:
        lab, name = self._lab, self._lab.world.control
        if name is None:
            return ()
        host = lab.fabric.hosts[name]
        anchors = lab.names.signing.anchors()
        resolver, address = await self._own_resolver(host, name)
        self.control = Machine(lab, self.tls_context, host, None, (address,))
        if not anchors:
            return (resolver,)
        validator, self.validator = await self._own_resolver(host, f"{name}/validator", anchors)
        return resolver, validator

    async def _own_resolver(
        self, host: Host, name: str, anchors: tuple[TrustAnchor, ...] = ()
    ) -> tuple[Resolver, Address]:
        """Start a resolver on the test helper's machine; return it and where it is asked."""
        lab = self._lab
        roots = lab.world.root.nameservers
        resolver = Resolver(
            root_hints([(root, lab.names.addresses_of(root)) for root in roots]),
            now=lab.fabric.now,
            random=lab.fabric.random_for(f"{name}/resolver"),
            name=name,
            trust_anchors=anchors,
            calendar_start=int(lab.clock.start.timestamp()),
        )
        address = _own_address(host)
        await lab.loop.run_on(host, resolver.start([(address, 53)]))
        return resolver, address

    def _silent_address(self) -> Address | None:
        """Return an address of the test helper's network that no machine has."""
        fabric, name = self._lab.fabric, self._lab.world.control
        if name is None:
            return None
        network = fabric.hosts[name].network
        taken = {address for host in fabric.hosts.values() for address in host.addresses}
        taken.update(network.routers.values())
        for prefix in network.prefixes:
            if prefix.version == 4 and prefix.num_addresses > 2:
                last = int(prefix.broadcast_address) - 1
                for number in range(last, int(prefix.network_address), -1):
                    address = str(ipaddress.IPv4Address(number))
                    if address not in taken:
                        return address
        return None

    def station(self, vantage: str) -> Station:
        """Return the machine at a vantage point, with what its owner has set up on it."""
        person = self._lab.people.person(vantage)
        # With DNS over TLS or HTTPS nobody is asked on port 53.
        servers = person.stub.servers if person.stub.channel is None else ()
        return Machine(self._lab, self.tls_context, person.host, person, servers, vantage)

    def holder(self, address: Address) -> IpInfo | None:
        """Look up who holds an address: the registers of addresses are public."""
        try:
            ipaddress.ip_address(address)
        except ValueError:
            return None
        network = self._lab.fabric.topology.owner(address)
        if network is None:
            return None
        entry = self._lab.world.networks[network.name]
        operator = self._lab.world.operators[entry.operator]
        return IpInfo(entry.asn, entry.name or operator.name, network.country, entry.kind)

    async def wait(self, seconds: float) -> None:
        """Let lab time pass."""
        await self._lab.wait(round(seconds * 1_000_000))


def _own_address(host: Host) -> Address:
    """Return the first loopback address at which no other investigator's resolver is."""
    taken = host.datagram_ports
    return next(
        address
        for address in (f"127.0.0.{number}" for number in range(1, 255))
        if (address, 53) not in taken
    )
