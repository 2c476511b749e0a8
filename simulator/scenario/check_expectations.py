"""Whether a step's expectations are of somebody who has a part in it."""

from __future__ import annotations

from simulator.scenario.check_fields import (
    OF_COPIES,
    OF_COUNTS,
    OF_OPERATORS,
    OF_SITE_OPERATORS,
    OF_VANTAGES,
    FieldCheck,
)
from simulator.scenario.expected import Expected
from simulator.scenario.models import ALL, Step, asks
from simulator.values import Message, message
from simulator.world.faults import Place, nearest

LOOK_FIELDS = ("statuses", "registrar", "nameservers", "holder")
"""What only a public directory says."""


class ExpectationCheck(FieldCheck):
    """The faults of a step's expectations."""

    def _expect(self, place: Place, step: Step) -> None:
        looking = self._looking(step)
        ordered = [operator for order in step.order for operator in order.to]
        if step.coordinate is not None:
            ordered += [member.to for member in step.coordinate.members]
        if asks(step):  # which registrar holds a name may have changed since the world began
            ordered += self.world.registrars
        for who, expected in step.expect.items():
            where = (*place, "expect", who)
            of = self._parts(who, step, looking, ordered)
            if of:
                self.stated(where, expected, *of)
                if OF_VANTAGES in of:
                    self._of_a_look(where, expected, step)
            elif not self.damaged(place) and not self._misspelt(who, looking, ordered):
                self.wrong(where, self._nobody(who), nearest(who, [*looking, *ordered]))

    def _parts(
        self, who: str, step: Step, looking: list[str], ordered: list[str]
    ) -> tuple[Message, ...]:
        """Return in which ways somebody has a part in a step: none for a stranger."""
        if who in looking or (who == ALL and looking):
            return (OF_VANTAGES,)
        if who in ordered:
            return (OF_OPERATORS,)
        if who in self.watching:
            return (OF_SITE_OPERATORS,)
        copied = step.evidence is not None and who == step.evidence.site
        counted = bool(step.audience) and who in self.world.sites
        return (OF_COPIES,) * copied + (OF_COUNTS,) * counted

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

    def _of_a_look(self, place: Place, expected: Expected, step: Step) -> None:
        """Note what only a look into a directory finds where there is none, and the reverse."""
        seen = any(each is not None for each in (step.visit, step.resolve, step.diagnose))
        for field in expected.stated():
            if field in LOOK_FIELDS and step.look is None:
                text = message("'{field}' is found by a 'look', and the step has none", field=field)
                self.wrong((*place, field), text)
            elif field not in (*LOOK_FIELDS, "outcome", "code", "failure") and not seen:
                text = message("a 'look' finds no '{field}'", field=field)
                self.wrong((*place, field), text)
