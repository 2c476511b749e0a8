"""From what a library raises to the failure strings of OONI's data formats."""

from __future__ import annotations

import errno
import ssl

TIMEOUT = "generic_timeout_error"
EOF = "eof_error"
RESET = "connection_reset"
NETWORK_UNREACHABLE = "network_unreachable"
NO_ANSWER = "dns_no_answer"
MISBEHAVING = "dns_server_misbehaving"
HANDSHAKE = "ssl_failed_handshake"
INVALID_HOSTNAME = "ssl_invalid_hostname"
UNKNOWN_AUTHORITY = "ssl_unknown_authority"
INVALID_CERTIFICATE = "ssl_invalid_certificate"
HTTP_FAILED = "http_request_failed"
UNEXPECTED_STATUS = "http_unexpected_status_code"
UNEXPECTED_REDIRECT = "http_unexpected_redirect_url"

CERTIFICATE_FAILURES = (INVALID_HOSTNAME, UNKNOWN_AUTHORITY, INVALID_CERTIFICATE)

_BY_ERRNO = {
    errno.ECONNREFUSED: "connection_refused",
    errno.ECONNRESET: RESET,
    errno.EPIPE: RESET,  # a write after the reset that no read has met yet
    errno.ECONNABORTED: "connection_aborted",
    errno.ETIMEDOUT: TIMEOUT,
    errno.EHOSTUNREACH: "host_unreachable",
    errno.EACCES: "host_unreachable",  # how Linux tells of ICMPv6 "administratively prohibited"
    errno.ENETUNREACH: NETWORK_UNREACHABLE,
    errno.EADDRNOTAVAIL: NETWORK_UNREACHABLE,
    errno.EAFNOSUPPORT: NETWORK_UNREACHABLE,
    errno.ENETDOWN: "network_down",
    errno.ENETRESET: "network_reset",
}

# OpenSSL's X509_V_ERR_* (x509_vfy.h); the ssl module has the numbers without the names.
_WRONG_NAME = (62, 64)  # hostname, IP address mismatch
_NO_ISSUER = (2, 18, 19, 20, 21)  # self-signed, or the issuer is not known or not trusted


def of_connection(error: OSError) -> str:
    """Name why a connection could not be made or broke.

    Several addresses of one name may each have failed: asyncio then raises an `OSError`
    without a number, and the text stands in for it.
    """
    if isinstance(error, TimeoutError):
        return TIMEOUT
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return RESET
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    failure = _BY_ERRNO.get(error.errno or 0)
    return f"unknown_failure: {error}" if failure is None else failure


def of_tls(error: ssl.SSLError) -> str:
    """Name why a TLS handshake failed."""
    if isinstance(error, ssl.SSLEOFError):
        return EOF
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_NAME:
            return INVALID_HOSTNAME
        return UNKNOWN_AUTHORITY if error.verify_code in _NO_ISSUER else INVALID_CERTIFICATE
    return HANDSHAKE
