"""Errors in the words of Linux, on whatever system the lab runs."""

from __future__ import annotations

import errno
import os

import pytest

from simulator.tools.kernel_words import in_words, number_of


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        (errno.ECONNREFUSED, 111, "Connection refused"),
        (errno.ECONNRESET, 104, "Connection reset by peer"),
        (errno.EHOSTUNREACH, 113, "No route to host"),
        (errno.ENETUNREACH, 101, "Network is unreachable"),
        (errno.ETIMEDOUT, 110, "Connection timed out"),
    ],
)
def test_known_errors(code: int, number: int, words: str) -> None:
    error = OSError(code, os.strerror(code))
    assert (number_of(error), in_words(error)) == (number, words)


def test_errors_without_a_number() -> None:
    assert (number_of(TimeoutError()), in_words(TimeoutError())) == (110, "Connection timed out")
    assert (number_of(OSError("why")), in_words(OSError("why"))) == (0, "why")
