"""Every example of the authors' references is a scenario, a world or steps that check."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from simulator.scenario.crosscheck import check_scenario
from simulator.scenario.expected import Expected
from simulator.scenario.models import ACTIONS, Scenario, Step
from simulator.world.loader import built_in_world, world_of
from simulator.world.models import World
from simulator.world.source import read
from simulator.world.validation import missing_translations, validate

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = [
    DOCS / language / page for language in ("en", "fr") for page in ("scenarios.md", "worlds.md")
]


def examples(page: Path) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture(scope="module")
def europe() -> World:
    return built_in_world()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_example_checks(page: Path, europe: World) -> None:
    found = examples(page)
    assert found
    for text in found:
        if "countries:" in text:
            assert missing_translations(world_of(read(text)), read(text)) == []
            continue
        if text.startswith("- "):
            text = f"title: {{en: T, fr: T}}\nworld: europe\nsteps:\n{indent(text, '  ')}"
        source = read(text)
        scenario = validate(Scenario, source)
        check_scenario(scenario, europe, source)
        assert missing_translations(scenario, source) == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_field_is_in_the_reference(language: str) -> None:
    text = (DOCS / language / "scenarios.md").read_text(encoding="utf-8")
    for field in [*Step.words(), *ACTIONS, *Expected.model_fields, "scope", "banner", "of"]:
        assert f"`{field}" in text, field
    text = (DOCS / language / "worlds.md").read_text(encoding="utf-8")
    for section, info in World.model_fields.items():
        if section not in ("title", "start"):
            assert f"| `{section}` |" in text, section
        assert info is not None
