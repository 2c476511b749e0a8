"""The failure strings that a visit may end with (`simulator.wire.failures`)."""

from simulator.wire.failures import (
    CERTIFICATE_FAILURES,
    EOF,
    HANDSHAKE,
    HTTP_FAILED,
    INVALID_CERTIFICATE,
    INVALID_HOSTNAME,
    NETWORK_UNREACHABLE,
    NO_ANSWER,
    RESET,
    TIMEOUT,
    UNEXPECTED_REDIRECT,
    UNKNOWN_AUTHORITY,
    of_connection,
    of_tls,
)

__all__ = [
    "CERTIFICATE_FAILURES",
    "EOF",
    "HANDSHAKE",
    "HTTP_FAILED",
    "INVALID_CERTIFICATE",
    "INVALID_HOSTNAME",
    "NETWORK_UNREACHABLE",
    "NO_ANSWER",
    "RESET",
    "TIMEOUT",
    "UNEXPECTED_REDIRECT",
    "UNKNOWN_AUTHORITY",
    "of_connection",
    "of_tls",
]
