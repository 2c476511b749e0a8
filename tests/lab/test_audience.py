"""The people of a site in a lab: what is measured of them, and what is reckoned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator import Lab
from simulator.errors import LabError
from simulator.lab.audience import Count, SiteAudience
from simulator.lab.other_side import OtherSide
from simulator.measures import DnsLie, DnsMeasure
from simulator.values import DAY, Lever
from simulator.world.loader import load_world
from simulator.world.models import World

SITE = "coco-seized.xg"
PLACES = ("paris", "lyon", "nantes", "brussels")


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(Path("scenarios/worlds/twins.yaml"))


@pytest.fixture
def lab(world: World) -> Iterator[Lab]:
    with Lab(world) as lab:
        yield lab


def audience_of(lab: Lab, side: OtherSide, site: str = SITE) -> SiteAudience:
    """Return an audience that has been counted once."""
    people = SiteAudience(lab, side, site)
    lab.run(people.count())
    return people


def adds_up(count: Count) -> None:
    """Nobody is lost, and nobody counted twice, at either end of the spans."""
    spans = (count.kept, count.looking, count.gave_up)
    assert sum(least for least, _ in spans) <= count.people <= sum(most for _, most in spans)
    assert sum(share.least for share in count.shares) <= count.kept[1]


def test_people_of_an_open_site_stay(lab: Lab) -> None:
    people = audience_of(lab, OtherSide(lab))
    lab.run(lab.wait(10 * DAY))
    count = lab.run(people.count())
    [share] = count.shares
    assert (share.reached, share.least, share.most) == (PLACES, 10_000, 10_000)
    assert (count.kept, count.looking, count.gave_up) == ((10_000, 10_000), (0, 0), (0, 0))
    assert (count.missed, count.log.hands) == (0, "operator")
    # One visit a round and place, the last count included: measured, in the machine's own log.
    assert count.log.visits == 4 * (3 + 1)
    assert len(count.log.addresses) == 4


def test_a_block_takes_those_whom_it_reaches(lab: Lab) -> None:
    people = audience_of(lab, OtherSide(lab))
    lab.run(lab.impose("alpha-telecom", DnsMeasure(SITE, DnsLie.NXDOMAIN)))
    lab.run(lab.wait(4 * DAY))
    count = lab.run(people.count())
    [share] = count.shares
    assert (share.reached, share.closed) == (PLACES[1:], ("paris",))
    assert (count.kept, count.looking) == ((6_000, 6_000), (4_000, 4_000))
    assert count.missed == 4_000  # one round was missed by those in Paris
    adds_up(count)


def test_people_come_back_to_an_address_that_opens_again(lab: Lab) -> None:
    people = audience_of(lab, OtherSide(lab))
    block = lab.run(lab.impose("alpha-telecom", DnsMeasure(SITE, DnsLie.NXDOMAIN)))
    lab.run(lab.wait(4 * DAY))
    lab.run(lab.revoke(block))
    lab.run(lab.wait(DAY))
    assert lab.run(people.count()).kept == (10_000, 10_000)


def test_a_part_follows_after_a_delay_and_the_rest_gives_up(lab: Lab) -> None:
    side = OtherSide(lab)
    people = audience_of(lab, side)

    async def begin() -> None:
        side.begin(["seized-team"])
        await asyncio.sleep(0)

    lab.run(begin())
    lab.run(lab.impose("xg-registry", Lever.REDELEGATION, SITE))
    lab.run(lab.wait(4 * DAY))
    early = lab.run(people.count())
    assert [share.site for share in early.shares] == [SITE, "coco-seized.xh"]
    assert early.shares[0].reached == ()
    assert early.shares[1].reached == PLACES
    assert (early.shares[1].least, early.shares[1].most) == (0, 2_000)  # some wait longer
    adds_up(early)
    lab.run(lab.wait(26 * DAY))
    late = lab.run(people.count())
    assert (late.shares[1].least, late.shares[1].most) == (1_000, 2_000)
    assert (late.looking, late.gave_up) == ((0, 0), (8_000, 9_000))
    assert late.log.visits == 0
    assert late.missed == 9 * 10_000  # nine rounds of all people
    adds_up(late)


@pytest.mark.parametrize(
    ("lever", "hands", "visits"),
    [
        (Lever.CONTROLLED_OPERATION, "police", 4),
        (Lever.HOST_TAKEOVER, "banner", 4),
        (Lever.HOST_OFF, "off", 0),
    ],
)
def test_a_log_grows_for_whoever_holds_the_machine(
    lab: Lab, lever: Lever, hands: str, visits: int
) -> None:
    people = audience_of(lab, OtherSide(lab))
    lab.run(lab.impose("rila-hosting", lever, SITE))
    lab.run(lab.wait(DAY))
    log = lab.run(people.count()).log
    assert (log.hands, log.visits) == (hands, visits)


def test_a_site_without_counted_people_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError) as caught:
        SiteAudience(lab, OtherSide(lab), "coco-sized.xg")
    assert str(caught.value) == "unknown audience 'coco-sized.xg'; did you mean 'coco-seized.xg'?"
