"""YAML text as a tree of nodes that know their place.

PyYAML's parser gives events; this module builds the tree itself. PyYAML's own composer
recurses without a bound (a hundred thousand brackets end the process) and types words
by YAML 1.1, where the country ``NO`` is a boolean.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from simulator.values import Message, message

DEEPEST = 40
"""Levels of nesting. The models need ten."""

_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""C0 but for tab and newline, DEL, C1, and halves of characters (RFC 3629 section 3)."""


class Misread(Exception):
    """The text cannot be read on from ``mark``."""

    def __init__(self, mark: Any, text: Message) -> None:
        self.mark = mark
        self.text = text


class Node:
    """A part of a document: ``value`` is a scalar, a list of nodes, or a `Members`.

    ``position`` is where an item stood in its list, if others have been taken out since.
    """

    __slots__ = ("mark", "position", "value")

    def __init__(self, mark: Any, value: Any, position: int | None = None) -> None:
        self.mark = mark
        self.value = value
        self.position = position


class Members(dict[str, tuple[Any, Node]]):
    """What a mapping holds: key to the mark of the key, and the node of its value."""


class Reader:
    """Reads one document. ``problems`` collects what does not stop the reading."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Any = None
        self._anchors: dict[str, Node] = {}
        self.problems: list[Misread] = []

    def document(self) -> Node | None:
        """Return the only document, or None when the text is empty; raise `Misread`."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it was built in
        try:
            self._events = loader(self._text)
            return self._document()
        except yaml.reader.ReaderError as error:
            place = _line_and_column(self._text, error.position)
            raise Misread(
                yaml.Mark("", error.position, *place, None, 0),
                message("a character that YAML does not allow"),
            ) from None
        except UnicodeError:
            raise Misread(None, message("a character that YAML does not allow")) from None
        except yaml.MarkedYAMLError as error:
            from simulator.world.misreadings import explain  # only when something is wrong

            (line, column), advice = explain(self._text, error)
            raise Misread(yaml.Mark("", 0, line, column, None, 0), advice) from None

    def _document(self) -> Node | None:
        self._next()  # the stream starts
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        node = self._node(self._next(), 0)
        self._next()  # the document ends
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise Misread(event.start_mark, message("a second document begins"))
        return node

    def _next(self) -> Any:
        return self._events.get_event()

    def _node(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        if depth > DEEPEST:
            raise Misread(mark, message("nested deeper than {levels} levels", levels=DEEPEST))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self._problem(mark, message("the tag '{tag}' is not used here", tag=event.tag))
        node = Node(mark, None)
        if isinstance(event, yaml.ScalarEvent):
            self._printable(mark, event.value)
            node.value = _scalar(event.value) if event.implicit[0] else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            node.value = self._items(depth)
        else:
            node.value = self._members(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node  # only now: nothing holds an alias of itself
        return node

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            text = message("nothing above is called '{anchor}'", anchor=event.anchor)
            self._problem(event.start_mark, text)
            return Node(event.start_mark, None)
        return Node(event.start_mark, node.value)

    def _items(self, depth: int) -> list[Node]:
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return items

    def _members(self, depth: int) -> Members:
        members = Members()
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            mark = event.start_mark
            key = event.value if isinstance(event, yaml.ScalarEvent) else None
            if key is None:
                self._problem(mark, message("a key must be a word"))
                self._node(event, depth + 1)
            elif not self._printable(mark, key):
                key = None
            elif key in members:
                self._problem(mark, message("'{key}' stands twice", key=key))
            value = self._node(self._next(), depth + 1)
            if key is not None:
                members.setdefault(key, (mark, value))
        return members

    def _printable(self, mark: Any, text: str) -> bool:
        """Note what would reach the reader's terminal as a command to it."""
        found = _UNPRINTABLE.search(text)
        if found is not None:
            code = f"U+{ord(found[0]):04X}"
            self._problem(mark, message("the control character {code} is not used", code=code))
        return found is None

    def _problem(self, mark: Any, text: Message) -> None:
        self.problems.append(Misread(mark, text))


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n"), position - before.rfind("\n") - 1


def _scalar(text: str) -> Any:
    """Return what an unquoted word means."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
