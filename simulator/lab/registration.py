"""Registrars at work in a running lab: their desks, by EPP where a world says so, and the
messages that they fetch.

A registrar asks for its messages every few minutes. Those polls that would find nothing are
left out: they would change nothing, and keep a leaping clock awake for ever.
"""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from simulator.roles.registrar.desk import Desk
from simulator.roles.registrar.front_door import FrontDoor
from simulator.roles.registry.epp_door import EppDoor
from simulator.values import HOUR, MINUTE, SECOND, Duration, Instant
from simulator.wire.epp import PORT
from simulator.wire.epp import server_name as epp_server_name

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from random import Random

    from simulator.journal import Journal
    from simulator.lab.names import Names
    from simulator.lab.running import RandomFor, RunOn
    from simulator.net import Host
    from simulator.roles.registrar.front import Front
    from simulator.roles.registrar.front_service import WebFront
    from simulator.roles.registrar.hearing import Notice
    from simulator.roles.registrar.requests import Done
    from simulator.roles.registrar.service import RegistrarDesk
    from simulator.values import Now
    from simulator.world.models import World

POLL_EVERY: Final[Duration] = 5 * MINUTE
"""How often a registrar asks for its messages."""
RETRY_AFTER: Final[Duration] = HOUR
"""When it asks again after it got no answer."""
PASSWORD_LENGTH: Final = 16
"""Of registrars at registries. RFC 5730 section 4, pwType: 6 to 16 characters."""
CUSTOMER_PASSWORD: Final = "sesame"  # noqa: S105 - a lab's, told in the docs
"""Of every customer at every registrar's web site, so that a class can log in."""


class Heard(NamedTuple):
    """A message that a registrar fetched from a registry and took off its queue."""

    at: Instant
    registrar: str
    tld: str
    notice: Notice


class Registration:
    """The desks of a world's registrars. `open` them once the registries stand."""

    def __init__(
        self,
        world: World,
        hosts: Mapping[str, Host],
        names: Names,
        now: Now,
        journal: Journal,
        run_on: RunOn,
        random_for: RandomFor,
        calendar_start: int,
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._names = names
        self._now = now
        self._journal = journal
        self._run_on = run_on
        self._random_for = random_for
        self._calendar_start = calendar_start
        self._tls: ssl.SSLContext
        self._passwords: dict[tuple[str, str], str] = {}
        """By registrar and TLD: each registry gives its own."""
        self._desks: dict[str, Desk] = {}
        self._speaking: dict[str, RegistrarDesk] = {}
        """Those of the desks that have a line to a registry."""
        self._fronts: dict[str, Front] = {}
        """By registrar, the web sites that have had a visitor."""
        self._polls: dict[tuple[str, str], asyncio.Task[None]] = {}
        """By registrar and TLD, the poll that is to come."""
        self.heard: list[Heard] = []
        """What registrars were told, in the order in which they fetched it."""

    def __repr__(self) -> str:
        return f"<Registration desks={list(self._desks)} heard={len(self.heard)}>"

    async def open(
        self, contexts: Mapping[str, ssl.SSLContext], client_context: ssl.SSLContext
    ) -> None:
        """Listen where the world says so, and begin to keep messages.

        ``contexts`` are those of the machines that hold the servers' certificates, by host;
        ``client_context`` is what registrars check them with.
        """
        self._tls = client_context
        for tld, registry in self._names.registries.items():
            registry.poll_clear()  # of what the lab itself registered
            if not self._world.registries[tld].epp:
                continue
            passwords = self._give_passwords(tld)
            host = self._world.host_of_registry(tld)
            door = EppDoor(
                registry,
                passwords,
                contexts[host],
                self._hosts[host].addresses,
                self._now,
                self._journal,
                self._calendar_start,
            )
            await self._run_on(self._hosts[host], door.start())
            registry.listen_to_messages(self._listener(tld))
        for registrar, entry in self._world.registrars.items():
            if entry.front is not None and entry.host is not None:
                await self._open_front(registrar, entry.front, entry.host, contexts[entry.host])

    def _give_passwords(self, tld: str) -> dict[str, str]:
        given = {}
        for registrar, entry in self._world.registrars.items():
            if tld in entry.registries:
                password = _password(self._random_for(f"{registrar}/epp/{tld}"))
                given[registrar] = self._passwords[registrar, tld] = password
        return given

    # --- registrants ------------------------------------------------------------------------

    async def _open_front(
        self, registrar: str, name: str, host: str, context: ssl.SSLContext
    ) -> None:
        def make() -> WebFront:
            from simulator.roles.registrar.front import Front
            from simulator.roles.registrar.front_service import WebFront

            accounts = self._names.registrars[registrar].books.accounts()
            passwords = dict.fromkeys(accounts, CUSTOMER_PASSWORD)
            random = self._random_for(f"{registrar}/front")
            front = self._fronts[registrar] = Front(self.desk(registrar), passwords, random)
            return WebFront(
                front,
                self._world.operators[self._world.registrars[registrar].operator].name.en,
                context,
                addresses,
                self._now,
                calendar_start=self._calendar_start,
            )

        addresses = self._hosts[host].addresses
        await self._run_on(self._hosts[host], FrontDoor(addresses, make).start())

    def open_account(self, registrar: str, account: str) -> None:
        """Take in a new customer; `LabError` if the id is taken."""
        self._names.registrars[registrar].open_account(account, account)
        front = self._fronts.get(registrar)
        if front is not None:
            front.set_password(account, CUSTOMER_PASSWORD)

    # --- desks ------------------------------------------------------------------------------

    def speaks_epp(self, registrar: str, tld: str) -> bool:
        """Whether a registrar goes to the registry of a top-level domain by EPP."""
        return (registrar, tld) in self._passwords

    async def at(self, registrar: str, work: Callable[[Desk], Coroutine[Any, Any, Done]]) -> Done:
        """Have a registrar do some work, on its machine if it has one; return what came of it."""
        desk = self.desk(registrar)
        host = self._world.registrars[registrar].host
        if host is None:
            return await work(desk)
        return await self._run_on(self._hosts[host], work(desk))

    def desk(self, registrar: str) -> Desk:
        """Return a registrar's desk; its sessions are opened by the first command."""
        found = self._desks.get(registrar)
        if found is None:
            found = self._desks[registrar] = self._make_desk(registrar)
        return found

    def _make_desk(self, registrar: str) -> Desk:
        own = self._names.registrars[registrar]
        tlds = [tld for one, tld in self._passwords if one == registrar]
        if not tlds:
            return Desk(own, self._now)
        from simulator.roles.registrar.epp_client import EppClient
        from simulator.roles.registrar.service import RegistrarDesk

        sessions = {
            tld: EppClient(
                self._hosts[self._world.host_of_registry(tld)].addresses[0],
                PORT,
                self._tls,
                epp_server_name(tld),
                registrar,
                self._passwords[registrar, tld],
            )
            for tld in tlds
        }
        desk = RegistrarDesk(own, sessions, self._journal, now=self._now)
        self._speaking[registrar] = desk
        return desk

    # --- messages ---------------------------------------------------------------------------

    def _listener(self, tld: str) -> Callable[[str], None]:
        def listen(registrar: str) -> None:
            self._message_waits(registrar, tld)

        return listen

    def _message_waits(self, registrar: str, tld: str) -> None:
        """Have the registrar find a message when it asks next."""
        if (registrar, tld) not in self._polls:
            host = self._world.registrars[registrar].host
            assert host is not None, "check_world gives who speaks EPP a machine"
            program = self._poll(registrar, tld)
            self._polls[registrar, tld] = self._run_on(self._hosts[host], program)

    async def _poll(self, registrar: str, tld: str) -> None:
        from simulator.roles.registrar.epp_client import EppUnavailable

        await self._sleep_until((self._now() // POLL_EVERY + 1) * POLL_EVERY)
        self.desk(registrar)
        desk = self._speaking[registrar]
        while True:
            # What is queued from now on is found by this poll or the next.
            waiting = self._polls.pop((registrar, tld))
            try:
                found = await desk.poll(tld)
                break
            except EppUnavailable as error:
                self._polls[registrar, tld] = waiting
                self._journal.record(registrar, "registry unreachable", tld=tld, error=str(error))
                await self._sleep_until(self._now() + RETRY_AFTER)
        self.heard += [Heard(self._now(), registrar, tld, notice) for notice in found]

    async def _sleep_until(self, instant: Instant) -> None:
        await asyncio.sleep((instant - self._now()) / SECOND)


def _password(random: Random) -> str:
    return "".join(random.choices(string.ascii_letters + string.digits, k=PASSWORD_LENGTH))
