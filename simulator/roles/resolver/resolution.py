"""One question on its way from the root to an answer. Knows no socket and no clock.

The shell asks `Resolution.next_step` what to do; it gets an `Ask` to carry out and
reports with `received` or `failed`, or it gets the `Outcome` and is done. The addresses of
nameservers that came without glue are found on the way, on a stack of questions, so that
two questions can never wait for each other.

What it holds to: the full name is sent to every server (no QNAME minimisation); only
records within the zone of the server that sent them count; answers must be
authoritative; a referral must lead strictly downwards. IPv4 servers go before IPv6.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.roles.resolver import replies
from simulator.roles.resolver.behaviour import DEFAULT, Behaviour
from simulator.roles.resolver.cache import Cache, Chain, Delegation, Outcome
from simulator.roles.resolver.centricity import OwnWord
from simulator.values import MILLISECOND, SECOND, Address, Duration, ExtendedError, Instant
from simulator.wire.dns_names import canonical
from simulator.wire.dns_values import DnsMessage, Question, Record

TRY: Duration = 1500 * MILLISECOND
"""How long the first try of each server lasts; the second lasts twice that.

One dead server then costs 4.5 s, and the client, which waits 5 s, still hears why."""
PATIENCE: Duration = 12 * SECOND
"""How long one question may take in all."""
ROUNDS = 2
MOST_ASKS = 60
"""Messages sent for one question: a bound on what a hostile zone can make us do."""
MOST_SEARCHES = 30
"""Nameservers whose address is looked for on the way: zones that name each other by the
dozen would otherwise keep us busy without a single message."""
DEEPEST = 6
"""Questions about nameservers of nameservers of …"""
LONGEST_CHAIN = 12
"""Aliases followed for one answer (Unbound follows 11, BIND 16)."""

OTHER, NO_REACHABLE_AUTHORITY, NETWORK_ERROR = 0, 22, 23
"""INFO-CODEs of RFC 8914."""
_MOST_ERRORS_TOLD = 3


class Ask(NamedTuple):
    """Send ``question`` to ``server``, by TCP if ``stream``; wait ``timeout`` for the reply."""

    server: Address
    question: Question
    stream: bool
    timeout: Duration


class _Frame:
    """One question and the servers that are being asked; the shape of a stack entry."""

    __slots__ = (
        "answers",
        "fresh",
        "links",
        "name",
        "proof",
        "queue",
        "retry",
        "round",
        "type",
        "unknown",
        "zone",
    )

    def __init__(self, name: str, kind: str, *, fresh: bool = False) -> None:
        self.name = name
        self.type = kind
        self.fresh = fresh
        self.zone: str | None = None  # None: not begun for this name
        self.answers: tuple[Record, ...] = ()
        self.proof: tuple[Record, ...] = ()
        self.links: list[str] = [name]
        self.queue: list[Address] = []
        self.retry: list[Address] = []
        self.unknown: list[str] = []
        self.round = 0

    def restart(self, name: str) -> None:
        """Go on with what an alias leads to."""
        self.name = name
        self.zone = None


class Resolution:
    """One question on its way through the servers; fills ``cache`` with what it learns.

    A ``fresh`` one takes no answers from there, only delegations. ``own_word`` is what
    zones said about themselves, to a resolver that listens to that.
    """

    def __init__(
        self,
        question: Question,
        cache: Cache,
        roots: Delegation,
        *,
        now: Instant,
        families: tuple[int, ...] = (4,),
        behaviour: Behaviour = DEFAULT,
        fresh: bool = False,
    ) -> None:
        self.question = question
        self.own_word = OwnWord(behaviour, cache) if behaviour.centricity == "child" else None
        self._cache = cache
        self._behaviour = behaviour
        self._roots = roots
        self._families = families
        self._deadline = now + PATIENCE
        self._frames = [_Frame(question.name, question.type, fresh=fresh)]
        self._asking: Ask | None = None
        self._repeat: Ask | None = None
        self._asked = 0
        self._searches = 0
        self._errors: list[ExtendedError] = []
        self._outcome: Outcome | None = None

    def __repr__(self) -> str:
        stack = " < ".join(f"{one.name} {one.type} at {one.zone}" for one in self._frames)
        return f"<Resolution {stack} asked {self._asked}>"

    # --- what the shell calls -------------------------------------------------------

    def next_step(self, now: Instant) -> Ask | Outcome:
        """Return what to do now: ask a server, or stop with the outcome."""
        while self._outcome is None:
            if now >= self._deadline or self._asked >= MOST_ASKS:
                self._fail("gave up")
                break
            if self._repeat is not None:
                return self._ask(self._repeat)
            frame = self._frames[-1]
            if frame.zone is None:
                self._begin(frame, now)
            elif frame.queue:
                timeout = min(TRY * (frame.round + 1), self._deadline - now)
                question = Question(frame.name, frame.type)
                return self._ask(Ask(frame.queue.pop(0), question, False, timeout))
            elif frame.unknown:
                self._find_address(frame, frame.unknown.pop(0))
            elif frame.retry and frame.round + 1 < ROUNDS:
                frame.round += 1
                frame.queue, frame.retry = frame.retry, []
            else:
                self._exhausted(frame)
        assert self._outcome is not None
        return self._outcome

    def received(self, reply: DnsMessage, now: Instant) -> None:
        """Take the reply to the last `Ask`."""
        asked, frame = self._take()
        assert frame.zone is not None
        if reply.truncated:
            if asked.stream:
                self._note(asked, "truncated by TCP")
            else:
                self._repeat = asked._replace(stream=True)
            return
        meaning = replies.read(reply, asked.question, frame.zone)
        if isinstance(meaning, replies.Useless):
            self._note(asked, meaning.why)
        elif isinstance(meaning, replies.Referral):
            delegation = self._behaviour.bound_delegation(meaning.delegation(now), now)
            self._cache.put_delegation(delegation, now)
            self._enter(frame, delegation, now)
        else:
            if self.own_word is not None:
                self.own_word.hear(reply, asked.question, frame.zone, now)
            self._conclude(frame, meaning, now)

    def failed(self, why: str, now: Instant) -> None:
        """Take it that the last `Ask` had no reply: ``"timed out"``, or a network error."""
        asked, frame = self._take()
        frame.retry.append(asked.server)
        self._note(asked, why)

    # --- asking ---------------------------------------------------------------------

    def _ask(self, ask: Ask) -> Ask:
        self._repeat = None
        self._asking = ask
        self._asked += 1
        return ask

    def _take(self) -> tuple[Ask, _Frame]:
        asked = self._asking
        assert asked is not None, "a reply to nothing that was asked"
        self._asking = None
        return asked, self._frames[-1]

    def _note(self, asked: Ask, why: str) -> None:
        question = asked.question
        text = f"{asked.server} {why} for {question.name or '.'} {question.type}"
        error = ExtendedError(NETWORK_ERROR, text)
        if error not in self._errors and len(self._errors) < _MOST_ERRORS_TOLD:
            self._errors.append(error)

    def _begin(self, frame: _Frame, now: Instant) -> None:
        """Start from what the cache knows: the answer, or the deepest delegation."""
        if frame.fresh:
            chain = Chain((), frame.name, None)
        else:
            chain = self._cache.follow(frame.name, frame.type, now)
        for record in chain.answers:
            frame.answers += (record,)
            if record.type == "CNAME" and not self._link(frame, canonical(record.data)):
                return
        frame.name = chain.name
        frame.proof += chain.proof
        if chain.outcome is not None:
            answers = frame.answers + chain.outcome.answers
            authority = frame.proof + chain.outcome.authority
            self._finish(chain.outcome._replace(answers=answers, authority=authority))
            return
        known = self._cache.delegation(frame.name, frame.type, now)
        self._enter(frame, known or self._roots, now)

    def _enter(self, frame: _Frame, delegation: Delegation, now: Instant) -> None:
        """Ask the servers of a zone from now on."""
        frame.zone = delegation.zone
        frame.round, frame.retry, frame.unknown = 0, [], []
        addresses: list[Address] = []
        for name in delegation.names:
            known = delegation.glue.get(name) or self._cached_addresses(name, now)
            if known:
                addresses.extend(known)
            else:
                frame.unknown.append(name)
        frame.queue = self._usable(addresses)

    def _usable(self, addresses: list[Address]) -> list[Address]:
        """Return the addresses of families that this resolver has, IPv4 first, each once."""
        by_family: dict[int, dict[Address, None]] = {4: {}, 6: {}}
        for address in addresses:
            by_family[6 if ":" in address else 4][address] = None
        return [one for family in self._families for one in by_family[family]]

    def _cached_addresses(self, name: str, now: Instant) -> list[Address]:
        found: list[Address] = []
        for family in self._families:
            kind = _ADDRESS_TYPE[family]
            outcome = self._cache.get(name, kind, now)
            if outcome is not None:
                found.extend(record.data for record in outcome.answers if record.type == kind)
        return found

    def _find_address(self, frame: _Frame, name: str) -> None:
        """Put a question about a nameserver's address on the stack, unless it is there already."""
        if len(self._frames) > DEEPEST or any(name in one.links for one in self._frames):
            return
        self._searches += 1
        if self._searches > MOST_SEARCHES:
            frame.unknown.clear()
            return
        self._frames.append(_Frame(name, _ADDRESS_TYPE[self._families[0]]))

    # --- what replies lead to -------------------------------------------------------

    def _conclude(
        self, frame: _Frame, meaning: replies.Answer | replies.Denial, now: Instant
    ) -> None:
        if isinstance(meaning, replies.Denial):
            self._deny(frame, meaning, now)
            return
        for heard in meaning.sets:
            records = self._behaviour.bound(heard)
            self._cache.put_records(records, now, meaning.proof)
            frame.answers += records
        frame.proof += meaning.proof
        self._settle(frame, meaning, now)

    def _settle(self, frame: _Frame, answer: replies.Answer, now: Instant) -> None:
        """Finish, or go on where the aliases lead."""
        for name in answer.aliases:
            if not self._link(frame, name):
                return
        if answer.complete:
            self._finish(Outcome("NOERROR", frame.answers, frame.proof))
        elif answer.denial is not None:
            frame.name = answer.aliases[-1]
            self._deny(frame, answer.denial, now)
        else:
            frame.restart(answer.aliases[-1])

    def _deny(self, frame: _Frame, denial: replies.Denial, now: Instant) -> None:
        authority: tuple[Record, ...] = ()
        if denial.soa is not None:  # without it a denial is not cached (RFC 2308 section 5)
            question = Question(frame.name, frame.type)
            soa = self._behaviour.bound_denial(denial.soa)
            self._cache.put_denial(question, denial.rcode, soa, now, denial.proof)
            authority = (soa, *denial.proof)
        self._finish(Outcome(denial.rcode, frame.answers, frame.proof + authority))

    def _link(self, frame: _Frame, name: str) -> bool:
        """Follow one alias; return False, having failed, if it goes round or on for too long."""
        if name in frame.links or len(frame.links) > LONGEST_CHAIN:
            self._errors.insert(0, ExtendedError(OTHER, f"alias loop at {name}"))
            self._close(frame, Outcome("SERVFAIL"))
            return False
        frame.links.append(name)
        return True

    def _finish(self, outcome: Outcome) -> None:
        self._close(self._frames[-1], outcome)

    def _exhausted(self, frame: _Frame) -> None:
        where = f"at delegation {frame.zone or '.'}"
        error = ExtendedError(NO_REACHABLE_AUTHORITY, where)
        if not any(one.code == NO_REACHABLE_AUTHORITY for one in self._errors):
            self._errors.insert(0, error)
        self._close(frame, Outcome("SERVFAIL"))

    def _close(self, frame: _Frame, outcome: Outcome) -> None:
        """Take the question off the stack; hand addresses to the one that waits for them."""
        if len(self._frames) == 1:
            if outcome.rcode == "SERVFAIL" and not outcome.extended_errors:
                outcome = Outcome("SERVFAIL", extended_errors=tuple(self._errors))
            self._outcome = outcome
            return
        self._frames.pop()
        waiting = self._frames[-1]
        addresses = [one.data for one in outcome.answers if one.type in ("A", "AAAA")]
        waiting.queue.extend(self._usable(addresses))
        if not addresses and frame.type == "A" and 6 in self._families:
            self._frames.append(_Frame(frame.links[0], "AAAA"))

    def _fail(self, why: str) -> None:
        del self._frames[1:]
        self._errors.insert(0, ExtendedError(NO_REACHABLE_AUTHORITY, why))
        self._close(self._frames[0], Outcome("SERVFAIL"))


_ADDRESS_TYPE = {4: "A", 6: "AAAA"}
