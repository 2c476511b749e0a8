"""YAML text as plain data, with the line and column of every part of it.

A small YAML: only ``true`` and ``false`` are booleans (the country ``NO`` stays text),
dates stay text, keys are text, there are no tags and no merge keys, and a key may not
stand twice. What cannot be read is raised as `Faults`, all of them together.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from simulator.values import Message, message
from simulator.world.faults import Fault, Faults, Place, describe
from simulator.world.nodes import Members, Misread, Node, Reader

LARGEST_FILE = 1_000_000
"""Characters. The built-in world has some twenty thousand."""
MOST_VALUES = 100_000
"""After aliases are expanded: nine nested ones can hide a billion values."""


class _Irregular(OSError):
    """A pipe, a device or a socket."""


_REASONS: dict[type[Exception], Message] = {
    FileNotFoundError: message("there is no such file or folder"),
    IsADirectoryError: message("it is a folder"),
    PermissionError: message("permission denied"),
    _Irregular: message("it is not a regular file"),
}


class Source:
    """A YAML document: its plain ``data``, and `locate` for the place of each part."""

    def __init__(self, file: str, node: Node, data: Any) -> None:
        self.file = file
        self.data = data
        self._node = node

    def locate(self, place: Place) -> tuple[int, int]:
        """Return line and column of what stands at ``place``, or of the nearest part above it.

        A member of a mapping is shown at its key.
        """
        mark, _ = self._find(place)
        return mark.line + 1, mark.column + 1

    def fault(self, place: Place, text: Message, meant: str | None = None) -> Fault:
        """Return the fault ``text`` of what stands at ``place``."""
        mark, written = self._find(place)
        return Fault(self.file, mark.line + 1, mark.column + 1, describe(written), text, meant)

    def _find(self, place: Place) -> tuple[Any, Place]:
        """Return the mark of what stands at ``place``, and the parts of it that the file has.

        The models know more parts than the file: a word that stands for a list of one,
        the tag of a union.
        """
        mark, node = self._node.mark, self._node
        written: list[str | int] = []
        for part in place:
            found = _member(node, part)
            if found is not None:
                mark, node = found
                written.append(part)
        return mark, tuple(written)


def read(text: str, file: str = "<text>") -> Source:
    """Return the document in ``text``; raise `Faults` when it is no document of ours."""
    if len(text) > LARGEST_FILE:
        problem = message(
            "the file has {size} characters; {limit} is the limit",
            size=len(text),
            limit=LARGEST_FILE,
        )
        raise _fault(file, problem)
    try:
        reader = Reader(text)
        node = reader.document()
    except Misread as stop:
        raise _fault(file, stop.text, stop.mark) from None
    if node is None:
        raise _fault(file, message("the file is empty"))
    if reader.problems:
        raise Faults(_at(file, problem.text, problem.mark) for problem in reader.problems)
    return Source(file, node, _Plain(file).value(node))


def read_file(path: Path, name: str | None = None) -> Source:
    """Return the document in a file; raise `Faults` when it cannot be read or is not one."""
    file = name if name is not None else str(path)
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        lines = error.object[: error.start].decode().split("\n")
        problem = message("this is not UTF-8 text: save the file as UTF-8")
        raise Faults([Fault(file, len(lines), len(lines[-1]) + 1, "", problem)]) from None
    except (OSError, ValueError) as error:
        problem = message("the file cannot be read: {reason}", reason=_why(error))
        raise _fault(file, problem) from None
    return read(text, file)


def _bytes(path: Path) -> bytes:
    """Return what is in a regular file: a pipe or a terminal would have us wait for ever."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError
    if not stat.S_ISREG(mode):
        raise _Irregular
    return path.read_bytes()


def _why(error: Exception) -> Message | str:
    for kind, reason in _REASONS.items():
        if isinstance(error, kind):
            return reason
    return getattr(error, "strerror", None) or str(error)


def _at(file: str, text: Message, mark: Any = None) -> Fault:
    line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    return Fault(file, line, column, "", text)


def _fault(file: str, text: Message, mark: Any = None) -> Faults:
    return Faults([_at(file, text, mark)])


def _member(node: Node, part: str | int) -> tuple[Any, Node] | None:
    if isinstance(node.value, Members):
        return node.value.get(str(part))
    if isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
        return node.value[part].mark, node.value[part]
    return None


class _Plain:
    """Turns nodes into dicts, lists and scalars, and counts them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._left = MOST_VALUES

    def value(self, node: Node) -> Any:
        self._left -= 1
        if self._left < 0:
            text = message("aliases make more than {most} values", most=MOST_VALUES)
            raise _fault(self._file, text, node.mark)
        if isinstance(node.value, Members):
            return {key: self.value(member) for key, (_, member) in node.value.items()}
        if isinstance(node.value, list):
            return [self.value(item) for item in node.value]
        return node.value
