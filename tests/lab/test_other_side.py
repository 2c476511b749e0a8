"""The other side in a lab: what site operators do about what they see, and what stops them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator import Lab
from simulator.errors import LabError
from simulator.lab.other_side import OtherSide, Reacted
from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.audience.logic import Successor
from simulator.values import DAY, HOUR, Lever, Observation
from simulator.world.loader import load_world
from simulator.world.models import World

Watch = Callable[..., tuple[Lab, OtherSide]]
MIRROR, MOVED = "coco-one-bis.test", "coco-one.xh"


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(Path("scenarios/worlds/twins.yaml"))


@pytest.fixture
def watch(world: World) -> Iterator[Watch]:
    labs: list[Lab] = []

    def begin(*operators: str, changed: World = world) -> tuple[Lab, OtherSide]:
        lab = Lab(changed)
        labs.append(lab)
        side = OtherSide(lab)
        lab.run(_begin(side, operators))
        return lab, side

    yield begin
    for lab in labs:
        lab.close()


async def _begin(side: OtherSide, operators: tuple[str, ...]) -> None:
    side.begin(operators)


def visit(lab: Lab, site: str, vantage: str = "paris") -> Observation:
    return lab.run(lab.visit(f"https://{site}/", vantage))


def told(acts: list[Reacted]) -> list[tuple[str, str, str]]:
    return [(act.act, act.target, act.state.value) for act in acts]


def test_nobody_stirs_while_the_site_is_there(watch: Watch) -> None:
    lab, side = watch("one-team", "one-imitators")
    lab.run(lab.wait(30 * DAY))
    assert side.acts == []
    assert visit(lab, "coco-one-bis.test").failure == "dns_nxdomain_error"


def test_a_blocked_owner_opens_a_mirror_where_no_block_is(watch: Watch) -> None:
    lab, side = watch("one-team")
    lab.run(lab.impose("alpha-telecom", DnsMeasure("coco-one.xg", DnsLie.NXDOMAIN)))
    lab.run(lab.wait(4 * DAY))
    assert told(side.acts) == [("mirror", MIRROR, "executed")]
    assert visit(lab, "coco-one.xg").failure == "dns_nxdomain_error"
    for vantage in ("paris", "brussels"):
        seen = visit(lab, MIRROR, vantage)
        assert (seen.page, seen.addresses) == ("site", ("198.18.21.10",))
    assert side.successors("coco-one.xg") == (Successor("coco-one.xg"), Successor(MIRROR))
    lab.run(lab.wait(20 * DAY))
    assert len(side.acts) == 1  # everybody is served: nothing more to do


def test_an_owner_without_its_name_goes_to_another_top_level_domain(watch: Watch) -> None:
    lab, side = watch("one-team")
    pulled = lab.run(lab.impose("xg-registry", Lever.REDELEGATION, "coco-one.xg"))
    lab.run(lab.wait(4 * DAY))
    [act] = side.acts
    assert (act.act, act.target) == ("move-name", MOVED)
    assert DAY <= act.at - act.noticed <= 2 * DAY + HOUR  # an hour for registry and certificate
    assert visit(lab, "coco-one.xg").page == "seizure_banner"
    assert visit(lab, MOVED).title == visit(lab, MOVED, "brussels").title
    assert visit(lab, MOVED).page == "site"
    lab.run(lab.revoke(pulled))


def test_an_owner_without_its_machine_leads_its_name_to_another_host(watch: Watch) -> None:
    lab, side = watch("one-team")
    lab.run(lab.impose("rila-hosting", Lever.HOST_OFF, "coco-one.xg"))
    lab.run(lab.wait(DAY))
    assert visit(lab, "coco-one.xg").failure is not None
    lab.run(lab.wait(9 * DAY))
    assert told(side.acts) == [("move-host", "polder-web-2", "executed")]
    seen = visit(lab, "coco-one.xg")
    assert (seen.page, seen.addresses) == ("site", ("198.18.21.11",))
    assert seen.certificate is not None
    assert seen.certificate.names == ("coco-one.xg",)


def test_imitators_open_other_brands(watch: Watch) -> None:
    lab, side = watch("one-imitators")
    lab.run(lab.impose("alpha-telecom", DnsMeasure("coco-one.xg", DnsLie.NXDOMAIN)))
    lab.run(lab.wait(20 * DAY))
    brands = [f"koko-one-{number}.test" for number in (1, 2, 3)]
    assert sorted(told(side.acts)) == [("new-brand", brand, "executed") for brand in brands]
    assert all(visit(lab, brand).page == "site" for brand in brands)
    found = side.successors("coco-one.xg")
    assert found[0] == Successor("coco-one.xg")
    assert sorted(found[1:]) == [Successor(brand, same=False) for brand in brands]


def test_an_owner_may_begin_again_under_another_brand(watch: Watch, world: World) -> None:
    team = world.site_operators["one-team"]
    assert team.name_lost is not None
    again = team.model_copy(
        update={"name_lost": team.name_lost.model_copy(update={"act": "new-brand"})}
    )
    changed = world.model_copy(
        update={"site_operators": {**world.site_operators, "one-team": again}}
    )
    lab, side = watch("one-team", changed=changed)
    lab.run(lab.impose("xg-registry", Lever.SERVER_HOLD, "coco-one.xg"))
    lab.run(lab.wait(4 * DAY))
    assert told(side.acts) == [("new-brand", MOVED, "executed")]
    # Fewer follow to a name that they do not know, whoever is behind it.
    assert side.successors("coco-one.xg")[1:] == (Successor(MOVED, same=False),)


def test_an_arrest_stops_the_team_until_it_is_lifted(watch: Watch) -> None:
    lab, side = watch("arrested-team")
    arrest = lab.run(lab.impose("patron", Lever.ARREST, "coco-arrested.xg"))
    lab.run(lab.impose("xg-registry", Lever.SERVER_HOLD, "coco-arrested.xg"))
    lab.run(lab.wait(30 * DAY))
    assert side.acts == []
    [held] = [entry for entry in lab.journal if entry.what == "is held up"]
    assert (held.who, held.details["by"]) == ("arrested-team", "arrest")
    lab.run(lab.revoke(arrest))
    lab.run(lab.wait(2 * DAY))
    assert told(side.acts) == [("move-name", "coco-arrested.xh", "executed")]


def test_frozen_money_delays_by_two_weeks(watch: Watch) -> None:
    lab, side = watch("one-team")
    lab.law.levers.acts.carry_out("freeze", "candie-names", Lever.MONEY_FREEZE, "coco-one.xg")
    lab.run(lab.impose("xg-registry", Lever.SERVER_HOLD, "coco-one.xg"))
    lab.run(lab.wait(14 * DAY))
    assert side.acts == []
    lab.run(lab.wait(4 * DAY))
    assert told(side.acts) == [("move-name", MOVED, "executed")]


def test_a_name_that_somebody_else_took_is_refused_and_the_next_is_taken(watch: Watch) -> None:
    lab, side = watch("one-team")
    lab.run(lab.registrants.register("skerry-names", MIRROR, "a stranger", ("ns1.fjord.test",)))
    lab.run(lab.impose("alpha-telecom", DnsMeasure("coco-one.xg", DnsLie.NXDOMAIN)))
    lab.run(lab.wait(8 * DAY))
    assert told(side.acts) == [
        ("mirror", MIRROR, "refused"),
        ("mirror", "coco-one-ter.test", "executed"),
    ]


def test_a_dropped_name_is_registered_again_and_leads_to_a_stranger(watch: Watch) -> None:
    lab, side = watch("catcher")
    lab.run(lab.impose("xg-registry", Lever.CANCELLATION, "kermesse.xg"))
    lab.run(lab.wait(34 * DAY))
    assert side.acts == []
    lab.run(lab.wait(4 * DAY))
    assert told(side.acts) == [("re-register", "kermesse.xg", "executed")]
    assert visit(lab, "kermesse.xg").title == "Bargains of the day"
    assert not side.is_there("kermesse.xg", visit(lab, "kermesse.xg"))


def test_the_same_seed_gives_the_same_acts(watch: Watch) -> None:
    stories = []
    for _ in range(2):
        lab, side = watch("one-team", "one-imitators")
        lab.run(lab.impose("xg-registry", Lever.SERVER_HOLD, "coco-one.xg"))
        lab.run(lab.wait(15 * DAY))
        stories.append(side.acts)
    assert stories[0] == stories[1]
    assert len(stories[0]) == 4


def test_an_operator_that_the_world_does_not_have_is_refused(watch: Watch) -> None:
    with pytest.raises(LabError) as caught:
        watch("one-teem")
    assert str(caught.value) == "unknown site operator 'one-teem'; did you mean 'one-team'?"
