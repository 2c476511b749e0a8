"""The built-in world is right, complete in both languages, and has what the lessons need."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import LabError
from simulator.lab import Lab
from simulator.world.faults import Faults
from simulator.world.loader import built_in_world, load_world, scenario_folder
from simulator.world.models import World
from simulator.world.source import read, read_file
from simulator.world.validation import missing_translations, validate

PLACES = [
    "paris", "lyon", "noumea", "brussels", "rome", "sofia", "saint-peter-port", "berlin",
    "amsterdam", "vilnius", "budapest", "hamburg",
]  # fmt: skip


@pytest.fixture(scope="module")
def europe() -> World:
    return built_in_world()


def test_every_text_is_in_both_languages(europe: World) -> None:
    source = read_file(scenario_folder() / "worlds" / "europe.yaml")
    assert missing_translations(europe, source) == []


def test_it_stays_short_enough_to_be_read() -> None:
    text = (scenario_folder() / "worlds" / "europe.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 350


def test_people_sit_in_twelve_places(europe: World) -> None:
    assert list(europe.vantages) == PLACES


def test_three_sites_share_one_address_in_bulgaria(europe: World) -> None:
    shared = [name for name, site in europe.sites.items() if site.host == "rila-web-1"]
    assert shared == ["coco.xg", "roses.test", "chorale.xf"]
    assert europe.country_of(europe.hosts["rila-web-1"].network) == "BG"


def test_new_caledonia_is_under_french_orders_and_guernsey_is_not(europe: World) -> None:
    assert europe.jurisdiction_of("NC") == "FR"
    assert europe.jurisdiction_of("GG") == "GG"


def test_exits_are_in_two_countries(europe: World) -> None:
    hosts = [europe.hosts[europe.host_of_exit(name)] for name in europe.vpn_exits]
    assert [europe.country_of(host.network) for host in hosts] == ["NL", "DE"]


def test_what_follows_from_other_entries_is_found(europe: World) -> None:
    assert europe.resolver_of("noumea") == "nc-opt-dns"
    assert europe.host_of_resolver("open-one") == "open-one"
    assert europe.operator_of("test-dns") == "test-registry"
    assert europe.operator_of("root-dns") == "root-council"
    assert europe.provider_of("fr-alpha") == "alpha-telecom"
    assert europe.provider_of("bg-rila") is None
    assert europe.domain_of("www.coco.xg") == "coco.xg"
    assert europe.domain_of("ns1.nic.xg") is None
    assert europe.resolver_at("198.51.100.1") == "open-one"
    assert europe.resolver_at("198.18.20.10") is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("europa", "there is no world 'europa'; did you mean 'europe'?"),
        ("mars", "there is no world 'mars'; choose from atlantic, crossroads, europe, twins"),
    ],
)
def test_a_world_of_another_name_is_told_of_what_there_is(name: str, sentence: str) -> None:
    for load in (built_in_world, Lab.load):
        with pytest.raises(LabError) as caught:
            load(name)
        assert str(caught.value) == sentence


def test_a_folder_is_no_world(tmp_path: Path) -> None:
    with pytest.raises(Faults) as caught:
        Lab.load(str(tmp_path))
    assert str(caught.value) == f"{tmp_path}:1:1: the file cannot be read: it is a folder"


def test_a_missing_translation_is_told_with_its_place(small: str) -> None:
    source = read(small.replace("fr: Deux pays", "fr: ~"), "w.yaml")
    faults = missing_translations(validate(World, source), source)
    assert [str(fault) for fault in faults] == ["w.yaml:1:1: warning: title: no text in 'fr'"]


def test_a_world_can_be_loaded_from_anywhere(small: str, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(small, encoding="utf-8")
    assert list(load_world(path).vantages) == ["paris"]
