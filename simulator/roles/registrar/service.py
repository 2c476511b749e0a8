"""A registrar at work over the network: every operation goes to the registry by EPP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from simulator.journal import Journal
from simulator.roles.registrar.desk import Desk
from simulator.roles.registrar.epp_client import EppClient, EppUnavailable
from simulator.roles.registrar.epp_requests import answer_from, command_for
from simulator.roles.registrar.hearing import Notice, hear, notice_from
from simulator.roles.registrar.logic import Registrar, no_registry
from simulator.roles.registrar.requests import Command, Done, Steps
from simulator.values import Now, message
from simulator.wire.epp.command import Body, name_of_command
from simulator.wire.epp.response import Response
from simulator.wire.epp.results import WORDS
from simulator.wire.epp.session import PollAck, PollRequest


class RegistrarDesk(Desk):
    """Does what a `Registrar` decides through EPP sessions, one for each TLD.

    With ``now`` it asks a registry without a session directly; else such names are refused.
    What the network refuses is told in `Done`, too. One operation goes after the other: each
    may be several commands that belong together.
    """

    def __init__(
        self,
        registrar: Registrar,
        sessions: Mapping[str, EppClient],
        journal: Journal | None = None,
        *,
        now: Now | None = None,
    ) -> None:
        super().__init__(registrar, _no_clock if now is None else now)
        self._asks_directly = now is not None
        self._sessions = dict(sessions)
        self._journal = journal
        self._listening: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<RegistrarDesk {self.registrar.id} tlds={list(self._sessions)}>"

    # --- messages ---------------------------------------------------------------------

    async def poll(self, *tlds: str) -> tuple[Notice, ...]:
        """Fetch every message that waits, act on each, and take it off the queue.

        Of all registries unless some are stated. `EppUnavailable` when one cannot be reached.
        """
        heard: list[Notice] = []
        async with self._turn:
            for tld in tlds or self._sessions:
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
        response = await session.command(PollRequest())
        notice = notice_from(response, session.received)
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
            state=None if change is None else change.state,
            by=None if change is None else change.who,
            reason=None if change is None else change.reason,
            change_transaction=None if change is None else change.server_transaction,
            client_transaction=response.client_transaction,
            server_transaction=response.server_transaction,
            answered=str(done.reason),
        )
        await session.command(PollAck(notice.id))
        return notice

    # --- inside -----------------------------------------------------------------------

    async def _do(self, name: str, steps: Steps) -> Done:
        tld = name.partition(".")[2]
        session = self._sessions.get(tld)
        if session is None:
            if self._asks_directly:
                return await super()._do(name, steps)
            return no_registry(self.registrar.id, name)
        try:
            async with self._turn:
                done = await self._carry_out(session, steps)
        except EppUnavailable as error:
            return Done(
                False,
                message(
                    "the registry of .{tld} gives no answer: {error}", tld=tld, error=str(error)
                ),
            )
        self._note_query(done)
        return done

    def _note_query(self, done: Done) -> None:
        """Record the query that decided: the registry keeps no log of those (RFC 5730 s. 2.9.2),
        yet whoever gave the work is told its transaction ids."""
        for sent in done.commands:
            if sent.server_transaction == done.transaction and sent.what.endswith(" info"):
                self._record(
                    "registry asked",
                    command=sent.what.replace(" ", ":"),
                    name=sent.name,
                    code=sent.code,
                    client_transaction=sent.client_transaction,
                    server_transaction=sent.server_transaction,
                )

    async def _carry_out(self, session: EppClient, steps: Steps) -> Done:
        sent: list[Command] = []
        try:
            request = next(steps)
            while True:
                body = command_for(request)
                response = await session.command(body)
                sent.append(_as_sent(body, response))
                request = steps.send(answer_from(response))
        except StopIteration as end:
            done: Done = end.value
            return replace(done, commands=tuple(sent))

    def _record(self, what: str, **details: object) -> None:
        if self._journal is not None:
            self._journal.record(self.registrar.id, what, **details)


def _no_clock() -> int:
    raise AssertionError("a desk without a clock asks by EPP alone")


def _as_sent(body: Body, response: Response) -> Command:
    return Command(
        name_of_command(body).replace(":", " "),
        str(getattr(body, "id", None) or getattr(body, "name", "")),
        int(response.code),
        response.reason or WORDS[response.code],
        response.client_transaction or "",
        response.server_transaction,
    )
