"""Ways round under pressure: two at once, cancelled, left in the middle, spelt otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from simulator.lab import Lab
from simulator.measures import SniMeasure
from simulator.values import SECOND, Lever

SITE = "https://t.co.test/"
WAYS = ("vpn", "vpn-obfuscated", "socks-proxy", "connect-proxy", "onion")


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.load("crossroads") as lab:
        yield lab


def test_two_looks_by_a_way_at_once_each_go_by_it(lab: Lab) -> None:
    async def story() -> list[str | None]:
        looks = [lab.visit(SITE, "nantes", via, compare=False) for via in ("vpn", "vpn", None)]
        return [seen.resolver for seen in await asyncio.gather(*looks)]

    assert lab.run(story()) == ["203.0.113.2", "203.0.113.2", "198.18.1.53"]


@pytest.mark.parametrize("via", WAYS)
def test_whoever_is_cancelled_at_the_first_use_spoils_it_for_nobody(lab: Lab, via: str) -> None:
    async def story() -> str | None:
        first = asyncio.get_running_loop().create_task(lab.visit(SITE, "nantes", via))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        return (await lab.visit(SITE, "hamburg", via)).page

    assert lab.run(story()) == "site"


@pytest.mark.parametrize("via", ["doh", "dot-strict", "onion"])
def test_a_way_that_is_left_in_the_middle_of_a_visit_ends_it_with_a_failure(
    lab: Lab, via: str
) -> None:
    async def story() -> str | None:
        await lab.connect("nantes", via)
        visit = asyncio.get_running_loop().create_task(lab.visit(SITE, "nantes", compare=False))
        await asyncio.sleep(0.05)
        await lab.disconnect("nantes")
        seen = await visit
        return seen.failure if seen.page is None else seen.page

    assert lab.run(story()) in ("site", "connection_reset", "connection_aborted")


@pytest.mark.parametrize("url", ["https://T.CO.TEST/", "https://t.co.test./", "t.co.test"])
def test_the_mirror_is_found_however_the_name_is_spelt(lab: Lab, url: str) -> None:
    lab.run(lab.impose("rivage-telecom", SniMeasure("t.co.test"), "t.co.test"))
    seen = lab.run(lab.visit(url, "nantes", "mirror"))
    assert seen.page == "site"
    assert "tattle.xg" in seen.url


def test_a_hosts_file_takes_names_as_people_write_them(lab: Lab) -> None:
    lab.run(lab.connect("nantes", {"T.CO.test.": "198.18.11.10"}))
    assert lab.run(lab.visit(SITE, "nantes", compare=False)).address == "198.18.11.10"


# --- what is imposed and taken back ---------------------------------------------------------


def test_of_two_holds_the_last_lifted_releases_the_name(lab: Lab) -> None:
    hold = ("test-registry", Lever.SERVER_HOLD, "co.test")
    one, two = lab.run(lab.impose(*hold)), lab.run(lab.impose(*hold))
    pages = []
    for key in (one, two):
        lab.run(lab.revoke(key))
        lab.run(lab.wait(6 * 3600 * SECOND))
        pages.append(lab.run(lab.visit(SITE, "hamburg", compare=False)).page)
    assert pages == [None, "site"]


def test_a_name_is_given_to_the_authorities_once(lab: Lab) -> None:
    key = lab.run(lab.impose("candie-names", Lever.REDELEGATION, "co.test"))
    with pytest.raises(Exception, match="leads to the authorities' nameservers already"):
        lab.run(lab.impose("test-registry", Lever.REDELEGATION, "co.test"))
    lab.run(lab.revoke(key))
    lab.run(lab.wait(6 * 3600 * SECOND))
    assert lab.run(lab.visit(SITE, "hamburg", compare=False)).page == "site"


def test_a_key_is_in_use_once(lab: Lab) -> None:
    lab.run(lab.impose("rivage-telecom", SniMeasure("t.co.test"), key="k"))
    with pytest.raises(Exception, match="something is imposed under 'k' already"):
        lab.run(lab.impose("anker-netz", SniMeasure("t.co.test"), key="k"))
