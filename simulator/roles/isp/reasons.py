"""Which extended error an honest access provider sends with a lie (RFC 8914)."""

from __future__ import annotations

import enum
from typing import Final

from simulator.measures import DnsLie

FORGED_ANSWER: Final = 4
BLOCKED: Final = 15
CENSORED: Final = 16
FILTERED: Final = 17


class Ground(enum.Enum):
    """On whose account a name is blocked."""

    ORDER = "order"
    """A court or an administration, outside the provider (RFC 8914 section 4.17)."""
    POLICY = "policy"
    """The provider's own decision (section 4.16)."""
    REQUEST = "request"
    """The subscriber asked for it, as with parental control (section 4.18)."""


_CODES = {Ground.ORDER: CENSORED, Ground.POLICY: BLOCKED, Ground.REQUEST: FILTERED}


def extended_error(lie: DnsLie, ground: Ground) -> int:
    """Return the INFO-CODE for a lie.

    Section 4.5: a forged *answer* carries 4, on whatever ground; the others are for
    codes of failure. Practice strays from it, and most providers send nothing at all.
    """
    return FORGED_ANSWER if lie is DnsLie.FORGED else _CODES[ground]
