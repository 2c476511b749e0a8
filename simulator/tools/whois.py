"""whois: asks a registry's directory by one line on port 43 (RFC 3912)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from simulator.net.packets import is_ipv6, literal_address
from simulator.tools.kernel_words import in_words
from simulator.tools.machine import Machine, Output, UsageError
from simulator.tools.options import Option, Options, read_options
from simulator.values import Address, message
from simulator.wire.whois import LONGEST_ANSWER, PORT

USAGE = "whois [-h host] [-p port] [-H] [--verbose] object"
HELP = ("--help",)
"""Not -h: that is the host."""
_OPTIONS = (
    Option(("-h", "--host"), takes=True),
    Option(("-p", "--port"), takes=True),
    Option(("-H",)),
    Option(("--verbose",)),
    Option(("--no-recursion",)),
)
_REFUSED = (
    *("-I", "-l", "-L", "-m", "-M", "-c", "-x", "-b", "-B", "-G", "-d", "-i", "-T", "-K"),
    *("-r", "-R", "-a", "-s", "-g", "-t", "-v", "-q"),
)
PATIENCE = 60.0
"""Seconds that the usual whois waits."""
UNKNOWN_KIND, FAILED = 1, 2


class _Failed(Exception):
    pass


async def whois(machine: Machine, arguments: Sequence[str], output: Output) -> int:
    """Run whois on a machine and return its exit status."""
    options = read_options(arguments, _OPTIONS, _REFUSED)
    if not options.operands:
        raise UsageError(message("an object is needed"))
    question = " ".join(options.operands).lower()
    server = options.last("-h") or server_for(question)
    if server is None:
        output.line("No whois server is known for this kind of object.")
        return UNKNOWN_KIND
    if "--verbose" in options:
        output.line(f'Using server {server}.\nQuery string: "{question}"\n')
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await _ask(machine, server, options.whole("-p", PORT, 1), question)
    except _Failed as error:
        output.complain(str(error))
        return FAILED
    except TimeoutError:
        output.complain("Timeout.")
        return FAILED
    _show(answer, options, output)
    return 0


def server_for(question: str) -> str | None:
    """Return the server of a name's registry, by the rule that newer registries keep to; None
    for what is no name."""
    name = question.removesuffix(".")
    if "." not in name or " " in name or literal_address(name) is not None:
        return None
    return f"whois.nic.{name.rpartition('.')[2]}"


async def _ask(machine: Machine, server: str, port: int, question: str) -> bytes:
    reader, writer = await _connect(machine, server, port)
    try:
        writer.write(f"{question}\r\n".encode())
        answer = b""
        while len(answer) < LONGEST_ANSWER and (data := await reader.read(1 << 14)):
            answer += data
        return answer
    except TimeoutError:
        raise
    except OSError as error:
        raise _Failed(f"read: {in_words(error)}") from error
    finally:
        writer.close()


async def _connect(
    machine: Machine, server: str, port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first of a server's addresses that lets us."""
    failed: OSError | None = None
    for address in await _addresses(machine, server):
        try:
            return await asyncio.open_connection(address, port)
        except OSError as error:
            failed = error
    if failed is None:
        raise _Failed(f"getaddrinfo({server}): Name or service not known")
    raise _Failed(f"connect: {in_words(failed)}")


async def _addresses(machine: Machine, server: str) -> list[Address]:
    literal = literal_address(server)
    if literal is not None:
        return [literal]
    found = await machine.resolve(server)
    addresses = () if found is None else found.addresses
    return sorted(
        [one for one in addresses if machine.has_ipv6 or not is_ipv6(one)],
        key=is_ipv6,
        reverse=True,  # IPv6 first where there is any (RFC 6724)
    )


def _show(answer: bytes, options: Options, output: Output) -> None:
    for line in answer.decode("utf-8", "replace").splitlines():
        output.line("".join(letter for letter in line if letter.isprintable()))
        if line.startswith(">>>") and "-H" in options:
            break
