"""Who shows which banner: what one order drew goes with it alone."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

from simulator.lab.banners import Banners
from simulator.roles.hosting.logic import HostState, Site, add_banner, add_site, take_over
from simulator.wire.banners import Banner, Service

ONE = Banner("one", (Service("Office", "O", "FR"),), "court", "law")
TWO = Banner("two", (Service("Office", "O", "FR"),), "court", "law")


def shown(machine: Any) -> dict[str, str]:
    return {name: banner.title for name, banner in machine.state.banners.items()}


def test_a_name_shows_the_latest_banner_that_is_left() -> None:
    machine: Any = SimpleNamespace(state=HostState())
    banners = Banners({"host": machine})
    first = banners.put("host", partial(add_banner, banner=ONE, names=("a.test", "b.test")))
    second = banners.put("host", partial(add_banner, banner=TWO, names=("a.test",)))
    third = banners.put("host", partial(add_banner, banner=TWO, names=("a.test",)))
    assert shown(machine) == {"a.test": "two", "b.test": "one"}
    second()
    assert shown(machine) == {"a.test": "two", "b.test": "one"}
    third()
    assert shown(machine) == {"a.test": "one", "b.test": "one"}
    first()
    assert shown(machine) == {}


def test_a_seized_name_and_a_site_taken_over_share_a_machine() -> None:
    """The end of the takeover leaves the banner of a name that is not hosted there."""
    site = Site("site.test", "Site", "en", aliases=("www.site.test",))
    machine: Any = SimpleNamespace(state=add_site(HostState(), site))
    banners = Banners({"host": machine})
    seized = banners.put("host", partial(add_banner, banner=ONE, names=("a.test",)))
    taken = banners.put("host", partial(take_over, banner=TWO, names=["site.test"]))
    assert shown(machine) == {"a.test": "one", "site.test": "two", "www.site.test": "two"}
    taken()
    assert shown(machine) == {"a.test": "one"}
    seized()
    assert shown(machine) == {}
