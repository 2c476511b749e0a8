"""Where ping and traceroute are told to go: an address, or a name that the system looks up."""

from __future__ import annotations

from typing import NamedTuple

from simulator.net.packets import is_ipv6, literal_address
from simulator.tools.machine import Machine, UsageError
from simulator.tools.options import Options
from simulator.values import Address, message


class Destination(NamedTuple):
    """The word that was typed, and the address that it means."""

    name: str
    address: Address


def versions_wanted(options: Options) -> tuple[int, ...]:
    """Return the IP versions that -4 and -6 leave, the preferred one first."""
    if "-4" in options and "-6" in options:
        raise UsageError(message("-4 and -6 exclude each other"))
    if "-4" in options:
        return (4,)
    return (6,) if "-6" in options else (4, 6)


async def find_destination(machine: Machine, options: Options) -> Destination | None:
    """Return where the one operand leads, or None if it leads nowhere."""
    if len(options.operands) != 1:
        raise UsageError(message("exactly one destination is needed"))
    [name] = options.operands
    versions = versions_wanted(options)
    literal = literal_address(name)
    if literal is not None:
        fits = (6 if is_ipv6(literal) else 4) in versions
        return Destination(name, literal) if fits else None
    found = await machine.resolve(name, versions)
    return Destination(name, found.addresses[0]) if found is not None and found.addresses else None
