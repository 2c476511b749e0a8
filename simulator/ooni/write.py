"""A visit of the lab as a web_connectivity measurement, for anything that reads OONI's format.

The probe of the lab is a browser, not OONI's: what it did is told in OONI's words, with its
own times. An HTTPS attempt before a page over HTTP is what OONI calls a check of the address
(``fetch_body=false``). The test helper is the lab's control, a visit from elsewhere.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.ooni.classify import classify
from simulator.ooni.control import reply, request
from simulator.ooni.course import Course, course
from simulator.ooni.format import Measurement
from simulator.ooni.record import Holder, Holders, Recorder, seconds
from simulator.values import Observation

SOFTWARE = "takedown-lab"
FORMAT_VERSION = "0.2.0"
TEST_VERSION = "0.5.28"
"""The web_connectivity whose format and table these are."""
TEST_HELPER = "https://test-helper.example/"
NO_CONTROL = "unknown_failure: no test helper"

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a measurement tells of its place: the probe's network, and who holds an address."""

    home: Holder
    holder: Holders


def measurement(
    observation: Observation,
    control: Observation | None,
    *,
    start: datetime.datetime,
    surroundings: Surroundings,
    seed: int = 0,
    annotations: Mapping[str, str] | None = None,
    version: str = "0",
) -> dict[str, Any]:
    """Return a visit as a measurement, ready for JSON; the same arguments give the same.

    ``control`` is the test helper's visit of the same URL at about the same time, ``start``
    the calendar date of instant zero, ``version`` that of the program.
    """
    start = start.astimezone(datetime.UTC)
    began = start + datetime.timedelta(microseconds=observation.at)
    found = course(observation)
    resolver = surroundings.holder(observation.resolver) if observation.resolver else None
    document: dict[str, Any] = {
        "annotations": _annotations(observation, annotations or {}),
        "data_format_version": FORMAT_VERSION,
        "extensions": {
            "dnst": 0,
            "httpt": 0,
            "netevents": 0,
            "tcpconnect": 0,
            "tlshandshake": 0,
        },
        "input": found.url,
        "measurement_start_time": _date(began),
        "probe_asn": f"AS{surroundings.home.asn}",
        "probe_cc": observation.country,
        "probe_ip": "127.0.0.1",  # OONI never tells a probe's own address
        "probe_network_name": surroundings.home.name,
        "report_id": _report_id(observation, start, surroundings.home, seed),
        "resolver_asn": f"AS{0 if resolver is None else resolver.asn}",
        "resolver_ip": observation.resolver or "",
        "resolver_network_name": "" if resolver is None else resolver.name,
        "software_name": SOFTWARE,
        "software_version": version,
        "test_helpers": {"backend": {"address": TEST_HELPER, "type": "https"}},
        "test_keys": _keys(observation, control, found, surroundings),
        "test_name": "web_connectivity",
        "test_runtime": seconds(observation.ended, observation.at),
        "test_start_time": _date(start),
        "test_version": TEST_VERSION,
    }
    document["test_keys"] |= verdict(document)
    return document


def verdict(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of ``test_keys`` that OONI's program adds at the end, by its table."""
    found = classify(Measurement.model_validate(document))
    return {
        "dns_experiment_failure": found.dns_experiment_failure,
        "dns_consistency": found.dns_consistency,
        "http_experiment_failure": found.http_experiment_failure,
        **found.http_diff._asdict(),
        "blocking": found.blocking,
        "accessible": found.accessible,
    }


# --- the top level --------------------------------------------------------------------------


def _annotations(observation: Observation, given: Mapping[str, str]) -> dict[str, str]:
    """Say, before all else, that nothing of this happened on the live Internet."""
    own = {"lab": SOFTWARE, "virtual": "true", "vantage": observation.vantage}
    if observation.via is not None:
        own["via"] = observation.via
    return own | dict(given)


def _date(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _report_id(observation: Observation, start: datetime.datetime, home: Holder, seed: int) -> str:
    """Return an id as OONI's collector gives: one for all measurements of a probe in a run."""
    stamp = start.strftime("%Y%m%dT%H%M%SZ")
    known = f"{seed}/{stamp}/{observation.vantage}/{home.asn}"
    digest = hashlib.sha256(known.encode()).digest()
    tail = "".join(_LETTERS[octet % len(_LETTERS)] for octet in digest[:16])
    return f"{stamp}_webconnectivity_{observation.country}_{home.asn}_n1_{tail}"


# --- test_keys ------------------------------------------------------------------------------


def _keys(
    observation: Observation,
    control: Observation | None,
    found: Course,
    surroundings: Surroundings,
) -> dict[str, Any]:
    writer = Recorder(observation.at, found, surroundings.holder)
    known = None if control is None else reply(control, observation, found, surroundings.holder)
    return {
        "agent": "redirect",
        "client_resolver": observation.resolver or "",
        "retries": None,
        "socksproxy": None,
        "queries": writer.queries(observation),
        "tcp_connect": [writer.connect(one) for one in observation.connects],
        "tls_handshakes": [writer.handshake(one) for one in observation.handshakes],
        "network_events": writer.events(observation),
        "requests": [writer.exchange(one) for one in reversed(observation.exchanges)],
        "control": known,
        "x_control_request": request(observation, found),
        "control_failure": NO_CONTROL if control is None else None,
    }
