"""The commands that only read files: list, check, schema. No network stack is imported."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from simulator.text import say, typeset
from simulator.values import Message, message

if TYPE_CHECKING:
    import argparse


def write_list(options: argparse.Namespace, language: str) -> int:
    """Write the built-in scenarios, a line each: name and title."""
    from simulator.report.glyphs import glyphs_for
    from simulator.scenario.loader import built_in_scenarios
    from simulator.world.source import read_file

    glyphs = glyphs_for(sys.stdout.encoding)
    scenarios = built_in_scenarios()
    width = max(map(len, scenarios), default=0)
    for name, path in scenarios.items():
        data = read_file(path).data
        title = data.get("title", "") if isinstance(data, dict) else ""
        if isinstance(title, dict):
            title = title.get(language) or title.get("en", "")
        sys.stdout.write(f"{name:<{width}}  {glyphs.fit(typeset(str(title), language))}\n")
    return 0


def check(options: argparse.Namespace, language: str) -> int:
    """Check files; write each fault on the error stream, and what is fine on the other."""
    from simulator.errors import LabError
    from simulator.report.files import check_readable
    from simulator.report.glyphs import glyphs_for
    from simulator.scenario.loader import check_file, find_file

    status = 0

    def told(text: Message) -> str:
        return say(text, language)

    for name in options.files:
        try:
            path = find_file(name)
            check_readable(path)
            untranslated = check_file(path)
        except LabError as error:
            status = 2
            stream = sys.stderr
            faults = getattr(error, "faults", None)
            lines = (
                [told(error.message)] if faults is None else [each.show(told) for each in faults]
            )
        else:
            stream = sys.stdout
            lines = [fault.show(told) for fault in untranslated]
            lines.append(told(message("{file}: no fault found", file=name)))
        fit = glyphs_for(stream.encoding).fit
        stream.writelines(fit(line) + "\n" for line in lines)
    return status


def write_schema(options: argparse.Namespace, language: str) -> int:
    """Write the JSON Schema of a kind of file."""
    from simulator.scenario.schema import schema

    text = json.dumps(schema(options.kind), indent=2, ensure_ascii=False)
    sys.stdout.write(text + "\n")
    return 0


COMMANDS = {"list": write_list, "check": check, "schema": write_schema}
