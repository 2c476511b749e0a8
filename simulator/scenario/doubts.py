"""What can be done as it is written, and was hardly meant: warnings, never faults.

A lesson may well visit a name that nobody has, or order what will be refused. Where it
says that it expects the refusal, it is not warned of it.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from simulator.measures import DnsLie, Measure
from simulator.scenario.crosscheck import HOST_LEVERS, SITE_LEVERS
from simulator.scenario.models import Scenario, Step
from simulator.values import Lever, Message, message
from simulator.world.checking import Check
from simulator.world.faults import Fault, Place, nearest
from simulator.world.measures import MeasureEntry
from simulator.world.models import World
from simulator.world.ordered import measure_of
from simulator.world.source import Source

LAST_EXTENDED_ERROR = 24
"""RFC 8914 section 5.2 registers the INFO-CODEs 0 to 24; others have come since."""


def doubts(scenario: Scenario, world: World, source: Source) -> list[Fault]:
    """Return warnings about a scenario that fits its world."""
    check = _Doubts(world, source)
    for position, step in enumerate(scenario.steps):
        check.step(("steps", position), step)
    return [replace(fault, warning=True) for fault in check.found]


class _Doubts(Check):
    def __init__(self, world: World, source: Source) -> None:
        super().__init__(source)
        self.world = world
        self.names = tuple(dict.fromkeys(_names_with_records(world)))
        """Names that lead to a machine."""
        self.moved: dict[str, None] = {}
        """Names that steps registered or took to another registrar."""

    def step(self, place: Place, step: Step) -> None:
        """Note what is doubtful in a step."""
        for position, connect in enumerate(step.connect):
            if isinstance(connect.via, dict):
                for name in connect.via:
                    self._leads_somewhere((*place, "connect", position, "via", name), name)
        if step.visit is not None:
            url = step.visit.url
            host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
            if ":" not in host and host.strip("0123456789.") != "":
                self._leads_somewhere((*place, "visit", "url"), host.removesuffix("."))
        for act in (step.register_, step.transfer):
            if act is not None:
                self.moved[act.name] = None
        self._orders(place, step)
        if step.coordinate is not None:
            for position, member in enumerate(step.coordinate.members):
                where = (*place, "coordinate", "members", position, "to")
                name = member.name or step.coordinate.name
                self._act(where, step, member.to, member.lever, name)

    def _orders(self, place: Place, step: Step) -> None:
        for position, order in enumerate(step.order):
            where = (*place, "order", position)
            entry = order.measure
            if entry is not None and (entry.extended_error or 0) > LAST_EXTENDED_ERROR:
                text = message(
                    "RFC 8914 has no code {code}, only 0 to {last}",
                    code=entry.extended_error,
                    last=LAST_EXTENDED_ERROR,
                )
                self.wrong((*where, "measure", "extended_error"), text)
            for number, operator in enumerate(order.to):
                to = (*where, "to", number)
                if order.lever is not None:
                    self._act(to, step, operator, order.lever, order.name)
                elif entry is not None and self._act(
                    to, step, operator, measure_of(entry, order.name, self.world), order.name
                ):
                    self._forged((*where, "measure", entry.kind), step, operator, entry)

    def _leads_somewhere(self, place: Place, name: str) -> None:
        wildcards = (other[1:] for other in self.names if other.startswith("*."))
        if name not in self.names and not any(name.endswith(below) for below in wildcards):
            text = message("no site or record of the world is called '{name}'", name=name)
            self.wrong(place, text, nearest(name, self.names))

    def _act(
        self, place: Place, step: Step, operator: str, action: Measure | Lever, name: str | None
    ) -> bool:
        """Tell whether an operator has what it is told to use; note it when it has not."""
        reason = self._no_such_lever(operator, action)
        if reason is None and isinstance(action, Lever) and name is not None:
            reason = self._of_another(operator, action, name)
        if reason is not None and not _refusal_is_expected(step, operator):
            self.wrong(place, reason)
        return reason is None

    def _no_such_lever(self, operator: str, action: Measure | Lever) -> Message | None:
        # The law's own tables; a scenario without orders does without them.
        from simulator.roles.authority.actors import (
            KIND_NAMES,
            OperatorKind,
            action_name,
            either,
            hands,
        )

        if OperatorKind(self.world.operators[operator].kind) in hands(action):
            return None
        return message(
            "{operator} has no such lever: {action} is for {owners}",
            operator=operator,
            action=action_name(action),
            owners=either(tuple(KIND_NAMES[kind] for kind in hands(action))),
        )

    def _of_another(self, operator: str, lever: Lever, name: str) -> Message | None:
        """Return why the name or the machine is not this operator's, if it is another's."""
        world = self.world
        if lever in SITE_LEVERS or lever is Lever.RECORD_CHANGE:
            return None  # the operator says so itself when it is not concerned
        if lever in HOST_LEVERS:
            owner = world.operator_of(world.sites[name].host)
            return (
                None
                if owner == operator
                else message(
                    "{operator} does not host {name}: {owner} does",
                    operator=operator,
                    name=name,
                    owner=owner,
                )
            )
        if name in self.moved or name not in world.domains:
            return None  # an earlier step may have taken it to another registrar
        registrar = world.registrars[world.domains[name].registrar].operator
        registry = world.registries[name.rpartition(".")[2]].operator
        if operator in (registrar, registry):
            return None
        if world.operators[operator].kind == "registrar":
            return message(
                "{operator} is not the registrar of {name}: {registrar} is",
                operator=operator,
                name=name,
                registrar=registrar,
            )
        return message(
            "{operator} is not the registry of {name}: {registry} is",
            operator=operator,
            name=name,
            registry=registry,
        )

    def _forged(self, place: Place, step: Step, operator: str, entry: MeasureEntry) -> None:
        """Note a forged address of somebody who has no page for it to lead to."""
        if DnsLie.FORGED not in (entry.dns, entry.injection):
            return
        provider = self.world.access_providers.get(operator)
        pages = (
            [
                each.block_page
                for key, each in self.world.resolvers.items()
                if self.world.operator_of(self.world.host_of_resolver(key)) == operator
            ]
            if provider is None
            else [provider.block_page]
        )
        if any(pages) or _refusal_is_expected(step, operator):
            return
        text = message("{provider} has no block page for a forged answer", provider=operator)
        self.wrong(place, text)


def _names_with_records(world: World) -> list[str]:
    sites = [name for site, entry in world.sites.items() for name in (site, *entry.aliases)]
    pages = [page.name for page in world.block_pages.values()]
    pages += [entry.front for entry in world.registrars.values() if entry.front is not None]
    records = [
        domain if record.name == "@" else f"{record.name}.{domain}"
        for domain, entry in world.domains.items()
        for record in entry.records
        if record.type in ("A", "AAAA", "CNAME")
    ]
    return [*sites, *pages, *records, *world.nameservers]


def _refusal_is_expected(step: Step, operator: str) -> bool:
    expected = step.expect.get(operator)
    return (
        expected is not None
        and "outcome" in expected.stated()
        and expected.outcome.holds("refused")
    )
