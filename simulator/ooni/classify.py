"""OONI's decision table (web_connectivity v0.5, "classic"): a measurement in, a verdict out.

The verdict is made from the observations in the file, never copied from the file's own. The
rows have the numbers of ``docs/decisions/0008-ooni.md``; the first that fires wins.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from simulator.ooni.comparison import (
    INCONSISTENT,
    HttpDiff,
    consistency,
    experiment_failure,
    http_diff,
    is_expected,
    lacks_ipv6,
)
from simulator.ooni.format import Measurement
from simulator.ooni.sightings import DNS, HTTP, TCP, TLS, Scene, Sighting, scene
from simulator.values import Address, Message, message

Blocking: TypeAlias = str | bool | None
"""``"dns"``, ``"tcp_ip"``, ``"http-diff"``, ``"http-failure"``, False, or None: unknown."""


class Verdict(NamedTuple):
    """What a row of the table decides, and why in a sentence. ``failure`` is that of the visit."""

    row: int
    blocking: Blocking
    accessible: bool | None
    why: Message
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """All that the table says of a measurement. ``row`` is None if none fired."""

    blocking: Blocking
    accessible: bool | None
    dns_consistency: str | None
    dns_experiment_failure: str | None
    http_experiment_failure: str | None
    control_failure: str | None
    http_diff: HttpDiff
    row: int | None
    overruled: bool
    """Whether inconsistent lookups turned the row's word into "dns"."""
    why: Message
    table: str = "0.5"


NO_ROW = message("Nothing that was measured decides anything.")


def classify(measurement: Measurement) -> Classification:
    """Return what the table says. Takes any measurement that `format.Measurement` reads."""
    return classify_scene(scene(measurement), measurement.test_keys.control_failure)


def classify_scene(scene: Scene, control_failure: str | None = None) -> Classification:
    """Return what the table says of a measurement made ready."""
    lookups = consistency(scene)
    diff = http_diff(scene)
    decided = (_decide(sighting, scene, diff) for sighting in scene.sightings)
    verdict = next((one for one in decided if one is not None), None)
    blocking, accessible = (None, None) if verdict is None else verdict[1:3]
    row = None if verdict is None else verdict.row
    overruled = row in _MAY_BE_OVERRULED and accessible is not True and blocking != "dns"
    overruled = overruled and lookups == INCONSISTENT
    if overruled:
        blocking, accessible = "dns", False
    return Classification(
        blocking=blocking,
        accessible=accessible,
        dns_consistency=lookups,
        dns_experiment_failure=experiment_failure(scene),
        http_experiment_failure=None if verdict is None else verdict.failure,
        control_failure=control_failure,
        http_diff=diff,
        row=row,
        overruled=overruled,
        why=NO_ROW if verdict is None else verdict.why,
    )


_MAY_BE_OVERRULED = frozenset({2, 4, 5, 6, 7, 8, 10, 12})
"""Rows whose "unknown", "down" or "blocked" turns into "dns" where lookups are inconsistent."""


def _decide(sighting: Sighting, scene: Scene, diff: HttpDiff) -> Verdict | None:
    """Return what a sighting decides, or None if it decides nothing."""
    if sighting.final:
        return _final(sighting, scene, diff)
    if sighting.failure is None:
        return _loopback(sighting, scene) if sighting.stage == DNS else None
    if sighting.query is not None and lacks_ipv6(sighting.query):
        return None
    decide = {HTTP: _http_failed, TLS: _tls_failed, TCP: _tcp_failed, DNS: _dns_failed}
    return decide[sighting.stage](sighting, scene)


# --- what is known of the test helper -------------------------------------------------------


def _control_http(scene: Scene) -> str | None:
    """Return the failure of the test helper's page, ``""`` for success, None if unknown."""
    http = None if scene.control is None else scene.control.http_request
    return None if http is None else http.failure or ""


# --- rows 1 to 4: a final response ----------------------------------------------------------


def _final(sighting: Sighting, scene: Scene, diff: HttpDiff) -> Verdict:
    if sighting.secured:
        why = message("A final response came over TLS: the certificate vouches for the page.")
        return Verdict(1, False, True, why)
    if _control_http(scene) is None:
        why = message("A page came in the clear, and there is no other to compare it with.")
        return Verdict(2, None, None, why)
    if not diff.differs:
        why = message("A page came in the clear, and it is like the test helper's.")
        return Verdict(3, False, True, why)
    why = message("A page came in the clear, but it is not like the test helper's.")
    return Verdict(4, "http-diff", False, why)


# --- rows 5 to 8: a connection that failed --------------------------------------------------


def _http_failed(sighting: Sighting, scene: Scene) -> Verdict:
    failure, control = sighting.failure, _control_http(scene)
    if control is None:
        why = message(
            "The request failed ({failure}); there is no test helper to compare with.",
            **_of(sighting),
        )
        return Verdict(5, None, None, why, failure)
    if control:
        why = message("The request failed ({failure}), and the test helper's too.", **_of(sighting))
        return Verdict(5, False, False, why, failure)
    why = message("The request failed ({failure}); the test helper's did not.", **_of(sighting))
    return Verdict(5, "http-failure", False, why, failure)


def _tls_failed(sighting: Sighting, scene: Scene) -> Verdict:
    if sighting.control_tls is None:
        return _failed_alone(sighting, scene)
    if sighting.control_tls:
        why = message(
            "The TLS handshake failed ({failure}), and the test helper's too.", **_of(sighting)
        )
        return Verdict(6, False, False, why, sighting.failure)
    why = message(
        "The TLS handshake failed ({failure}); the test helper's with the same address did not.",
        **_of(sighting),
    )
    return Verdict(6, "http-failure", False, why, sighting.failure)


def _tcp_failed(sighting: Sighting, scene: Scene) -> Verdict:
    if sighting.control_tcp is None:
        return _failed_alone(sighting, scene)
    if sighting.control_tcp:
        why = message(
            "The connection failed ({failure}), and the test helper's too.", **_of(sighting)
        )
        return Verdict(8, False, False, why, sighting.failure)
    why = message(
        "The connection failed ({failure}); the test helper's to the same address did not.",
        **_of(sighting),
    )
    return Verdict(8, "tcp_ip", False, why, sighting.failure)


def _failed_alone(sighting: Sighting, scene: Scene) -> Verdict:
    """Row 7: the test helper did not try this address, for it came with a redirect or a lie."""
    if _control_http(scene) is None:
        why = message(
            "The connection failed ({failure}); there is no test helper to compare with.",
            **_of(sighting),
        )
        return Verdict(7, None, None, why, sighting.failure)
    why = message(
        "The connection failed ({failure}), to an address that the test helper did not try.",
        **_of(sighting),
    )
    return Verdict(7, "http-failure", False, why, sighting.failure)


# --- rows 9 to 12: a lookup -----------------------------------------------------------------


def _dns_failed(sighting: Sighting, scene: Scene) -> Verdict:
    failure, query = sighting.failure, sighting.query
    dns = None if scene.control is None else scene.control.dns
    if query is None or dns is None or (query.hostname or "").lower() != scene.host:
        if _control_http(scene) is None:
            why = message(
                "The lookup failed ({failure}) without a test helper: OONI counts that as"
                " accessible, though nothing was reached.",
                **_of(sighting),
            )
            return Verdict(9, False, True, why, failure)
        why = message(
            "The lookup failed ({failure}), of a name that the test helper did not look up.",
            **_of(sighting),
        )
        return Verdict(9, "dns", False, why, failure)
    if is_expected(query, scene.control):
        why = message("The lookup failed ({failure}), and the test helper's too.", **_of(sighting))
        # v0.5 names no failure where the test helper merely found no address.
        return Verdict(10, False, False, why, None if dns.failure is None else failure)
    why = message("The lookup failed ({failure}); the test helper's did not.", **_of(sighting))
    return Verdict(11, "dns", False, why, failure)


def _loopback(sighting: Sighting, scene: Scene) -> Verdict | None:
    """Row 12: an answer that leads nowhere but to the asker's own machine."""
    query, dns = sighting.query, None if scene.control is None else scene.control.dns
    if query is None or dns is None or dns.failure is not None or not dns.addrs:
        return None
    if (query.hostname or "").lower() != scene.host or not _only_loopback(query.addresses):
        return None
    if _only_loopback(dns.addrs):
        why = message("The name leads to the asker's own machine, for the test helper too.")
        return Verdict(12, False, False, why)
    why = message("The name leads to the asker's own machine, but not for the test helper.")
    return Verdict(12, "dns", False, why)


def _only_loopback(addresses: tuple[Address, ...]) -> bool:
    return bool(addresses) and all(map(_is_loopback, addresses))


def _is_loopback(address: Address) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _of(sighting: Sighting) -> dict[str, str]:
    return {"failure": sighting.failure or ""}
