"""Who publishes a directory, and how it writes dates and addresses of its own."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from urllib.parse import quote

from simulator.roles.directory.policy import Policy
from simulator.roles.directory.records import Records
from simulator.values import SECOND, Instant
from simulator.wire.rdap import Service

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Publisher:
    """``url`` is where the directory is by HTTPS, ending in a slash; ``whois`` the name of its
    WHOIS server; ``calendar_start`` the date of lab instant 0 in seconds since 1970."""

    operator: str
    url: str
    whois: str
    policy: Policy = field(default_factory=Policy)
    calendar_start: int = 0

    def date(self, at: Instant) -> str:
        """Return an instant as RFC 3339 has dates, to the second, in UTC."""
        when = _EPOCH + datetime.timedelta(seconds=self.calendar_start + at // SECOND)
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def terms(self) -> str:
        """What stands below every answer."""
        who = f"{self.operator} publishes this for those who ask about single names."
        return f"{who} Everybody in it is invented."

    def link(self, kind: str, key: str) -> str:
        """Return where an object of ours is found: ``domain``, ``nameserver``, ``entity``."""
        return f"{self.url}{kind}/{quote(key, safe='')}"


@dataclass(frozen=True, slots=True)
class Directory:
    """What one machine publishes.

    ``records`` is None for one that only says who else to ask; ``services`` are those others,
    by the bootstrap file, which it hands out itself where ``has_bootstrap``.
    """

    publisher: Publisher
    records: Records | None = None
    services: tuple[Service, ...] = ()
    has_bootstrap: bool = False

    @property
    def tlds(self) -> tuple[str, ...]:
        """The top-level domains that it has records about."""
        return () if self.records is None else self.records.tlds
