"""Where a browser goes: told as dialogues of a journey with what came of each target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError, NotSimulated
from simulator.roles.probe.hsts import HstsStore
from simulator.roles.probe.logic import (
    Failure,
    Journey,
    Plan,
    Preference,
    Target,
    order_addresses,
    plan,
)

REFUSED = Failure("tcp", "connection_refused")
WRONG_NAME = Failure("tls", "ssl_invalid_hostname")


def journey(url: str, *known: str) -> Journey:
    store = HstsStore()
    for host in known:
        store.remember(host, "max-age=100", 0)
    return Journey(url, store, 1)


def redirected(trip: Journey, location: str, status: int = 302) -> bool:
    return trip.received(status, location, None, 1)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            "coco.xg",
            Plan(Target("https", "coco.xg", 443, "/"), Target("http", "coco.xg", 80, "/")),
        ),
        (
            " Coco.XG./a?b#c ",
            Plan(Target("https", "coco.xg", 443, "/a?b"), Target("http", "coco.xg", 80, "/a?b")),
        ),
        ("coco.xg:8443", Plan(Target("https", "coco.xg", 8443, "/"))),
        (
            "HTTP://coco.xg",
            Plan(
                Target("https", "coco.xg", 443, "/"),
                Target("http", "coco.xg", 80, "/"),
                forgiving=True,
            ),
        ),
        ("http://coco.xg:8080/", Plan(Target("http", "coco.xg", 8080, "/"))),
        ("https://coco.xg/", Plan(Target("https", "coco.xg", 443, "/"))),
        ("https://[2001:db8::7]/", Plan(Target("https", "2001:db8::7", 443, "/"))),
    ],
)
def test_what_is_typed_decides_what_is_tried(typed: str, expected: Plan) -> None:
    assert plan(typed) == expected


@pytest.mark.parametrize(
    "typed", ["", "https://", "a b", "https://co co.xg/", "https://x:y@coco.xg/", "a..b",
              "https://coco.xg:99999/", "https://coco.xg:0/", "https://[::1/", "coco.xg/é", "-"]
)  # fmt: skip
def test_what_is_no_url_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(LabError, match="is not the address of a web page"):
        plan(typed)


def test_other_schemes_are_not_simulated() -> None:
    with pytest.raises(NotSimulated, match="http and https, not ftp"):
        plan("ftp://coco.xg/")


def test_a_target_is_written_as_a_url_and_as_a_host_field() -> None:
    assert Target("https", "coco.xg", 443, "/").url == "https://coco.xg/"
    assert Target("http", "2001:db8::7", 8080, "/x").url == "http://[2001:db8::7]:8080/x"


def test_a_bare_name_falls_back_to_http_when_https_cannot_be_connected() -> None:
    trip = journey("coco.xg")
    assert trip.failed(REFUSED) is True
    assert trip.target.url == "http://coco.xg/"
    assert trip.fell_back_from == REFUSED
    assert trip.failed(REFUSED) is False
    assert trip.failure == REFUSED


def test_a_bare_name_with_a_wrong_certificate_stops_at_the_warning() -> None:
    trip = journey("coco.xg")
    assert trip.failed(WRONG_NAME) is False
    assert (trip.failure, trip.target.url) == (WRONG_NAME, "https://coco.xg/")


def test_whoever_types_http_gets_it_after_a_wrong_certificate() -> None:
    trip = journey("http://coco.xg/")
    assert trip.target.url == "https://coco.xg/"
    assert trip.failed(WRONG_NAME) is True
    assert trip.target.url == "http://coco.xg/"


@pytest.mark.parametrize(
    "failure", [Failure("dns", "dns_nxdomain_error"), Failure("http", "eof_error")]
)
def test_no_name_and_no_answer_are_no_reason_to_fall_back(failure: Failure) -> None:
    assert journey("http://coco.xg/").failed(failure) is False


def test_https_typed_out_has_no_fallback() -> None:
    assert journey("https://coco.xg/").failed(REFUSED) is False


def test_a_known_host_is_visited_by_https_alone() -> None:
    trip = journey("http://coco.xg/", "coco.xg")
    assert trip.target.url == "https://coco.xg/"
    assert trip.failed(REFUSED) is False


def test_redirects_are_followed_relative_ones_too() -> None:
    trip = journey("https://coco.xg/a/b")
    assert redirected(trip, "../c?d") is True
    assert redirected(trip, "http://garden.xg/", 308) is True
    assert trip.received(200, None, None, 1) is False
    assert trip.failure is None
    assert trip.redirects == ("https://coco.xg/c?d", "http://garden.xg/")
    assert trip.target.url == "http://garden.xg/"


def test_a_redirect_to_http_of_a_known_host_goes_by_https() -> None:
    trip = journey("https://coco.xg/", "garden.xg")
    redirected(trip, "http://garden.xg/")
    assert trip.target.url == "https://garden.xg/"


def test_after_a_redirect_there_is_no_fallback() -> None:
    trip = journey("coco.xg")
    redirected(trip, "https://garden.xg/")
    assert trip.failed(REFUSED) is False


@pytest.mark.parametrize(
    "location", ["ftp://coco.xg/", "javascript:alert(1)", "//[", "/é", "https://coco.xg:0/"]
)
def test_a_redirect_to_nowhere_fails(location: str) -> None:
    trip = journey("https://coco.xg/")
    assert redirected(trip, location) is False
    assert trip.failure == Failure("http", "http_unexpected_redirect_url")


def test_the_eleventh_redirect_is_one_too_many() -> None:
    trip = journey("https://coco.xg/")
    assert [redirected(trip, f"/{n}") for n in range(11)] == [True] * 10 + [False]
    assert trip.failure == Failure("http", "unknown_failure: too many redirects")


def test_a_status_without_location_is_a_page() -> None:
    trip = journey("https://coco.xg/")
    assert trip.received(301, None, None, 1) is False
    assert trip.received(200, "/elsewhere", None, 1) is False
    assert trip.failure is None


def test_hsts_is_learnt_over_https_only() -> None:
    store = HstsStore()
    Journey("http://coco.xg:8080/", store, 1).received(200, None, "max-age=9", 1)
    assert not store.covers("coco.xg", 1)
    Journey("https://coco.xg/", store, 1).received(200, None, "max-age=9", 1)
    assert store.covers("coco.xg", 1)


def test_addresses_alternate_from_ipv6() -> None:
    """RFC 8305 section 4."""
    addresses = ("192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "2001:db8::2")
    assert order_addresses(addresses, has_ipv6=True) == (
        "2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3",
    )  # fmt: skip
    assert order_addresses(addresses, has_ipv6=False) == ("192.0.2.1", "192.0.2.2", "192.0.2.3")
    assert order_addresses(("2001:db8::1",), has_ipv6=False) == ()
    assert order_addresses(("192.0.2.1",), has_ipv6=True) == ("192.0.2.1",)


@pytest.mark.parametrize("typed", ["coco.xg", "http://coco.xg/", "https://coco.xg/"])
def test_a_browser_set_to_cleartext_goes_by_http_whatever_was_typed_and_whatever_it_knows(
    typed: str,
) -> None:
    store = HstsStore()
    store.remember("coco.xg", "max-age=100", 0)
    trip = Journey(typed, store, 1, Preference.CLEARTEXT)
    assert trip.target == Target("http", "coco.xg", 80, "/")
    assert trip.failed(REFUSED) is False
    redirected(trip, "http://coco.xg/again")
    assert trip.target.scheme == "http"
    redirected(trip, "https://coco.xg/")
    assert trip.target.url == "https://coco.xg/"


def test_a_browser_set_to_cleartext_takes_a_url_with_a_port_of_its_own_as_it_stands() -> None:
    assert plan("https://coco.xg:8443/", Preference.CLEARTEXT).first.scheme == "https"


@pytest.mark.parametrize("typed", ["coco.xg", "http://coco.xg/", "https://coco.xg/"])
def test_a_browser_set_to_https_alone_never_goes_back_to_http(typed: str) -> None:
    trip = Journey(typed, HstsStore(), 1, Preference.HTTPS_ONLY)
    assert trip.target.url == "https://coco.xg/"
    redirected(trip, "http://coco.xg/")
    assert trip.target.url == "https://coco.xg/"
    assert trip.failed(REFUSED) is False


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_typed_text_and_any_location_are_taken_or_refused(typed: str, location: str) -> None:
    for text in (typed, f"https://{typed}", f"http://coco.xg/{typed}"):
        try:
            trip = journey(text)
        except LabError:
            continue
        redirected(trip, location)
        assert trip.target.url.startswith(("http://", "https://"))
    trip = journey("https://coco.xg/")
    redirected(trip, location)
    assert trip.target.url.startswith(("http://", "https://"))
