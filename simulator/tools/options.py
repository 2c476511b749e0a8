"""Reading the options of a command line as the real tools do: in any order, and in clusters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from simulator.tools.machine import UsageError, not_simulated
from simulator.values import message


class Option(NamedTuple):
    """An option by its names; ``takes`` tells whether a value follows it."""

    names: tuple[str, ...]
    takes: bool = False


class Options:
    """What was given: values by an option's first name, and the operands."""

    def __init__(self) -> None:
        self.given: dict[str, list[str]] = {}
        self.operands: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def all(self, name: str) -> list[str]:
        """Return every value of an option, in the order given."""
        return self.given.get(name, [])

    def last(self, name: str) -> str | None:
        """Return the value that counts: the last."""
        values = self.given.get(name)
        return values[-1] if values else None

    def number(self, name: str, default: float, least: float = 0) -> float:
        """Return the number that an option was given, or the default."""
        text = self.last(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value < 1e6:
            raise UsageError(
                message("{option} takes a number, not '{text}'", option=name, text=text)
            )
        return value

    def whole(self, name: str, default: int, least: int = 0, most: int = 65_535) -> int:
        """Return the whole number that an option was given, or the default."""
        text = self.last(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
            raise UsageError(
                message(
                    "{option} takes a whole number from {least} to {most}, not '{text}'",
                    option=name,
                    least=least,
                    most=most,
                    text=text,
                )
            )
        return int(text)


def read_options(
    arguments: Sequence[str],
    known: Iterable[Option],
    refused: Collection[str] = (),
    *,
    clusters: bool = True,
) -> Options:
    """Return what a command line says; raise `UsageError` for an option that is not known.

    ``refused`` are options of the real tool that the lab does not simulate. With
    ``clusters`` a dash may stand before several letters, and a value behind the last one.
    """
    reader = _Reader(known, refused, clusters)
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            reader.found.operands += rest
            break
        if len(word) > 1 and word.startswith("-"):
            reader.option(word, rest)
        else:
            reader.found.operands.append(word)
    return reader.found


class _Reader:
    def __init__(self, known: Iterable[Option], refused: Collection[str], clusters: bool) -> None:
        self.found = Options()
        self._known = {name: option for option in known for name in option.names}
        self._refused = refused
        self._clusters = clusters

    def option(self, word: str, rest: list[str]) -> None:
        name, equals, value = word.partition("=")
        if word in self._known:
            self._take(word, rest)
        elif name.startswith("--") and equals and name in self._known:
            self._take(name, [value])
        elif word in self._refused or name in self._refused:
            raise not_simulated(name)
        elif self._clusters and not word.startswith("--"):
            self._cluster(word, rest)
        else:
            raise UsageError(message("option {option} is unknown", option=name))

    def _cluster(self, word: str, rest: list[str]) -> None:
        letters = word[1:]
        while letters:
            name, letters = f"-{letters[0]}", letters[1:]
            option = self._known.get(name)
            if option is not None and option.takes and letters:
                rest.insert(0, letters)
                letters = ""
            if option is None and name in self._refused:
                raise not_simulated(name)
            if option is None:
                raise UsageError(message("option {option} is unknown", option=name))
            self._take(name, rest)

    def _take(self, name: str, rest: list[str]) -> None:
        option = self._known[name]
        values = self.found.given.setdefault(option.names[0], [])
        if not option.takes:
            values.append("")
        elif rest:
            values.append(rest.pop(0))
        else:
            raise UsageError(message("option {option} requires a value", option=name))
