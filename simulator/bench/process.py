"""What the headline command costs as a whole process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from simulator.bench.figures import Figure
from simulator.values import message

_NO_COMPILED_MODULES = "PYTHONDONTWRITEBYTECODE"
_MEASURE = (
    "import resource, subprocess, sys\n"
    "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
)


def process() -> list[Figure]:
    """The headline command as a whole process, beside the bare imports of its libraries.

    Empty where the system does not tell what a child process used (Windows).
    """
    if sys.platform == "win32":
        return []
    door = [sys.executable, "-m", "simulator"]
    imports = [sys.executable, "-c", "import aiohttp, dnslib, pydantic, rich"]
    _child(door)
    pairs = [(_child(door), _child(imports)) for _ in range(5)]
    ratio = statistics.median(ours[0] / bare[0] for ours, bare in pairs)
    memory = max(ours[1] for ours, _ in pairs)
    cost = statistics.median(ours[0] for ours, _ in pairs)
    bare_cost = statistics.median(bare[0] for _, bare in pairs)
    return [
        Figure(
            "process",
            message("the headline command as a process, of its libraries' bare imports"),
            ratio, 2.0, "", at_most=True, detail=f"{cost:.2f} s, {bare_cost:.2f} s",
        ),
        Figure(
            "process-memory",
            message("the most memory of the headline command"),
            memory, 100.0, "MB", at_most=True,
        ),
    ]  # fmt: skip


def _child(command: list[str]) -> tuple[float, float]:
    """Return processor seconds and megabytes of a command, as the system counted them."""
    out = subprocess.run(  # our own interpreter
        [sys.executable, "-c", _MEASURE, *command],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
        # A cold process, not a cold disk: compiled modules are kept, as on anybody's machine.
        env={key: value for key, value in os.environ.items() if key != _NO_COMPILED_MODULES},
    ).stdout.split()
    kilobytes = float(out[1]) / (1024 if sys.platform == "darwin" else 1)
    return float(out[0]), kilobytes / 1024
