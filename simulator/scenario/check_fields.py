"""Whether what a step expects can be of whom it is expected, and say what it is to say."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.scenario.models import Expected
from simulator.scenario.words import WORDS
from simulator.values import Message, message
from simulator.world.checking import Check
from simulator.world.faults import Place, nearest
from simulator.world.models import World

HOSTS_FILE = "hosts-file"
"""What ``via`` says of somebody who wrote the address down."""
OF_VANTAGES = message("a vantage point's")
OF_OPERATORS = message("an operator's")
OF_COPIES = message("that of a copied server")
_WHOSE = {
    "outcome": OF_OPERATORS,
    "code": OF_OPERATORS,
    "lost": OF_COPIES,
    "tells": OF_COPIES,
}
"""Of whom a field is expected, if not of a vantage point."""


class FieldCheck(Check):
    """The faults of single expectations; ``connections`` are the ways round of the world."""

    world: World
    connections: tuple[str, ...]

    def stated(self, place: Place, expected: Expected, *of: Message) -> None:
        """Note what cannot be expected of these, and words that a field never holds."""
        stated = expected.stated()
        if not stated:
            self.wrong(place, message("nothing is expected"))
        for field, match in stated.items():
            where = (*place, field)
            whose = _WHOSE.get(field, OF_VANTAGES)
            if whose not in of:
                text = message("'{field}' is {whose}, not {of}", field=field, whose=whose, of=of[0])
                self.wrong(where, text)
            words = self._words(field)
            for value in match.values:
                if words is not None and value is not None and value not in words:
                    meant = nearest(str(value), words)
                    self.wrong(where, _no_word(field, value, words, meant), meant)

    def _words(self, field: str) -> tuple[str, ...] | None:
        """Return all that a field can say, or None where it is open."""
        known: dict[str, Iterable[str]] = {
            "resolver": self.world.resolvers,
            "nameservers": self.world.nameservers,
            "registrar": self.world.registrars,
            "country": self.world.countries,
        }
        if field in known:
            return tuple(known[field])
        if field == "via":
            return (*self.connections, HOSTS_FILE)
        return WORDS.get(field)


def _no_word(field: str, value: str | int, words: tuple[str, ...], meant: str | None) -> Message:
    """Say that a field never holds ``value``; list what it can, unless one of it is meant."""
    if meant is not None:
        return message("unknown {field} '{value}'", field=field, value=value)
    return message("'{value}' is none of {words}", value=value, words=", ".join(words))
