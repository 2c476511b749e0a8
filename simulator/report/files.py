"""What the file system refuses, as a sentence in the reader's language."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from simulator.errors import LabError
from simulator.values import Message, message

_REASONS = {
    errno.ENOENT: message("there is no such file or folder"),
    errno.EISDIR: message("it is a folder"),
    errno.ENOTDIR: message("a part of its path is not a folder"),
    errno.EACCES: message("permission denied"),
    errno.EPERM: message("permission denied"),
    errno.EROFS: message("the disk is read-only"),
    errno.ENOSPC: message("the disk is full"),
}


def why(error: OSError) -> Message | str:
    """Return what an error of the system means, in its own words where we have none."""
    known = _REASONS.get(error.errno) if error.errno is not None else None
    return known if known is not None else error.strerror or str(error)


def check_readable(path: Path) -> None:
    """Raise `LabError` where a file cannot be read; never opens it, for it may be a pipe."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "")
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        text = message("'{file}' cannot be read: {reason}", file=str(path), reason=why(error))
        raise LabError(text) from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system refuses while a file is written into a `LabError`."""
    try:
        yield
    except OSError as error:
        text = message("'{file}' cannot be written: {reason}", file=str(path), reason=why(error))
        raise LabError(text) from error


def check_writable(path: Path) -> None:
    """Find out before the run, not after; what is in the file stays until then."""
    with writing(path), path.open("ab"):
        pass
