"""Random worlds: valid, different from one another, and with who is needed in them."""

from __future__ import annotations

import pytest

from simulator.matrix.random_worlds import random_world


@pytest.mark.parametrize("seed", range(12))
def test_every_seed_gives_a_world_that_a_user_could_write(seed: int) -> None:
    """`random_world` reads its own document with all checks: a fault would be raised."""
    drawn = random_world(seed)
    world = drawn.world
    assert world.sites[drawn.site].https
    assert not world.sites[drawn.plain].https
    assert world.access_providers[drawn.provider].block_page is not None
    assert world.vantages[drawn.affected].network != world.vantages[drawn.unaffected].network
    assert world.control is not None
    for operator in (drawn.provider, world.operator_of(world.sites[drawn.site].host)):
        authority = world.authorities[drawn.authority(operator)]
        assert authority.country == world.operators[operator].country


def test_worlds_differ_in_what_matters() -> None:
    """IPv6 or not, a machine shared or not, HSTS or not, an own block page or the state's."""
    drawn = [random_world(seed) for seed in range(20)]
    six = {any(":" in a for a in one.world.vantages["here"].addresses) for one in drawn}
    shared = {
        sum(site.host == one.world.sites[one.site].host for site in one.world.sites.values()) > 1
        for one in drawn
    }
    hsts = {one.world.sites[one.site].hsts is not None for one in drawn}
    own_page = {one.world.block_pages["page-here"].host == "state-page" for one in drawn}
    assert six == shared == hsts == own_page == {True, False}
