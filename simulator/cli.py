"""The command line: what it takes, and what it ends with.

Exit status: 0 all expectations held; 1 an expectation failed; 2 bad input or usage; 70 a
fault of the program itself. Each command imports only what it uses: start-up time is part
of the product.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.errors import LabError
from simulator.text import LANGUAGES, say, system_language
from simulator.values import Message, message

MISUSED = 2
BROKEN = 70
"""What sysexits.h calls EX_SOFTWARE."""
INTERRUPTED, NOBODY_READS = 130, 141
"""What a shell reports for a program ended by SIGINT, by SIGPIPE."""

_GARBAGE = 100_000
"""Objects between two rounds of the garbage collector. Imports and a world make many that
stay: at the default of 700 the rounds cost a tenth of the headline command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status. Raises nothing that a reader would see."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    _mend_streams()
    language = language_of(arguments)
    thresholds = gc.get_threshold()
    gc.set_threshold(_GARBAGE)
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
    except OSError as error:  # the lab's own never come here: what failed is our output
        if os.name == "nt" and error.errno == errno.EINVAL:  # how a closed pipe looks there
            status = NOBODY_READS
        else:
            why = error.strerror or type(error).__name__
            text = message("the output cannot be written: {why}", why=why)
            _write_error(say(text, language))
            status = MISUSED
        _leave_quietly()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "simulator":
            _confess(error, language)
            status = BROKEN
        else:
            _complain(LabError(_not_installed(error.name or "?")), language)
            status = MISUSED
    except Exception as error:  # whatever it is, it is not the user's fault
        _confess(error, language)
        status = BROKEN
    finally:
        gc.set_threshold(*thresholds)
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


def _mend_streams() -> None:
    """Write into nothing what has nowhere to go: a stream closed by the caller is None."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # to the end
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _not_installed(library: str) -> Message:
    """Return what to do about a library that this Python does not have."""
    folder = Path(__file__).resolve().parent.parent
    windows = os.name == "nt"
    python = Path(".venv", "Scripts" if windows else "bin", "python.exe" if windows else "python")
    if (folder / python).exists():
        return message(
            "this Python lacks the library {library}; the environment beside the program has it: "
            "{command}",
            library=library,
            command=f"{python} run_sim.py",
        )
    interpreter = "py" if windows else "python3"
    return message(
        "this Python lacks the library {library}; install what the program needs as the README "
        "says: {command}",
        library=library,
        command=f"{interpreter} -m venv .venv, {python.parent / 'pip'} install -e .",
    )


def program_name() -> str:
    """Return what a user types to call us, but for the interpreter."""
    name = Path(sys.argv[0]).name
    if name == "__main__.py":
        return "python -m simulator"
    return f"python {name}" if name.endswith(".py") else name or "takedown-lab"


def _run(arguments: Sequence[str], language: str) -> int:
    from simulator.report.usage import parse
    from simulator.tools.command import split_tool

    arguments, words = split_tool(arguments)
    try:
        options = parse(arguments, language, program_name())
    except SystemExit as end:  # how argparse ends, after its help or its sentence
        return end.code if isinstance(end.code, int) else MISUSED
    if options.command in ("list", "check", "schema"):
        from simulator.report import listing

        return listing.COMMANDS[options.command](options, language)
    if options.command == "bench":
        from simulator.bench import main as bench
        from simulator.report.files import check_writable

        if options.json not in (None, "-"):
            check_writable(Path(options.json))
        return bench(options.json, language)
    if options.command == "who-can":
        from simulator.report.who_can import who_can

        return who_can(options, language)
    if options.command == "evidence":
        from simulator.report.evidence import run as evidence

        return evidence(options, language)
    if options.command == "at":
        from simulator.tools.command import at

        return at(options, words, language)
    if options.command == "diagnose":
        from simulator.report.ooni import run as diagnose

        return diagnose(options, language)
    if options.command == "matrix":
        from simulator.report.studying import show_matrix

        return show_matrix(options, language)
    from simulator.report.showing import show

    return show(options, language, program_name())


def _complain(error: LabError, language: str) -> None:
    """Write what is wrong; of a file, each fault on a line of its own."""

    def told(text: Message) -> str:
        return say(text, language)

    faults = getattr(error, "faults", ())
    for text in [fault.show(told) for fault in faults] or [told(error.message)]:
        _write_error(text)


def _confess(error: Exception, language: str) -> None:
    """Show where the program went wrong, and last, so that it is seen, what to do about it."""
    import traceback

    traceback.print_exception(error)
    text = message(
        "This is a fault of the program, not yours ({kind}): please report it, with the lines"
        " above, in the project's issue tracker.",
        kind=type(error).__name__,
    )
    _write_error(say(text, language))


def _write_error(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=sys.stderr)  # noqa: T201


def _leave_quietly() -> None:
    """Give the interpreter a stdout that it can flush on its way out."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
