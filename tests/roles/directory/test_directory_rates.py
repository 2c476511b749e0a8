"""The rate limit: a burst, then one question at a time."""

from simulator.roles.directory.rates import REMEMBERED, RateLimit
from simulator.values import MINUTE, SECOND


def test_a_burst_is_answered_then_one_for_each_share_of_time() -> None:
    limit = RateLimit(6, MINUTE)
    assert [limit.allows("192.0.2.1", 0) for _ in range(7)] == [True] * 6 + [False]
    assert limit.wait("192.0.2.1", 0) == 10
    assert not limit.allows("192.0.2.1", 10 * SECOND - 1)
    assert limit.wait("192.0.2.1", 10 * SECOND - 1) == 1
    assert limit.allows("192.0.2.1", 10 * SECOND)
    assert not limit.allows("192.0.2.1", 10 * SECOND)


def test_each_address_has_its_own_count() -> None:
    limit = RateLimit(1, MINUTE)
    assert limit.allows("192.0.2.1", 0)
    assert limit.allows("192.0.2.2", 0)
    assert not limit.allows("192.0.2.1", 0)


def test_the_count_does_not_grow_for_ever() -> None:
    limit = RateLimit(1, MINUTE)
    for number in range(REMEMBERED + 1):
        limit.allows(f"198.18.{number >> 8}.{number & 255}", 0)
    assert limit.allows("198.18.0.0", 0)  # forgotten
    assert not limit.allows("198.18.16.0", 0)
