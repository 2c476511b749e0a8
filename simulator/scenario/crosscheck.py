"""Whether a scenario fits its world: every name it uses exists, every step can be done."""

from __future__ import annotations

from datetime import datetime, timedelta

from simulator.errors import LabError, NotSimulated
from simulator.scenario.addresses import wrong_address
from simulator.scenario.check_expectations import ExpectationCheck
from simulator.scenario.check_orders import check_extras
from simulator.scenario.check_registrants import RegistrantCheck
from simulator.scenario.models import (
    ALL,
    Connect,
    Coordinate,
    Evidence,
    Member,
    Order,
    Scenario,
    Step,
    asks,
)
from simulator.scenario.words import SECTIONS
from simulator.values import Lever, message
from simulator.world import reserved
from simulator.world.check_measures import check_measure
from simulator.world.choices import CIRCUMVENTIONS, choose, known_ways
from simulator.world.faults import Place
from simulator.world.fields import LONGEST, MOST_YEARS
from simulator.world.models import World
from simulator.world.source import Source

HOST_LEVERS = (
    Lever.HOST_TAKEOVER,
    Lever.HOST_OFF,
    Lever.IMAGING,
    Lever.CONTROLLED_OPERATION,
)
SITE_LEVERS = (
    Lever.END_OF_SERVICE,
    Lever.CERTIFICATE_REVOCATION,
    Lever.MONEY_FREEZE,
    Lever.HEARING,
    Lever.ARREST,
)
"""What concerns a site, wherever it is hosted."""
BANNER_LEVERS = (Lever.HOST_TAKEOVER, Lever.REDELEGATION, Lever.RECORD_CHANGE)


def check_scenario(scenario: Scenario, world: World, source: Source) -> None:
    """Raise `Faults` when a scenario speaks of what its world does not have."""
    check = ScenarioCheck(source)
    check.run(scenario, world)
    check.done()


class ScenarioCheck(RegistrantCheck, ExpectationCheck):
    """The faults of one scenario in its world."""

    def run(self, scenario: Scenario, world: World) -> None:
        """Note all faults."""
        self.world = world
        self.registered: dict[str, None] = {}
        self.earlier: dict[str, Step] = {}
        self.watching: dict[str, None] = {}
        self.lifted_last: str | None = None
        self.connections = tuple(known_ways(world))
        self.names = (
            *world.sites,
            *(alias for site in world.sites.values() for alias in site.aliases),
            *world.domains,
        )
        self.all_known(("show",), message("vantage point"), scenario.show, world.vantages)
        for position, step in enumerate(scenario.steps):
            place: Place = ("steps", position)
            self._step(place, step)
            if step.id is not None:
                if step.id in self.earlier:
                    self.wrong((*place, "id"), message("'{id}' is an earlier step", id=step.id))
                # Of two steps with one id, a 'lift' means the one that gave orders.
                if step.id not in self.earlier or _gives_orders(step):
                    self.earlier[step.id] = step
        self._lasts(scenario)

    def _lasts(self, scenario: Scenario) -> None:
        """Note the step by which a scenario has lasted longer than the lab's calendar bears."""
        start = scenario.start or self.world.start
        lasts = 0
        for position, step in enumerate(scenario.steps):
            place: Place = ("steps", position)
            if step.coordinate is not None:
                place = ("steps", position, "coordinate")
                parts = [member.preparation or 0 for member in step.coordinate.members]
                lasts += max(step.coordinate.after or 0, *parts)
                lasts = max(lasts, _since(start, step.coordinate.on))
            if lasts <= LONGEST and step.wait is not None:
                place = ("steps", position, "wait")
                lasts = max(lasts + (step.wait.duration or 0), _since(start, step.wait.until))
            if lasts > LONGEST:
                text = message("the scenario lasts longer than {years} years", years=MOST_YEARS)
                self.wrong(place, text)
                return

    def _step(self, place: Place, step: Step) -> None:
        if not step.model_fields_set - {"id", "title", "why"}:
            self.wrong(place, message("the step does nothing"))
        if step.disconnect is not None:
            self._vantages((*place, "disconnect", "who"), step.disconnect.who)
        for position, connect in enumerate(step.connect):
            self._connect((*place, "connect", position), connect)
        self._lift(place, step)
        self._registrants(place, step)
        for position, order in enumerate(step.order):
            self._order((*place, "order", position), order)
        if step.coordinate is not None:
            self._coordinate((*place, "coordinate"), step.coordinate)
        if step.evidence is not None:
            self._evidence((*place, "evidence"), step.evidence)
        self._looks(place, step)
        self.others(place, step)
        self._expect(place, step)

    # --- people and looks -----------------------------------------------------------------

    def _vantages(self, place: Place, who: tuple[str, ...]) -> None:
        if who != (ALL,):
            self.all_known(place, message("vantage point"), who, self.world.vantages)

    def _connect(self, place: Place, connect: Connect) -> None:
        self._vantages((*place, "who"), connect.who)
        if isinstance(connect.via, str):
            self._via((*place, "via"), connect.via)
            return
        for name, addresses in connect.via.items():
            for address in addresses:
                try:
                    reserved.address(address)
                except reserved.NotReserved as reason:
                    self.wrong((*place, "via", name), reason.message)

    def _via(self, place: Place, via: str | None) -> None:
        if via is None:
            return
        try:
            choose(via, self.world)
        except LabError as reason:
            named = via.partition(":")[0] in CIRCUMVENTIONS
            if named or isinstance(reason, NotSimulated):
                self.wrong(place, reason.message)
            else:
                self.known(place, message("way round"), via, self.connections)

    def _looks(self, place: Place, step: Step) -> None:
        looks = (("visit", step.visit), ("resolve", step.resolve), ("diagnose", step.diagnose))
        for action, look in looks:
            if look is not None:
                self._vantages((*place, action, "from"), look.vantages)
                self._via((*place, action, "via"), look.via)
        if step.visit is not None:
            self._url((*place, "visit", "url"), step.visit.url)
        if step.look is not None:
            self._vantages((*place, "look", "from"), step.look.vantages)
            self._in_a_directory((*place, "look"), step.look)
        if step.diagnose is not None:
            self._url((*place, "diagnose", "url"), step.diagnose.url)

    def _url(self, place: Place, url: str) -> None:
        text = wrong_address(url)
        if text is not None:
            self.wrong(place, text)

    def _evidence(self, place: Place, evidence: Evidence) -> None:
        self.known((*place, "site"), message("site"), evidence.site, self.world.sites)
        self.all_known((*place, "first"), message("section"), evidence.first, SECTIONS)

    # --- orders -----------------------------------------------------------------------------

    def _lift(self, place: Place, step: Step) -> None:
        """Note what cannot be lifted. A lift that a lock has refused can be tried again once
        the lock is off; right after the first, a second one is a slip."""
        for position, name in enumerate(step.lift):
            where = (*place, "lift", position)
            known = self.known(where, message("earlier step"), name, self.earlier)
            if known and not _gives_orders(self.earlier[name]) and self.whole("steps"):
                self.wrong(where, message("step '{id}' gave no order", id=name))
            elif known and name == self.lifted_last and self.whole("steps"):
                text = message("step '{id}' is lifted already, and no other since", id=name)
                self.wrong(where, text)
            self.lifted_last = name
        if asks(step):
            self.lifted_last = None

    def _order(self, place: Place, order: Order) -> None:
        self._authority((*place, "by"), order.by)
        self._instrument(place, order.instrument)
        self.all_known((*place, "to"), message("operator"), order.to, self.world.operators)
        self._name((*place, "name"), order.name)
        if order.lever is not None:
            self._lever(place, order.lever, order.name, order.banner)
        elif order.measure is not None:
            check_measure(self.world, self, (*place, "measure"), order.measure)
        check_extras(self.world, self, place, order, order.name)

    def _coordinate(self, place: Place, operation: Coordinate) -> None:
        self._authority((*place, "by"), operation.by)
        for position, partner in enumerate(operation.partners):
            self._authority((*place, "with", position), partner)
        self._name((*place, "name"), operation.name)
        taking_part = (operation.by, *operation.partners)
        for position, member in enumerate(operation.members):
            where = (*place, "members", position)
            self._member(where, member, operation, taking_part)

    def _member(
        self, place: Place, member: Member, operation: Coordinate, taking_part: tuple[str, ...]
    ) -> None:
        by = member.by
        if self._authority((*place, "by"), by) and by not in taking_part:
            text = message(
                "'{authority}' is neither 'by' nor 'with' of the operation: add it to 'with'",
                authority=by,
            )
            self.wrong((*place, "by"), text)
        self._instrument(place, member.instrument)
        self.known((*place, "to"), message("operator"), member.to, self.world.operators)
        self._name((*place, "name"), member.name)
        name = member.name or operation.name
        self._lever(place, member.lever, name, member.banner or operation.banner)
        check_extras(self.world, self, place, member, name)

    def _lever(self, place: Place, lever: Lever, name: str | None, banner: str | None) -> None:
        banners = self.world.banners
        if lever in BANNER_LEVERS and not banners:
            text = message("'{lever}' shows a banner: the world needs one", lever=lever.value)
            self.wrong((*place, "lever"), text)
        else:
            self.known((*place, "banner"), message("banner"), banner, banners)
            if lever in BANNER_LEVERS and banner is None and len(banners) > 1:
                text = message(
                    "the world has {count} banners: say which 'banner'", count=len(banners)
                )
                self.wrong(place, text)
        if name is None or name not in self.names:
            return
        if lever in HOST_LEVERS and name not in self.world.sites:
            text = message(
                "'{lever}' takes a site's machine, and '{name}' is no site",
                lever=lever.value,
                name=name,
            )
            self.wrong((*place, "name"), text)
        if lever in SITE_LEVERS and name not in self.world.sites:
            text = message(
                "'{lever}' concerns a site, and '{name}' is none", lever=lever.value, name=name
            )
            self.wrong((*place, "name"), text)
        registered = lever not in (*HOST_LEVERS, *SITE_LEVERS, Lever.RECORD_CHANGE)
        if registered and name not in self.world.domains:
            text = message(
                "'{lever}' acts on a registered name, and '{name}' is below one",
                lever=lever.value,
                name=name,
            )
            self.wrong((*place, "name"), text, self.world.domain_of(name))

    def _authority(self, place: Place, name: str) -> bool:
        """As `known`; a name that ends in a country's code is not taken for one of elsewhere."""
        entries = self.world.authorities
        code = name.rpartition("-")[2]
        near = (
            [key for key, entry in entries.items() if entry.country.lower() == code]
            if len(code) == 2
            else entries
        )
        return self.known(place, message("authority"), name, entries, near)

    def _instrument(self, place: Place, instrument: str | None) -> None:
        if instrument is not None:
            from simulator.roles.authority.instruments import INSTRUMENTS

            known = [entry.id for entry in INSTRUMENTS]
            self.known((*place, "instrument"), message("instrument"), instrument, known)

    def _name(self, place: Place, name: str | None) -> None:
        self.known(place, message("name"), name, (*self.names, *self.registered))


def _since(start: datetime, moment: datetime | None) -> int:
    """Return the microseconds from the start to a date, 0 without one."""
    return 0 if moment is None else (moment - start) // timedelta(microseconds=1)


def _gives_orders(step: Step) -> bool:
    return bool(step.order) or step.coordinate is not None
