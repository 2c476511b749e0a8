"""What a machine answers: its sites, its banners, and nothing for anybody else's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabError
from simulator.roles.hosting import logic
from simulator.roles.hosting.logic import Page, Site, respond
from simulator.wire.banners import Banner, BlockPage, Service
from simulator.wire.pages import PageIdentity, identify

COCO = Site("coco.xg", "Coco", aliases=("www.coco.xg",), hsts_seconds=3600)
GARDEN = Site("garden.xg", "Garden", redirect_to_https=False)
PLAIN = Site("plain.xg", "Plain", https=False)
STATE = logic.hosting([COCO, GARDEN, PLAIN])
BANNER = Banner("Lantern", (Service("Cyber Command", "CC", "FR"),), "A judge")


def kind(page: Page) -> str:
    return identify(page.body, (), page.status).kind


def header(page: Page, name: str) -> str | None:
    return dict(page.headers).get(name)


def test_sites_behind_one_address_are_told_apart_by_host() -> None:
    assert identify(respond(STATE, "coco.xg", "/", tls=True).body).name == "coco.xg"
    assert identify(respond(STATE, "garden.xg", "/", tls=True).body).name == "garden.xg"
    assert identify(respond(STATE, "WWW.coco.xg.:443", "/", tls=True).body) == PageIdentity(
        "site", ("coco.xg", "www.coco.xg"), "Coco"
    )


def test_http_leads_to_https_where_the_site_says_so() -> None:
    page = respond(STATE, "www.coco.xg", "/a?b=c", tls=False)
    assert (page.status, header(page, "Location")) == (301, "https://www.coco.xg/a?b=c")
    assert respond(STATE, "garden.xg", "/", tls=False).status == 200
    assert respond(STATE, "plain.xg", "/", tls=False).status == 200


def test_hsts_is_said_over_tls_only() -> None:
    """RFC 6797 section 7.2."""
    assert header(respond(STATE, "coco.xg", "/", tls=True), "Strict-Transport-Security") == (
        "max-age=3600"
    )
    assert header(respond(STATE, "coco.xg", "/", tls=False), "Strict-Transport-Security") is None
    assert header(respond(STATE, "garden.xg", "/", tls=True), "Strict-Transport-Security") is None
    lenient = logic.hosting([Site("coco.xg", "Coco", redirect_to_https=False, hsts_seconds=60)])
    assert header(respond(lenient, "coco.xg", "/", tls=False), "Strict-Transport-Security") is None


def test_a_missing_page_is_404_and_not_the_site() -> None:
    page = respond(STATE, "coco.xg", "/nowhere", tls=True)
    assert (page.status, kind(page)) == (404, "other")


def test_a_name_that_is_not_hosted_is_never_answered() -> None:
    for state in (STATE, logic.take_over(STATE, BANNER), logic.showing_banner(BANNER, ["coco.xg"])):
        assert respond(state, "stranger.xg", "/", tls=False).status == 404
        assert respond(state, "stranger.xg", "/", tls=True).status == 421
    assert respond(STATE, "plain.xg", "/", tls=True).status == 421
    assert respond(STATE, None, "/", tls=False).status == 400


def test_a_name_cannot_be_hosted_twice() -> None:
    with pytest.raises(LabError, match=r"www\.coco\.xg is hosted twice .* coco\.xg and other\.xg"):
        logic.add_site(STATE, Site("other.xg", "Other", aliases=("www.coco.xg",)))
    assert "new.xg" in logic.add_site(STATE, Site("new.xg", "New")).sites


def test_a_takeover_of_one_site_leaves_its_neighbours_alone() -> None:
    seized = logic.take_over(STATE, BANNER, ["www.coco.xg"])
    for name in ("coco.xg", "www.coco.xg"):
        for tls in (False, True):
            assert kind(respond(seized, name, "/any", tls)) == "seizure_banner"
    assert kind(respond(seized, "garden.xg", "/", tls=True)) == "site"


def test_a_takeover_of_the_machine_takes_the_innocent_along() -> None:
    seized = logic.take_over(STATE, BANNER)
    assert kind(respond(seized, "garden.xg", "/", tls=True)) == "seizure_banner"


def test_nothing_is_deleted_and_a_release_brings_it_all_back() -> None:
    seized = logic.take_over(STATE, BANNER)
    assert seized.sites == STATE.sites
    assert logic.release(seized) == STATE
    partly = logic.release(seized, ["garden.xg"])
    assert kind(respond(partly, "garden.xg", "/", tls=True)) == "site"
    assert kind(respond(partly, "coco.xg", "/", tls=True)) == "seizure_banner"


def test_a_release_of_one_site_brings_it_back_under_all_its_names() -> None:
    """A takeover of one site takes its aliases; so its end gives them back."""
    assert logic.release(logic.take_over(STATE, BANNER, ["coco.xg"]), ["coco.xg"]) == STATE
    elsewhere = logic.add_banner(STATE, BANNER, ["stranger.xg"])
    assert logic.release(elsewhere, ["stranger.xg"]) == STATE


def test_only_what_is_hosted_here_can_be_taken_over() -> None:
    with pytest.raises(LabError, match=r"stranger\.xg is not hosted on this machine"):
        logic.take_over(STATE, BANNER, ["coco.xg", "stranger.xg"])


def test_a_block_page_answers_any_name() -> None:
    state = logic.showing_block_page(BlockPage("Ministry", "Provider One"))
    page = respond(state, "whatever.xg", "/deep/link", tls=False)
    assert (page.status, kind(page), header(page, "Link")) == (200, "block_page", None)
    assert identify(page.body).names == ("whatever.xg",)


def test_status_451_names_who_implements_the_block() -> None:
    """RFC 7725 section 4."""
    block = BlockPage("Ministry", "Provider One", status=451, blocked_by="https://one.xf/")
    page = respond(logic.showing_block_page(block), "coco.xg", "/", tls=False)
    assert (page.status, header(page, "Link")) == (451, '<https://one.xf/>; rel="blocked-by"')


def test_a_challenge_is_shown_over_http_before_any_redirect_or_banner() -> None:
    state = logic.with_challenges(logic.take_over(STATE, BANNER), {"token": "token.print"})
    path = "/.well-known/acme-challenge/"
    assert respond(state, "coco.xg", path + "token", tls=False).body == b"token.print"
    assert respond(state, "coco.xg", path + "other", tls=False).status == 404
    assert kind(respond(state, "coco.xg", path + "token", tls=True)) == "seizure_banner"


def test_what_needs_https() -> None:
    assert STATE.needs_https
    assert not logic.hosting([PLAIN]).needs_https
    assert logic.showing_banner(BANNER, ["coco.xg"]).needs_https


@given(st.text(max_size=80), st.text(max_size=80), st.booleans())
def test_any_request_gets_a_page(host: str, path: str, tls: bool) -> None:
    state = logic.showing_block_page(BlockPage("Ministry", "Provider One"))
    for machine in (STATE, state):
        assert respond(machine, host, path, tls).status in (200, 301, 404, 421)
