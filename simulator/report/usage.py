"""What the command line takes, and its help, in the reader's language."""

from __future__ import annotations

import argparse
import contextlib
import gettext
import os
from collections.abc import Iterator, Sequence
from typing import NoReturn, TypeAlias

from simulator.text import DOMAIN, FOLDER, LANGUAGES, say
from simulator.values import Message, message

HEADLINE = "block_vs_seizure"
"""The scenario that is shown when none is named."""
SCHEMAS = ("scenario", "world", "result")

_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def parse(arguments: Sequence[str], language: str, program: str) -> argparse.Namespace:
    """Return what was asked for; `SystemExit` with 0 after help, with 2 after a complaint."""
    with _argparse_speaks(language):
        parser = _Usage(language).parser(program)
        options = parser.parse_args(list(arguments))
        if options.command in (None, "run"):
            _check_outputs(options, parser, language)
    return options


def _check_outputs(
    options: argparse.Namespace, parser: argparse.ArgumentParser, language: str
) -> None:
    if options.json == "-" and options.step:
        text = message("--step needs the report, which --json - does not show")
        parser.error(say(text, language))
    for option in ("pcap", "journal"):
        if getattr(options, option) == "-":
            text = message("--{option} needs a file: only --json goes to '-'", option=option)
            parser.error(say(text, language))


@contextlib.contextmanager
def _argparse_speaks(language: str) -> Iterator[None]:
    """Have argparse find its own words in our catalogue: it asks gettext's current domain."""
    domain, before = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage: that is in the help."""

    language = "en"

    def error(self, problem: str) -> NoReturn:
        """End with status 2."""
        told = say(message("{problem} (see --help)", problem=problem), self.language)
        template = gettext.gettext("%(prog)s: error: %(message)s\n")
        self.exit(2, template % {"prog": self.prog, "message": told})


class _Usage:
    def __init__(self, language: str) -> None:
        self._language = language

    def _say(self, text: Message) -> str:
        return say(text, self._language).replace("%", "%%")

    def parser(self, program: str) -> _Parser:
        """Return the whole command line."""
        parser = _Parser(
            prog=program,
            description=self._say(
                message(
                    "See the difference between blocking a site at the access provider and"
                    " seizing it. Without a command: the contrast in one story."
                )
            ),
            epilog=self._say(
                message(
                    "Exit status: 0 all expectations held, 1 one did not, 2 bad input or usage,"
                    " 70 a fault of the program itself."
                )
            ),
        )
        parser.language = self._language
        self._run_options(parser, top=True)
        commands = parser.add_subparsers(
            dest="command",
            metavar=self._say(message("COMMAND")),
            title=self._say(message("commands")),
        )
        self._add_commands(commands)
        return parser

    def _add_commands(self, commands: _Commands) -> None:
        name, file = self._say(message("NAME_OR_FILE")), self._say(message("FILE"))
        self._command(commands, "list", message("list the scenarios, a line each"))
        run = self._command(commands, "run", message("run a scenario"), lang=False)
        run.add_argument("name", metavar=name, help=self._say(message("see 'list', or a file")))
        self._run_options(run, top=False)
        check = self._command(commands, "check", message("check scenario or world files"))
        check.add_argument(
            "files", metavar=file, nargs="+", help=self._say(message("what to check"))
        )
        schema = self._command(commands, "schema", message("print a JSON Schema"))
        schema.add_argument(
            "kind",
            metavar=self._say(message("KIND")),
            choices=SCHEMAS,
            help=self._say(message("of what: {kinds}", kinds=", ".join(SCHEMAS))),
        )
        self._who_can(commands)
        self._evidence(commands)
        self._matrix(commands)
        self._at(commands)
        diagnose = self._command(
            commands, "diagnose", message("say what measurements in OONI's format speak for")
        )
        diagnose.add_argument(
            "files",
            metavar=file,
            nargs="+",
            help=self._say(message("measurements, the lab's or OONI's: JSON, or a line each")),
        )
        self._json(diagnose, top=False)
        bench = self._command(
            commands, "bench", message("measure speed, each figure beside its limit")
        )
        self._json(bench, top=False)

    def _who_can(self, commands: _Commands) -> None:
        from simulator.report.who_can_usage import add_arguments

        parser = self._command(
            commands, "who-can", message("say who may compel whom, by which way, how fast")
        )
        add_arguments(parser, self._language)
        self._json(parser, top=False)

    def _evidence(self, commands: _Commands) -> None:
        from simulator.report.evidence_usage import add_arguments

        parser = self._command(
            commands, "evidence", message("check and question the record of a seized server")
        )
        add_arguments(parser, self._language)

    def _at(self, commands: _Commands) -> None:
        from simulator.tools.command import add_arguments

        parser = self._command(
            commands, "at", message("use dig, curl, ping and the like where somebody sits")
        )
        add_arguments(parser, self._language)
        self._seed(parser, top=False)

    def _matrix(self, commands: _Commands) -> None:
        parser = self._command(
            commands, "matrix", message("measure every measure by every way round it")
        )
        measure, way = self._say(message("MEASURE")), self._say(message("WAY"))
        parser.add_argument(
            "--world",
            metavar=self._say(message("NAME_OR_FILE")),
            help=self._say(message("the world to measure in (crossroads unless stated)")),
        )
        parser.add_argument(
            "--measure",
            metavar=measure,
            nargs="+",
            help=self._say(message("measures by id, several done together joined by '+'")),
        )
        parser.add_argument(
            "--via", metavar=way, nargs="+", help=self._say(message("ways round by id"))
        )
        parser.add_argument(
            "--explain",
            metavar=(measure, way),
            nargs=2,
            help=self._say(message("tell one cell packet by packet")),
        )
        parser.add_argument(
            "--confusion",
            metavar="N",
            type=self._whole_number,
            help=self._say(
                message("instead: diagnose every measure in N random worlds, and count")
            ),
        )
        self._seed(parser, top=False)
        self._json(parser, top=False)

    def _command(
        self, commands: _Commands, name: str, does: Message, *, lang: bool = True
    ) -> _Parser:
        parser = commands.add_parser(name, help=self._say(does), description=self._say(does))
        parser.language = self._language
        if lang:
            self._lang(parser, top=False)
        return parser

    # A command repeats the options of the top without their defaults, which would otherwise
    # hide what was given before the command's name.

    def _run_options(self, parser: argparse.ArgumentParser, *, top: bool) -> None:
        file, hidden = self._say(message("FILE")), argparse.SUPPRESS
        self._lang(parser, top=top)
        self._seed(parser, top=top)
        self._json(parser, top=top)
        for option, text in (
            ("--pcap", message("write every packet to a file that Wireshark opens")),
            ("--journal", message("write all that happened to a file, a JSON object a line")),
        ):
            parser.add_argument(
                option, metavar=file, default=None if top else hidden, help=self._say(text)
            )
        parser.add_argument(
            "--ooni",
            metavar=self._say(message("FOLDER")),
            default=None if top else hidden,
            help=self._say(message("write every visit as a measurement in OONI's format")),
        )
        parser.add_argument(
            "--evidence",
            metavar=self._say(message("FILE_OR_FOLDER")),
            default=None if top else hidden,
            help=self._say(message("write the records of copied servers, for 'evidence'")),
        )
        parser.add_argument(
            "--step",
            action="store_true",
            default=False if top else hidden,
            help=self._say(message("wait for Enter between the steps")),
        )

    def _seed(self, parser: argparse.ArgumentParser, *, top: bool) -> None:
        parser.add_argument(
            "--seed",
            metavar="N",
            type=self._whole_number,
            default=0 if top else argparse.SUPPRESS,
            help=self._say(message("what all randomness comes from (0 unless stated)")),
        )

    def _whole_number(self, typed: str) -> int:
        try:
            return int(typed)
        except ValueError:
            text = message("'{typed}' is not a whole number", typed=typed)
            raise argparse.ArgumentTypeError(say(text, self._language)) from None

    def _lang(self, parser: argparse.ArgumentParser, *, top: bool) -> None:
        parser.add_argument(
            "--lang",
            choices=LANGUAGES,
            default=None if top else argparse.SUPPRESS,
            help=self._say(message("language (the system's unless stated)")),
        )

    def _json(self, parser: argparse.ArgumentParser, *, top: bool) -> None:
        parser.add_argument(
            "--json",
            metavar=self._say(message("FILE")),
            default=None if top else argparse.SUPPRESS,
            help=self._say(message("write the result as JSON to a file; '-' for standard output")),
        )
