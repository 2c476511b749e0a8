"""Every sentence of the program is in the French catalogue, and the catalogue is compiled.

Sentences are found where they are written: ``message("literal")``. After a change of the
catalogue: ``python -m babel.messages.frontend compile -D takedown-lab -d simulator/locale``.
"""

import ast
import io
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from simulator.text import DOMAIN, FOLDER, NARROW_SPACE

PACKAGE = FOLDER.parent
CATALOGUE = FOLDER / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po"
ARGPARSE = "argparse"


def sentences() -> Iterator[tuple[str, str]]:
    """Yield each ``message("literal")`` of the package with where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if called and node.func.id == "message" and node.args:
                text = node.args[0]
                if isinstance(text, ast.Constant):
                    yield text.value, f"{path.relative_to(PACKAGE)}:{node.lineno}"


@pytest.fixture(scope="module")
def french() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="fr", domain=DOMAIN)


def entries(catalogue: Catalog) -> Iterator[tuple[str, str, bool]]:
    for entry in catalogue:
        if entry.id:
            of_argparse = any(place == ARGPARSE for place, _ in entry.locations)
            yield str(entry.id), str(entry.string), of_argparse


def test_every_sentence_is_translated(french: Catalog) -> None:
    known = {text for text, translated, _ in entries(french) if translated}
    missing = [f"{where}: {text}" for text, where in sentences() if text not in known]
    assert missing == []


def test_no_translation_is_left_over(french: Catalog) -> None:
    used = {text for text, _ in sentences()}
    left = [text for text, _, of_argparse in entries(french) if not (of_argparse or text in used)]
    assert left == []


def test_translations_have_the_same_blanks_to_fill(french: Catalog) -> None:
    for text, translated, of_argparse in entries(french):
        if of_argparse:
            blanks = [sorted(re.findall(r"%(?:\(\w+\))?[sr]", each)) for each in (text, translated)]
        else:
            blanks = [
                sorted(field for _, field, _, _ in string.Formatter().parse(each) if field)
                for each in (text, translated)
            ]
        assert blanks[0] == blanks[1], text


def test_the_catalogue_types_plain_spaces(french: Catalog) -> None:
    # `typeset` makes them narrow; argparse's own words do not pass through it.
    for text, translated, of_argparse in entries(french):
        assert of_argparse or NARROW_SPACE not in translated, text
        assert not re.search(r"[^\s\u202f\u00a0(\"'.{:;][;!?»](\s|$)", translated), translated


def test_the_compiled_catalogue_is_what_the_source_compiles_to(french: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, french)
    assert Path(CATALOGUE).with_suffix(".mo").read_bytes() == compiled.getvalue()
