"""The files of the law are read as they stand, and what is wrong in them is told by its line."""

import contextlib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.roles.authority.actors import Effect, NamedLever, OperatorKind, effect, hands
from simulator.roles.authority.doubt import Doubt
from simulator.roles.authority.instruments import INSTRUMENTS, NOT_IN_FORCE, Route
from simulator.roles.authority.lawbook import FOLDER, LawBook, lawbook, read_lawbook
from simulator.roles.authority.reading import LawFaults
from simulator.roles.authority.treaties import Membership
from simulator.text import NARROW_SPACE, say
from simulator.values import DAY, Lever, Message

FILES = ("places", "treaties", "levers", "instruments")


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the law and change one place in one of its files."""
    for name in FILES:
        shutil.copy(FOLDER / f"{name}.yaml", folder / f"{name}.yaml")
    path = folder / f"{file}.yaml"
    text = path.read_text("utf-8")
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def line_of(text: str, path: Path) -> int:
    before, found, _ = path.read_text("utf-8").partition(text)
    assert found
    return before.count("\n") + 1


def complaints(folder: Path) -> list[str]:
    with pytest.raises(LawFaults) as caught:
        read_lawbook(folder)
    return [fault.show() for fault in caught.value.faults]


# --- what the files say -------------------------------------------------------------------------


def test_the_law_is_read_once_and_kept() -> None:
    assert lawbook() is lawbook()
    assert INSTRUMENTS is lawbook().instruments


def test_nothing_is_read_before_somebody_asks() -> None:
    # In a process of its own: the files are no part of what importing the lab costs.
    code = (
        "import sys, simulator.lab.law;"
        "from simulator.roles.authority.lawbook import lawbook;"
        "sys.exit(lawbook.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_lever_of_the_lab_has_its_entry() -> None:
    assert [lever.value for lever in Lever if lever.value not in lawbook().levers] == []


def test_every_lever_is_in_somebodys_hands_and_something_carries_it() -> None:
    carried = {each for entry in INSTRUMENTS for each in (*entry.carries, *entry.local)}
    for lever in lawbook().levers.values():
        assert lever.hands, lever.id
        assert lever.effect in carried, lever.id


def test_every_name_and_sentence_is_there_in_both_languages() -> None:
    for entry in INSTRUMENTS:
        for text in (entry.name, entry.limit, entry.source):
            ((_, name),) = text.arguments
            assert name.en, entry.id
            assert name.fr, entry.id


def french() -> Iterator[str]:
    book = lawbook()
    texts = [text for each in INSTRUMENTS for text in (each.name, each.limit, each.source)]
    texts += [lever.name for lever in book.levers.values()]
    yield from (say(text, "fr").replace(NARROW_SPACE, " ") for text in texts)
    yield from (note.text.fr for each in INSTRUMENTS for note in each.notes)
    yield from (treaty.name.fr for treaty in book.treaties.values())


def test_french_has_plain_spaces_before_its_high_marks() -> None:
    # `typeset` makes them narrow; one that is missing cannot be made so.
    for text in french():
        assert not re.search(r"[^\s(\"'.{:][;:!?»](\s|$)", text), text


def test_a_lever_that_the_files_do_not_have_is_anybodys_and_needs_a_judge() -> None:
    unheard = NamedLever("moonbeam")
    assert effect(unheard) is Effect.OTHER
    assert hands(unheard) == tuple(OperatorKind)
    homes = [entry for entry in INSTRUMENTS if entry.route is Route.HOME]
    assert [entry.id for entry in homes if Effect.OTHER in entry.carries] == ["national-order"]


def test_membership_follows_the_day() -> None:
    eu = lawbook().treaties["eu"]
    assert eu.parties["HR"] == Membership(date(2013, 7, 1))
    assert (eu.binds("HR", date(2013, 6, 30)), eu.binds("HR", date(2013, 7, 1))) == (False, True)
    assert (eu.binds("GB", date(2020, 12, 31)), eu.binds("GB", date(2021, 1, 1))) == (True, False)


def test_outermost_regions_are_in_the_union_and_new_caledonia_is_not() -> None:
    eu, on = lawbook().treaties["eu"], date(2024, 6, 25)
    assert (eu.binds("RE", on), eu.binds("NC", on), eu.binds("GG", on)) == (True, False, False)


def test_ireland_and_denmark_stand_outside_where_the_facts_say_so() -> None:
    outside = {
        name: [code for code in ("DK", "IE") if code not in treaty.parties]
        for name, treaty in lawbook().treaties.items()
    }
    assert outside == {
        "eu": [],
        "investigation-order": ["DK", "IE"],
        "freezing-regulation": ["DK", "IE"],
        "eurojust": ["DK"],
        "e-evidence": ["DK"],
        "budapest": ["IE"],
    }


def test_the_clocks_of_the_facts() -> None:
    by_id = {entry.id: entry for entry in INSTRUMENTS}
    assert by_id["eio"].delay.longest == 120 * DAY
    assert by_id["freezing-order"].delay.longest == 4 * DAY
    assert by_id["mla"].delay.expected == 300 * DAY
    assert by_id["e-evidence"].since == date(2026, 8, 18)
    assert by_id["second-protocol"].since == NOT_IN_FORCE


def test_what_was_not_checked_says_so() -> None:
    unmarked = [entry.id for entry in INSTRUMENTS if entry.doubt is None]
    assert unmarked == ["us-seizure-warrant", "e-evidence", "dsa-order"]
    assert all(treaty.doubt is Doubt.UNCHECKED for treaty in lawbook().treaties.values())


def test_a_source_is_found_again_by_its_english() -> None:
    (eio,) = (entry for entry in INSTRUMENTS if entry.id == "eio")
    assert lawbook().source(str(eio.source)) == eio.source
    assert lawbook().source("of nobody") == Message("of nobody")


# --- what is wrong in them ----------------------------------------------------------------------


WARRANT = "us-seizure-warrant"
WRONG = [
    ("instruments", "way: home", "way: hom", f"{WARRANT}.way: unknown word 'hom'", "home"),
    ("instruments", "binding:", "bindng:", f"{WARRANT}.bindng: unknown key 'bindng'", "binding"),
    ("instruments", "issued_in: budapest", "issued_in: budapset",
     "budapest-preservation.issued_in: unknown treaty 'budapset'", "budapest"),
    ("levers", "[registrar]", "[registar]",
     "client-hold.hands[0]: unknown word 'registar'", "registrar"),
]  # fmt: skip
"""Slips of the pen: file, what stands there, what is written instead, what is said, meant."""


@pytest.mark.parametrize(("file", "old", "new", "said", "meant"), WRONG)
def test_a_slip_of_the_pen_is_told_with_its_line_and_what_was_meant(
    file: str, old: str, new: str, said: str, meant: str, tmp_path: Path
) -> None:
    path = changed(tmp_path, file, old, new)
    expected = f"{path}:{line_of(new, path)}: {file}.{said}; did you mean '{meant}'?"
    assert expected in complaints(tmp_path)


NO_PLACE = "is no place: add it to places.yaml, or mend it"
NO_LIST = "expected a list of kinds of operator, or 'everyone'"
NO_MEMBERSHIP = "write the day as 2024-06-25, or two of them as 2007-01-01 to 2020-12-31"
REMEDIES = [
    ("instruments", "{least: 4h", "{least: 4 hours",
     f"{WARRANT}.delay.least: '4 hours' is no duration: write it as 10m, 4h or 30d"),
    ("instruments", "{least: 4h", "{least: 9d",
     f"{WARRANT}.delay: 'least' is above 'expected', or that above 'most'"),
    ("instruments", "in: [US]", "in: [UX]", f"{WARRANT}.issued_in[0]: 'UX' {NO_PLACE}"),
    ("instruments", "from: 2017-05-22", "from: 22/05/2017",
     "eio.from: '22/05/2017' is no day: write it as 2024-06-25"),
    ("instruments", "binding: true", "binding: yes",
     f"{WARRANT}.binding: 'yes' is neither true nor false"),
    ("instruments", "issued_by: [court]", "issued_by: court",
     f"{WARRANT}.issued_by: expected a list, such as [one, two]"),
    ("treaties", "FR: 1958-01-01", "FR: 1958", f"eu.parties.FR: {NO_MEMBERSHIP}"),
    ("treaties", "without: [DK, IE]", "without: [DK, CH]",
     "investigation-order.without[1]: 'CH' is no party to begin with"),
    ("levers", "hands: everyone", "hands: anyone", f"data.hands: {NO_LIST}"),
    ("places", "under: FR", "under: FX", f"BL.under: 'FX' {NO_PLACE}"),
    ("places", "AT: {en: Austria, fr: Autriche}", "AT: Austria",
     "AT: expected keys with values, such as 'en: …'"),
    ("places", "  AU:", "  AT:", "AT: 'AT' stands twice"),
]  # fmt: skip
"""What is wrong, with what to write instead."""


@pytest.mark.parametrize(("file", "old", "new", "said"), REMEDIES)
def test_a_fault_names_file_line_place_and_remedy(
    file: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    path = changed(tmp_path, file, old, new)
    line = line_of("  AT: {en: Aus" if "twice" in said else new, path)
    line += "twice" in said  # the second of the two
    assert complaints(tmp_path)[0] == f"{path}:{line}: {file}.{said}"


def test_a_missing_key_is_told_where_its_entry_begins(tmp_path: Path) -> None:
    path = changed(tmp_path, "instruments", "    binding: true\n", "")
    line = line_of("name: {en: a seizure warrant", path)
    told = f"{path}:{line}: instruments.{WARRANT}: 'binding' is missing: state it"
    assert complaints(tmp_path) == [told]


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    changed(tmp_path, "levers", "effect: name", "effect: nam")
    path = tmp_path / "levers.yaml"
    text = path.read_text("utf-8").replace("hands: [bank]", "hands: [bnk]")
    path.write_text(text, encoding="utf-8")
    assert [told.partition(": ")[2].partition(":")[0] for told in complaints(tmp_path)] == [
        "levers.client-hold.effect",
        "levers.money-freeze.hands[0]",
    ]


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = changed(tmp_path, "places", "  AT: {en: Austria", "  AT: {en: Austria: x")
    assert complaints(tmp_path)[0].startswith(f"{path}:6: this is no YAML: ")


def test_a_missing_or_empty_file_is_a_fault(tmp_path: Path) -> None:
    path = changed(tmp_path, "places", "places:", "places:")
    path.write_text("", encoding="utf-8")
    assert complaints(tmp_path) == [f"{path}:1: the file is empty"]
    path.unlink()
    assert complaints(tmp_path) == [f"{path}:1: the file cannot be read: FileNotFoundError"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(FILES), text=st.text(max_size=80) | st.sampled_from(["[" * 5000, "{a: "])
)
def test_any_text_is_a_law_or_a_fault(file: str, text: str, tmp_path: Path) -> None:
    changed(tmp_path, "places", "places:", "places:")
    body = text.encode("utf-8", "surrogatepass")
    (tmp_path / f"{file}.yaml").write_bytes(body)
    with contextlib.suppress(LawFaults):
        assert isinstance(read_lawbook(tmp_path), LawBook)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=st.sampled_from(FILES), data=st.data())
def test_a_file_with_any_line_left_out_is_a_law_or_a_fault(
    file: str, data: st.DataObject, tmp_path: Path
) -> None:
    path = changed(tmp_path, "places", "places:", "places:").parent / f"{file}.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    path.write_text("".join(lines), encoding="utf-8")
    with contextlib.suppress(LawFaults):
        assert isinstance(read_lawbook(tmp_path), LawBook)


def test_the_files_lie_inside_the_package_so_that_the_wheel_has_them() -> None:
    package = importlib.util.find_spec("simulator")
    assert package is not None
    assert package.origin is not None
    assert FOLDER.is_relative_to(Path(package.origin).parent)
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(FILES)
