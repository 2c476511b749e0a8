"""What a cache knows and for how long, to the microsecond."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.resolver.cache import (
    Cache,
    Chain,
    Delegation,
    Held,
    Outcome,
    denial_ttl,
    root_hints,
)
from simulator.values import DAY, HOUR, SECOND, ExtendedError
from simulator.wire.dns_values import Question, Record

ADDRESS = Record("clips.test", "A", 300, "192.0.2.80")
ALIAS = Record("www.clips.test", "CNAME", 60, "clips.test")
SOA = Record("clips.test", "SOA", 900, "ns1.test h.test 1 2 3 4 300")
CLIPS = Question("clips.test", "A")
WWW = Question("www.clips.test", "A")


def test_ttl_counts_down_in_whole_seconds_and_ends_on_the_microsecond() -> None:
    cache = Cache()
    cache.put_records((ADDRESS,), 5 * SECOND)
    shown = {
        now: outcome.answers[0].ttl if (outcome := cache.answer(CLIPS, now)) is not None else None
        for now in (5 * SECOND, 5 * SECOND + 1, 6 * SECOND, 304_999_999, 305_000_000)
    }
    assert shown == {
        5_000_000: 300,
        5_000_001: 299,
        6_000_000: 299,
        304_999_999: 0,
        305_000_000: None,
    }


@given(st.integers(1, 86_400), st.integers(0, 90_000 * SECOND))
def test_shown_ttl_never_outlives_the_record(ttl: int, later: int) -> None:
    """Whoever caches what we show forgets it no later than we do."""
    cache = Cache()
    cache.put_records((ADDRESS._replace(ttl=ttl),), 0)
    outcome = cache.answer(CLIPS, later)
    if later >= ttl * SECOND:
        assert outcome is None
    else:
        assert outcome is not None
        assert later + outcome.answers[0].ttl * SECOND <= ttl * SECOND


def test_answers_within_one_second_are_the_same_object() -> None:
    """What keeps a busy lookup cheap: nothing is rebuilt until the TTL shown changes."""
    cache = Cache()
    cache.put_records((ADDRESS,), 0)
    assert cache.answer(CLIPS, 1) is cache.answer(CLIPS, SECOND)
    assert cache.answer(CLIPS, SECOND) is not cache.answer(CLIPS, SECOND + 1)


def test_lifetimes_are_capped_at_a_day_and_three_hours() -> None:
    cache = Cache()
    cache.put_records((ADDRESS._replace(ttl=604_800),), 0)
    cache.put_denial(
        Question("no.test", "A"),
        "NXDOMAIN",
        SOA._replace(ttl=604_800, data="n h 1 2 3 4 604800"),
        0,
    )
    assert cache.expires("clips.test", "A", 0) == DAY
    assert cache.expires("no.test", "A", 0) == 3 * HOUR


def test_denial_of_a_name_covers_every_type_and_of_a_type_only_that() -> None:
    cache = Cache()
    cache.put_denial(Question("gone.test", "A"), "NXDOMAIN", SOA, 0)
    cache.put_denial(Question("clips.test", "MX"), "NOERROR", SOA, 0)
    denial = (SOA._replace(ttl=300),)
    assert cache.answer(Question("gone.test", "TXT"), 0) == Outcome("NXDOMAIN", (), denial)
    assert cache.answer(Question("clips.test", "MX"), 0) == Outcome("NOERROR", (), denial)
    assert cache.answer(CLIPS, 0) is None
    assert denial_ttl(SOA) == 300


def test_a_name_that_appears_is_no_longer_denied() -> None:
    cache = Cache()
    cache.put_denial(CLIPS, "NXDOMAIN", SOA, 0)
    cache.put_records((ADDRESS,), 0)
    assert cache.answer(Question("clips.test", "TXT"), 0) is None
    assert cache.answer(CLIPS, 0) == Outcome("NOERROR", (ADDRESS,))


def test_a_denial_takes_the_place_of_what_it_denies_before_that_has_run_out() -> None:
    """What was asked anew may be gone; and a name without this type is a name."""
    cache = Cache()
    cache.put_records((ADDRESS,), 0)
    cache.put_denial(CLIPS, "NXDOMAIN", SOA, SECOND)
    gone = cache.answer(CLIPS, SECOND)
    assert gone is not None
    assert gone.rcode == "NXDOMAIN"
    cache.put_denial(Question("clips.test", "MX"), "NOERROR", SOA, 2 * SECOND)
    assert cache.answer(CLIPS, 2 * SECOND) is None


def test_failure_is_remembered_for_five_seconds() -> None:
    cache = Cache()
    failed = Outcome("SERVFAIL", extended_errors=(ExtendedError(22),))
    cache.put_failure(CLIPS, failed, 0)
    assert cache.answer(CLIPS, 5 * SECOND - 1) == failed
    assert cache.answer(CLIPS, 5 * SECOND) is None


def test_aliases_are_followed_as_far_as_they_are_known() -> None:
    cache = Cache()
    cache.put_records((ALIAS,), 0)
    assert cache.answer(WWW, 0) is None
    assert cache.follow("www.clips.test", "A", 0) == Chain((ALIAS,), "clips.test", None)
    cache.put_records((ADDRESS,), 0)
    assert cache.answer(WWW, 0) == Outcome("NOERROR", (ALIAS, ADDRESS))
    assert cache.answer(Question("www.clips.test", "CNAME"), 0) == Outcome("NOERROR", (ALIAS,))


def test_a_loop_of_aliases_is_not_an_answer() -> None:
    cache = Cache()
    cache.put_records((ALIAS,), 0)
    cache.put_records((Record("clips.test", "CNAME", 60, "www.clips.test"),), 0)
    assert cache.answer(WWW, 0) is None


def test_delegations_are_found_from_the_deepest_up() -> None:
    cache = Cache()
    tld = Delegation("test", ("a.nic.test",), {}, 100 * SECOND)
    clips = Delegation("clips.test", ("ns1.clips.test",), {}, 50 * SECOND)
    cache.put_delegation(tld, 0)
    cache.put_delegation(clips, 0)
    assert cache.delegation("www.clips.test", "A", 0) is clips
    assert cache.delegation("clips.test", "DS", 0) is tld
    assert cache.delegation("www.clips.test", "A", 50 * SECOND) is tld
    assert cache.delegation("www.clips.test", "A", 100 * SECOND) is None
    cache.put_delegation(clips, 50 * SECOND)
    assert cache.delegation("clips.test", "A", 60 * SECOND) is tld, "what has run out stays out"


def test_held_lists_what_bears_on_a_name() -> None:
    cache = Cache()
    cache.put_records((ADDRESS,), 0)
    cache.put_records((ALIAS,), 0)
    cache.put_denial(Question("clips.test", "MX"), "NOERROR", SOA, 0)
    cache.put_delegation(Delegation("clips.test", ("ns1.test",), {}, 7200 * SECOND), 0)
    assert cache.held("Clips.test", 0) == (
        Held("clips.test", "A", "NOERROR", 300 * SECOND),
        Held("clips.test", "MX", "NOERROR", 300 * SECOND),
        Held("clips.test", "NS", "NOERROR", 7200 * SECOND),
    )
    assert [one.type for one in cache.held("clips.test", 300 * SECOND)] == ["NS"]
    assert cache.expires("clips.test", "A", 300 * SECOND) is None


def test_the_oldest_makes_way() -> None:
    """A refreshed entry counts as new."""
    cache = Cache(limit=2)
    for name in ("a.test", "b.test", "a.test", "c.test"):
        cache.put_records((ADDRESS._replace(name=name),), 0)
    kept = [name for name in ("a.test", "b.test", "c.test") if cache.get(name, "A", 0)]
    assert kept == ["a.test", "c.test"]
    assert len(cache) == 2


def test_flush_forgets_a_name_and_what_is_below() -> None:
    cache = Cache()
    cache.put_records((ADDRESS,), 0)
    cache.put_records((ALIAS,), 0)
    cache.put_records((ADDRESS._replace(name="eclips.test"),), 0)
    cache.put_delegation(Delegation("clips.test", ("ns1.test",), {}), 0)
    cache.flush("clips.test")
    assert repr(cache) == "<Cache 1 answers, 0 delegations>"
    cache.flush()
    assert len(cache) == 0


def test_root_hints_never_run_out() -> None:
    hints = root_hints([("A.Root.Test.", ["198.51.100.1"])])
    assert hints[:3] == ("", ("a.root.test",), {"a.root.test": ("198.51.100.1",)})
    assert hints.expires > 1000 * 365 * DAY
