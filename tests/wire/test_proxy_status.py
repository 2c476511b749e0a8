"""Proxy-Status (RFC 9209): what went wrong beyond a proxy, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.proxy_status import read_trouble, write_trouble


@pytest.mark.parametrize(
    ("stage", "failure", "status", "error"),
    [
        ("dns", "dns_nxdomain_error", 502, 'error=dns_error; rcode="NXDOMAIN"'),
        ("dns", "dns_servfail_error", 502, 'error=dns_error; rcode="SERVFAIL"'),
        ("dns", "dns_no_answer", 502, 'error=dns_error; rcode="NOERROR"'),
        ("dns", "generic_timeout_error", 504, "error=dns_timeout"),
        ("tcp", "connection_refused", 502, "error=connection_refused"),
        ("tcp", "generic_timeout_error", 504, "error=connection_timeout"),
        ("tcp", "connection_reset", 502, "error=connection_terminated"),
        ("tcp", "host_unreachable", 502, "error=destination_ip_unroutable"),
        ("http", "generic_timeout_error", 504, "error=http_response_timeout"),
    ],
)
def test_a_failure_comes_back_as_it_was(stage: str, failure: str, status: int, error: str) -> None:
    trouble = write_trouble("lab", stage, failure)
    assert trouble == (status, f"lab; {error}")
    assert read_trouble(*trouble) == (stage, failure)


def test_what_has_no_type_of_its_own_is_unavailable() -> None:
    assert write_trouble("lab", "tcp", "unknown_failure: x") == (
        503, "lab; error=destination_unavailable",
    )  # fmt: skip
    assert write_trouble("lab", "dns", "connection_refused") == (502, "lab; error=dns_error")
    assert read_trouble(502, "lab; error=dns_error") == ("dns", "dns_server_misbehaving")


@pytest.mark.parametrize("field", [None, "", "lab", "lab; error=no_such_type"])
def test_without_the_field_the_status_is_all_there_is(field: str | None) -> None:
    assert read_trouble(504, field) == ("tcp", "generic_timeout_error")
    assert read_trouble(403, field) == ("tcp", "unknown_failure: the proxy answered 403")


@given(st.integers(100, 999), st.text(max_size=80))
def test_any_field_is_read(status: int, field: str) -> None:
    for text in (field, f"x; error={field}", f"x; error=dns_error; rcode={field}"):
        assert read_trouble(status, text)[0] in ("dns", "tcp", "tls", "http")
