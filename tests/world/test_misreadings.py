"""Slips in YAML are told in the author's words, at the place of the slip, by either parser."""

from __future__ import annotations

import pytest
import yaml

from simulator.text import say
from simulator.world.faults import Faults
from simulator.world.source import read

TAB = "a tab; indent with spaces"
ITEM = "wrong indentation of a list item: put its '-' under the '-' of the others"
FIELD = "wrong indentation: put this field under the others of its entry"
SENTENCE = "a sentence with a colon: put the sentence in quotes"
QUOTES = "the quotes close before the sentence ends: put quotes of the other kind around all of it"

CASES = {
    "a tab": ("a:\n\tb: 1\n", f"2:1: {TAB}"),
    "a tab below spaces": ("steps:\n  - id: a\n\t- id: b\n", f"3:1: {TAB}"),
    "a tab after spaces": ("steps:\n  - id: a\n  \twait: b\n", f"3:3: {TAB}"),
    "an item too far in": ("steps:\n  - id: a\n   - id: b\n", f"3:4: {ITEM}"),
    "an item too far out": ("steps:\n  - id: a\n    wait: 1s\n - id: b\n", f"4:2: {ITEM}"),
    "an item in braces": ("steps:\n  - {id: a}\n   - {id: b}\n", f"3:4: {ITEM}"),
    "a field under the dash": ("steps:\n  - id: a\n  wait: 1s\n", f"3:3: {FIELD}"),
    "a field too far in": ("steps:\n  - id: a\n     wait: 1s\n", f"3:6: {FIELD}"),
    "a field too far out": ("a:\n    b: 1\n  c: 2\n", f"3:3: {FIELD}"),
    "a dash without a space": (
        "steps:\n  -id: a\n  - id: b\n",
        "2:3: a space is missing after the '-'",
    ),
    "a sentence with a colon": ("say: Well: this\n", f"1:10: {SENTENCE}"),
    "a French one": ("say: {en: a, fr: Il dit : rien}\n", f"1:25: {SENTENCE}"),
    "one on a line of its own": ("say:\n  en: Note: hello\n  fr: b\n", f"2:11: {SENTENCE}"),
    "one over two lines": ("say: Some text\n  and more: text\n", f"2:11: {SENTENCE}"),
    "a sentence that begins with a quotation": ('say: "Hello" he said\nb: 1\n', f"1:14: {QUOTES}"),
    "an apostrophe in single quotes": ("say: {en: 'It's', fr: b}\n", f"1:15: {QUOTES}"),
    "a comma forgotten": (
        'say: {en: "Hello" fr: b}\n',
        "1:19: a comma, or what closes the '{', is missing",
    ),
    "a brace not closed": ("a: {b: 1, c: 2\nd: 3\n", "1:4: the '{' that opens here is not closed"),
    "a bracket not closed": ("a: [1, 2\nb: 3\n", "1:4: the '[' that opens here is not closed"),
    "a number sign": (
        "say: {en: Top #1, fr: b}\nx: 1\n",
        "1:15: ' #' begins a comment here: put the sentence in quotes",
    ),
    "quotes not closed": (
        "say: {en: 'tis, fr: b}\nb: 1\n",
        "1:11: the quotes that open here are never closed",
    ),
    "an odd beginning": ("say: @foo\nb: 1\n", "1:6: what begins with '@' goes in quotes"),
    "a star": ("say: * bold\n", "1:6: what begins with '*' goes in quotes"),
    "a field without a colon": ("title: foo\nsteps\n", "2:1: a ':' is missing on this line"),
}


def fault_of(text: str) -> str:
    with pytest.raises(Faults) as caught:
        read(text, "w.yaml")
    return str(caught.value)


@pytest.mark.parametrize("case", CASES)
def test_a_slip_is_told_where_it_is(case: str) -> None:
    text, fault = CASES[case]
    assert fault_of(text) == f"w.yaml:{fault}"


@pytest.mark.parametrize("case", CASES)
def test_without_libyaml_it_is_told_the_same(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    text, fault = CASES[case]
    assert fault_of(text) == f"w.yaml:{fault}"


def test_other_slips_are_told_in_the_words_of_the_parser() -> None:
    assert fault_of("a: }\n").startswith(
        "w.yaml:1:4: this is not YAML (in the parser's own words: "
    )


def test_a_slip_is_told_in_french() -> None:
    with pytest.raises(Faults) as caught:
        read("a:\n\tb: 1\n", "w.yaml")
    (fault,) = caught.value.faults
    assert fault.show(lambda text: say(text, "fr")) == (
        "w.yaml:2:1: une tabulation\u202f; indentez avec des espaces"
    )
