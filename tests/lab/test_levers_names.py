"""Levers on a name, pulled by whoever has them: what each does, how it is undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import Lab
from simulator.errors import LabError
from simulator.lab.orders import OrderOutcome
from simulator.roles.registry.objects import SERVER, Domain
from simulator.values import DAY, HOUR, Lever, OutcomeState
from simulator.world.models import World

SITE = "https://coco.xg/"
BANNER_ADDRESS = "192.0.2.10"
SERVER_LOCKS = [
    "serverDeleteProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]


def at_registry(lab: Lab, name: str = "coco.xg") -> Domain:
    found = lab.names.registry_of(name).info(SERVER, name, lab.now).domain
    assert found is not None
    return found


def order(lab: Lab, to: str, lever: Lever, key: str, name: str = "coco.xg") -> OrderOutcome:
    [outcome] = lab.run(lab.order("police-gg", to, lever, name, key=key))
    return outcome


def details(outcome: OrderOutcome) -> dict[str, str]:
    return dict(outcome.details)


def page(lab: Lab, url: str = SITE, vantage: str = "rome") -> str | None:
    seen = lab.run(lab.visit(url, vantage))
    return seen.page or seen.failure


def test_a_registry_lock_leaves_the_site_open_and_binds_its_registrar(lab: Lab) -> None:
    outcome = order(lab, "xg-registry", Lever.REGISTRY_LOCK, "lock")
    assert outcome.state is OutcomeState.EXECUTED
    assert details(outcome)["command"] == "domain update"
    assert details(outcome)["result"] == "1000"
    assert details(outcome)["undo record"].startswith("RegistryLock; locks added: serverDelete")
    assert list(at_registry(lab).statuses) == SERVER_LOCKS
    held = order(lab, "candie-names", Lever.CLIENT_HOLD, "hold")
    assert held.state is OutcomeState.REFUSED
    assert "serverUpdateProhibited" in str(held.reason)
    lab.run(lab.wait(5 * HOUR))
    assert page(lab) == "site"
    lab.run(lab.lift("lock"))
    assert list(at_registry(lab).statuses) == ["ok"]


def test_what_two_orders_lock_stays_locked_until_the_last_is_lifted(lab: Lab) -> None:
    for key in ("one", "two"):
        assert order(lab, "xg-registry", Lever.REGISTRY_LOCK, key).state is OutcomeState.EXECUTED
    lab.run(lab.lift("one"))
    assert list(at_registry(lab).statuses) == SERVER_LOCKS
    lab.run(lab.lift("two"))
    assert list(at_registry(lab).statuses) == ["ok"]


def test_a_cancelled_name_leaves_the_zone_and_returns_while_redemption_lasts(lab: Lab) -> None:
    outcome = order(lab, "xg-registry", Lever.CANCELLATION, "end")
    assert (details(outcome)["command"], details(outcome)["result"]) == ("domain delete", "1001")
    lab.run(lab.wait(5 * HOUR))
    assert page(lab) == "dns_nxdomain_error"
    again = order(lab, "xg-registry", Lever.CANCELLATION, "again")
    assert "pendingDelete" in str(again.reason)
    lab.run(lab.lift("end"))
    lab.run(lab.wait(5 * HOUR))
    assert page(lab) == "site"


def test_a_cancellation_cannot_be_undone_once_redemption_is_over(lab: Lab) -> None:
    order(lab, "xg-registry", Lever.CANCELLATION, "end")
    lab.run(lab.wait(31 * DAY))
    [remains] = lab.run(lab.lift("end"))
    assert remains.state is OutcomeState.REFUSED
    assert "the cancellation cannot be undone" in str(remains.reason)
    lab.run(lab.wait(30 * DAY))
    gone = order(lab, "xg-registry", Lever.REGISTRY_LOCK, "late")
    assert str(gone.reason) == "coco.xg does not exist"


def test_a_transfer_changes_the_registrar_alone_and_goes_back(lab: Lab) -> None:
    """The site stays open; the old registrar has no lever any more, the new one has."""
    levers = lab.law.levers
    moved = lab.run(
        levers.pull("t", "test-registry", Lever.TRANSFER, "roses.test", registrar="noms-de-loire")
    )
    assert dict(moved.details)["command"] == "domain transfer"
    assert "sponsor: candie-names" in dict(moved.details)["undo record"]
    assert at_registry(lab, "roses.test").sponsor == "noms-de-loire"
    with pytest.raises(LabError, match=r"not the registrar of roses\.test: noms-de-loire is"):
        lab.run(levers.pull("h", "candie-names", Lever.CLIENT_HOLD, "roses.test"))
    with pytest.raises(LabError, match="already moved to noms-de-loire"):
        lab.run(
            levers.pull(
                "u", "test-registry", Lever.TRANSFER, "roses.test", registrar="polder-names"
            )
        )
    assert page(lab, "https://roses.test/") == "site"
    lab.run(moved.undo())
    assert at_registry(lab, "roses.test").sponsor == "candie-names"
    lab.run(levers.pull("h", "candie-names", Lever.CLIENT_HOLD, "roses.test"))


def test_a_transfer_with_a_banner_leads_the_name_there(lab: Lab) -> None:
    moved = lab.run(
        lab.law.levers.pull(
            "t",
            "test-registry",
            Lever.TRANSFER,
            "roses.test",
            registrar="noms-de-loire",
            banner="joint-operation",
        )
    )
    lab.run(lab.wait(5 * HOUR))
    assert page(lab, "https://roses.test/") == "seizure_banner"
    lab.run(moved.undo())
    lab.run(lab.wait(5 * HOUR))
    assert page(lab, "https://roses.test/") == "site"


def test_a_transfer_goes_to_the_registrar_of_the_authorities(lab: Lab, europe: World) -> None:
    """The only one of a public body; where there is none, the order has to name one."""
    assert order(lab, "xg-registry", Lever.TRANSFER, "t").state is OutcomeState.EXECUTED
    assert at_registry(lab).sponsor == "state-names"
    private = {key: each for key, each in europe.registrars.items() if key != "state-names"}
    without = Lab(europe.model_copy(update={"registrars": private}))
    refused = order(without, "xg-registry", Lever.TRANSFER, "t")
    without.close()
    assert str(refused.reason) == "name the registrar: 0 of .xg belong to authorities"


def test_a_frozen_account_changes_nothing_and_its_sites_stay_open(lab: Lab) -> None:
    outcome = order(lab, "candie-names", Lever.ACCOUNT_FREEZE, "freeze")
    account = "a letter-box company (invented)"
    assert outcome.details == (("account", account), ("names", "coco.xg"))
    registrar = lab.names.registrars["candie-names"]
    moved = registrar.change_nameservers(account, "coco.xg", ("ns1.polder.test",), lab.now)
    assert str(moved.reason) == f"the account {account} is frozen"
    assert page(lab) == "site"
    lab.run(lab.lift("freeze"))
    assert registrar.change_nameservers(account, "coco.xg", ("ns1.polder.test",), lab.now).done


def test_a_refused_transfer_keeps_the_name_from_leaving(lab: Lab) -> None:
    order(lab, "candie-names", Lever.TRANSFER_REFUSAL, "stay")
    assert list(at_registry(lab).statuses) == ["clientTransferProhibited"]
    registrar = lab.names.registrars["candie-names"]
    account = "a letter-box company (invented)"
    left = registrar.transfer_out(account, "coco.xg", lab.now)
    assert str(left.reason) == "coco.xg is under an order and stays with candie-names"
    lab.run(lab.lift("stay"))
    assert list(at_registry(lab).statuses) == ["ok"]
    assert registrar.transfer_out(account, "coco.xg", lab.now).done


def test_a_hold_over_a_banner_is_carried_out_with_a_warning(lab: Lab) -> None:
    order(lab, "xg-registry", Lever.REDELEGATION, "banner")
    held = order(lab, "xg-registry", Lever.SERVER_HOLD, "hold")
    assert held.state is OutcomeState.EXECUTED
    assert "a hold and a banner exclude each other" in str(held.reason)
    lab.run(lab.wait(5 * HOUR))
    assert page(lab) == "dns_nxdomain_error"
    lab.run(lab.lift("hold"))
    lab.run(lab.wait(5 * HOUR))
    assert page(lab) == "seizure_banner"


def test_a_registrar_is_warned_that_nobody_sees_the_banner_of_a_held_name(lab: Lab) -> None:
    order(lab, "candie-names", Lever.CLIENT_HOLD, "hold")
    given = order(lab, "candie-names", Lever.REDELEGATION, "banner")
    assert given.state is OutcomeState.EXECUTED
    assert "coco.xg has clientHold and is not in the zone" in str(given.reason)


def test_an_undo_out_of_order_is_refused_until_what_came_later_is_undone(lab: Lab) -> None:
    levers = lab.law.levers
    first = lab.run(levers.pull("r", "test-registry", Lever.REDELEGATION, "roses.test"))
    ended = lab.run(levers.pull("c", "test-registry", Lever.CANCELLATION, "roses.test"))
    assert "goes dark" in str(ended.warning)
    with pytest.raises(LabError, match="pendingDelete"):
        lab.run(first.undo())
    lab.run(ended.undo())
    lab.run(first.undo())
    assert at_registry(lab, "roses.test").nameservers == ("ns1.rila.test",)


def test_a_change_of_records_leads_one_name_to_the_banner_and_spares_the_rest(lab: Lab) -> None:
    """The delegation stays, and so do mail and names below; the old TTL runs out first."""
    assert page(lab) == "site"
    levers = lab.law.levers
    changed = lab.run(levers.pull("r", "rila-hosting", Lever.RECORD_CHANGE, "coco.xg"))
    assert dict(changed.details)["records before"].startswith("A 198.18.20.10")
    assert page(lab) == "site"
    lab.run(lab.wait(5 * HOUR))
    seen = lab.run(lab.visit(SITE, "rome"))
    assert (seen.page, seen.address) == ("seizure_banner", BANNER_ADDRESS)
    assert at_registry(lab).nameservers == ("ns1.rila.test",)
    with pytest.raises(LabError, match="leads to the banner already"):
        lab.run(levers.pull("s", "rila-hosting", Lever.RECORD_CHANGE, "coco.xg"))
    with pytest.raises(LabError, match=r"sub\.coco\.xg has no address in the zone coco\.xg"):
        lab.run(levers.pull("s", "rila-hosting", Lever.RECORD_CHANGE, "sub.coco.xg"))
    with pytest.raises(LabError, match=r"polder-cloud does not serve the zone of coco\.xg"):
        lab.run(levers.pull("s", "polder-cloud", Lever.RECORD_CHANGE, "coco.xg"))
    lab.run(changed.undo())
    lab.run(lab.wait(HOUR))
    assert page(lab) == "site"


def test_the_banner_host_answers_only_for_names_on_its_list(lab: Lab) -> None:
    lab.run(lab.law.levers.pull("r", "rila-hosting", Lever.RECORD_CHANGE, "coco.xg"))
    lab.run(lab.connect("rome", {"roses.test": (BANNER_ADDRESS,), "coco.xg": (BANNER_ADDRESS,)}))
    assert lab.run(lab.visit("http://coco.xg/", "rome")).page == "seizure_banner"
    assert lab.run(lab.visit("http://roses.test/", "rome")).status == 404


@pytest.mark.parametrize(
    "lever",
    [
        Lever.REGISTRY_LOCK,
        Lever.CANCELLATION,
        Lever.TRANSFER,
        Lever.ACCOUNT_FREEZE,
        Lever.TRANSFER_REFUSAL,
        Lever.RECORD_CHANGE,
    ],
)
def test_a_name_that_nobody_registered_is_refused(
    make_lab: Callable[..., Lab], lever: Lever
) -> None:
    lab = make_lab()
    with pytest.raises(LabError, match=r"nowhere\.xg is no registered name"):
        lab.run(lab.law.levers.pull("k", "xg-registry", lever, "nowhere.xg"))


def test_an_operator_without_the_lever_refuses(lab: Lab) -> None:
    outcome = order(lab, "candie-names", Lever.REGISTRY_LOCK, "k")
    assert outcome.state is OutcomeState.REFUSED
    assert "has no such lever" in str(outcome.reason)
