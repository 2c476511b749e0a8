"""What can be done but was hardly meant is a warning, unless the lesson says that it is meant."""

from __future__ import annotations

import pytest

from simulator.scenario.crosscheck import check_scenario
from simulator.scenario.doubts import doubts
from simulator.scenario.models import Scenario
from simulator.world.loader import built_in_world
from simulator.world.models import World
from simulator.world.naming import Record
from simulator.world.source import read
from simulator.world.validation import validate


@pytest.fixture(scope="module")
def europe() -> World:
    return built_in_world()


def warnings_of(europe: World, step: str) -> list[str]:
    source = read(f"title: {{en: T}}\nworld: europe\nsteps:\n  - {step}\n", "s.yaml")
    scenario = validate(Scenario, source)
    check_scenario(scenario, europe, source)
    return [str(warning) for warning in doubts(scenario, europe, source)]


@pytest.mark.parametrize(
    ("step", "warning"),
    [
        (
            "{visit: {url: 'https://clip.test/', from: paris}}",
            (
                "steps[0].visit.url: no site or record of the world is called 'clip.test';"
                " did you mean 'clips.test'?"
            ),
        ),
        (
            "{visit: {url: nowhere.example, from: paris}}",
            "steps[0].visit.url: no site or record of the world is called 'nowhere.example'",
        ),
        (
            "{connect: {who: rome, via: {cocoo.xg: 198.18.20.10}}}",
            (
                "steps[0].connect.via.cocoo.xg: no site or record of the world is called"
                " 'cocoo.xg'; did you mean 'coco.xg'?"
            ),
        ),
        (
            (
                "{order: {by: court-fr, to: alpha-telecom, name: coco.xg,"
                " measure: {dns: nxdomain, extended_error: 99}}}"
            ),
            "steps[0].order.measure.extended_error: RFC 8914 has no code 99, only 0 to 24",
        ),
        (
            "{order: {by: police-gg, to: candie-names, lever: server-hold, name: coco.xg}}",
            "steps[0].order.to: candie-names has no such lever: serverHold is for a registry",
        ),
        (
            "{order: {by: court-fr, to: rila-hosting, measure: {dns: nxdomain}, name: coco.xg}}",
            (
                "steps[0].order.to: rila-hosting has no such lever: a lie about the name is for"
                " an access provider, or a public resolver"
            ),
        ),
        (
            "{order: {by: court-fr, to: open-one, measure: {address: drop}, name: coco.xg}}",
            (
                "steps[0].order.to: open-one has no such lever: a block of the address is for"
                " an access provider"
            ),
        ),
        (
            (
                "{coordinate: {by: police-gg, name: coco.xg, members:"
                " [{by: police-gg, to: xg-registry, lever: host-off}]}}"
            ),
            (
                "steps[0].coordinate.members[0].to: xg-registry has no such lever:"
                " switching the machine off is for a hosting company"
            ),
        ),
        (
            "{order: {by: court-fr, to: noms-de-loire, lever: client-hold, name: coco.xg}}",
            "steps[0].order.to: noms-de-loire is not the registrar of coco.xg: candie-names is",
        ),
        (
            "{order: {by: court-fr, to: xf-registry, lever: redelegation, name: coco.xg}}",
            "steps[0].order.to: xf-registry is not the registry of coco.xg: xg-registry is",
        ),
        (
            "{order: {by: court-fr, to: loire-hebergement, lever: host-off, name: coco.xg}}",
            "steps[0].order.to: loire-hebergement does not host coco.xg: rila-hosting does",
        ),
        (
            "{order: {by: court-fr, to: meuse-net, measure: {dns: forged}, name: coco.xg}}",
            "steps[0].order.measure.dns: meuse-net has no block page for a forged answer",
        ),
        (
            "{order: {by: court-fr, to: open-one, measure: {dns: forged}, name: coco.xg}}",
            "steps[0].order.measure.dns: open-one has no block page for a forged answer",
        ),
    ],
)
def test_a_doubt_is_told_at_its_place(europe: World, step: str, warning: str) -> None:
    (found,) = warnings_of(europe, step)
    assert found.startswith("s.yaml:4:")
    assert found.partition(" ")[2] == f"warning: {warning}"


@pytest.mark.parametrize(
    "step",
    [
        "{visit: {url: 'http://198.18.20.10/', from: paris}}",
        "{visit: {url: 'http://[2001:db8:20::10]/', from: paris}}",
        "{visit: {url: 'https://STOP.etat.xf/', from: paris}}",
        "{order: {by: court-fr, to: alpha-telecom, measure: {dns: forged}, name: coco.xg}}",
        (
            "{order: {by: court-fr, to: alpha-telecom, name: coco.xg,"
            " measure: {dns: nxdomain, extended_error: 24}}}"
        ),
        "{order: {by: police-gg, to: candie-names, lever: redelegation, name: coco.xg}}",
        (
            "{order: {by: court-fr, to: [meuse-net, rila-hosting], measure: {dns: forged},"
            " name: coco.xg}, expect: {meuse-net: {outcome: refused},"
            " rila-hosting: {outcome: [refused, pending]}}}"
        ),
    ],
)
def test_what_is_meant_is_not_doubted(europe: World, step: str) -> None:
    assert warnings_of(europe, step) == []


def test_a_wildcard_is_a_record_of_all_names_below(europe: World) -> None:
    domain = europe.domains["coco.xg"]
    wild = Record(name="*.shops", type="A", data="198.18.20.10")
    world = europe.model_copy(
        update={
            "domains": {
                **europe.domains,
                "coco.xg": domain.model_copy(update={"records": (wild,)}),
            }
        }
    )
    assert warnings_of(world, "{visit: {url: rose.shops.coco.xg, from: paris}}") == []
    assert len(warnings_of(world, "{visit: {url: rose.shop.coco.xg, from: paris}}")) == 1
