"""What a registry decides for itself: how long each phase of a registration lasts."""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.values import DAY, Duration

REDEMPTION: Final[Duration] = 30 * DAY
PENDING_DELETE: Final[Duration] = 5 * DAY
TRANSFER_PERIOD: Final[Duration] = 5 * DAY
"""A transfer that nobody answers is approved after this time (the generic TLDs' policy)."""


class Policy(NamedTuple):
    """The durations of the life cycle (RFC 3915 section 2) and what happens at its turns.

    The defaults are the generic TLDs', but for ``add_grace_purges``: worlds register all
    their names when the lab starts, and those stand for names of many years.
    """

    add_grace: Duration = 5 * DAY
    auto_renew_grace: Duration = 45 * DAY
    renew_grace: Duration = 5 * DAY
    transfer_grace: Duration = 5 * DAY
    redemption: Duration = REDEMPTION
    pending_restore: Duration = 7 * DAY
    """How long a restore waits for its report before the name falls back into redemption."""
    pending_delete: Duration = PENDING_DELETE
    transfer_period: Duration = TRANSFER_PERIOD
    transfer_years: int = 1
    """By how much a transfer prolongs a registration unless it says otherwise."""
    add_grace_purges: bool = False
    """Whether a name that its registrar deletes in the add grace period is free at once."""
    auto_renew: bool = True
    """Whether a name renews itself at its expiry; else it is deleted then."""
    registrants_are_contacts: bool = False
    """Whether the registrant must be the handle of a contact; else any text names it."""
