"""One HTTP/1.1 exchange seen from the client, without a socket (RFC 9112, read by h11).

Whoever carries the bytes sends `Exchange.outgoing`, feeds what comes back to
`Exchange.received`, an empty string for the end of the connection. The connection serves
this one request: it says ``Connection: close``, because a keep-alive connection would
outlive the visit and keep a leaping clock awake.
"""

from __future__ import annotations

import re
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

import h11

BODY_LIMIT = 1 << 20
"""Octets of a body that are read; the rest of a longer one stays unread."""
INTERIM_LIMIT = 20
"""Responses of 1xx before the final one (RFC 9110 section 15.2); more are a nuisance."""


@lru_cache(maxsize=64)
def http_date(seconds: int) -> str:
    """Return a Date field (RFC 9110 section 5.6.7) for seconds since 1970.

    Servers set it from lab time: aiohttp would write the real date into the packets.
    """
    return formatdate(seconds, usegmt=True)


# A final status that may have a body, then fields of visible ASCII: what h11 accepts, and less.
_PLAIN_HEAD = re.compile(
    rb"HTTP/1\.1 ((?!204|304)[2-5][0-9]{2}) [ -~]*\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ -~]*\r\n)+)"
)


class WebError(Exception):
    """What came back is not an HTTP/1.1 response."""


class ClosedEarly(WebError):
    """The server ended the connection before its response was complete."""


class Response(NamedTuple):
    """A response: header names are lower-case; ``body`` is cut at the limit."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    truncated: bool = False

    def header(self, name: bytes) -> str | None:
        """Return the first field of that lower-case name, or None."""
        for field, value in self.headers:
            if field == name:
                return value.decode("latin-1")
        return None


class Request(NamedTuple):
    """A request head: h11's value, and the octets that it becomes."""

    head: h11.Request
    octets: bytes


@lru_cache(maxsize=1024)
def request(
    host: str,
    target: str,
    agent: str,
    method: str = "GET",
    content: tuple[str, int] | None = None,
    more: tuple[tuple[str, str], ...] = (),
) -> Request:
    """Return the request head; ``content`` is the type and the length of a body, ``more`` are
    fields beside the usual ones.

    Raises `WebError` for a host or a target that no request can carry. Remembered: checking
    and writing a head costs h11 some 30 µs, and a lab asks for the same few pages again.
    """
    fields = [("Host", host), ("User-Agent", agent), ("Accept", "*/*"), ("Connection", "close")]
    if content is not None:
        fields += [("Content-Type", content[0]), ("Content-Length", str(content[1]))]
    fields += more
    try:
        head = h11.Request(method=method, target=target, headers=fields)
        return Request(head, h11.Connection(h11.CLIENT).send(head) or b"")
    except h11.LocalProtocolError as error:
        raise WebError(str(error)) from error


class Exchange:
    """A request on its way and the response to it, as far as it has come."""

    __slots__ = (
        "_body",
        "_connection",
        "_head",
        "_interim",
        "_limit",
        "_request",
        "_size",
        "outgoing",
        "response",
    )

    def __init__(self, head: Request, body: bytes = b"", limit: int = BODY_LIMIT) -> None:
        self._request = head
        self._connection: h11.Connection | None = None
        self._head: h11.Response | None = None
        self._body: list[bytes] = []
        self._size = 0
        self._interim = 0
        self._limit = limit
        self.outgoing = head.octets + body
        self.response: Response | None = None
        """The response once it is complete, or cut at the limit."""

    def __repr__(self) -> str:
        return f"<Exchange complete={self.response is not None}>"

    def received(self, data: bytes) -> bool:
        """Take what the server sent and return whether the response is complete.

        Empty ``data`` is the end of the connection, which completes a body of unstated
        length. Raises `ClosedEarly` when more was to come (RFC 9112 section 8), `WebError`
        for what is no HTTP.
        """
        if self.response is not None:
            return True
        connection = self._connection
        if connection is None:
            self.response = plain_response(data, self._limit)
            if self.response is not None:
                return True
            connection = self._connection = self._reader()
        try:
            connection.receive_data(data)
            return self._read_events(connection)
        except h11.RemoteProtocolError as error:
            if data:
                raise WebError(str(error)) from error
            raise ClosedEarly(str(error)) from error

    def _reader(self) -> h11.Connection:
        """Return an h11 connection that has sent the request and awaits the response."""
        connection = h11.Connection(h11.CLIENT)
        connection.send(self._request.head)
        unsent = self.outgoing[len(self._request.octets) :]
        if unsent:
            connection.send(h11.Data(data=unsent))
        connection.send(h11.EndOfMessage())
        return connection

    def _read_events(self, connection: h11.Connection) -> bool:
        next_event = connection.next_event
        while True:
            event = next_event()
            if event is h11.NEED_DATA:
                return False
            if isinstance(event, h11.Data):
                if self._keep(bytes(event.data)):
                    return self._complete(truncated=True)
            elif isinstance(event, h11.Response):
                self._head = event
            elif isinstance(event, h11.EndOfMessage):
                return self._complete(truncated=False)
            elif isinstance(event, h11.InformationalResponse):
                # 103 Early Hints and the like say nothing that a visit looks at.
                self._interim += 1
                if self._interim > INTERIM_LIMIT:
                    raise WebError(f"more than {INTERIM_LIMIT} interim responses")
            elif event is h11.PAUSED:
                raise WebError("the server switched to another protocol")
            else:
                raise ClosedEarly("the server closed the connection without a response")

    def _keep(self, data: bytes) -> bool:
        self._body.append(data[: self._limit - self._size])
        self._size += len(self._body[-1])
        return self._size >= self._limit

    def _complete(self, truncated: bool) -> bool:
        assert self._head is not None
        self.response = Response(
            self._head.status_code, tuple(self._head.headers), b"".join(self._body), truncated
        )
        return True


def plain_response(data: bytes, limit: int = BODY_LIMIT) -> Response | None:
    """Read a response that is whole and plain, or return None and leave it to h11.

    Nearly all responses of a lab come in one piece, with a Content-Length, and h11 takes ten
    times as long for them. Anything else is not judged here: the tests hold this against h11.
    """
    end = data.find(b"\r\n\r\n")
    found = _PLAIN_HEAD.fullmatch(data, 0, end + 2) if end > 0 else None
    if found is None:
        return None
    headers = []
    length = b""
    for line in found[2].split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"content-length":
            if length or len(value) > 10:
                return None
            length = value.strip(b" ")
        elif name in (b"transfer-encoding", b"upgrade"):
            return None
        headers.append((name, value.strip(b" ")))
    body = data[end + 4 :]
    if not length.isdigit() or len(body) != int(length) or len(body) >= limit:
        return None
    return Response(int(found[1]), tuple(headers), body)
