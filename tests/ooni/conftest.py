"""Measurements built from parts. Names and addresses are reserved, everything is invented."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from simulator.ooni.format import Measurement, endpoint

SITE, TRUE, BESIDE, FORGED = "clips.test", "192.0.2.10", "192.0.2.11", "198.51.100.66"
HOSTING, PROVIDER = 64500, 64501
NUMBERS = {TRUE: HOSTING, BESIDE: HOSTING, FORGED: PROVIDER}
TITLE = "Clips, little films"
BODY = f"<html><title>{TITLE}</title>{'.' * 400}</html>"
BLOCKED = "<html><title>Access denied</title>Blocked by order.</html>"


class Build:
    """Makes parts of a measurement as plain dictionaries, and measurements of them."""

    site, true, beside, forged = SITE, TRUE, BESIDE, FORGED
    body, blocked, title = BODY, BLOCKED, TITLE

    def lookup(
        self,
        *addresses: str,
        failure: str | None = None,
        host: str = SITE,
        depth: int = 0,
        engine: str = "getaddrinfo",
        kind: str = "ANY",
        transaction: int = 1,
    ) -> dict[str, Any]:
        """A lookup; each address comes with the number of its network."""
        answers = [
            {
                "answer_type": "AAAA" if ":" in address else "A",
                "ipv6" if ":" in address else "ipv4": address,
                "asn": NUMBERS.get(address, 0),
                "ttl": None,
            }
            for address in addresses
        ]
        return {
            "engine": engine,
            "hostname": host,
            "query_type": kind,
            "failure": failure,
            "answers": answers or None,
            "tags": [f"depth={depth}"],
            "transaction_id": transaction,
        }

    def connect(
        self,
        address: str = TRUE,
        port: int = 443,
        failure: str | None = None,
        *,
        depth: int = 0,
        fetch: bool = True,
        transaction: int = 40001,
    ) -> dict[str, Any]:
        """A TCP connect."""
        return {
            "ip": address,
            "port": port,
            "status": {"failure": failure, "success": failure is None},
            **self._shared(depth, fetch, transaction),
        }

    def handshake(
        self,
        address: str = TRUE,
        failure: str | None = None,
        *,
        host: str = SITE,
        depth: int = 0,
        fetch: bool = True,
        transaction: int = 40001,
    ) -> dict[str, Any]:
        """A TLS handshake on port 443."""
        return {
            "network": "tcp",
            "address": endpoint(address, 443),
            "server_name": host,
            "failure": failure,
            "peer_certificates": None,
            **self._shared(depth, fetch, transaction),
        }

    def exchange(
        self,
        url: str = f"https://{SITE}/",
        status: int = 200,
        *,
        failure: str | None = None,
        body: str = BODY,
        headers: dict[str, str] | None = None,
        depth: int = 0,
        transaction: int = 40001,
    ) -> dict[str, Any]:
        """A request and its response."""
        return {
            "failure": failure,
            "request": {"url": url, "method": "GET"},
            "response": {
                "code": 0 if failure is not None else status,
                "headers": {"X-Clips": "1"} if headers is None else headers,
                "body": "" if failure is not None else body,
                "body_is_truncated": False,
            },
            **self._shared(depth, True, transaction),
        }

    def _shared(self, depth: int, fetch: bool, transaction: int) -> dict[str, Any]:
        tags = [f"depth={depth}", f"fetch_body={'true' if fetch else 'false'}"]
        return {"tags": tags, "transaction_id": transaction}

    def control(
        self,
        *,
        addrs: Iterable[str] = (TRUE,),
        dns: str | None = None,
        tcp: dict[str, str | None] | None = None,
        tls: dict[str, str | None] | None = None,
        http: str | None = None,
        page: bool = True,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """The test helper's reply; ``page=False`` leaves its page out."""
        reply: dict[str, Any] = {
            "dns": {"failure": dns, "addrs": list(addrs)},
            "tcp_connect": {
                where: {"status": failure is None, "failure": failure}
                for where, failure in (tcp or {}).items()
            },
            "tls_handshake": {
                where: {"server_name": SITE, "status": failure is None, "failure": failure}
                for where, failure in (tls or {}).items()
            },
            "ip_info": {address: {"asn": NUMBERS.get(address, 0), "flags": 2} for address in addrs},
        }
        if page:
            reply["http_request"] = {
                "failure": http,
                "status_code": -1 if http is not None else status,
                "body_length": -1 if http is not None else len(BODY),
                "title": "" if http is not None else TITLE,
                "headers": {"x-clips": "2"} if headers is None else headers,
            }
        return reply

    def document(
        self,
        url: str = f"https://{SITE}/",
        *,
        queries: Iterable[dict[str, Any]] = (),
        connects: Iterable[dict[str, Any]] = (),
        handshakes: Iterable[dict[str, Any]] = (),
        exchanges: Iterable[dict[str, Any]] = (),
        control: dict[str, Any] | None = None,
        version: str = "0.5.28",
        **keys: Any,
    ) -> dict[str, Any]:
        """A measurement; exchanges are given newest first, as OONI has them."""
        return {
            "input": url,
            "probe_asn": "AS64496",
            "probe_cc": "XF",
            "measurement_start_time": "2024-05-14 18:00:00",
            "test_name": "web_connectivity",
            "test_version": version,
            "test_keys": {
                "queries": list(queries),
                "tcp_connect": list(connects),
                "tls_handshakes": list(handshakes),
                "requests": list(exchanges),
                "control": control,
                "control_failure": None if control is not None else "generic_timeout_error",
                **keys,
            },
        }

    def measurement(self, *arguments: Any, **keywords: Any) -> Measurement:
        """A measurement, read."""
        return Measurement.model_validate(self.document(*arguments, **keywords))


@pytest.fixture(scope="session")
def build() -> Build:
    return Build()
