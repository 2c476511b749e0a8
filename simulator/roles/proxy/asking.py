"""The client's end of a negotiation with a proxy: no socket, no clock.

`opening` is what to send first; `received` takes what comes back and returns, once the way
is open, the octets that came after it. `RouteError` says why it is not.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import h11

from simulator.roles.proxy.steps import HEAD_LIMIT
from simulator.values import Address
from simulator.wire import socks
from simulator.wire.proxy_status import read_trouble
from simulator.wire.route import RouteError

_FAILURES = {
    socks.Code.NETWORK_UNREACHABLE: "network_unreachable",
    socks.Code.HOST_UNREACHABLE: "host_unreachable",
    socks.Code.CONNECTION_REFUSED: "connection_refused",
    socks.Code.TTL_EXPIRED: "generic_timeout_error",
}
_SAID = {
    socks.Code.GENERAL_FAILURE: "general SOCKS server failure",
    socks.Code.NOT_ALLOWED: "connection not allowed by the SOCKS server's rules",
    socks.Code.COMMAND_NOT_SUPPORTED: "command not supported by the SOCKS server",
    socks.Code.ADDRESS_TYPE_NOT_SUPPORTED: "address type not supported by the SOCKS server",
}


class Way(NamedTuple):
    """The way is open; ``early`` is what the destination has said already."""

    early: bytes


class Said(NamedTuple):
    """Send this and wait for more."""

    data: bytes


class Asking(Protocol):
    """One request to a proxy."""

    def opening(self) -> bytes:
        """Return what to send first."""

    def received(self, data: bytes) -> Way | Said | None:
        """Take what the proxy said; None while more is to come."""


class SocksAsking:
    """A request by SOCKS version 5, with a greeting before it; names go unresolved."""

    def __init__(self, host: str, port: int, hop: tuple[Address, int]) -> None:
        self._request = socks.write_request(socks.Request(socks.Command.CONNECT, host, port))
        self._hop = hop
        self._data = b""
        self._chosen = False

    def opening(self) -> bytes:
        """Return the greeting."""
        return socks.write_greeting(socks.Greeting())

    def received(self, data: bytes) -> Way | Said | None:
        """Take the choice of a method, then the reply."""
        self._data += data
        try:
            return self._reply() if self._chosen else self._choice()
        except socks.SocksError as error:
            raise self._failed(f"unknown_failure: the proxy speaks no SOCKS 5: {error}") from error

    def _choice(self) -> Said | None:
        read = socks.read_choice(self._data)
        if read is None:
            return None
        method, size = read
        if method != socks.NO_AUTHENTICATION:
            raise self._failed("unknown_failure: the SOCKS server wants authentication")
        self._data = self._data[size:]
        self._chosen = True
        return Said(self._request)

    def _reply(self) -> Way | None:
        read = socks.read_reply(self._data)
        if read is None:
            return None
        reply, size = read
        if reply.code == socks.Code.SUCCEEDED:
            return Way(self._data[size:])
        failure = _FAILURES.get(socks.Code(reply.code)) if reply.code in _KNOWN else None
        if failure is None:
            said = _SAID.get(socks.Code(reply.code)) if reply.code in _KNOWN else None
            failure = f"unknown_failure: {said or f'SOCKS reply {reply.code}'}"
        raise self._failed(failure)

    def _failed(self, failure: str) -> RouteError:
        return RouteError("tcp", failure, self._hop)


_KNOWN = tuple(code.value for code in socks.Code)


class ConnectAsking:
    """A request by HTTP CONNECT (RFC 9110 section 9.3.6)."""

    def __init__(self, host: str, port: int, hop: tuple[Address, int]) -> None:
        self._authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._hop = hop
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)

    def opening(self) -> bytes:
        """Return the request."""
        request = h11.Request(
            method="CONNECT", target=self._authority, headers=[("Host", self._authority)]
        )
        sent = self._connection.send(request) or b""
        return sent + (self._connection.send(h11.EndOfMessage()) or b"")

    def received(self, data: bytes) -> Way | Said | None:
        """Take the response."""
        try:
            self._connection.receive_data(data)
            event = self._connection.next_event()
            while isinstance(event, h11.InformationalResponse):
                event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            raise RouteError("tcp", "unknown_failure: the proxy speaks no HTTP", self._hop) from (
                error
            )
        if not isinstance(event, h11.Response):
            return None
        if 200 <= event.status_code < 300:
            return Way(bytes(self._connection.trailing_data[0]))
        field = None
        for name, value in event.headers:
            if name == b"proxy-status":
                field = value.decode("latin-1")
        raise RouteError(*read_trouble(event.status_code, field), self._hop)
