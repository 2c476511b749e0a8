"""Which names a blocklist entry means: a domain name, or a pattern with ``*`` in it.

A ``*`` stands for any run of characters, dots included, over the whole name. That is how
``*t.co*``, meant for one shortener, came to hit every name with those four characters in
it. (Not the wildcard of the DNS, which stands for whole labels: RFC 4592.)
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.wire.dns_names import canonical


def is_pattern(name: str) -> bool:
    """Tell whether an entry is a pattern rather than a name."""
    return "*" in name


def matcher(name: str, subdomains: bool = True) -> Callable[[str], bool]:
    """Return the test of whether an entry means a name, given in canonical form.

    ``subdomains`` extends a plain name to all below it and says nothing of a pattern.
    """
    entry = canonical(name)
    if is_pattern(entry):
        return _glob(entry)
    if not subdomains:
        return entry.__eq__
    below = f".{entry}" if entry else ""
    return lambda other: other == entry or other.endswith(below)


def _glob(pattern: str) -> Callable[[str], bool]:
    """Return the test for a pattern.

    By looking for each piece behind the one before, which is enough when ``*`` is the only
    wildcard, and takes no longer for many of them: a regular expression would.
    """
    first, *middle, last = pattern.split("*")
    least = len(first) + len(last)

    def matches(name: str) -> bool:
        if len(name) < least or not name.startswith(first) or not name.endswith(last):
            return False
        at, end = len(first), len(name) - len(last)
        for piece in middle:
            found = name.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return matches
