"""A recursive resolver on UDP and TCP: lies, then cache, then the walk from the root.

Behind that stand the policy zones, if there are any, which rewrite what was found. What they
need is imported by a resolver that has some: most have none, and starting should be quick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from simulator.journal import Journal
from simulator.measures import DnsLie
from simulator.roles.resolver.behaviour import DEFAULT, Behaviour
from simulator.roles.resolver.cache import LONGEST_POSITIVE, Cache, Delegation, Outcome
from simulator.roles.resolver.exchange import Dial, Exchange, port_53
from simulator.roles.resolver.lies import lie
from simulator.roles.resolver.policy import Policy
from simulator.roles.resolver.resolution import Resolution
from simulator.roles.resolver.security import for_client, plain_reply, validated_reply
from simulator.roles.resolver.walk_service import walk
from simulator.serving.dns import DnsPorts
from simulator.serving.dns import Send as SendBytes
from simulator.values import SECOND, Address, ExtendedError, Now
from simulator.wire.dns import DnsFormatError, decode, encode, format_error_reply
from simulator.wire.dns_values import DnsMessage, Question, Record, refusal, reply_to, udp_limit

if TYPE_CHECKING:
    from simulator.roles.resolver.rpz_rewriting import Rewriting, Rewritten
    from simulator.roles.resolver.staleness_service import StandIn
    from simulator.roles.resolver.upkeep_service import Upkeep
    from simulator.roles.resolver.validation_trust import TrustAnchor, Validator

PROHIBITED = 18
"""INFO-CODE of RFC 8914: the client is not one that this resolver serves."""

Send: TypeAlias = Callable[[DnsMessage], None]
Waiter: TypeAlias = Callable[[Outcome], None]


class _Asked(NamedTuple):
    """A question, who asked it, and how to answer."""

    query: DnsMessage
    question: Question
    source: Address
    send: Send
    stream: bool


def anybody(source: Address) -> bool:
    """Serve every client, as a public resolver does."""
    return True


class Resolver:
    """A recursive resolver. ``policy`` and ``cache`` may be changed while it runs.

    ``roots`` are its root hints, ``allowed`` says which clients it serves, ``dial`` where a
    nameserver's address is found (on loopback all share one address), ``sources`` which of
    its own addresses it asks from, ``families`` which it can reach. With a ``journal``, lies and
    questions that nobody could answer are recorded under ``name``.

    With ``trust_anchors`` it validates (RFC 4035 section 4), by the date that lab time stands
    for: ``calendar_start`` is that of lab instant 0 in seconds since 1970. Measures go before
    validation: a validating resolver that is told to lie, lies.

    ``behaviour`` is what decides how long a change at the registry or a silent server takes to
    be felt by its clients.
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
        trust_anchors: Sequence[TrustAnchor] = (),
        calendar_start: int = 0,
        behaviour: Behaviour = DEFAULT,
    ) -> None:
        self.name = name
        self.policy = Policy()
        longest = LONGEST_POSITIVE if behaviour.max_ttl is None else behaviour.max_ttl
        self.cache = Cache(longest=longest)
        self._behaviour = behaviour
        self._roots = roots
        self._now = now
        self._allowed = allowed
        self._families = families
        self._journal = journal
        self._exchange = Exchange(random, dial=dial, sources=sources)
        self._validator: Validator | None = None
        self._reply = plain_reply
        if trust_anchors:
            from simulator.roles.resolver.validation_trust import Validator

            self._validator = Validator(trust_anchors, calendar_start)
            self._reply = validated_reply
        self._stand_in: StandIn | None = None
        self._upkeep: Upkeep | None = None
        self._take_up(behaviour)
        self._waiters: dict[tuple[Question, bool], list[Waiter]] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._ports = DnsPorts(self.take)

    def _take_up(self, behaviour: Behaviour) -> None:
        if behaviour.serve_stale is not None:
            from simulator.roles.resolver.staleness_service import StandIn

            self._stand_in = StandIn(behaviour.serve_stale, self.cache, self._now, self._record)
        if behaviour.centricity == "child" or behaviour.prefetch:
            from simulator.roles.resolver.upkeep_service import Upkeep

            self._upkeep = Upkeep(
                behaviour, self.cache, self._now, self._ask_anew, self._start, self._record
            )

    # --- life -----------------------------------------------------------------------

    async def start(self, endpoints: Sequence[tuple[Address, int]]) -> None:
        """Listen on each (address, port), by UDP and by TCP."""
        await self._ports.open(endpoints)

    async def close(self) -> None:
        """Stop listening, hang up, and drop the questions under way."""
        if self._stand_in is not None:
            self._stand_in.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ports.close()

    def take(self, data: bytes, source: Address, send: SendBytes, *, stream: bool) -> bool:
        """Take a message from a client; answer by ``send``. False where silence is right.

        Where a measure wants silence, it is True and ``send`` is never called: to the client
        that looks as if the answer were on its way, for as long as it cares to wait.
        """
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
        self.respond(query, source, lambda reply: send(encode(reply, limit)), stream=stream)
        return True

    # --- answering ------------------------------------------------------------------

    def respond(
        self, query: DnsMessage, source: Address, send: Send, *, stream: bool = False
    ) -> None:
        """Answer a query with ``send``: at once if that can be, else when the walk is over."""
        refused = self._refuse(query, source)
        if refused is not None:
            send(refused)
            return
        question = query.question
        assert question is not None, "_refuse() lets no message without a question through"
        policy = self.policy
        if policy.in_force and self._obeyed(_Asked(query, question, source, send, stream)):
            return
        outcome = self.cache.answer(question, self._now())
        checked = self._validator is not None and not query.checking_disabled
        if checked and outcome is not None:
            outcome = _if_validated(outcome)
        if outcome is not None and self._upkeep is not None:
            self._upkeep.answered(question)
        if outcome is not None and not policy.zones:
            send(self._reply(query, outcome))
            return
        asked = _Asked(query, question, source, send, stream)
        if outcome is not None:
            self._deliver(asked, outcome)
        elif not query.recursion_desired:
            send(self._best_delegation(query, question))
        else:
            self._find_for(asked, checked=checked)

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

    def _obeyed(self, asked: _Asked) -> bool:
        """Return whether a measure settles the question, whatever the truth may be."""
        return self._turned_away(asked) or self._lied(asked)

    def _turned_away(self, asked: _Asked) -> bool:
        """Return whether the client is no longer served; it has been told, or not."""
        withdrawal = self.policy.withdrawn(asked.source)
        if withdrawal is None:
            return False
        self._record_for(asked, "resolver turned away", lie=withdrawal.lie.value)
        if withdrawal.lie is not DnsLie.SILENCE:
            errors = (ExtendedError(PROHIBITED),)
            asked.send(reply_to(asked.query, "REFUSED", extended_errors=errors))
        return True

    def _lied(self, asked: _Asked) -> bool:
        """Return whether there is a measure for the name; the lie has been told."""
        measure = self.policy.find(asked.question.name, asked.source)
        if measure is None:
            return False
        self._record_for(asked, "resolver lied", lie=measure.lie.value, rule=measure.name)
        reply = lie(measure, asked.query)
        if reply is not None:
            asked.send(reply)
        return True

    def _best_delegation(self, query: DnsMessage, question: Question) -> DnsMessage:
        """Return where to ask instead, to a client that wants no recursion: what dig
        ``+norecurse`` shows of a cache."""
        now = self._now()
        known = self.cache.delegation(question.name, question.type, now)
        ttl = 0 if known is None else (known.expires - now) // SECOND
        delegation = known or self._roots
        servers = [Record(delegation.zone, "NS", ttl, name) for name in delegation.names]
        return reply_to(query, authority=tuple(servers), recursion_available=True)

    # --- policy zones ---------------------------------------------------------------

    def _deliver(self, asked: _Asked, outcome: Outcome) -> None:
        """Send the true outcome, or what the policy zones make of it.

        They do not touch what is asked without recursion (BIND's ``recursive-only yes``).
        """
        zones = self.policy.zones
        if not zones or not asked.query.recursion_desired:
            asked.send(self._reply(asked.query, outcome))
            return
        from simulator.roles.resolver.rpz_service import Rewriting, at_once

        query, question, source, _, stream = asked
        if self._validator is not None:  # what a rule changes, no signature can vouch for
            outcome = for_client(outcome, query)
        rewriting = Rewriting(zones, question, outcome, source, stream=stream)
        rewritten = at_once(rewriting)
        if rewritten is not None:
            self._send_rewritten(asked, rewritten)
        else:
            self._start(self._look_further(asked, rewriting))

    async def _look_further(self, asked: _Asked, rewriting: Rewriting) -> None:
        from simulator.roles.resolver.rpz_service import carry_through

        self._send_rewritten(asked, await carry_through(rewriting, self.resolve))

    def _send_rewritten(self, asked: _Asked, rewritten: Rewritten) -> None:
        outcome, additional, truncated, match, met, untouched = rewritten
        if match is not None:
            trigger = match.rule.trigger
            self._record_for(
                asked,
                "policy let through" if untouched else "resolver lied",
                lie=match.rule.action.value,
                zone=match.zone.zone.origin,
                trigger=trigger.kind.value,
                rule=trigger.what,
                met=met,
            )
        if outcome is not None:
            reply = self._reply(asked.query, outcome)
            asked.send(reply._replace(additional=additional, truncated=truncated))

    # --- the walk -------------------------------------------------------------------

    def _find_for(self, asked: _Asked, *, checked: bool) -> None:
        """Have a client answered when the walk is over, or before that with stale data."""
        deliver = partial(self._deliver, asked)
        question = asked.question
        waiter: Waiter | None = deliver
        if self._stand_in is not None:
            waiter = self._stand_in.offer(question, asked.source, deliver, checked=checked)
        if waiter is not None:
            self._resolve(question, waiter, checked=checked)

    def _resolve(self, question: Question, waiter: Waiter, *, checked: bool) -> None:
        """Have the waiter answered when the question is; the same question is walked once."""
        waiters = self._waiters.get((question, checked))
        if waiters is not None:
            waiters.append(waiter)
            return
        self._waiters[question, checked] = [waiter]
        self._start(self._walk(question, checked))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)

    async def _walk(self, question: Question, checked: bool) -> None:
        try:
            outcome = await (self.resolve(question) if checked else self._find(question))
        finally:
            waiters = self._waiters.pop((question, checked))
        for waiter in waiters:
            waiter(outcome)

    async def resolve(self, question: Question) -> Outcome:
        """Return how a question ends, from the cache or by asking; SERVFAIL at worst.

        The policy is for clients; what the resolver itself asks, it asks truly. If it validates,
        the outcome is validated.
        """
        outcome = await self._find(question)
        if self._validator is None or outcome.rcode == "SERVFAIL":
            return outcome
        from simulator.roles.resolver.validation_service import Validation, validate

        validation = Validation(self._validator, question, outcome)
        outcome = await validate(validation, self._fetch, self.cache, self._now)
        if outcome.rcode == "SERVFAIL":
            self._record_failure("validation failed", question, outcome)
        return outcome

    async def _fetch(self, question: Question) -> Outcome:
        """Return how a question of the validator's own ends, unvalidated."""
        found: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def take(outcome: Outcome) -> None:
            if not found.done():
                found.set_result(outcome)

        self._resolve(question, take, checked=False)
        return await found

    async def _ask_anew(self, question: Question) -> Outcome:
        """Return how a question ends, whatever the cache knows of it; failures change nothing."""
        outcome = await self._ask(question, fresh=True)
        return outcome if self._validator is None else await self.resolve(question)

    async def _find(self, question: Question) -> Outcome:
        outcome = await self._ask(question)
        # What can stand in for a failure must not make way for it.
        covered = self._stand_in is not None and self._stand_in.covers(question, outcome)
        if outcome.rcode == "SERVFAIL" and not covered:
            self.cache.put_failure(question, outcome, self._now())
        return outcome

    async def _ask(self, question: Question, *, fresh: bool = False) -> Outcome:
        resolution = Resolution(
            question,
            self.cache,
            self._roots,
            now=self._now(),
            families=self._families,
            behaviour=self._behaviour,
            fresh=fresh,
        )
        dnssec_ok = self._validator is not None
        outcome = await walk(resolution, self._exchange, self._now, dnssec_ok=dnssec_ok)
        if outcome.rcode == "SERVFAIL":
            self._record_failure("resolution failed", question, outcome)
        if self._upkeep is not None and resolution.own_word is not None:
            self._upkeep.walked(question, resolution.own_word)
        return outcome

    def _record_failure(self, what: str, question: Question, outcome: Outcome) -> None:
        self._record(
            what,
            name=question.name,
            type=question.type,
            why=[f"{error.code} {error.text}" for error in outcome.extended_errors],
        )

    def _record_for(self, asked: _Asked, what: str, /, **details: object) -> None:
        name, kind, _ = asked.question
        self._record(what, name=name, type=kind, client=asked.source, **details)

    def _record(self, what: str, /, **details: object) -> None:
        if self._journal is not None:
            self._journal.record(self.name, what, **details)


def _if_validated(outcome: Outcome) -> Outcome | None:
    """Return what was validated, or needs no validation since it says nothing; else None."""
    return None if outcome.security is None and outcome.rcode != "SERVFAIL" else outcome
