"""Whether what a step expects can be of whom it is expected, and say what it is to say."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.scenario.expected import Expected
from simulator.scenario.models import ALL, Step
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
OF_SITE_OPERATORS = message("a site operator's")
OF_COUNTS = message("that of a site whose people are counted")
_WHOSE = {
    "outcome": OF_OPERATORS,
    "code": OF_OPERATORS,
    "lost": OF_COPIES,
    "tells": OF_COPIES,
    "acts": OF_SITE_OPERATORS,
    "opened": OF_SITE_OPERATORS,
    "reached_from": OF_COUNTS,
    "people_least": OF_COUNTS,
    "people_most": OF_COUNTS,
    "kept_least": OF_COUNTS,
    "kept_most": OF_COUNTS,
    "log_visits": OF_COUNTS,
    "hands": OF_COUNTS,
}
"""Of whom a field is expected, if not of a vantage point."""


class FieldCheck(Check):
    """The part of a scenario's check that looks at single expectations, and at the other side."""

    world: World
    connections: tuple[str, ...]
    watching: dict[str, None]
    """Site operators that a step so far has let begin."""

    def others(self, place: Place, step: Step) -> None:
        """Note site operators and audiences that the world has not."""
        known = self.world.site_operators
        if step.other_side != (ALL,):
            kind = message("site operator")
            self.all_known((*place, "other_side"), kind, step.other_side, known)
        self.watching |= dict.fromkeys(known if ALL in step.other_side else step.other_side)
        self.all_known(
            (*place, "audience"), message("audience"), step.audience, self.world.audiences
        )

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
            "reached_from": self.world.vantages,
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
