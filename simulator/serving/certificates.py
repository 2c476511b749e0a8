"""A machine's TLS: its key, its certificates, which of them a ClientHello gets.

One key serves all certificates of a machine: OpenSSL takes most of a millisecond to read a
certificate with its key, and nothing in the lab depends on their being different.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from simulator.wire.acme import PublicKey


class Keys:
    """The key of a machine's certificates and, apart (RFC 8555 section 11.1), its account's."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
        self.account = PublicKey(numbers.x, numbers.y)

    def signing_request(self, names: Sequence[str]) -> str:
        """Return a signing request for the names, in PEM."""
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
        request = builder.add_extension(alternative, critical=True).sign(self._key, hashes.SHA256())
        return request.public_bytes(Encoding.PEM).decode()

    def check(self, chain_pem: str) -> None:
        """Raise `ValueError` unless the first certificate is for this key."""
        certificate = x509.load_pem_x509_certificate(chain_pem.encode())
        if certificate.public_key() != self._key.public_key():
            raise ValueError("the certificate is for another key")

    def private_pem(self) -> bytes:
        """Return the private key in PEM, without a password."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class TlsContexts:
    """Chooses the certificate by server name (SNI, RFC 6066 section 3).

    A name without a certificate of its own gets the first certificate, as with the default
    server of nginx: the visitor then sees a wrong name, not a closed door. Without any
    certificate the handshake fails with an alert. Keys and contexts are made when they are
    first needed: most machines of a large lab are never visited.
    """

    def __init__(self) -> None:
        self._chains: dict[str, str] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._chains

    @cached_property
    def keys(self) -> Keys:
        """The machine's keys."""
        return Keys()

    @cached_property
    def listening(self) -> ssl.SSLContext:
        """The context to listen with; it has no certificate and leaves the choice to SNI."""
        context = _server_context()
        context.sni_callback = self.choose
        return context

    def install(self, names: Sequence[str], chain_pem: str) -> None:
        """Serve the certificate for these names from now on.

        Raises `ValueError` when it is no certificate or not for this machine's key.
        """
        self.keys.check(chain_pem)
        for name in names:
            self._chains[name] = chain_pem

    def _context(self, chain_pem: str) -> ssl.SSLContext:
        context = self._contexts.get(chain_pem)
        if context is None:
            context = self._contexts[chain_pem] = _server_context()
            _load(context, chain_pem.encode() + self.keys.private_pem())
        return context

    def choose(
        self, connection: ssl.SSLObject, name: str | None, listening: ssl.SSLContext
    ) -> None:
        """Give a connection the certificate for the name in its ClientHello, if it has one."""
        chain = self._chains.get(name.lower()) if name is not None else None
        if chain is None:
            chain = next(iter(self._chains.values()), None)
        if chain is not None:
            connection.context = self._context(chain)


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Have OpenSSL read a certificate and its key, which it does from files only.

    The file lives as long as this call, and nobody else may read it. A name that is in use
    cannot be opened again on Windows, hence no NamedTemporaryFile.
    """
    descriptor, path = tempfile.mkstemp(prefix="takedown-lab-", suffix=".pem")
    try:
        os.write(descriptor, pem)
        os.close(descriptor)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A visitor starts afresh each time: session tickets would only be two more records.
    context.num_tickets = 0
    return context
