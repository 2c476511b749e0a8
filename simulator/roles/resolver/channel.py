"""The ways to a resolver other than port 53, as the stub sees them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Protocol

from simulator.serving.tls import open_tls_connection
from simulator.values import Address
from simulator.wire import failures
from simulator.wire.dns_values import DnsMessage

TIMEOUT_SECONDS = 5.0
"""How long it may take until TLS is up, and again until a reply is in: the stub's own."""


class Heard(NamedTuple):
    """What became of one query: a reply as it came, or the failure in its place.

    ``engine`` is how it was asked, in the words of `simulator.values.QuerySeen`;
    ``failure`` is an OONI failure string.
    """

    engine: str
    reply: DnsMessage | None = None
    raw: bytes = b""
    failure: str | None = None


class Channel(Protocol):
    """How a stub asks one resolver.

    With a ``strict`` channel nothing else is tried. Otherwise what got no reply is asked at
    port 53 of the same ``server``.
    """

    server: Address
    strict: bool

    async def ask(self, queries: Sequence[DnsMessage]) -> list[Heard]:
        """Return what became of each query; what the network does raises nothing."""


class WrongName(OSError):
    """The server has a good certificate, for another name."""


def resolver_context(root_pem: str, protocol: str) -> ssl.SSLContext:
    """Return a TLS client context that trusts the lab's root and checks names.

    ``protocol`` is what the ClientHello announces by ALPN (RFC 7301): ``"dot"``, ``"http/1.1"``.
    """
    context = ssl.create_default_context(cadata=root_pem)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    context.set_alpn_protocols([protocol])
    return context


@cache
def trusting_context() -> ssl.SSLContext:
    """Return a TLS client context that believes any certificate (RFC 7858 section 4.1)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["dot"])
    return context


async def connect(
    server: Address, port: int, hostname: str, context: ssl.SSLContext, seconds: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a TLS connection to a resolver.

    Whoever the context makes prove their certificate must also prove that it is for
    ``hostname``, even if the context, as a browser's, leaves names to us. Raises `OSError`:
    `WrongName`, `ssl.SSLError`, `TimeoutError` among others.
    """
    async with asyncio.timeout(seconds):
        reader, writer = await open_tls_connection(server, port, context, hostname or None)
    if context.verify_mode is ssl.CERT_REQUIRED and not context.check_hostname:
        certificate = writer.get_extra_info("ssl_object").getpeercert()
        if not _is_for(certificate, hostname):
            writer.close()
            raise WrongName(f"the certificate is not for {hostname}")
    return reader, writer


def failure_of(error: Exception) -> str:
    """Name why a connection could not be made, or broke."""
    if isinstance(error, WrongName):
        return failures.INVALID_HOSTNAME
    if isinstance(error, ssl.SSLError):
        return failures.of_tls(error)
    if isinstance(error, OSError):
        return failures.of_connection(error)
    return failures.EOF


def _is_for(certificate: dict[str, tuple[tuple[str, str], ...]], hostname: str) -> bool:
    """Tell whether a certificate is for a host (RFC 9525 section 6)."""
    names = [name.lower() for kind, name in certificate.get("subjectAltName", ()) if kind == "DNS"]
    return hostname in names or f"*.{hostname.partition('.')[2]}" in names
