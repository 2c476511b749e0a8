"""Contacts and hosts: who may do what with them, and who follows when they move."""

from dataclasses import replace

import pytest

from simulator.roles.registry.contacts import ContactChange
from simulator.roles.registry.hosts import HostChange
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import (
    SERVER,
    Code,
    Contact,
    Disclosure,
    HostObject,
    PostalInfo,
)
from simulator.roles.registry.policy import Policy
from simulator.values import DAY, HOUR

HOME = PostalInfo("int", "A. Holder", "St Peter Port", "XG", "Coco Ltd", ("1 Quay",), "", "X1")


def opened(policy: Policy | None = None) -> Registry:
    registry = Registry("xg", "xg-registry", policy=policy)
    registry.accredit("candie")
    registry.accredit("loire")
    made = registry.contact_create(
        "candie", "HOLDER-1", HOUR, postal=(HOME,), email="a@mail.example", authorization="key",
        voice="+999.123456", disclosure=Disclosure(False, ("voice",)),
    )  # fmt: skip
    assert made.code == Code.DONE
    return registry


def contact(registry: Registry, now: int = HOUR) -> Contact:
    seen = registry.contact_info(SERVER, "HOLDER-1", now).contact
    assert seen is not None
    return seen


def host(registry: Registry, name: str) -> HostObject:
    seen = registry.host_info(name).host
    assert seen is not None
    return seen


# --- contacts -------------------------------------------------------------------------


def test_a_contact_has_the_object_model_of_rfc_5733() -> None:
    registry = opened()
    assert contact(registry) == Contact(
        name="HOLDER-1",
        roid="C1-XG",
        sponsor="candie",
        postal=(HOME,),
        email="a@mail.example",
        authorization="key",
        voice="+999.123456",
        disclosure=Disclosure(False, ("voice",)),
        created=HOUR,
        created_by="candie",
        updated=HOUR,
    )
    assert "key" not in repr(contact(registry))
    stranger = registry.contact_info("loire", "HOLDER-1", HOUR).contact
    assert stranger is not None
    assert stranger.authorization == ""
    knowing = registry.contact_info("loire", "HOLDER-1", HOUR, authorization="key").contact
    assert knowing == contact(registry)
    wrong = registry.contact_info("loire", "HOLDER-1", HOUR, authorization="guess")
    assert wrong.code == Code.WRONG_AUTHORIZATION


@pytest.mark.parametrize(
    ("handle", "changed", "code"),
    [
        ("HOLDER-1", {}, Code.EXISTS),
        ("x", {}, Code.VALUE_SYNTAX),
        ("HOLDER-2", {}, Code.DONE),
        ("HOLDER-2", {"email": "nowhere"}, Code.VALUE_SYNTAX),
        ("HOLDER-2", {"voice": "12345"}, Code.VALUE_SYNTAX),
        ("HOLDER-2", {"postal": ()}, Code.VALUE_SYNTAX),
        ("HOLDER-2", {"postal": (HOME, HOME)}, Code.VALUE_SYNTAX),
        ("HOLDER-2", {"postal": (HOME._replace(country="Guernsey"),)}, Code.VALUE_SYNTAX),
        ("HOLDER-2", {"postal": (HOME._replace(name="Hélène"),)}, Code.VALUE_SYNTAX),
        ("HOLDER-2", {"postal": (HOME._replace(type="loc", name="Hélène"),)}, Code.DONE),
    ],
)
def test_contact_create(handle: str, changed: dict[str, object], code: Code) -> None:
    registry = opened()
    values = {"postal": (HOME,), "email": "b@mail.example", "authorization": "x"} | changed
    assert registry.contact_create("loire", handle, 0, **values).code == code  # type: ignore[arg-type]
    checked = registry.contact_check("HOLDER-2").code
    assert checked == (Code.EXISTS if code == Code.DONE else Code.DONE)


def test_a_contact_is_its_sponsors_to_change_and_obeys_its_locks() -> None:
    registry = opened()
    moved = ContactChange(email="new@mail.example", postal=(HOME._replace(city="Roses"),))
    assert registry.contact_update("loire", "HOLDER-1", moved, DAY).code == Code.NOT_AUTHORISED
    assert registry.contact_update("candie", "HOLDER-1", moved, DAY).code == Code.DONE
    changed = contact(registry)
    assert (changed.email, changed.postal[0].city, changed.updated_by) == (
        "new@mail.example",
        "Roses",
        "candie",
    )
    again = registry.contact_update("candie", "HOLDER-1", moved, 2 * DAY)
    assert (again.code, again.changed) == (Code.DONE, False)
    locking = ContactChange(add_statuses=("clientUpdateProhibited",))
    registry.contact_update("candie", "HOLDER-1", locking, DAY)
    other = ContactChange(email="third@mail.example")
    assert registry.contact_update("candie", "HOLDER-1", other, DAY).code == 2304
    assert registry.contact_update(SERVER, "HOLDER-1", other, DAY).code == Code.DONE
    server = ContactChange(add_statuses=("serverDeleteProhibited",))
    assert registry.contact_update("candie", "HOLDER-1", server, DAY).code == 2304
    opening = ContactChange(remove_statuses=("clientUpdateProhibited",))
    assert registry.contact_update("candie", "HOLDER-1", opening, DAY).code == Code.DONE
    assert registry.contact_update("candie", "HOLDER-1", server, DAY).code == Code.VALUE_RANGE
    hold = ContactChange(add_statuses=("clientHold",))
    refused = registry.contact_update("candie", "HOLDER-1", hold, DAY)
    assert (refused.code, str(refused.reason)) == (2005, "clientHold is not an EPP contact status")


def test_a_linked_contact_stays() -> None:
    registry = opened(Policy(registrants_are_contacts=True))
    unknown = registry.create("candie", "a.xg", 0, registrant="NOBODY", authorization="x")
    assert unknown.code == Code.DOES_NOT_EXIST
    registry.create("candie", "a.xg", 0, registrant="HOLDER-1", authorization="x",
                    contacts=(("tech", "HOLDER-1"),))  # fmt: skip
    assert contact(registry).statuses == ("ok", "linked")
    kept = registry.contact_delete("candie", "HOLDER-1", 0)
    assert kept.code == Code.ASSOCIATION_PROHIBITS
    registry.contact_create("candie", "OTHER", 0, postal=(HOME,), email="b@mail.example",
                            authorization="x")  # fmt: skip
    registry.update("candie", "a.xg", 0, registrant="OTHER",
                    remove_contacts=(("tech", "HOLDER-1"),))  # fmt: skip
    assert contact(registry).statuses == ("ok",)
    assert registry.contact_delete("loire", "HOLDER-1", 0).code == Code.NOT_AUTHORISED
    assert registry.contact_delete("candie", "HOLDER-1", 0).code == Code.DONE
    assert registry.contact_delete("candie", "HOLDER-1", 0).code == Code.DOES_NOT_EXIST


def test_a_holder_whom_an_undo_would_bring_back_cannot_be_deleted() -> None:
    registry = opened()
    registry.create("candie", "a.xg", 0, registrant="HOLDER-1", authorization="x")
    registry.reassign("a.xg", "loire", 0, registrant="R-POLICE")
    assert registry.contact_delete("candie", "HOLDER-1", 0).code == Code.ASSOCIATION_PROHIBITS


def test_a_contact_transfer_like_a_domains_but_without_years() -> None:
    registry = opened()
    wrong = registry.contact_transfer_request("loire", "HOLDER-1", "guess", DAY)
    assert wrong.code == Code.WRONG_AUTHORIZATION
    assert registry.contact_transfer_query("loire", "HOLDER-1", DAY).code == 2301
    asked = registry.contact_transfer_request("loire", "HOLDER-1", "key", DAY)
    assert asked.code == Code.PENDING
    assert contact(registry, DAY).statuses == ("pendingTransfer",)
    assert registry.contact_delete("candie", "HOLDER-1", DAY).code == 2304
    assert registry.contact_transfer_reject("loire", "HOLDER-1", DAY).code == 2201
    assert registry.contact_transfer_reject("candie", "HOLDER-1", DAY).code == Code.DONE
    assert contact(registry, DAY).sponsor == "candie"
    registry.contact_transfer_request("loire", "HOLDER-1", "key", DAY)
    registry.settle(6 * DAY)
    moved = contact(registry, 6 * DAY)
    assert (moved.sponsor, moved.statuses, moved.transferred) == ("loire", ("ok",), 6 * DAY)
    ended = registry.contact_transfer_query("candie", "HOLDER-1", 6 * DAY).transfer
    assert ended is not None
    assert (str(ended.status), ended.expires) == ("serverApproved", None)


# --- hosts ----------------------------------------------------------------------------


def test_a_host_knows_who_made_it_and_whether_it_is_used() -> None:
    registry = opened()
    registry.host_create("candie", "ns.far.example", now=DAY)
    assert host(registry, "ns.far.example") == HostObject(
        "ns.far.example", "H1-XG", "candie", created=DAY, created_by="candie", updated=DAY
    )
    registry.create("candie", "a.xg", 0, registrant="R", authorization="x",
                    nameservers=("ns.far.example",))  # fmt: skip
    assert host(registry, "ns.far.example").statuses == ("ok", "linked")
    assert registry.host_check("ns.far.example").code == Code.EXISTS
    assert registry.host_check("no name").code == Code.VALUE_SYNTAX


def test_delegations_and_undo_records_follow_a_host_s_new_name() -> None:
    registry = opened()
    registry.host_create("candie", "ns.far.example")
    for name in ("a.xg", "b.xg"):
        registry.create("candie", name, 0, registrant="R", authorization="x",
                        nameservers=("ns.far.example",))  # fmt: skip
    registry.redelegate("b.xg", ("ns1.seized.example",), 0)
    renamed = registry.host_change("candie", "ns.far.example", HostChange(name="ns.a.xg"), DAY)
    assert renamed.code == Code.POLICY  # inside the TLD it needs an address
    inside = HostChange(name="ns.a.xg", add_addresses=("192.0.2.1",))
    assert registry.host_change("candie", "ns.far.example", inside, DAY).code == Code.DONE
    assert [(record.name, record.data) for record in registry.zone_records()[1]] == [
        ("a.xg", "ns.a.xg"),
        ("b.xg", "ns1.seized.example"),
        ("ns.a.xg", "192.0.2.1"),
    ]
    assert registry.hosts_under("a.xg") == ("ns.a.xg",)
    registry.undo_redelegation("b.xg", DAY)
    back = registry.info(SERVER, "b.xg", DAY).domain
    assert back is not None
    assert back.nameservers == ("ns.a.xg",)


def test_a_foreign_host_that_others_use_keeps_its_name() -> None:
    registry = opened()
    registry.host_create("candie", "ns.far.example")
    registry.create("loire", "b.xg", 0, registrant="R", authorization="x",
                    nameservers=("ns.far.example",))  # fmt: skip
    change = HostChange(name="ns.near.example")
    refused = registry.host_change("candie", "ns.far.example", change, DAY)
    assert (refused.code, str(refused.reason)) == (
        2305,
        "b.xg, of another registrar, uses the host ns.far.example",
    )


def test_a_host_s_locks_hold_its_sponsor_and_not_the_registry() -> None:
    registry = opened()
    registry.host_create("candie", "ns.far.example")
    lock = HostChange(add_statuses=("serverUpdateProhibited", "serverDeleteProhibited"))
    assert registry.host_change("candie", "ns.far.example", lock, 0).code == Code.VALUE_RANGE
    assert registry.host_change(SERVER, "ns.far.example", lock, 0).code == Code.DONE
    rename = HostChange(name="ns.near.example")
    assert registry.host_change("candie", "ns.far.example", rename, 0).code == 2304
    assert registry.host_delete("candie", "ns.far.example").code == 2304
    assert registry.host_delete(SERVER, "ns.far.example").code == Code.DONE


def test_no_host_is_made_under_a_name_that_goes() -> None:
    registry = opened()
    registry.create("candie", "a.xg", 0, registrant="R", authorization="x")
    registry.delete("candie", "a.xg", 0)
    made = registry.host_create("candie", "ns.a.xg", ("192.0.2.1",))
    assert made.code == Code.STATUS_PROHIBITS
    assert replace(made, transaction="").reason.text.startswith("{name} has the status")


def test_a_host_that_the_registry_keeps_under_a_name_does_not_go_with_it() -> None:
    registry = opened()
    registry.create("candie", "a.xg", 0, registrant="R", authorization="key")
    registry.host_create("candie", "ns1.a.xg", ("192.0.2.1",))
    registry.host_create(SERVER, "ns2.a.xg", ("192.0.2.2",))
    registry.transfer_request("loire", "a.xg", "key", DAY)
    registry.transfer_approve("candie", "a.xg", DAY)
    assert [host(registry, name).sponsor for name in ("ns1.a.xg", "ns2.a.xg")] == ["loire", SERVER]
    registry.cancel_registration("a.xg", DAY)
    registry.settle(40 * DAY)
    assert registry.hosts() == ("ns2.a.xg",)
