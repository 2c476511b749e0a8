"""Registrars at work in a running lab: their desks, by EPP where a world says so, and the
messages that they fetch.

A registrar asks for its messages every few minutes. Those polls that would find nothing are
left out: they would change nothing, and keep a leaping clock awake for ever.
"""

from __future__ import annotations

import asyncio
import string
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from simulator.roles.registrar.desk import Desk
from simulator.roles.registry.transform_log import TransformLog
from simulator.serving.late import Accept, Late, listen
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
    from simulator.roles.registrar.hearing import Notice
    from simulator.roles.registrar.requests import Done
    from simulator.roles.registrar.service import RegistrarDesk
    from simulator.values import Now
    from simulator.world.models import World

Contexts = Callable[[str, tuple[str, ...]], Awaitable["ssl.SSLContext"]]
"""Gives a machine, by id, what it serves TLS with, for names that lead to it."""
HTTPS: Final = 443
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
        self._server_context: Contexts
        self._logs: dict[str, TransformLog] = {}
        """By TLD."""
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

    async def open(self, server_context: Contexts, client_context: ssl.SSLContext) -> None:
        """Listen where the world says so, and begin to keep messages.

        ``server_context`` gives a machine what it serves TLS with; ``client_context`` is what
        registrars check that with.
        """
        self._tls = client_context
        self._server_context = server_context
        for tld, registry in self._names.registries.items():
            # What the lab itself registered is nobody's deed: neither told nor noted.
            registry.poll_clear()
            self._logs[tld] = TransformLog(registry, self._journal, self._now)
            if self._world.registries[tld].epp:
                self._give_passwords(tld)
                host = self._hosts[self._world.host_of_registry(tld)]
                late = Late(partial(self._serve_epp, tld))
                await self._run_on(host, listen(late, host.addresses, PORT))
                registry.listen_to_messages(partial(self._message_waits, tld))
        for registrar, entry in self._world.registrars.items():
            if entry.front is not None and entry.host is not None:
                host = self._hosts[entry.host]
                late = Late(partial(self._serve_front, registrar, entry.front))
                await self._run_on(host, listen(late, host.addresses, HTTPS))

    async def _serve_epp(self, tld: str) -> Accept:
        from simulator.roles.registry.epp_service import EppServer
        from simulator.roles.registry.epp_session import EppAccount, EppAccounts
        from simulator.serving.tls import TlsServerProtocol

        host = self._world.host_of_registry(tld)
        context = await self._server_context(host, (epp_server_name(tld),))
        accounts = EppAccounts(
            EppAccount(registrar, password, registrar)
            for (registrar, registry), password in self._passwords.items()
            if registry == tld
        )
        server = EppServer(
            self._names.registries[tld],
            accounts,
            context,
            (),
            self._now,
            self._logs[tld],
            calendar_start=self._calendar_start,
        )
        return partial(TlsServerProtocol, context, server.connection)

    def _give_passwords(self, tld: str) -> None:
        for registrar, entry in self._world.registrars.items():
            if tld in entry.registries:
                random = self._random_for(f"{registrar}/epp/{tld}")
                self._passwords[registrar, tld] = _password(random)

    # --- registrants ------------------------------------------------------------------------

    async def _serve_front(self, registrar: str, name: str) -> Accept:
        from simulator.roles.registrar.front import Front
        from simulator.roles.registrar.front_service import WebFront

        entry = self._world.registrars[registrar]
        assert entry.host is not None, "check_world gives a web site a machine"
        context = await self._server_context(entry.host, (name,))
        accounts = self._names.registrars[registrar].books.accounts()
        passwords = dict.fromkeys(accounts, CUSTOMER_PASSWORD)
        front = Front(self.desk(registrar), passwords, self._random_for(f"{registrar}/front"))
        self._fronts[registrar] = front
        site = WebFront(
            front,
            self._world.operators[entry.operator].name.en,
            context,
            self._hosts[entry.host].addresses,
            self._now,
            calendar_start=self._calendar_start,
        )
        return site.connection

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

    def registrar_of(self, operator: str, tld: str) -> str | None:
        """Return the registrar that an operator runs and that goes to a registry by EPP."""
        for registrar, entry in self._world.registrars.items():
            if entry.operator == operator and self.speaks_epp(registrar, tld):
                return registrar
        return None

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

    def _message_waits(self, tld: str, registrar: str) -> None:
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
