"""Names and addresses as programs give them: `getaddrinfo` on the virtual Internet."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, TypeAlias

from simulator.net.host import Host, current_host
from simulator.net.packets import checked_port, is_ipv6, literal_address
from simulator.net.udp import socket_address
from simulator.values import Address

AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, type, protocol, canonical name (empty), socket address: as in `socket`."""

_PORTS = {"domain": 53, "http": 80, "https": 443, "whois": 43, "ftp": 21, "smtp": 25}


def this_host() -> Host:
    """Return the machine that the running code is on."""
    host = current_host.get(None)
    if host is None:
        raise RuntimeError(
            "this code runs on no machine of the virtual Internet: start it with "
            "loop.run_on(host, coroutine)"
        )
    return host


class NamesMixin(asyncio.AbstractEventLoop):
    """The name service of a loop: each host asks its own resolver."""

    async def getaddrinfo(  # type: ignore[override]
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002  # as in asyncio
        proto: int = 0,
        flags: int = 0,
    ) -> list[AddressInfo]:
        """Resolve by the current host's own resolver, over the virtual network."""
        number = port_number(port)
        name = host.decode("ascii") if isinstance(host, bytes) else host
        addresses = await self.addresses_of(name, family, flags)
        kinds = [
            (kind, protocol)
            for kind, protocol in (
                (socket.SOCK_STREAM, socket.IPPROTO_TCP),
                (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
            )
            if type in (0, kind) and proto in (0, protocol)
        ]
        return [
            (family_of(address), kind, protocol, "", socket_address(address, number))
            for address in addresses
            for kind, protocol in kinds
        ]

    async def addresses_of(self, name: str | None, family: int, flags: int) -> list[Address]:
        """Return the addresses of a name, or of an address, or of nothing (None)."""
        if name is None or name == "":
            every = ["0.0.0.0", "::"] if flags & socket.AI_PASSIVE else ["127.0.0.1", "::1"]  # noqa: S104
            return [a for a in every if family in (0, family_of(a))]
        literal = literal_address(name)
        if literal is not None:
            if family not in (0, family_of(literal)):
                raise socket.gaierror(socket.EAI_NONAME, "Address family not supported")
            return [literal]
        if name.rstrip(".").lower() == "localhost":
            return [a for a in ("127.0.0.1", "::1") if family in (0, family_of(a))]
        lookup = this_host().lookup
        if flags & socket.AI_NUMERICHOST or lookup is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        versions: dict[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}
        addresses = await lookup(name, versions.get(family, 0))
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return addresses

    async def getnameinfo(self, sockaddr: tuple[Any, ...], flags: int = 0) -> tuple[str, str]:
        """Return an address as it is: reverse zones are not simulated."""
        return str(sockaddr[0]), str(sockaddr[1])


def port_number(port: bytes | str | int | None) -> int:
    """Return a port by number or by the name of a service; None is 0."""
    if port is None:
        return 0
    if isinstance(port, int):
        return checked_port(port)
    text = port.decode("ascii") if isinstance(port, bytes) else port
    if text.isdigit():
        return checked_port(int(text))
    try:
        return _PORTS[text]
    except KeyError:
        raise socket.gaierror(
            socket.EAI_SERVICE, "Servname not supported for ai_socktype"
        ) from None


def family_of(address: Address) -> int:
    """Return AF_INET or AF_INET6."""
    return socket.AF_INET6 if is_ipv6(address) else socket.AF_INET
