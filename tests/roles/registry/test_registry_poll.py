"""What registrars find in their queues: each side of a transfer, and the registry's own deeds."""

import pytest

from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER, TransferData, TransferStatus
from simulator.roles.registry.poll import Cause, ChangeData, PollMessage
from simulator.roles.registry.statuses import Status
from simulator.values import DAY, HOUR

NOW = 9 * HOUR
CAUSE = Cause("Court of First Instance", "seizure order", "2024-117", "custom", "court order")


@pytest.fixture
def registry() -> Registry:
    registry = Registry("xg", "xg-registry")
    for registrar in ("candie", "loire", "police"):
        registry.accredit(registrar)
    registry.host_create("candie", "ns.far.example")
    registry.create("candie", "coco.xg", 0, registrant="R-1", authorization="secret",
                    nameservers=("ns.far.example",))  # fmt: skip
    return registry


def fetched(registry: Registry, registrar: str, now: int | None = None) -> list[PollMessage]:
    """Fetch and acknowledge every message, as a registrar does."""
    found = []
    while (first := registry.poll_request(registrar, now)) is not None:
        found.append(first)
        assert registry.poll_ack(registrar, first.id).code == 1000
    return found


def test_a_message_stays_until_it_is_acknowledged(registry: Registry) -> None:
    assert registry.poll_request("candie") is None
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    first = registry.poll_request("candie")
    assert first is not None
    assert (first.id, first.queued, str(first.text)) == (
        "1",
        NOW,
        "the transfer of coco.xg awaits its sponsor",
    )
    assert registry.poll_request("candie") is first
    assert registry.poll_count("candie") == 1
    assert registry.poll_ack("candie", "2").code == 2303
    assert registry.poll_ack("loire", "1").code == 2303
    assert registry.poll_ack("candie", "1").code == 1000
    assert (registry.poll_count("candie"), registry.poll_request("candie")) == (0, None)


@pytest.mark.parametrize(
    ("actor", "word", "status", "reader"),
    [
        ("candie", "approve", TransferStatus.CLIENT_APPROVED, "loire"),
        ("candie", "reject", TransferStatus.CLIENT_REJECTED, "loire"),
        ("loire", "cancel", TransferStatus.CLIENT_CANCELLED, "candie"),
    ],
)
def test_the_other_side_hears_how_a_transfer_ended(
    registry: Registry, actor: str, word: str, status: TransferStatus, reader: str
) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW, years=0)
    fetched(registry, "candie")
    getattr(registry, f"transfer_{word}")(actor, "coco.xg", NOW + HOUR)
    told = TransferData("coco.xg", status, "loire", NOW, "candie", NOW + HOUR)
    assert [entry.transfer for entry in fetched(registry, reader)] == [told]
    assert fetched(registry, actor) == []
    assert registry.transfer_query("police", "coco.xg", NOW).code == 2201
    assert registry.transfer_query("police", "coco.xg", NOW, authorization="secret").transfer == (
        told
    )


def test_silence_approves_and_both_sides_hear_it_when_they_ask(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    fetched(registry, "candie")
    for registrar in ("candie", "loire"):
        (entry,) = fetched(registry, registrar, NOW + 6 * DAY)
        assert entry.transfer is not None
        assert entry.transfer.status is TransferStatus.SERVER_APPROVED
        assert entry.queued == NOW + 5 * DAY


def test_a_seizure_tells_the_sponsor_what_was_and_what_is(registry: Registry) -> None:
    held = registry.hold("coco.xg", NOW, cause=CAUSE)
    before, after = fetched(registry, "candie")
    assert before.change == ChangeData(
        "before", "update", "", NOW, held.transaction, "Court of First Instance", CAUSE
    )
    assert after.change is not None
    assert after.change.state == "after"
    assert before.domain is not None
    assert after.domain is not None
    assert (before.domain.statuses, after.domain.statuses) == (
        (Status.OK,),
        (Status.SERVER_HOLD,),
    )
    assert str(after.text) == "coco.xg is on hold"
    assert fetched(registry, "loire") == []


@pytest.mark.parametrize(
    ("order", "operation"),
    [("lock", "update"), ("cancel_registration", "delete"), ("hold", "update")],
)
def test_each_order_is_told_in_epp_s_words(registry: Registry, order: str, operation: str) -> None:
    getattr(registry, order)("coco.xg", NOW)
    entries = fetched(registry, "candie")
    assert [entry.change and entry.change.operation for entry in entries] == [operation] * 2
    assert [entry.change and entry.change.who for entry in entries] == ["xg-registry"] * 2


def test_a_redelegation_ends_a_transfer_and_both_sides_hear_that_too(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    fetched(registry, "candie")
    registry.redelegate("coco.xg", ("ns1.seized.example",), NOW)
    ended, _before, _after = fetched(registry, "candie")
    (told,) = fetched(registry, "loire")
    assert ended.transfer == told.transfer
    assert told.transfer is not None
    assert told.transfer.status is TransferStatus.SERVER_CANCELLED


def test_a_reassignment_tells_loser_and_gainer(registry: Registry) -> None:
    registry.reassign("coco.xg", "police", NOW, cause=CAUSE)
    assert [entry.change and entry.change.state for entry in fetched(registry, "candie")] == [
        "before",
        "after",
    ]
    (gained,) = fetched(registry, "police")
    assert gained.change is not None
    assert (gained.change.operation, gained.change.state) == ("transfer", "after")


def test_what_a_registrar_does_itself_is_not_told_to_it(registry: Registry) -> None:
    registry.update("candie", "coco.xg", NOW, add_statuses=("clientHold",))
    registry.update(SERVER, "coco.xg", NOW, remove_statuses=("serverHold",))  # changes nothing
    assert fetched(registry, "candie") == []


def test_time_s_own_work_is_told(registry: Registry) -> None:
    year = 365 * DAY
    renewed = fetched(registry, "candie", year)
    assert [entry.change and entry.change.operation for entry in renewed] == ["autoRenew"] * 2
    registry.delete("candie", "coco.xg", year + 50 * DAY)
    (purged,) = fetched(registry, "candie", year + 85 * DAY)
    assert purged.change is not None
    assert (purged.change.operation, str(purged.text)) == (
        "autoPurge",
        "coco.xg is purged: the name is free",
    )


def test_a_world_s_own_setting_up_can_be_forgotten(registry: Registry) -> None:
    registry.update(SERVER, "coco.xg", 0, add_statuses=("serverUpdateProhibited",))
    registry.poll_clear()
    assert registry.poll_request("candie") is None
