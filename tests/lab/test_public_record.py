"""What a registry's directory tells somebody of a name: over the wire, from where they sit."""

from __future__ import annotations

import pytest

from simulator import Lab
from simulator.errors import LabError
from simulator.lab.public_record import Kind, PublicRecord, look_up
from simulator.measures import DnsLie, DnsMeasure
from simulator.values import Lever


def look(lab: Lab, kind: Kind, name: str, vantage: str = "paris") -> PublicRecord:
    return lab.run(look_up(lab, kind, name, vantage))


@pytest.mark.parametrize("kind", ["rdap", "whois"])
def test_both_directories_say_the_same_in_epps_words(lab: Lab, kind: Kind) -> None:
    assert look(lab, kind, "roses.test")[5:] == (
        None, True, ("ok",), "candie-names", ("ns1.rila.test",), "a rose grower (invented)",
    )  # fmt: skip
    lab.run(lab.law.levers.pull("l", "test-registry", Lever.REGISTRY_LOCK, "roses.test"))
    assert set(look(lab, kind, "roses.test").statuses) == {
        "serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["rdap", "whois"])
def test_a_name_that_nobody_has_is_no_failure(lab: Lab, kind: Kind) -> None:
    found = look(lab, kind, "nobody.test")
    assert (found.failure, found.exists, found.statuses, found.registrar) == (None, False, (), None)


def test_a_directory_that_is_blocked_where_somebody_sits_gives_no_answer(lab: Lab) -> None:
    lab.run(lab.impose("alpha-telecom", DnsMeasure("whois.nic.test", DnsLie.NXDOMAIN)))
    assert look(lab, "whois", "roses.test").failure == "dns_nxdomain_error"
    assert look(lab, "whois", "roses.test", "rome").failure is None


def test_a_world_without_directories_says_so() -> None:
    refusal = "no registry of this world has a directory"
    with Lab.load("crossroads") as lab, pytest.raises(LabError, match=refusal):
        look(lab, "rdap", "bakery.test", next(iter(lab.world.vantages)))
