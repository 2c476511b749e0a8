"""Acts that touch no packet: money frozen, people heard or arrested. They are recorded, for
whoever asks how the site's operator fares."""

from __future__ import annotations

from typing import NamedTuple

from simulator.errors import LabError
from simulator.lab.carried import Carried
from simulator.values import Instant, Lever, Now, message

RECORDED = (Lever.MONEY_FREEZE, Lever.HEARING, Lever.ARREST)


class Act(NamedTuple):
    """One act: at whom (a bank, a person), about which site, since when."""

    lever: Lever
    operator: str
    name: str
    at: Instant


class Acts:
    """What is recorded and in force, in the order of the orders. A hearing stays for good."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._in_force: dict[str, Act] = {}

    def __repr__(self) -> str:
        return f"<Acts {' '.join(act.lever.value for act in self._in_force.values())}>"

    def about(self, name: str, lever: Lever | None = None) -> tuple[Act, ...]:
        """Return the acts about a site, of one lever if stated."""
        return tuple(
            act
            for act in self._in_force.values()
            if act.name == name and lever in (None, act.lever)
        )

    def carry_out(self, key: str, operator: str, lever: Lever, name: str) -> Carried:
        """Record an act. A second one of the same kind is refused while the first is in force;
        people can be heard again."""
        if lever is not Lever.HEARING:
            self._refuse_twice(operator, lever, name)
        self._in_force[key] = Act(lever, operator, name, self._now())

        async def undo() -> None:
            if lever is Lever.HEARING:
                raise LabError(
                    message("{operator} has been heard: that cannot be undone", operator=operator)
                )
            del self._in_force[key]

        return Carried(undo)

    def _refuse_twice(self, operator: str, lever: Lever, name: str) -> None:
        if not any(act.operator == operator for act in self.about(name, lever)):
            return
        if lever is Lever.ARREST:
            raise LabError(message("{operator} is under arrest already", operator=operator))
        raise LabError(
            message(
                "{operator} has frozen the money of {name} already", operator=operator, name=name
            )
        )
