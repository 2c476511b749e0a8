"""YAML text as plain data, with the line and column of every part of it.

A small YAML: only ``true`` and ``false`` are booleans (the country ``NO`` stays text),
dates stay text, keys are text, there are no tags and no merge keys, and a key may not
stand twice. What cannot be read is raised as `Faults`, all of them together.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
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
    """A YAML document: its plain ``data``, and `locate` for the place of each part.

    ``dropped`` are the places of what `without` has left out, as they were written.
    """

    def __init__(
        self, file: str, node: Node, data: Any, dropped: frozenset[Place] = frozenset()
    ) -> None:
        self.file = file
        self.data = data
        self.dropped = dropped
        self._node = node

    def without(self, places: Iterable[Place]) -> Source:
        """Return the document without what stands at ``places``; the rest keeps its place."""
        found = [self._steps(place) for place in places]
        here = {tuple(part for part, _, _ in steps) for steps in found}
        node = _pruned(self._node, here, ())
        dropped = self.dropped.union(_written(steps) for steps in found)
        return Source(self.file, node, _Plain(self.file).value(node), dropped)

    def words(self, place: Place) -> list[str]:
        """Return what stands at ``place``: its name, and all the words in it."""
        steps = self._steps(place)
        return [str(part) for part, _, _ in steps[-1:]] + _words(steps[-1][2] if steps else None)

    def is_word(self, place: Place) -> bool:
        """Tell whether one word or number stands at ``place``, and nothing below it."""
        steps = self._steps(place)
        return bool(steps) and not isinstance(steps[-1][2].value, dict | list)

    def written(self, place: Place) -> Place:
        """Return the parts of ``place`` that the file has."""
        return _written(self._steps(place))

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
        steps = self._steps(place)
        return (steps[-1][1] if steps else self._node.mark), _written(steps)

    def _steps(self, place: Place) -> list[tuple[str | int, Any, Node]]:
        """Return part, mark and node of each part of ``place`` that the file has."""
        node, steps = self._node, []
        for part in place:
            found = _member(node, part)
            if found is not None:
                mark, node = found
                steps.append((part, mark, node))
        return steps


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


def _written(steps: list[tuple[str | int, Any, Node]]) -> Place:
    return tuple(part if node.position is None else node.position for part, _, node in steps)


def _words(node: Node | None) -> list[str]:
    if node is None:
        return []
    if isinstance(node.value, Members):
        inner = [word for _, member in node.value.values() for word in _words(member)]
        return [*node.value, *inner]
    if isinstance(node.value, list):
        return [word for item in node.value for word in _words(item)]
    return [node.value] if isinstance(node.value, str) else []


def _pruned(node: Node, places: set[Place], here: Place) -> Node:
    """Return a copy of a node without ``places``; items remember where they stood."""
    value = node.value
    if isinstance(value, Members):
        value = Members(
            (key, (mark, _pruned(member, places, (*here, key))))
            for key, (mark, member) in value.items()
            if (*here, key) not in places
        )
    elif isinstance(value, list):
        value = [
            _pruned(item, places, (*here, number))
            for number, item in enumerate(value)
            if (*here, number) not in places
        ]
        kept = [number for number in range(len(node.value)) if (*here, number) not in places]
        for number, item in zip(kept, value, strict=True):
            item.position = number if item.position is None else item.position
    return Node(node.mark, value, node.position)


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
