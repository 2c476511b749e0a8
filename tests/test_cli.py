"""The command line: exit statuses, what goes to which stream, and what a user may get wrong."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli import language_of, main
from simulator.scenario.loader import built_in_scenarios
from simulator.scenario.result import Result
from simulator.scenario.runner import ScenarioRun

ROOT = Path(__file__).parent.parent

SMALL = """\
title: {{en: Small}}
world: europe
steps:
  - id: look
    title: {{en: A look}}
    visit: {{url: "https://roses.test/", from: paris}}
    expect: {{paris: {{page: {page}}}}}
  - id: again
    title: {{en: Another look}}
    visit: {{url: "https://roses.test/", from: rome}}
"""


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setattr(sys, "argv", ["run_sim.py"])


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.format(page="site"))
    return str(path)


def door(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a user does."""
    command = [sys.executable, str(ROOT / "run_sim.py"), *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=60, **options)  # type: ignore[call-overload,no-any-return]


def test_all_expectations_held_is_0(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", small]) == 0
    shown = capsys.readouterr()
    assert "The one expectation held." in shown.out
    assert shown.err == ""


def test_an_expectation_that_failed_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(SMALL.format(page="block_page"))
    assert main(["run", str(path)]) == 1
    assert "block_page was expected, site was seen" in capsys.readouterr().out.replace(
        "\n      ", " "
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "new_caledonia"], "did you mean 'new_caledonia_2024'?"),
        (["run", "nothing-like-it"], "there is no scenario 'nothing-like-it'; there are alone_or"),
        (["run", "no/such.yaml"], "'no/such.yaml' cannot be read: there is no such file"),
        (["run", str(ROOT)], "cannot be read: it is a folder"),
        (["run", "a" * 300], "there is no scenario 'aaa"),
        (
            ["check", "no-such"],
            "no file, scenario or world 'no-such'; there are atlantic, crossroads, europe, twins",
        ),
        (["run"], "the following arguments are required: NAME_OR_FILE"),
        (["fly"], "invalid choice: 'fly'"),
        (["--seed", "x"], "argument --seed: 'x' is not a whole number (see --help)"),
        (["--lang", "de"], "argument --lang: invalid choice: 'de'"),
        (["schema", "cat"], "argument KIND: invalid choice: 'cat'"),
        (["schema"], "the following arguments are required: KIND"),
        (["--json", "-", "--step"], "--step needs the report"),
        (["--pcap", "-"], "--pcap needs a file"),
        (["--json", "no/such/place.json"], "'no/such/place.json' cannot be written: there is no"),
        (["--pcap", str(ROOT)], "cannot be written: it is a folder"),
        (["--journal", "run_sim.py/x"], "cannot be written: a part of its path is not a folder"),
        (["bench", "--json", "no/such.json"], "'no/such.json' cannot be written:"),
    ],
)
def test_misuse_is_2_and_one_clear_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert sentence in shown.err
    assert "Traceback" not in shown.err
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seed", "x"], "argument --seed\u202f: «\u202fx\u202f» n'est pas un nombre entier"),
        (["--lang", "de", "--lang", "fr"], "argument --lang\u202f: choix inconnu"),
        (["run", "nosuch"], "il n'y a pas de scénario «\u202fnosuch\u202f»"),
        (["run", str(ROOT)], "ne peut pas être lu\u202f: c'est un dossier"),
        (["--json", "no/such"], "ne peut pas être écrit\u202f: ce fichier ou ce dossier n'existe"),
    ],
)
def test_misuse_is_told_in_french(
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LANGUAGE", "fr")
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert sentence in shown
    assert shown.count("\n") == 1


def test_what_is_no_text_is_a_fault_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = tmp_path / "picture"
    binary.write_bytes(b"\x89PNG\r\n\xff\xd8")
    for command in ("run", "check"):
        assert main([command, str(binary)]) == 2
        shown = capsys.readouterr().err
        assert shown.startswith(f"{binary}:1:1: ")
        assert "UTF-8" in shown
        assert shown.count("\n") == 1


def test_help_is_in_the_language_and_leaves_the_environment_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help", "--lang=fr"]) == 0
    shown = capsys.readouterr().out
    assert "jouer un scénario" in shown
    assert "afficher cette aide et quitter" in shown
    assert os.environ["LANGUAGE"] == "en"


def test_every_fault_of_a_file_has_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(SMALL.format(page="site").replace("from: paris", "from: pariss"))
    for arguments in (["check", str(path)], ["run", str(path)]):
        assert main(arguments) == 2
        shown = capsys.readouterr()
        assert "bad.yaml:6:" in shown.err
        assert "did you mean 'paris'?" in shown.err
        assert "Traceback" not in shown.err


def test_check_says_what_is_fine(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", small, "coco_2024"]) == 0
    assert "coco_2024: no fault found\n" in capsys.readouterr().out


def test_check_goes_on_after_a_file_that_is_wrong(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "no-such", str(tmp_path), small]) == 2
    shown = capsys.readouterr()
    assert shown.out.endswith(f"{small}: no fault found\n")
    assert shown.err == (
        "there is no file, scenario or world 'no-such'; there are atlantic, crossroads, europe,"
        f" twins, {', '.join(built_in_scenarios())}\n"
        f"'{tmp_path}' cannot be read: it is a folder\n"
    )


def test_list_has_a_line_for_each_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--lang", "fr"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(
        path.stem for path in (ROOT / "scenarios").glob("*.yaml")
    )
    [headline] = [line for line in lines if line.startswith("block_vs_seizure ")]
    assert headline.endswith("Bloqué ou saisi\u202f?")


@pytest.mark.parametrize("kind", ["scenario", "world", "result"])
def test_schemas_are_json(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", kind]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")


def test_json_on_standard_output_stands_alone(
    small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", small, "--json", "-"]) == 0
    shown = capsys.readouterr()
    Result.model_validate_json(shown.out)
    assert shown.err == ""


ENGLISH = re.compile(r"\b(?:the|its|is|and|to|not|of|has|since|lifted)\b")
FRENCH = re.compile(r"\b(?:le|la|les|des|du|une?|est|ne|pas|levée?|à|de|a)\b|l'")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml")))
def test_each_scenario_gives_json_in_each_language(
    name: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", name, "--json", "-", "--lang", language]) == 0
    shown = capsys.readouterr()
    given = Result.model_validate_json(shown.out)
    assert (given.scenario, shown.err) == (name, "")
    told = [*(order.reason for order in given.orders), *given.observations[0].evidence]
    for sentence in told:
        own = sentence.partition("\u202f: ")[0]  # what a machine answered is told as it came
        assert len(ENGLISH.findall(own)) > 0 or language == "fr", sentence
        assert len(FRENCH.findall(own)) > 0 or language == "en", sentence


def test_files_are_written_beside_the_report(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {option: tmp_path / option for option in ("json", "journal", "pcap")}
    options = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    assert main(["--seed", "3", "run", small, *options]) == 0
    assert "A look" in capsys.readouterr().out
    assert json.loads(files["json"].read_text(encoding="utf-8"))["seed"] == 3
    journal = files["journal"].read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["who"] for line in journal if '"visited"' in line] == ["paris", "rome"]
    assert files["pcap"].read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"  # a section header of pcapng


def test_step_waits_for_a_line_and_goes_on_at_the_end_of_input(
    small: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = io.StringIO("\nunread\n")
    monkeypatch.setattr(sys, "stdin", lines)
    assert main(["run", small, "--step"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("[Press Enter for the next step]") == 1
    assert lines.read() == "unread\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["run", small, "--step"]) == 0
    assert "Another look" in capsys.readouterr().out


def test_the_last_hint_has_the_command_as_it_was_typed(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", small])
    assert f"python run_sim.py run {small} --step" in " ".join(capsys.readouterr().out.split())
    spaced = tmp_path / "my lesson.yaml"
    spaced.write_text(SMALL.format(page="site"))
    main(["run", str(spaced)])
    typed = f'"{spaced}"' if sys.platform == "win32" else f"'{spaced}'"
    assert f"python run_sim.py run {typed} --step" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("called", "command"),
    [
        ("run_sim.py", "python run_sim.py run coco_2024"),
        ("/usr/bin/takedown-lab", "takedown-lab run coco_2024"),
    ],
)
def test_where_to_go_next_is_a_whole_command(
    called: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["run", "new_caledonia_2024"]) == 0
    assert f"The contrast, a seizure: {command}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This is a fault of the program, not yours (ZeroDivisionError): please report it"),
        ("fr", "C'est un défaut du programme, pas une erreur de votre part (ZeroDivisionError)"),
    ],
)
def test_a_fault_of_our_own_is_70_with_its_traceback_and_where_to_report_it(
    language: str,
    sentence: str,
    small: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(_: ScenarioRun) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(ScenarioRun, "steps", broken)
    assert main(["run", small, "--lang", language]) == 70
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2] == "ZeroDivisionError: a bug"
    assert lines[-1].startswith(sentence)


def test_an_interrupt_ends_the_run_with_130(
    small: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: ScenarioRun) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ScenarioRun, "steps", interrupted)
    assert main(["run", small]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["--lang", "fr"], "fr"),
        (["run", "x", "--lang=fr"], "fr"),
        (["--lang"], "en"),
        (["--lang", "de"], "en"),
        ([], "en"),
    ],
)
def test_the_language_may_stand_anywhere(arguments: list[str], language: str) -> None:
    assert language_of(arguments) == language


# --- as a process ---------------------------------------------------------------------------


def test_the_door_shows_the_headline() -> None:
    done = door(env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    shown = done.stdout.decode()
    assert shown.startswith("Blocked or seized?\n")
    assert "\x1b" not in shown
    assert "python run_sim.py list" in " ".join(shown.split())


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE there")
def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = [sys.executable, str(ROOT / "run_sim.py"), "--json", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize(
    "arguments", [["list"], ["check", "block_vs_seizure"], ["schema", "scenario"]]
)
def test_commands_that_only_read_import_no_network_stack(arguments: list[str]) -> None:
    code = (
        "import sys; from simulator.cli import main; status = main(sys.argv[1:]);"
        "heavy = [name for name in ('aiohttp', 'cryptography', 'simulator.net', 'ssl')"
        " if name in sys.modules];"
        "sys.exit(f'{heavy}' if heavy else status)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_missing_library_is_named_with_what_to_do(
    language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A student who forgot the environment is told so, and sees no traceback."""

    def without_rich(*_: object) -> int:
        raise ModuleNotFoundError("No module named 'rich'", name="rich")

    monkeypatch.setattr("simulator.cli._run", without_rich)
    assert main(["--lang", language]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert error.count("\n") == 1
    assert "rich" in error
    assert ("lacks the library" if language == "en" else "il manque à ce Python") in error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("run_sim.py list >&-", 0),
        ("run_sim.py list > /dev/full", 2),
        ("run_sim.py check nothing 2>&-", 2),
    ],
)
def test_an_output_that_cannot_be_written_is_no_fault_of_the_program(
    command: str, status: int
) -> None:
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        ["sh", "-c", f"exec '{sys.executable}' {command}"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == status
    assert "Traceback" not in done.stderr
