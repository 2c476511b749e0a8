"""Which names a measure forbids, as one test for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.wire.name_patterns import matcher


def any_of(names: Sequence[str], subdomains: bool) -> Callable[[str], bool]:
    """Return the test of whether one of these names or patterns means a canonical name."""
    tests = tuple([matcher(name, subdomains) for name in names])
    if len(tests) == 1:
        return tests[0]
    return lambda name: any(test(name) for test in tests)
