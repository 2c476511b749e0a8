"""What the command ``who-can`` takes. Imports nothing heavy: every command's help is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.text import say
from simulator.values import Message, message

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser, language: str) -> None:
    """Give the parser of ``who-can`` what it takes, but for ``--lang`` and ``--json``."""

    def told(text: Message) -> str:
        return say(text, language).replace("%", "%%")

    parser.epilog = told(
        message(
            "Somebody whom the world does not have is written by kind and country:"
            " prosecutor:FR, registry:GG."
        )
    )
    parser.add_argument(
        "authority", metavar=told(message("AUTHORITY")), help=told(message("who would order it"))
    )
    parser.add_argument(
        "operator", metavar=told(message("OPERATOR")), help=told(message("who would be ordered"))
    )
    parser.add_argument(
        "lever",
        metavar=told(message("LEVER")),
        nargs="?",
        help=told(message("what is wanted (all that the operator has, unless stated)")),
    )
    parser.add_argument(
        "--on",
        metavar=told(message("DATE")),
        help=told(message("the day, as 2024-06-25 (the world's first unless stated)")),
    )
    parser.add_argument(
        "--world",
        metavar=told(message("NAME_OR_FILE")),
        help=told(message("the world whose authorities and operators are meant (europe)")),
    )
