"""What a resolver remembers, and for how long (RFC 2181 section 5, RFC 2308, RFC 9520).

Instants come from the caller, so that a day of caching costs nothing. Two kinds of
knowledge are kept apart: **answers** (from the servers that own them), and
**delegations** (from the parent's referrals, with their glue). Glue never answers a
question (RFC 2181 section 5.4.1).

Delegations are parent-centric: the TTL of the referral decides when the parent is asked
again, whatever the child says about its own NS records. Child-centric resolvers and
those that serve stale data behave otherwise; they are not simulated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from simulator.values import DAY, HOUR, SECOND, Address, Duration, ExtendedError, Instant
from simulator.wire.dns_names import ancestors, canonical, is_within, parent
from simulator.wire.dns_values import Question, Record

LONGEST_POSITIVE: Duration = DAY
"""Unbound's cache-max-ttl."""
LONGEST_NEGATIVE: Duration = 3 * HOUR
"""RFC 2308 section 5: values of one to three hours have been found to work well."""
FAILURE: Duration = 5 * SECOND
"""How long a failure is remembered: at least 1 s, at most 5 min (RFC 9520 section 3.2)."""
_ABSENT = ""
"""In place of a type: the whole name does not exist."""
NEVER: Instant = 1 << 62
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Outcome(NamedTuple):
    """How a question ended: what a reply to a client is made of."""

    rcode: str
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    extended_errors: tuple[ExtendedError, ...] = ()


class Delegation(NamedTuple):
    """Who serves a zone: nameserver names, and the addresses known for them from glue."""

    zone: str
    names: tuple[str, ...]
    glue: Mapping[str, tuple[Address, ...]]
    expires: Instant = NEVER


class Chain(NamedTuple):
    """How far the cache leads: the aliases followed, the name at their end, what is known of it."""

    answers: tuple[Record, ...]
    name: str
    outcome: Outcome | None


class Held(NamedTuple):
    """One thing that a cache knows; ``type`` is ``"NS"`` for a delegation."""

    name: str
    type: str
    rcode: str
    expires: Instant


class _Entry:
    """One outcome with its end; keeps what it last showed, as most lookups fall in one second."""

    __slots__ = ("_shown", "_shown_ttl", "expires", "outcome")

    def __init__(self, outcome: Outcome, expires: Instant) -> None:
        self.outcome = outcome
        self.expires = expires
        self._shown = outcome
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
    """Answers and delegations, each at most ``limit`` many; the oldest make way."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._delegations: dict[str, Delegation] = {}

    def __len__(self) -> int:
        return len(self._entries) + len(self._delegations)

    def __repr__(self) -> str:
        return f"<Cache {len(self._entries)} answers, {len(self._delegations)} delegations>"

    # --- remembering ----------------------------------------------------------------

    def put_records(self, records: tuple[Record, ...], now: Instant) -> None:
        """Remember one record set for its TTL (the smallest, RFC 2181 section 5.2)."""
        name, kind = records[0][:2]
        self._entries.pop((name, _ABSENT), None)
        ttl = min(record.ttl for record in records) * SECOND
        self._put(name, kind, Outcome("NOERROR", records), min(ttl, LONGEST_POSITIVE), now)

    def put_denial(self, question: Question, rcode: str, soa: Record, now: Instant) -> None:
        """Remember that a name (NXDOMAIN) or this type of it (NOERROR) does not exist.

        It lasts for the lesser of the SOA's TTL and its MINIMUM field (RFC 2308 section 5).
        """
        kind = _ABSENT if rcode == "NXDOMAIN" else question.type
        lifetime = min(denial_ttl(soa) * SECOND, LONGEST_NEGATIVE)
        self._put(question.name, kind, Outcome(rcode, (), (soa,)), lifetime, now)

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
            _insert(self._entries, (name, kind), _Entry(outcome, now + lifetime), self._limit)

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
        met: dict[str, None] = {}
        while name not in met:
            met[name] = None
            outcome = self.get(name, kind, now)
            if outcome is not None:
                return Chain(answers, name, outcome)
            alias = self.get(name, "CNAME", now)
            if alias is None or not alias.answers:
                break
            answers += alias.answers
            name = canonical(alias.answers[0].data)
        return Chain(answers, name, None)

    def answer(self, question: Question, now: Instant) -> Outcome | None:
        """Return the whole answer to a question if the cache holds it, else None."""
        outcome = self.get(question.name, question.type, now)
        if outcome is not None:
            return outcome
        chain = self.follow(question.name, question.type, now)
        if chain.outcome is None:
            return None
        return chain.outcome._replace(answers=chain.answers + chain.outcome.answers)

    def delegation(self, name: str, kind: str, now: Instant) -> Delegation | None:
        """Return the deepest known delegation for a question, or None.

        DS belongs to the parent's side, so the zone of that very name does not count.
        """
        for zone in ancestors(parent(name) if kind == "DS" else name):
            delegation = self._delegations.get(zone)
            if delegation is not None and now < delegation.expires:
                return delegation
        return None

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
