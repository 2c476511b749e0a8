"""The test helper's reply, from what the lab's control saw; and what it was asked.

Words as OONI's test helper has them: its lookup says ``dns_name_error`` for a name that does
not exist and nothing at all for a name without addresses, ``dns_server_failure`` for what a
resolver would not answer.
"""

from __future__ import annotations

from typing import Any

from simulator.ooni.comparison import NO_ANSWER
from simulator.ooni.course import Course, course
from simulator.ooni.format import endpoint
from simulator.ooni.record import Holders
from simulator.values import Address, Observation

NAME_ERROR, SERVER_FAILURE = "dns_name_error", "dns_server_failure"
_DNS_WORDS = {
    "dns_nxdomain_error": NAME_ERROR,
    "dns_refused_error": SERVER_FAILURE,
    "dns_servfail_error": SERVER_FAILURE,
    "dns_server_misbehaving": SERVER_FAILURE,
    "dns_temporary_failure": SERVER_FAILURE,
}
_FOUND_BY_PROBE, _FOUND_BY_HELPER, _VALID = 1, 2, 8
"""Flags of ``ip_info`` (ts-017)."""


def request(observation: Observation, found: Course) -> dict[str, Any]:
    """Return what the test helper is asked about a visit."""
    sent = observation.exchanges[0].request_headers if observation.exchanges else ()
    headers: dict[str, list[str]] = {}
    for name, value in sent:
        headers.setdefault(name, []).append(value)
    return {
        "http_request": found.url,
        "http_request_headers": headers,
        "tcp_connect": [endpoint(address, found.port) for address in observation.addresses],
        "x_quic_enabled": False,
    }


def reply(
    control: Observation,
    observation: Observation,
    found: Course,
    holder: Holders,
) -> dict[str, Any]:
    """Return the control's visit as the test helper's reply about ``observation``.

    Only the first request is compared endpoint by endpoint: the test helper keeps silent about
    what comes after a redirect.
    """
    steps = course(control).steps
    first = {number for number, step in steps.items() if step.depth == 0}
    addresses = _addresses(control, found.host)
    return {
        "dns": {"failure": _dns_failure(control, addresses), "addrs": list(addresses)},
        "tcp_connect": {
            endpoint(one.address, one.port): {
                "status": one.failure is None,
                "failure": one.failure,
            }
            for one in control.connects
            if one.transaction in first
        },
        "tls_handshake": {
            endpoint(one.address, one.port): {
                "server_name": one.server_name,
                "status": one.failure is None,
                "failure": one.failure,
            }
            for one in control.handshakes
            if one.transaction in first
        },
        "quic_handshake": {},
        "http_request": _http(control),
        "http3_request": None,
        "ip_info": _ip_info(control, observation, addresses, holder),
    }


def _addresses(control: Observation, host: str) -> tuple[Address, ...]:
    """Return what the control's resolver found for a host."""
    answers = (
        data
        for query in control.queries
        if query.hostname == host
        for kind, data, _ in query.answers
        if kind in ("A", "AAAA")
    )
    return tuple(dict.fromkeys(answers)) or control.addresses


def _dns_failure(control: Observation, addresses: tuple[Address, ...]) -> str | None:
    if addresses or control.stage != "dns" or control.failure in (None, NO_ANSWER):
        return None
    return _DNS_WORDS.get(control.failure or "", "unknown_error")


def _http(control: Observation) -> dict[str, Any]:
    last = control.exchanges[-1] if control.exchanges else None
    failure = control.failure
    if last is None or failure is not None or last.status is None:
        return {
            "failure": failure or "unknown_error",
            "status_code": -1,
            "body_length": -1,
            "title": "",
            "headers": {},
        }
    return {
        "failure": None,
        "status_code": last.status,
        "body_length": len(last.body),
        "title": control.title,
        "headers": dict(reversed(last.headers)),
    }


def _ip_info(
    control: Observation,
    observation: Observation,
    addresses: tuple[Address, ...],
    holder: Holders,
) -> dict[str, Any]:
    proven = [one.address for one in control.handshakes if one.failure is None]
    info = {}
    for address in dict.fromkeys((*observation.addresses, *addresses)):
        flags = _FOUND_BY_PROBE if address in observation.addresses else 0
        flags |= _FOUND_BY_HELPER if address in addresses else 0
        flags |= _VALID if address in proven else 0
        held = holder(address)
        info[address] = {"asn": 0 if held is None else held.asn, "flags": flags}
    return info
