"""The proxy's end of HTTP: CONNECT (RFC 9110 section 9.3.6), and pages without encryption.

A browser asks an HTTP proxy for ``https://`` pages by CONNECT, which makes it a pipe, and
for ``http://`` pages by their whole URL (RFC 9112 section 3.2.2). Both are served, one
request to a connection: the lab's clients ask for no second one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

from simulator.roles.proxy.steps import HEAD_LIMIT, End, Reach, Step
from simulator.values import Address
from simulator.wire.pages import CONTENT_TYPE, draw_notice
from simulator.wire.proxy_status import write_trouble
from simulator.wire.socks import host_name

PROXY = "takedown-lab"
"""Our name in Via (RFC 9110 section 7.6.3), Proxy-Status and Server."""

_AUTHORITY = re.compile(rb"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+)):([0-9]{1,5})")
# Fields for the next hop alone (RFC 9110 section 7.6.1), and those that we set ourselves.
_NOT_PASSED_ON = frozenset(
    (
        b"connection", b"host", b"keep-alive", b"proxy-authorization", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"upgrade",
    )
)  # fmt: skip
_FRAMING = (b"content-length", b"transfer-encoding")
_REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Place(NamedTuple):
    """Where a request is to go."""

    host: str
    port: int


class HttpDialogue:
    """One client's request; see `simulator.roles.proxy.steps.Dialogue`.

    ``date`` gives the Date field of a response.
    """

    def __init__(self, date: Callable[[], str]) -> None:
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._date = date
        self._tunnel = False

    def __repr__(self) -> str:
        return f"<HttpDialogue tunnel={self._tunnel}>"

    def received(self, data: bytes) -> list[Step]:
        """Take octets of a request, in whatever pieces they come."""
        try:
            self._connection.receive_data(data)
            event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            return [self._end(error.error_status_hint, "no HTTP request")]
        if not isinstance(event, h11.Request):
            return []
        if any(name in _FRAMING for name, _ in event.headers):
            return [self._end(501, "a request with a body, which is not simulated")]
        if event.method == b"CONNECT":
            return [self._connect(event)]
        if event.method in (b"GET", b"HEAD"):
            return [self._fetch(event)]
        return [self._end(501, "a method that is not simulated")]

    def _connect(self, request: h11.Request) -> Step:
        place = _place(request.target)
        if place is None:
            return self._end(400, "CONNECT to what is no host and port")
        self._tunnel = True
        self._connection.next_event()  # the end of the request: the rest is for the destination
        return Reach(place.host, place.port, bytes(self._connection.trailing_data[0]))

    def _fetch(self, request: h11.Request) -> Step:
        read = _absolute(request.target)
        if read is None:
            return self._end(400, "a request that is not for a proxy")
        place, authority, target = read
        head = b"".join([name + b": " + value + b"\r\n" for name, value in _passed_on(request)])
        first = (
            request.method + b" " + target + b" HTTP/1.1\r\nHost: " + authority + b"\r\n" + head
            + f"Via: 1.1 {PROXY}\r\nConnection: close\r\n\r\n".encode()
        )  # fmt: skip
        return Reach(place.host, place.port, first, one_way=True)

    def reached(self, address: Address, port: int) -> bytes:
        """Return the response to CONNECT; what was fetched answers for itself."""
        return b"HTTP/1.1 200 Connection established\r\n\r\n" if self._tunnel else b""

    def failed(self, stage: str, failure: str) -> bytes:
        """Return 502, 503 or 504, with the failure in Proxy-Status."""
        status, field = write_trouble(PROXY, stage, failure)
        return self._response(status, f"Proxy-Status: {field}\r\n")

    def timed_out(self) -> bytes:
        """Return 408."""
        return self._response(408)

    def _end(self, status: int, reason: str) -> End:
        return End(self._response(status), reason)

    def _response(self, status: int, fields: str = "") -> bytes:
        reason = _REASONS.get(status, "Error")
        page = draw_notice(reason, f"The proxy answers {status}.")
        head = (
            f"HTTP/1.1 {status} {reason}\r\nDate: {self._date()}\r\nServer: {PROXY}\r\n{fields}"
            f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(page)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode() + page


def _passed_on(request: h11.Request) -> list[tuple[bytes, bytes]]:
    """Return the header fields that are for the destination."""
    hop = _NOT_PASSED_ON
    for name, value in request.headers:
        if name == b"connection":
            hop = hop | {option.strip().lower() for option in value.split(b",")}
    return [(name, value) for name, value in request.headers.raw_items() if name.lower() not in hop]


def _place(authority: bytes) -> Place | None:
    """Read ``host:port``, an IPv6 address in brackets."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return None
    host = host_name((found[1] or found[2]).decode("latin-1"))
    port = int(found[3])
    return Place(host, port) if host is not None and 0 < port < 65536 else None


def _absolute(target: bytes) -> tuple[Place, bytes, bytes] | None:
    """Read an ``http://`` URL: where it leads, its authority, and the target in origin form."""
    try:
        parts = urlsplit(target.decode("ascii"))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() != "http" or host is None or "@" in parts.netloc or port == 0:
        return None
    name = host_name(host)
    if name is None:
        return None
    written = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(name, port or 80), parts.netloc.encode(), written.encode()
