"""DNS over HTTPS: what both sides make of RFC 8484, without a socket.

HTTP/1.1 carries it here, which RFC 8484 section 5.2 allows and does not recommend.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from urllib.parse import parse_qsl

import h11

from simulator.wire.dns_values import DnsMessage
from simulator.wire.web import Request, Response

MEDIA_TYPE = "application/dns-message"
PATH = "/dns-query"
"""What most servers use; RFC 8484 section 3 leaves it to the URI template."""
LONGEST = 65_535
"""Octets of a DNS message (RFC 8484 section 6)."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class DohError(Exception):
    """A request that asks nothing of the DNS; ``status`` is what HTTP says of it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class NotDns(Exception):
    """A response that brings no DNS message; ``status`` is its HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status} without a DNS message")
        self.status = status


# --- the server's side --------------------------------------------------------------


def query_of_get(query_string: str) -> bytes:
    """Return the DNS message in the variable ``dns`` of a GET (RFC 8484 section 4.1.1).

    It is base64url without padding (RFC 4648 section 5), and there is one. Raises `DohError`.
    """
    values = [value for name, value in parse_qsl(query_string, True) if name == "dns"]
    if len(values) != 1:
        raise DohError(400, f"{len(values)} variables dns in the query, and there must be one")
    text = values[0]
    if not _BASE64URL.fullmatch(text):
        raise DohError(400, "dns is not base64url without padding")
    try:
        message = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:  # a number of digits that no octets have
        raise DohError(400, "dns is not base64url without padding") from error
    return checked_query(message)


def checked_query(message: bytes) -> bytes:
    """Return a message that a DNS server can answer in some way; `DohError` for any other."""
    if len(message) > LONGEST:
        raise DohError(413, f"more than {LONGEST} octets")
    if len(message) < 12 or message[2] & 0x80:
        raise DohError(400, "no DNS query")
    return message


def media_type(field: str | None) -> str:
    """Return a Content-Type without its parameters, in lower case."""
    return (field or "").partition(";")[0].strip().lower()


def max_age(reply: DnsMessage) -> int:
    """Return for how many seconds a reply is fresh (RFC 8484 section 5.1).

    That is the smallest TTL of its answers; without any, what its SOA lets a denial last
    (RFC 2308 section 5); nothing where the server failed.
    """
    if reply.rcode not in ("NOERROR", "NXDOMAIN"):
        return 0
    if reply.answers:
        return min(record.ttl for record in reply.answers)
    for record in reply.authority:
        if record.type == "SOA":
            return min(record.ttl, int(record.data.split()[6]))
    return 0


# --- the client's side --------------------------------------------------------------


@lru_cache(maxsize=1024)
def post(authority: str, path: str, length: int) -> Request:
    """Return the head of a POST that brings a query of ``length`` octets.

    It says no more of the client than it must (RFC 8484 section 8.2), and the connection may
    serve again. Raises `h11.LocalProtocolError` for an authority or a path that none can carry.
    """
    fields = [
        ("Host", authority),
        ("Accept", MEDIA_TYPE),
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(length)),
    ]
    head = h11.Request(method="POST", target=path, headers=fields)
    return Request(head, h11.Connection(h11.CLIENT).send(head) or b"")


def message_of(response: Response) -> bytes:
    """Return the DNS message of a response; raise `NotDns` if it brings none."""
    if response.status != 200 or response.truncated:
        raise NotDns(response.status)
    if media_type(response.header(b"content-type")) != MEDIA_TYPE:
        raise NotDns(response.status)
    return response.body


def is_last(response: Response) -> bool:
    """Tell whether the connection is of no more use: the server ends it after this response
    (RFC 9112 section 9.6), or the rest of a body too long is still to come."""
    return response.truncated or "close" in (response.header(b"connection") or "").lower()
