"""traceroute: names the routers on the way, by packets whose TTL ends at each in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from simulator.lab.tracing import FIRST_PORT, RESET, SYN_ACK, Reply, Tracer
from simulator.net.packets import is_ipv6
from simulator.tools.destination import Destination, find_destination
from simulator.tools.kernel_words import in_words
from simulator.tools.machine import MISUSED, Machine, Output, UsageError
from simulator.tools.options import Option, Options, read_options
from simulator.values import MILLISECOND, IcmpKind, message

USAGE = (
    "traceroute [-4|-6] [-I|-T] [-p port] [-n] [-f first] [-m most] [-q queries] [-w seconds]"
    " destination"
)
_OPTIONS = (
    Option(("-4",)),
    Option(("-6",)),
    Option(("-I", "--icmp")),
    Option(("-T", "--tcp")),
    Option(("-U", "--udp")),
    Option(("-n",)),
    Option(("-p", "--port"), takes=True),
    Option(("-f", "--first"), takes=True),
    Option(("-m", "--max-hops"), takes=True),
    Option(("-q", "--queries"), takes=True),
    Option(("-w", "--wait"), takes=True),
)
_REFUSED = ("-A", "-F", "-g", "-i", "-N", "-s", "-t", "-z", "-M", "-P", "-O", "-d", "-r", "--mtu")
_AT_ONCE = 16
"""Probes under way at the same time, as in the usual traceroute of Linux."""

_MARKS = {
    IcmpKind.NETWORK_UNREACHABLE: " !N",
    IcmpKind.HOST_UNREACHABLE: " !H",
    IcmpKind.PROHIBITED: " !X",
}
_ARRIVED = (IcmpKind.ECHO_REPLY, IcmpKind.PORT_UNREACHABLE, SYN_ACK, RESET, "datagram")


async def traceroute(machine: Machine, arguments: Sequence[str], output: Output) -> int:
    """Run traceroute on a machine and return its exit status."""
    options = read_options(arguments, _OPTIONS, _REFUSED)
    if "-I" in options and "-T" in options:
        raise UsageError(message("-I and -T exclude each other"))
    destination = await find_destination(machine, options)
    if destination is None:
        output.complain(f"{options.operands[0]}: Name or service not known")
        output.complain(
            f"Cannot handle `host' cmdline arg `{options.operands[0]}' on position 1 (argc 1)"
        )
        return MISUSED
    try:
        machine.host.source_for(destination.address)
    except OSError as error:
        output.complain(f"connect: {in_words(error)}")
        return 1
    await _Traceroute(machine, options, destination, output).run()
    return 0


class _Traceroute:
    def __init__(
        self, machine: Machine, options: Options, destination: Destination, output: Output
    ) -> None:
        self._tracer = Tracer(machine.host)
        self._destination = destination
        self._output = output
        self._kind = "icmp" if "-I" in options else "tcp" if "-T" in options else "udp"
        default = {"icmp": 1, "tcp": 80}.get(self._kind, FIRST_PORT)
        self._port = options.whole("-p", default, 1)
        self._first = options.whole("-f", 1, 1, 255)
        self._most = options.whole("-m", 30, 1, 255)
        self._queries = options.whole("-q", 3, 1, 10)
        self._patience = options.number("-w", 5.0)
        self._numeric = "-n" in options

    async def run(self) -> None:
        name, address = self._destination
        size = 80 if is_ipv6(address) else 60
        self._output.line(
            f"traceroute to {name} ({address}), {self._most} hops max, {size} byte packets"
        )
        together = max(1, _AT_ONCE // self._queries)
        for first in range(self._first, self._most + 1, together):
            ttls = range(first, min(first + together, self._most + 1))
            for ttl, replies in zip(ttls, await asyncio.gather(*map(self._hop, ttls)), strict=True):
                self._output.line(f"{ttl:>2} {self._told(replies)}")
                if any(reply.kind in _ARRIVED or reply.kind in _MARKS for reply in replies):
                    return

    async def _hop(self, ttl: int) -> list[Reply]:
        sent = (ttl - 1) * self._queries
        ports = [
            self._port if self._kind == "tcp" else self._port + sent + number
            for number in range(self._queries)
        ]
        probes = [
            self._tracer.probe(
                self._destination.address, ttl, kind=self._kind, port=port, timeout=self._patience
            )
            for port in ports
        ]
        return await asyncio.gather(*probes)

    def _told(self, replies: Sequence[Reply]) -> str:
        """Return a hop's line: an address once for as long as it stays the same."""
        words, named = [], None
        for reply in replies:
            if reply.kind is None:
                words.append(" *")
                continue
            if reply.address != named:
                named = reply.address
                shown = f"{named}" if self._numeric else f"{named} ({named})"
                words.append(f" {shown} ")
            mark = _MARKS.get(reply.kind, "") if isinstance(reply.kind, IcmpKind) else ""
            words.append(f" {reply.elapsed / MILLISECOND:.3f} ms{mark} ")
        return "".join(words).rstrip()
