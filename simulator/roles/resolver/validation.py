"""Validating an outcome (RFC 4035 section 5): from a trust anchor down, a zone at a time.

`Validation` is one outcome on its way; it knows no socket and no clock: `next_step` gives a
`Fetch` to carry out, then the `Verdict`. What it learns on the way stays with the `Validator`.

What it holds to: algorithm 13 alone, so that a zone signed by others counts as unsigned (RFC
4035 section 5.2); denials by NSEC alone; a bogus answer is not asked for again elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from simulator.roles.resolver import validation_denial as denial
from simulator.roles.resolver.cache import NEVER, Judged, Outcome
from simulator.roles.resolver.security import Security, together
from simulator.roles.resolver.validation_denial import Cut
from simulator.roles.resolver.validation_sets import (
    INDETERMINATE,
    NO_DNSKEY,
    NO_NSEC,
    NO_SIGNATURES,
    Checked,
    SignedSet,
    check,
    is_expanded,
    signed_sets,
)
from simulator.roles.resolver.validation_trust import Trust, Validator
from simulator.values import MINUTE, SECOND, Duration, ExtendedError, Instant
from simulator.wire.dns_names import ancestors, canonical, is_within, parent
from simulator.wire.dns_values import Question, Record
from simulator.wire.dnssec import is_supported, matches_ds

BOGUS_LIFETIME: Duration = MINUTE
"""How long something bogus is not looked at again: Unbound's val-bogus-ttl (general knowledge)."""
MOST_FETCHES = 50
"""Questions asked to validate one answer: a bound on what a long name can make us do."""
_Known = TypeVar("_Known", Trust, Cut)


class Fetch(NamedTuple):
    """Find out about ``question``; give what comes of it to `Validation.fetched`."""

    question: Question


class Found(NamedTuple):
    """What validation says about one record set, or about the denial of one."""

    name: str
    type: str
    security: Security
    until: Instant
    error: ExtendedError | None = None


class Verdict(NamedTuple):
    """How a validation ends. ``judged`` are all records of the outcome; ``suspects`` are
    questions whose answers broke the chain, and which should be asked again soon."""

    security: Security
    error: ExtendedError | None
    found: tuple[Found, ...]
    judged: frozenset[Judged]
    suspects: tuple[Question, ...]


class _Missing(Exception):
    """The answer to ``question`` is needed before anything can be said."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


class Validation:
    """One outcome on its way to a verdict."""

    def __init__(self, validator: Validator, question: Question, outcome: Outcome) -> None:
        self._validator = validator
        self._question = question
        self._outcome = outcome
        self._heard: dict[Question, Outcome] = {}
        self._suspects: dict[Question, None] = {}

    def __repr__(self) -> str:
        return f"<Validation {self._question.name} {self._question.type}>"

    @property
    def question(self) -> Question:
        """What was asked."""
        return self._question

    @property
    def outcome(self) -> Outcome:
        """What is being validated."""
        return self._outcome

    def next_step(self, now: Instant) -> Fetch | Verdict:
        """Return what to find out now, or how it ends.

        Starts over each time: what was found out on the way is remembered by the validator.
        """
        try:
            found = self._judge(now)
        except _Missing as missing:
            if len(self._heard) < MOST_FETCHES:
                return Fetch(missing.question)
            error = ExtendedError(INDETERMINATE, f"too many questions for {self._question.name}")
            name, kind, _ = self._question
            found = [Found(name, kind, Security.BOGUS, now + BOGUS_LIFETIME, error)]
        return self._verdict(found)

    def fetched(self, question: Question, outcome: Outcome) -> None:
        """Take what came of the last `Fetch`."""
        self._heard[question] = outcome

    def _verdict(self, found: list[Found]) -> Verdict:
        security: Security | None = Security.SECURE
        error = None
        for one in found:
            security = together(security, one.security)
            error = error or one.error
        assert security is not None
        outcome = self._outcome
        records = outcome.answers + outcome.authority
        judged = frozenset((one.name, one.type, one.data) for one in records)
        return Verdict(security, error, tuple(found), judged, tuple(self._suspects))

    # --- the outcome ------------------------------------------------------------------

    def _judge(self, now: Instant) -> list[Found]:
        question, outcome = self._question, self._outcome
        if question.type == "RRSIG":  # nobody signs signatures
            return [Found(question.name, "RRSIG", Security.INSECURE, NEVER)]
        authority = signed_sets(outcome.authority)
        name = question.name
        found: list[Found] = []
        answered = False
        for one in signed_sets(outcome.answers):
            found.append(self._judge_set(one, authority, now))
            answered = answered or one.type == question.type
            if one.type == "CNAME":
                name = canonical(one.records[0].data)
        if not answered:
            found.append(self._judge_denial(name, authority, now))
        return found

    def _judge_set(self, one: SignedSet, authority: list[SignedSet], now: Instant) -> Found:
        trust = self._trust_of_signer(one, now)
        if trust is None:
            trust = self._trust(_zone_above(one.name, one.type), now)
        if trust.security is not Security.SECURE:
            return _as(trust, one.name, one.type, now)
        checked = check(one, trust.zone, trust.keys, self._validator.date(now))
        if isinstance(checked, ExtendedError):
            return _bogus(one.name, one.type, checked, now)
        if is_expanded(one, checked):
            proofs = self._proofs(authority, trust, now)
            if not denial.proves_expansion(one.name, checked.labels, proofs):
                error = ExtendedError(NO_NSEC, f"{one}: no proof that a wildcard stands for it")
                return _bogus(one.name, one.type, error, now)
        until = self._validator.instant(checked.expiration, now)
        return Found(one.name, one.type, Security.SECURE, until)

    def _trust_of_signer(self, one: SignedSet, now: Instant) -> Trust | None:
        """Return the trust in the zone that claims to have signed a set, if there is such a zone.

        That spares the questions about what is between it and the name.
        """
        signer = one.signer
        if signer is None or (one.type == "DS" and signer == one.name):
            return None
        trust = self._trust(signer, now)
        if trust.security is Security.SECURE and trust.zone != signer:
            return None
        return trust

    def _judge_denial(self, name: str, authority: list[SignedSet], now: Instant) -> Found:
        kind = self._question.type
        soa = next((one for one in authority if one.type == "SOA"), None)
        trust = None if soa is None else self._trust_of_signer(soa, now)
        if trust is None or not is_within(name, trust.zone):
            trust = self._trust(_zone_above(name, kind), now)
        if trust.security is not Security.SECURE:
            return _as(trust, name, kind, now)
        proofs = self._proofs(authority, trust, now)
        if self._outcome.rcode == "NXDOMAIN":
            proven = denial.proves_absent_name(name, proofs)
        else:
            proven = denial.proves_absent_type(name, kind, proofs)
        if proven:
            return Found(name, kind, Security.SECURE, self._end(authority, trust, now))
        return _bogus(name, kind, self._unproven(f"{name} {kind}", authority, trust, now), now)

    # --- proofs -----------------------------------------------------------------------

    def _proofs(self, sets: list[SignedSet], trust: Trust, now: Instant) -> list[Record]:
        """Return the NSEC records that the zone has truly signed."""
        date = self._validator.date(now)
        return [
            one.records[0]
            for one in sets
            if one.type == "NSEC"
            and len(one.records) == 1
            and isinstance(check(one, trust.zone, trust.keys, date), Checked)
        ]

    def _end(self, sets: list[SignedSet], trust: Trust, now: Instant) -> Instant:
        """Return when the first signature over these sets runs out."""
        checks = [check(one, trust.zone, trust.keys, self._validator.date(now)) for one in sets]
        ends = [one.expiration for one in checks if isinstance(one, Checked)]
        return min([self._validator.instant(end, now) for end in ends], default=NEVER)

    def _unproven(
        self, what: str, sets: list[SignedSet], trust: Trust, now: Instant
    ) -> ExtendedError:
        """Return why a denial does not hold: it is unsigned, wrongly signed, or proves nothing."""
        checks = [check(one, trust.zone, trust.keys, self._validator.date(now)) for one in sets]
        for one in checks:
            if isinstance(one, ExtendedError) and one.code != NO_SIGNATURES:
                return one
        return ExtendedError(NO_NSEC, f"no proof from {trust.zone or '.'} that {what} is not there")

    # --- the chain of trust -----------------------------------------------------------

    def _trust(self, name: str, now: Instant) -> Trust:
        """Return what is known of the zone that a name is in, from its trust anchor down."""
        anchor = self._validator.anchor_above(name)
        if anchor is None:
            return Trust(name, Security.INSECURE, NEVER)
        zone, ds = anchor
        trust = self._validator.known(zone, now)
        if not isinstance(trust, Trust):
            trust = self._enter(zone, ds, NEVER, now)
        for below in reversed([one for one in ancestors(name) if is_within(one, zone)][:-1]):
            if trust.security is not Security.SECURE:
                break
            cut = self._validator.known(below, now)
            if cut is None:
                cut = self._look_below(below, trust, now)
            if cut is Cut.NOTHING_THERE:
                break
            if isinstance(cut, Trust):
                trust = cut
        return trust

    def _look_below(self, name: str, trust: Trust, now: Instant) -> Trust | Cut:
        """Find out what is at a name below a secure zone, by its DS records or their absence."""
        question = Question(name, "DS")
        outcome = self._hear(question)
        if outcome.rcode == "SERVFAIL":
            return self._broken(question, _unreachable(outcome, name), now)
        until = now + _shortest(outcome)
        sets = signed_sets(outcome.answers)
        date = self._validator.date(now)
        for one in sets:
            if one.name != name or one.type not in ("DS", "CNAME"):
                continue
            checked = check(one, trust.zone, trust.keys, date)
            if isinstance(checked, ExtendedError):
                return self._broken(question, checked, now)
            if one.type == "CNAME":  # an alias is no zone
                return self._learn(name, Cut.NONE, until)
            until = min(until, self._validator.instant(checked.expiration, now))
            ds = tuple([record.data for record in one.records])
            return self._enter(name, ds, until, now)
        return self._without_ds(question, outcome, trust, now)

    def _without_ds(
        self, question: Question, outcome: Outcome, trust: Trust, now: Instant
    ) -> Trust | Cut:
        sets = signed_sets(outcome.authority)
        cut = denial.at_cut(question.name, self._proofs(sets, trust, now))
        if cut is None:
            error = self._unproven(f"{question.name} DS", sets, trust, now)
            return self._broken(question, error, now)
        until = min(now + _shortest(outcome), self._end(sets, trust, now))
        if cut is Cut.INSECURE:
            insecure = Trust(question.name, Security.INSECURE, until)
            return self._learn(question.name, insecure, until)
        return self._learn(question.name, cut, until)

    def _enter(self, zone: str, ds: tuple[str, ...], until: Instant, now: Instant) -> Trust:
        """Return the trust in a zone that its DS records lead to, by its own DNSKEY records."""
        supported = [one for one in ds if is_supported(one)]
        if not supported:  # as good as unsigned to us (RFC 4035 section 5.2)
            return self._learn(zone, Trust(zone, Security.INSECURE, until), until)
        question = Question(zone, "DNSKEY")
        outcome = self._hear(question)
        if outcome.rcode == "SERVFAIL":
            return self._broken(question, _unreachable(outcome, zone), now)
        sets = [one for one in signed_sets(outcome.answers) if one[:2] == (zone, "DNSKEY")]
        keys = tuple([record.data for one in sets for record in one.records])
        entry = [key for key in keys if any(matches_ds(one, key, zone) for one in supported)]
        if not entry:
            error = ExtendedError(NO_DNSKEY, f"no DNSKEY of {zone or '.'} matches its DS record")
            return self._broken(question, error, now)
        checked = check(sets[0], zone, entry, self._validator.date(now))
        if isinstance(checked, ExtendedError):
            return self._broken(question, checked, now)
        expires = self._validator.instant(checked.expiration, now)
        until = min(until, expires, now + _shortest(outcome))
        return self._learn(zone, Trust(zone, Security.SECURE, until, keys), until)

    def _hear(self, question: Question) -> Outcome:
        outcome = self._heard.get(question)
        if outcome is None:
            raise _Missing(question)
        return outcome

    def _broken(self, question: Question, error: ExtendedError, now: Instant) -> Trust:
        """Give a zone up for a while: what came of this question broke the chain."""
        self._suspects[question] = None
        until = now + BOGUS_LIFETIME
        broken = Trust(question.name, Security.BOGUS, until, (), error)
        return self._learn(question.name, broken, until)

    def _learn(self, name: str, what: _Known, until: Instant) -> _Known:
        self._validator.learn(name, what, until)
        return what


def _zone_above(name: str, kind: str) -> str:
    """Return the name whose zone answers a question: DS belongs to the zone above."""
    return parent(name) if kind == "DS" else name


def _as(trust: Trust, name: str, kind: str, now: Instant) -> Found:
    """Return what a zone that is not secure makes of what is in it."""
    if trust.security is Security.INSECURE:
        return Found(name, kind, Security.INSECURE, NEVER)
    return Found(name, kind, Security.BOGUS, now + BOGUS_LIFETIME, trust.error)


def _bogus(name: str, kind: str, error: ExtendedError, now: Instant) -> Found:
    return Found(name, kind, Security.BOGUS, now + BOGUS_LIFETIME, error)


def _shortest(outcome: Outcome) -> Duration:
    """Return the shortest TTL of an outcome's records."""
    ttls = [record.ttl for record in outcome.answers + outcome.authority]
    return min(ttls, default=0) * SECOND


def _unreachable(outcome: Outcome, zone: str) -> ExtendedError:
    """Return why a zone that is signed cannot be validated: nobody tells its keys."""
    if outcome.extended_errors:
        return outcome.extended_errors[0]
    return ExtendedError(INDETERMINATE, f"no answer from {zone or '.'}")
