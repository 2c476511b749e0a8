"""What the client of a TCP connection says in clear, whichever protocol it speaks.

A bystander does not know what a stream will be. It looks at the first octets: a TLS
record, an HTTP request, and, if it cares to, the greeting of SOCKS5 or the CONNECT of an
HTTP proxy. Behind these two a stream begins anew, for proxies are spoken to in clear and
what is sent through them is what would have been sent without. Requests behind one
another on one connection are all read.

What is not read: bodies, a request behind one whose body is chunked, anything after TLS
has begun, SOCKS4, SOCKS5 with a password, HTTP/2 in clear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from simulator.wire.http_head import (
    LONGEST_HEAD,
    RequestHead,
    Unfinished,
    read_request_head,
)
from simulator.wire.socks import VERSION as SOCKS
from simulator.wire.socks import Command, SocksError, read_greeting, read_request
from simulator.wire.tls import ClientHello, ClientHelloReader, NeedMore

_TLS_HANDSHAKE = 22


class ProxyTarget(NamedTuple):
    """Whom a SOCKS5 client wants to be connected with: a canonical name, or an address."""

    name: str


Said: TypeAlias = ClientHello | RequestHead | ProxyTarget


class ClientStreamReader:
    """Reads a client's stream piece by piece, and tells each thing once, when it is whole.

    ``proxies`` is whether to look behind the preambles of proxies. Once ``opaque``,
    nothing more will be read.
    """

    __slots__ = ("_data", "_hello", "_proxies", "_read", "_said", "_searched", "_skip", "opaque")

    def __init__(self, *, proxies: bool) -> None:
        self.opaque = False
        self._proxies = proxies
        self._data = bytearray()
        self._said: list[Said] = []
        self._read: Callable[[], bool] = self._start
        self._hello: ClientHelloReader | None = None
        self._searched = self._skip = 0

    def feed(self, data: bytes) -> tuple[Said, ...]:
        """Take the next octets of the stream; return what they complete, in order."""
        if self.opaque:
            return ()
        self._data += data
        self._said = []
        while self._data and self._read():
            pass
        return tuple(self._said)

    # Each of these reads one thing off the front of `_data`, and returns False to wait for
    # more of it.

    def _start(self) -> bool:
        first = self._data[0]
        if first == _TLS_HANDSHAKE:
            self._hello = ClientHelloReader()
            self._read = self._client_hello
        elif first == SOCKS and self._proxies:
            self._read = self._socks_greeting
        elif first in b"\r\n":  # RFC 9112 section 2.2: empty lines in front of a request
            del self._data[0]
        else:
            self._read, self._searched = self._request, 0
        return True

    def _client_hello(self) -> bool:
        assert self._hello is not None
        reading = self._hello.feed(bytes(self._data))
        self._data.clear()
        if isinstance(reading, NeedMore):
            return False
        if isinstance(reading, ClientHello):
            self._said.append(reading)
        return self._nothing_more()

    def _request(self) -> bool:
        reading = read_request_head(self._data, self._searched)
        if isinstance(reading, Unfinished):
            self._searched = min(len(self._data), LONGEST_HEAD)
            return False
        if not isinstance(reading, RequestHead):
            return self._nothing_more()
        self._said.append(reading)
        del self._data[: len(reading.text)]
        self._read = self._start
        if reading.method == "CONNECT":
            return True if self._proxies else self._nothing_more()
        if reading.body is None:
            return self._nothing_more()
        if reading.body:
            self._skip, self._read = reading.body, self._body
        return True

    def _body(self) -> bool:
        skipped = min(self._skip, len(self._data))
        del self._data[:skipped]
        self._skip -= skipped
        if self._skip:
            return False
        self._read = self._start
        return True

    def _socks_greeting(self) -> bool:
        read = read_greeting(bytes(self._data))
        if read is None:
            return False
        del self._data[: read[1]]
        self._read = self._socks_request
        return True

    def _socks_request(self) -> bool:
        try:
            read = read_request(bytes(self._data))
        except SocksError:
            return self._nothing_more()
        if read is None:
            return False
        request, length = read
        if request.command != Command.CONNECT:
            return self._nothing_more()
        self._said.append(ProxyTarget(request.host))
        del self._data[:length]
        self._read = self._start
        return True

    def _nothing_more(self) -> bool:
        self.opaque = True
        self._hello = None
        self._data.clear()
        return False
