"""A person, or several, at their terminals: where the commands of a session are carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.errors import LabError
from simulator.lab.words import unknown
from simulator.tools.catalogue import load_tool, run_tool
from simulator.tools.machine import Machine, Output
from simulator.values import Duration, Message, message
from simulator.world.choices import choose

if TYPE_CHECKING:
    from simulator.lab import Lab
    from simulator.scenario.runner import ScenarioRun, StepRun

T = TypeVar("T")
ALL = "all"
NO_WAY = "none"


class Session:
    """What a prompt or a single command works on. Not async: each call runs the lab itself.

    ``run`` is the scenario that the lab belongs to, if there is one.
    """

    def __init__(
        self, lab: Lab, where: str, language: str = "en", run: ScenarioRun | None = None
    ) -> None:
        self.lab = lab
        self.language = language
        self.vantages: tuple[str, ...] = ()
        self._run = run
        self._steps: Iterator[StepRun] = iter(()) if run is None else run.steps()
        self.go_to(where)

    def __repr__(self) -> str:
        return f"<Session at {','.join(self.vantages)}>"

    def machine(self, vantage: str) -> Machine:
        """Return the machine of a vantage point."""
        return Machine(self.lab, vantage, self.language)

    # --- where we are -----------------------------------------------------------------------

    def go_to(self, where: str) -> None:
        """Sit down at ``paris``, at ``paris,lyon`` or at ``all`` vantage points."""
        known = self.lab.world.vantages
        if where == ALL:
            self.vantages = tuple(known)
            return
        wanted = [each.strip() for each in where.split(",") if each.strip()]
        if not wanted:
            raise LabError(unknown(message("vantage point"), where, known))
        for vantage in wanted:
            if vantage not in known:
                raise LabError(unknown(message("vantage point"), vantage, known))
        self.vantages = tuple(dict.fromkeys(wanted))

    def take_way(self, via: str) -> list[Message]:
        """Have everybody here go by a way round, or by none; return what is worth knowing."""
        if via != NO_WAY:
            choose(via, self.lab.world)  # before anybody leaves the way that they are on
        for vantage in self.vantages:
            if via == NO_WAY:
                self._lab_run(self.lab.disconnect(vantage))
            else:
                self._lab_run(self.lab.connect(vantage, via))
        return [] if via == NO_WAY else self.who_goes_by_it()

    def way_of(self, vantage: str) -> str | None:
        """Return the way round that somebody goes by, None for the provider's."""
        return self.lab.people.person(vantage).via

    def who_goes_by_it(self) -> list[Message]:
        """Say which tools do not go by the way that the people here have taken."""
        person = self.lab.people.person(self.vantages[0])
        probe, via = person.probe, person.via
        if probe.route is not None:
            return [
                message(
                    "'{via}' carries connections: curl goes by it; dig, ping, traceroute,"
                    " whois and openssl go the provider's way",
                    via=via,
                )
            ]
        if probe.front is not None or probe.cleartext or person.aim is not None:
            return [message("'{via}' is a way of the browser: no tool takes it", via=via)]
        if person.stub.channel is not None:
            return [
                message(
                    "'{via}' is how the system looks up names, for curl and ping say; dig asks on"
                    " port 53 unless it is told +tls or +https",
                    via=via,
                )
            ]
        if person.stub.hosts:
            return [message("dig does not read the hosts file; the other tools do")]
        return []

    # --- what is done -----------------------------------------------------------------------

    def tool(self, words: Sequence[str], output: Output) -> int:
        """Run a tool at each vantage point here, at the same time; return the worst status."""
        load_tool(words[0])
        if len(self.vantages) == 1:
            [vantage] = self.vantages
            return self._lab_run(self._at(vantage, words, output))
        return self._lab_run(self._at_each(words, output))

    async def _at(self, vantage: str, words: Sequence[str], output: Output) -> int:
        machine = self.machine(vantage)
        return await self.lab.loop.run_on(machine.host, run_tool(machine, words, output))

    async def _at_each(self, words: Sequence[str], output: Output) -> int:
        """Collect what each says, so that it stands together under a heading."""
        said: dict[str, list[str]] = {vantage: [] for vantage in self.vantages}
        statuses = await asyncio.gather(
            *(
                self._at(vantage, words, Output(lines.append, lines.append))
                for vantage, lines in said.items()
            )
        )
        for number, (vantage, lines) in enumerate(said.items()):
            text = "".join(lines)
            output.out(("\n" if number else "") + f"== {self.heading(vantage)} ==\n{text}")
            if text and not text.endswith("\n"):
                output.line()
        return max(statuses)

    def heading(self, vantage: str) -> str:
        """Return ``paris (fr-alpha, FR)``, with the way round if there is one."""
        network = self.lab.world.vantages[vantage].network
        country = self.lab.world.country_of(network)
        via = self.way_of(vantage)
        by = "" if via is None else f", via {via}"
        return f"{vantage} ({network}, {country}{by})"

    def wait(self, duration: Duration) -> None:
        """Let lab time pass, in microseconds."""
        self._lab_run(self.lab.wait(duration))

    def next_step(self) -> StepRun | None:
        """Do the next step of the scenario; None if there is none left, or no scenario."""
        return next(self._steps, None)

    def run_steps(self, until: str | None) -> Iterator[StepRun]:
        """Do the scenario's steps up to one, by id or number, or all; yield each when done.

        `LabError` for a step that the scenario does not have.
        """
        assert self._run is not None
        steps = self._run.scenario.steps
        ids = [step.id or f"step-{number}" for number, step in enumerate(steps, 1)]
        if until is not None and until not in ids:
            number = int(until) if until.isascii() and until.isdigit() else 0
            if not 1 <= number <= len(ids):
                raise LabError(
                    message(
                        "unknown step '{word}'; the scenario has {known}",
                        word=until,
                        known=", ".join(ids),
                    )
                )
            until = ids[number - 1]
        while (step := self.next_step()) is not None:
            yield step
            if step.id == until:
                return

    def _lab_run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the lab; whoever is interrupted leaves nothing half done behind."""
        task = self.lab.loop.create_task(work)
        try:
            self.lab.run(_over(task))
        except BaseException:
            task.cancel()
            self.lab.run(_over(task))
            raise
        return task.result()


async def _over(task: asyncio.Task[Any]) -> None:
    await asyncio.wait([task])
