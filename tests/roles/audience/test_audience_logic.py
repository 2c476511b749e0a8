"""People are counted: nobody is born, nobody is counted twice, shares are shares."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.audience.logic import Crowd, Successor, Terms
from simulator.values import DAY

TERMS = Terms(looks_again=80, kept=10, kept_elsewhere=5, after=DAY, patience=14 * DAY)
CLONE, RIVAL = Successor("coco.xa"), Successor("palabre.test", same=False)


def nowhere(vantage: str, site: str) -> bool:
    return False


def crowd() -> Crowd:
    return Crowd({"paris": 1000, "rome": 500}, "coco.xg", TERMS)


def test_all_are_at_the_site_until_it_fails() -> None:
    people = crowd()
    assert people.at("coco.xg") == people.total == 1500
    assert people.where() == [("paris", "coco.xg"), ("rome", "coco.xg")]
    assert people.wanted(0, [CLONE]) == []


def test_who_lost_a_site_tries_the_old_address_first_and_others_only_after_a_delay() -> None:
    people = crowd()
    people.lose("paris", "coco.xg", 0)
    assert (people.searching, people.at("coco.xg")) == (1000, 500)
    assert people.wanted(DAY - 1, [CLONE]) == [("paris", "coco.xg")]
    assert people.wanted(DAY, [CLONE]) == [("paris", "coco.xg"), ("paris", "coco.xa")]


def test_each_successor_keeps_its_share_of_those_who_lost_the_site_once() -> None:
    people = crowd()
    people.lose("paris", "coco.xg", 0)

    def reach(vantage: str, site: str) -> bool:
        return site != "coco.xg"

    for day in (1, 2, 3):
        people.search(day * DAY, [CLONE, RIVAL], reach)
    assert (people.at("coco.xa"), people.at("palabre.test")) == (100, 50)
    assert (people.searching, people.gave_up) == (850, 0)
    people.search(14 * DAY, [CLONE, RIVAL], reach)
    assert (people.searching, people.gave_up) == (0, 850)


def test_no_more_follow_than_look_again() -> None:
    people = crowd()
    people.lose("paris", "coco.xg", 0)
    clones = [Successor(f"coco{number}.test") for number in range(20)]
    people.search(DAY, clones, lambda vantage, site: site != "coco.xg")
    assert people.searching == 200


def test_all_who_still_try_come_back_when_the_old_address_opens() -> None:
    people = crowd()
    people.lose("paris", "coco.xg", 0)
    people.search(3 * DAY, [], lambda vantage, site: True)
    assert people.at("coco.xg") == 1500
    people.lose("paris", "coco.xg", 4 * DAY)
    people.search(18 * DAY, [], nowhere)
    people.search(19 * DAY, [], lambda vantage, site: True)
    assert (people.at("coco.xg"), people.gave_up) == (500, 1000)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 10),
            st.frozensets(st.tuples(st.sampled_from("pr"), st.sampled_from("xabc"))),
        ),
        max_size=20,
    ),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_people_are_conserved(
    rounds: list[tuple[int, int, frozenset[tuple[str, str]]]], looks_again: int, kept: int
) -> None:
    terms = Terms(looks_again, kept, kept // 2, DAY, 14 * DAY)
    people, now = Crowd({"p": 997, "r": 13}, "x", terms), 0
    successors = [Successor("x"), Successor("a"), Successor("b", same=False), Successor("c")]
    for known, days, reached in rounds:
        now += days * DAY
        for vantage, site in people.where():
            if (vantage, site) not in reached:
                people.lose(vantage, site, now)
        people.search(now, successors[: known + 1], lambda *place: place in reached)  # noqa: B023
        assert people.total == 1010
        assert all(people.at(site) >= 0 for site in "xabc")
