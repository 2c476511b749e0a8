"""Registries' EPP and registrars' machines and web sites: what a world must have for them."""

from __future__ import annotations

import pytest

from simulator.world.faults import MORE, Faults
from simulator.world.loader import world_of
from simulator.world.source import read

OFFICE = "  office: {network: access, addresses: [198.18.1.70]}\n"


def with_epp(text: str, registrar: str) -> str:
    """A world whose registry has EPP, with ``registrar``'s fields beside its registries."""
    text = text.replace("nameservers: [ns.nic.test]}", "nameservers: [ns.nic.test], epp: true}")
    text = text.replace("registries: [test]}", f"registries: [test]{registrar}}}")
    return text.replace("  exit: {network", f"{OFFICE}  exit: {{network", 1)


def faults_of(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        world_of(read(text, "w.yaml"))
    return [str(fault) for fault in caught.value.faults if fault != MORE]


def test_a_registrar_with_a_machine_and_a_web_site_is_right(small: str) -> None:
    world = world_of(read(with_epp(small, ", host: office, front: names.shop.test")))
    assert (world.registries["test"].epp, world.registrars["names"].host) == (True, "office")
    assert world.registrars["names"].front == "names.shop.test"


@pytest.mark.parametrize(
    ("registrar", "fault"),
    [
        ("", "w.yaml:33:3: registrars.names: 'names' needs a 'host' to go to '.test' by EPP"),
        (
            ", host: offices",
            "w.yaml:33:48: registrars.names.host: unknown host 'offices'; did you mean 'office'?",
        ),
        (
            ", host: office, front: names.nowhere.test",
            (
                "w.yaml:33:62: registrars.names.front: 'names.nowhere.test' is under none of"
                " the domains"
            ),
        ),
        (
            ", host: web, front: names.shop.test",
            "w.yaml:33:48: registrars.names.host: port 80 of host 'web' is taken by a site",
        ),
    ],
)
def test_what_is_missing_is_said_where_it_is_missing(
    small: str, registrar: str, fault: str
) -> None:
    assert faults_of(with_epp(small, registrar)) == [fault]


def test_a_web_site_needs_a_machine_even_without_epp(small: str) -> None:
    text = small.replace("registries: [test]}", "registries: [test], front: names.shop.test}")
    assert faults_of(text) == [
        "w.yaml:32:48: registrars.names.front: the web site of 'names' needs a 'host'"
    ]


def test_the_registrys_own_name_is_nobodys(small: str) -> None:
    text = with_epp(small, ", host: office").replace(
        "domains:\n",
        "domains:\n  nic.test: {registrar: names, registrant: x, nameservers: [ns.shop.test]}\n",
    )
    assert any(
        "domains.nic.test: 'nic.test' is the registry's own" in fault for fault in faults_of(text)
    )
