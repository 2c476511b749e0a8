"""Paste what the lab really prints into the pages that show it.

A page marks such a block, in the line before it, with the script and the part of its run::

    <!-- printed by examples/seize_a_name.py: order -->

``python docs/build.py`` runs the scripts, in the page's language, and rewrites those blocks;
with ``--check`` it changes nothing, and ends with status 1 if a page is out of date.
"""

# ruff: noqa: T201  # it tells what it did

from __future__ import annotations

import importlib.util
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKED = re.compile(
    r"^(<!-- printed by (?P<script>\S+): (?P<part>\S+) -->\n```text\n)(?P<shown>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@cache
def printed(script: str, language: str) -> dict[str, str]:
    """Return what each part of a script's run prints, by the part's name."""
    path = ROOT / script
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parts: dict[str, str] = module.parts(language)
    return parts


def built(page: Path) -> str:
    """Return a page as it should be; `KeyError` for a part that its script does not have."""
    language = "fr" if "fr" in page.relative_to(ROOT).parts else "en"

    def paste(marked: re.Match[str]) -> str:
        text = printed(marked["script"], language)[marked["part"]]
        return f"{marked[1]}{text.rstrip()}\n```"

    return MARKED.sub(paste, page.read_text(encoding="utf-8"))


def pages() -> list[Path]:
    """Return the pages that have such blocks."""
    every = sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in every if MARKED.search(page.read_text(encoding="utf-8"))]


def main(arguments: list[str]) -> int:
    """Rewrite the pages, or check them; return the exit status."""
    stale = [page for page in pages() if built(page) != page.read_text(encoding="utf-8")]
    for page in stale:
        if "--check" in arguments:
            print(f"{page.relative_to(ROOT)} is out of date: run python docs/build.py")
        else:
            page.write_text(built(page), encoding="utf-8")
            print(f"{page.relative_to(ROOT)} rewritten")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
