"""Whether registrants can ask what a scenario has them ask, and where names can be looked up."""

from __future__ import annotations

from simulator.scenario.asking import Register
from simulator.scenario.models import Look, Step
from simulator.values import message
from simulator.world.checking import Check
from simulator.world.faults import Place
from simulator.world.models import World


class RegistrantCheck(Check):
    """The faults of what registrants ask; ``registered`` are names that steps registered."""

    world: World
    registered: dict[str, None]

    def _registrants(self, place: Place, step: Step) -> None:
        if step.register_ is not None:
            self._register((*place, "register"), step.register_)
        held = (
            ("unlock", step.unlock),
            ("move", step.move),
            ("transfer", step.transfer),
            ("lock", step.lock),
        )
        for word, act in held:
            if act is not None:
                where = (*place, word)
                self._holder_at(where, act.vantage)
                names = (*self.world.domains, *self.registered)
                self.known((*where, "name"), message("registered name"), act.name, names)
        if step.move is not None:
            self._nameservers((*place, "move"), step.move.nameservers)
        if step.transfer is not None:
            to, where = step.transfer.to, (*place, "transfer")
            if self.known((*where, "to"), message("registrar"), to, self.world.registrars):
                self._accredited((*where, "to"), to, step.transfer.name)
                self._site_of(where, to, step.transfer.vantage)

    def _register(self, place: Place, act: Register) -> None:
        self._holder_at(place, act.vantage)
        self._nameservers(place, act.nameservers)
        if self.known((*place, "by"), message("registrar"), act.by, self.world.registrars):
            self._accredited((*place, "by"), act.by, act.name)
            self._site_of(place, act.by, act.vantage)
        if act.registrant is None and act.name not in self.world.domains:
            text = message("the 'registrant' of a new name is missing")
            self.wrong(place, text)
        if act.name.count(".") != 1:
            text = message("'{name}' is not directly below a registry", name=act.name)
            self.wrong((*place, "name"), text)
        self.registered[act.name] = None

    def _holder_at(self, place: Place, vantage: str | None) -> None:
        kind = message("vantage point")
        self.known_or_none((*place, "from"), kind, vantage, self.world.vantages)

    def _nameservers(self, place: Place, servers: tuple[str, ...]) -> None:
        where = (*place, "nameservers")
        self.all_known(where, message("nameserver"), servers, self.world.nameservers)

    def _accredited(self, place: Place, registrar: str, name: str) -> None:
        tld = name.rpartition(".")[2]
        if tld not in self.world.registrars[registrar].registries:
            text = message(
                "registrar '{registrar}' has no account at '.{tld}'", registrar=registrar, tld=tld
            )
            self.wrong(place, text)

    def _site_of(self, place: Place, registrar: str, vantage: str | None) -> None:
        if vantage is not None and self.world.registrars[registrar].front is None:
            text = message("'{registrar}' has no web site: leave 'from' out", registrar=registrar)
            self.wrong((*place, "from"), text)

    def _in_a_directory(self, place: Place, look: Look) -> None:
        if not self.world.has_directories():
            self.wrong(place, message("no registry of this world has a directory"))
            return
        tld = look.name.rpartition(".")[2]
        self.known(place, message("registry"), tld, self.world.registries)
