"""The messages of a TLS handshake as both ends see them, decrypted: what ``curl -v`` lists.

This is the one place that leans on a private hook of the ssl module (CPython has had it since
3.8, for its own tests): OpenSSL tells of each message in the clear. Without it a tool could
show no more of TLS 1.3 than the two hellos.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, NamedTuple

_ALERT, _HANDSHAKE, _CHANGE_CIPHER_SPEC = 21, 22, 20
_CERTIFICATE = 11

# RFC 8446 section 4 (and RFC 5246 7.4 for those of TLS 1.2), in the words of curl.
_HANDSHAKE_NAMES = {
    0: "hello request",
    1: "Client hello",
    2: "Server hello",
    4: "Newsession Ticket",
    8: "Encrypted Extensions",
    11: "Certificate",
    12: "Server key exchange",
    13: "Request CERT",
    14: "Server finished",
    15: "CERT verify",
    16: "Client key exchange",
    20: "Finished",
}

# RFC 8446 section 6, in the words of OpenSSL.
_ALERT_NAMES = {
    0: "close notify",
    10: "unexpected_message",
    20: "bad record mac",
    40: "handshake failure",
    42: "bad certificate",
    45: "certificate expired",
    46: "certificate unknown",
    47: "illegal parameter",
    48: "unknown CA",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    70: "protocol version",
    80: "internal error",
    112: "unrecognized name",
    116: "certificate required",
    120: "no application protocol",
}


class TlsMessage(NamedTuple):
    """One message: ``sent`` or received, of which version, what it is, and its octets."""

    sent: bool
    version: str
    kind: str
    name: str
    number: int
    octets: bytes

    @property
    def direction(self) -> str:
        """``OUT`` or ``IN``."""
        return "OUT" if self.sent else "IN"


def listen(context: ssl.SSLContext, heard: Callable[[TlsMessage], None]) -> None:
    """Have ``heard`` called with every message of the context's handshakes from now on."""

    def callback(
        connection: Any, direction: str, version: Any, content: int, message: int, data: bytes
    ) -> None:
        spoken = getattr(version, "name", str(version)).replace("_", ".")
        read = _read(content, direction == "write", spoken, bytes(data))
        if read is not None:
            heard(read)

    context._msg_callback = callback  # type: ignore[attr-defined]


def _read(content: int, sent: bool, version: str, data: bytes) -> TlsMessage | None:
    if content == _HANDSHAKE and data:
        name = _HANDSHAKE_NAMES.get(data[0], "Unknown")
        return TlsMessage(sent, version, "TLS handshake", name, data[0], data)
    if content == _ALERT and len(data) >= 2:
        number = data[0] << 8 | data[1]
        return TlsMessage(
            sent, version, "TLS alert", _ALERT_NAMES.get(data[1], "unknown"), number, data
        )
    if content == _CHANGE_CIPHER_SPEC:
        return TlsMessage(sent, version, "TLS change cipher", "Change cipher spec", 1, data)
    return None


def chain_in(message: TlsMessage) -> tuple[bytes, ...] | None:
    """Return the certificates (DER) that a Certificate message carries, None for another one.

    TLS 1.3 has a context before the list and extensions behind each entry (RFC 8446
    section 4.4.2); TLS 1.2 has neither (RFC 5246 section 7.4.2). Of what is cut short the
    whole entries are returned: OpenSSL shows a message before it judges it.
    """
    if message.sent or message.kind != "TLS handshake" or message.number != _CERTIFICATE:
        return None
    octets, modern = message.octets, message.version == "TLSv1.3"
    at = 4 + 3  # the message's header, the length of the list
    if modern:
        at += 1 + int.from_bytes(octets[4:5], "big")
    found = []
    while at + 3 <= len(octets):
        start, size = at + 3, int.from_bytes(octets[at : at + 3], "big")
        at = start + size
        if at <= len(octets):
            found.append(octets[start:at])
        if modern:
            at += 2 + int.from_bytes(octets[at : at + 2], "big")
    return tuple(found)
