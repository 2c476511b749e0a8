"""What people go by who do not take their provider's way: exits, proxies, relays, edges."""

from typing import Annotated, Literal

from pydantic import Field

from simulator.values import message
from simulator.world.fields import DomainName, Flag, Id, Model, Name, Wrong, agree

PORTS = {"socks": 1080, "connect": 8080}
"""Where each kind of proxy is usually found."""


class VpnExit(Model):
    """Where a tunnel ends; it is in its host's country. Its id is its host's, unless stated."""

    operator: Id
    host: Id | None = None
    resolver: Id
    """What the tunnel's users ask names of."""
    name: Name | None = None
    obfuscated: Flag = False
    """Its packets look like nothing in particular, and no public list has its address."""


class Proxy(Model):
    """A proxy that fetches for others, over a leg in clear. Its id is its host's, unless stated."""

    operator: Id
    kind: Literal["socks", "connect"]
    host: Id | None = None
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] | None = None
    """1080 for SOCKS5 (RFC 1928), 8080 for CONNECT (RFC 9110) unless stated."""
    resolver: Id
    """What the proxy asks names of."""
    name: Name | None = None

    @property
    def listens_at(self) -> int:
        """The port."""
        return PORTS[self.kind] if self.port is None else self.port


class Relay(Model):
    """A relay of the onion network. Its id is its host's, unless stated."""

    operator: Id
    position: Literal["guard", "middle", "exit"]
    host: Id | None = None
    resolver: Id | None = None
    """What an exit asks names of."""

    @agree
    def _exits_resolve(self) -> None:
        if (self.position == "exit") is not (self.resolver is not None):
            raise Wrong(message("an exit has a 'resolver', and no other relay has one"))


class Edge(Model):
    """A machine of a content network: it serves its customers' sites by the Host field.

    ``fronts`` are its own names, on its certificate; each customer's site keeps its own host,
    from which the edge fetches.
    """

    operator: Id
    host: Id | None = None
    fronts: Annotated[tuple[DomainName, ...], Field(min_length=1, max_length=99)]
    customers: tuple[DomainName, ...] = ()
    fronting: Flag = True
    """Whether the Host may differ from the name in the handshake; 421 where it may not."""
