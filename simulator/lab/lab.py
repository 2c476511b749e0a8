"""The lab: a world that runs, and what one can do in it.

This is what scenarios, lessons and programs use::

    from simulator import Lab

    async def story(lab):
        before = await lab.visit("https://coco.xg/", "paris")
        print(before.page, before.addresses)

    with Lab.load("europe") as lab:
        lab.run(story(lab))
"""

from __future__ import annotations

import asyncio
import datetime
import io
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from simulator.errors import LabError
from simulator.journal import Journal
from simulator.lab.blocking import Blocking
from simulator.lab.capture import Recorder
from simulator.lab.carried import Undo
from simulator.lab.internet import lay_out
from simulator.lab.law import Law, Part
from simulator.lab.levers import Levers
from simulator.lab.names import Names
from simulator.lab.offices import open_offices
from simulator.lab.orders import OrderOutcome, check_action
from simulator.lab.people import People
from simulator.lab.ways import Via, WayBlocked
from simulator.lab.web import Web
from simulator.measures import Measure
from simulator.net import Clock, Host, JumpClock, LabLoop
from simulator.roles.probe.diagnosis import needs_comparison
from simulator.values import DAY, SECOND, Duration, Instant, Lever, Observation, message

if TYPE_CHECKING:
    from simulator.lab.examination import Examiner
    from simulator.lab.registrants import Registrants
    from simulator.roles.probe.investigation import Examination
    from simulator.roles.resolver.stub import Answer
    from simulator.world.models import World

T = TypeVar("T")

PREPARATION: Duration = 3 * DAY
"""The lab is put up so long before instant 0: certificates are had, and every cache that
this filled has run out again (the longest TTL of the built-in world is two days)."""


class Lab:
    """One world, running. Close it, or use it as a context manager.

    ``seed`` fixes all randomness but that of OpenSSL; ``clock`` is a `JumpClock` unless a
    live lab wants another; ``language`` is that of the sites' pages.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int = 0,
        start: datetime.datetime | None = None,
        clock: Clock | None = None,
        language: str = "en",
    ) -> None:
        self.world = world
        self.seed = seed
        self.clock = JumpClock(start or world.start) if clock is None else clock
        self.clock.begin(-PREPARATION)
        self.loop = LabLoop(self.clock, seed)
        self.fabric = self.loop.fabric
        self.journal = self.fabric.journal = Journal(self.fabric.now)
        self._failures: list[BaseException] = []
        self.loop.set_exception_handler(self._note_failure)
        hosts = lay_out(self.fabric, world)
        now, random_for = self.fabric.now, self.fabric.random_for
        calendar_start = int(self.clock.start.timestamp())
        self.names = Names(world, hosts, now, self.journal, random_for, calendar_start)
        self.web = Web(world, hosts, now, self.journal, calendar_start, language)
        people = (world, hosts, now, self.journal, self.run_on, random_for, calendar_start)
        self.people = People(*people, self.names.signing)
        self.recorder = Recorder(self.fabric, world.vantages, self.people.person)
        self.hosts = hosts
        self._orders = 0
        self._imposed: dict[str, Undo] = {}
        self.law: Law
        try:
            self.run(self._put_up())
        except BaseException:
            self.close()
            raise

    @classmethod
    def load(cls, world: str | Path = "europe", **options: Any) -> Self:
        """Return a lab of a built-in world, by name, or of a world file; raise `Faults`."""
        from simulator.world.loader import built_in_world, load_world

        path = Path(world)
        found = load_world(path) if path.suffix else built_in_world(str(world))
        return cls(found, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Lab {self.world.title.en!r} at {self.date().isoformat()}>"

    async def _put_up(self) -> None:
        random_for = self.fabric.random_for
        await self.names.start(self.run_on, random_for)
        await self.web.start(self.run_on, random_for)
        await self.web.open_edges(self.run_on)
        self.people.settle(self.web.authority.root_pem)
        self.registration = await open_offices(self)
        contexts = {name: machine.tls_context for name, machine in self.web.machines.items()}
        await self.names.encrypt(contexts, self.run_on, int(self.clock.start.timestamp()))
        blocking = Blocking(self.world, self.hosts, self.names, self.web)
        levers = Levers(self, blocking)
        self.law = Law(self.world, levers, self.fabric.now, self.date, self.journal)
        await asyncio.sleep(-self.now / SECOND)
        blocking.apply_standing()

    # --- running ----------------------------------------------------------------------------

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in lab time, to its end, and return what it returns.

        Raises what it raises; and if a program of the lab failed meanwhile, that.
        """
        result = self.loop.run_until_complete(story)
        failures, self._failures = self._failures, []
        if failures:
            raise failures[0]
        return result

    def close(self) -> None:
        """End everything that still runs."""
        if not self.loop.is_closed():
            self.loop.shut_down()

    def run_on(self, host: Host, program: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a program of a machine, beside the caller."""
        return self.loop.run_on(host, program)

    def _note_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._failures.append(error or RuntimeError(context["message"]))

    # --- time -------------------------------------------------------------------------------

    @property
    def now(self) -> Instant:
        """Lab time in microseconds since the start."""
        return self.clock.now

    def date(self) -> datetime.datetime:
        """The lab's calendar date and time."""
        return self.clock.date()

    async def wait(self, duration: Duration) -> None:
        """Let lab time pass, in microseconds."""
        await self.wait_until(self.now + duration)

    async def wait_until(self, instant: Instant) -> None:
        """Let lab time pass up to an instant; `LabError` for one that is over."""
        if instant < self.now:
            raise LabError(
                message(
                    "{then} is over: it is {now} in the lab",
                    then=self.clock.date(instant).isoformat(timespec="seconds"),
                    now=self.date().isoformat(timespec="seconds"),
                )
            )
        await asyncio.sleep((instant - self.now) / SECOND)

    # --- looking ----------------------------------------------------------------------------

    async def visit(
        self, url: str, vantage: str, via: Via | None = None, *, compare: bool = True
    ) -> Observation:
        """Open an address in the browser at a vantage point.

        ``via`` is a way round for this visit alone. What the network does to the visit is in
        the observation; `LabError` is for what cannot be asked. Where the site is not reached
        and the world has a test helper, that looks as well, unless ``compare`` is False.
        """
        seen = await self._visit(url, vantage, via)
        return (await self._judged([seen]))[0] if compare else seen

    async def _visit(self, url: str, vantage: str, via: Via | None) -> Observation:
        began = self.now
        try:
            return await self._by_way(vantage, via, partial(self.people.visit, url=url))
        except WayBlocked as blocked:
            return self.people.shut_out(vantage, url, str(via), began, blocked)

    async def visit_all(
        self,
        url: str,
        vantages: Iterable[str],
        via: Via | None = None,
        *,
        compare: bool = True,
    ) -> list[Observation]:
        """Open an address at several vantage points at the same time, in the world's order."""
        looks = (self._visit(url, vantage, via) for vantage in self._in_order(vantages))
        # All are let finish before a failure is told: a way round must not outlive its look.
        seen = await asyncio.gather(*looks, return_exceptions=True)
        for each in seen:
            if isinstance(each, BaseException):
                raise each
        visits = [each for each in seen if isinstance(each, Observation)]
        return await self._judged(visits) if compare else visits

    async def _judged(self, visits: list[Observation]) -> list[Observation]:
        """Compare visits with the test helper's, where one of them leaves a question open."""
        if self.world.control is None or not any(map(needs_comparison, visits)):
            return visits
        return (await self.examiner.judge(visits))[0]

    async def diagnose(self, url: str, vantage: str, via: Via | None = None) -> Examination:
        """Have somebody look into why a site is not seen; return evidence and diagnosis.

        This asks further than a visit: other resolvers, the registry's servers, traces. It
        takes minutes of lab time, and leaves in caches what any curious person would.
        """
        look = partial(self.examiner.examine, url)
        return await self._by_way(vantage, via, look)

    @cached_property
    def registrants(self) -> Registrants:
        """The holders of names, and what they can do at their registrars."""
        from simulator.lab.registrants import Registrants

        return Registrants(self)

    @cached_property
    def examiner(self) -> Examiner:
        """The investigator of this lab: it remembers what it saw."""
        from simulator.lab.examination import Examiner

        return Examiner(self)

    async def resolve(
        self, name: str, vantage: str, kind: str = "A", via: Via | None = None
    ) -> Answer:
        """Ask a vantage point's resolver for records of a type."""
        look = partial(self.people.resolve, name=name, kind=kind)
        return await self._by_way(vantage, via, look)

    async def _by_way(
        self, vantage: str, via: Via | None, look: Callable[[str], Awaitable[T]]
    ) -> T:
        person = self.people.person(vantage)
        async with person.moving:  # whoever goes another way for one look has it to themselves
            if via is not None and via != person.via:
                return await self._by_another_way(vantage, person.via, via, look)
        return await look(vantage)

    async def _by_another_way(
        self, vantage: str, before: str | None, via: Via, look: Callable[[str], Awaitable[T]]
    ) -> T:
        if before is not None:
            raise LabError(
                message(
                    "{vantage} is connected by {via} already: disconnect first",
                    vantage=vantage,
                    via=before,
                )
            )
        await self.people.connect(vantage, via)
        try:
            return await look(vantage)
        finally:
            await self.people.disconnect(vantage)

    def _in_order(self, vantages: Iterable[str]) -> list[str]:
        """The world's order, whatever the order asked for: a run must not depend on it."""
        wanted = dict.fromkeys(vantages)
        for vantage in wanted:
            self.people.person(vantage)
        return [vantage for vantage in self.world.vantages if vantage in wanted]

    async def connect(self, vantage: str, via: Via) -> None:
        """Have a subscriber take a way round from now on: see `simulator.world.choices`."""
        async with self.people.person(vantage).moving:
            await self.people.connect(vantage, via)

    async def disconnect(self, vantage: str) -> None:
        """Have a subscriber go back to the provider's own way."""
        async with self.people.person(vantage).moving:
            await self.people.disconnect(vantage)

    # --- orders -----------------------------------------------------------------------------

    async def order(
        self,
        by: str,
        to: str | Sequence[str],
        action: Measure | Lever,
        name: str | None = None,
        *,
        key: str | None = None,
        wait: bool = True,
        **options: Any,
    ) -> list[OrderOutcome]:
        """Have an authority order operators to act; return what each made of it.

        ``options`` are those of `simulator.lab.law.Part`: ``machine``, ``banner``,
        ``registrar``, ``keep_ds``, ``instrument``. Without ``wait`` the outcomes are pending,
        and the order goes on.
        """
        operators = [to] if isinstance(to, str) else to
        check_action(action)
        parts = [Part(by, operator, action, name, **options) for operator in operators]
        key = self._key(key)
        if wait:
            return await self.law.order(key, parts)
        return self.law.order_and_go_on(key, parts)

    async def coordinate(
        self,
        lead: str,
        parts: Sequence[Part],
        *,
        key: str | None = None,
        wanted: Instant | None = None,
    ) -> list[OrderOutcome]:
        """Have authorities of several countries act on one date; return once they have."""
        return await self.law.coordinate(self._key(key), lead, parts, wanted)

    async def lift(self, key: str) -> list[OrderOutcome]:
        """Take back what was done under a key, and withdraw what is still under way."""
        return await self.law.lift(key)

    async def impose(
        self,
        operator: str,
        action: Measure | Lever,
        name: str | None = None,
        *,
        key: str | None = None,
        **options: Any,
    ) -> str:
        """Have an operator act at once, whoever may have told it so; return the key to `revoke`.

        This asks nobody whether the law allows it: `order` does. ``options`` are ``machine``,
        ``banner``, ``registrar`` and ``keep_ds``.
        """
        check_action(action)
        key = self._key(key)
        if key in self._imposed:
            raise LabError(message("something is imposed under '{key}' already", key=key))
        self._imposed[key] = await self.law.levers.carry_out(key, operator, action, name, **options)
        return key

    async def revoke(self, key: str) -> None:
        """Take back what was imposed under a key; `KeyError` for one that was not."""
        await self._imposed[key]()
        del self._imposed[key]

    def _key(self, key: str | None) -> str:
        self._orders += 1
        return f"order-{self._orders}" if key is None else key

    # --- what is kept -------------------------------------------------------------------------

    def record(self, *points: str) -> None:
        """Capture packets from now on, at machines, networks or vantage points, or ``all``."""
        self.recorder.listen(points or ("all",))

    def write_capture(self, path: Path) -> int:
        """Write what was captured as pcapng; return the number of packets."""
        buffer = io.BytesIO()
        count = self.recorder.write(buffer.write, int(self.clock.start.timestamp()) * 1_000_000)
        path.write_bytes(buffer.getvalue())
        return count

    def write_evidence(self, path: Path, site: str, **options: Any) -> str:
        """Copy a site's server and file the copy; return the last hash of its record.

        ``options`` are those of `simulator.lab.evidence.take_evidence`.
        """
        from simulator.lab.evidence import write_evidence

        return write_evidence(self, path, site, **options)
