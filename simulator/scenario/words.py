"""What the fields of an observation can say, for the check of expectations.

Failures are those of OONI's data formats (ooni/spec, data format df-007-errors) that this
lab produces.
"""

from __future__ import annotations

SECTIONS = ("memory", "sessions", "chat", "disk", "remote-logs", "topology", "archives")
"""Of a copied server, as `simulator.wire.evidence.VOLATILITY` has them."""

WORDS: dict[str, tuple[str, ...]] = {
    "page": ("site", "block_page", "seizure_banner", "other"),
    "stage": ("dns", "tcp", "tls", "http"),
    "diagnosis": (
        "accessible",
        "blocked.dns",
        "blocked.ip",
        "blocked.tls",
        "blocked.http",
        "throttled",
        "shutdown",
        "seized",
        "seized.hold",
        "seized.redelegation",
        "seized.host",
        "down",
        "cannot_tell",
    ),
    "confidence": ("certain", "likely", "cannot tell"),
    "outcome": ("executed", "refused", "pending"),
    "lost": SECTIONS,
    "tells": (
        "accounts",
        "payments",
        "online",
        "messages",
        "log-window",
        "visitors",
        "behind-vpn",
        "other-hosts",
        "administrators",
    ),
    "rcode": ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"),
    "failure": (
        "connection_refused",
        "connection_reset",
        "connection_aborted",
        "generic_timeout_error",
        "eof_error",
        "host_unreachable",
        "network_unreachable",
        "network_down",
        "network_reset",
        "dns_nxdomain_error",
        "dns_no_answer",
        "dns_refused_error",
        "dns_servfail_error",
        "dns_server_misbehaving",
        "dns_bogon_error",
        "dns_temporary_failure",
        "dns_non_recoverable_failure",
        "dns_reply_with_wrong_query_id",
        "ssl_failed_handshake",
        "ssl_invalid_hostname",
        "ssl_unknown_authority",
        "ssl_invalid_certificate",
        "http_request_failed",
        "http_unexpected_status_code",
        "http_unexpected_redirect_url",
        "http_invalid_redirect_location_host",
    ),
}
