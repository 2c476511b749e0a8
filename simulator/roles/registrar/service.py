"""A registrar at work over the network: every operation goes to the registry by EPP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from simulator.journal import Journal
from simulator.roles.registrar.epp_client import EppClient, EppUnavailable
from simulator.roles.registrar.epp_requests import answer_from, command_for
from simulator.roles.registrar.hearing import Notice, hear, notice_from
from simulator.roles.registrar.logic import Registrar, no_registry
from simulator.roles.registrar.requests import Done, Steps
from simulator.values import Address, message
from simulator.wire.epp.session import PollAck, PollRequest


class RegistrarDesk:
    """Does what a `Registrar` decides through EPP sessions, one for each TLD.

    It shares the registrar's books: what the one enters, the other knows. Operations never
    raise for what the registry or the network refuses: `Done` says why.
    """

    def __init__(
        self,
        registrar: Registrar,
        sessions: Mapping[str, EppClient],
        journal: Journal | None = None,
    ) -> None:
        self.registrar = registrar
        self._sessions = dict(sessions)
        self._journal = journal
        self._listening: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<RegistrarDesk {self.registrar.id} tlds={list(self._sessions)}>"

    def portfolio(self, account: str) -> tuple[str, ...]:
        """Return the names that an account holds."""
        return self.registrar.portfolio(account)

    # --- names ------------------------------------------------------------------------

    async def register(
        self,
        account: str,
        name: str,
        nameservers: tuple[str, ...],
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
        years: int = 1,
    ) -> Done:
        """Register a name for a customer, and delegate it: see `Registrar.register`."""
        conduct = self.registrar.conduct
        return await self._do(name, conduct.register(account, name, nameservers, dict(glue), years))

    async def change_nameservers(
        self,
        actor: str,
        name: str,
        nameservers: tuple[str, ...],
        *,
        glue: tuple[tuple[str, tuple[Address, ...]], ...] = (),
        remove_ds: bool = True,
    ) -> Done:
        """Delegate a name elsewhere: see `Registrar.change_nameservers`."""
        conduct = self.registrar.conduct
        steps = conduct.change_nameservers(actor, name, nameservers, dict(glue), remove_ds)
        return await self._do(name, steps)

    async def hold(self, name: str) -> Done:
        """Put clientHold on a name, by the registrar's own hand."""
        return await self._do(name, self.registrar.conduct.set_hold(name, True))

    async def release(self, name: str) -> Done:
        """Take clientHold off a name."""
        return await self._do(name, self.registrar.conduct.set_hold(name, False))

    async def lock(self, actor: str, name: str) -> Done:
        """Put the three client locks on a name."""
        return await self._do(name, self.registrar.conduct.set_locks(actor, name, True))

    async def unlock(self, actor: str, name: str) -> Done:
        """Take the client locks off a name; not for its holder while an order keeps it."""
        return await self._do(name, self.registrar.conduct.set_locks(actor, name, False))

    # --- transfers --------------------------------------------------------------------

    async def transfer_out(self, account: str, name: str) -> Done:
        """Give a customer a fresh authInfo, in `Done.authorization`."""
        return await self._do(name, self.registrar.conduct.transfer_out(account, name))

    async def transfer_in(self, account: str, name: str, authorization: str) -> Done:
        """Ask for a customer's name at its present registrar."""
        steps = self.registrar.conduct.transfer_in(account, name, authorization)
        return await self._do(name, steps)

    async def answer_transfer(self, name: str, approve: bool) -> Done:
        """Let a name go, or keep it."""
        return await self._do(name, self.registrar.conduct.answer_transfer(name, approve))

    async def received(self, account: str, name: str) -> Done:
        """Enter a name whose transfer has gone through."""
        return await self._do(name, self.registrar.conduct.received(account, name))

    # --- messages ---------------------------------------------------------------------

    async def poll(self) -> tuple[Notice, ...]:
        """Fetch every message that waits, act on each, and take it off the queue.

        `EppUnavailable` when a registry cannot be reached.
        """
        heard: list[Notice] = []
        for tld in self._sessions:
            while (notice := await self._poll_one(tld)) is not None:
                heard.append(notice)
        return tuple(heard)

    def listen(self, interval: float) -> None:
        """Poll every ``interval`` seconds until `stop`. A registry out of reach is asked again."""
        assert self._listening is None
        self._listening = asyncio.get_running_loop().create_task(self._listen(interval))

    async def stop(self) -> None:
        """Poll no more, log out everywhere."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
            self._listening = None
        for session in self._sessions.values():
            await session.close()

    async def _listen(self, interval: float) -> None:
        while True:
            try:
                await self.poll()
            except EppUnavailable as error:
                self._record("registry unreachable", error=str(error))
            await asyncio.sleep(interval)

    async def _poll_one(self, tld: str) -> Notice | None:
        session = self._sessions[tld]
        notice = notice_from(await session.command(PollRequest()))
        if notice is None:
            return None
        registrar = self.registrar
        steps = hear(notice, registrar.id, registrar.books, registrar.conduct)
        done = await self._carry_out(session, steps)
        change = notice.change
        self._record(
            "poll message",
            id=notice.id,
            text=notice.text,
            name=notice.name,
            operation=None if change is None else change.operation,
            by=None if change is None else change.who,
            answered=str(done.reason),
        )
        await session.command(PollAck(notice.id))
        return notice

    # --- inside -----------------------------------------------------------------------

    async def _do(self, name: str, steps: Steps) -> Done:
        tld = name.partition(".")[2]
        session = self._sessions.get(tld)
        if session is None:
            return no_registry(self.registrar.id, name)
        try:
            return await self._carry_out(session, steps)
        except EppUnavailable as error:
            return Done(
                False,
                message(
                    "the registry of .{tld} gives no answer: {error}", tld=tld, error=str(error)
                ),
            )

    async def _carry_out(self, session: EppClient, steps: Steps) -> Done:
        try:
            request = next(steps)
            while True:
                answer = answer_from(await session.command(command_for(request)))
                request = steps.send(answer)
        except StopIteration as end:
            done: Done = end.value
            return done

    def _record(self, what: str, **details: object) -> None:
        if self._journal is not None:
            self._journal.record(self.registrar.id, what, **details)
