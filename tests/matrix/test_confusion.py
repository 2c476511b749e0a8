"""The confusion table: whatever is done in whatever world, nothing wrong is said for certain."""

from __future__ import annotations

import pytest

from simulator.matrix.confusion import Table, Trial, confusion
from simulator.matrix.deeds import DEEDS
from simulator.matrix.random_worlds import random_world

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def table() -> Table:
    return confusion(SEEDS)


def test_nothing_wrong_is_certain(table: Table) -> None:
    assert table.wrong_certain == ()


def test_nearly_everything_is_right(table: Table) -> None:
    assert table.share_right >= 0.95, table.wrong


def test_every_deed_was_tried_in_every_world(table: Table) -> None:
    assert len(table.trials) == len(SEEDS) * len(DEEDS)
    assert [deed for deed, _, _ in table.rows()] == [deed.id for deed in DEEDS]
    assert sum(table.cells.values()) == len(table.trials)


def test_something_is_certain_of_most_causes(table: Table) -> None:
    """A diagnosis that never commits itself would pass the first test as well."""
    certain = {trial.cause for trial in table.trials if trial.confidence == "certain"}
    assert certain == {
        "accessible",
        "blocked.dns",
        "blocked.ip",
        "blocked.tls",
        "blocked.http",
        "seized.hold",
        "seized.redelegation",
    }


def test_the_same_seed_gives_the_same_table(table: Table) -> None:
    few = DEEDS[:6]
    again = confusion(SEEDS[:1], deeds=few)
    assert again.trials == table.trials[: len(few)]


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    confusion([1], lambda done, of: told.append((done, of)), DEEDS[:2])
    assert told == [(1, 2), (2, 2)]


def test_what_counts_as_right_is_counted() -> None:
    wrong = Trial(1, "dns-nxdomain", "blocked.dns", "seized.hold", "certain", is_right=False)
    unsure = wrong._replace(cause="cannot_tell", confidence="cannot tell")
    right = wrong._replace(cause="blocked.dns", is_right=True)
    found = Table((wrong, unsure, right, right))
    assert (found.right, found.share_right) == (2, 0.5)
    assert found.wrong == (wrong, unsure)
    assert found.wrong_certain == (wrong,)
    assert found.rows() == [
        ("dns-nxdomain", "blocked.dns", {"seized.hold": 1, "cannot_tell": 1, "blocked.dns": 2})
    ]


def test_no_trials_are_none_right() -> None:
    assert Table(()).share_right == 0.0


def test_a_machine_that_is_off_may_be_called_down() -> None:
    """No evidence tells a seized machine that is off from one that failed."""
    accepted = {deed.id: deed.right(published=True) for deed in DEEDS}
    assert accepted["host-off"] == ("seized.host", "down")
    assert accepted["power-failure"] == ("down",)


def test_the_registrys_word_makes_holds_certain_and_tells_an_end_from_them(table: Table) -> None:
    """Odd worlds have directories, and there nothing less than the truth counts as right."""
    by_world = {
        (trial.deed, random_world(trial.seed).has_directories): (trial.cause, trial.confidence)
        for trial in table.trials
    }
    for hold in ("client-hold", "server-hold", "hold-unseen"):
        assert by_world[hold, True] == ("seized.hold", "certain")
    assert by_world["client-hold", False] == ("seized.hold", "likely")
    assert by_world["hold-unseen", False] == ("cannot_tell", "cannot tell")
    assert by_world["deletion", True] == ("cannot_tell", "cannot tell")
    assert by_world["deletion", False] == ("seized.hold", "likely")


def test_a_seed_draws_one_world() -> None:
    assert random_world(7) == random_world(7)
    assert random_world(7).world != random_world(8).world
