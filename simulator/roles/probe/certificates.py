"""Reading the certificate that a server showed, valid or not."""

from __future__ import annotations

import ssl
import warnings
from functools import lru_cache

from simulator.values import CertificateSeen


@lru_cache(maxsize=1024)
def read_certificate(der: bytes) -> CertificateSeen | None:
    """Return what a certificate says in DER, or None if it cannot be read.

    ``subject`` is its common name, ``issuer`` that of its issuer. Remembered, because every
    visit of a site meets the same certificate.
    """
    from cryptography import x509  # 30 ms to import: only where a certificate is seen

    try:
        with warnings.catch_warnings():
            # A malformed certificate is what a server showed, not something for our user to mend.
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            names = _alternative_names(certificate)
            subject, issuer = _common_name(certificate.subject), _common_name(certificate.issuer)
    except ValueError:
        return None
    return CertificateSeen(subject, names, issuer)


def is_for(certificate: CertificateSeen, host: str) -> bool:
    """Tell whether a certificate is for that host (RFC 9525 section 6).

    A wildcard stands for one whole label on the left; the common name does not count.
    """
    if host in certificate.names:
        return True
    _, dot, parent = host.partition(".")
    return bool(dot) and f"*.{parent}" in certificate.names


def browser_context(root_pem: str) -> ssl.SSLContext:
    """Return a TLS client context that trusts the lab's root and verifies strictly.

    The name is compared by the probe once the handshake is done (`is_for`): OpenSSL would
    break off and keep the certificate, which is what there is to show.
    """
    context = ssl.create_default_context(cadata=root_pem)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    context.set_alpn_protocols(["http/1.1"])
    return context


def onlooker_context() -> ssl.SSLContext:
    """Return a context that believes anything, to look at a certificate that was refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _common_name(name: object) -> str:
    from cryptography import x509

    assert isinstance(name, x509.Name)
    for attribute in name.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME):
        return str(attribute.value)
    return name.rfc4514_string()


def _alternative_names(certificate: object) -> tuple[str, ...]:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    names = [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return (*names, *map(str, addresses))
