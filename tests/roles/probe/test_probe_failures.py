"""Exceptions become the failure strings of OONI's data formats."""

import errno
import ssl

import pytest

from simulator.roles.probe.failures import of_connection, of_tls


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "connection_refused"),
        (ConnectionRefusedError(), "connection_refused"),
        (ConnectionResetError(), "connection_reset"),
        (BrokenPipeError(), "connection_reset"),
        (OSError(errno.ECONNABORTED, "aborted"), "connection_aborted"),
        (TimeoutError(), "generic_timeout_error"),
        (OSError(errno.ETIMEDOUT, "timed out"), "generic_timeout_error"),
        (OSError(errno.EHOSTUNREACH, "no route"), "host_unreachable"),
        (PermissionError(errno.EACCES, "prohibited"), "host_unreachable"),
        (OSError(errno.ENETUNREACH, "no network"), "network_unreachable"),
        (OSError(errno.ENETDOWN, "down"), "network_down"),
        (OSError("several things"), "unknown_failure: several things"),
    ],
)
def test_connections(error: OSError, failure: str) -> None:
    assert of_connection(error) == failure


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (62, "ssl_invalid_hostname"),
        (64, "ssl_invalid_hostname"),
        (18, "ssl_unknown_authority"),
        (19, "ssl_unknown_authority"),
        (20, "ssl_unknown_authority"),
        (10, "ssl_invalid_certificate"),
    ],
)
def test_certificates(code: int, failure: str) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    assert of_tls(error) == failure


def test_handshakes() -> None:
    assert of_tls(ssl.SSLEOFError(8, "EOF")) == "eof_error"
    assert of_tls(ssl.SSLError(1, "alert handshake failure")) == "ssl_failed_handshake"
