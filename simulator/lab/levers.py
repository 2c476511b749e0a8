"""How operators carry out what they are told: levers on name and machine.

Each takes effect through the operator's own means (a resolver's policy, a router's rule, a
registry's object, a machine's pages), and each can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.blocking import Undo
from simulator.measures import Measure
from simulator.roles.hosting.logic import take_over
from simulator.roles.registrar.logic import STAFF, Done
from simulator.roles.registry.objects import SERVER, Result
from simulator.values import Lever, message

if TYPE_CHECKING:
    from simulator.lab.blocking import Blocking
    from simulator.lab.names import Names
    from simulator.lab.running import RunOn
    from simulator.lab.web import Web
    from simulator.net import Host
    from simulator.values import Now
    from simulator.wire.banners import Banner
    from simulator.world.models import World


class Levers:
    """The hands of a world's operators."""

    def __init__(
        self,
        world: World,
        hosts: dict[str, Host],
        names: Names,
        web: Web,
        blocking: Blocking,
        now: Now,
        run_on: RunOn,
        seed: int,
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._names = names
        self._web = web
        self._blocking = blocking
        self._now = now
        self._run_on = run_on
        self._seed = seed
        self._switched_off: dict[str, dict[str, None]] = {}
        """By machine, the keys of the orders that keep it off: the last lifted turns it on."""
        self._held: dict[tuple[str, str], dict[str, None]] = {}
        """By name and who holds it, the keys of the orders: the last lifted releases it."""
        self._redelegated: dict[str, str] = {}
        """By registered name, the operator that gave it to the authorities' nameservers."""
        self._taken_over: dict[str, dict[str, tuple[list[str] | None, Banner]]] = {}
        """By machine and key, which names show which banner; None is the whole machine."""

    async def carry_out(
        self,
        key: str,
        operator: str,
        action: Measure | Lever,
        name: str | None,
        *,
        machine: bool = False,
        banner: str | None = None,
    ) -> Undo:
        """Do what an operator was told; return how to take it back.

        ``machine`` extends a takeover from the named site to all on its machine. Raises
        `LabError` with the operator's reason where it cannot be done.
        """
        if not isinstance(action, Lever):
            return self._blocking.apply(key, operator, action)
        assert name is not None, "a lever is about a name"
        if action is Lever.CLIENT_HOLD:
            return self._client_hold(key, operator, name)
        if action is Lever.SERVER_HOLD:
            return self._server_hold(key, operator, name)
        if action is Lever.REDELEGATION:
            return await self._redelegate(operator, name, self._banner(banner))
        host = self._machine_of(operator, name)
        if action is Lever.HOST_OFF:
            return self._switch_off(key, host)
        names = None if machine else [name]
        return self._take_over(key, host, names, self._banner(banner))

    # --- the name -------------------------------------------------------------------------

    def _registered(self, name: str) -> str:
        domain = self._world.domain_of(name)
        if domain is None:
            raise LabError(message("{name} is no registered name", name=name))
        return domain

    def _client_hold(self, key: str, operator: str, name: str) -> Undo:
        domain = self._registered(name)
        registrar_id = self._sponsor(operator, domain)
        registrar = self._names.registrars[registrar_id]
        return self._hold(
            key,
            (domain, registrar_id),
            lambda: _insist(registrar.hold(domain, self._now())),
            lambda: _insist(registrar.release(domain, self._now())),
        )

    def _hold(
        self, key: str, held: tuple[str, str], put: Callable[[], None], take: Callable[[], None]
    ) -> Undo:
        """Put a hold on, and take it off when the last order for it is lifted."""
        in_force = self._held.setdefault(held, {})
        if not in_force:
            put()
        in_force[key] = None

        async def release() -> None:
            if list(in_force) == [key]:
                take()
            in_force.pop(key, None)

        return release

    def _sponsor(self, operator: str, domain: str) -> str:
        registrar = self._world.domains[domain].registrar
        if self._world.registrars[registrar].operator != operator:
            raise LabError(
                message(
                    "{operator} is not the registrar of {name}: {registrar} is",
                    operator=operator,
                    name=domain,
                    registrar=registrar,
                )
            )
        return registrar

    def _server_hold(self, key: str, operator: str, name: str) -> Undo:
        domain = self._registered(name)
        registry = self._names.registry_of(domain)
        self._insist_on_registry(operator, domain)
        status = ("serverHold",)
        return self._hold(
            key,
            (domain, SERVER),
            lambda: _insist_code(registry.update(SERVER, domain, self._now(), add_statuses=status)),
            lambda: _insist_code(
                registry.update(SERVER, domain, self._now(), remove_statuses=status)
            ),
        )

    def _insist_on_registry(self, operator: str, domain: str) -> None:
        tld = domain.rpartition(".")[2]
        if self._world.registries[tld].operator != operator:
            raise LabError(
                message(
                    "{operator} is not the registry of {name}: {registry} is",
                    operator=operator,
                    name=domain,
                    registry=self._world.registries[tld].operator,
                )
            )

    async def _redelegate(self, operator: str, name: str, banner: str) -> Undo:
        """Give the name to the authorities' nameservers, which lead to their banner."""
        domain = self._registered(name)
        if domain in self._redelegated:
            raise LabError(
                message(
                    "{name} leads to the authorities' nameservers already: {operator} gave it",
                    name=domain,
                    operator=self._redelegated[domain],
                )
            )
        entry = self._world.banners[banner]
        addresses = self._world.hosts[entry.host].addresses
        is_registrar = self._world.operators[operator].kind == "registrar"
        if is_registrar:
            undo = self._redelegate_as_registrar(operator, domain, entry.nameservers)
        else:
            undo = self._redelegate_as_registry(operator, domain, entry.nameservers)
        self._redelegated[domain] = operator
        self._names.serve_seized(domain, entry.nameservers, addresses)
        await self._web.show_seized(banner, domain, self._run_on)

        async def give_back() -> None:
            undo()
            self._redelegated.pop(domain, None)
            self._names.stop_serving_seized(domain, entry.nameservers)
            self._web.stop_showing_seized(banner, domain)

        return give_back

    def _redelegate_as_registry(
        self, operator: str, domain: str, nameservers: tuple[str, ...]
    ) -> Callable[[], None]:
        self._insist_on_registry(operator, domain)
        registry = self._names.registry_of(domain)
        _insist_code(registry.redelegate(domain, nameservers, self._now()))

        def undo() -> None:
            _insist_code(registry.undo_redelegation(domain, self._now()))

        return undo

    def _redelegate_as_registrar(
        self, operator: str, domain: str, nameservers: tuple[str, ...]
    ) -> Callable[[], None]:
        registrar = self._names.registrars[self._sponsor(operator, domain)]
        before = self._world.domains[domain].nameservers
        _insist(registrar.change_nameservers(STAFF, domain, nameservers, self._now()))

        def undo() -> None:
            _insist(registrar.change_nameservers(STAFF, domain, before, self._now()))

        return undo

    # --- the machine ------------------------------------------------------------------------

    def _machine_of(self, operator: str, name: str) -> str:
        site = self._world.sites.get(name)
        if site is None:
            raise LabError(message("no site called {name} is hosted anywhere", name=name))
        owner = self._world.operator_of(site.host)
        if owner != operator:
            raise LabError(
                message(
                    "{operator} does not host {name}: {owner} does",
                    operator=operator,
                    name=name,
                    owner=owner,
                )
            )
        return site.host

    def _banner(self, banner: str | None) -> str:
        banners = list(self._world.banners)
        if banner is None and len(banners) != 1:
            raise LabError(message("name the banner: the world has {count}", count=len(banners)))
        return banners[0] if banner is None else banner

    def _take_over(self, key: str, host: str, names: list[str] | None, banner_id: str) -> Undo:
        machine, banner = self._web.machines[host], self._web.banner(banner_id)
        machine.take_over(banner, names, seed=self._seed)
        in_force = self._taken_over.setdefault(host, {})
        in_force[key] = (names, banner)

        async def give_back() -> None:
            del in_force[key]
            machine.release()
            for others, others_banner in in_force.values():
                machine.state = take_over(machine.state, others_banner, others)

        return give_back

    def _switch_off(self, key: str, host: str) -> Undo:
        machine = self._hosts[host]
        in_force = self._switched_off.setdefault(host, {})
        in_force[key] = None
        machine.powered = False
        machine.break_connections()

        async def switch_on() -> None:
            del in_force[key]
            machine.powered = not in_force

        return switch_on


def _insist(done: Done) -> None:
    """Raise the reason of a registrar that did not do it."""
    if not done.done:
        raise LabError(done.reason)


def _insist_code(result: Result) -> None:
    """Raise the reason of a registry whose result code is an error (RFC 5730 section 3)."""
    if result.code >= 2000:
        raise LabError(result.reason)
