"""Each row of OONI's decision table, and what turns a row's word into "dns"."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.ooni.classify import Classification, classify

HERE, THERE = "192.0.2.10:443", "198.51.100.66:443"
PLAIN = "http://clips.test/"


def decided(found: Classification) -> tuple[Any, ...]:
    """Return (row, blocking, accessible, http_experiment_failure)."""
    return found.row, found.blocking, found.accessible, found.http_experiment_failure


# --- row 1 to 4: a final response -----------------------------------------------------------


@pytest.mark.parametrize("status", [200, 404, 503])
@pytest.mark.parametrize("helper", ["alike", "failed", "missing"])
def test_row_1_any_final_response_over_tls_is_accessible(
    build: Any, status: int, helper: str
) -> None:
    control = {
        "alike": build.control(),
        "failed": build.control(http="connection_reset"),
        "missing": None,
    }[helper]
    found = classify(
        build.measurement(
            queries=[build.lookup(build.true)],
            connects=[build.connect()],
            handshakes=[build.handshake()],
            exchanges=[build.exchange(status=status)],
            control=control,
        )
    )
    assert decided(found) == (1, False, True, None)


def test_row_1_holds_where_lookups_do_not_agree(build: Any) -> None:
    # The certificate vouches for the page, wherever the address came from (ooni/probe#1975).
    found = classify(
        build.measurement(
            queries=[build.lookup(build.forged)],
            connects=[build.connect(build.forged)],
            handshakes=[build.handshake(build.forged)],
            exchanges=[build.exchange()],
            control=build.control(),
        )
    )
    assert decided(found) == (1, False, True, None)
    assert (found.dns_consistency, found.overruled) == ("inconsistent", False)


def plain(build: Any, control: Any, address: str | None = None, **answer: Any) -> Classification:
    """Classify a page that came over HTTP."""
    address = address or build.true
    return classify(
        build.measurement(
            PLAIN,
            queries=[build.lookup(address)],
            connects=[build.connect(address, 80)],
            exchanges=[build.exchange(PLAIN, **answer)],
            control=control,
        )
    )


def test_row_2_a_page_in_the_clear_without_a_test_helper(build: Any) -> None:
    assert decided(plain(build, None)) == (2, None, None, None)
    assert decided(plain(build, build.control(page=False))) == (2, None, None, None)


def test_row_2_turns_into_dns_where_lookups_do_not_agree(build: Any) -> None:
    found = plain(build, build.control(page=False), build.forged)
    assert decided(found) == (2, "dns", False, None)


def test_row_3_a_page_like_the_test_helpers(build: Any) -> None:
    assert decided(plain(build, build.control())) == (3, False, True, None)
    # Even from an address that the test helper does not know.
    assert decided(plain(build, build.control(), build.forged)) == (3, False, True, None)


def test_row_4_a_page_unlike_the_test_helpers(build: Any) -> None:
    another = {"body": build.blocked, "headers": {"Date": "now"}}
    assert decided(plain(build, build.control(), **another)) == (4, "http-diff", False, None)
    found = plain(build, build.control(), build.forged, **another)
    assert decided(found) == (4, "dns", False, None)
    assert found.overruled


def test_row_4_a_page_where_the_test_helper_got_none(build: Any) -> None:
    found = plain(build, build.control(http="connection_reset"))
    assert decided(found) == (4, "http-diff", False, None)


# --- row 5: a request that failed -----------------------------------------------------------


def request_failed(build: Any, control: Any, address: str) -> Classification:
    return classify(
        build.measurement(
            PLAIN,
            queries=[build.lookup(address)],
            connects=[build.connect(address, 80)],
            exchanges=[build.exchange(PLAIN, failure="connection_reset")],
            control=control,
        )
    )


def test_row_5_a_request_that_failed(build: Any) -> None:
    reset = "connection_reset"
    true, forged = build.true, build.forged
    assert decided(request_failed(build, None, true)) == (5, None, None, reset)
    down = build.control(http="generic_timeout_error")
    assert decided(request_failed(build, down, true)) == (5, False, False, reset)
    assert decided(request_failed(build, down, forged)) == (5, "dns", False, reset)
    well = build.control()
    assert decided(request_failed(build, well, true)) == (5, "http-failure", False, reset)
    assert decided(request_failed(build, well, forged)) == (5, "dns", False, reset)
    no_page = build.control(page=False)
    assert decided(request_failed(build, no_page, true)) == (5, None, None, reset)
    assert decided(request_failed(build, no_page, forged)) == (5, "dns", False, reset)


# --- rows 6 to 8: a connection that failed --------------------------------------------------


def handshake_failed(build: Any, control: Any, address: str, depth: int = 0) -> Classification:
    return classify(
        build.measurement(
            queries=[build.lookup(address)],
            connects=[build.connect(address, depth=depth)],
            handshakes=[build.handshake(address, "connection_reset", depth=depth)],
            control=control,
        )
    )


def test_row_6_a_handshake_that_failed(build: Any) -> None:
    reset = "connection_reset"
    down = build.control(tls={HERE: "ssl_failed_handshake"})
    assert decided(handshake_failed(build, down, build.true)) == (6, False, False, reset)
    well = build.control(tls={HERE: None})
    assert decided(handshake_failed(build, well, build.true)) == (6, "http-failure", False, reset)
    there = build.control(tls={THERE: None})
    assert decided(handshake_failed(build, there, build.forged)) == (6, "dns", False, reset)
    both = build.control(tls={THERE: "connection_reset"})
    assert decided(handshake_failed(build, both, build.forged)) == (6, "dns", False, reset)


def test_row_6_compares_handshakes_for_the_same_name_only(build: Any) -> None:
    control = build.control(tls={HERE: None})
    control["tls_handshake"][HERE]["server_name"] = "other.test"
    found = handshake_failed(build, control, build.true)
    assert decided(found) == (7, "http-failure", False, "connection_reset")


def test_row_7_an_endpoint_that_the_test_helper_did_not_try(build: Any) -> None:
    reset = "connection_reset"
    assert decided(handshake_failed(build, None, build.true)) == (7, None, None, reset)
    well = build.control()
    assert decided(handshake_failed(build, well, build.true)) == (7, "http-failure", False, reset)
    assert decided(handshake_failed(build, well, build.forged)) == (7, "dns", False, reset)
    # The table asks only whether the test helper has a word on the page, not which.
    down = build.control(http="connection_reset")
    assert decided(handshake_failed(build, down, build.true)) == (7, "http-failure", False, reset)


def connect_failed(build: Any, control: Any, address: str) -> Classification:
    failed = build.connect(address, failure="generic_timeout_error")
    return classify(
        build.measurement(queries=[build.lookup(address)], connects=[failed], control=control)
    )


def test_row_7_a_connect_that_the_test_helper_did_not_try(build: Any) -> None:
    silence = "generic_timeout_error"
    assert decided(connect_failed(build, None, build.true)) == (7, None, None, silence)
    found = connect_failed(build, build.control(), build.true)
    assert decided(found) == (7, "http-failure", False, silence)
    found = connect_failed(build, build.control(), build.forged)
    assert decided(found) == (7, "dns", False, silence)


def test_row_8_a_connect_that_failed(build: Any) -> None:
    silence = "generic_timeout_error"
    well = build.control(tcp={HERE: None})
    assert decided(connect_failed(build, well, build.true)) == (8, "tcp_ip", False, silence)
    down = build.control(tcp={HERE: silence})
    assert decided(connect_failed(build, down, build.true)) == (8, False, False, silence)
    there = build.control(tcp={THERE: None})
    assert decided(connect_failed(build, there, build.forged)) == (8, "dns", False, silence)
    both = build.control(tcp={THERE: silence})
    assert decided(connect_failed(build, both, build.forged)) == (8, "dns", False, silence)


# --- rows 9 to 12: a lookup -----------------------------------------------------------------


def lookup_failed(
    build: Any, control: Any, failure: str = "dns_nxdomain_error", **more: Any
) -> Classification:
    return classify(
        build.measurement(queries=[build.lookup(failure=failure, **more)], control=control)
    )


def test_row_9_a_failed_lookup_without_a_test_helper(build: Any) -> None:
    # OONI's own word: nothing was reached, and it is called accessible.
    found = lookup_failed(build, None)
    assert decided(found) == (9, False, True, "dns_nxdomain_error")
    assert found.dns_consistency is None


def test_row_9_a_failed_lookup_of_another_name(build: Any) -> None:
    found = lookup_failed(build, build.control(), host="www.clips.test", depth=1)
    assert decided(found) == (9, "dns", False, "dns_nxdomain_error")


def test_row_10_a_lookup_that_failed_for_both(build: Any) -> None:
    nowhere = build.control(addrs=[], dns="dns_name_error", http="dns_lookup_error")
    found = lookup_failed(build, nowhere)
    assert decided(found) == (10, False, False, "dns_nxdomain_error")
    assert found.dns_consistency == "consistent"
    assert found.dns_experiment_failure == "dns_nxdomain_error"


def test_row_10_a_name_without_addresses(build: Any) -> None:
    # The test helper has no word for it: no failure, and no address.
    empty = build.control(addrs=[], http="unknown_error")
    found = lookup_failed(build, empty, "dns_no_answer")
    assert decided(found) == (10, False, False, None)
    # For any other failure its silence is no agreement.
    assert decided(lookup_failed(build, empty)) == (11, "dns", False, "dns_nxdomain_error")


def test_row_10_turns_into_dns_where_another_lookup_was_wrong(build: Any) -> None:
    empty = build.control(addrs=[], http="unknown_error")
    found = classify(
        build.measurement(
            queries=[
                build.lookup(failure="dns_no_answer"),
                build.lookup(failure="dns_servfail_error", transaction=2),
            ],
            control=empty,
        )
    )
    assert decided(found)[:3] == (10, "dns", False)


def test_row_11_a_lookup_that_failed_for_the_probe_alone(build: Any) -> None:
    found = lookup_failed(build, build.control())
    assert decided(found) == (11, "dns", False, "dns_nxdomain_error")
    assert found.dns_consistency == "inconsistent"


@pytest.mark.parametrize("loopback", ["127.0.0.1", "::1"])
def test_row_12_an_answer_that_leads_to_the_asker_itself(build: Any, loopback: str) -> None:
    def to(*addresses: str) -> Classification:
        control = build.control(addrs=addresses)
        return classify(build.measurement(queries=[build.lookup(loopback)], control=control))

    assert decided(to(build.true)) == (12, "dns", False, None)
    assert decided(to(loopback)) == (12, False, False, None)
    assert to(build.true).dns_consistency == "inconsistent"


def test_nothing_measured_decides_nothing(build: Any) -> None:
    found = classify(build.measurement())
    assert decided(found) == (None, None, None, None)


def test_an_answer_alone_decides_nothing(build: Any) -> None:
    found = classify(build.measurement(queries=[build.lookup(build.true)], control=build.control()))
    assert decided(found) == (None, None, None, None)


# --- the order of the table -----------------------------------------------------------------


def test_the_last_redirect_is_read_first(build: Any) -> None:
    found = classify(
        build.measurement(
            PLAIN,
            queries=[
                build.lookup(build.true),
                build.lookup(build.beside, host="www.clips.test", depth=1, transaction=2),
            ],
            connects=[
                build.connect(port=80),
                build.connect(build.beside, 443, "connection_reset", depth=1, transaction=40002),
            ],
            exchanges=[build.exchange(PLAIN, 302)],
            control=build.control(),
        )
    )
    assert decided(found) == (7, "http-failure", False, "connection_reset")


def test_what_failed_before_a_redirect_does_not_matter_after_it(build: Any) -> None:
    found = classify(
        build.measurement(
            PLAIN,
            queries=[build.lookup(build.true, build.beside)],
            connects=[
                build.connect(build.beside, 80, "connection_refused", transaction=40003),
                build.connect(port=80),
                build.connect(depth=1, transaction=40002),
            ],
            handshakes=[build.handshake(depth=1, transaction=40002)],
            exchanges=[
                build.exchange(depth=1, transaction=40002),
                build.exchange(PLAIN, 302),
            ],
            control=build.control(),
        )
    )
    assert decided(found) == (1, False, True, None)


def test_the_highest_stage_is_read_first_and_success_before_failure(build: Any) -> None:
    found = classify(
        build.measurement(
            queries=[build.lookup(build.true, build.beside)],
            connects=[
                build.connect(failure="connection_refused"),
                build.connect(build.beside, transaction=40002),
            ],
            handshakes=[build.handshake(build.beside, transaction=40002)],
            exchanges=[build.exchange(transaction=40002)],
            control=build.control(tcp={HERE: None}),
        )
    )
    assert decided(found)[0] == 1


def test_failures_of_one_stage_are_read_by_the_alphabet(build: Any) -> None:
    found = classify(
        build.measurement(
            queries=[build.lookup(build.true, build.beside)],
            connects=[
                build.connect(failure="network_unreachable"),
                build.connect(build.beside, failure="connection_refused", transaction=40002),
            ],
            control=build.control(tcp={HERE: None, "192.0.2.11:443": "connection_refused"}),
        )
    )
    assert decided(found) == (8, False, False, "connection_refused")


def test_of_equal_failures_the_later_transaction_is_read_first(build: Any) -> None:
    found = classify(
        build.measurement(
            queries=[build.lookup(build.true, build.beside)],
            connects=[
                build.connect(failure="connection_reset"),
                build.connect(build.beside, failure="connection_reset", transaction=40002),
            ],
            control=build.control(tcp={HERE: None, "192.0.2.11:443": "connection_reset"}),
        )
    )
    assert decided(found)[:2] == (8, False)


# --- what counts as classic -----------------------------------------------------------------


def test_checks_of_an_address_are_not_read(build: Any) -> None:
    # E001: for an HTTP URL the probe shakes hands on 443 as well, to check the address.
    found = classify(
        build.measurement(
            PLAIN,
            queries=[build.lookup(build.true)],
            connects=[build.connect(port=80), build.connect(fetch=False, transaction=40002)],
            handshakes=[
                build.handshake(failure="ssl_invalid_hostname", fetch=False, transaction=40002)
            ],
            exchanges=[build.exchange(PLAIN)],
            control=build.control(),
        )
    )
    assert decided(found)[0] == 3


def test_a_check_that_failed_does_not_hide_why_the_page_failed(build: Any) -> None:
    found = classify(
        build.measurement(
            PLAIN,
            queries=[build.lookup(build.true)],
            connects=[
                build.connect(port=80, failure="generic_timeout_error"),
                build.connect(fetch=False, transaction=40002),
            ],
            handshakes=[
                build.handshake(failure="connection_reset", fetch=False, transaction=40002)
            ],
            control=build.control(tcp={"192.0.2.10:80": None}),
        )
    )
    assert decided(found) == (8, "tcp_ip", False, "generic_timeout_error")


def test_addresses_that_only_others_found_are_not_read(build: Any) -> None:
    found = classify(
        build.measurement(
            queries=[
                build.lookup(failure="dns_nxdomain_error"),
                build.lookup(build.true, engine="udp", kind="A", transaction=10001),
            ],
            connects=[build.connect()],
            handshakes=[build.handshake()],
            exchanges=[build.exchange()],
            control=build.control(),
        )
    )
    assert decided(found) == (11, "dns", False, "dns_nxdomain_error")


def test_an_address_in_the_url_needs_no_lookup(build: Any) -> None:
    found = classify(
        build.measurement(
            f"https://{build.forged}/",
            connects=[build.connect(build.forged, failure="connection_reset")],
            control=build.control(addrs=[], dns="dns_name_error", tcp={THERE: None}),
        )
    )
    assert decided(found) == (8, "tcp_ip", False, "connection_reset")
    assert found.dns_consistency == "consistent"


def test_a_failed_control_is_no_control(build: Any) -> None:
    # v0.4 writes an empty reply beside the reason.
    document = build.document(
        PLAIN,
        queries=[build.lookup(build.true)],
        connects=[build.connect(port=80)],
        exchanges=[build.exchange(PLAIN)],
        control=build.control(),
    )
    document["test_keys"]["control_failure"] = "connection_reset"
    found = classify(type(build.measurement()).model_validate(document))
    assert decided(found) == (2, None, None, None)
    assert found.control_failure == "connection_reset"


def test_the_verdict_is_never_copied_from_the_file(build: Any) -> None:
    found = classify(build.measurement(blocking="tcp_ip", accessible=False, dns_consistency="x"))
    assert (found.blocking, found.accessible, found.dns_consistency) == (None, None, None)
