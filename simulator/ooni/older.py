"""What web_connectivity v0.4 made of the same observations, for the files that it wrote.

It had no list to walk: a few questions in a row, about the request as a whole. It called a
name that exists nowhere accessible, and knew no "down".
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.ooni.classify import Blocking
from simulator.ooni.comparison import (
    CONSISTENT,
    INCONSISTENT,
    consistency,
    experiment_failure,
    http_diff,
)
from simulator.ooni.format import Keys
from simulator.ooni.sightings import TCP, Scene, scheme_of
from simulator.values import Message, message

_NO_NAME = ("dns_nxdomain_error", "android_dns_cache_no_data")
_HTTP_FAILURES = (
    "connection_refused",
    "connection_reset",
    "eof_error",
    "generic_timeout_error",
    "ssl_invalid_hostname",
    "ssl_invalid_certificate",
    "ssl_unknown_authority",
)


class OlderVerdict(NamedTuple):
    """What v0.4 would say, and why."""

    blocking: Blocking
    accessible: bool | None
    why: Message


def classify_older(scene: Scene, keys: Keys) -> OlderVerdict:
    """Return v0.4's verdict on a measurement made ready, and its ``test_keys``."""
    newest = keys.requests[0] if keys.requests else None
    url = None if newest is None or newest.request is None else newest.request.url
    if newest is not None and newest.failure is None and scheme_of(url) == "https":
        return OlderVerdict(False, True, message("The last response came over TLS."))
    control = scene.control
    if control is None or control.http_request is None:
        return OlderVerdict(None, None, message("The test helper gave no answer."))
    failure, lookups = experiment_failure(scene), _consistency(scene)
    if failure in _NO_NAME:
        if lookups == CONSISTENT:
            why = message("The name exists for nobody: v0.4 counts that as accessible.")
            return OlderVerdict(False, True, why)
        return OlderVerdict("dns", False, message("The name exists, but not for this probe."))
    if _never_connected(scene):
        why = message("No connection came about.")
        return OlderVerdict("tcp_ip" if lookups == CONSISTENT else "dns", False, why)
    if control.http_request.failure is not None:
        return OlderVerdict(None, None, message("The test helper did not get the page either."))
    if newest is None:
        return OlderVerdict(None, None, message("No request was made."))
    if newest.failure is not None:
        return _failed(newest.failure, lookups, len(keys.requests))
    if not http_diff(scene).differs:
        return OlderVerdict(False, True, message("The page is like the test helper's."))
    blocking = "dns" if lookups == INCONSISTENT else "http-diff"
    return OlderVerdict(blocking, False, message("The page is not like the test helper's."))


def _consistency(scene: Scene) -> str:
    """Return v0.4's word for the lookups: what does not agree is inconsistent."""
    return consistency(scene) or INCONSISTENT


def _never_connected(scene: Scene) -> bool:
    endpoints = [one for one in scene.sightings if one.exchange is None and one.stage >= TCP]
    tried = [one for one in endpoints if one.query is None]
    return bool(tried) and all(one.stage == TCP and one.failure is not None for one in tried)


def _failed(failure: str, lookups: str, hops: int) -> OlderVerdict:
    why = message("The request failed ({failure}).", failure=failure)
    if failure in _NO_NAME[:1]:
        return OlderVerdict("dns", False, why)
    if failure not in _HTTP_FAILURES:
        return OlderVerdict(None, None, why)
    lied = lookups == INCONSISTENT and hops == 1
    return OlderVerdict("dns" if lied else "http-failure", False, why)
