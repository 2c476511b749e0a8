"""A registrar pulls the levers of a sponsor, through its registry, and says why when it cannot."""

import random

import pytest

from simulator.errors import LabError
from simulator.roles.registrar.logic import STAFF, Done, Registrar
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER, Domain
from simulator.roles.registry.statuses import SERVER_LOCKS, Status
from simulator.values import HOUR

NOW = 3 * HOUR
CLIENT_LOCKS = (
    Status.CLIENT_DELETE_PROHIBITED,
    Status.CLIENT_TRANSFER_PROHIBITED,
    Status.CLIENT_UPDATE_PROHIBITED,
)
DS = "12345 13 2 " + "ab" * 32


@pytest.fixture
def registry() -> Registry:
    registry = Registry("xg", "xg-registry")
    registry.accredit("candie")
    registry.accredit("loire")
    return registry


@pytest.fixture
def candie(registry: Registry) -> Registrar:
    registrar = Registrar("candie", [registry], random.Random(1))
    registrar.open_account("holder", "R-1")
    registrar.open_account("other", "R-2")
    done = registrar.register("holder", "coco.xg", ("ns1.names.example",), NOW)
    assert (done.done, done.code) == (True, 1000)
    return registrar


def domain(registry: Registry) -> Domain:
    seen = registry.info(SERVER, "coco.xg", NOW).domain
    assert seen is not None
    return seen


def test_registering_delegates_and_enters_the_portfolio(
    registry: Registry, candie: Registrar
) -> None:
    registered = domain(registry)
    assert (registered.sponsor, registered.registrant) == ("candie", "R-1")
    assert (registered.nameservers, registered.statuses) == (("ns1.names.example",), (Status.OK,))
    assert len(registered.authorization) == 16
    assert candie.portfolio("holder") == ("coco.xg",)
    assert candie.holder("coco.xg") == "holder"
    assert repr(candie) == "<Registrar candie accounts=2 names=1>"


def test_a_name_may_be_served_from_below_itself(registry: Registry, candie: Registrar) -> None:
    done = candie.register(
        "holder", "roses.xg", ("ns.roses.xg",), NOW, glue=(("ns.roses.xg", ("192.0.2.9",)),)
    )
    assert done.done
    _serial, records = registry.zone_records()
    assert ("ns.roses.xg", "A", 3600, "192.0.2.9") in records


def test_what_the_registry_refuses_is_passed_on(registry: Registry, candie: Registrar) -> None:
    taken = candie.register("other", "coco.xg", (), NOW)
    assert (taken.done, taken.code, str(taken.reason)) == (False, 2302, "coco.xg is registered")
    without_glue = candie.register("other", "roses.xg", ("ns.roses.xg",), NOW)
    assert without_glue.code == 2306
    assert str(candie.register("other", "coco.test", (), NOW).reason) == (
        "candie has no registry for coco.test"
    )
    assert str(candie.register("nobody", "a.xg", (), NOW).reason) == "there is no account nobody"


def test_hold_darkens_a_name_and_release_brings_it_back(
    registry: Registry, candie: Registrar
) -> None:
    assert candie.hold("coco.xg", NOW).code == 1000
    assert domain(registry).statuses == (Status.CLIENT_HOLD,)
    assert registry.zone_records()[1] == ()
    assert candie.release("coco.xg", NOW).code == 1000
    assert domain(registry).delegated
    assert str(candie.hold("gone.xg", NOW).reason) == "candie does not hold gone.xg"


def test_locks_leave_the_name_resolving_and_bind_its_holder(
    registry: Registry, candie: Registrar
) -> None:
    assert candie.lock("holder", "coco.xg", NOW).code == 1000
    assert domain(registry).statuses == CLIENT_LOCKS
    assert domain(registry).delegated
    moved = candie.change_nameservers("holder", "coco.xg", ("ns2.names.example",), NOW)
    assert (moved.done, moved.code) == (False, 2304)
    assert candie.transfer_out("holder", "coco.xg", NOW).code == 2304
    assert candie.unlock("holder", "coco.xg", NOW).code == 1000
    assert domain(registry).statuses == (Status.OK,)


def test_the_registrars_own_hand_reaches_past_its_own_lock_and_puts_it_back(
    registry: Registry, candie: Registrar
) -> None:
    candie.lock("holder", "coco.xg", NOW)
    assert candie.hold("coco.xg", NOW).code == 1000
    assert domain(registry).statuses == (Status.CLIENT_HOLD, *CLIENT_LOCKS)
    assert candie.release("coco.xg", NOW).code == 1000
    moved = candie.change_nameservers(STAFF, "coco.xg", ("ns1.seized.example",), NOW)
    assert moved.code == 1000
    assert (domain(registry).nameservers, domain(registry).statuses) == (
        ("ns1.seized.example",),
        CLIENT_LOCKS,
    )


def test_the_registrys_lock_binds_the_registrars_own_hand(
    registry: Registry, candie: Registrar
) -> None:
    registry.redelegate("coco.xg", ("ns1.seized.example",), NOW)
    assert candie.hold("coco.xg", NOW).code == 2304
    assert candie.change_nameservers(STAFF, "coco.xg", ("ns1.names.example",), NOW).code == 2304
    candie_locks = registry.info("candie", "coco.xg", NOW).domain
    assert candie_locks is not None
    assert candie_locks.statuses == SERVER_LOCKS


def test_changing_nameservers_drops_the_ds_unless_told_not_to(
    registry: Registry, candie: Registrar
) -> None:
    registry.update("candie", "coco.xg", NOW, add_ds=(DS,))
    candie.change_nameservers("holder", "coco.xg", ("ns2.names.example",), NOW, remove_ds=False)
    assert (domain(registry).nameservers, domain(registry).ds) == (("ns2.names.example",), (DS,))
    candie.change_nameservers("holder", "coco.xg", ("ns1.names.example",), NOW)
    assert (domain(registry).nameservers, domain(registry).ds) == (("ns1.names.example",), ())


def test_only_the_holder_touches_a_name_and_not_while_frozen(candie: Registrar) -> None:
    stranger = candie.change_nameservers("other", "coco.xg", ("ns2.names.example",), NOW)
    assert (stranger.done, stranger.code) == (False, None)
    assert str(stranger.reason) == "coco.xg is not in the account other"
    assert candie.freeze("holder").done
    frozen = Done(False, candie.lock("holder", "coco.xg", NOW).reason)
    assert str(frozen.reason) == "the account holder is frozen"
    for answer in (
        candie.change_nameservers("holder", "coco.xg", ("ns2.names.example",), NOW),
        candie.transfer_out("holder", "coco.xg", NOW),
        candie.unlock("holder", "coco.xg", NOW),
        candie.register("holder", "new.xg", (), NOW),
    ):
        assert answer == frozen
    assert candie.hold("coco.xg", NOW).done  # the registrar's own hand is not frozen
    assert candie.thaw("holder").done
    assert candie.lock("holder", "coco.xg", NOW).done
    assert not candie.freeze("nobody").done


def test_a_name_leaves_with_its_authorization(registry: Registry, candie: Registrar) -> None:
    loire = Registrar("loire", [registry], random.Random(2))
    loire.open_account("refuge", "R-9")
    assert loire.transfer_in("refuge", "coco.xg", "guess", NOW).code == 2202
    leaving = candie.transfer_out("holder", "coco.xg", NOW)
    assert leaving.authorization is not None
    assert loire.transfer_in("refuge", "coco.xg", leaving.authorization, NOW).code == 1001
    assert str(loire.received("refuge", "coco.xg", NOW).reason) == (
        "coco.xg is still at another registrar"
    )
    assert candie.answer_transfer("coco.xg", True, NOW).code == 1000
    assert loire.received("refuge", "coco.xg", NOW).done
    assert (candie.holder("coco.xg"), loire.holder("coco.xg")) == (None, "refuge")
    assert loire.received("refuge", "gone.xg", NOW).code == 2303


def test_a_frozen_accounts_name_is_not_let_go_but_may_be_kept(
    registry: Registry, candie: Registrar
) -> None:
    loire = Registrar("loire", [registry], random.Random(2))
    loire.open_account("refuge", "R-9")
    leaving = candie.transfer_out("holder", "coco.xg", NOW)
    assert leaving.authorization is not None
    loire.transfer_in("refuge", "coco.xg", leaving.authorization, NOW)
    candie.freeze("holder")
    assert not candie.answer_transfer("coco.xg", True, NOW).done
    assert candie.answer_transfer("coco.xg", False, NOW).code == 1000
    assert domain(registry).sponsor == "candie"


def test_accounts_have_one_id_each_and_none_is_the_registrars_hand(candie: Registrar) -> None:
    for account in ("holder", STAFF):
        with pytest.raises(LabError, match=f"the account '{account}' is taken"):
            candie.open_account(account, "R")


def test_the_same_seed_makes_the_same_authorization() -> None:
    made = []
    for _ in range(2):
        registry = Registry("xg", "xg-registry")
        registry.accredit("candie")
        registrar = Registrar("candie", [registry], random.Random(5))
        registrar.open_account("holder", "R")
        registrar.register("holder", "coco.xg", (), NOW)
        made.append(registrar.transfer_out("holder", "coco.xg", NOW).authorization)
    assert made[0] == made[1]
