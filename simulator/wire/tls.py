"""What a bystander can read of TLS: the server name in a ClientHello (RFC 8446, RFC 6066).

The hello is the first thing that a client says, and says in clear. A middlebox that looks
for it must be ready to meet it cut anywhere: over several TCP segments, or over several TLS
records, which is a known way round careless ones.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

_HANDSHAKE = 22
_CLIENT_HELLO = 1
_SERVER_NAME = 0
_HOST_NAME = 0
_LONGEST_FRAGMENT = 1 << 14

_LONGEST_HELLO = 1 << 16
"""A hello with post-quantum key shares has under 2 KB; nobody sends 64 KB, and we don't keep it."""


class ClientHello(NamedTuple):
    """A whole ClientHello. ``server_name`` is lower-case, or None if it names none."""

    server_name: str | None


class NeedMore(NamedTuple):
    """A ClientHello as far as it goes; the rest is still to come."""


class NotClientHello(NamedTuple):
    """The stream does not begin with a well-formed ClientHello, whatever may follow."""


Reading: TypeAlias = ClientHello | NeedMore | NotClientHello


class ClientHelloReader:
    """Reads the start of a client's stream, piece by piece as segments bring it."""

    def __init__(self) -> None:
        self._data = b""
        self._reading: Reading = NeedMore()

    def feed(self, data: bytes) -> Reading:
        """Take the next bytes of the stream; once the answer is final it stays."""
        if isinstance(self._reading, NeedMore):
            self._data += data
            self._reading = read_client_hello(self._data)
            if not isinstance(self._reading, NeedMore):
                self._data = b""
        return self._reading


def client_hello_server_name(data: bytes) -> str | None:
    """Return the server name of the ClientHello that ``data`` holds, else None."""
    reading = read_client_hello(data)
    return reading.server_name if isinstance(reading, ClientHello) else None


def read_client_hello(data: bytes) -> Reading:
    """Read the start of a client's stream: TLS records that carry a ClientHello."""
    hello = b""
    at = 0
    while at < len(data):
        header = data[at : at + 5]
        if header[0] != _HANDSHAKE or (len(header) > 1 and header[1] != 3):
            return NotClientHello()
        if len(header) < 5:
            return NeedMore()
        length = int.from_bytes(header[3:], "big")
        if not 0 < length <= _LONGEST_FRAGMENT:  # no empty handshake fragments (section 5.1)
            return NotClientHello()
        hello += data[at + 5 : at + 5 + length]
        at += 5 + length
        reading = _read_handshake(hello)
        if not isinstance(reading, NeedMore):
            return reading
    return NeedMore()


def _read_handshake(data: bytes) -> Reading:
    if data and data[0] != _CLIENT_HELLO:
        return NotClientHello()
    if len(data) < 4:
        return NeedMore()
    length = int.from_bytes(data[1:4], "big")
    if length > _LONGEST_HELLO:
        return NotClientHello()
    if len(data) < 4 + length:
        return NeedMore()
    try:
        return ClientHello(_read_hello(data[4 : 4 + length]))
    except _Malformed:
        return NotClientHello()


class _Malformed(Exception):
    """A length inside the hello reaches beyond its end."""


class _Cursor:
    """Takes fields off the front of a structure."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise _Malformed
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Take a vector whose length is written in ``size`` bytes before it."""
        return self.take(self.number(size))

    @property
    def at_end(self) -> bool:
        return self._at == len(self._data)


def _read_hello(body: bytes) -> str | None:
    """Return the server name; RFC 8446 section 4.1.2 has the order of the fields."""
    cursor = _Cursor(body)
    cursor.take(2 + 32)  # legacy version, random
    cursor.vector(1)  # legacy session id
    cursor.vector(2)  # cipher suites
    cursor.vector(1)  # legacy compression methods
    if cursor.at_end:  # TLS 1.2 and before allow a hello without extensions
        return None
    extensions = _Cursor(cursor.vector(2))
    name = None
    while not extensions.at_end:
        kind = extensions.number(2)
        content = extensions.vector(2)
        if kind == _SERVER_NAME and name is None:
            name = _read_server_name(content)
    return name


def _read_server_name(content: bytes) -> str | None:
    """Read a ServerNameList (RFC 6066 section 3); host names are the only kind there is."""
    names = _Cursor(_Cursor(content).vector(2))
    while not names.at_end:
        kind = names.number(1)
        name = names.vector(2)
        if kind == _HOST_NAME:
            if not name.isascii() or not name:
                raise _Malformed
            return name.decode("ascii").lower().rstrip(".")
    return None
