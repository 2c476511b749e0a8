"""Our own reading beside OONI's: the measurement as evidence for the lab's diagnosis.

A measurement holds less than the lab's own investigation gathers, no second resolver and no
trace: the reasoning says less, too. What a page is, the lab's pages say themselves; a page of
the live Internet is the site if TLS vouches for it, or if it is like the test helper's.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from simulator.ooni.comparison import HttpDiff, octets, title_of
from simulator.ooni.control import NAME_ERROR
from simulator.ooni.format import Control, HttpExchange, HttpResponse, Keys, Measurement
from simulator.ooni.read import printable
from simulator.ooni.sightings import DNS, HTTP, TCP, TLS, Scene, Sighting
from simulator.roles.probe.causes import Diagnosis, cannot_tell
from simulator.roles.probe.certificates import read_certificate
from simulator.roles.probe.evidence import Evidence, IpInfo
from simulator.roles.probe.reasoning import reason
from simulator.values import (
    SECOND,
    Address,
    CertificateSeen,
    ExchangeSeen,
    Instant,
    Observation,
    StageTiming,
    message,
)
from simulator.wire.pages import BLOCK_PAGE, OTHER, SEIZURE_BANNER, SITE, identify

_STAGES = {DNS: "dns", TCP: "tcp", TLS: "tls", HTTP: "http"}
_LONGEST = 86_400.0
_UNKNOWN_KIND = ""
"""Nobody has told us what a network is for."""


class _Ending(NamedTuple):
    """How the visit ended: where it failed and why, or with which response."""

    stage: str | None
    failure: str | None
    exchange: HttpExchange | None


def reading(measurement: Measurement, scene: Scene, diff: HttpDiff) -> Diagnosis:
    """Return what the lab's own reasoning makes of a measurement."""
    evidence = evidence_of(measurement, scene, diff)
    if evidence.subject.failure is None and evidence.subject.status is None:
        return cannot_tell(message("The file does not tell how the visit ended."))
    return reason(evidence)


def evidence_of(measurement: Measurement, scene: Scene, diff: HttpDiff) -> Evidence:
    """Return a measurement as evidence: the probe's visit and the test helper's."""
    subject, control = _subject(measurement, scene, diff), scene.control
    return Evidence(
        subject=subject,
        control=None if control is None else _control(control, measurement, subject, diff.differs),
        home=_home(measurement),
        holders=_holders(measurement.test_keys, scene),
    )


def _home(measurement: Measurement) -> IpInfo | None:
    """Return whose network the probe was in: a subscriber's is an access provider's."""
    number = (measurement.probe_asn or "").removeprefix("AS")
    if not number.isdecimal() or int(number[:12]) == 0:
        return None
    name = measurement.probe_network_name or f"AS{number}"
    return IpInfo(int(number[:12]), printable(name), measurement.probe_cc or "", "access")


def _holders(keys: Keys, scene: Scene) -> dict[Address, IpInfo]:
    """Return who holds which address, as far as the file names networks."""
    names = {
        answer.address: printable(answer.as_org_name)
        for query in keys.queries
        for answer in query.answers
        if answer.address is not None and answer.as_org_name
    }
    return {
        address: IpInfo(number, names.get(address, f"AS{number}"), "", _UNKNOWN_KIND)
        for address, number in scene.names.items()
    }


# --- the probe's visit ----------------------------------------------------------------------


def _subject(measurement: Measurement, scene: Scene, diff: HttpDiff) -> Observation:
    keys = measurement.test_keys
    ending = _ending(scene)
    response = None if ending.exchange is None else ending.exchange.response
    page = None
    if response is not None:
        page = _page(scene, response, _speaks_for_itself(scene) or not diff.differs)
    return Observation(
        at=0,
        vantage=measurement.probe_asn or "",
        country=measurement.probe_cc or "",
        via=None,
        url=measurement.input or "",
        stage=ending.stage,
        failure=ending.failure,
        resolver=measurement.resolver_ip,
        addresses=_addresses(scene),
        address=_address(keys, ending),
        rcode=_rcode(ending),
        certificate=_certificate(keys),
        status=None if response is None else response.code,
        page=page,
        title="" if response is None else title_of(response),
        final_url=_url(ending.exchange) or measurement.input or "",
        timings=_timings(keys),
        exchanges=_exchanges(ending.exchange),
    )


def _ending(scene: Scene) -> _Ending:
    """Return how the visit ended: a final response, else the failure that the table meets."""
    if scene.final is not None:
        return _Ending(None, None, scene.final.exchange)
    failed: Sighting | None = next(
        (sighting for sighting in scene.sightings if sighting.failure is not None), None
    )
    if failed is None:
        return _Ending(None, None, None)
    return _Ending(_STAGES[failed.stage], failed.failure, None)


def _speaks_for_itself(scene: Scene) -> bool:
    return scene.final is not None and scene.final.secured


def _page(scene: Scene, response: HttpResponse, vouched: bool) -> str:
    """Name the kind of a page. The lab's say it themselves, an HTTP 451 by its status."""
    fields = [
        (name.lower().encode("utf-8", "replace"), str(value).encode("utf-8", "replace"))
        for name, value in (response.headers or {}).items()
    ]
    identity = identify(octets(response.body), fields, response.code or 0)
    if identity.kind == SITE:
        return SITE if scene.host in identity.names else OTHER
    if identity.kind != OTHER:
        return identity.kind
    return SITE if vouched and (response.code or 0) // 100 == 2 else OTHER


def _addresses(scene: Scene) -> tuple[Address, ...]:
    found = (
        address
        for query in scene.lookups
        if (query.hostname or "").lower() == scene.host
        for address in query.addresses
    )
    return tuple(dict.fromkeys(found))


def _address(keys: Keys, ending: _Ending) -> Address | None:
    where = None if ending.exchange is None else ending.exchange.address
    if where:
        return where.rpartition(":")[0].strip("[]")
    return keys.tcp_connect[-1].ip if keys.tcp_connect else None


def _rcode(ending: _Ending) -> str | None:
    """Return the response code that a failed lookup tells of."""
    words = {
        "dns_nxdomain_error": "NXDOMAIN",
        "dns_refused_error": "REFUSED",
        "dns_servfail_error": "SERVFAIL",
        "dns_no_answer": "NOERROR",
    }
    return words.get(ending.failure or "") if ending.stage == "dns" else "NOERROR"


def _certificate(keys: Keys) -> CertificateSeen | None:
    """Return the last certificate that a server showed, if it can be read."""
    for handshake in reversed(keys.tls_handshakes):
        for binary in handshake.peer_certificates[:1]:
            try:
                return read_certificate(base64.b64decode(binary.data or ""))
            except (ValueError, binascii.Error):
                return None
    return None


def _url(exchange: HttpExchange | None) -> str | None:
    return None if exchange is None or exchange.request is None else exchange.request.url


def _timings(keys: Keys) -> tuple[StageTiming, ...]:
    """Return when the stages were, as far as the file has both of their ends."""
    events = (
        *(("tcp", event) for event in keys.tcp_connect),
        *(("tls", event) for event in keys.tls_handshakes),
        *(("http", event) for event in reversed(keys.requests)),
    )
    return tuple(
        StageTiming(stage, _instant(event.t0), _instant(event.t))
        for stage, event in events
        if event.t0 is not None and event.t is not None
    )


def _instant(seconds: float) -> Instant:
    """Return seconds as microseconds, 0 for what no measurement takes."""
    return int(seconds * SECOND) if 0 <= seconds < _LONGEST else 0


def _exchanges(exchange: HttpExchange | None) -> tuple[ExchangeSeen, ...]:
    if exchange is None or exchange.response is None:
        return ()
    response = exchange.response
    return (
        ExchangeSeen(
            exchange.transaction_id or 0,
            _url(exchange) or "",
            "",
            0,
            _instant(exchange.t0 or 0.0),
            _instant(exchange.t or 0.0),
            status=response.code,
            body=octets(response.body),
            truncated=bool(response.body_is_truncated),
        ),
    )


# --- the test helper's visit ----------------------------------------------------------------


def _control(
    control: Control, measurement: Measurement, subject: Observation, differs: bool
) -> Observation:
    """Return the test helper's visit. What its page was, its status tells, or the probe's page
    where the two are alike.
    """
    dns, http = control.dns, control.http_request
    addresses = () if dns is None else dns.addrs
    stage = failure = status = page = None
    if dns is not None and not addresses:
        stage, failure = "dns", _dns_failure(dns.failure)
    elif http is not None and http.failure is not None:
        stage, failure = _stage_of(control, http.failure), http.failure
    elif http is not None:
        status = http.status_code
        page = SITE if (status or 0) // 100 == 2 else BLOCK_PAGE if status == 451 else OTHER
        if page == SITE and subject.page == SEIZURE_BANNER and not differs:
            page = SEIZURE_BANNER  # it is the page that the probe has, whose body we can read
    return Observation(
        at=0,
        vantage="test-helper",
        country="",
        via=None,
        url=measurement.input or "",
        stage=stage,
        failure=failure,
        addresses=addresses,
        status=status,
        page=page,
        title="" if http is None else http.title or "",
        final_url=measurement.input or "",
    )


def _dns_failure(failure: str | None) -> str:
    """Return the probe's word for the test helper's."""
    if failure is None:
        return "dns_no_answer"
    return {NAME_ERROR: "dns_nxdomain_error"}.get(failure, "dns_server_misbehaving")


def _stage_of(control: Control, failure: str) -> str:
    """Return the stage that the test helper failed at."""
    if failure.startswith("dns_"):
        return "dns"
    connects = (control.tcp_connect or {}).values()
    if connects and all(connect.failure is not None for connect in connects):
        return "tcp"
    handshakes = (control.tls_handshake or {}).values()
    if failure.startswith("ssl_") or any(one.failure is not None for one in handshakes):
        return "tls"
    return "http"
