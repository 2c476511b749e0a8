"""Whether a step's expectations are of somebody who has a part in it, and can be at all."""

from __future__ import annotations

from simulator.scenario.models import ALL, Expected, Step, asks
from simulator.scenario.words import WORDS
from simulator.values import Message, message
from simulator.world.checking import Check
from simulator.world.faults import Place, nearest
from simulator.world.models import World

HOSTS_FILE = "hosts-file"
"""What ``via`` says of somebody who wrote the address down."""
OUTCOME_FIELDS = ("outcome", "code")
"""What an operator or a registrar answers."""
LOOK_FIELDS = ("statuses", "registrar", "nameservers")
"""What a public directory says."""


class ExpectationCheck(Check):
    """The faults of expectations; ``connections`` are the ways round of the world."""

    world: World
    connections: list[str]

    def _expect(self, place: Place, step: Step) -> None:
        looking = self._looking(step)
        ordered = [operator for order in step.order for operator in order.to]
        if step.coordinate is not None:
            ordered += [member.to for member in step.coordinate.members]
        if asks(step):  # which registrar holds a name may have changed since the world began
            ordered += self.world.registrars
        for who, expected in step.expect.items():
            where = (*place, "expect", who)
            if who in looking or (who == ALL and looking):
                self._stated(where, expected, observation=True)
                self._of_a_look(where, expected, step)
            elif who in ordered:
                self._stated(where, expected, observation=False)
            elif not self.damaged(place) and not self._misspelt(who, looking, ordered):
                self.wrong(where, self._nobody(who), nearest(who, [*looking, *ordered]))

    def _misspelt(self, who: str, looking: list[str], ordered: list[str]) -> bool:
        """Tell whether ``who`` may well have a part in the step, under a name told as unknown."""
        world = self.world
        if who in world.vantages or who == ALL:
            return any(vantage not in world.vantages for vantage in looking)
        return who in world.operators and any(to not in world.operators for to in ordered)

    def _looking(self, step: Step) -> list[str]:
        asked = (step.visit, step.resolve, step.diagnose, step.look)
        looks = [look for look in asked if look is not None]
        if any(look.vantages == (ALL,) for look in looks):
            return list(self.world.vantages)
        return [vantage for look in looks for vantage in look.vantages]

    def _nobody(self, who: str) -> Message:
        if who in self.world.vantages:
            return message("'{who}' looks at nothing in this step", who=who)
        if who in self.world.operators:
            return message("'{who}' gets no order in this step", who=who)
        return message("'{who}' has no part in this step", who=who)

    def _stated(self, place: Place, expected: Expected, *, observation: bool) -> None:
        stated = expected.stated()
        if not stated:
            self.wrong(place, message("nothing is expected"))
        for field, match in stated.items():
            where = (*place, field)
            if (field in OUTCOME_FIELDS) is observation:
                text = (
                    message("'{field}' is an operator's, not a vantage point's", field=field)
                    if observation
                    else message("an operator has only an 'outcome' and a 'code'")
                )
                self.wrong(where, text)
            words = self._words(field)
            for value in match.values:
                if words is not None and value is not None and value not in words:
                    meant = nearest(str(value), words)
                    self.wrong(where, _no_word(field, value, words, meant), meant)

    def _of_a_look(self, place: Place, expected: Expected, step: Step) -> None:
        """Note what only a look into a directory finds where there is none, and the reverse."""
        seen = any(each is not None for each in (step.visit, step.resolve, step.diagnose))
        for field in expected.stated():
            if field in LOOK_FIELDS and step.look is None:
                text = message("'{field}' is found by a 'look', and the step has none", field=field)
                self.wrong((*place, field), text)
            elif field not in (*LOOK_FIELDS, *OUTCOME_FIELDS, "failure") and not seen:
                text = message("a 'look' finds no '{field}'", field=field)
                self.wrong((*place, field), text)

    def _words(self, field: str) -> tuple[str, ...] | None:
        """Return all that a field can say, or None where it is open."""
        if field == "resolver":
            return tuple(self.world.resolvers)
        if field == "nameservers":
            return tuple(self.world.nameservers)
        if field == "registrar":
            return tuple(self.world.registrars)
        if field == "via":
            return (*self.connections, HOSTS_FILE)
        if field == "country":
            return tuple(self.world.countries)
        return WORDS.get(field)


def _no_word(field: str, value: str | int, words: tuple[str, ...], meant: str | None) -> Message:
    """Say that a field never holds ``value``; list what it can, unless one of it is meant."""
    if meant is not None:
        return message("unknown {field} '{value}'", field=field, value=value)
    return message("'{value}' is none of {words}", value=value, words=", ".join(words))
