"""What the command ``evidence`` takes. Imports nothing heavy: every command's help is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.text import say
from simulator.values import Message, message

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser, language: str) -> None:
    """Give the parser of ``evidence`` what it takes, but for ``--lang``."""

    def told(text: Message) -> str:
        return say(text, language).replace("%", "%%")

    parser.add_argument(
        "action",
        metavar=told(message("ACTION")),
        choices=("verify", "show", "ask"),
        help=told(message("verify, show or ask")),
    )
    parser.add_argument(
        "file", metavar=told(message("FILE")), help=told(message("the record of a seized server"))
    )
    parser.add_argument(
        "question",
        metavar=told(message("QUESTION")),
        nargs="?",
        help=told(message("what to ask of it; without one, the questions that there are")),
    )
    parser.add_argument(
        "--head",
        metavar=told(message("HASH")),
        help=told(message("the last hash, as it was noted elsewhere; verify compares it")),
    )
