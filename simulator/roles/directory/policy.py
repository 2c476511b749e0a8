"""What a directory shows to everybody, and how much of it at a time.

Since 2018 most directories keep the registrant's person back; before, and in some places still,
all stood there. Which of the two a registry does is its policy, not its protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.roles.directory.records import EntityRecord
from simulator.values import MINUTE, Duration

REDACTED = "REDACTED FOR PRIVACY"
"""What generic TLDs' WHOIS shows in place of a field."""

# By the field's name in RFC 5733 section 2.9, what of a record it is.
FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "organization": ("organization",),
    "address": ("street", "city", "postal_code"),
    "voice": ("voice",),
    "fax": ("fax",),
    "email": ("email",),
}
_KEPT_BACK = ("name", "address", "voice", "fax", "email")
"""The organization, the region and the country stay: they are nobody's private life."""


@dataclass(frozen=True, slots=True)
class Policy:
    """``redacts`` keeps the person behind a contact back; ``results`` are the most that a search
    returns, ``prefix`` the fewest characters in front of its asterisk.

    ``rate`` questions in ``period`` are answered to one address; WHOIS has its own count.
    """

    redacts: bool = True
    results: int = 50
    prefix: int = 2
    rate: int = 300
    period: Duration = MINUTE


@dataclass(frozen=True, slots=True)
class Shown:
    """A contact as everybody may see it: ``withheld`` are the fields that were kept back."""

    entity: EntityRecord
    withheld: tuple[str, ...] = ()


def shown(entity: EntityRecord, policy: Policy) -> Shown:
    """Return what of an entity is shown. What is empty anyway is not called withheld."""
    kept_back = _KEPT_BACK if policy.redacts and entity.is_person else ()
    withheld = tuple(
        [
            field
            for field, parts in FIELDS.items()
            if (
                field in entity.undisclosed
                or (field in kept_back and field not in entity.disclosed)
            )
            and any(getattr(entity, part) for part in parts)
        ]
    )
    hidden = {part: () if part == "street" else "" for field in withheld for part in FIELDS[field]}
    return Shown(replace(entity, **hidden), withheld)  # type: ignore[arg-type]
