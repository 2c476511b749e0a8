"""A person's machine as the programs on it see it, and the terminal that they write to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import LabError
from simulator.text import say
from simulator.values import SECOND, Address, Message, message
from simulator.wire.dns_names import DnsFormatError, text_to_labels

if TYPE_CHECKING:
    import datetime
    from random import Random

    from simulator.lab import Lab
    from simulator.lab.people import Person
    from simulator.net import Host
    from simulator.roles.resolver.stub import Addresses

MISUSED = 2
"""What every tool ends with when it was asked for something that it does not take."""


class Output(NamedTuple):
    """Where a tool writes: text as it stands, line ends included."""

    out: Callable[[str], None]
    err: Callable[[str], None]

    def line(self, text: str = "") -> None:
        """Write a line of what was asked for."""
        self.out(f"{text}\n")

    def complain(self, text: str) -> None:
        """Write a line about what went wrong."""
        self.err(f"{text}\n")


class UsageError(LabError):
    """A tool was asked for something that it does not take, or not so."""


def not_simulated(option: str) -> UsageError:
    """Return the refusal of what the real tool has and the lab's has not."""
    return UsageError(message("{option} is not simulated in the lab", option=option))


class Machine:
    """One subscriber's computer. ``language`` is that of our own sentences."""

    def __init__(self, lab: Lab, vantage: str, language: str = "en") -> None:
        self.lab = lab
        self.vantage = vantage
        self.language = language
        self.person: Person = lab.people.person(vantage)
        self.host: Host = self.person.host
        self.random: Random = self.host.random

    def __repr__(self) -> str:
        return f"<Machine {self.vantage} via={self.person.via}>"

    @property
    def now(self) -> float:
        """Lab time in seconds."""
        return self.lab.now / SECOND

    def date(self) -> datetime.datetime:
        """The lab's calendar date and time."""
        return self.lab.date()

    @property
    def servers(self) -> tuple[Address, ...]:
        """The nameservers that its resolv.conf has."""
        return self.person.stub.servers

    @property
    def has_ipv6(self) -> bool:
        """Whether it has an IPv6 address of its own, in its tunnel if it has one."""
        return self.person.probe.identity.has_ipv6

    def say(self, text: Message) -> str:
        """Return a sentence of ours in the reader's language."""
        return say(text, self.language)

    async def resolve(self, name: str, versions: tuple[int, ...] = (4, 6)) -> Addresses | None:
        """Look up a name's addresses as the system does: hosts file first, then the resolver.

        None for what is no domain name.
        """
        try:
            text_to_labels(name)
        except DnsFormatError:
            return None
        return await self.person.stub.addresses(name, versions)

    async def wake_proxies(self) -> None:
        """Have the world's proxies run: each starts when somebody first goes by it, and a
        tool may name one that nobody has gone by."""
        for proxy in self.lab.world.proxies:
            await self.lab.people.waypoints.proxy(proxy)
