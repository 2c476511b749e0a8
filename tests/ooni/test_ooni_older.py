"""What web_connectivity v0.4 would make of the same observations."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.ooni.older import classify_older
from simulator.ooni.result import examine, to_dict
from simulator.ooni.sightings import is_older, scene

HERE = "192.0.2.10:443"


def verdict(measurement: Any) -> tuple[Any, Any]:
    """Return v0.4's (blocking, accessible)."""
    return classify_older(scene(measurement), measurement.test_keys)[:2]


def older(build: Any, *, failure: str | None = None, **parts: Any) -> Any:
    """A measurement of v0.4: requests without transaction, one of them failed."""
    if failure is not None:
        request = {"request": {"url": "https://clips.test/"}, "failure": failure}
        parts.setdefault("exchanges", [request])
    return build.measurement(version="0.4.2", **parts)


@pytest.mark.parametrize(
    ("version", "is_old"),
    [
        ("0.4.2", True),
        ("0.1.0", True),
        ("0.5.0", False),
        ("1.0", False),
        (None, False),
        ("x", False),
    ],
)
def test_the_version_tells_the_table(build: Any, version: str, is_old: bool) -> None:
    assert is_older(build.measurement(version=version)) is is_old


def test_a_response_over_tls_is_accessible_whatever_the_control_says(build: Any) -> None:
    page = {"request": {"url": "https://clips.test/"}, "response": {"code": 200}}
    assert verdict(older(build, exchanges=[page])) == (False, True)


def test_without_control_nothing_is_said(build: Any) -> None:
    assert verdict(older(build, failure="connection_reset")) == (None, None)


def test_a_name_that_exists_for_nobody_is_called_accessible(build: Any) -> None:
    lookup = build.lookup(failure="dns_nxdomain_error", engine="system")
    gone = build.control(addrs=[], dns="dns_name_error", http="dns_lookup_error")
    measured = older(build, queries=[lookup], failure="dns_nxdomain_error", control=gone)
    assert verdict(measured) == (False, True)
    # v0.5 calls it down; both are shown.
    document = to_dict(examine(measured))
    assert (document["blocking"], document["accessible"], document["row"]) == (False, False, 10)
    assert document["table_0.4"] == {"blocking": False, "accessible": True}


def test_a_name_that_exists_but_here(build: Any) -> None:
    lookup = build.lookup(failure="dns_nxdomain_error", engine="system")
    measured = older(build, queries=[lookup], control=build.control())
    assert verdict(measured) == ("dns", False)


def test_no_connection_is_the_address_or_the_lookup(build: Any) -> None:
    def silence(address: str) -> Any:
        failed = build.connect(address, failure="generic_timeout_error", transaction=0)
        return older(
            build,
            queries=[build.lookup(address, engine="system")],
            connects=[failed],
            failure="generic_timeout_error",
            control=build.control(tcp={HERE: None}),
        )

    assert verdict(silence(build.true)) == ("tcp_ip", False)
    assert verdict(silence(build.forged)) == ("dns", False)
    assert to_dict(examine(silence(build.true)))["row"] == 8


def failed_request(build: Any, address: str, failure: str, hops: int = 1) -> Any:
    requests = [{"request": {"url": "https://clips.test/"}, "failure": failure}]
    requests += [{"request": {"url": "http://clips.test/"}, "response": {"code": 301}}] * (hops - 1)
    return older(
        build,
        queries=[build.lookup(address, engine="system")],
        connects=[build.connect(address, transaction=0)],
        exchanges=requests,
        control=build.control(),
    )


def test_a_failed_request_is_http_failure_unless_a_single_hop_was_lied_to(build: Any) -> None:
    true, forged, reset = build.true, build.forged, "connection_reset"
    assert verdict(failed_request(build, true, reset)) == ("http-failure", False)
    assert verdict(failed_request(build, forged, reset)) == ("dns", False)
    assert verdict(failed_request(build, forged, reset, hops=2)) == ("http-failure", False)
    assert verdict(failed_request(build, true, "unknown_failure: x")) == (None, None)
    assert verdict(failed_request(build, true, "dns_nxdomain_error", hops=2)) == ("dns", False)


def test_a_control_that_failed_says_nothing_of_a_page(build: Any) -> None:
    control = build.control(http="connection_reset")
    assert verdict(older(build, failure="connection_reset", control=control)) == (None, None)


@pytest.mark.parametrize(
    ("address", "body", "words"),
    [
        ("true", "body", (False, True)),
        ("true", "blocked", ("http-diff", False)),
        ("forged", "blocked", ("dns", False)),
    ],
)
def test_a_page_is_compared(build: Any, address: str, body: str, words: tuple[Any, Any]) -> None:
    found = getattr(build, address)
    url = "http://clips.test/"
    page = build.exchange(url, body=getattr(build, body), headers={}, transaction=0)
    measured = older(
        build,
        url=url,
        queries=[build.lookup(found, engine="system")],
        connects=[build.connect(found, 80, transaction=0)],
        exchanges=[page],
        control=build.control(),
    )
    assert verdict(measured) == words


def test_the_failure_of_a_request_that_was_never_sent_is_told_by_the_stage_below(
    build: Any,
) -> None:
    # v0.4 repeats in `requests` what failed before: the table must not take it for HTTP.
    measured = older(
        build,
        queries=[build.lookup(build.true, engine="system")],
        connects=[build.connect(transaction=0)],
        handshakes=[build.handshake(failure="connection_reset", transaction=0)],
        failure="connection_reset",
        control=build.control(tls={HERE: None}),
    )
    document = to_dict(examine(measured))
    assert (document["row"], document["blocking"]) == (6, "http-failure")


def test_a_lookup_that_failed_after_a_redirect_is_told_as_one(build: Any) -> None:
    measured = failed_request(build, build.true, "dns_nxdomain_error", hops=2)
    document = to_dict(examine(measured))
    assert (document["row"], document["blocking"]) == (9, "dns")


def test_files_of_v0_5_are_judged_by_their_own_table_alone(build: Any) -> None:
    assert "table_0.4" not in to_dict(examine(build.measurement()))
