"""SOCKS version 5 (RFC 1928): what client and proxy say before the bytes of others begin.

Readers take what has come so far and return a value with the number of octets that it took,
or None while more is to come. Without authentication a connection goes::

    client                      proxy
    Greeting(methods)     ->
                          <-    choice of a method
    Request(CONNECT, …)   ->
                          <-    Reply(code, …)
"""

from __future__ import annotations

import enum
import ipaddress
import re
from typing import NamedTuple

from simulator.values import Address

VERSION = 5
NO_AUTHENTICATION = 0
USERNAME_PASSWORD = 2
"""RFC 1929, which the lab does not speak."""
NO_ACCEPTABLE_METHOD = 0xFF

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class Command(enum.IntEnum):
    """What a client may ask for (section 4)."""

    CONNECT = 1
    BIND = 2
    UDP_ASSOCIATE = 3


class Code(enum.IntEnum):
    """The REP field of a reply (section 6)."""

    SUCCEEDED = 0
    GENERAL_FAILURE = 1
    NOT_ALLOWED = 2
    NETWORK_UNREACHABLE = 3
    HOST_UNREACHABLE = 4
    CONNECTION_REFUSED = 5
    TTL_EXPIRED = 6
    COMMAND_NOT_SUPPORTED = 7
    ADDRESS_TYPE_NOT_SUPPORTED = 8


class SocksError(Exception):
    """What came is not SOCKS version 5; ``code`` is the reply that says so, if there is one."""

    def __init__(self, reason: str, code: Code | None = None) -> None:
        super().__init__(reason)
        self.code = code


class Greeting(NamedTuple):
    """The methods of authentication that a client offers (section 3)."""

    methods: tuple[int, ...] = (NO_AUTHENTICATION,)


class Request(NamedTuple):
    """What a client asks for; ``host`` is an address or a name, and ``command`` any octet."""

    command: int
    host: str
    port: int


class Reply(NamedTuple):
    """What became of a request. The address is the one that the proxy connects from."""

    code: int
    host: str = "0.0.0.0"  # noqa: S104 - what stands where there is no address
    port: int = 0


def host_name(text: str) -> str | None:
    """Return a host as it is looked up, lower-case and without the dot at its end.

    An address comes back in its canonical form; None is no host at all.
    """
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        name = text.removesuffix(".").lower()
        return name if _NAME.fullmatch(name) is not None else None


def read_greeting(data: bytes) -> tuple[Greeting, int] | None:
    """Read what a client says first. `SocksError` for another version."""
    _check_version(data)
    if len(data) < 2 or len(data) < 2 + data[1]:
        return None
    return Greeting(tuple(data[2 : 2 + data[1]])), 2 + data[1]


def read_choice(data: bytes) -> tuple[int, int] | None:
    """Read the method that a proxy chose."""
    _check_version(data)
    return (data[1], 2) if len(data) >= 2 else None


def read_request(data: bytes) -> tuple[Request, int] | None:
    """Read a request. `SocksError` bears the reply to one that cannot be met."""
    read = _read_message(data)
    if read is None:
        return None
    command, host, port, size = read
    return Request(command, host, port), size


def read_reply(data: bytes) -> tuple[Reply, int] | None:
    """Read a reply; its code may be one that RFC 1928 does not know."""
    read = _read_message(data)
    if read is None:
        return None
    code, host, port, size = read
    return Reply(code, host, port), size


def write_greeting(greeting: Greeting) -> bytes:
    """Return the octets of a greeting."""
    return bytes((VERSION, len(greeting.methods), *greeting.methods))


def write_choice(method: int) -> bytes:
    """Return the octets that choose a method."""
    return bytes((VERSION, method))


def write_request(request: Request) -> bytes:
    """Return the octets of a request."""
    return _write_message(request.command, request.host, request.port)


def write_reply(reply: Reply) -> bytes:
    """Return the octets of a reply."""
    return _write_message(reply.code, reply.host, reply.port)


_IPV4, _NAME_TYPE, _IPV6 = 1, 3, 4


def _check_version(data: bytes) -> None:
    if data and data[0] != VERSION:
        raise SocksError(f"version {data[0]}, not 5")


def _read_message(data: bytes) -> tuple[int, str, int, int] | None:
    """Return (command or code, host, port, octets): requests and replies look the same."""
    _check_version(data)
    if len(data) < 5:
        return None
    kind = data[3]
    if kind == _NAME_TYPE:
        start, end = 5, 5 + data[4]
    elif kind in (_IPV4, _IPV6):
        start, end = 4, 8 if kind == _IPV4 else 20
    else:
        raise SocksError(f"address type {kind}", Code.ADDRESS_TYPE_NOT_SUPPORTED)
    if len(data) < end + 2:
        return None
    written = data[start:end]
    port = int.from_bytes(data[end : end + 2], "big")
    return data[1], _read_host(written, kind), port, end + 2


def _read_host(written: bytes, kind: int) -> Address:
    if kind == _IPV4:
        return str(ipaddress.IPv4Address(written))
    if kind == _IPV6:
        return str(ipaddress.IPv6Address(written))
    host = host_name(written.decode("latin-1"))
    if host is None:
        raise SocksError("no host name", Code.GENERAL_FAILURE)
    return host


def _write_message(first: int, host: str, port: int) -> bytes:
    try:
        packed = ipaddress.ip_address(host).packed
        kind = _IPV4 if len(packed) == 4 else _IPV6
    except ValueError:
        name = host.encode("ascii")
        kind, packed = _NAME_TYPE, bytes((len(name),)) + name
    return bytes((VERSION, first, 0, kind)) + packed + port.to_bytes(2, "big")
