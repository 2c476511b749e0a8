"""What NSEC records prove (RFC 4035 section 5.4, RFC 6840 section 4.1). Their signatures, and that
they are all of one zone, are the caller's business.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from simulator.wire.dns_names import is_within, text_to_labels
from simulator.wire.dns_values import Record
from simulator.wire.dnssec_data import NextName, write_nsec
from simulator.wire.dnssec_order import closest_encloser, lies_between


class Cut(enum.Enum):
    """What a denial of DS records says about a name (RFC 4035 section 5.2)."""

    INSECURE = "delegated, and not signed"
    NONE = "not delegated"
    NOTHING_THERE = "the name does not exist"


def at_cut(name: str, proofs: Sequence[Record]) -> Cut | None:
    """Return what records of the zone above prove about DS records of a name; None if nothing."""
    nsec = _matching(name, proofs)
    if nsec is not None:
        if "DS" in nsec.types or "SOA" in nsec.types:  # there is one; or the child speaks
            return None
        return Cut.INSECURE if "NS" in nsec.types else Cut.NONE
    around = _covering(name, proofs)
    if around is None:
        return None
    return Cut.NONE if is_within(around[1], name) else Cut.NOTHING_THERE


def proves_absent_name(name: str, proofs: Sequence[Record]) -> bool:
    """Return whether a name does not exist, and no wildcard stands for it."""
    around = _covering(name, proofs)
    if around is None or is_within(around[1], name):  # names below it exist: so does it
        return False
    return _covering(_wildcard(name, around), proofs) is not None


def proves_absent_type(name: str, kind: str, proofs: Sequence[Record]) -> bool:
    """Return whether a name, or the wildcard that stands for it, has no records of a type."""
    nsec = _matching(name, proofs)
    if nsec is None:
        around = _covering(name, proofs)
        if around is None:
            return False
        if is_within(around[1], name):  # an empty non-terminal has no records at all
            return True
        nsec = _matching(_wildcard(name, around), proofs)
    if nsec is None or kind in nsec.types or "CNAME" in nsec.types:
        return False
    # The zone above does not speak for what is below the cut, nor the zone below for DS.
    is_parents = "NS" in nsec.types and "SOA" not in nsec.types
    return not is_parents if kind != "DS" else "SOA" not in nsec.types or not name


def proves_expansion(name: str, labels: int, proofs: Sequence[Record]) -> bool:
    """Return whether a wildcard with so many labels under its star may stand for a name: there
    is neither the name itself nor a wildcard closer to it (RFC 4035 section 5.3.4)."""
    all_labels = text_to_labels(name)
    next_closer = ".".join(name.split(".")[len(all_labels) - labels - 1 :])
    return _covering(next_closer, proofs) is not None and _covering(name, proofs) is not None


def _matching(name: str, proofs: Sequence[Record]) -> NextName | None:
    for record in proofs:
        if record.name == name:
            return write_nsec(record.data)
    return None


def _covering(name: str, proofs: Sequence[Record]) -> tuple[str, str] | None:
    """Return the two ends of a gap that a name lies in.

    A gap that begins at a delegation says nothing about what lies below that
    (RFC 6840 section 4.1).
    """
    for record in proofs:
        nsec = write_nsec(record.data)
        is_cut = "NS" in nsec.types and "SOA" not in nsec.types
        if is_cut and is_within(name, record.name):
            continue
        if lies_between(name, record.name, nsec.following):
            return record.name, nsec.following
    return None


def _wildcard(name: str, around: tuple[str, str]) -> str:
    encloser = closest_encloser(name, *around)
    return f"*.{encloser}" if encloser else "*"
