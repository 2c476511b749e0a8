"""The registry of one top-level domain, as its registrars and its own hand use it.

Every operation takes who acts (a registrar's id, or `SERVER` for the registry itself)
and the instant, and returns a `Result` with an EPP result code. Nothing here knows XML,
a socket or a clock.
"""

from __future__ import annotations

from simulator.roles.registry.contact_desk import ContactDesk
from simulator.roles.registry.domain_desk import DomainDesk
from simulator.roles.registry.host_desk import HostDesk
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.seizure_desk import SeizureDesk
from simulator.roles.registry.transfer_desk import TransferDesk
from simulator.roles.registry.zone import Ttls, delegations
from simulator.values import MINUTE, Duration, Instant
from simulator.wire.dns_values import Record


class Registry(DomainDesk, TransferDesk, HostDesk, ContactDesk, SeizureDesk):
    """One TLD: ``tld`` as text without dot, ``id`` as the journal and the orders name it.

    Each desk has the commands on one kind of object; all share one register.
    """

    def __init__(
        self,
        tld: str,
        id: str,  # noqa: A002  the word that worlds and orders use
        *,
        publication_interval: Duration = 30 * MINUTE,
        ttls: Ttls | None = None,
        first_serial: int = 1,
        policy: Policy | None = None,
    ) -> None:
        assert publication_interval > 0
        super().__init__(tld, id, Policy() if policy is None else policy)
        self.publication_interval = publication_interval
        self._ttls = Ttls() if ttls is None else ttls
        self._serial = first_serial - 1
        self._records_shown: tuple[Record, ...] | None = None

    def __repr__(self) -> str:
        return f"<Registry .{self.tld} domains={len(self._domains)} hosts={len(self._hosts)}>"

    # --- the zone -------------------------------------------------------------------

    def zone_records(self) -> tuple[int, tuple[Record, ...]]:
        """Return the serial and the delegations as the objects now stand.

        The serial rises by one with each zone that differs from the one handed out before.
        """
        if self._stale:
            records = delegations(self.tld, self._domains.values(), self._hosts, self._ttls)
            if records != self._records_shown:
                self._records_shown = records
                self._serial += 1
            self._stale = False
        assert self._records_shown is not None
        return self._serial, self._records_shown

    def next_publication(self, now: Instant) -> Instant:
        """Return the first instant of the schedule after ``now``: a multiple of the interval."""
        return (now // self.publication_interval + 1) * self.publication_interval
