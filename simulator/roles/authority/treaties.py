"""Who is bound by what, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from simulator.roles.authority.actors import Name
from simulator.roles.authority.doubt import Doubt


class Membership(NamedTuple):
    """From when until when a country is bound; None is without end."""

    since: date | None = None
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Tell whether it is bound on a day."""
        return (self.since is None or on >= self.since) and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Treaty:
    """Countries that share an instrument. ``unknown`` are those of which it was not found.

    ``like`` is the treaty whose parties these are, but for those it is ``without``.
    """

    id: str
    name: Name
    parties: Mapping[str, Membership]
    doubt: Doubt | None = None
    unknown: Mapping[str, Name] = field(default_factory=dict)
    like: str | None = None
    without: tuple[str, ...] = ()

    def binds(self, country: str, on: date) -> bool:
        """Tell whether a country is bound on a day."""
        membership = self.parties.get(country)
        return membership is not None and membership.holds(on)
