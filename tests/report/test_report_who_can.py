"""The command ``who-can``, in both languages and as JSON; the page on the law is its data."""

import argparse
import json
from datetime import date
from pathlib import Path

import pytest

from simulator.errors import LabError
from simulator.report.law_tables import renewed
from simulator.report.who_can import ask, who_can
from simulator.report.who_can_page import DOUBTS, HINDRANCES
from simulator.report.who_can_usage import add_arguments
from simulator.roles.authority.actors import OperatorKind
from simulator.roles.authority.answer import Hindrance
from simulator.roles.authority.doubt import Doubt

DOCS = Path(__file__).parents[2] / "docs"


def run(*arguments: str, language: str = "en") -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser, language)
    parser.add_argument("--json")
    return who_can(parser.parse_args(arguments), language)


def test_a_yes_has_its_path_its_delay_and_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("prosecutor-fr", "rila-hosting", "host-takeover", "--on", "2024-06-25") == 0
    told = capsys.readouterr().out
    assert told.startswith(
        "Paris prosecutor → Rila Hosting (a hosting company, Bulgaria)\non 25 June 2024\n"
    )
    assert (
        "2. A European Investigation Order (binding)\n"
        "   Paris prosecutor → Sofia prosecutor → Rila Hosting\n"
        "   takes 60 days as a rule; from 1 day to 120 days\n"
    ) in told
    assert "EJN [unverified]" in told


def test_a_no_says_what_was_not_in_force_then(capsys: pytest.CaptureFixture[str]) -> None:
    run("prosecutor-fr", "registrar:GG", "data", "--on", "2024-06-25")
    told = capsys.readouterr().out
    late = told.partition("Not in force on that day:\n")[2].partition("\nDoes")[0]
    assert "Second Protocol" in late
    assert "18 August 2026" in late


def test_without_a_lever_each_that_the_operator_has_is_answered() -> None:
    found = ask("prosecutor-fr", "registry:GG", None, None)
    words = [getattr(each.question.action, "value", "block") for each in found]
    assert words == [
        *("server-hold", "redelegation", "transfer", "registry-lock", "cancellation"),
        *("data", "preservation"),
    ]


def test_the_day_is_the_worlds_first_unless_stated() -> None:
    (found,) = ask("prosecutor-fr", "registry:GG", "server-hold", None)
    assert found.question.on == date(2024, 6, 24)


def test_a_block_is_what_an_access_provider_is_asked_for_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("government-fr", "access-provider:NC", "block", "--on", "2024-05-15") == 0
    told = capsys.readouterr().out
    assert "✓ Yes, and it binds" in told
    assert "1. A government decision under exceptional circumstances (binding)" in told


def test_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("police-gg", "registrar:GG", "client-hold", "--json", "-") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["schema"], result["on"]) == (1, "2024-06-24")
    assert result["authority"] == {
        "id": "police-gg", "name": "Guernsey Police", "kind": "police", "country": "GG",
    }  # fmt: skip
    (answer,) = result["answers"]
    assert (answer["lever"], answer["compels"], answer["obtains"]) == ("client-hold", False, True)
    (way,) = answer["ways"]
    assert way["instrument"] == "local-police-request"
    assert way["delay"] == {"least": 600, "expected": 3600, "most": 86400}
    assert way["doubt"] == "one-source"
    assert [each["kind"] for each in answer["obstacles"]][:1] == ["not-for-this-authority"]


def test_json_to_a_file_beside_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.json"
    assert run("prosecutor-fr", "bank:DE", "money-freeze", "--json", str(file)) == 0
    assert json.loads(file.read_text("utf-8"))["answers"][0]["compels"] is True
    assert "A European freezing order" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prosecutor-rf", "registry:GG"), "unknown authority 'prosecutor-rf'"),
        (("prosecutor-fr", "nosuch"),
         "unknown operator 'nosuch'; or write a kind and a country, as in access-provider:FR"),
        (("prosecutor-fr", "cloudy"), "unknown operator 'cloudy'; close to it: polder-cloud; or "),
        (("prosecutor-fr", "Registry"),
         "'Registry' is a kind of operator: add its country, as in registry:FR"),
        (("nobody", "registry:GG"), "unknown authority 'nobody'; choose from government-fr, "),
        (("prosecutr:FR", "registry:GG"), "unknown kind 'prosecutr'; did you mean 'prosecutor'?"),
        (("prosecutor:FX", "registry:GG"), "unknown country 'FX'; the law of the lab has AT, "),
        (("prosecutor-fr", "registry:GG", "serverhold"),
         "unknown lever 'serverhold'; did you mean 'server-hold'?"),
        (("prosecutor-fr", "registry:GG", "xyzzy"),
         "unknown lever 'xyzzy'; there are block, client-hold, server-hold, "),
        (("prosecutor-fr", "registry:GG", "data", "--on", "25/06/2024"),
         "'25/06/2024' is no day: write it as 2024-06-25"),
        (("prosecutor-fr", "registry:GG", "data", "--world", "erope"),
         "there is no world 'erope'; did you mean 'europe'?"),
    ],
)  # fmt: skip
def test_what_is_unknown_is_told_with_what_was_meant(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(LabError) as caught:
        run(*arguments)
    assert str(caught.value).startswith(said)


def test_who_names_no_operator_is_told_the_kinds_there_are() -> None:
    with pytest.raises(LabError) as caught:
        run("prosecutor-fr", "nosuch")
    kinds = str(caught.value).rpartition("with one of the kinds ")[2].split(", ")
    assert kinds == [kind.value for kind in OperatorKind]


def test_the_french_page_is_french(capsys: pytest.CaptureFixture[str]) -> None:
    run("prosecutor-fr", "rila-hosting", "data", language="fr")
    told = capsys.readouterr().out.replace("\u202f", " ")
    assert "Une décision d'enquête européenne (contraignant)" in told
    assert "délai : 60 jours en général ; de 1 jour à 120 jours" in told
    assert "Pas en vigueur ce jour-là :" in told
    assert "RJE [non vérifié]" in told.replace("\n   ", " ")


def test_every_doubt_and_every_hindrance_has_its_words() -> None:
    assert list(DOUBTS) == list(Doubt)
    assert set(HINDRANCES) == set(Hindrance)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_tables_of_the_page_on_the_law_are_the_data(language: str) -> None:
    # To renew them: python -m simulator.report.law_tables docs/en/law.md en docs/fr/law.md fr
    page = (DOCS / language / "law.md").read_text("utf-8")
    assert page.count("<!-- law: ") == 6
    assert renewed(page, language) == page
