"""How operators carry out what they are told: whose hands each action is in.

Each takes effect through the operator's own means (a resolver's policy, a router's rule, a
registry's object, a machine's pages), and each can be taken back, or says that it cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.acts import RECORDED, Acts
from simulator.lab.carried import Carried, Undo
from simulator.lab.levers_machines import MACHINE_LEVERS, MachineLevers
from simulator.lab.levers_names import NAME_LEVERS, NameLevers
from simulator.lab.levers_services import ServiceLevers
from simulator.measures import Measure
from simulator.roles.registry.poll import Cause
from simulator.values import Lever, message

if TYPE_CHECKING:
    from simulator.lab.blocking import Blocking
    from simulator.lab.lab import Lab

_NOBODYS = Cause()


class Levers:
    """The hands of a world's operators."""

    def __init__(self, lab: Lab, blocking: Blocking) -> None:
        world, names, web, now = lab.world, lab.names, lab.web, lab.fabric.now
        self._blocking = blocking
        self.names = NameLevers(world, names, web, lab.registration, now, lab.run_on)
        self.machines = MachineLevers(world, lab.hosts, web, now, lab.journal, lab.seed)
        self.services = ServiceLevers(world, web)
        self.acts = Acts(now)

    async def carry_out(
        self,
        key: str,
        operator: str,
        action: Measure | Lever,
        name: str | None,
        *,
        machine: bool = False,
        banner: str | None = None,
        registrar: str | None = None,
        keep_ds: bool = False,
    ) -> Undo:
        """As `pull`; return how to take it back alone."""
        carried = await self.pull(
            key,
            operator,
            action,
            name,
            machine=machine,
            banner=banner,
            registrar=registrar,
            keep_ds=keep_ds,
        )
        return carried.undo

    async def pull(
        self,
        key: str,
        operator: str,
        action: Measure | Lever,
        name: str | None,
        *,
        machine: bool = False,
        banner: str | None = None,
        registrar: str | None = None,
        keep_ds: bool = False,
        cause: Cause = _NOBODYS,
    ) -> Carried:
        """Do what an operator was told; return how to take it back, and what is told of it.

        ``machine`` extends a takeover from the named site to all on its machine;
        ``registrar`` is who gets a transferred name; ``keep_ds`` makes a redelegation careless:
        the DS records of the old keys stay; ``cause`` is in whose name a registry says that it
        acts. Raises `LabError` with the operator's reason where it cannot be done.
        """
        if not isinstance(action, Lever):
            return Carried(self._blocking.apply(key, operator, action))
        assert name is not None, "a lever is about a name"
        if keep_ds and action is not Lever.REDELEGATION:
            raise LabError(message("{lever} cannot leave DS records behind", lever=action.value))
        if action in NAME_LEVERS:
            options = banner, registrar, keep_ds, cause
            return await self.names.carry_out(key, operator, action, name, *options)
        if action in MACHINE_LEVERS:
            shown = self.names.banner(banner) if action is Lever.HOST_TAKEOVER else None
            return self.machines.carry_out(key, operator, action, name, machine, shown)
        if action in RECORDED:
            return self.acts.carry_out(key, operator, action, name)
        return self.services.carry_out(operator, action, name)
