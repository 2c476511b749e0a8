"""Orders about one name, lifted in any order: what one lift leaves to another order stays."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from simulator.errors import LabError
from simulator.lab.orders import OrderOutcome
from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.registry.objects import SERVER
from simulator.values import HOUR, Lever, OutcomeState
from simulator.world.models import World

NAME = "roses.test"
BANNER = {"registrar": "noms-de-loire", "banner": "joint-operation"}


def order(lab: Lab, to: str, lever: Lever, key: str) -> OrderOutcome:
    [outcome] = lab.run(lab.order("police-gg", to, lever, "coco.xg", key=key))
    return outcome


def lift(lab: Lab, key: str) -> list[tuple[str, str]]:
    return [(each.state.value, str(each.reason)) for each in lab.run(lab.lift(key))]


def statuses(lab: Lab) -> list[str]:
    found = lab.names.registry_of("coco.xg").info(SERVER, "coco.xg", lab.now).domain
    assert found is not None
    return [str(status) for status in found.statuses]


@pytest.mark.parametrize("last_first", [True, False])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            ("rila-hosting", Lever.RECORD_CHANGE, {}),
            ("test-registry", Lever.REDELEGATION, {}),
        ),
        (
            ("rila-hosting", Lever.RECORD_CHANGE, {}),
            ("test-registry", Lever.TRANSFER, BANNER),
        ),
        (
            ("rila-hosting", Lever.HOST_TAKEOVER, {}),
            ("test-registry", Lever.REDELEGATION, {}),
        ),
        (
            ("rila-hosting", Lever.HOST_TAKEOVER, {}),
            ("rila-hosting", Lever.RECORD_CHANGE, {}),
        ),
    ],
)
def test_a_banner_stays_until_the_last_order_that_leads_there_is_lifted(
    lab: Lab,
    first: tuple[str, Lever, dict[str, Any]],
    second: tuple[str, Lever, dict[str, Any]],
    last_first: bool,
) -> None:
    def page() -> str | None:
        lab.run(lab.wait(5 * HOUR))
        seen = lab.run(lab.visit(f"https://{NAME}/", "rome"))
        return seen.page or seen.failure

    in_force = []
    for key, (operator, lever, options) in enumerate((first, second)):
        pulled = lab.law.levers.pull(str(key), operator, lever, NAME, **options)
        in_force.append(lab.run(pulled))
        assert page() == "seizure_banner"
    if last_first:
        in_force.reverse()
    lab.run(in_force[0].undo())
    assert page() == "seizure_banner"
    lab.run(in_force[1].undo())
    assert page() == "site"


def test_a_name_seized_after_one_of_its_records_is_certified_with_all_below_it(
    europe: World,
) -> None:
    site = europe.sites[NAME].model_copy(update={"aliases": (f"www.{NAME}",)})
    lab = Lab(europe.model_copy(update={"sites": {**europe.sites, NAME: site}}))
    levers = lab.law.levers
    lab.run(levers.pull("r", "rila-hosting", Lever.RECORD_CHANGE, NAME))
    lab.run(lab.wait(5 * HOUR))
    lab.run(levers.pull("d", "test-registry", Lever.REDELEGATION, NAME))
    lab.run(lab.wait(5 * HOUR))
    machine = lab.web.machines[lab.world.banners["joint-operation"].host]
    assert lab.web.names_under(NAME) == (NAME, f"www.{NAME}")
    assert machine.has_certificate(NAME)
    assert machine.has_certificate(f"www.{NAME}")
    lab.close()


@pytest.mark.parametrize("last_first", [True, False])
def test_a_transfer_refused_on_two_orders_is_free_after_both(lab: Lab, last_first: bool) -> None:
    keys = ["one", "two"]
    for key in keys:
        order(lab, "candie-names", Lever.TRANSFER_REFUSAL, key)
    assert statuses(lab) == ["clientTransferProhibited"]
    if last_first:
        keys.reverse()
    lift(lab, keys[0])
    assert statuses(lab) == ["clientTransferProhibited"]
    lift(lab, keys[1])
    assert statuses(lab) == ["ok"]


@pytest.mark.parametrize(
    ("to", "lever"),
    [
        ("xg-registry", Lever.SERVER_HOLD),
        ("xg-registry", Lever.REGISTRY_LOCK),
        ("candie-names", Lever.CLIENT_HOLD),
        ("candie-names", Lever.ACCOUNT_FREEZE),
        ("candie-names", Lever.TRANSFER_REFUSAL),
    ],
)
def test_what_two_steps_ordered_is_told_of_as_that(lab: Lab, to: str, lever: Lever) -> None:
    order(lab, to, lever, "one")
    second = order(lab, to, lever, "two")
    assert dict(second.details)["done for"] == "one"
    assert lift(lab, "one") == [("refused", "also ordered by step two, so it stays")]
    third = order(lab, to, lever, "three")
    assert dict(third.details)["done for"] == "two"
    assert lift(lab, "two") == [("refused", "also ordered by step three, so it stays")]
    assert lift(lab, "three") == [("executed", "lifted")]
    assert "done for" not in dict(order(lab, to, lever, "four").details)


@pytest.mark.parametrize("lever", [Lever.HOST_OFF, Lever.HOST_TAKEOVER])
def test_a_machine_that_two_steps_closed_is_told_of_as_that(lab: Lab, lever: Lever) -> None:
    told = []
    for key in ("one", "two"):
        [outcome] = lab.run(lab.order("prosecutor-bg", "rila-hosting", lever, "coco.xg", key=key))
        told.append(dict(outcome.details).get("done for"))
    assert told == [None, "one"]
    assert lift(lab, "one") == [("refused", "also ordered by step two, so it stays")]
    assert lift(lab, "two") == [("executed", "lifted")]


def test_a_second_hold_warns_of_no_banner_that_the_first_has_darkened(lab: Lab) -> None:
    order(lab, "candie-names", Lever.REDELEGATION, "banner")
    first, second = (order(lab, "candie-names", Lever.CLIENT_HOLD, key) for key in ("a", "b"))
    assert "a hold and a banner exclude each other" in str(first.reason)
    assert "banner" not in str(second.reason)


def test_a_cancellation_says_in_its_own_words_that_the_banner_goes_dark(lab: Lab) -> None:
    lab.run(lab.law.levers.pull("r", "rila-hosting", Lever.RECORD_CHANGE, "coco.xg"))
    ended = order(lab, "xg-registry", Lever.CANCELLATION, "end")
    assert str(ended.reason).endswith(
        "but the banner of coco.xg goes dark with it: a cancelled name is in no zone"
    )


def test_a_banner_for_a_cancelled_name_is_seen_by_nobody(lab: Lab) -> None:
    order(lab, "xg-registry", Lever.CANCELLATION, "end")
    changed = lab.run(lab.law.levers.pull("r", "rila-hosting", Lever.RECORD_CHANGE, "coco.xg"))
    assert str(changed.warning) == "coco.xg is cancelled and in no zone: nobody sees the banner"


# --- lifting twice ------------------------------------------------------------------------


def test_what_is_lifted_already_is_told_as_that(lab: Lab) -> None:
    order(lab, "xg-registry", Lever.SERVER_HOLD, "hold")
    assert lift(lab, "hold") == [("executed", "lifted")]
    [again] = lab.run(lab.lift("hold"))
    assert (again.state, again.nothing_to_lift) == (OutcomeState.REFUSED, True)
    assert str(again.reason) == "nothing to lift: it is lifted already"
    assert again.details == ()


def test_what_another_order_keeps_is_lifted_all_the_same(lab: Lab) -> None:
    for key in ("one", "two"):
        order(lab, "xg-registry", Lever.SERVER_HOLD, key)
    lift(lab, "one")
    assert lift(lab, "one") == [("refused", "nothing to lift: it is lifted already")]
    assert statuses(lab) == ["serverHold"]


def test_of_a_refused_order_there_is_nothing_to_lift(lab: Lab) -> None:
    lab.run(lab.order("court-fr", "rila-hosting", Lever.HOST_OFF, "coco.xg", key="r"))
    [nothing] = lab.run(lab.lift("r"))
    assert (nothing.state, nothing.nothing_to_lift) == (OutcomeState.REFUSED, True)
    assert str(nothing.reason) == "nothing to lift: it was refused"


def test_of_a_refused_order_that_nobody_waits_for_there_is_nothing_to_lift(lab: Lab) -> None:
    lever = Lever.HOST_OFF
    lab.run(lab.order("court-fr", "rila-hosting", lever, "coco.xg", key="r", wait=False))
    assert lift(lab, "r") == [("refused", "nothing to lift: it was refused")]
    lab.run(lab.wait(HOUR))
    assert lift(lab, "r") == [("refused", "nothing to lift: it was refused")]


def test_what_was_withdrawn_is_lifted_already(lab: Lab) -> None:
    measure = DnsMeasure("coco.xg", DnsLie.NXDOMAIN)
    lab.run(lab.order("court-fr", "alpha-telecom", measure, "coco.xg", key="p", wait=False))
    assert lift(lab, "p") == [("pending", "withdrawn before it took effect")]
    assert lift(lab, "p") == [("refused", "nothing to lift: it is lifted already")]


def test_of_two_operators_the_one_that_refused_is_not_told_again(lab: Lab) -> None:
    to = ["xg-registry", "candie-names"]
    lab.run(lab.order("police-gg", to, Lever.SERVER_HOLD, "coco.xg", key="both"))
    assert lift(lab, "both") == [("executed", "lifted")]
    assert sorted(lift(lab, "both")) == [
        ("refused", "nothing to lift: it is lifted already"),
        ("refused", "nothing to lift: it was refused"),
    ]


def test_a_key_under_which_nothing_was_ordered_is_an_error(lab: Lab) -> None:
    with pytest.raises(LabError, match="nothing was ordered under 'none'"):
        lab.run(lab.lift("none"))
