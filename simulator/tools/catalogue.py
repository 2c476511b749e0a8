"""The tools by name, how one is run, and how it says that it was asked the wrong thing."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias, cast

from simulator.errors import LabError, NotSimulated
from simulator.tools.machine import MISUSED, Machine, Output, UsageError
from simulator.tools.names import TOOLS
from simulator.values import message
from simulator.world.choices import PAGE
from simulator.world.faults import nearest

Run: TypeAlias = Callable[[Machine, Sequence[str], Output], Awaitable[int]]


class ToolModule(Protocol):
    """A module with a function of the tool's name, and with its usage.

    ``HELP`` are the words that ask for it, where they are others than usual.
    """

    USAGE: str


NOT_SIMULATED = (
    *("rdap", "host", "nslookup", "kdig", "drill", "delv", "resolvectl", "getent"),
    *("mtr", "tracepath", "tcptraceroute", "nmap", "nc", "ncat", "netcat", "telnet", "ssh"),
    *("wget", "httpie", "http", "tcpdump", "tshark", "ip", "ss", "netstat", "ooniprobe", "tor"),
)
STOPPED = 130
"""What a shell reports for a program that somebody stopped."""
LONGEST = 3600
"""Seconds of lab time after which a tool is stopped: some would wait for ever."""
_HELP = ("-h", "--help", "-help")


async def run_tool(machine: Machine, words: Sequence[str], output: Output) -> int:
    """Run a command line on a machine and return its exit status, the real tool's own.

    2 for what the tool does not take, with a sentence and its usage; `LabError` for a tool
    that there is not.
    """
    name, *arguments = words
    module = load_tool(name)
    usage = f"{name}: {module.USAGE}"
    if any(word in getattr(module, "HELP", _HELP) for word in arguments):
        output.out(f"{usage}\n{machine.say(TOOLS[name])}\n")
        return 0
    run = cast(Run, getattr(module, name))
    try:
        async with asyncio.timeout(LONGEST):
            return await run(machine, arguments, output)
    except UsageError as error:
        output.complain(f"{name}: {machine.say(error.message)}")
        output.complain(usage)
        return MISUSED
    except TimeoutError:
        text = message("stopped: an hour of lab time has passed without an end")
        output.complain(f"{name}: {machine.say(text)}")
        return STOPPED


def load_tool(name: str) -> ToolModule:
    """Return the module of a tool; raise `LabError` for one that there is not."""
    if name in TOOLS:
        return cast(ToolModule, importlib.import_module(f"simulator.tools.{name}"))
    if name in NOT_SIMULATED:
        raise NotSimulated(
            message(
                "the lab has no {tool}; it has {known} ({page} says what is not simulated)",
                tool=name,
                known=", ".join(TOOLS),
                page=PAGE,
            )
        )
    known, meant = ", ".join(TOOLS), nearest(name, TOOLS)
    if meant is None:
        raise LabError(
            message("unknown tool '{word}'; the lab has {known}", word=name, known=known)
        )
    raise LabError(
        message("unknown tool '{word}'; did you mean '{meant}'?", word=name, meant=meant)
    )
