"""An investigation on the network: looks from two places, adapted to what was seen so far.

It draws on what anybody has who sits there: a browser, DNS questions, traces, and the public
registers of who holds which address. It is given nothing else: no orders, no journal. What it
saw of a name while that still worked, it remembers, as passive DNS does.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from simulator.roles.probe import signs
from simulator.roles.probe.bogus import met_bogus
from simulator.roles.probe.causes import Diagnosis
from simulator.roles.probe.evidence import Delegation, DnsSaid, Evidence, IpInfo, TraceSeen
from simulator.roles.probe.hierarchy import former_in, walk
from simulator.roles.probe.reasoning import is_cut_off, reason
from simulator.roles.probe.registration import Bootstrap
from simulator.roles.probe.sources import addresses_in
from simulator.values import Address, Observation

RESIDUE = 180.0
"""Seconds to wait where an innocent name fails as well: filters block what follows for a while
(RFC 9505 section 4.4), mostly for one to three minutes."""
REFERENCES = 3
"""Innocent sites that are looked at."""


class Station(Protocol):
    """Somebody's machine, as the one who sits there can use it."""

    @property
    def address(self) -> Address:
        """Its own address."""

    @property
    def resolver(self) -> Address | None:
        """The resolver that it asks, if that is by plain DNS."""

    @property
    def is_direct(self) -> bool:
        """Whether what it sends goes by packets of its own, not through somebody's proxy."""

    async def visit(self, url: str) -> Observation:
        """Visit as the person does."""

    async def visit_at(
        self, url: str, addresses: tuple[Address, ...], *, cleartext: bool = False
    ) -> Observation:
        """Visit with the name pinned to addresses and nothing remembered; ``cleartext`` is
        HTTP alone."""

    async def ask(
        self, server: Address, name: str, kind: str, *, recursive: bool = True
    ) -> DnsSaid:
        """Ask one server one question."""

    async def trace(self, address: Address, port: int | None) -> TraceSeen:
        """Trace the way to an address by TCP to a port, by echo requests for None."""

    async def trace_saying(
        self, address: Address, port: int, name: str, *, secured: bool
    ) -> TraceSeen:
        """Trace what becomes of a ClientHello, or of an HTTP request, that names a site."""


class Tools(Protocol):
    """What an investigation may use."""

    @property
    def control(self) -> Station | None:
        """The test helper's machine, in an unaffected network."""

    @property
    def validator(self) -> Address | None:
        """The test helper's own resolver that validates, if there is something to trust."""

    @property
    def resolvers(self) -> tuple[Address, ...]:
        """Public resolvers."""

    @property
    def roots(self) -> tuple[Address, ...]:
        """The root servers, as every resolver's hints have them."""

    @property
    def bootstrap(self) -> Bootstrap | None:
        """The file that names the registries' directories, if there is one."""

    @property
    def references(self) -> tuple[str, ...]:
        """URLs of innocent sites that many people know."""

    @property
    def silent_address(self) -> Address | None:
        """An address of the control's own network where nothing listens."""

    async def prepare(self) -> None:
        """Make ready for an examination: the control's own resolver remembers nothing."""

    def station(self, vantage: str) -> Station:
        """Return the machine at a vantage point."""

    def holder(self, address: Address) -> IpInfo | None:
        """Look up who holds an address."""

    async def wait(self, seconds: float) -> None:
        """Let time pass."""


class Examination(NamedTuple):
    """What was gathered, and what it speaks for."""

    evidence: Evidence
    diagnosis: Diagnosis


class Investigator:
    """Looks into why a site is not seen. It remembers who served the names that it looked at."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self.known: dict[str, Delegation] = {}
        """By zone: the delegation when a site in it was last open."""

    async def examine(self, url: str, vantage: str) -> Examination:
        """Look at a URL from a vantage point and say what the evidence speaks for.

        Raises `LabError` for what is no URL.
        """
        await self._tools.prepare()
        inquiry = _Inquiry(self._tools, self.known, url, vantage)
        evidence = await inquiry.gather()
        return Examination(evidence, reason(evidence))


class _Inquiry:
    """One examination under way."""

    def __init__(self, tools: Tools, known: dict[str, Delegation], url: str, vantage: str) -> None:
        self._tools = tools
        self._known = known
        self._url = url
        self._here = tools.station(vantage)
        self._there = tools.control
        self._seen: Evidence

    async def gather(self) -> Evidence:
        """Gather what the case asks for."""
        await self._visits()
        here, there, seen = self._here, self._there, self._seen
        name = urlsplit(seen.subject.final_url).hostname or ""
        if there is not None and name and not _is_address(name):
            await self._ask_the_truth(there, name)
            if signs.reached(seen.subject):
                await self._accessible(there, name)
            else:
                await self._unreached(there, name)
        elif here.is_direct and here.resolver is not None and not signs.reached(seen.subject):
            self._add(own_answer=await here.ask(here.resolver, name, "A"))
        self._identify()
        return self._seen

    def _add(self, **found: object) -> None:
        self._seen = replace(self._seen, **found)  # type: ignore[arg-type]

    async def _visits(self) -> None:
        here, there = self._here, self._there
        if there is None:
            self._seen = Evidence(subject=await here.visit(self._url))
        else:
            subject, control = await asyncio.gather(here.visit(self._url), there.visit(self._url))
            self._seen = Evidence(subject=subject, control=control)

    async def _ask_the_truth(self, there: Station, name: str) -> None:
        if there.resolver is not None:
            self._add(true_answer=await there.ask(there.resolver, name, "A"))

    # --- what is open -----------------------------------------------------------------------

    async def _accessible(self, there: Station, name: str) -> None:
        seen = self._seen
        if signs.reached(seen.control):
            found = await walk(there, self._tools.roots, name)
            if found is not None and found.children_answer:
                self._known[found.zone] = found
        if signs.is_slow(seen.subject, seen.control) and self._here.is_direct:
            await self._look_at_references(there)
            true = signs.true_addresses(self._seen)
            self._add(at_true_address=await self._here.visit_at(seen.subject.final_url, true))

    # --- what is not --------------------------------------------------------------------------

    async def _unreached(self, there: Station, name: str) -> None:
        if not signs.reached(self._seen.control):
            await self._look_at_the_name(there, name)
        if not self._here.is_direct:
            return
        await self._look_at_references(there)
        if not any(visit.status is not None for visit in self._seen.references):
            await self._ask_public_resolvers(name)
        if is_cut_off(self._seen):
            await self._trace_to_the_true_address()
            return
        await self._ask_resolvers(name)
        await self._ask_the_validator(there, name)
        true = signs.true_addresses(self._seen)
        if signs.reached(self._seen.control) and not signs.dns_differs(self._seen):
            await self._look_at_the_way(there, name)
        elif true:
            self._add(at_true_address=await self._here.visit_at(self._url, true))

    async def _ask_the_validator(self, there: Station, name: str) -> None:
        validator = self._tools.validator
        if validator is not None and met_bogus(self._seen) is not None:
            self._add(validated_answer=await there.ask(validator, name, "A"))

    async def _look_at_references(self, there: Station) -> None:
        """Visit innocent sites by their true addresses, so that no resolver has a say."""
        here, target = self._here, signs.true_addresses(self._seen)
        chosen: list[tuple[str, tuple[Address, ...]]] = []
        for url in self._tools.references:
            host = urlsplit(url).hostname or ""
            if len(chosen) == REFERENCES or there.resolver is None:
                break
            if host == urlsplit(self._seen.subject.final_url).hostname:
                continue
            answer = await there.ask(there.resolver, host, "A")
            if answer.addresses and not any(one in target for one in answer.addresses):
                chosen.append((url, answer.addresses))
        visits = [here.visit_at(url, addresses) for url, addresses in chosen]
        self._add(references=tuple(await asyncio.gather(*visits)))
        if chosen and here.resolver is not None:
            host = urlsplit(chosen[0][0]).hostname or ""
            self._add(reference_answer=await here.ask(here.resolver, host, "A"))

    async def _trace_to_the_true_address(self) -> None:
        for address in signs.true_addresses(self._seen)[:1]:
            self._add(trace=await self._here.trace(address, None))

    async def _ask_resolvers(self, name: str) -> None:
        """Ask the own resolver again, the public ones, and where nobody can answer."""
        here, subject = self._here, self._seen.subject
        if here.resolver is not None:
            self._add(own_answer=await here.ask(here.resolver, name, "A"))
        if subject.stage == "dns" or signs.dns_differs(self._seen):
            await self._ask_public_resolvers(name)
            silent = self._tools.silent_address
            if silent is not None:
                self._add(silent_address=await here.ask(silent, name, "A"))

    async def _ask_public_resolvers(self, name: str) -> None:
        if not self._seen.other_answers:
            others = [self._here.ask(one, name, "A") for one in self._tools.resolvers]
            self._add(other_answers=tuple(await asyncio.gather(*others)))

    async def _look_at_the_way(self, there: Station, name: str) -> None:
        """Find what is stopped between here and an address that others reach."""
        here, subject = self._here, self._seen.subject
        address = subject.address
        if address is None:
            return
        secured = subject.final_url.startswith("https:")
        port = urlsplit(subject.final_url).port or (443 if secured else 80)
        await self._compare_names(there, address, name, secured)
        if subject.stage == "tcp" and signs.connected(self._seen.other_name):
            again = await here.visit_at(self._url, signs.true_addresses(self._seen))
            self._add(after_a_while=again)
        trace, beyond = await asyncio.gather(here.trace(address, port), there.trace(address, port))
        self._add(trace=trace, control_trace=beyond)
        if signs.connected(self._seen.other_name):
            flow = await here.trace_saying(address, port, name, secured=secured)
            self._add(flow_trace=flow)
        elif beyond.last_router is not None and beyond.last_router.address is not None:
            neighbour = beyond.last_router.address
            self._add(neighbour_trace=await here.trace(neighbour, None))

    async def _compare_names(
        self, there: Station, address: Address, name: str, secured: bool
    ) -> None:
        """Say an innocent name to the same machine, and the name to an innocent machine."""
        here, references = self._here, self._seen.references
        if not references:
            return
        scheme = "https" if secured else "http"
        innocent = urlsplit(references[0].url).hostname
        url = f"{scheme}://{innocent}/"
        other = await here.visit_at(url, (address,), cleartext=not secured)
        if other.stage == "tcp" or signs.was_cut(other, "tls", "http"):
            await self._tools.wait(RESIDUE)
            other = await here.visit_at(url, (address,), cleartext=not secured)
        machine = references[0].address
        self._add(other_name=other)
        if machine is not None and signs.connected(other):
            url = f"{scheme}://{name}/"
            elsewhere, control = await asyncio.gather(
                here.visit_at(url, (machine,), cleartext=not secured),
                there.visit_at(url, (machine,), cleartext=not secured),
            )
            self._add(elsewhere=elsewhere, elsewhere_control=control)

    # --- what nobody reaches ------------------------------------------------------------------

    async def _look_at_the_name(self, there: Station, name: str) -> None:
        """Ask the registry's servers, the name's own, and what is left of before."""
        control = self._seen.control
        assert control is not None
        found = await walk(there, self._tools.roots, name)
        self._add(delegation=found)
        if found is not None:
            await self._look_back(there, found, name)
            if self._tools.bootstrap is not None:
                self._add(registration=await self._tools.bootstrap.look_up(there, found.zone))
        if control.stage in ("tls", "tcp") and control.addresses:
            plain = await there.visit_at(self._url, control.addresses, cleartext=True)
            self._add(plain_banner=plain)
        if control.failure is not None and control.address is not None and control.stage != "dns":
            port = 443 if control.final_url.startswith("https:") else 80
            self._add(control_trace=await there.trace(control.address, port))

    async def _look_back(self, there: Station, found: Delegation, name: str) -> None:
        """Find what was delegated before, and ask those servers again."""
        known = self._known.get(found.zone)
        if known is None:
            known = await former_in(there, self._tools.resolvers, found)
        if known is None:
            return
        again = await asyncio.gather(
            *(there.ask(server, name, "A", recursive=False) for server in known.addresses)
        )
        former = known._replace(children=tuple(again))
        self._add(former=former)
        old = tuple(dict.fromkeys(one for child in again for one in child.addresses))
        if old and self._here.is_direct:
            self._add(at_true_address=await self._here.visit_at(self._url, old))

    # --- who holds what -----------------------------------------------------------------------

    def _identify(self) -> None:
        holders: dict[Address, IpInfo] = {}
        for address in addresses_in(self._seen):
            holder = self._tools.holder(address)
            if holder is not None:
                holders[address] = holder
        self._add(holders=holders, home=self._tools.holder(self._here.address))


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
