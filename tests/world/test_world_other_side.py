"""Every way in which the other side of a world can be wrong gives its own sentence."""

from __future__ import annotations

import pytest

from simulator.world.faults import Faults
from simulator.world.loader import load_world, scenario_folder, world_of
from simulator.world.source import read, read_file
from simulator.world.validation import missing_translations

TWINS = scenario_folder() / "worlds" / "twins.yaml"


def test_the_world_of_the_twins_is_right_and_in_both_languages() -> None:
    assert missing_translations(load_world(TWINS), read_file(TWINS)) == []


CASES = {
    "an arrest of nobody": (
        "    person: patron\n",
        "    person: patrons\n",
        ["site_operators.arrested-team.person: unknown operator 'patrons'; did you mean 'patron'?"],
    ),
    "an arrest of a company": (
        "    person: patron\n",
        "    person: rila-hosting\n",
        ["site_operators.arrested-team.person: 'rila-hosting' is no person"],
    ),
    "a mirror that the world does not have": (
        "to: [coco-one-bis.test, ",
        "to: [coco-one-bos.test, ",
        [
            (
                "site_operators.one-team.blocked.to[0]: unknown site 'coco-one-bos.test';"
                " did you mean 'coco-one-bis.test'?"
            ),
        ],
    ),
    "a mirror that is there already": (
        "  coco-one-ter.test: {free: true, ",
        "  coco-one-ter.test: {",
        [
            (
                "site_operators.one-team.blocked.to[1]: 'coco-one-ter.test' is there from the"
                " beginning: its domain is not 'free'"
            ),
        ],
    ),
    "a name for two": (
        "to: [coco-fifty.xh]",
        "to: [coco-one.xh]",
        [
            "sites.coco-fifty.xh: nobody opens 'coco-fifty.xh': no site operator has it in 'to'",
            (
                "site_operators.fifty-team.name_lost.to[0]: 'coco-one.xh' is taken by"
                " 'one-team.name_lost' already"
            ),
        ],
    ),
    "an imitator that moves": (
        "act: new-brand, to: [koko-one-1.test, koko-one-2.test, koko-one-3.test]",
        "act: move-host, to: [polder-web-2]",
        ["site_operators.one-imitators.lost.act: an imitator has no site to move: 'move-host' is"],
    ),
    "delays the wrong way round": (
        "{act: mirror, to: [coco-one-bis.test, coco-one-ter.test], after: {least: 12h, most: 2d}}",
        "{act: mirror, to: [coco-one-bis.test, coco-one-ter.test], after: {least: 3d, most: 2d}}",
        ["site_operators.one-team.blocked.after: 'least' is above 'most'"],
    ),
    "people who give up before they look": (
        "    after: {least: 1d, most: 3d}\n    every: 3d\n",
        "    after: {least: 1d, most: 3d}\n    every: 3d\n    patience: 2d\n",
        ["audiences.coco-one.xg.patience: 'patience' ends before people look for another site"],
    ),
    "people nowhere": (
        "people: {paris: 4000, ",
        "people: {parris: 4000, ",
        ["audiences.coco-one.xg.people.parris: unknown vantage point 'parris'"],
    ),
    "a catch of what was never there": (
        "      name: kermesse.xg\n",
        "      name: coco-one.xh\n",
        ["site_operators.catcher.dropped.name: 'coco-one.xh' is free from the beginning"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_says_where_and_what(case: str) -> None:
    old, new, wanted = CASES[case]
    text = TWINS.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(Faults) as caught:
        world_of(read(text.replace(old, new, 1), "w.yaml"))
    faults = [str(fault).partition(": ")[2] for fault in caught.value.faults]
    for sentence in wanted:
        assert [fault for fault in faults if fault.startswith(sentence)] != [], faults
