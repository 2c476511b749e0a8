"""What a site's operator notices of its fate, and what it does about it.

It knows no order and no journal: it looks at its own pages from where its people sit, and
draws conclusions as anybody would. From that, its policy makes the next act.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.values import Address, Duration, Instant


class Loss(enum.Enum):
    """What became of a site, as far as its operator can tell."""

    NONE = "none"
    BLOCKED = "blocked"
    NAME = "name_lost"
    MACHINE = "machine_lost"


class Sight(NamedTuple):
    """One visit to one of the sites: whether that was the site, and where the name led."""

    vantage: str
    site: str
    is_there: bool
    addresses: tuple[Address, ...] = ()


def loss(sights: Sequence[Sight], machines: Mapping[str, tuple[Address, ...]]) -> Loss:
    """Return what the visits of one round tell; ``machines`` has the addresses of each site.

    Somebody is served who sees any of the sites. Where nobody is, it is the name as long as no
    name leads to a machine of ours, and otherwise the machine.
    """
    served: dict[str, bool] = {}
    for sight in sights:
        served[sight.vantage] = served.get(sight.vantage, False) or sight.is_there
    if all(served.values()):
        return Loss.NONE
    if any(served.values()):
        return Loss.BLOCKED
    leads_home = any(
        address in machines.get(sight.site, ()) for sight in sights for address in sight.addresses
    )
    return Loss.MACHINE if leads_home else Loss.NAME


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is done on one loss: an act, what with (one after the other), after how long."""

    act: str
    targets: tuple[str, ...]
    least: Duration
    most: Duration


@dataclass(frozen=True, slots=True)
class Policy:
    """How an operator reacts, by what it lost.

    ``after_arrest`` is how long until somebody else carries on, None for never;
    ``money_delay`` is what an act takes longer while the money is frozen.
    """

    reactions: Mapping[Loss, Reaction]
    imitates: bool = False
    after_arrest: Duration | None = None
    money_delay: Duration = 0


class Planned(NamedTuple):
    """An act to come: when, because of what, and with which name or host."""

    at: Instant
    cause: Loss
    act: str
    target: str


class Hindrance(NamedTuple):
    """What the law did to the people: since when somebody is under arrest, money frozen."""

    arrested: Instant | None = None
    frozen: Instant | None = None


@dataclass(slots=True)
class Team:
    """One operator: what it has planned, what it has used up. ``random`` draws its delays."""

    policy: Policy
    random: random.Random
    planned: list[Planned] = field(default_factory=list)
    under_way: int = 0
    _used: dict[str, None] = field(default_factory=dict)

    def noticed(self, what: Loss, now: Instant) -> tuple[list[Planned], list[Planned]]:
        """Take in what a round of visits told; return what is newly planned, and what is not
        needed any more.

        An owner does one thing at a time, and drops a plan whose reason is gone; an imitator
        plans all that it has, once.
        """
        dropped: list[Planned] = []
        if not self.policy.imitates:
            dropped = [plan for plan in self.planned if plan.cause is not what]
            self.planned = [plan for plan in self.planned if plan.cause is what]
        reaction = self.policy.reactions.get(what)
        if reaction is None or (not self.policy.imitates and (self.planned or self.under_way)):
            return [], dropped
        left = [target for target in reaction.targets if target not in self._used]
        new = [
            self._plan(what, reaction, target, now)
            for target in (left if self.policy.imitates else left[:1])
        ]
        return new, dropped

    def _plan(self, cause: Loss, reaction: Reaction, target: str, now: Instant) -> Planned:
        at = now + self.random.randint(reaction.least, reaction.most)
        plan = Planned(at, cause, reaction.act, target)
        self.planned.append(plan)
        if self.policy.imitates:
            self._used[target] = None
        return plan

    @property
    def is_through(self) -> bool:
        """Whether nothing is left that it could do, so that it need not look any more."""
        everything = [to for reaction in self.policy.reactions.values() for to in reaction.targets]
        return not self.planned and all(target in self._used for target in everything)

    def due(self, now: Instant, hindrance: Hindrance) -> list[Planned]:
        """Return the acts to carry out now, and hold them for under way until `over`.

        What an arrest or frozen money delays stays planned, for later or for as long as it lasts.
        """
        ready: list[Planned] = []
        waiting: list[Planned] = []
        for plan in sorted(self.planned):
            at = earliest(plan.at, hindrance, self.policy)
            (ready if at is not None and at <= now else waiting).append(plan)
        self.planned = waiting
        for plan in ready:
            self._used[plan.target] = None
        self.under_way += len(ready)
        return ready

    def over(self) -> None:
        """Note that an act that was under way is over, whatever came of it."""
        self.under_way -= 1


def earliest(at: Instant, hindrance: Hindrance, policy: Policy) -> Instant | None:
    """Return when an act planned for ``at`` can be done; None for as long as an arrest lasts."""
    if hindrance.arrested is not None:
        if policy.after_arrest is None:
            return None
        at = max(at, hindrance.arrested + policy.after_arrest)
    if hindrance.frozen is not None:
        at += policy.money_delay
    return at


def held_up(plans: Iterable[Planned], hindrance: Hindrance, policy: Policy, now: Instant) -> bool:
    """Whether one of the plans would be carried out now but for an arrest or frozen money."""
    return any(plan.at <= now and earliest(plan.at, hindrance, policy) != plan.at for plan in plans)
