"""Reasons and errors, as the ends of a stream translate them."""

from __future__ import annotations

import errno

import pytest

from simulator.roles.onion import logic
from simulator.wire.onion import messages


@pytest.mark.parametrize(
    ("error", "reason", "seen"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), 3, ("tcp", "connection_refused")),
        (ConnectionResetError(errno.ECONNRESET, ""), 12, ("tcp", "connection_reset")),
        (TimeoutError(), 7, ("tcp", "generic_timeout_error")),
        (OSError(errno.EHOSTUNREACH, ""), 8, ("tcp", "host_unreachable")),
        (OSError(errno.ENETUNREACH, ""), 8, ("tcp", "host_unreachable")),
        (OSError("odd"), 1, ("tcp", "connection_aborted")),
    ],
)
def test_a_failure_at_the_exit_is_a_failure_at_the_client(
    error: OSError, reason: int, seen: tuple[str, str]
) -> None:
    assert logic.reason_of(error) == reason
    assert logic.not_opened(reason) == seen


def test_a_name_that_does_not_resolve_fails_at_the_dns_stage() -> None:
    assert logic.not_opened(messages.RESOLVE_FAILED) == ("dns", "dns_nxdomain_error")


def test_an_open_stream_ends_in_peace_or_by_an_error() -> None:
    assert logic.broken_by(messages.DONE) is None
    assert isinstance(logic.broken_by(messages.CONNECTION_RESET), ConnectionResetError)
    assert isinstance(logic.broken_by(messages.TIMED_OUT), TimeoutError)
    assert isinstance(logic.broken_by(200), ConnectionAbortedError)


def test_an_exit_tries_ipv4_first_and_ipv6_only_if_the_client_may() -> None:
    both = ["2001:db8::7", "192.0.2.7"]
    assert logic.address_to_try(both, ipv6_okay=True) == "192.0.2.7"
    assert logic.address_to_try(both[:1], ipv6_okay=True) == "2001:db8::7"
    assert logic.address_to_try(both[:1], ipv6_okay=False) is None
    assert logic.address_to_try([], ipv6_okay=True) is None


def test_the_journal_has_words_for_reasons_also_for_unknown_ones() -> None:
    assert logic.word_of(messages.RESOLVE_FAILED) == "resolve failed"
    assert logic.word_of(99) == "reason 99"
