"""The zone is published on the schedule, after changes only, and never sooner."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

from simulator.journal import Journal
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER
from simulator.roles.registry.service import RegistryPublication
from simulator.values import DAY, HOUR, MINUTE
from simulator.wire.dns_values import Record


class LeapingSelector(selectors.SelectSelector):
    """Instead of waiting, lets time leap; waiting for nothing at all is a fault."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing left to wake the loop"
        self.now += max(timeout, 0.0)
        return super().select(0)


class Lab:
    """A registry with one name, its publication, and a loop whose time leaps."""

    def __init__(self) -> None:
        self.selector = LeapingSelector()
        self.loop = asyncio.SelectorEventLoop(self.selector)
        self.loop.time = lambda: self.selector.now  # type: ignore[method-assign]
        self.registry = Registry("xg", "xg-registry", publication_interval=30 * MINUTE)
        self.registry.accredit("candie")
        self.registry.host_create("candie", "ns.far.example")
        self.registry.create("candie", "coco.xg", 0, registrant="R", authorization="x",
                             nameservers=("ns.far.example",))  # fmt: skip
        self.published: list[tuple[int, int, tuple[Record, ...]]] = []
        self.journal = Journal(self.now)
        self.publication = RegistryPublication(self.registry, self.publish, self.now, self.journal)

    def now(self) -> int:
        return round(self.selector.now * 1_000_000)

    def publish(self, serial: int, records: tuple[Record, ...]) -> None:
        self.published.append((self.now(), serial, records))

    def run(self, scene: Coroutine[Any, Any, None]) -> None:
        try:
            self.loop.run_until_complete(scene)
        finally:
            self.loop.close()


def test_a_seizure_waits_for_the_schedule() -> None:
    lab = Lab()

    async def scene() -> None:
        await lab.publication.start()
        await asyncio.sleep(20 * 60)
        lab.registry.redelegate("coco.xg", ("ns1.seized.example",), lab.now())
        await asyncio.sleep(9 * 60)
        assert len(lab.published) == 1
        await asyncio.sleep(2 * 60)
        lab.registry.undo_redelegation("coco.xg", lab.now())
        lab.registry.update(SERVER, "coco.xg", lab.now(), add_statuses=("serverHold",))
        await asyncio.sleep(3600)
        await lab.publication.stop()

    lab.run(scene())
    assert lab.published == [
        (0, 1, (Record("coco.xg", "NS", 10_800, "ns.far.example"),)),
        (30 * MINUTE, 2, (Record("coco.xg", "NS", 10_800, "ns1.seized.example"),)),
        (HOUR, 3, ()),
    ]
    at_once, moved, gone = lab.journal
    assert at_once.to_json() == (
        '{"at": 0.0, "who": "xg-registry", "what": "zone published", "zone": "xg", "serial": 1,'
        ' "came": ["coco.xg"], "went": [], "changed": []}'
    )
    assert (moved.at, moved.details) == (
        30 * MINUTE,
        {"zone": "xg", "serial": 2, "came": [], "went": [], "changed": ["coco.xg"]},
    )
    assert (gone.at, gone.details) == (
        HOUR,
        {"zone": "xg", "serial": 3, "came": [], "went": ["coco.xg"], "changed": []},
    )


def test_what_changes_nothing_in_the_zone_publishes_nothing() -> None:
    lab = Lab()

    async def scene() -> None:
        await lab.publication.start()
        lab.registry.update("candie", "coco.xg", 0, add_statuses=("clientHold",))
        lab.registry.update("candie", "coco.xg", 0, remove_statuses=("clientHold",))
        await asyncio.sleep(2 * 3600)
        await lab.publication.stop()
        await lab.publication.stop()

    lab.run(scene())
    assert [serial for _at, serial, _records in lab.published] == [1]


def test_the_schedule_is_the_multiples_of_its_interval() -> None:
    registry = Registry("xg", "xg-registry", publication_interval=30 * MINUTE)
    assert registry.next_publication(0) == 30 * MINUTE
    assert registry.next_publication(30 * MINUTE - 1) == 30 * MINUTE
    assert registry.next_publication(30 * MINUTE) == HOUR


def test_a_restore_without_its_report_leaves_the_zone_by_itself() -> None:
    lab = Lab()
    lab.registry.delete("candie", "coco.xg", 0)

    async def scene() -> None:
        await lab.publication.start()
        lab.registry.restore_request("candie", "coco.xg", lab.now())
        await asyncio.sleep(8 * 24 * 3600)
        await lab.publication.stop()

    lab.run(scene())
    names = [[record.name for record in records] for _at, _serial, records in lab.published]
    assert names == [[], ["coco.xg"], []]
    assert [at for at, _serial, _records in lab.published] == [
        0,
        30 * MINUTE,
        7 * DAY + 30 * MINUTE,
    ]
