"""What an operator concludes from visits, and when its policy acts."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.site_operator.logic import (
    Hindrance,
    Loss,
    Planned,
    Policy,
    Reaction,
    Sight,
    Team,
    earliest,
    held_up,
    loss,
)
from simulator.values import DAY, HOUR

HOME = {"coco.xg": ("198.18.20.10",)}
OWN, OTHER = ("198.18.20.10",), ("192.0.2.10",)


def there(vantage: str, site: str = "coco.xg") -> Sight:
    return Sight(vantage, site, True, OWN)


def gone(vantage: str, addresses: tuple[str, ...] = (), site: str = "coco.xg") -> Sight:
    return Sight(vantage, site, False, addresses)


def team(
    imitates: bool = False,
    after_arrest: int | None = None,
    money_delay: int = 0,
    targets: tuple[str, ...] = ("coco.xa", "coco.xb"),
) -> Team:
    reactions = {
        Loss.BLOCKED: Reaction("mirror", ("coco.test",), DAY, DAY),
        Loss.NAME: Reaction("move-name", targets, DAY, 2 * DAY),
    }
    return Team(Policy(reactions, imitates, after_arrest, money_delay), random.Random(4))


def test_a_site_that_all_see_is_not_lost() -> None:
    assert loss([there("paris"), there("sofia")], HOME) is Loss.NONE


def test_a_site_that_some_do_not_see_is_blocked_there() -> None:
    assert loss([gone("paris"), there("sofia")], HOME) is Loss.BLOCKED


def test_who_sees_one_of_several_sites_is_served() -> None:
    sights = [gone("paris"), there("sofia"), there("paris", "coco.test")]
    assert loss(sights, HOME) is Loss.NONE


def test_a_name_that_leads_nowhere_or_elsewhere_is_lost() -> None:
    assert loss([gone("paris"), gone("sofia", OTHER)], HOME) is Loss.NAME


def test_a_name_that_leads_home_in_vain_means_a_lost_machine() -> None:
    # One resolver that still has the old address is enough to know that the machine is silent.
    assert loss([gone("paris", OWN), gone("sofia")], HOME) is Loss.MACHINE


def test_an_owner_plans_one_act_and_no_second_while_it_is_planned_or_under_way() -> None:
    one = team()
    [plan], _ = one.noticed(Loss.NAME, 0)
    assert plan.act == "move-name"
    assert plan.target == "coco.xa"
    assert DAY <= plan.at <= 2 * DAY
    assert one.noticed(Loss.NAME, HOUR) == ([], [])
    assert one.due(plan.at - 1, Hindrance()) == []
    assert one.due(plan.at, Hindrance()) == [plan]
    assert one.noticed(Loss.NAME, 3 * DAY) == ([], [])
    one.over()
    [second], _ = one.noticed(Loss.NAME, 4 * DAY)
    assert second.target == "coco.xb"


def test_a_plan_whose_reason_is_gone_is_dropped_and_its_name_kept_for_later() -> None:
    one = team()
    [plan], _ = one.noticed(Loss.BLOCKED, 0)
    assert one.noticed(Loss.NONE, HOUR) == ([], [plan])
    [again], _ = one.noticed(Loss.BLOCKED, 2 * HOUR)
    assert again.target == plan.target


def test_an_operator_without_names_left_does_nothing() -> None:
    one = team(targets=("coco.xa",))
    [plan], _ = one.noticed(Loss.NAME, 0)
    one.due(plan.at, Hindrance())
    one.over()
    assert one.noticed(Loss.NAME, 5 * DAY) == ([], [])


def test_who_has_used_up_every_name_is_through() -> None:
    one = team(imitates=True)
    assert not one.is_through
    for cause in (Loss.NAME, Loss.BLOCKED):
        one.noticed(cause, 0)
    assert not one.is_through  # planned, and not done
    one.due(2 * DAY, Hindrance())
    assert one.is_through


def test_an_imitator_plans_all_at_once_and_keeps_its_plans() -> None:
    one = team(imitates=True)
    plans, _ = one.noticed(Loss.NAME, 0)
    assert [plan.target for plan in plans] == ["coco.xa", "coco.xb"]
    assert one.noticed(Loss.NONE, HOUR) == ([], [])
    assert one.noticed(Loss.NAME, HOUR) == ([], [])
    assert len(one.due(2 * DAY, Hindrance())) == 2


def test_an_arrest_stops_for_as_long_as_it_lasts() -> None:
    one = team()
    [plan], _ = one.noticed(Loss.NAME, 0)
    arrested = Hindrance(arrested=HOUR)
    assert one.due(30 * DAY, arrested) == []
    assert held_up(one.planned, arrested, one.policy, 30 * DAY)
    assert one.due(30 * DAY, Hindrance()) == [plan]


def test_somebody_else_carries_on_after_an_arrest_where_the_policy_says_so() -> None:
    policy = team(after_arrest=21 * DAY).policy
    assert earliest(DAY, Hindrance(arrested=HOUR), policy) == 21 * DAY + HOUR


def test_frozen_money_delays() -> None:
    one = team(money_delay=14 * DAY)
    [plan], _ = one.noticed(Loss.NAME, 0)
    frozen = Hindrance(frozen=0)
    assert one.due(plan.at, frozen) == []
    assert one.due(plan.at + 14 * DAY, frozen) == [plan]


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Loss)), st.integers(0, 5 * DAY), st.booleans()), max_size=30
    ),
    st.booleans(),
)
def test_no_name_is_ever_used_twice(rounds: list[tuple[Loss, int, bool]], imitates: bool) -> None:
    one, now = team(imitates=imitates), 0
    done: list[Planned] = []
    for what, pause, ends in rounds:
        one.noticed(what, now)
        now += pause
        done += one.due(now, Hindrance())
        if ends and one.under_way:
            one.over()
    assert len({plan.target for plan in done}) == len(done)
