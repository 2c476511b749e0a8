"""The canonical order of names (RFC 4034 section 6.1): what NSEC records chain and prove by."""

from __future__ import annotations

from typing import TypeAlias

from simulator.wire.dns_names import ancestors, is_within, parent, text_to_labels

SortKey: TypeAlias = tuple[bytes, ...]


def sort_key(name: str) -> SortKey:
    """Return what sorts names canonically: their labels, the rightmost first."""
    return text_to_labels(name)[::-1]


def lies_between(name: str, owner: str, following: str) -> bool:
    """Return whether the gap of an NSEC record from ``owner`` to ``following`` holds ``name``.

    The last record of a zone leads back to its top, so its gap has no upper end.
    """
    wanted, lower, upper = sort_key(name), sort_key(owner), sort_key(following)
    if lower < upper:
        return lower < wanted < upper
    return lower < wanted and is_within(name, following)


def closest_encloser(name: str, owner: str, following: str) -> str:
    """Return the longest name above ``name`` that an NSEC record around it proves to exist.

    The two ends of the gap exist, and with them all names above them (RFC 4592 section 2.2.2).
    """
    for ancestor in ancestors(parent(name)):
        if is_within(owner, ancestor) or is_within(following, ancestor):
            return ancestor
    raise AssertionError("the root is above all names")
