"""What a resolver remembers, and for how long (RFC 2181 section 5, RFC 2308, RFC 9520).

Instants come from the caller, so that a day of caching costs nothing. Two kinds of
knowledge are kept apart: **answers** (from the servers that own them), and
**delegations** (from the parent's referrals, with their glue). Glue never answers a
question (RFC 2181 section 5.4.1).

Delegations come from the parent: the TTL of the referral decides when it is asked again. What
else may become of them, and of what has run out, is for `simulator.roles.resolver.behaviour`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias, TypeVar

from simulator.roles.resolver.security import Security, together
from simulator.values import DAY, HOUR, SECOND, Address, Duration, ExtendedError, Instant
from simulator.wire.dns_names import ancestors, canonical, is_within, parent
from simulator.wire.dns_values import Question, Record

LONGEST_POSITIVE: Duration = DAY
"""Unbound's cache-max-ttl by default."""
LONGEST_NEGATIVE: Duration = 3 * HOUR
"""RFC 2308 section 5: values of one to three hours have been found to work well."""
FAILURE: Duration = 5 * SECOND
"""How long a failure is remembered: at least 1 s, at most 5 min (RFC 9520 section 3.2)."""
_ABSENT = ""
"""In place of a type: the whole name does not exist."""
NEVER: Instant = 1 << 62
Judged: TypeAlias = tuple[str, str, str]
"""A record without its TTL."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Outcome(NamedTuple):
    """How a question ended: what a reply to a client is made of."""

    rcode: str
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    extended_errors: tuple[ExtendedError, ...] = ()
    security: Security | None = None
    """None where nobody has validated it."""


class Delegation(NamedTuple):
    """Who serves a zone: nameserver names, and the addresses known for them from glue."""

    zone: str
    names: tuple[str, ...]
    glue: Mapping[str, tuple[Address, ...]]
    expires: Instant = NEVER
    parent_expires: Instant | None = None
    """When the parent's word ran out or will, if this is the zone's own; else None."""


class Chain(NamedTuple):
    """How far the cache leads: the aliases followed, the name at their end, what is known of it."""

    answers: tuple[Record, ...]
    name: str
    outcome: Outcome | None
    proof: tuple[Record, ...] = ()
    """What came beside the aliases to prove them (NSEC)."""
    security: Security | None = None
    """That of the aliases, if there are any."""


class Held(NamedTuple):
    """One thing that a cache knows; ``type`` is ``"NS"`` for a delegation."""

    name: str
    type: str
    rcode: str
    expires: Instant


class _Entry:
    """One outcome with its end; keeps what it last showed, as most lookups fall in one second."""

    __slots__ = ("_shown", "_shown_ttl", "expires", "learnt", "outcome")

    def __init__(self, outcome: Outcome, lifetime: Duration, now: Instant) -> None:
        self.outcome = outcome
        self.expires = now + lifetime
        self.learnt = now
        self._shown = outcome
        self._shown_ttl = -1

    def is_due(self, now: Instant) -> bool:
        """Return whether it is in the last tenth of its time."""
        return (self.expires - self.learnt) // 10 >= self.expires - now > 0

    def note(self, security: Security, until: Instant, errors: tuple[ExtendedError, ...]) -> None:
        """Take what validation has found."""
        self.outcome = self.outcome._replace(security=security, extended_errors=errors)
        self.expires = min(self.expires, until)
        self._shown_ttl = -1

    def show(self, now: Instant) -> Outcome:
        """Return the outcome with its TTLs counted down to ``now``."""
        ttl = (self.expires - now) // SECOND
        if ttl != self._shown_ttl:
            outcome = self.outcome
            self._shown_ttl = ttl
            self._shown = outcome._replace(
                answers=_with_ttl(outcome.answers, ttl),
                authority=_with_ttl(outcome.authority, ttl),
            )
        return self._shown


def _with_ttl(records: tuple[Record, ...], ttl: int) -> tuple[Record, ...]:
    return tuple([Record(name, kind, ttl, data) for name, kind, _, data in records])


class Cache:
    """Answers and delegations, each at most ``limit`` many; the oldest make way.

    ``longest`` is how long an answer is kept at most.
    """

    def __init__(self, limit: int = 10_000, longest: Duration = LONGEST_POSITIVE) -> None:
        self._limit = limit
        self._longest = longest
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._delegations: dict[str, Delegation] = {}

    def __len__(self) -> int:
        return len(self._entries) + len(self._delegations)

    def __repr__(self) -> str:
        return f"<Cache {len(self._entries)} answers, {len(self._delegations)} delegations>"

    # --- remembering ----------------------------------------------------------------

    def put_records(
        self, records: tuple[Record, ...], now: Instant, proof: tuple[Record, ...] = ()
    ) -> None:
        """Remember one record set for its TTL (the smallest, RFC 2181 section 5.2).

        Signatures stand behind the records; ``proof`` is what came with them to prove them.
        """
        name, kind = records[0][:2]
        self._entries.pop((name, _ABSENT), None)
        ttl = min(record.ttl for record in records) * SECOND
        outcome = Outcome("NOERROR", records, proof)
        self._put(name, kind, outcome, min(ttl, self._longest), now)

    def put_denial(
        self,
        question: Question,
        rcode: str,
        soa: Record,
        now: Instant,
        proof: tuple[Record, ...] = (),
    ) -> None:
        """Remember that a name (NXDOMAIN) or this type of it (NOERROR) does not exist.

        It lasts for the lesser of the SOA's TTL and its MINIMUM field (RFC 2308 section 5).
        """
        name = question.name
        kind = _ABSENT if rcode == "NXDOMAIN" else question.type
        self._entries.pop((name, question.type if kind is _ABSENT else _ABSENT), None)
        lifetime = min(denial_ttl(soa) * SECOND, LONGEST_NEGATIVE)
        self._put(name, kind, Outcome(rcode, (), (soa, *proof)), lifetime, now)

    def put_failure(self, question: Question, outcome: Outcome, now: Instant) -> None:
        """Remember for a moment that nobody could answer."""
        self._put(question.name, question.type, outcome, FAILURE, now)

    def put_delegation(self, delegation: Delegation, now: Instant) -> None:
        """Remember who serves a zone."""
        if delegation.expires > now:
            _insert(self._delegations, delegation.zone, delegation, self._limit)

    def _put(
        self, name: str, kind: str, outcome: Outcome, lifetime: Duration, now: Instant
    ) -> None:
        if lifetime > 0:
            _insert(self._entries, (name, kind), _Entry(outcome, lifetime, now), self._limit)

    # --- recalling ------------------------------------------------------------------

    def get(self, name: str, kind: str, now: Instant) -> Outcome | None:
        """Return what is known of a name and type, aliases aside, with TTLs counted down."""
        entry = self._entries.get((name, kind))
        if entry is not None and now < entry.expires:
            return entry.show(now)
        entry = self._entries.get((name, _ABSENT))
        if entry is not None and now < entry.expires:
            return entry.show(now)
        return None

    def follow(self, name: str, kind: str, now: Instant) -> Chain:
        """Return what is known of a name and type, through the aliases that are known.

        Stops at an alias that leads back to a name already met.
        """
        answers: tuple[Record, ...] = ()
        proof: tuple[Record, ...] = ()
        security: Security | None = Security.SECURE
        met: dict[str, None] = {}
        while name not in met:
            met[name] = None
            outcome = self.get(name, kind, now)
            if outcome is not None:
                return Chain(answers, name, outcome, proof, security)
            alias = self.get(name, "CNAME", now)
            if alias is None or not alias.answers:
                break
            answers += alias.answers
            proof += alias.authority
            security = together(security, alias.security)
            name = canonical(alias.answers[0].data)
        return Chain(answers, name, None, proof, security)

    def answer(self, question: Question, now: Instant) -> Outcome | None:
        """Return the whole answer to a question if the cache holds it, else None."""
        outcome = self.get(question.name, question.type, now)
        if outcome is not None:
            return outcome
        chain = self.follow(question.name, question.type, now)
        if chain.outcome is None:
            return None
        return chain.outcome._replace(
            answers=chain.answers + chain.outcome.answers,
            authority=chain.proof + chain.outcome.authority,
            security=together(chain.security, chain.outcome.security),
        )

    def delegation(self, name: str, kind: str, now: Instant) -> Delegation | None:
        """Return the deepest known delegation for a question, or None.

        DS belongs to the parent's side, so the zone of that very name does not count.
        """
        for zone in ancestors(parent(name) if kind == "DS" else name):
            delegation = self._delegations.get(zone)
            if delegation is not None and now < delegation.expires:
                return delegation
        return None

    def zone(self, origin: str, now: Instant) -> Delegation | None:
        """Return the delegation of exactly that zone, or None."""
        delegation = self._delegations.get(origin)
        return delegation if delegation is not None and now < delegation.expires else None

    # --- near the end, and after it ---------------------------------------------------

    def is_due(self, question: Question, now: Instant) -> bool:
        """Return whether part of the answer to a question is in the last tenth of its time."""
        chain = self.follow(question.name, question.type, now)
        if chain.outcome is None or chain.outcome.rcode == "SERVFAIL":
            return False
        keys = [(alias.name, "CNAME") for alias in chain.answers if alias.type == "CNAME"]
        keys += [(chain.name, question.type), (chain.name, _ABSENT)]
        found = [self._entries.get(key) for key in keys]
        return any(one is not None and one.is_due(now) for one in found)

    def recall(self, name: str, kind: str, since: Instant) -> tuple[Outcome, Instant] | None:
        """Return what was learnt last of a name and type, an alias included, and when that ends
        or did; None if it ended at ``since`` or before. TTLs are not counted down.
        """
        last: _Entry | None = None
        for key in ((name, kind), (name, "CNAME"), (name, _ABSENT)):
            entry = self._entries.get(key)
            if entry is None or entry.outcome.rcode == "SERVFAIL":
                continue
            if last is None or entry.learnt >= last.learnt:
                last = entry
        if last is None or last.expires <= since:
            return None
        return last.outcome, last.expires

    # --- validating -----------------------------------------------------------------

    def judge(
        self,
        name: str,
        kind: str,
        judged: frozenset[Judged],
        security: Security,
        until: Instant,
        errors: tuple[ExtendedError, ...] = (),
    ) -> None:
        """Note what validation has found about a name and type; forget it at ``until`` at last.

        Only if what is remembered is still what was ``judged``: (name, type, data) of records.
        """
        for key in ((name, kind), (name, _ABSENT)):
            entry = self._entries.get(key)
            if entry is None:
                continue
            _, answers, authority, *_ = entry.outcome
            if all((one.name, one.type, one.data) in judged for one in answers + authority):
                entry.note(security, until, errors)

    def shorten(self, question: Question, until: Instant) -> None:
        """Forget at ``until`` at the latest what a question has brought."""
        for key in ((question.name, question.type), (question.name, _ABSENT)):
            entry = self._entries.get(key)
            if entry is not None:
                entry.expires = min(entry.expires, until)

    # --- looking in from outside ----------------------------------------------------

    def expires(self, name: str, kind: str, now: Instant) -> Instant | None:
        """Return when what is known of a name and type is forgotten; None if nothing is."""
        for key in ((canonical(name), kind), (canonical(name), _ABSENT)):
            entry = self._entries.get(key)
            if entry is not None and now < entry.expires:
                return entry.expires
        return None

    def held(self, name: str, now: Instant) -> tuple[Held, ...]:
        """Return all that bears on a name: answers for it, and delegations of it and above.

        The latest ``expires`` of the delegation of the name itself, plus the TTL of its
        address, is when the last trace of an old delegation is gone.
        """
        name = canonical(name)
        found = [
            Held(name, kind or "ANY", entry.outcome.rcode, entry.expires)
            for (owner, kind), entry in self._entries.items()
            if owner == name and now < entry.expires
        ]
        for zone in ancestors(name):
            delegation = self._delegations.get(zone)
            if delegation is not None and now < delegation.expires:
                found.append(Held(zone, "NS", "NOERROR", delegation.expires))
        return tuple(found)

    def flush(self, name: str = "") -> None:
        """Forget a name and all below it; by default everything."""
        name = canonical(name)
        self._entries = {
            key: entry for key, entry in self._entries.items() if not is_within(key[0], name)
        }
        self._delegations = {
            zone: one for zone, one in self._delegations.items() if not is_within(zone, name)
        }


def _insert(table: dict[_Key, _Value], key: _Key, value: _Value, limit: int) -> None:
    table.pop(key, None)  # a new one goes to the end: the first is always the oldest
    if len(table) >= limit:
        del table[next(iter(table))]
    table[key] = value


def denial_ttl(soa: Record) -> int:
    """Return for how many seconds an SOA lets a denial be remembered (RFC 2308 section 5)."""
    return min(soa.ttl, int(soa.data.split()[6]))


def root_hints(servers: Iterable[tuple[str, Iterable[Address]]]) -> Delegation:
    """Return the delegation of the root from the names and addresses of its servers."""
    glue = {canonical(name): tuple(addresses) for name, addresses in servers}
    return Delegation("", tuple(glue), glue)
