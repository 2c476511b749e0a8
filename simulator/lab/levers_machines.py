"""Levers on a machine: its host takes it over, switches it off, copies it, or runs it on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.carried import Carried, Details, also_ordered, done_for
from simulator.lab.controlled import ControlledOperation
from simulator.roles.hosting.logic import take_over
from simulator.values import HOUR, Instant, Lever, message

if TYPE_CHECKING:
    from simulator.journal import Journal
    from simulator.lab.web import Web
    from simulator.net import Host
    from simulator.values import Now
    from simulator.wire.banners import Banner
    from simulator.world.models import World

MACHINE_LEVERS = (
    Lever.HOST_TAKEOVER,
    Lever.HOST_OFF,
    Lever.IMAGING,
    Lever.CONTROLLED_OPERATION,
)
SWITCHED_OFF, SWITCHED_ON = "switched off", "switched on"
"""What the journal says of a machine, whoever told its operator so."""


class MachineLevers:
    """The hands of hosting companies."""

    def __init__(
        self,
        world: World,
        hosts: dict[str, Host],
        web: Web,
        now: Now,
        journal: Journal,
        seed: int,
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._web = web
        self._now = now
        self._journal = journal
        self._seed = seed
        self._switched_off: dict[str, dict[str, None]] = {}
        """By machine, the keys of the orders that keep it off: the last lifted turns it on."""
        self._off_since: dict[str, Instant] = {}
        self._taken_over: dict[str, dict[str, tuple[list[str] | None, Banner, Instant]]] = {}
        """By machine and key, which names show which banner since when; None is the whole
        machine."""
        self.controlled: dict[str, ControlledOperation] = {}
        """By site, the operations that were ever begun; the last of each."""
        self._controlled_on: dict[str, str] = {}
        """The machines of those."""

    def carry_out(
        self,
        key: str,
        operator: str,
        lever: Lever,
        name: str,
        machine: bool,
        banner: str | None,
    ) -> Carried:
        """Do what an operator was told; ``machine`` extends a takeover to all on the machine.
        `LabError` with the reason where it cannot be done."""
        host = self._machine_of(operator, name)
        if lever is Lever.HOST_OFF:
            return self._switch_off(key, host)
        if lever is Lever.IMAGING:
            return self._image(host, name)
        if lever is Lever.CONTROLLED_OPERATION:
            return self._run_under_control(host, name)
        assert banner is not None, "a takeover shows a banner"
        return self._take_over(key, host, None if machine else [name], banner)

    def _machine_of(self, operator: str, name: str) -> str:
        host = self._web.host_of(name)
        if host is None:
            raise LabError(message("no site called {name} is hosted anywhere", name=name))
        owner = self._world.operator_of(host)
        if owner != operator:
            raise LabError(
                message(
                    "{operator} does not host {name}: {owner} does",
                    operator=operator,
                    name=name,
                    owner=owner,
                )
            )
        return host

    # --- closing --------------------------------------------------------------------------

    def _take_over(self, key: str, host: str, names: list[str] | None, banner_id: str) -> Carried:
        machine, banner = self._web.machines[host], self._web.banner(banner_id)
        images = machine.take_over(banner, names, seed=self._seed)
        in_force = self._taken_over.setdefault(host, {})

        def alike() -> list[str]:
            return [order for order, taken in in_force.items() if taken[:2] == (names, banner)]

        already = done_for(alike())
        in_force[key] = (names, banner, self._now())
        take_away = self._web.banners.put(host, partial(take_over, banner=banner, names=names))
        learnt = self._end_control(host, names)

        async def give_back() -> Details:
            del in_force[key]
            take_away()
            return also_ordered(alike(), key)

        warning = None
        if host in self._off_since:
            warning = message("{host} has no power: nobody sees the banner", host=host)
        told = tuple((f"image of {image.site}", image.sha256) for image in images)
        return Carried(give_back, warning, (*already, *told, *learnt))

    def _switch_off(self, key: str, host: str) -> Carried:
        machine = self._hosts[host]
        in_force = self._switched_off.setdefault(host, {})
        already = done_for(in_force)
        in_force[key] = None
        machine.powered = False
        machine.break_connections()
        if host not in self._off_since:
            self._off_since[host] = self._now()
            self._journal.record(host, SWITCHED_OFF)
        learnt = self._end_control(host, None)

        async def switch_on() -> Details:
            del in_force[key]
            machine.powered = not in_force
            if machine.powered:
                del self._off_since[host]
                self._journal.record(host, SWITCHED_ON)
            return also_ordered(in_force, key)

        banner = self._taken_over.get(host)
        warning = None
        if banner:
            warning = message("the banner on {host} goes dark with it", host=host)
        return Carried(switch_on, warning, (*already, *learnt))

    # --- copying --------------------------------------------------------------------------

    def _image(self, host: str, name: str) -> Carried:
        """Copy the site and hash the copy. It runs on; without power, its memory is lost."""
        closed = self._closed_since(host, name)
        image = self._web.machines[host].copy(name, seed=self._seed, at=closed)
        off = host in self._off_since

        async def never() -> None:
            raise LabError(
                message("the image of {name} cannot be undone: it is in the file", name=name)
            )

        warning = None
        if off:
            warning = message(
                "{host} was without power: what was in its memory was lost before the copy",
                host=host,
            )
        details = (
            ("sha256", image.sha256),
            ("octets", str(image.bytes_count)),
            ("memory", "lost" if off else "copied first"),
        )
        return Carried(never, warning, details)

    def _closed_since(self, host: str, name: str) -> Instant:
        """Return the instant after which nobody wrote to a site any more; now if it runs."""
        site = self._web.machines[host].state.sites[name].name
        closed = [
            since
            for names, _, since in self._taken_over.get(host, {}).values()
            if names is None or site in names
        ]
        return min([*closed, self._off_since.get(host, self._now())])

    # --- running on -----------------------------------------------------------------------

    def _run_under_control(self, host: str, name: str) -> Carried:
        machine = self._web.machines[host]
        running = self.controlled.get(name)
        if running is not None and running.ended is None:
            raise LabError(message("{name} runs under control already", name=name))
        if name in machine.state.banners:
            raise LabError(message("{name} shows a banner: nobody comes to be watched", name=name))
        if host in self._off_since:
            raise LabError(message("{host} has no power: it cannot be run on", host=host))
        names = machine.state.sites[name].names
        operation = ControlledOperation(name, names, self._now(), machine.visits)
        self.controlled[name] = operation
        self._controlled_on[name] = host
        self._journal.record(host, "runs under control", site=name)

        async def end() -> Details:
            return self._end(host, operation)

        return Carried(end, None, (("log", "every visit from now on"),))

    def _end_control(self, host: str, names: list[str] | None) -> Details:
        """End what runs under control; where several do, the first one's figures are told."""
        ended = [
            self._end(host, operation)
            for site, operation in self.controlled.items()
            if self._controlled_on[site] == host and (names is None or site in names)
        ]
        return next(filter(None, ended), ())

    def _end(self, host: str, operation: ControlledOperation) -> Details:
        """End an operation: a banner and a cut of the power do, too. What was learnt stays."""
        if operation.ended is not None:
            return ()
        operation.ended = self._now()
        learnt = operation.learnt(operation.ended)
        told = {
            "hours": (learnt.until - learnt.since) // HOUR,
            "visits": learnt.visits,
            "addresses": len(learnt.addresses),
        }
        self._journal.record(host, "no longer runs under control", site=operation.site, **told)
        return tuple((field, str(value)) for field, value in told.items())
