"""What is to be shown of a step: pure, from what the run recorded to what a page says."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from simulator.lab.carried import DONE_FOR
from simulator.report import counts
from simulator.report.actions import action_words
from simulator.report.sights import Sight, sight
from simulator.report.times import NOTICEABLE, Day, spell
from simulator.roles.authority.abroad import OUT_OF_REACH
from simulator.roles.authority.lawbook import lawbook
from simulator.values import (
    HOUR,
    Duration,
    Instant,
    Lever,
    Message,
    Observation,
    OutcomeState,
    message,
)

if TYPE_CHECKING:
    from simulator.lab.carried import Details
    from simulator.lab.orders import OrderOutcome
    from simulator.scenario.expectations import Verdict
    from simulator.scenario.models import Scenario
    from simulator.scenario.runner import StepRun
    from simulator.world.fields import Text
    from simulator.world.models import World

Remembered = Callable[[str, str, Instant], Instant | None]
"""When the last runs out of what a resolver's cache holds about a name, if anything."""

HOSTS_FILE = "hosts-file"
NAME_LEVERS = tuple(
    lever.value for lever in (Lever.CLIENT_HOLD, Lever.SERVER_HOLD, Lever.REDELEGATION)
)
_OPERATORS = ("operator", "owner", "registrar", "registry")
"""Arguments of reasons that are operators by their ids."""


class Viewer(NamedTuple):
    """Somebody who looks: a vantage point, and the way round it takes, by their ids."""

    vantage: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Those who saw the same thing at the same target in one step."""

    target: str
    sight: Sight
    viewers: tuple[Viewer, ...]


@dataclass(frozen=True, slots=True)
class OrderFinding:
    """One order, at operators that all made the same of it.

    ``after`` is 0 if it took no time worth a word; ``source`` is that of the rule that decided.
    """

    by: str
    to: tuple[str, ...]
    action: Message
    name: str | None
    state: OutcomeState
    after: Duration
    reason: Message
    source: Message | None
    doubtful: bool
    learnt: Message | None = None
    """What a controlled operation brought, where this ended one."""
    details: tuple[tuple[str, str], ...] = ()
    """What the operator's own systems answered; of several operators, nothing."""
    nothing_to_lift: bool = False

    @property
    def out_of_reach(self) -> bool:
        """Whether it was refused because it was given abroad, where something else could reach."""
        return self.state is OutcomeState.REFUSED and self.reason.text == OUT_OF_REACH.text


@dataclass(frozen=True, slots=True)
class StepFinding:
    """One step: ``number`` counts the acts, and is None in a step that continues one.

    ``later`` is how long after the step before; ``drains`` is when the last cache forgets
    a name that was seized in this step.
    """

    number: int | None
    title: Text | None
    date: datetime.datetime
    later: Duration
    say: Text | None
    orders: tuple[OrderFinding, ...]
    lifted: tuple[OrderFinding, ...]
    groups: tuple[Group, ...]
    why: Text | None
    failed: tuple[Verdict, ...]
    drains: datetime.datetime | None


def target_of(url: str) -> str:
    """Return what stands for an address in a table: its host, and its scheme if that is unusual."""
    parts = urlsplit(url)
    if parts.scheme == "dns":
        kind = parts.query.removeprefix("type=")
        return parts.path if kind == "A" else f"{parts.path} {kind}"
    if not parts.netloc:
        return url
    path = parts.path if parts.path not in ("", "/") else ""
    host = parts.netloc + path
    return host if parts.scheme == "https" else f"{parts.scheme}://{host}"


def viewer(observation: Observation) -> Viewer:
    """Return who looked, and by which way."""
    return Viewer(observation.vantage, observation.via)


def groups(observations: Iterable[Observation]) -> tuple[Group, ...]:
    """Gather those who saw the same thing, in the order in which it was first seen."""
    found: dict[tuple[str, Sight], list[Viewer]] = {}
    for observation in observations:
        seen = target_of(observation.url), sight(observation)
        found.setdefault(seen, []).append(viewer(observation))
    return tuple(Group(target, seen, tuple(who)) for (target, seen), who in found.items())


def orders(
    outcomes: Sequence[OrderOutcome], began: Instant, scenario: Scenario, world: World
) -> tuple[OrderFinding, ...]:
    """Gather orders of one authority that came to the same at several operators."""
    found: dict[tuple[object, ...], OrderFinding] = {}
    for outcome in outcomes:
        after = max(0, outcome.at - began)
        after = after if after >= NOTICEABLE else 0
        reason = told_apart(outcome.reason)
        same = (outcome.by, outcome.action, outcome.name, outcome.state, after, reason)
        before = found.get(same)
        found[same] = OrderFinding(
            outcome.by,
            (outcome.to,) if before is None else (*before.to, outcome.to),
            action_words(outcome, scenario, world),
            outcome.name,
            outcome.state,
            after,
            spelled_out(outcome.reason, world) if before is None else before.reason,
            lawbook().source(outcome.source) if outcome.source else None,
            outcome.doubtful,
            learnt(outcome.details),
            outcome.details if before is None else (),
            outcome.nothing_to_lift,
        )
    return tuple(found.values())


def learnt(details: Details) -> Message | None:
    """Say what a controlled operation that ended brought, by what its host answered."""
    fields = dict(details)
    if "visits" not in fields:
        return None
    return message(
        "While the site ran under control ({duration}): {visits} from {addresses} were written"
        " down, and each was served by the authorities.",
        duration=spell(int(fields["hours"]) * HOUR),
        visits=counts.visits(int(fields["visits"])),
        addresses=counts.addresses(int(fields["addresses"])),
    )


def told_apart(reason: Message) -> object:
    """Return what tells a reason from others: all but whom it is about."""
    return reason.text, tuple(
        pair for pair in reason.arguments if pair[0] not in ("operator", "partner")
    )


def spelled_out(reason: Message, world: World) -> Message:
    """Name countries and operators that a sentence has by their ids, and say its dates as
    people do."""
    named = []
    for key, value in reason.arguments:
        if isinstance(value, Message):
            value = spelled_out(value, world)
        elif key in ("country", "home") and value in world.countries:
            value = world.countries[value].name
        elif key in _OPERATORS and value in world.operators:
            value = world.operators[value].name
        elif key in ("date", "since"):
            value = Day(datetime.date.fromisoformat(value))
        named.append((key, value))
    return Message(reason.text, tuple(named))


def step_finding(
    run: StepRun,
    number: int | None,
    before: Instant,
    scenario: Scenario,
    world: World,
    date: Callable[[Instant], datetime.datetime],
    remembered: Remembered,
) -> StepFinding:
    """Return what there is to show of a step; ``before`` is when the step before it ended."""
    seen = [look.at for look in run.observations] + [copy.began for copy in run.copies]
    looked = min(seen, default=run.ended)
    drains = _drains(run, world, remembered)
    return StepFinding(
        number,
        run.title,
        date(looked),
        looked - before,
        run.step.say,
        orders(run.outcomes, run.began, scenario, world),
        orders(run.lifted, run.ended, scenario, world),
        groups(run.observations),
        run.step.why,
        tuple(verdict for verdict in run.verdicts if not verdict.passed),
        None if drains is None else date(drains),
    )


def _drains(run: StepRun, world: World, remembered: Remembered) -> Instant | None:
    """Return until when the resolvers asked in this step hold names that were taken in it."""
    names = [
        outcome.name
        for outcome in run.outcomes
        if outcome.action in NAME_LEVERS
        and outcome.state is OutcomeState.EXECUTED
        and outcome.name is not None
        and DONE_FOR not in dict(outcome.details)
    ]
    resolvers = dict.fromkeys(
        world.resolver_at(seen.resolver) for seen in run.observations if seen.resolver is not None
    )
    ends = [
        remembered(resolver, name, run.ended)
        for resolver in resolvers
        for name in dict.fromkeys(names)
        if resolver is not None
    ]
    return max((end for end in ends if end is not None and end > run.ended), default=None)
