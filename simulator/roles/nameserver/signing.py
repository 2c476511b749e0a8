"""Who signs a zone: one key, signatures that are renewed in time, each made once.

Signatures are made when somebody first asks for them. What a real signer does in one go and
renews by a timer looks the same from outside: all signatures of a week begin and end together.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.roles.nameserver.zone import RecordSet
from simulator.values import DAY, HOUR, SECOND, Duration, Instant
from simulator.wire.dns_names import canonical
from simulator.wire.dns_values import Record
from simulator.wire.dnssec import ZoneKey, ds_of, sign

RENEWAL: Duration = 7 * DAY
"""All signatures are made anew so often."""
VALIDITY: Duration = 21 * DAY
"""How long a signature is valid: two renewals may fail before anybody notices."""
BACKDATED: Duration = HOUR
"""How much earlier than its making a signature begins, for clocks that are slow (RFC 6781
section 4.4.2)."""
REMEMBERED = 20_000
"""Signatures kept for one zone; the oldest make way."""


class Period(NamedTuple):
    """The dates of a signature, in seconds since 1970."""

    inception: int
    expiration: int


class Signer:
    """Signs the zone ``origin`` with ``key``. Nameservers of one zone may share it.

    ``calendar_start`` is the date of lab instant 0 in seconds since 1970.
    """

    def __init__(self, origin: str, key: ZoneKey, *, calendar_start: int = 0) -> None:
        self.origin = canonical(origin)
        self.key = key
        self._calendar_start = calendar_start * SECOND
        self._stopped: Instant | None = None
        self._made: dict[tuple[RecordSet, Period], Record] = {}

    def __repr__(self) -> str:
        return f"<Signer {self.origin or '.'} key {self.key.tag}, {len(self._made)} signatures>"

    @property
    def ds(self) -> str:
        """The data of the DS record that belongs in the zone above."""
        return ds_of(self.key, self.origin)

    def stop(self, now: Instant) -> None:
        """Renew no signature any more: the zone's answers go on, until their dates run out."""
        self._stopped = now

    def resume(self) -> None:
        """Renew signatures again."""
        self._stopped = None

    def dnskey(self, ttl: int) -> Record:
        """Return the zone's DNSKEY record."""
        return Record(self.origin, "DNSKEY", ttl, self.key.data)

    def period(self, now: Instant) -> Period:
        """Return the dates of the signatures that are served at ``now``."""
        at = now if self._stopped is None else min(now, self._stopped)
        made = (self._calendar_start + at) // RENEWAL * RENEWAL
        return Period((made - BACKDATED) // SECOND, (made + VALIDITY) // SECOND)

    def signature(self, records: RecordSet, now: Instant) -> Record:
        """Return the signature over one record set, under the owner that it has in the zone."""
        period = self.period(now)
        made = self._made.get((records, period))
        if made is None:
            if len(self._made) >= REMEMBERED:
                del self._made[next(iter(self._made))]
            made = sign(records, self.key, self.origin, *period)
            self._made[records, period] = made
        return made
