"""A true answer on its way through the policy zones. Knows no socket, no clock.

The shell asks `Rewriting.next_step`: it gets a question to look into and reports what came
of it, or it gets the `Rewritten` answer and is done. Each name of the answer's chain of
aliases is held against every zone; the first match ends it, a PASSTHRU too.

As in BIND with its defaults: the truth is found out first, so a name that nobody can answer
for fails before any rule is looked at (``qname-wait-recurse yes``); what zones put in place
has a TTL of 5 s at most (``max-policy-ttl``); the SOA record of the zone that did it stands
in the additional section (``add-soa yes``), where no cache takes it for a denial's; the
nameservers of top-level domains and of the root are not looked at (``min-ns-dots 1``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from simulator.roles.resolver.cache import Outcome, denial_ttl
from simulator.roles.resolver.rpz import LoadedZone, Match, Nameservers, Needed, Stage, search
from simulator.values import Address, ExtendedError
from simulator.wire.dns_names import DnsFormatError, ancestors, canonical, text_to_labels
from simulator.wire.dns_values import Question, Record
from simulator.wire.master_file import USUAL_TTL
from simulator.wire.rpz import Action

LONGEST_TTL = 5
"""Seconds that local data are kept at most."""


class LookUpNameservers(NamedTuple):
    """Find the nameservers of these zones, with their addresses if they are ``wanted``."""

    zones: tuple[str, ...]
    wanted: bool


class Follow(NamedTuple):
    """Find out where an alias of a policy zone leads; no policy applies to that."""

    question: Question


class Rewritten(NamedTuple):
    """The answer as the client gets it; ``outcome`` None is silence.

    ``truncated`` sends the client to TCP. ``match`` is the rule behind it, if any, and
    ``met`` the name that met it; ``untouched`` when that rule leaves the truth alone.
    """

    outcome: Outcome | None
    additional: tuple[Record, ...] = ()
    truncated: bool = False
    match: Match | None = None
    met: str = ""
    untouched: bool = False


Step: TypeAlias = LookUpNameservers | Follow | Rewritten


class Rewriting:
    """One answer: ``outcome`` is the true one, ``stream`` whether the client came by TCP."""

    def __init__(
        self,
        zones: Sequence[LoadedZone],
        question: Question,
        outcome: Outcome,
        client: Address,
        *,
        stream: bool,
    ) -> None:
        self._zones = zones
        self._question = question
        self._outcome = outcome
        self._client: Address | None = client
        self._stream = stream
        self._stages = _stages(question, outcome)
        self._nameservers: tuple[Nameservers, ...] | None = None
        self._begun: Rewritten | None = None
        self._follow: Follow | None = None

    def next_step(self) -> Step:
        """Return what to do now, or the answer; the same until something is reported."""
        if self._begun is not None:
            return self._begun if self._follow is None else self._follow
        if self._outcome.rcode not in ("NOERROR", "NXDOMAIN"):
            return Rewritten(self._outcome)
        while self._stages:
            name, addresses, _ = self._stages[0]
            found = search(self._zones, Stage(name, self._client, addresses, self._nameservers))
            if isinstance(found, Needed):
                return LookUpNameservers(
                    tuple([zone for zone in ancestors(name) if "." in zone]),
                    any(zone.wants_server_addresses for zone in self._zones),
                )
            if found is not None:
                return self._act(found)
            del self._stages[0]
            self._client = self._nameservers = None
        return Rewritten(self._outcome)

    def found(self, nameservers: Sequence[Nameservers]) -> None:
        """Take what came of `LookUpNameservers`."""
        self._nameservers = tuple(nameservers)

    def followed(self, outcome: Outcome) -> None:
        """Take what came of `Follow`: it goes behind the alias."""
        begun, self._follow = self._begun, None
        assert begun is not None
        assert begun.outcome is not None
        answers = begun.outcome.answers + outcome.answers
        errors = begun.outcome.extended_errors + outcome.extended_errors
        self._begun = begun._replace(
            outcome=Outcome(outcome.rcode, answers, outcome.authority, errors)
        )

    # --- actions --------------------------------------------------------------------

    def _act(self, match: Match) -> Step:
        name, _, before = self._stages[0]
        action = match.rule.action
        if action is Action.PASSTHRU or (action is Action.TCP_ONLY and self._stream):
            return Rewritten(self._outcome, match=match, met=name, untouched=True)
        if action is Action.DROP:
            return Rewritten(None, match=match, met=name)
        if action is Action.TCP_ONLY:
            return Rewritten(Outcome("NOERROR"), truncated=True, match=match, met=name)
        zone = match.zone
        errors: tuple[ExtendedError, ...] = ()
        if zone.extended_error is not None:
            errors = (ExtendedError(zone.extended_error),)
        soa = Record(zone.zone.origin, "SOA", USUAL_TTL, zone.zone.soa)
        additional = (soa._replace(ttl=denial_ttl(soa)),)
        rcode = "NXDOMAIN" if action is Action.NXDOMAIN else "NOERROR"
        done = Rewritten(Outcome(rcode, before, (), errors), additional, match=match, met=name)
        return self._answer_with_data(done) if action is Action.LOCAL_DATA else done

    def _answer_with_data(self, done: Rewritten) -> Step:
        """Put in the zone's own records; where one is an alias, have it followed."""
        assert done.match is not None
        assert done.outcome is not None
        wanted = (self._question.type, "CNAME")
        try:
            records = [
                Record(done.met, kind, min(ttl, LONGEST_TTL), _prefixed(data, kind, done.met))
                for kind, ttl, data in done.match.rule.records
                if kind in wanted
            ]
        except DnsFormatError:  # the name grew too long, as it may under a DNAME (RFC 6672)
            return done._replace(outcome=done.outcome._replace(rcode="YXDOMAIN"))
        answers = done.outcome.answers + tuple(records)
        done = done._replace(outcome=done.outcome._replace(answers=answers))
        if records and records[0].type == "CNAME" != self._question.type:
            self._begun = done
            self._follow = Follow(self._question._replace(name=canonical(records[0].data)))
            return self._follow
        return done


def _prefixed(data: str, kind: str, name: str) -> str:
    """Return the target of a walled garden that begins with the name asked for."""
    if kind != "CNAME" or not data.startswith("*."):
        return data
    target = name + data[1:] if name else data[2:]
    text_to_labels(target)
    return target


_OneStage: TypeAlias = tuple[str, tuple[Address, ...], tuple[Record, ...]]


def _stages(question: Question, outcome: Outcome) -> list[_OneStage]:
    """Return each name on the chain, the addresses that it has there, the aliases before it."""
    name, kind = question.name, question.type
    aliases = (
        {}
        if kind == "CNAME"
        else {record.name: record for record in outcome.answers if record.type == "CNAME"}
    )
    stages: list[_OneStage] = []
    before: tuple[Record, ...] = ()
    while (alias := aliases.pop(name, None)) is not None:
        stages.append((name, (), before))
        before += (alias,)
        name = canonical(alias.data)
    addresses: tuple[Address, ...] = ()
    if kind in ("A", "AAAA"):
        addresses = tuple([one.data for one in outcome.answers if one[:2] == (name, kind)])
    return [*stages, (name, addresses, before)]
