"""What a kernel says of a connection's end, in the words and numbers of Linux.

The platform's own would differ between the machines that a class sits at.
"""

from __future__ import annotations

import errno
from typing import NamedTuple


class _Said(NamedTuple):
    number: int
    words: str


_TIMED_OUT = _Said(110, "Connection timed out")
_LINUX = {
    errno.EACCES: _Said(13, "Permission denied"),
    errno.EPIPE: _Said(32, "Broken pipe"),
    errno.ENETUNREACH: _Said(101, "Network is unreachable"),
    errno.ECONNABORTED: _Said(103, "Software caused connection abort"),
    errno.ECONNRESET: _Said(104, "Connection reset by peer"),
    errno.ETIMEDOUT: _TIMED_OUT,
    errno.ECONNREFUSED: _Said(111, "Connection refused"),
    errno.EHOSTUNREACH: _Said(113, "No route to host"),
}


def _said(error: OSError) -> _Said:
    if isinstance(error, TimeoutError):
        return _TIMED_OUT
    number = error.errno if isinstance(error.errno, int) else 0
    return _LINUX.get(number) or _Said(number, error.strerror or str(error))


def in_words(error: OSError) -> str:
    """Return the sentence for an error: ``Connection refused``."""
    return _said(error).words


def number_of(error: OSError) -> int:
    """Return the error's number on Linux; 0 for one that has none."""
    return _said(error).number
