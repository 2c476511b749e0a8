"""How sure an entry of the law is, when it is not simply sourced."""

from __future__ import annotations

import enum


class Doubt(enum.Enum):
    """The mark of an entry; its value is the word in the files of the law."""

    UNCHECKED = "unverified"
    """General knowledge, not checked against a source."""
    INFERRED = "inferred"
    """Our own reasoning."""
    ONE_SOURCE = "one-source"
    """A single press report."""
