"""A lab's people as investigators: their machines, the test helper, and the public registers.

What is handed to `simulator.roles.probe.investigation` is what anybody has who sits there.
Neither the law nor the journal is within its reach.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from simulator.lab.directory import bootstrap_url
from simulator.lab.tracing import Tracer
from simulator.net.packets import is_ipv6
from simulator.roles.probe.causes import Diagnosis
from simulator.roles.probe.certificates import browser_context
from simulator.roles.probe.comparison import compare, try_endpoints
from simulator.roles.probe.diagnosis import never_set_out
from simulator.roles.probe.evidence import DnsSaid, HopSeen, IpInfo, TraceSeen
from simulator.roles.probe.investigation import Examination, Investigator, Station
from simulator.roles.probe.registration import Bootstrap
from simulator.roles.probe.service import Identity, Probe
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.exchange import Exchange
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.stub import StubResolver
from simulator.values import Address, IcmpKind, Observation
from simulator.wire.dns_values import DnsMessage, Question
from simulator.wire.web import request
from simulator.world.choices import available

if TYPE_CHECKING:
    from random import Random

    from simulator.lab.lab import Lab
    from simulator.lab.people import Person
    from simulator.net import Host

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that a DNS server is waited for."""
TRACE_TIMEOUT = 2.0
_GOES_ON = IcmpKind.TIME_EXCEEDED.value
_ENDS = ("syn-ack", "rst", "data", "fin", "ack", IcmpKind.ECHO_REPLY.value)
_AGENT = "Mozilla/5.0 (TakedownLab)"


class Examiner:
    """An investigator in a lab. Keep it: it remembers what it saw."""

    def __init__(self, lab: Lab) -> None:
        self._tools = LabTools(lab)
        self.investigator = Investigator(self._tools)

    async def examine(self, url: str, vantage: str) -> Examination:
        """Look into why a URL is not seen from a vantage point."""
        found = await self.investigator.examine(url, vantage)
        return found._replace(diagnosis=self._practicable(found.diagnosis, url))

    def _practicable(self, diagnosis: Diagnosis, url: str) -> Diagnosis:
        """Leave out ways that the world has not, such as a mirror of a site without one."""
        world, host = self._tools.world, _host_of(url)
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
            chosen = [visits[place] for place in places]
            if not places:
                continue
            found = await compare(self._tools, url, chosen, self.investigator.known)
            for place, diagnosis in zip(places, found.diagnoses, strict=True):
                judged[place] = put_down(visits[place], self._practicable(diagnosis, url))
            if found.control is not None:
                controls[url] = found.control
                if thoroughly and self._tools.control is not None:
                    dialled = [one.address for seen in chosen for one in seen.connects]
                    controls[url] = await try_endpoints(
                        self._tools.control, found.control, url, list(dict.fromkeys(dialled))
                    )
        return judged, controls


def _host_of(url: str) -> str:
    return urlsplit(url if "://" in url else f"https://{url}").hostname or ""


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
        self._ready: asyncio.Task[Resolver | None] | None = None

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
        recursion = await self._ready
        if recursion is not None:
            recursion.cache.flush()

    async def _settle(self) -> Resolver | None:
        lab, name = self._lab, self._lab.world.control
        if name is None:
            return None
        host = lab.fabric.hosts[name]
        address = _own_address(host)
        resolver = self._own_resolver(name)
        await lab.loop.run_on(host, resolver.start([(address, 53)]))
        self.control = Machine(lab, self.tls_context, host, None, (address,))
        return resolver

    def _own_resolver(self, name: str) -> Resolver:
        lab = self._lab
        roots = lab.world.root.nameservers
        return Resolver(
            root_hints([(root, lab.names.addresses_of(root)) for root in roots]),
            now=lab.fabric.now,
            random=lab.fabric.random_for(f"{name}/resolver"),
            name=name,
        )

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


class Machine:
    """One machine, used by an investigator as its owner could."""

    def __init__(
        self,
        lab: Lab,
        tls_context: ssl.SSLContext,
        host: Host,
        person: Person | None,
        servers: tuple[Address, ...],
        vantage: str = "control",
    ) -> None:
        self._lab = lab
        self._tls_context = tls_context
        self._host = host
        self._person = person
        self._vantage = vantage
        self._servers = servers
        self._random: Random = lab.fabric.random_for(f"{host.name}/investigation")
        self._tracer = Tracer(host)
        self.address: Address = host.addresses[0]

    @property
    def resolver(self) -> Address | None:
        """The resolver that is asked by plain DNS, if one is."""
        return self._servers[0] if self._servers else None

    @property
    def is_direct(self) -> bool:
        """Whether no proxy and no edge speaks for it."""
        probe = None if self._person is None else self._person.probe
        return probe is None or (probe.route is None and probe.front is None)

    async def visit(self, url: str) -> Observation:
        """Visit as the person does; the test helper has a browser that remembers nothing."""
        if self._person is not None:
            return await self._on_host(self._person.probe.visit(url, self._person.via))
        return await self._on_host(self._browser({}).visit(url))

    async def visit_at(
        self, url: str, addresses: tuple[Address, ...], *, cleartext: bool = False
    ) -> Observation:
        """Visit with the name pinned to addresses, in a browser that remembers nothing."""
        name = _host_of(url)
        browser = self._browser({name: addresses})
        browser.cleartext = cleartext
        return await self._on_host(browser.visit(url))

    def _browser(self, pinned: dict[str, tuple[Address, ...]]) -> Probe:
        now = self._lab.fabric.now
        stub = StubResolver(self._servers, now=now, random=self._random, hosts=pinned)
        has_ipv6 = any(is_ipv6(address) for address in self._host.addresses)
        identity = Identity(self._vantage, self._host.network.country, has_ipv6)
        return Probe(stub, self._tls_context, now, identity)

    async def ask(
        self, server: Address, name: str, kind: str, *, recursive: bool = True
    ) -> DnsSaid:
        """Ask one server one question by UDP, and by TCP where the answer is cut short."""
        question = Question(name, kind)
        return await self._on_host(self._ask(server, question, recursive))

    async def _ask(self, server: Address, question: Question, recursive: bool) -> DnsSaid:
        exchange = Exchange(self._random)
        [query] = exchange.queries([question], recursion_desired=recursive)
        said = DnsSaid(server, question.name, question.type)
        reply: DnsMessage | None
        try:
            [reply] = await exchange.by_datagram(server, [query], PATIENCE)
            if reply is not None and reply.truncated:
                reply = await exchange.by_stream(server, query, PATIENCE)
        except OSError:
            return said._replace(failure="network_unreachable")
        if reply is None:
            return said._replace(failure="generic_timeout_error")
        errors = () if reply.edns is None else reply.edns.extended_errors
        return said._replace(
            rcode=reply.rcode,
            answers=reply.answers,
            authority=reply.authority,
            additional=reply.additional,
            authoritative=reply.authoritative,
            extended_error=errors[0] if errors else None,
        )

    async def trace(self, address: Address, port: int | None) -> TraceSeen:
        """Trace by SYNs to a port, or by echo requests."""
        kind = "icmp" if port is None else "tcp"
        hops = await self._on_host(
            self._tracer.trace(address, kind=kind, port=port, timeout=TRACE_TIMEOUT, patience=2)
        )
        return _seen(address, port or 0, hops)

    async def trace_saying(
        self, address: Address, port: int, name: str, *, secured: bool
    ) -> TraceSeen:
        """Trace a ClientHello or an HTTP request that names the site."""
        data = _client_hello(name) if secured else request(name, "/", _AGENT).octets
        hops = await self._on_host(
            self._tracer.trace_in_flow(address, port, data, timeout=TRACE_TIMEOUT, patience=2)
        )
        return _seen(address, port, hops)

    async def _on_host(self, program: Coroutine[Any, Any, T]) -> T:
        return await self._lab.loop.run_on(self._host, program)


def _seen(address: Address, port: int, hops: tuple[Any, ...]) -> TraceSeen:
    seen = tuple([HopSeen(hop.ttl, hop.address, hop.what or "") for hop in hops])
    reached = bool(seen) and seen[-1].what in _ENDS and seen[-1].address == address
    return TraceSeen(address, port, seen, reached)


def _client_hello(name: str) -> bytes:
    """Return the first octets that a browser sends to a site over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()
