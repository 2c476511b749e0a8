"""A recursive resolver on UDP and TCP: policy, then cache, then the walk from the root."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from simulator.journal import Journal
from simulator.roles.resolver.cache import Cache, Delegation, Outcome
from simulator.roles.resolver.exchange import Dial, Exchange, port_53
from simulator.roles.resolver.policy import Policy, lie
from simulator.roles.resolver.resolution import Ask, Resolution
from simulator.serving.dns import DnsPorts
from simulator.serving.dns import Send as SendBytes
from simulator.values import SECOND, Address, ExtendedError, Now
from simulator.wire.dns import DnsFormatError, decode, encode, format_error_reply
from simulator.wire.dns_values import DnsMessage, Question, Record, refusal, reply_to, udp_limit

PROHIBITED = 18
"""INFO-CODE of RFC 8914: the client is not one that this resolver serves."""

Send: TypeAlias = Callable[[DnsMessage], None]
Waiter: TypeAlias = tuple[DnsMessage, Send]


def anybody(source: Address) -> bool:
    """Serve every client, as a public resolver does."""
    return True


class Resolver:
    """A recursive resolver. ``policy`` and ``cache`` may be changed while it runs.

    ``roots`` are its root hints, ``allowed`` says which clients it serves, ``dial`` where a
    nameserver's address is found (on loopback all share one address), ``sources`` which of
    its own addresses it asks from, ``families`` which it can reach. With a ``journal``, lies and
    questions that nobody could answer are recorded under ``name``.
    """

    def __init__(
        self,
        roots: Delegation,
        *,
        now: Now,
        random: Random,
        name: str = "resolver",
        allowed: Callable[[Address], bool] = anybody,
        dial: Dial = port_53,
        sources: Sequence[Address] = (),
        families: tuple[int, ...] = (4,),
        journal: Journal | None = None,
    ) -> None:
        self.name = name
        self.policy = Policy()
        self.cache = Cache()
        self._roots = roots
        self._now = now
        self._allowed = allowed
        self._families = families
        self._journal = journal
        self._exchange = Exchange(random, dial=dial, sources=sources)
        self._waiters: dict[Question, list[Waiter]] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._ports = DnsPorts(self.take)

    # --- life -----------------------------------------------------------------------

    async def start(self, endpoints: Sequence[tuple[Address, int]]) -> None:
        """Listen on each (address, port), by UDP and by TCP."""
        await self._ports.open(endpoints)

    async def close(self) -> None:
        """Stop listening, hang up, and drop the questions under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ports.close()

    def take(self, data: bytes, source: Address, send: SendBytes, *, stream: bool) -> bool:
        """Take a message from a client; answer by ``send``. False where silence is right."""
        try:
            query = decode(data)
        except DnsFormatError:
            refusal_bytes = format_error_reply(data)
            if refusal_bytes is None:
                return False
            send(refusal_bytes)
            return True
        if query.response:
            return False
        limit = None if stream else udp_limit(query)
        self.respond(query, source, lambda reply: send(encode(reply, limit)))
        return True

    # --- answering ------------------------------------------------------------------

    def respond(self, query: DnsMessage, source: Address, send: Send) -> None:
        """Answer a query with ``send``: at once if that can be, else when the walk is over."""
        refused = self._refuse(query, source)
        if refused is not None:
            send(refused)
            return
        question = query.question
        assert question is not None, "_refuse() lets no message without a question through"
        measure = self.policy.find(question.name)
        if measure is not None:
            self._record(
                "resolver lied",
                name=question.name,
                type=question.type,
                client=source,
                lie=measure.lie.value,
            )
            send(lie(measure, query))
            return
        outcome = self.cache.answer(question, self._now())
        if outcome is not None:
            send(_reply(query, outcome))
        elif not query.recursion_desired:
            send(self._best_delegation(query, question))
        else:
            self._resolve(question, (query, send))

    def _refuse(self, query: DnsMessage, source: Address) -> DnsMessage | None:
        if not self._allowed(source):
            errors = (ExtendedError(PROHIBITED),)
            return reply_to(query, "REFUSED", extended_errors=errors)
        refused = refusal(query)
        if refused is not None:
            return refused
        if query.question is not None and query.question.type == "ANY":
            return reply_to(query, "NOTIMP", recursion_available=True)  # RFC 8482 lets us
        return None

    def _best_delegation(self, query: DnsMessage, question: Question) -> DnsMessage:
        """Return where to ask instead, to a client that wants no recursion: what dig
        ``+norecurse`` shows of a cache."""
        now = self._now()
        known = self.cache.delegation(question.name, question.type, now)
        ttl = 0 if known is None else (known.expires - now) // SECOND
        delegation = known or self._roots
        servers = [Record(delegation.zone, "NS", ttl, name) for name in delegation.names]
        return reply_to(query, authority=tuple(servers), recursion_available=True)

    def _resolve(self, question: Question, waiter: Waiter) -> None:
        """Have the waiter answered when the question is; the same question is walked once."""
        waiters = self._waiters.get(question)
        if waiters is not None:
            waiters.append(waiter)
            return
        self._waiters[question] = [waiter]
        task = asyncio.get_running_loop().create_task(self._walk(question))
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)

    async def _walk(self, question: Question) -> None:
        try:
            outcome = await self.resolve(question)
        finally:
            waiters = self._waiters.pop(question)
        for query, send in waiters:
            send(_reply(query, outcome))

    async def resolve(self, question: Question) -> Outcome:
        """Return how a question ends, from the cache or by asking; SERVFAIL at worst.

        The policy is for clients; what the resolver itself asks, it asks truly.
        """
        resolution = Resolution(
            question, self.cache, self._roots, now=self._now(), families=self._families
        )
        step = resolution.next_step(self._now())
        while isinstance(step, Ask):
            await self._carry_out(step, resolution)
            step = resolution.next_step(self._now())
        if step.rcode == "SERVFAIL":
            self.cache.put_failure(question, step, self._now())
            self._record(
                "resolution failed",
                name=question.name,
                type=question.type,
                why=[f"{error.code} {error.text}" for error in step.extended_errors],
            )
        return step

    async def _carry_out(self, ask: Ask, resolution: Resolution) -> None:
        [query] = self._exchange.queries([ask.question], recursion_desired=False)
        seconds = ask.timeout / SECOND
        reply: DnsMessage | None
        try:
            if ask.stream:
                reply = await self._exchange.by_stream(ask.server, query, seconds)
            else:
                [reply] = await self._exchange.by_datagram(ask.server, [query], seconds)
        except TimeoutError:
            reply = None
        except OSError as error:
            why = errno.errorcode.get(error.errno or 0, "error")
            resolution.failed(f"network error {why}", self._now())
            return
        if reply is None:
            resolution.failed("timed out", self._now())
        else:
            resolution.received(reply, self._now())

    def _record(self, what: str, /, **details: object) -> None:
        if self._journal is not None:
            self._journal.record(self.name, what, **details)


def _reply(query: DnsMessage, outcome: Outcome) -> DnsMessage:
    rcode, answers, authority, errors = outcome
    return reply_to(
        query, rcode, answers, authority, recursion_available=True, extended_errors=errors
    )
