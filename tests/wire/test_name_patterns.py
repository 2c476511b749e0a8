"""What a name or a pattern on a blocklist means."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.name_patterns import is_pattern, matcher


@pytest.mark.parametrize(
    ("entry", "subdomains", "name", "meant"),
    [
        ("clips.test", True, "clips.test", True),
        ("clips.test", True, "www.clips.test", True),
        ("clips.test", True, "a.b.clips.test", True),
        ("clips.test", True, "eclips.test", False),
        ("clips.test", True, "clips.test.example", False),
        ("Clips.TEST.", True, "clips.test", True),
        ("clips.test", False, "clips.test", True),
        ("clips.test", False, "www.clips.test", False),
        ("*.clips.test", False, "www.clips.test", True),
        ("*.clips.test", True, "clips.test", False),
        ("*t.co*", True, "reddit.com.test", True),
        ("*t.co*", True, "t.co", True),
        ("*t.co*", True, "tco.test", False),
        ("clips.*", True, "clips.test", True),
        ("clips.*", True, "www.clips.test", False),
        ("cl*ps.*st", True, "clips.test", True),
        ("a*a", True, "a", False),
        ("a**a", True, "aa", True),
        ("*", True, "anything.test", True),
        ("*", True, "", True),
    ],
)
def test_what_an_entry_means(entry: str, subdomains: bool, name: str, meant: bool) -> None:
    assert matcher(entry, subdomains)(name) is meant
    assert is_pattern(entry) is ("*" in entry)


@given(st.text("ab.*", min_size=1, max_size=8), st.text("ab.", max_size=12))
def test_a_pattern_means_what_the_regular_expression_would(pattern: str, name: str) -> None:
    entry = f"*{pattern}"
    expression = ".*".join(re.escape(piece) for piece in entry.removesuffix(".").split("*"))
    assert matcher(entry)(name) is (re.fullmatch(expression, name) is not None)


def test_a_pattern_of_many_stars_takes_no_longer_for_it() -> None:
    assert matcher("*" + "a*" * 120 + "b")("a" * 250) is False
