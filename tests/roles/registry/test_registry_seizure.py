"""Redelegation: one transaction, which excludes holds and can be undone."""

import pytest

from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER, Code, Domain, Redelegation
from simulator.roles.registry.statuses import SERVER_LOCKS, Status
from simulator.values import HOUR

NOW = 9 * HOUR
DS = "12345 13 2 " + "ab" * 32
AGENCY = ("ns1.seized.example", "ns2.seized.example")


@pytest.fixture
def registry() -> Registry:
    registry = Registry("xg", "xg-registry")
    registry.accredit("candie")
    registry.accredit("loire")
    registry.host_create("candie", "ns1.names.example")
    registry.create(
        "candie",
        "coco.xg",
        0,
        registrant="R-1",
        authorization="secret",
        nameservers=("ns1.names.example",),
        ds=(DS,),
    )
    return registry


def domain(registry: Registry) -> Domain:
    seen = registry.info(SERVER, "coco.xg", NOW).domain
    assert seen is not None
    return seen


def test_redelegation_replaces_nameservers_drops_ds_and_locks(registry: Registry) -> None:
    result = registry.redelegate("coco.xg", AGENCY, NOW)
    assert (result.code, result.changed) == (Code.DONE, True)
    seized = domain(registry)
    assert (seized.nameservers, seized.ds, seized.statuses) == (AGENCY, (), SERVER_LOCKS)
    assert seized.registrant == "R-1"  # RDAP goes on showing the old holder
    assert result.undo == registry.redelegation_of("coco.xg")
    assert result.undo == Redelegation(
        "coco.xg", NOW, ("ns1.names.example",), (DS,), AGENCY, SERVER_LOCKS, ()
    )
    _serial, records = registry.zone_records()
    assert [(record.type, record.data) for record in records] == [
        ("NS", "ns1.seized.example"),
        ("NS", "ns2.seized.example"),
    ]


def test_undoing_restores_the_object_but_for_its_last_update(registry: Registry) -> None:
    registry.update(SERVER, "coco.xg", 0, add_statuses=("serverDeleteProhibited",))
    before = domain(registry)
    registry.redelegate("coco.xg", AGENCY, NOW)
    assert registry.undo_redelegation("coco.xg", NOW + 1).code == Code.DONE
    after = domain(registry)
    assert after.updated == NOW + 1
    assert (after.nameservers, after.ds, after.statuses) == (
        before.nameservers,
        before.ds,
        (Status.SERVER_DELETE_PROHIBITED,),  # it was there before: it stays
    )
    assert registry.undo_redelegation("coco.xg", NOW).code == Code.COMMAND_USE


@pytest.mark.parametrize(
    ("actor", "hold"), [("candie", Status.CLIENT_HOLD), (SERVER, Status.SERVER_HOLD)]
)
def test_a_held_name_is_not_redelegated_for_nobody_would_see_the_banner(
    registry: Registry, actor: str, hold: Status
) -> None:
    registry.update(actor, "coco.xg", 0, add_statuses=(hold,))
    refused = registry.redelegate("coco.xg", AGENCY, NOW)
    assert refused.code == Code.STATUS_PROHIBITS
    assert str(refused.reason) == (
        f"coco.xg is on hold ({hold}): it is not in the zone, so nobody would see the banner;"
        " lift the hold, or leave the name dark"
    )
    assert registry.zone_records() == (1, ())
    lifted = registry.redelegate("coco.xg", AGENCY, NOW, lift_holds=True)
    assert lifted.undo is not None
    assert lifted.undo.holds_lifted == (hold,)
    assert domain(registry).statuses == SERVER_LOCKS
    registry.undo_redelegation("coco.xg", NOW)
    assert domain(registry).statuses == (hold,)


def test_a_redelegated_name_is_not_held_for_the_banner_would_go(registry: Registry) -> None:
    registry.redelegate("coco.xg", AGENCY, NOW)
    held = registry.update(SERVER, "coco.xg", NOW, add_statuses=("serverHold",))
    assert held.code == Code.STATUS_PROHIBITS
    assert str(held.reason) == (
        "coco.xg is redelegated: a hold would take the banner away; undo the redelegation first"
    )
    moved = registry.update(SERVER, "coco.xg", NOW, remove_nameservers=AGENCY)
    assert moved.code == Code.STATUS_PROHIBITS
    registrar = registry.update("candie", "coco.xg", NOW, add_statuses=("clientHold",))
    assert registrar.code == Code.STATUS_PROHIBITS
    assert registry.redelegate("coco.xg", AGENCY, NOW).code == Code.STATUS_PROHIBITS
    assert domain(registry).delegated


def test_a_holder_cannot_flee_from_a_redelegation(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", 0)
    registry.redelegate("coco.xg", AGENCY, NOW)
    assert registry.transfer_approve("candie", "coco.xg", NOW).code == Code.NOT_PENDING_TRANSFER
    asked = registry.transfer_request("loire", "coco.xg", "secret", NOW)
    assert asked.code == Code.STATUS_PROHIBITS
    assert registry.delete("candie", "coco.xg", NOW).code == Code.STATUS_PROHIBITS


def test_a_redelegation_is_all_or_nothing(registry: Registry) -> None:
    cases = {
        (): Code.POLICY,
        ("ns1.seized.example", "ns.seized.xg"): Code.DOES_NOT_EXIST,
        ("ns1.seized.example", "not a name"): Code.VALUE_SYNTAX,
    }
    before = domain(registry)
    for nameservers, code in cases.items():
        assert registry.redelegate("coco.xg", nameservers, NOW).code == code
    assert domain(registry) == before
    assert registry.host_info("ns1.seized.example").code == Code.DOES_NOT_EXIST
    assert registry.redelegate("gone.xg", AGENCY, NOW).code == Code.DOES_NOT_EXIST
    registry.delete("candie", "coco.xg", NOW)
    assert registry.redelegate("coco.xg", AGENCY, NOW).code == Code.STATUS_PROHIBITS


def test_what_the_undo_record_names_cannot_be_deleted_meanwhile(registry: Registry) -> None:
    registry.redelegate("coco.xg", AGENCY, NOW)
    kept = registry.host_delete("candie", "ns1.names.example")
    assert kept.code == Code.ASSOCIATION_PROHIBITS
