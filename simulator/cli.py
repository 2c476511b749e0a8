"""The command line: what it takes, and what it ends with.

Exit status: 0 all expectations held; 1 an expectation failed; 2 bad input or usage. Each
command imports only what it uses: start-up time is part of the product.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.text import LANGUAGES, say, system_language
from simulator.values import message

if TYPE_CHECKING:
    import argparse

HELD, FAILED, MISUSED = 0, 1, 2
INTERRUPTED, NOBODY_READS = 130, 141
"""What a shell reports for a program ended by SIGINT, by SIGPIPE."""

HEADLINE = "block_vs_seizure"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status. Never raises for what a user did."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    language = language_of(arguments)
    try:
        status = _run(arguments, language)
        sys.stdout.flush()
    except LabError as error:
        _complain(error, language)
        status = MISUSED
    except KeyboardInterrupt:
        print(file=sys.stderr)  # noqa: T201
        status = INTERRUPTED
    except BrokenPipeError:
        _leave_quietly()
        status = NOBODY_READS
    return status


def language_of(arguments: Sequence[str]) -> str:
    """Return the language asked for anywhere among the arguments, else the system's."""
    for place, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if option == "--lang":
            wanted = value if equals else next(iter(arguments[place + 1 :]), "")
            if wanted in LANGUAGES:
                return wanted
    return system_language()


def program_name() -> str:
    """Return what a user types to call us, but for the interpreter."""
    name = Path(sys.argv[0]).name
    if name == "__main__.py":
        return "python -m simulator"
    return f"python {name}" if name.endswith(".py") else name or "takedown-lab"


def _run(arguments: Sequence[str], language: str) -> int:
    from simulator.report.usage import parse

    try:
        options = parse(arguments, language, program_name())
    except SystemExit as exit_:  # how argparse ends, after its sentence or its help
        return exit_.code if isinstance(exit_.code, int) else MISUSED
    return _command(options, language)


def _command(options: argparse.Namespace, language: str) -> int:
    """Do what was asked; import no more than that takes."""
    if options.command == "list":
        from simulator.report.listing import write_list

        return write_list(sys.stdout, language)
    if options.command == "check":
        from simulator.report.listing import check

        return check(options.files, sys.stdout, sys.stderr, language)
    if options.command == "schema":
        from simulator.report.listing import write_schema

        return write_schema(options.kind, sys.stdout)
    if options.command == "bench":
        from simulator.bench import main as bench

        return bench(options.json, language)
    from simulator.report.showing import Wanted, show

    wanted = Wanted(
        getattr(options, "name", HEADLINE),
        language,
        options.seed,
        options.json,
        options.pcap,
        options.journal,
        options.step,
    )
    return show(wanted, program_name())


def _complain(error: LabError, language: str) -> None:
    """Write what is wrong, a line for each fault."""
    from simulator.report.listing import fault_lines

    for line in fault_lines(error) or [say(error.message, language)]:
        text = line if isinstance(line, str) else line.show(lambda each: say(each, language))
        _say_on_error_stream(text)
    if not fault_lines(error):
        return


def _say_on_error_stream(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=sys.stderr)  # noqa: T201


def _leave_quietly() -> None:
    """Give the interpreter a stdout that it can flush on its way out."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def usage_error(text: str) -> LabError:
    """Return an error that ends the program with status 2."""
    return LabError(message("{text}", text=text))
