"""What a validating resolver has come to trust: its anchors, and the zones that hang on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from simulator.errors import LabError
from simulator.roles.resolver.security import Security
from simulator.roles.resolver.validation_denial import Cut
from simulator.values import SECOND, ExtendedError, Instant, message
from simulator.wire.dns_names import ancestors, canonical
from simulator.wire.dnssec import is_supported

MOST_KNOWN = 10_000
"""Names about which something is remembered; the oldest make way."""


class TrustAnchor(NamedTuple):
    """A zone whose key is known beforehand; ``ds`` is the data of its DS record."""

    zone: str
    ds: str


class Trust(NamedTuple):
    """What is known of a zone: its keys (data of DNSKEY records) if it is secure."""

    zone: str
    security: Security
    until: Instant
    keys: tuple[str, ...] = ()
    error: ExtendedError | None = None


class Validator:
    """Trust anchors, and the zones that were found to hang on them, each for its time."""

    def __init__(self, anchors: Iterable[TrustAnchor], calendar_start: int = 0) -> None:
        self._anchors: dict[str, tuple[str, ...]] = {}
        for anchor in anchors:
            zone = canonical(anchor.zone)
            _check(anchor)
            self._anchors[zone] = (*self._anchors.get(zone, ()), anchor.ds)
        self._calendar_start = calendar_start
        self._known: dict[str, Trust | Cut] = {}
        self._until: dict[str, Instant] = {}

    def __repr__(self) -> str:
        return f"<Validator {len(self._anchors)} anchors, {len(self._known)} names known>"

    def date(self, now: Instant) -> int:
        """Return the date that an instant stands for, in seconds since 1970."""
        return self._calendar_start + now // SECOND

    def instant(self, date: int, now: Instant) -> Instant:
        """Return the instant of a date of 32 bits that lies ahead."""
        return now + ((date - self.date(now)) & 0xFFFFFFFF) * SECOND

    def anchor_above(self, name: str) -> tuple[str, tuple[str, ...]] | None:
        """Return the closest zone above a name that has trust anchors, and these."""
        for zone in ancestors(name):
            anchors = self._anchors.get(zone)
            if anchors is not None:
                return zone, anchors
        return None

    def known(self, name: str, now: Instant) -> Trust | Cut | None:
        """Return what is known to be at a name: a zone, or no zone."""
        return self._known.get(name) if now < self._until.get(name, 0) else None

    def learn(self, name: str, what: Trust | Cut, until: Instant) -> None:
        """Remember what is at a name."""
        self._known.pop(name, None)
        if len(self._known) >= MOST_KNOWN:
            oldest = next(iter(self._known))
            del self._known[oldest], self._until[oldest]
        self._known[name] = what
        self._until[name] = until


def _check(anchor: TrustAnchor) -> None:
    """Raise `LabError` for an anchor that nothing could ever match."""
    try:
        usable = is_supported(anchor.ds)
    except ValueError:
        usable = False
    if not usable:
        raise LabError(
            message(
                "the trust anchor of {zone} is no DS record that the lab can validate by: {data}",
                zone=anchor.zone or ".",
                data=anchor.ds,
            )
        )
