"""A registration from its first day to its last: grace periods, redemption, restore, drop."""

import pytest

from simulator.roles.registry import grace
from simulator.roles.registry.events import Event
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER, YEAR, Code, Domain
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.restoring import RestoreReport
from simulator.roles.registry.statuses import GraceStatus, Status
from simulator.values import DAY, HOUR

REPORT = RestoreReport("as it was", "as it is", 0, DAY, "by mistake", ("same holder", "true"))


def opened(policy: Policy | None = None) -> Registry:
    registry = Registry("xg", "xg-registry", policy=policy)
    registry.accredit("candie")
    registry.accredit("loire")
    registry.host_create("candie", "ns.far.example")
    registry.create("candie", "coco.xg", 0, registrant="R-1", authorization="secret",
                    nameservers=("ns.far.example",))  # fmt: skip
    return registry


def domain(registry: Registry, now: int) -> Domain:
    seen = registry.info(SERVER, "coco.xg", now).domain
    assert seen is not None
    return seen


def shown(registry: Registry, now: int) -> tuple[str, ...]:
    return tuple(map(str, grace.statuses(domain(registry, now), now)))


def delegated(registry: Registry) -> bool:
    return bool(registry.zone_records()[1])


def test_each_grace_period_ends_to_the_microsecond() -> None:
    registry = opened()
    assert shown(registry, 5 * DAY - 1) == ("addPeriod",)
    assert shown(registry, 5 * DAY) == ()
    registry.renew("candie", "coco.xg", YEAR, 2, 10 * DAY)
    assert shown(registry, 15 * DAY - 1) == ("renewPeriod",)
    assert shown(registry, 15 * DAY) == ()
    expiry = domain(registry, 15 * DAY).expires
    assert expiry == 3 * YEAR
    assert shown(registry, expiry) == ("autoRenewPeriod",)
    assert shown(registry, expiry + 45 * DAY) == ()


def test_a_delete_gives_back_what_grace_periods_hold() -> None:
    registry = opened()
    registry.renew("candie", "coco.xg", YEAR, 2, HOUR)
    assert registry.billed("candie") == 3
    deleted = registry.delete("candie", "coco.xg", 2 * HOUR)
    assert deleted.charges == (("candie", -1), ("candie", -2))
    assert registry.billed("candie") == 0
    assert shown(registry, 2 * HOUR) == ("redemptionPeriod",)


def test_an_automatic_year_is_billed_and_given_back_on_delete() -> None:
    registry = opened()
    registry.settle(YEAR + DAY)
    assert registry.billed("candie") == 2
    registry.delete("candie", "coco.xg", YEAR + 2 * DAY)
    assert registry.billed("candie") == 1


def test_a_delete_out_of_grace_gives_nothing_back() -> None:
    registry = opened()
    assert registry.delete("candie", "coco.xg", 6 * DAY).charges == ()
    assert registry.billed("candie") == 1


def test_a_policy_may_free_a_name_at_once_in_its_add_grace_period() -> None:
    registry = opened(Policy(add_grace_purges=True))
    deleted = registry.delete("candie", "coco.xg", DAY)
    assert (deleted.code, str(deleted.reason)) == (1000, "coco.xg is deleted, and free again")
    assert registry.check("coco.xg", DAY).code == Code.DONE
    assert registry.names() == ()


def test_redemption_then_pending_delete_then_free() -> None:
    registry = opened()
    registry.delete("candie", "coco.xg", 10 * DAY)
    assert not delegated(registry)
    assert shown(registry, 40 * DAY - 1) == ("redemptionPeriod",)
    assert shown(registry, 40 * DAY) == ("pendingDelete",)
    late = registry.restore_request("candie", "coco.xg", 40 * DAY)
    assert (late.code, str(late.reason)) == (
        2304,
        "coco.xg is not in redemption: it cannot be restored",
    )
    assert registry.check("coco.xg", 45 * DAY - 1).code == Code.EXISTS
    bought = registry.create("loire", "coco.xg", 45 * DAY, registrant="R-9", authorization="x")
    assert bought.code == Code.DONE
    assert [event.action for event in registry.events("coco.xg", 45 * DAY)] == [
        "registration",
        "reregistration",
        "expiration",
    ]


def test_a_restore_brings_the_name_back_at_once_and_the_report_keeps_it() -> None:
    registry = opened()
    registry.delete("candie", "coco.xg", 10 * DAY)
    assert registry.restore_report("candie", "coco.xg", REPORT, 11 * DAY).code == 2304
    assert registry.restore_request("loire", "coco.xg", 11 * DAY).code == Code.NOT_AUTHORISED
    assert registry.restore_request("candie", "coco.xg", 11 * DAY).code == Code.DONE
    assert shown(registry, 11 * DAY) == ("pendingRestore",)
    assert domain(registry, 11 * DAY).statuses == (Status.PENDING_DELETE,)
    assert delegated(registry)
    assert registry.restore_request("candie", "coco.xg", 11 * DAY).code == 2304
    short = RestoreReport("a", "b", 0, 0, "why", ("one statement",))
    assert registry.restore_report("candie", "coco.xg", short, 12 * DAY).code == Code.POLICY
    assert registry.restore_report("candie", "coco.xg", REPORT, 12 * DAY).code == Code.DONE
    back = domain(registry, 12 * DAY)
    assert (back.statuses, back.purged_at, back.deleted) == ((Status.OK,), None, None)
    assert registry.check("coco.xg", 60 * DAY).code == Code.EXISTS


def test_without_its_report_a_restore_lapses_and_redemption_goes_on_where_it_stood() -> None:
    registry = opened()
    registry.delete("candie", "coco.xg", 10 * DAY)
    registry.restore_request("candie", "coco.xg", 20 * DAY)
    assert registry.zone_turn() == 27 * DAY
    assert shown(registry, 27 * DAY - 1) == ("pendingRestore",)
    assert shown(registry, 27 * DAY) == ("redemptionPeriod",)
    assert not delegated(registry)
    assert registry.zone_turn() is None
    lapsed = domain(registry, 27 * DAY)
    assert (lapsed.redeemable_until, lapsed.purged_at) == (47 * DAY, 52 * DAY)


def test_where_names_do_not_renew_themselves_an_expired_one_leaves() -> None:
    registry = opened(Policy(auto_renew=False))
    registry.transfer_request("loire", "coco.xg", "secret", YEAR - DAY, years=0)
    registry.settle(YEAR)
    assert domain(registry, YEAR).statuses == (Status.PENDING_DELETE,)
    assert domain(registry, YEAR).sponsor == "candie"
    assert registry.check("coco.xg", YEAR + 35 * DAY).code == Code.DONE


def test_a_name_whose_hosts_serve_others_does_not_expire() -> None:
    registry = opened(Policy(auto_renew=False))
    registry.host_create("candie", "ns.coco.xg", ("192.0.2.1",))
    registry.create("loire", "roses.xg", 0, registrant="R", authorization="x", years=3,
                    nameservers=("ns.coco.xg",))  # fmt: skip
    assert domain(registry, YEAR).expires == 2 * YEAR


def test_durations_are_the_registrys_to_choose() -> None:
    registry = opened(Policy(redemption=DAY, pending_delete=HOUR, transfer_period=HOUR))
    registry.transfer_request("loire", "coco.xg", "secret", 0)
    assert domain(registry, HOUR).sponsor == "loire"
    registry.delete("loire", "coco.xg", 2 * DAY)
    assert registry.check("coco.xg", 3 * DAY + HOUR - 1).code == Code.EXISTS
    assert registry.check("coco.xg", 3 * DAY + HOUR).code == Code.DONE


def test_a_transfer_adds_a_year_and_its_grace_period() -> None:
    registry = opened()
    registry.transfer_request("loire", "coco.xg", "secret", 10 * DAY)
    asked = registry.transfer_query("loire", "coco.xg", 10 * DAY).transfer
    assert asked is not None
    assert (asked.acts, asked.expires) == (15 * DAY, 2 * YEAR)
    registry.transfer_approve("candie", "coco.xg", 11 * DAY)
    moved = domain(registry, 11 * DAY)
    assert (moved.expires, moved.transferred) == (2 * YEAR, 11 * DAY)
    assert [period.status for period in moved.grace] == [GraceStatus.TRANSFER]
    assert (registry.billed("candie"), registry.billed("loire")) == (1, 1)


def test_a_transfer_replaces_an_automatic_year_and_the_loser_gets_it_back() -> None:
    registry = opened()
    registry.transfer_request("loire", "coco.xg", "secret", YEAR + DAY)
    registry.transfer_approve("candie", "coco.xg", YEAR + 2 * DAY)
    assert domain(registry, YEAR + 2 * DAY).expires == 2 * YEAR
    assert (registry.billed("candie"), registry.billed("loire")) == (1, 1)


def test_a_transfer_never_prolongs_beyond_ten_years() -> None:
    registry = opened()
    registry.renew("candie", "coco.xg", YEAR, 9, 0)
    registry.transfer_request("loire", "coco.xg", "secret", DAY, years=2)
    registry.transfer_approve("candie", "coco.xg", DAY)
    assert domain(registry, DAY).expires == DAY + 10 * YEAR
    registry.transfer_request("candie", "coco.xg", "secret", DAY, years=11)
    assert domain(registry, DAY).transfer is None


def test_a_lab_may_begin_with_names_of_many_years() -> None:
    registry = Registry("xg", "xg-registry")
    registry.accredit("candie")
    registry.create("candie", "old.xg", -3 * YEAR - DAY, registrant="R", authorization="x")
    old = registry.info(SERVER, "old.xg", 0).domain
    assert old is not None
    assert (old.created, old.expires) == (-3 * YEAR - DAY, YEAR - DAY)


def test_events_tell_a_name_s_life_in_rdap_s_words() -> None:
    registry = opened()
    registry.update(SERVER, "coco.xg", DAY, add_statuses=("serverUpdateProhibited",))
    registry.update(SERVER, "coco.xg", 2 * DAY, remove_statuses=("serverUpdateProhibited",))
    registry.delete("candie", "coco.xg", 3 * DAY)
    registry.restore_request("candie", "coco.xg", 4 * DAY)
    registry.restore_report("candie", "coco.xg", REPORT, 5 * DAY)
    registry.transfer_request("loire", "coco.xg", "secret", 6 * DAY)
    registry.transfer_approve("candie", "coco.xg", 7 * DAY)
    told = registry.events("coco.xg", 7 * DAY)
    assert [(event.action, event.at // DAY, event.actor) for event in told] == [
        ("registration", 0, "candie"),
        ("locked", 1, SERVER),
        ("unlocked", 2, SERVER),
        ("deletion", 3, "candie"),
        ("reinstantiation", 5, "candie"),
        ("last changed", 7, "candie"),
        ("transfer", 7, "candie"),
        ("expiration", 730, ""),
    ]
    assert told[1] == Event("locked", DAY, SERVER, "XG-000003")
    assert registry.events("gone.xg", 0) == ()


def test_every_transform_has_a_transaction_id_of_its_own_refused_ones_too() -> None:
    registry = Registry("xg", "xg-registry")
    registry.accredit("candie")
    log: list[tuple[object, ...]] = []
    registry.listen_to_commands(log.append)
    created = registry.create("candie", "coco.xg", HOUR, registrant="R", authorization="x")
    refused = registry.delete("nobody", "coco.xg", 2 * HOUR)
    assert registry.info("candie", "coco.xg", HOUR).transaction == ""
    held = registry.hold("coco.xg", 3 * HOUR)
    assert [created.transaction, refused.transaction, held.transaction] == [
        "XG-000001",
        "XG-000002",
        "XG-000003",
    ]
    assert log == [
        ("XG-000001", HOUR, "candie", "domain create", "coco.xg", 1000, ""),
        ("XG-000002", 2 * HOUR, "nobody", "domain delete", "coco.xg", 2201, ""),
        ("XG-000003", 3 * HOUR, SERVER, "domain update", "coco.xg", 1000, ""),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"add_ds": ("1 13 2 " + "ab" * 31,)}, Code.VALUE_SYNTAX),
        ({"add_ds": ("1 13 4 " + "ab" * 48,)}, Code.DONE),
        ({"remove_all_ds": True, "add_ds": ("1 13 2 " + "ab" * 32,)}, Code.DONE),
        ({"add_contacts": (("admin", "NOBODY"),)}, Code.DOES_NOT_EXIST),
        ({"add_contacts": (("boss", "NOBODY"),)}, Code.VALUE_RANGE),
    ],
)
def test_updates_of_ds_and_contacts(change: dict[str, object], code: Code) -> None:
    registry = opened()
    registry.update("candie", "coco.xg", 0, add_ds=("9 13 2 " + "cd" * 32,))
    answer = registry.update("candie", "coco.xg", 0, **change)  # type: ignore[arg-type]
    assert answer.code == code
    if "remove_all_ds" in change:
        assert domain(registry, 0).ds == ("1 13 2 " + "ab" * 32,)
