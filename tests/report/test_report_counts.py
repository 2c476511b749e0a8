"""Counted things: none, one and several in each language."""

from collections.abc import Callable

import pytest

from simulator.report import counts
from simulator.text import say
from simulator.values import Message


@pytest.mark.parametrize(
    ("count", "many", "english", "french"),
    [
        (counts.visits, 0, "no visit", "aucune visite"),
        (counts.visits, 1, "1 visit", "1 visite"),
        (counts.visits, 2, "2 visits", "2 visites"),
        (counts.orders, 0, "no order", "aucun ordre"),
        (counts.orders, 1, "1 order", "1 ordre"),
        (counts.orders, 2, "2 orders", "2 ordres"),
        (counts.packets, 0, "no packet", "aucun paquet"),
        (counts.packets, 1, "1 packet", "1 paquet"),
        (counts.packets, 12345, "12,345 packets", "12\u202f345 paquets"),
        (counts.held, 1, "The one expectation held.", "La seule attente est remplie."),
        (counts.held, 2, "All 2 expectations held.", "Les 2 attentes sont toutes remplies."),
    ],
)
def test_nouns_agree_with_their_number(
    count: Callable[[int], Message], many: int, english: str, french: str
) -> None:
    assert say(count(many)) == english
    assert say(count(many), "fr") == french


@pytest.mark.parametrize(
    ("failures", "of", "english", "french"),
    [
        (1, 1, "The one expectation did not hold:", "La seule attente n'est pas remplie\u202f:"),
        (
            1,
            3,
            "1 of 3 expectations did not hold:",
            "1 attente sur 3 n'est pas remplie\u202f:",
        ),
        (
            2,
            3,
            "2 of 3 expectations did not hold:",
            "2 attentes sur 3 ne sont pas remplies\u202f:",
        ),
    ],
)
def test_failures_agree_with_their_number(
    failures: int, of: int, english: str, french: str
) -> None:
    assert say(counts.failed(failures, of)) == english
    assert say(counts.failed(failures, of), "fr") == french
