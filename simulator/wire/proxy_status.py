"""What a proxy says went wrong beyond it: the Proxy-Status field (RFC 9209).

Without it a 502 says nothing of whether a name, an address or a server failed. Failures are
a stage of a visit and an OONI failure string on our side, an error type on the wire.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_RCODES = {
    "dns_nxdomain_error": "NXDOMAIN",
    "dns_servfail_error": "SERVFAIL",
    "dns_refused_error": "REFUSED",
    "dns_no_answer": "NOERROR",
}
# (stage, failure), error type, status: section 2.3 has the types and the status for each.
_TYPES = (
    ("dns", "generic_timeout_error", "dns_timeout", 504),
    ("tcp", "connection_refused", "connection_refused", 502),
    ("tcp", "generic_timeout_error", "connection_timeout", 504),
    ("tcp", "connection_reset", "connection_terminated", 502),
    ("tcp", "host_unreachable", "destination_ip_unroutable", 502),
    ("tcp", "network_unreachable", "destination_ip_unroutable", 502),
    ("tls", "ssl_invalid_hostname", "tls_certificate_error", 502),
    ("tls", "ssl_unknown_authority", "tls_certificate_error", 502),
    ("tls", "ssl_invalid_certificate", "tls_certificate_error", 502),
    ("tls", "ssl_failed_handshake", "tls_protocol_error", 502),
    ("tls", "connection_reset", "connection_terminated", 502),
    ("tls", "eof_error", "connection_terminated", 502),
    ("tls", "generic_timeout_error", "connection_read_timeout", 504),
    ("http", "generic_timeout_error", "http_response_timeout", 504),
    ("http", "eof_error", "http_response_incomplete", 502),
    ("http", "connection_reset", "connection_terminated", 502),
    ("http", "http_request_failed", "http_protocol_error", 502),
)
_BY_FAILURE = {(stage, failure): (kind, status) for stage, failure, kind, status in _TYPES}
_BY_TYPE = {kind: (stage, failure) for stage, failure, kind, _ in reversed(_TYPES)}
_ERROR = re.compile(r"; *error=([a-z_]+)")
_RCODE = re.compile(r'; *rcode="?([A-Z]+)"?')


class Trouble(NamedTuple):
    """How a proxy tells of a failure: the status of its response, and the field's value."""

    status: int
    field: str


def write_trouble(proxy: str, stage: str, failure: str) -> Trouble:
    """Return the response to a request that failed beyond the proxy of that name (a token)."""
    rcode = _RCODES.get(failure)
    if rcode is not None:
        return Trouble(502, f'{proxy}; error=dns_error; rcode="{rcode}"')
    if stage == "dns" and failure != "generic_timeout_error":
        return Trouble(502, f"{proxy}; error=dns_error")
    kind, status = _BY_FAILURE.get((stage, failure), ("destination_unavailable", 503))
    return Trouble(status, f"{proxy}; error={kind}")


def read_trouble(status: int, field: str | None) -> tuple[str, str]:
    """Return the stage and the failure that a response tells of, with the field or without."""
    error = _ERROR.search(field) if field is not None else None
    if error is not None and field is not None:
        if error[1] == "dns_error":
            return "dns", _dns_failure(field)
        known = _BY_TYPE.get(error[1])
        if known is not None:
            return known
    if status == 504:
        return "tcp", "generic_timeout_error"
    return "tcp", f"unknown_failure: the proxy answered {status}"


def _dns_failure(field: str) -> str:
    rcode = _RCODE.search(field)
    for failure, written in _RCODES.items():
        if rcode is not None and written == rcode[1]:
            return failure
    return "dns_server_misbehaving"
