"""The confusion table: what was done, against what the diagnosis said, over random worlds.

Each trial builds a lab of a random world, has the site looked at while it is open, does one
thing to it, waits until every cache has let go, and has the investigator look from the
affected provider's network. What the investigator says is compared with what was done.

Some rows need a word. A machine that was switched off by an order looks in every respect like
one that failed: no evidence tells them apart, and ``down`` counts as right. A name that nobody
ever registered is right when the diagnosis says that it cannot tell. A name that was deleted is
so, too; but in a world whose registries publish nothing it counts as right to take it for a hold,
"likely": the diagnosis says itself that a registration that ran out would look the same. Whose
signatures have run out is open to those who do not validate; to the others "cannot tell" is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulator.lab.directory import open_directories
from simulator.lab.examination import investigator
from simulator.lab.lab import Lab
from simulator.matrix.deeds import DEEDS, Deed, Order
from simulator.matrix.random_worlds import RandomWorld, random_world
from simulator.roles.probe import causes
from simulator.values import MINUTE, Duration, OutcomeState


class Trial(NamedTuple):
    """One thing done in one world, and what was said of it."""

    seed: int
    deed: str
    truth: str
    cause: str
    confidence: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Table:
    """All trials. ``cells`` counts them by (deed, cause, confidence), in the order met."""

    trials: tuple[Trial, ...]

    @property
    def cells(self) -> dict[tuple[str, str, str], int]:
        """How often each cause was named, with which confidence, after each deed."""
        return dict(Counter((one.deed, one.cause, one.confidence) for one in self.trials))

    @property
    def right(self) -> int:
        """How many trials were diagnosed rightly."""
        return sum(one.is_right for one in self.trials)

    @property
    def share_right(self) -> float:
        """The share of right diagnoses, 0 to 1."""
        return self.right / len(self.trials) if self.trials else 0.0

    @property
    def wrong(self) -> tuple[Trial, ...]:
        """The trials that were diagnosed wrongly, or not at all."""
        return tuple([one for one in self.trials if not one.is_right])

    @property
    def wrong_certain(self) -> tuple[Trial, ...]:
        """The worst: wrong, and said to be certain."""
        return tuple([one for one in self.wrong if one.confidence == causes.CERTAIN])

    def rows(self) -> list[tuple[str, str, dict[str, int]]]:
        """Return (deed, truth, how often each cause was named) for showing."""
        found: dict[tuple[str, str], Counter[str]] = {}
        for one in self.trials:
            found.setdefault((one.deed, one.truth), Counter())[one.cause] += 1
        return [(deed, truth, dict(counts)) for (deed, truth), counts in found.items()]


def confusion(
    seeds: Iterable[int],
    progress: Callable[[int, int], None] | None = None,
    deeds: Sequence[Deed] | None = None,
) -> Table:
    """Try every deed in the world of every seed; ``progress`` is told (done, of all)."""
    chosen = DEEDS if deeds is None else tuple(deeds)
    worlds = [random_world(seed) for seed in seeds]
    trials: list[Trial] = []
    for drawn in worlds:
        for deed in chosen:
            trials.append(try_deed(drawn, deed))
            if progress is not None:
                progress(len(trials), len(worlds) * len(chosen))
    return Table(tuple(trials))


def try_deed(drawn: RandomWorld, deed: Deed) -> Trial:
    """Do one thing in one world, and have it diagnosed."""
    with Lab(drawn.world, seed=drawn.seed) as lab:
        if drawn.has_directories:
            lab.run(open_directories(lab))
        url = _url(drawn, deed)
        looking = investigator(lab)
        if not deed.unseen:
            lab.run(looking.examine(url, drawn.affected))
        order = deed.act(lab, drawn)
        if order is not None:
            _give(lab, drawn, order)
        lab.run(lab.wait(_patience(drawn) if deed.settles else MINUTE))
        if deed.talked_before:
            lab.run(lab.visit(url, drawn.affected))
        diagnosis = lab.run(looking.examine(url, drawn.affected)).diagnosis
    return Trial(
        drawn.seed,
        deed.id,
        deed.truth,
        diagnosis.cause,
        diagnosis.confidence,
        diagnosis.cause in deed.right(published=drawn.has_directories),
    )


def _url(drawn: RandomWorld, deed: Deed) -> str:
    if deed.unknown_name:
        return "https://nobody-has-this-name.test/"
    return f"http://{drawn.plain}/" if deed.plain else f"https://{drawn.site}/"


def _give(lab: Lab, drawn: RandomWorld, order: Order) -> None:
    outcomes = lab.run(
        lab.order(
            drawn.authority(order.operator),
            order.operator,
            order.action,
            order.name,
            keep_ds=order.keep_ds,
        )
    )
    undone = [one for one in outcomes if one.state is not OutcomeState.EXECUTED]
    assert not undone, f"{order}: {undone[0].reason}"


def _patience(drawn: RandomWorld) -> Duration:
    """Return how long it takes until no honest cache of the world remembers a change."""
    registries = drawn.world.registries.values()
    published = max(registry.publishes_every for registry in registries)
    longest = max(
        *(registry.ttl for registry in registries),
        *(domain.ttl for domain in drawn.world.domains.values()),
    )
    return published + longest + 10 * MINUTE
