"""Rows c1 and c2 of OONI's table: lookups that agree, pages that are alike."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.ooni.classify import classify
from simulator.ooni.comparison import HttpDiff, consistency, experiment_failure
from simulator.ooni.sightings import scene

PLAIN = "http://clips.test/"


def lookups(build: Any, *queries: dict[str, Any], control: Any) -> str | None:
    return consistency(scene(build.measurement(queries=queries, control=control)))


def test_the_same_address_is_consistent(build: Any) -> None:
    assert lookups(build, build.lookup(build.true), control=build.control()) == "consistent"


def test_an_address_of_the_same_network_is_consistent(build: Any) -> None:
    assert lookups(build, build.lookup(build.beside), control=build.control()) == "consistent"


def test_the_number_of_the_test_helpers_address_may_come_from_the_lookup(build: Any) -> None:
    control = build.control()
    del control["ip_info"]
    assert lookups(build, build.lookup(build.beside), control=control) == "inconsistent"


def test_an_unknown_network_is_nobodys(build: Any) -> None:
    # Number 0 stands for "not found": two such addresses are not in one network.
    control = build.control(addrs=["203.0.113.1"])
    assert lookups(build, build.lookup("203.0.113.2"), control=control) == "inconsistent"


def test_an_address_of_another_network_is_inconsistent(build: Any) -> None:
    assert lookups(build, build.lookup(build.forged), control=build.control()) == "inconsistent"


def test_one_common_address_is_enough(build: Any) -> None:
    found = build.lookup(build.forged, build.true)
    assert lookups(build, found, control=build.control()) == "consistent"


def test_a_failure_of_the_probe_alone_is_inconsistent(build: Any) -> None:
    failed = build.lookup(failure="dns_servfail_error")
    assert lookups(build, failed, control=build.control()) == "inconsistent"
    both = (build.lookup(build.true), build.lookup(failure="dns_servfail_error", transaction=2))
    assert lookups(build, *both, control=build.control()) == "inconsistent"


def test_a_failure_of_both_is_consistent(build: Any) -> None:
    failed = build.lookup(failure="dns_nxdomain_error")
    control = build.control(addrs=[], dns="dns_name_error")
    assert lookups(build, failed, control=control) == "consistent"


def test_an_answer_where_the_test_helper_has_none_is_a_ghost(build: Any) -> None:
    for failure in ("dns_name_error", None):
        control = build.control(addrs=[], dns=failure)
        assert lookups(build, build.lookup(build.forged), control=control) == "inconsistent"


def test_without_a_test_helper_nothing_is_said(build: Any) -> None:
    assert lookups(build, build.lookup(build.true), control=None) is None


def test_lookups_after_a_redirect_and_by_others_do_not_count(build: Any) -> None:
    queries = (
        build.lookup(build.true),
        build.lookup(build.forged, host="www.clips.test", depth=1, transaction=2),
        build.lookup(build.forged, engine="udp", kind="A", transaction=3),
        build.lookup(failure="generic_timeout_error", engine="doh", kind="A", transaction=4),
    )
    assert lookups(build, *queries, control=build.control()) == "consistent"


def test_a_name_without_ipv6_is_no_failure(build: Any) -> None:
    # Programs before 3.16 split the system's lookup in two.
    queries = (
        build.lookup(build.true, engine="system", kind="A"),
        build.lookup(failure="dns_no_answer", engine="system", kind="AAAA"),
    )
    assert lookups(build, *queries, control=build.control()) == "consistent"
    ready = scene(build.measurement(queries=queries))
    assert experiment_failure(ready) is None


# --- pages ----------------------------------------------------------------------------------


def diff(build: Any, control: Any, **answer: Any) -> HttpDiff:
    return classify(
        build.measurement(
            PLAIN,
            queries=[build.lookup(build.true)],
            connects=[build.connect(port=80)],
            exchanges=[build.exchange(PLAIN, **answer)],
            control=control,
        )
    ).http_diff


def test_the_same_page_matches_in_all(build: Any) -> None:
    assert diff(build, build.control()) == HttpDiff(1.0, True, True, True, True)


def test_the_length_matches_above_seven_tenths(build: Any) -> None:
    whole = len(build.body)
    control = build.control()
    assert diff(build, control, body="x" * int(whole * 0.71)).body_length_match is True
    assert diff(build, control, body="x" * int(whole * 0.69)).body_length_match is False
    assert diff(build, control, body="x" * whole * 2) == (0.5, False, True, True, None)


def test_a_length_that_is_not_known_does_not_match(build: Any) -> None:
    empty = diff(build, build.control(), body="")
    assert (empty.body_proportion, empty.body_length_match) == (0.0, None)


def test_header_names_that_nearly_all_send_prove_nothing(build: Any) -> None:
    common = {"Date": "now", "Server": "x", "Via": "y"}
    control = build.control(headers={"date": "then", "server": "x", "via": "y"})
    assert diff(build, control, headers=common).headers_match is False


def test_content_length_counts_as_an_uncommon_header(build: Any) -> None:
    # So OONI has it: nearly any two pages have this field in common.
    control = build.control(headers={"Content-Length": "9"})
    assert diff(build, control, headers={"content-length": "7"}).headers_match is True


@pytest.mark.parametrize(
    ("ours", "theirs", "match"),
    [(200, 200, True), (404, 404, True), (451, 200, False), (200, 503, None), (403, 302, None)],
)
def test_a_status_matches_if_equal_and_a_failed_helper_proves_no_mismatch(
    build: Any, ours: int, theirs: int, match: bool | None
) -> None:
    assert diff(build, build.control(status=theirs), status=ours).status_code_match is match


@pytest.mark.parametrize(
    ("title", "match"),
    [
        ("Clips, little films", True),
        ("films little Clips,", True),
        ("Little films", False),  # one long word is missing: v0.5 wants them all
        ("Access denied", False),
        ("", None),
    ],
)
def test_titles_match_by_all_their_long_words(build: Any, title: str, match: bool | None) -> None:
    body = f"<TITLE>{title}</TITLE>"
    assert diff(build, build.control(), body=body).title_match is match


@pytest.mark.parametrize(
    ("seen", "differs"),
    [
        (HttpDiff(0.9, True, False, True, False), False),
        (HttpDiff(0.1, False, True, True, False), False),
        (HttpDiff(0.1, False, False, True, True), False),
        (HttpDiff(0.1, False, False, True, False), True),
        (HttpDiff(1.0, True, True, False, True), True),
        (HttpDiff(1.0, True, True, None, True), True),
        (HttpDiff(), True),
    ],
)
def test_a_page_differs_by_its_status_or_by_all_the_rest(seen: HttpDiff, differs: bool) -> None:
    assert seen.differs is differs
