"""The registry's publication: its objects become its zone, on its schedule."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from simulator.journal import Journal
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.zone import compare
from simulator.values import SECOND, Instant, Now
from simulator.wire.dns_values import Record

Publish = Callable[[int, tuple[Record, ...]], None]
"""Takes a zone's serial and delegations to the TLD's nameservers."""


class RegistryPublication:
    """Publishes a registry's zone at once when started, then at the schedule's next instant
    after each change. A seizure waits for it like any other change.

    Between changes nothing is armed, but for what time alone will change in the zone (a
    restore whose report is overdue; an expiry, where names do not renew themselves): a
    leaping clock is not kept alive by a schedule with nothing to do.
    """

    def __init__(
        self, registry: Registry, publish: Publish, now: Now, journal: Journal | None = None
    ) -> None:
        self._registry = registry
        self._publish = publish
        self._now = now
        self._journal = journal
        self._published: tuple[Record, ...] = ()
        self._serial: int | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        registry.listen(self._changed.set)

    async def start(self) -> None:
        """Publish the zone as it stands, and keep publishing until `stop`."""
        assert self._task is None
        self._publish_zone()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Publish no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _run(self) -> None:
        while True:
            await self._wait_for_change()
            due = self._registry.next_publication(self._now())
            await self._sleep_until(due)
            self._publish_zone()

    async def _wait_for_change(self) -> None:
        """Return once the zone may have changed: by a command, or at a turn known beforehand."""
        while not self._changed.is_set():
            turn = self._registry.zone_turn()
            wait = None if turn is None else max(0, turn - self._now()) / SECOND
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)
            self._registry.settle(self._now())

    async def _sleep_until(self, due: Instant) -> None:
        # A loop counts in floats and may wake us a microsecond before the time.
        while self._now() < due:  # noqa: ASYNC110  it is a time that we await, not an event
            await asyncio.sleep((due - self._now()) / SECOND)

    def _publish_zone(self) -> None:
        self._registry.settle(self._now())
        self._changed.clear()
        serial, records = self._registry.zone_records()
        if serial == self._serial:
            return
        before, self._published, self._serial = self._published, records, serial
        self._publish(serial, records)
        if self._journal is not None:
            change = compare(before, records)
            self._journal.record(
                self._registry.id,
                "zone published",
                zone=self._registry.tld,
                serial=serial,
                came=list(change.came),
                went=list(change.went),
                changed=list(change.changed),
            )
