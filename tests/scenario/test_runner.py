"""Running a scenario: what a step does, in which order, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.lab.orders import _KINDS, OrderOutcome
from simulator.roles.authority.actors import NamedLever, at_home
from simulator.roles.authority.answer import Question, Way, answer
from simulator.scenario.loader import built_in_scenarios, load_scenario
from simulator.scenario.runner import ScenarioRun, StepRun
from simulator.values import SECOND, Message, OutcomeState
from simulator.world.faults import Faults

HEAD = "title: {en: Test, fr: Essai}\nworld: europe\nsteps:\n"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[str], tuple[ScenarioRun, list[StepRun]]]]:
    made: list[ScenarioRun] = []

    def run_steps(steps: str) -> tuple[ScenarioRun, list[StepRun]]:
        path = tmp_path / "test.yaml"
        path.write_text(HEAD + steps, encoding="utf-8")
        made.append(ScenarioRun(load_scenario(path)))
        return made[-1], list(made[-1].steps())

    yield run_steps
    for each in made:
        each.close()


@pytest.mark.parametrize("name", built_in_scenarios())
def test_every_built_in_scenario_holds(name: str) -> None:
    run = ScenarioRun(load_scenario(built_in_scenarios()[name]))
    steps = list(run.steps())
    failed = [verdict for step in steps for verdict in step.verdicts if not verdict.passed]
    run.close()
    assert failed == []
    assert run.passed
    assert sum(len(step.verdicts) for step in steps) > 20
    for step in steps:
        for outcome, lead, instrument in orders_of(step):
            agrees_with_who_can(run, step, outcome, lead, instrument)


def orders_of(step: StepRun) -> Iterator[tuple[OrderOutcome, str, str | None]]:
    """Yield each outcome with who led and the instrument that the author named."""
    given = [
        (order.by, operator, order.instrument) for order in step.step.order for operator in order.to
    ]
    if step.step.coordinate is not None:
        operation = step.step.coordinate
        given += [(operation.by, member.to, member.instrument) for member in operation.members]
    assert len(given) == len(step.outcomes)
    for outcome, (lead, operator, instrument) in zip(step.outcomes, given, strict=True):
        assert outcome.to == operator
        yield outcome, lead, instrument


def agrees_with_who_can(
    run: ScenarioRun, step: StepRun, outcome: OrderOutcome, lead: str, instrument: str | None
) -> None:
    """What became of an order is what ``who-can`` answers to whoever asks about it.

    What the law let through and the operator refused (a locked name) is none of its matter.
    """
    law = run.lab.law
    operator, member = law.operator(outcome.to), law.authority(outcome.by)
    together = lead != outcome.by and member.country != law.authority(lead).country
    question = Question(
        law.authority(lead) if together else member,
        operator,
        MEASURES.get(outcome.action.partition(":")[0]) or NamedLever(outcome.action),
        run.date(step.began).date(),
        tuple(law.authorities.values()),
    )
    found = answer(question)
    ways = {tuple(map(str, path_of(way))): way for way in found.ways if way.followed}
    if outcome.path:
        partner = member if together else None
        instruments = [names[0] for names in ways]
        assert str(outcome.path[0]) in instruments, (step.id, outcome)
        assert outcome.source in [str(way.source) for way in ways.values()]
        assert partner is None or at_home(partner, operator)
    elif instrument is not None:
        reasons = {each.instrument.id: each.reason for each in found.obstacles}
        reasons |= {way.instrument.id: way.reason for way in found.ways if not way.followed}
        assert outcome.reason.text in templates(reasons[instrument]), (step.id, outcome)
    elif at_home(question.authority, operator):
        assert not found.obtains, (step.id, outcome)


def path_of(way: Way) -> tuple[Message, ...]:
    return tuple(step.name for step in way.steps)


def templates(reason: Message) -> Iterator[str]:
    """Yield a sentence's template and those of its parts: a country's code or its name apart."""
    yield reason.text
    for _, value in reason.arguments:
        if isinstance(value, Message):
            yield from templates(value)


MEASURES = {label: kind for kind, (label, _) in _KINDS.items()}


def test_the_actions_of_a_step_run_in_the_order_of_the_vocabulary(
    run: Callable[..., object],
) -> None:
    """Written backwards: yet the order comes first, then the wait, then the visit."""
    _, [step] = run(  # type: ignore[misc]
        """
  - expect: {paris: {failure: dns_nxdomain_error}, alpha-telecom: {outcome: executed}}
    visit: {url: "https://coco.xg/", from: paris}
    wait: 2h
    order: {by: court-fr, to: alpha-telecom, measure: {dns: nxdomain}, name: coco.xg}
"""
    )
    assert [verdict.passed for verdict in step.verdicts] == [True, True]
    assert step.observations[0].at == step.outcomes[0].at + 7_200 * SECOND


def test_the_orders_of_a_step_are_given_at_one_time(run: Callable[..., object]) -> None:
    _, [step] = run(  # type: ignore[misc]
        """
  - order:
      - {by: court-fr, to: alpha-telecom, measure: {dns: nxdomain}, name: coco.xg}
      - {by: court-fr, to: beta-mobile, measure: {address: drop}, name: coco.xg}
"""
    )
    assert len({outcome.at for outcome in step.outcomes}) == 1
    assert [outcome.to for outcome in step.outcomes] == ["alpha-telecom", "beta-mobile"]


def test_a_failed_expectation_says_what_was_expected_and_what_was_seen(
    run: Callable[..., object],
) -> None:
    scenario, [step] = run(  # type: ignore[misc]
        """
  - visit: {url: "https://coco.xg/", from: [paris, rome]}
    expect: {all: {page: block_page, status: [200, 451]}}
"""
    )
    assert not scenario.passed
    assert [(v.who, v.field, v.expected, v.got, v.passed) for v in step.verdicts] == [
        ("paris", "page", "block_page", "site", False),
        ("paris", "status", "200 or 451", "200", True),
        ("rome", "page", "block_page", "site", False),
        ("rome", "status", "200 or 451", "200", True),
    ]


def test_everybody_may_connect_and_go_back(run: Callable[..., object]) -> None:
    _, [over, back] = run(  # type: ignore[misc]
        """
  - connect: {who: all, via: open-two}
    visit: {url: "https://coco.xg/", from: all}
    expect: {all: {page: site, resolver: open-two, via: open-two}}
  - disconnect: {who: all}
    visit: {url: "https://coco.xg/", from: all}
    expect: {all: {page: site, via: null}, rome: {resolver: it-tevere-dns}}
"""
    )
    assert len(over.observations) == len(back.observations) == 12
    assert all(verdict.passed for step in (over, back) for verdict in step.verdicts)


def test_what_is_pending_is_withdrawn_by_a_lift(run: Callable[..., object]) -> None:
    _, [given, lifted, later] = run(  # type: ignore[misc]
        """
  - id: go
    order:
      {by: court-fr, to: alpha-telecom, measure: {dns: nxdomain}, name: coco.xg, await: false}
    expect: {alpha-telecom: {outcome: pending}}
  - lift: go
  - wait: 3d
    visit: {url: "https://coco.xg/", from: paris}
    expect: {paris: {page: site}}
"""
    )
    assert given.outcomes[0].state is OutcomeState.PENDING
    assert str(lifted.lifted[0].reason) == "withdrawn before it took effect"
    assert later.verdicts[0].passed


def test_a_lookup_is_an_observation_that_ends_at_the_dns(run: Callable[..., object]) -> None:
    _, [step] = run(  # type: ignore[misc]
        """
  - resolve: {name: xg, type: NS, from: paris}
    expect: {paris: {rcode: NOERROR, addresses: ns1.nic.xg, url: "dns:xg?type=NS"}}
"""
    )
    assert all(verdict.passed for verdict in step.verdicts)


def test_a_step_that_cannot_be_done_is_named_by_file_and_line(
    run: Callable[..., object], tmp_path: Path
) -> None:
    with pytest.raises(Faults) as caught:
        run(
            """
  - visit: {url: "https://coco.xg/", from: paris}
  - wait: {until: 2020-01-01T01:00:00+02:00}
"""
        )
    [fault] = caught.value.faults
    assert str(fault) == (
        f"{tmp_path / 'test.yaml'}:6:5: steps[1]: 2020-01-01T01:00:00+02:00 is over: "
        "it is 2024-06-24T08:00:00+02:00 in the lab"
    )


def test_acts_without_titles_are_called_by_their_ids(run: Callable[..., object]) -> None:
    _, steps = run(  # type: ignore[misc]
        """
  - id: first
    visit: {url: "https://coco.xg/", from: paris}
  - wait: 1h
"""
    )
    assert [step.title.en for step in steps] == ["first", "step-2"]
