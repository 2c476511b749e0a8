"""YAML text becomes plain data or faults with their place, never another exception."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from simulator.text import say
from simulator.values import message
from simulator.world.faults import Fault, Faults, describe, nearest, shown, unknown
from simulator.world.source import read, read_file


def faults_of(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        read(text, "w.yaml")
    return [str(fault) for fault in caught.value.faults]


def test_only_true_and_false_are_booleans_and_dates_stay_text() -> None:
    text = "{a: NO, b: yes, c: off, d: true, e: false, f: 2024-05-14, g: 12, h: 007, i: 1.5, j: ~}"
    assert read(text).data == {
        "a": "NO",
        "b": "yes",
        "c": "off",
        "d": True,
        "e": False,
        "f": "2024-05-14",
        "g": 12,
        "h": "007",
        "i": 1.5,
        "j": None,
    }


def test_words_that_begin_like_a_boolean_or_a_null_stay_text() -> None:
    assert read("[truest, falsehood, nullable, none, no, -, 1-2]").data == [
        "truest", "falsehood", "nullable", "none", "no", "-", "1-2",
    ]  # fmt: skip


def test_sexagesimal_hexadecimal_and_underscored_numbers_stay_text() -> None:
    assert read("[18:30, 0x10, 1_000, 1e3, 99999999999999999999]").data == [
        "18:30", "0x10", "1_000", "1e3", "99999999999999999999",
    ]  # fmt: skip


def test_addresses_need_no_quotes_in_a_list() -> None:
    assert read("[198.18.1.1, 2001:db8:1::53]").data == ["198.18.1.1", "2001:db8:1::53"]


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("{true: 1, 12: 2, ~: 3}").data == {"true": 1, "12": 2, "~": 3}


def test_a_key_twice_is_a_fault_at_its_second_place() -> None:
    assert faults_of("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n") == [
        "w.yaml:4:3: 'c' stands twice",
        "w.yaml:5:1: 'a' stands twice",
    ]


def test_tags_are_refused() -> None:
    assert faults_of("a: !!python/name:os.system x\nb: !mine 3\nc: !!int word\n") == [
        "w.yaml:1:4: the tag 'tag:yaml.org,2002:python/name:os.system' is not used here",
        "w.yaml:2:4: the tag '!mine' is not used here",
        "w.yaml:3:4: the tag 'tag:yaml.org,2002:int' is not used here",
    ]


def test_a_list_cannot_be_a_key() -> None:
    assert faults_of("? [a, b]\n: c\n") == ["w.yaml:1:3: a key must be a word"]


def test_aliases_may_repeat_a_part() -> None:
    assert read("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_aliases_cannot_hide_a_billion_values() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert faults_of("\n".join(lines)) == ["w.yaml:1:13: aliases make more than 100000 values"]


def test_an_alias_inside_what_it_names_is_refused() -> None:
    assert faults_of("a: &x [*x]\n") == ["w.yaml:1:8: nothing above is called 'x'"]


@pytest.mark.parametrize("depth", [50, 5_000, 100_000])
def test_deep_nesting_is_refused_and_does_not_end_the_process(depth: int) -> None:
    assert faults_of("[" * depth) == ["w.yaml:1:42: nested deeper than 40 levels"]


def test_an_empty_file_is_a_fault() -> None:
    assert faults_of("# nothing\n") == ["w.yaml:1:1: the file is empty"]


def test_two_documents_are_a_fault() -> None:
    assert faults_of("a: 1\n---\nb: 2\n") == ["w.yaml:2:1: a second document begins"]


def test_a_control_character_is_a_fault_at_its_place() -> None:
    assert faults_of("a: 1\nb: \x07\n") == ["w.yaml:2:4: a character that YAML does not allow"]


def test_without_libyaml_everything_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read("{a: NO, b: [1, &x {c: true}, *x]}").data == {
        "a": "NO",
        "b": [1, {"c": True}, {"c": True}],
    }
    assert faults_of("a: 1\nb: \x07\n") == ["w.yaml:2:4: a character that YAML does not allow"]
    assert faults_of("[" * 5_000) == ["w.yaml:1:42: nested deeper than 40 levels"]


def test_too_large_a_file_is_not_read() -> None:
    assert faults_of("#" * 1_000_001) == [
        "w.yaml:1:1: the file has 1000001 characters; 1000000 is the limit"
    ]


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Faults) as caught:
        read_file(tmp_path / "gone.yaml", "gone.yaml")
    assert (
        str(caught.value)
        == "gone.yaml:1:1: the file cannot be read: there is no such file or folder"
    )


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Faults) as caught:
        read_file(tmp_path, "here")
    assert str(caught.value) == "here:1:1: the file cannot be read: it is a folder"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_a_device_is_not_opened(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to would wait for ever."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(Faults) as caught:
            read_file(path, "p")
        assert str(caught.value) == "p:1:1: the file cannot be read: it is not a regular file"


def test_bytes_that_are_not_utf8_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + "# où\na: ".encode() + "é: 1".encode("latin-1"))
        with pytest.raises(Faults) as caught:
            read_file(path, "latin.yaml")
        assert str(caught.value) == "latin.yaml:2:4: this is not UTF-8 text: save the file as UTF-8"


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_file(path).data == {"a": 1}


def test_a_place_is_shown_at_its_key_and_unknown_parts_are_left_out() -> None:
    document = read("a:\n  - b: {c: 1}\n    d: x\n")
    assert document.locate(("a", 0, "d")) == (3, 5)
    fault = document.fault(("a", 0, "b", "tag", "c"), message("wrong"))
    assert str(fault) == "<text>:2:9: a[0].b.c: wrong"


def test_columns_count_characters_not_bytes() -> None:
    assert read("{é: 1, b: 2}").locate(("b",)) == (1, 8)


def test_a_fault_says_what_was_meant() -> None:
    fault = Fault("f", 1, 2, "a.b", message("unknown x"), "y")
    assert str(fault) == "f:1:2: a.b: unknown x; did you mean 'y'?"


def test_a_fault_in_french_has_no_break_before_its_marks() -> None:
    fault = Fault("f", 1, 2, "a.b", message("it must not be empty"), "y")
    assert fault.show(lambda text: say(text, "fr")) == (
        "f:1:2: a.b: la valeur ne doit pas être vide\u202f;"
        " vouliez-vous dire «\u202fy\u202f»\u202f?"
    )


def test_a_warning_says_that_it_is_one() -> None:
    fault = Fault("f", 1, 2, "a.b", message("it must not be empty"), warning=True)
    assert str(fault) == "f:1:2: warning: a.b: it must not be empty"
    assert fault.show(lambda text: say(text, "fr")).startswith("f:1:2: avertissement\u202f: a.b: ")


def test_faults_are_in_the_order_of_their_lines() -> None:
    wrong = message("wrong")
    faults = Faults([Fault("f", 2, 1, "", wrong), Fault("f", 1, 9, "", wrong)])
    assert str(faults) == "f:1:9: wrong\nf:2:1: wrong"


def test_nearest_offers_only_what_is_close() -> None:
    assert nearest("opt-nv", ["opt-nc", "alpha"]) == "opt-nc"
    assert nearest("xyz", ["opt-nc", "alpha"]) is None


def test_nearest_does_not_count_capitals() -> None:
    assert nearest("refused", ["NOERROR", "REFUSED"]) == "REFUSED"
    assert nearest("Paris", ["lyon", "paris"]) == "paris"


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("court-be", "court-fr"),
        ("prosecutor-bg", "prosecutor-fr"),
        ("rila-web-3", "rila-web-1"),
        ("coco.test", "coco.xg"),
    ],
)
def test_words_that_differ_in_a_whole_part_are_not_near(word: str, other: str) -> None:
    assert nearest(word, [other]) is None


def test_what_is_unknown_is_told_with_the_choice_where_that_is_short() -> None:
    kind = message("host")
    assert str(unknown(kind, "x", ["a", "b"], None)) == "unknown host 'x'; choose from a, b"
    assert str(unknown(kind, "x", ["a", "b"], "a")) == "unknown host 'x'"
    assert str(unknown(kind, "x", map(str, range(21)), None)) == "unknown host 'x'"
    assert str(unknown(kind, "x", [], None)) == "unknown host 'x'"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        ([1, 2], "[…]"),
        ({"a": 1}, "{…}"),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_values_are_shown_as_they_are_written_and_never_in_full_length(
    value: object, text: str
) -> None:
    assert shown(value) == text


def test_a_path_reads_as_it_is_written() -> None:
    assert describe(("steps", 2, "order", "to")) == "steps[2].order.to"


def outcome(text: str) -> tuple[Fault, ...]:
    """Return the faults of a text, none if it is a document; let any other exception out."""
    try:
        read(text)
    except Faults as faults:
        return faults.faults
    return ()


@given(st.text(st.characters()))
def test_any_text_is_a_document_or_faults(text: str) -> None:
    assert all(fault.line >= 1 and fault.column >= 1 for fault in outcome(text))


yaml_pieces = st.lists(
    st.sampled_from(
        [*"{}[]:,-&*!|>'\"%@`?#~ \n\t", "a", "b", "&x ", "*x", "- ", ": ", "\n  ", "true", "---\n"]
    )
)


@given(yaml_pieces.map("".join))
def test_anything_that_looks_like_yaml_is_a_document_or_faults(text: str) -> None:
    assert all(str(fault) for fault in outcome(text))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text("abc é-0", max_size=5),
        lambda part: (
            st.lists(part, max_size=4)
            | st.dictionaries(st.text("abc", min_size=1, max_size=3), part, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_plain_data_survives_a_journey_through_yaml(data: object) -> None:
    text = yaml.safe_dump(data, allow_unicode=True)
    assert read(text).data == data or data is None
