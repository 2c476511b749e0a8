"""ping: asks a machine whether it is there (ICMP echo), and how far."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from simulator.lab.tracing import Reply, Tracer
from simulator.net.packets import is_ipv6
from simulator.tools.destination import Destination, find_destination
from simulator.tools.kernel_words import in_words
from simulator.tools.machine import MISUSED, Machine, Output
from simulator.tools.options import Option, Options, read_options
from simulator.values import MILLISECOND, Duration, IcmpKind

USAGE = "ping [-4|-6] [-c count] [-i seconds] [-W seconds] [-t ttl] [-s size] [-q] [-n] destination"
_OPTIONS = (
    Option(("-4",)),
    Option(("-6",)),
    Option(("-c",), takes=True),
    Option(("-i",), takes=True),
    Option(("-W",), takes=True),
    Option(("-t",), takes=True),
    Option(("-s",), takes=True),
    Option(("-q",)),
    Option(("-n",)),
)
_REFUSED = ("-f", "-I", "-l", "-M", "-p", "-Q", "-R", "-T", "-b", "-w", "-A", "-a", "-D", "-O")
COUNT = 4
"""Requests without -c. A real one goes on until it is stopped; lab time would not stop."""
NONE_RECEIVED = 1

_ERRORS = {
    IcmpKind.NETWORK_UNREACHABLE: "Destination Net Unreachable",
    IcmpKind.HOST_UNREACHABLE: "Destination Host Unreachable",
    IcmpKind.PORT_UNREACHABLE: "Destination Port Unreachable",
    IcmpKind.PROHIBITED: "Packet filtered",
    IcmpKind.TIME_EXCEEDED: "Time to live exceeded",
}


async def ping(machine: Machine, arguments: Sequence[str], output: Output) -> int:
    """Run ping on a machine and return its exit status."""
    options = read_options(arguments, _OPTIONS, _REFUSED)
    destination = await find_destination(machine, options)
    if destination is None:
        output.complain(f"ping: {options.operands[0]}: Name or service not known")
        return MISUSED
    try:
        machine.host.source_for(destination.address)
    except OSError as error:
        output.complain(f"ping: connect: {in_words(error)}")
        return MISUSED
    return await _Ping(machine, options, destination, output).run()


class _Ping:
    def __init__(
        self, machine: Machine, options: Options, destination: Destination, output: Output
    ) -> None:
        self._tracer = Tracer(machine.host)
        self._machine = machine
        self._destination = destination
        self._output = output
        self._count = options.whole("-c", COUNT, 1)
        self._interval = options.number("-i", 1.0)
        self._patience = options.number("-W", 10.0)
        self._ttl = options.whole("-t", 64, 1, 255)
        self._size = options.whole("-s", 56)
        self._quiet = "-q" in options
        self._times: list[Duration] = []
        self._errors = 0

    async def run(self) -> int:
        name, address = self._destination
        if is_ipv6(address):
            self._output.line(f"PING {name}({address}) {self._size} data bytes")
        else:
            sizes = f"{self._size}({self._size + 28})"
            self._output.line(f"PING {name} ({address}) {sizes} bytes of data.")
        began = self._machine.lab.now
        async with asyncio.TaskGroup() as requests:
            for number in range(1, self._count + 1):
                if number > 1:
                    await asyncio.sleep(self._interval)
                requests.create_task(self._ask(number))
            sent = self._machine.lab.now - began
        self._summarize(sent if self._times or self._errors else self._machine.lab.now - began)
        return 0 if self._times else NONE_RECEIVED

    async def _ask(self, number: int) -> None:
        reply = await self._tracer.probe(
            self._destination.address,
            self._ttl,
            kind="icmp",
            port=number,
            data=bytes(self._size),
            timeout=self._patience,
        )
        if reply.kind is IcmpKind.ECHO_REPLY:
            self._times.append(reply.elapsed)
        elif reply.kind is not None:
            self._errors += 1
        if not self._quiet and reply.kind is not None:
            self._output.line(self._told(number, reply))

    def _told(self, number: int, reply: Reply) -> str:
        if reply.kind is IcmpKind.ECHO_REPLY:
            return (
                f"{self._size + 8} bytes from {reply.address}: icmp_seq={number} "
                f"ttl={reply.ttl} time={_milliseconds(reply.elapsed)} ms"
            )
        assert isinstance(reply.kind, IcmpKind)
        return f"From {reply.address} icmp_seq={number} {_ERRORS[reply.kind]}"

    def _summarize(self, took: Duration) -> None:
        sent, received = self._count, len(self._times)
        errors = f", +{self._errors} errors" if self._errors else ""
        lost = f"{(sent - received) * 100 / sent:.6g}% packet loss"
        self._output.line()
        self._output.line(f"--- {self._destination.name} ping statistics ---")
        self._output.line(
            f"{sent} packets transmitted, {received} received{errors}, {lost}, "
            f"time {took // MILLISECOND}ms"
        )
        if self._times:
            self._output.line(f"rtt min/avg/max/mdev = {_spread(self._times)} ms")
        else:
            self._output.line()


def _milliseconds(time: Duration) -> str:
    """Return a time with three digits that mean something, as ping does."""
    value = time / MILLISECOND
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _spread(times: list[Duration]) -> str:
    mean = sum(times) / len(times)
    deviation = math.sqrt(sum((time - mean) ** 2 for time in times) / len(times))
    return "/".join(
        f"{each / MILLISECOND:.3f}" for each in (min(times), mean, max(times), deviation)
    )
