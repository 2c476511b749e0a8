"""Whose a registered name is: the registry's object, its registrar, its registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.roles.registry.objects import SERVER
from simulator.values import message

if TYPE_CHECKING:
    from simulator.lab.names import Names
    from simulator.roles.registrar.logic import Registrar
    from simulator.roles.registry.objects import Domain
    from simulator.values import Now
    from simulator.world.models import World


class Holders:
    """Who holds the names of a world, as its registries have it now."""

    def __init__(self, world: World, names: Names, now: Now) -> None:
        self._world = world
        self._names = names
        self._now = now

    def registered(self, name: str) -> str:
        """Return the registered name that a name is in; `LabError` if it is in none."""
        domain = self._world.domain_of(name)
        if domain is None and self._registered_since(name):
            domain = ".".join(name.split(".")[-2:])
        if domain is None:
            raise LabError(message("{name} is no registered name", name=name))
        return domain

    def _registered_since(self, name: str) -> bool:
        """Whether a name is in one that was registered while the lab ran."""
        registry = self._names.registries.get(name.rpartition(".")[2])
        own = ".".join(name.split(".")[-2:])
        return registry is not None and registry.info(SERVER, own, self._now()).succeeded

    def object(self, domain: str) -> Domain:
        """Return the registry's object; `LabError` for a name that is registered no more."""
        result = self._names.registry_of(domain).info(SERVER, domain, self._now())
        if result.domain is None:
            raise LabError(result.reason)
        return result.domain

    def registrar(self, operator: str, domain: str) -> Registrar:
        """Return the registrar that sponsors a name now; `LabError` if it is another's."""
        sponsor = self.object(domain).sponsor
        if self._world.registrars[sponsor].operator != operator:
            raise LabError(
                message(
                    "{operator} is not the registrar of {name}: {registrar} is",
                    operator=operator,
                    name=domain,
                    registrar=sponsor,
                )
            )
        return self._names.registrars[sponsor]

    def insist_on_registry(self, operator: str, domain: str) -> None:
        """Raise `LabError` for an operator that does not run the name's registry."""
        registry = self._world.registries[domain.rpartition(".")[2]].operator
        if registry != operator:
            raise LabError(
                message(
                    "{operator} is not the registry of {name}: {registry} is",
                    operator=operator,
                    name=domain,
                    registry=registry,
                )
            )
