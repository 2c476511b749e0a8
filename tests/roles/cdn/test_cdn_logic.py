"""What an edge answers, case by case: values in, values out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.roles.cdn import logic
from simulator.roles.cdn.logic import Asked, Customer, EdgeState, Page
from simulator.wire.web import Response

COCO = Customer("coco.xg", ("198.51.100.7",), aliases=("www.coco.xg",))
VISITOR, ABROAD = "192.0.2.7", "2001:db8:9::7"
EDGE = logic.serving(["front.xg", "other-front.xg"], [COCO])


def asked(host: str | None, client: str = VISITOR, sni: str | None = "front.xg") -> Asked:
    return Asked(host, "/", client, sni is not None, sni)


def status(answer: Page | Customer) -> int:
    assert isinstance(answer, Page), answer
    return answer.status


def test_the_host_decides_whose_site_is_served_and_not_the_handshake() -> None:
    assert logic.decide(EDGE, asked("coco.xg")) is COCO
    assert logic.decide(EDGE, asked("WWW.Coco.xg.:443")) is COCO
    assert logic.decide(EDGE, asked("coco.xg", sni=None)) is COCO


def test_an_edge_has_a_page_of_its_own_under_its_own_names() -> None:
    page = logic.decide(EDGE, asked("front.xg"))
    assert isinstance(page, Page)
    assert b'content="site front.xg"' in page.body


def test_a_stranger_is_misdirected_over_tls_and_not_found_in_clear() -> None:
    assert status(logic.decide(EDGE, asked("stranger.xg"))) == 421
    assert status(logic.decide(EDGE, asked("stranger.xg", sni=None))) == 404
    assert status(logic.decide(EDGE, asked(None))) == 400


def test_where_fronting_is_not_allowed_host_and_handshake_must_agree() -> None:
    strict = logic.serving(["front.xg"], [COCO], fronting_allowed=False)
    assert status(logic.decide(strict, asked("coco.xg"))) == 421
    assert logic.decide(strict, asked("coco.xg", sni="coco.xg")) is COCO
    assert logic.decide(strict, asked("coco.xg", sni=None)) is COCO
    nameless = Asked("coco.xg", "/", VISITOR, tls=True)
    assert status(logic.decide(strict, nameless)) == 421


def test_a_refusal_is_a_451_for_the_visitors_it_names_and_for_no_others() -> None:
    state = logic.refuse(EDGE, "order", "coco.xg", ["192.0.2.0/24"], "https://edge.xg/legal")
    page = logic.decide(state, asked("www.coco.xg"))
    assert isinstance(page, Page)
    assert page.status == 451
    assert ("Link", '<https://edge.xg/legal>; rel="blocked-by"') in page.headers
    assert logic.decide(state, asked("coco.xg", ABROAD)) is COCO
    assert status(logic.decide(state, asked("front.xg"))) == 200
    assert logic.allow(state, "order") == EDGE
    assert logic.allow(EDGE, "never given") == EDGE


def test_a_refusal_without_a_word_of_who_implements_it_has_no_link() -> None:
    state = logic.refuse(EDGE, "order", "coco.xg", ["192.0.2.0/24"])
    page = logic.decide(state, asked("coco.xg"))
    assert isinstance(page, Page)
    assert "Link" not in dict(page.headers)


def test_a_customer_whose_service_ends_is_a_stranger_under_all_its_names() -> None:
    state = logic.end_service(EDGE, "www.coco.xg")
    assert state.customers == {}
    assert status(logic.decide(state, asked("coco.xg"))) == 421
    with pytest.raises(LabError, match=r"coco\.xg is not behind this edge"):
        logic.end_service(state, "coco.xg")


def test_a_name_has_one_place_behind_an_edge() -> None:
    for name in ("coco.xg", "www.coco.xg", "front.xg"):
        with pytest.raises(LabError, match="is behind this edge already"):
            logic.serve(EDGE, Customer(name, ("198.51.100.8",)))


def test_a_request_that_went_round_in_a_circle_ends() -> None:
    """An origin that is the edge itself, say."""
    page = logic.decide(EDGE, asked("coco.xg")._replace(loop="takedown-lab"))
    assert isinstance(page, Page)
    assert (page.status, dict(page.headers)["Proxy-Status"]) == (
        502, "takedown-lab; error=proxy_loop_detected",
    )  # fmt: skip


def test_a_challenge_is_shown_in_clear_under_any_name() -> None:
    state = logic.with_challenges(EDGE, {"token": "text"})
    path = "/.well-known/acme-challenge/token"
    shown = Asked("front.xg", path, VISITOR, tls=False)
    page = logic.decide(state, shown)
    assert isinstance(page, Page)
    assert (page.status, page.body) == (200, b"text")
    assert status(logic.decide(EDGE, shown)) == 404


def test_an_origin_that_fails_is_told_in_proxy_status() -> None:
    assert logic.failed("tcp", "generic_timeout_error").status == 504
    page = logic.failed("tls", "ssl_invalid_hostname")
    assert (page.status, dict(page.headers)["Proxy-Status"]) == (
        502, "takedown-lab; error=tls_certificate_error",
    )  # fmt: skip


def test_what_is_of_the_connection_alone_is_not_passed_on() -> None:
    headers = (
        (b"content-type", b"text/html"),
        (b"connection", b"close"),
        (b"content-length", b"2"),
    )
    assert logic.passed_on(Response(200, headers, b"ok")) == Page(
        200, (("content-type", "text/html"), ("Via", "1.1 takedown-lab")), b"ok"
    )


def test_an_origin_learns_for_whom_the_edge_asks() -> None:
    for client, written in ((VISITOR, b"for=192.0.2.7"), (ABROAD, b'for="[2001:db8:9::7]"')):
        request = logic.origin_request("GET", "coco.xg", "/a", "Agent", client)
        assert request.octets.startswith(b"GET /a HTTP/1.1\r\nHost: coco.xg\r\n")
        assert b"\r\nForwarded: " + written + b"\r\n" in request.octets
        assert b"\r\nCDN-Loop: takedown-lab\r\n" in request.octets


@given(st.text(max_size=40), st.text(max_size=40), st.booleans(), st.none() | st.text(max_size=20))
def test_any_host_and_any_target_get_an_answer(
    host: str, target: str, fronting: bool, sni: str | None
) -> None:
    state: EdgeState = logic.serving(["front.xg"], [COCO], fronting)
    state = logic.refuse(state, "order", "coco.xg", ["192.0.2.0/24"])
    answer = logic.decide(state, Asked(host, target, VISITOR, sni is not None, sni))
    assert isinstance(answer, Page)
