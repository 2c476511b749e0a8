"""The head of a cleartext HTTP/1 request, as a bystander on the way reads it (RFC 9112).

Whoever filters must read at least as leniently as the servers behind: bare line feeds,
empty lines in front, any case of a field's name.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

LONGEST_HEAD = 1 << 14
"""Octets of a head; servers accept 8 to 16 KB, and a bystander keeps no more."""

_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([^\s]+) +HTTP/1\.[0-9][ \t]*\r?", re.IGNORECASE
)
_BEGINNING = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,24}( |\Z)")  # a method, or less
_END = re.compile(rb"\n\r?\n")
_AUTHORITY = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")


class RequestHead(NamedTuple):
    """A whole request head: the request line and the header fields.

    ``hosts`` are the names that it asks for, canonical and without port: that in the
    target if there is one (a request to a proxy), then those of the Host fields.
    ``body`` is the number of octets that follow, None where only the body itself tells.
    ``text`` is the head as it came.
    """

    method: str
    target: str
    hosts: tuple[str, ...]
    body: int | None
    text: bytes


class Unfinished(NamedTuple):
    """A head as far as it goes; the rest is still to come."""


class NotRequest(NamedTuple):
    """No HTTP/1 request begins like this."""


Reading: TypeAlias = RequestHead | Unfinished | NotRequest


def read_request_head(data: bytes | bytearray, searched: int = 0) -> Reading:
    """Read the request at the beginning of ``data``, whose first line is not empty.

    The end of the head is known not to be in the first ``searched`` octets.
    """
    if _BEGINNING.match(data) is None:
        return NotRequest()
    end = _END.search(data, max(0, searched - 2), LONGEST_HEAD)
    if end is None:
        return NotRequest() if len(data) >= LONGEST_HEAD else Unfinished()
    head = bytes(data[: end.end()])
    first, *lines = head.split(b"\n")
    request = _REQUEST_LINE.fullmatch(first)
    if request is None:
        return NotRequest()
    method, target = request[1], request[2]
    fields = [(name.strip().lower(), value.strip()) for name, _, value in map(_split, lines)]
    hosts = [value for name, value in fields if name == b"host"]
    named = _named_by(method, target)
    return RequestHead(
        method.decode("ascii"),
        target.decode("latin-1"),
        tuple(dict.fromkeys(host_of(one) for one in (*named, *hosts))),
        _body_length(fields),
        head,
    )


def host_of(authority: bytes) -> str:
    """Return the canonical host of an authority, without user, port and trailing dot."""
    host = authority.rpartition(b"@")[2].decode("latin-1").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


def _split(line: bytes) -> tuple[bytes, bytes, bytes]:
    return line.partition(b":")


def _named_by(method: bytes, target: bytes) -> tuple[bytes, ...]:
    """Return the authority in a request target, if it is of a form that has one."""
    if method == b"CONNECT":
        return (target,)
    absolute = _AUTHORITY.match(target)
    return () if absolute is None else (absolute[1],)


def _body_length(fields: list[tuple[bytes, bytes]]) -> int | None:
    """Return how long the body is (RFC 9112 section 6.3), None if its own chunks say it."""
    if any(name == b"transfer-encoding" for name, _ in fields):
        return None
    lengths = [value for name, value in fields if name == b"content-length"]
    if not lengths:
        return 0
    return int(lengths[0]) if re.fullmatch(rb"[0-9]{1,15}", lengths[0]) else None
