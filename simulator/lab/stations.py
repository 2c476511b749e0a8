"""A machine of a lab as an investigator uses it: visits, questions, traces."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from simulator.lab.tracing import Tracer
from simulator.net.packets import is_ipv6
from simulator.roles.probe.evidence import DnsSaid, HopSeen, TraceSeen
from simulator.roles.probe.service import Identity, Probe
from simulator.roles.resolver.exchange import Exchange
from simulator.roles.resolver.stub import StubResolver
from simulator.values import Address, IcmpKind, Observation
from simulator.wire.dns_values import DnsMessage, Question
from simulator.wire.web import request

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


def host_of(url: str) -> str:
    """Return the host of a URL, or of a bare name."""
    return urlsplit(url if "://" in url else f"https://{url}").hostname or ""


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
        name = host_of(url)
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
