"""Orders on one name: each has its undo, and none takes back what another still needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER, Code, Domain, Result
from simulator.roles.registry.statuses import AGENCY_LOCKS, SERVER_LOCKS, Status
from simulator.roles.registry.undo import Hold, Reassignment, RegistryLock
from simulator.values import DAY, HOUR

NOW = 9 * HOUR
DS = "12345 13 2 " + "ab" * 32
AGENCY = ("ns1.seized.example",)
SINKHOLE = ("ns1.sinkhole.example",)


def opened() -> Registry:
    registry = Registry("xg", "xg-registry")
    for registrar in ("candie", "loire", "police"):
        registry.accredit(registrar)
    registry.host_create("candie", "ns1.names.example")
    registry.create("candie", "coco.xg", 0, registrant="R-1", authorization="secret",
                    nameservers=("ns1.names.example",), ds=(DS,))  # fmt: skip
    return registry


@pytest.fixture
def registry() -> Registry:
    return opened()


def domain(registry: Registry, now: int = NOW) -> Domain:
    seen = registry.info(SERVER, "coco.xg", now).domain
    assert seen is not None
    return seen


def told(result: Result) -> tuple[int, str]:
    return int(result.code), str(result.reason)


# --- hold -----------------------------------------------------------------------------


def test_a_hold_by_order_darkens_and_its_release_brings_back(registry: Registry) -> None:
    before = domain(registry)
    held = registry.hold("coco.xg", NOW)
    assert told(held) == (1000, "coco.xg is on hold")
    assert held.undo == Hold("coco.xg", NOW, (Status.SERVER_HOLD,))
    assert domain(registry).statuses == (Status.SERVER_HOLD,)
    assert registry.zone_records()[1] == ()
    again = registry.hold("coco.xg", NOW)
    assert told(again) == (2304, "coco.xg is already on hold by order")
    assert told(registry.release("coco.xg", NOW)) == (1000, "coco.xg is released from its hold")
    assert domain(registry).statuses == before.statuses
    assert told(registry.release("coco.xg", NOW)) == (2002, "coco.xg is not on hold by order")
    assert registry.hold("gone.xg", NOW).code == Code.DOES_NOT_EXIST


def test_an_order_does_not_release_a_hold_that_was_there_before(registry: Registry) -> None:
    registry.update(SERVER, "coco.xg", 0, add_statuses=("serverHold",))
    assert registry.hold("coco.xg", NOW).code == Code.DONE
    released = registry.release("coco.xg", NOW)
    assert told(released) == (1000, "coco.xg stays on hold: it was before the order")
    assert domain(registry).statuses == (Status.SERVER_HOLD,)


def test_a_hold_on_a_banner_is_carried_out_with_a_warning(registry: Registry) -> None:
    registry.redelegate("coco.xg", AGENCY, NOW)
    held = registry.hold("coco.xg", NOW)
    assert told(held) == (
        1000,
        (
            "coco.xg is on hold, and the banner goes dark with it: a hold and a banner exclude"
            " each other"
        ),
    )
    assert registry.zone_records()[1] == ()
    registry.release("coco.xg", NOW)
    assert [record.data for record in registry.zone_records()[1]] == list(AGENCY)


def test_a_banner_on_a_hold_lifts_it_and_says_so(registry: Registry) -> None:
    registry.hold("coco.xg", NOW)
    assert registry.redelegate("coco.xg", AGENCY, NOW).code == Code.STATUS_PROHIBITS
    shown = registry.redelegate("coco.xg", AGENCY, NOW, lift_holds=True)
    assert told(shown) == (
        1000,
        (
            "coco.xg is redelegated and locked; its hold (serverHold) is lifted, for nobody would"
            " have seen the banner"
        ),
    )
    # Undone in the order of the orders, not the reverse: the hold does not come back.
    released = registry.release("coco.xg", NOW)
    assert told(released) == (
        1000,
        "the hold of coco.xg was lifted for a banner: it will not return",
    )
    registry.undo_redelegation("coco.xg", NOW)
    assert domain(registry).statuses == (Status.OK,)


def test_a_lifted_hold_can_be_ordered_again_and_then_outlives_the_banner(
    registry: Registry,
) -> None:
    registry.hold("coco.xg", NOW)
    registry.redelegate("coco.xg", AGENCY, NOW, lift_holds=True)
    assert registry.hold("coco.xg", NOW).code == Code.DONE
    registry.undo_redelegation("coco.xg", NOW)
    assert domain(registry).statuses == (Status.SERVER_HOLD,)
    registry.release("coco.xg", NOW)
    assert domain(registry).statuses == (Status.OK,)


def test_releasing_an_order_under_a_banner_leaves_the_older_hold_to_return(
    registry: Registry,
) -> None:
    registry.update(SERVER, "coco.xg", 0, add_statuses=("serverHold",))
    registry.hold("coco.xg", NOW)
    registry.redelegate("coco.xg", AGENCY, NOW, lift_holds=True)
    released = registry.release("coco.xg", NOW)
    assert told(released) == (
        1000,
        "coco.xg was on hold before the order: it will be again once the banner ends",
    )
    registry.undo_redelegation("coco.xg", NOW)
    assert domain(registry).statuses == (Status.SERVER_HOLD,)


# --- registry lock --------------------------------------------------------------------


def test_a_registry_lock_ends_a_transfer_and_binds_the_registrar(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    locked = registry.lock("coco.xg", NOW)
    assert told(locked) == (1000, "coco.xg has a registry lock; its transfer to loire is ended")
    assert locked.undo == RegistryLock("coco.xg", NOW, SERVER_LOCKS)
    assert domain(registry).statuses == SERVER_LOCKS
    assert registry.transfer_approve("candie", "coco.xg", NOW).code == 2301
    assert registry.delete("candie", "coco.xg", NOW).code == Code.STATUS_PROHIBITS
    opening = registry.update("candie", "coco.xg", NOW, remove_statuses=("serverUpdateProhibited",))
    assert opening.code == Code.STATUS_PROHIBITS
    assert registry.lock("coco.xg", NOW).code == Code.STATUS_PROHIBITS
    assert told(registry.unlock("coco.xg", NOW)) == (1000, "the registry lock of coco.xg is off")
    assert registry.unlock("coco.xg", NOW).code == Code.COMMAND_USE
    assert domain(registry).statuses == (Status.OK,)


def test_a_transfer_that_went_through_first_is_not_stopped_by_the_lock(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    registry.transfer_approve("candie", "coco.xg", NOW)
    assert registry.lock("coco.xg", NOW).code == Code.DONE
    assert domain(registry).sponsor == "loire"


def test_unlocking_leaves_what_a_redelegation_still_needs(registry: Registry) -> None:
    registry.lock("coco.xg", NOW)
    registry.redelegate("coco.xg", AGENCY, NOW)
    opened = registry.unlock("coco.xg", NOW)
    assert told(opened) == (
        1000,
        (
            "the registry lock of coco.xg is off, but serverDeleteProhibited stays: it was set"
            " before, or another order needs it"
        ),
    )
    assert domain(registry).statuses == SERVER_LOCKS
    registry.undo_redelegation("coco.xg", NOW)
    assert domain(registry).statuses == (Status.OK,)


# --- transfer to a registrar of the authorities ---------------------------------------


def test_a_reassignment_moves_holder_registrar_and_delegation(registry: Registry) -> None:
    registry.host_create("candie", "ns.coco.xg", ("192.0.2.1",))
    moved = registry.reassign("coco.xg", "police", NOW, registrant="R-POLICE", nameservers=SINKHOLE)
    assert told(moved) == (1000, "coco.xg is moved to police and locked")
    assert moved.undo == Reassignment(
        "coco.xg", NOW, "candie", "R-1", "secret", ("ns1.names.example",), (DS,), "police",
        SINKHOLE, AGENCY_LOCKS, (),
    )  # fmt: skip
    now = domain(registry)
    assert (now.sponsor, now.registrant, now.nameservers, now.ds, now.transferred) == (
        "police", "R-POLICE", SINKHOLE, (), NOW,
    )  # fmt: skip
    assert set(now.statuses) == set(AGENCY_LOCKS)
    host = registry.host_info("ns.coco.xg").host
    assert host is not None
    assert host.sponsor == "police"
    assert registry.renew("police", "coco.xg", now.expires, 1, NOW).code == Code.STATUS_PROHIBITS
    assert registry.update("candie", "coco.xg", NOW).code == Code.NOT_AUTHORISED

    assert told(registry.undo_reassignment("coco.xg", NOW)) == (1000, "coco.xg is back with candie")
    back = domain(registry)
    assert (back.sponsor, back.registrant, back.nameservers, back.ds, back.statuses) == (
        "candie", "R-1", ("ns1.names.example",), (DS,), (Status.OK,),
    )  # fmt: skip
    host = registry.host_info("ns.coco.xg").host
    assert host is not None
    assert host.sponsor == "candie"
    assert registry.undo_reassignment("coco.xg", NOW).code == Code.COMMAND_USE


def test_a_reassignment_without_nameservers_leaves_the_delegation(registry: Registry) -> None:
    registry.hold("coco.xg", NOW)
    assert registry.reassign("coco.xg", "police", NOW).code == Code.DONE
    now = domain(registry)
    assert (now.nameservers, now.ds) == (("ns1.names.example",), (DS,))
    assert Status.SERVER_HOLD in now.statuses


@pytest.mark.parametrize(
    ("registrar", "options", "told_as"),
    [
        ("nobody", {}, (2303, "nobody does not exist")),
        ("candie", {}, (2002, "candie already sponsors coco.xg")),
        ("police", {"nameservers": ("ns.gone.xg",)}, (2303, "ns.gone.xg does not exist")),
    ],
)
def test_a_reassignment_that_cannot_be(
    registry: Registry, registrar: str, options: dict[str, tuple[str, ...]],
    told_as: tuple[int, str],
) -> None:  # fmt: skip
    before = domain(registry)
    refused = registry.reassign("coco.xg", registrar, NOW, **options)  # type: ignore[arg-type]
    assert told(refused) == told_as
    assert domain(registry) == before
    assert registry.seizures_of("coco.xg") == ()


def test_a_second_agency_comes_too_late(registry: Registry) -> None:
    registry.reassign("coco.xg", "police", NOW)
    again = registry.reassign("coco.xg", "loire", NOW)
    assert told(again) == (2304, "coco.xg was already moved to police")


@pytest.mark.parametrize("first", ["redelegate", "reassign"])
def test_delegations_are_undone_in_reverse(registry: Registry, first: str) -> None:
    if first == "redelegate":
        registry.redelegate("coco.xg", AGENCY, NOW)
        registry.reassign("coco.xg", "police", NOW, nameservers=SINKHOLE)
        early, late = registry.undo_redelegation, registry.undo_reassignment
        reason = "coco.xg was moved to police since: undo that first"
    else:
        registry.reassign("coco.xg", "police", NOW, nameservers=SINKHOLE)
        registry.redelegate("coco.xg", AGENCY, NOW)
        early, late = registry.undo_reassignment, registry.undo_redelegation
        reason = "coco.xg was redelegated since: undo that first"
    assert told(early("coco.xg", NOW)) == (2304, reason)
    assert late("coco.xg", NOW).code == Code.DONE
    assert early("coco.xg", NOW).code == Code.DONE
    back = domain(registry)
    assert (back.sponsor, back.nameservers, back.ds, back.statuses) == (
        "candie", ("ns1.names.example",), (DS,), (Status.OK,),
    )  # fmt: skip


# --- cancellation ---------------------------------------------------------------------


def test_a_cancellation_goes_past_every_lock_and_bars_the_restore(registry: Registry) -> None:
    registry.lock("coco.xg", NOW)
    gone = registry.cancel_registration("coco.xg", NOW)
    assert told(gone) == (1001, "coco.xg is cancelled and leaves the zone")
    assert set(domain(registry).statuses) == {
        Status.PENDING_DELETE,
        Status.SERVER_TRANSFER_PROHIBITED,
        Status.SERVER_UPDATE_PROHIBITED,
    }
    assert registry.restore_request("candie", "coco.xg", NOW).code == Code.STATUS_PROHIBITS
    assert registry.cancel_registration("coco.xg", NOW).code == Code.STATUS_PROHIBITS
    for early in (registry.unlock, registry.hold, registry.lock, registry.release):
        assert early("coco.xg", NOW).code in (Code.STATUS_PROHIBITS, Code.COMMAND_USE)
    assert registry.redelegate("coco.xg", AGENCY, NOW).code == Code.STATUS_PROHIBITS

    undone = registry.undo_cancellation("coco.xg", NOW + 29 * DAY)
    assert told(undone) == (1000, "the cancellation of coco.xg is undone")
    assert domain(registry, NOW + 29 * DAY).statuses == SERVER_LOCKS
    assert registry.undo_cancellation("coco.xg", NOW + 29 * DAY).code == Code.COMMAND_USE


def test_a_cancellation_is_final_after_redemption(registry: Registry) -> None:
    registry.redelegate("coco.xg", AGENCY, NOW)
    gone = registry.cancel_registration("coco.xg", NOW)
    assert str(gone.reason) == "coco.xg is cancelled and leaves the zone, and the banner with it"
    late = registry.undo_cancellation("coco.xg", NOW + 30 * DAY)
    assert told(late) == (
        2304,
        "the redemption of coco.xg is over: the cancellation cannot be undone",
    )
    free = NOW + 35 * DAY
    assert registry.undo_cancellation("coco.xg", free).code == Code.DOES_NOT_EXIST
    assert registry.undo_redelegation("coco.xg", free).code == Code.DOES_NOT_EXIST
    assert registry.check("coco.xg", free).code == Code.DONE
    assert registry.seizures_of("coco.xg") == ()


def test_a_cancellation_does_not_take_other_names_down(registry: Registry) -> None:
    registry.host_create("candie", "ns.coco.xg", ("192.0.2.1",))
    registry.update("candie", "coco.xg", NOW, add_nameservers=("ns.coco.xg",))
    registry.create("loire", "roses.xg", NOW, registrant="R-2", authorization="x",
                    nameservers=("ns.coco.xg",))  # fmt: skip
    refused = registry.cancel_registration("coco.xg", NOW)
    assert told(refused) == (
        2305,
        "other names are served by ns.coco.xg, under coco.xg: they would go down with it",
    )
    registry.update("loire", "roses.xg", NOW, remove_nameservers=("ns.coco.xg",))
    assert registry.cancel_registration("coco.xg", NOW).code == Code.PENDING
    leaning = registry.update("loire", "roses.xg", NOW, add_nameservers=("ns.coco.xg",))
    assert told(leaning) == (2305, "ns.coco.xg lies under coco.xg, which is being deleted")
    registry.settle(NOW + 35 * DAY)
    assert registry.host_info("ns.coco.xg").code == Code.DOES_NOT_EXIST


# --- all of them ----------------------------------------------------------------------

ORDERS = ("hold", "lock", "redelegate", "reassign", "reassign with nameservers", "cancel")
UNDO = {
    "hold": "release",
    "lock": "unlock",
    "redelegate": "undo_redelegation",
    "reassign": "undo_reassignment",
    "reassign with nameservers": "undo_reassignment",
    "cancel": "undo_cancellation",
}


def carry_out(registry: Registry, order: str) -> Result:
    if order == "redelegate":
        return registry.redelegate("coco.xg", AGENCY, NOW, lift_holds=True)
    if order.startswith("reassign"):
        servers = SINKHOLE if "nameservers" in order else ()
        return registry.reassign("coco.xg", "police", NOW, nameservers=servers, lift_holds=True)
    if order == "cancel":
        return registry.cancel_registration("coco.xg", NOW)
    result: Result = getattr(registry, order)("coco.xg", NOW)
    return result


@given(
    before=st.sets(st.sampled_from(("serverHold", *map(str, AGENCY_LOCKS)))),
    orders=st.lists(st.sampled_from(ORDERS), max_size=6),
    undo=st.lists(st.sampled_from(sorted({*UNDO.values()})), max_size=30),
)
def test_whatever_was_ordered_all_undone_is_as_before(
    before: set[str], orders: list[str], undo: list[str]
) -> None:
    """Undone in any order: what is refused for coming too early is done once its time comes."""
    registry = opened()
    registry.update(SERVER, "coco.xg", NOW, add_statuses=tuple(sorted(before)))
    stood = domain(registry)
    for order in orders:
        carry_out(registry, order)
    for step in undo:
        getattr(registry, step)("coco.xg", NOW)
    for _round in ORDERS:
        for step in dict.fromkeys(UNDO.values()):
            getattr(registry, step)("coco.xg", NOW)
    assert registry.seizures_of("coco.xg") == ()
    now = domain(registry)
    assert (now.sponsor, now.registrant, now.nameservers, now.ds, now.grace, now.statuses) == (
        stood.sponsor, stood.registrant, stood.nameservers, stood.ds, stood.grace,
        stood.statuses,
    )  # fmt: skip
