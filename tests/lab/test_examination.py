"""An investigator in a lab: finds causes by looking, and by nothing else."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

import simulator
from simulator import Lab
from simulator.journal import Journal
from simulator.lab.examination import investigator
from simulator.lab.law import Part
from simulator.measures import AddressMeasure, DnsLie, DnsMeasure, SniMeasure
from simulator.roles.probe.causes import CERTAIN, LIKELY
from simulator.roles.probe.evidence import IpInfo
from simulator.roles.probe.investigation import Examination
from simulator.values import HOUR, MINUTE, SECOND, Lever, OutcomeState
from simulator.world.loader import built_in_world

NAME, URL = "t.co.test", "https://t.co.test/"
ADDRESSES = ("198.18.10.10", "2001:db8:10::10")


@pytest.fixture
def crossroads() -> Iterator[Lab]:
    with Lab.load("crossroads") as lab:
        yield lab


def examine(lab: Lab, url: str = URL, vantage: str = "nantes") -> Examination:
    return lab.run(investigator(lab).examine(url, vantage))


def order(lab: Lab, to: str, action: Any, name: str = NAME, by: str = "court-fr") -> None:
    for outcome in lab.run(lab.order(by, to, action, name)):
        assert outcome.state is OutcomeState.EXECUTED, outcome.reason


def test_an_open_site_takes_no_more_than_two_visits_and_a_walk(crossroads: Lab) -> None:
    evidence, diagnosis = examine(crossroads)
    assert (diagnosis.cause, diagnosis.confidence) == ("accessible", CERTAIN)
    assert evidence.trace is None
    assert evidence.references == ()


def test_a_lying_resolver_is_told_from_the_next_network_over(crossroads: Lab) -> None:
    order(crossroads, "rivage-telecom", DnsMeasure(NAME, DnsLie.NXDOMAIN))
    diagnosis = examine(crossroads).diagnosis
    assert (diagnosis.cause, diagnosis.confidence) == ("blocked.dns", CERTAIN)
    assert str(diagnosis.actor) == "Rivage Télécom, who runs the resolver 198.18.1.53"
    assert diagnosis.ways[0] == "public-resolver"
    assert examine(crossroads, vantage="hamburg").diagnosis.cause == "accessible"


def test_a_block_of_the_address_is_found_at_its_hop(crossroads: Lab) -> None:
    order(crossroads, "rivage-telecom", AddressMeasure(ADDRESSES))
    evidence, diagnosis = examine(crossroads)
    assert (diagnosis.cause, diagnosis.confidence) == ("blocked.ip", CERTAIN)
    assert str(diagnosis.actor) == "the access provider Rivage Télécom, at hop 1"
    holder = evidence.holder("198.18.1.1")
    assert holder is not None
    assert holder._replace(holder=str(holder.holder)) == IpInfo(
        64497, "Rivage Télécom", "FR", "access"
    )


def test_a_filter_that_lingers_is_no_block_of_the_address(crossroads: Lab) -> None:
    """The visit just before has closed the address for 90 s: the investigator waits it out."""
    order(crossroads, "rivage-telecom", SniMeasure(NAME, residual=90 * SECOND))
    for _ in ADDRESSES:  # closes one each
        crossroads.run(crossroads.visit(URL, "nantes"))
    evidence, diagnosis = examine(crossroads)
    assert evidence.subject.stage == "tcp"
    assert diagnosis.cause == "blocked.tls"


def test_a_hold_that_was_seen_coming_is_likely_and_else_nobody_can_tell(crossroads: Lab) -> None:
    looking = investigator(crossroads)
    crossroads.run(looking.examine(URL, "nantes"))
    order(crossroads, "candie-names", Lever.CLIENT_HOLD, "co.test", "prosecutor-nl")
    crossroads.run(crossroads.wait(2 * HOUR))
    known = crossroads.run(looking.examine(URL, "nantes")).diagnosis
    assert (known.cause, known.confidence) == ("seized.hold", LIKELY)
    assert "hosts-file" in known.ways  # the machine serves on
    assert examine(crossroads).diagnosis.cause == "cannot_tell"


def test_a_resolvers_cache_remembers_for_an_investigator_who_does_not(crossroads: Lab) -> None:
    """The delegation stays in a public resolver's cache after the addresses have gone."""
    crossroads.run(crossroads.wait(10 * MINUTE))
    crossroads.run(crossroads.resolve(NAME, "hamburg", via="open-one"))
    crossroads.names.registrars["candie-names"].hold("co.test", crossroads.now)
    crossroads.run(crossroads.wait(40 * MINUTE))
    evidence, diagnosis = examine(crossroads)
    assert evidence.former is not None
    assert evidence.former.nameservers == ("ns1.polder.test",)
    assert diagnosis.cause == "seized.hold"


def test_a_seizure_by_the_host_shows_its_banner_to_the_control_too(crossroads: Lab) -> None:
    order(crossroads, "polder-cloud", Lever.HOST_TAKEOVER, by="prosecutor-nl")
    diagnosis = examine(crossroads, vantage="hamburg").diagnosis
    assert (diagnosis.cause, diagnosis.confidence) == ("seized.host", LIKELY)


def test_behind_a_vpn_the_investigation_is_the_vpns(crossroads: Lab) -> None:
    order(crossroads, "rivage-telecom", AddressMeasure(ADDRESSES))
    crossroads.run(crossroads.connect("nantes", "heron-se"))
    assert examine(crossroads).diagnosis.cause == "accessible"
    crossroads.run(crossroads.disconnect("nantes"))
    assert examine(crossroads).diagnosis.cause == "blocked.ip"


class Forbidden:
    """Raises whatever is asked of it."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"the investigator looked at .{name}")


class SealedJournal(Journal):
    """A journal that can be written and not read."""

    sealed = True

    def __iter__(self) -> NoReturn:
        raise AssertionError("the investigator read the journal")

    def __len__(self) -> NoReturn:
        raise AssertionError("the investigator counted the journal")

    def to_jsonl(self) -> NoReturn:
        raise AssertionError("the investigator wrote the journal out")


def test_neither_orders_nor_journal_are_read(crossroads: Lab) -> None:
    order(crossroads, "rivage-telecom", DnsMeasure(NAME, DnsLie.FORGED))
    order(crossroads, "candie-names", Lever.CLIENT_HOLD, "co.test", "prosecutor-nl")
    crossroads.run(crossroads.wait(2 * HOUR))
    sealed = SealedJournal(crossroads.fabric.now)
    crossroads.journal = crossroads.fabric.journal = sealed
    crossroads.law = Forbidden()  # type: ignore[assignment]
    crossroads.recorder = Forbidden()  # type: ignore[assignment]
    assert examine(crossroads).diagnosis.cause != "accessible"
    with pytest.raises(AssertionError, match="read the journal"):
        list(crossroads.journal)
    with pytest.raises(AssertionError, match=r"looked at \.order"):
        crossroads.run(crossroads.order("court-fr", "rivage-telecom", Lever.CLIENT_HOLD, NAME))


def _reached_from(module: str) -> set[str]:
    """Return every module of ours that a module imports, directly or not."""
    root = Path(simulator.__file__).parent
    found: set[str] = set()
    waiting = [module]
    while waiting:
        path = root.parent / (waiting.pop().replace(".", "/") + ".py")
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simulator."):
                assert node.module is not None
                if node.module not in found:
                    found.add(node.module)
                    waiting.append(node.module)
    return found


@pytest.mark.parametrize("module", ["reasoning", "investigation"])
def test_the_diagnosis_cannot_know_of_orders(module: str) -> None:
    """Nothing that it imports, however indirectly, knows an order, a measure or the journal."""
    reached = _reached_from(f"simulator.roles.probe.{module}")
    assert "simulator.roles.probe.evidence" in reached
    forbidden = {"simulator.journal", "simulator.measures"}
    assert not reached & forbidden
    rooms = ("simulator.lab", "simulator.scenario", "simulator.roles.authority", "simulator.net")
    assert not [name for name in reached if name.startswith(rooms)]


def test_the_laws_part_in_a_lab_is_no_part_of_the_adapter() -> None:
    source = Path(simulator.__file__).parent / "lab" / "examination.py"
    used = {
        node.attr
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert not used & {"law", "levers", "journal", "policy", "middlebox", "blocking"}
    assert Part.__module__ == "simulator.lab.law"


def test_several_may_be_examined_at_once_and_by_several_investigators(crossroads: Lab) -> None:
    async def story() -> list[str]:
        one, other = investigator(crossroads), investigator(crossroads)
        found = await asyncio.gather(
            one.examine(URL, "nantes"), one.examine(URL, "hamburg"), one.examine(URL, "nantes")
        )
        found.append(await other.examine(URL, "hamburg"))
        return [each.diagnosis.cause for each in found]

    assert crossroads.run(story()) == ["accessible"] * 4


def test_without_a_test_helper_only_what_one_visit_shows_is_said() -> None:
    world = built_in_world("crossroads").model_copy(update={"control": None})
    with Lab(world) as lab:
        order(lab, "rivage-telecom", DnsMeasure(NAME, DnsLie.NXDOMAIN))
        assert examine(lab).diagnosis.cause == "cannot_tell"
        order(lab, "rivage-telecom", DnsMeasure(NAME, DnsLie.NXDOMAIN, extended_error=16))
        assert examine(lab).diagnosis.cause == "blocked.dns"
