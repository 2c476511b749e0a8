"""What may be told when it has run out: which data, for how long, with what beside them."""

from simulator.roles.resolver.behaviour import ServeStale
from simulator.roles.resolver.cache import Cache, Outcome
from simulator.roles.resolver.security import Security
from simulator.roles.resolver.staleness import Stale, is_unreachable, stale_answer
from simulator.values import DAY, HOUR, SECOND, ExtendedError
from simulator.wire.dns_values import Question, Record

ADDRESS = Record("clips.test", "A", 300, "192.0.2.80")
ALIAS = Record("www.clips.test", "CNAME", 60, "clips.test")
SOA = Record("clips.test", "SOA", 300, "ns1.test h.test 1 2 3 4 300")
CLIPS = Question("clips.test", "A")
WWW = Question("www.clips.test", "A")
POLICY = ServeStale(longest=DAY)
END = 300 * SECOND


def test_an_answer_may_be_told_from_its_end_until_a_day_after() -> None:
    cache = Cache()
    cache.put_records((ADDRESS,), 0)
    stale = stale_answer(cache, CLIPS, END + 90 * SECOND, POLICY)
    told = (ADDRESS._replace(ttl=30),)
    errors = (ExtendedError(3, "expired 90 s ago"),)
    assert stale == Stale(Outcome("NOERROR", told, (), errors, None), END)
    assert stale_answer(cache, CLIPS, END + DAY - 1, POLICY) is not None
    assert stale_answer(cache, CLIPS, END + DAY, POLICY) is None


def test_aliases_lead_on_though_stale_and_the_oldest_part_counts() -> None:
    cache = Cache()
    cache.put_records((ALIAS,), 0)
    assert stale_answer(cache, WWW, HOUR, POLICY) is None, "half an answer is none"
    cache.put_records((ADDRESS,), 0)
    stale = stale_answer(cache, WWW, HOUR, POLICY)
    assert stale is not None
    assert [record[:3] for record in stale.outcome.answers] == [
        ("www.clips.test", "CNAME", 30),
        ("clips.test", "A", 30),
    ]
    assert stale.expired == 60 * SECOND
    assert stale_answer(cache, WWW, 60 * SECOND + DAY, POLICY) is None


def test_a_loop_of_aliases_is_no_answer() -> None:
    cache = Cache()
    cache.put_records((ALIAS,), 0)
    cache.put_records((Record("clips.test", "CNAME", 60, "www.clips.test"),), 0)
    assert stale_answer(cache, WWW, HOUR, POLICY) is None


def test_what_was_learnt_last_counts() -> None:
    """A denial ends an answer, an answer ends a denial, and a type can be denied by itself."""
    cache = Cache()
    cache.put_records((ADDRESS,), 0)
    cache.put_denial(Question("clips.test", "AAAA"), "NXDOMAIN", SOA, 0)
    denied = stale_answer(cache, CLIPS, HOUR, POLICY)
    assert denied is not None
    assert denied.outcome.rcode == "NXDOMAIN"
    assert denied.outcome.extended_errors == (ExtendedError(19, "expired 3300 s ago"),)
    cache.put_denial(CLIPS, "NOERROR", SOA, HOUR)
    empty = stale_answer(cache, CLIPS, 2 * HOUR, POLICY)
    assert empty is not None
    assert (empty.outcome.rcode, empty.outcome.answers) == ("NOERROR", ())
    assert empty.outcome.extended_errors[0].code == 3
    cache.put_records((ADDRESS,), 2 * HOUR)
    back = stale_answer(cache, CLIPS, 3 * HOUR, POLICY)
    assert back is not None
    assert back.outcome.answers == (ADDRESS._replace(ttl=30),)


def test_failures_and_bogus_data_are_not_told() -> None:
    cache = Cache()
    cache.put_failure(CLIPS, Outcome("SERVFAIL", extended_errors=(ExtendedError(22),)), 0)
    assert stale_answer(cache, CLIPS, HOUR, POLICY) is None
    cache.put_records((ADDRESS,), 0)
    judged = frozenset({("clips.test", "A", "192.0.2.80")})
    cache.judge("clips.test", "A", judged, Security.SECURE, DAY)
    secure = stale_answer(cache, CLIPS, HOUR, POLICY)
    assert secure is not None
    assert secure.outcome.security is Security.SECURE
    cache.judge("clips.test", "A", judged, Security.BOGUS, DAY)
    assert stale_answer(cache, CLIPS, HOUR, POLICY) is None


def test_only_the_want_of_servers_counts_as_unreachable() -> None:
    """An answer that is bogus, or goes round in circles, is an answer."""
    for codes, expected in (((22, 23), True), ((23,), True), ((6,), False), ((0,), False)):
        errors = tuple(ExtendedError(code) for code in codes)
        assert is_unreachable(Outcome("SERVFAIL", extended_errors=errors)) is expected
    assert not is_unreachable(Outcome("NXDOMAIN", extended_errors=(ExtendedError(23),)))


def test_the_reason_stands_behind_the_word_stale() -> None:
    stale = Stale(Outcome("NOERROR", extended_errors=(ExtendedError(3),)), END)
    failure = Outcome("SERVFAIL", extended_errors=(ExtendedError(22), ExtendedError(23)))
    errors = stale.because_of(failure).extended_errors
    assert [error.code for error in errors] == [3, 22, 23]


def test_an_alias_in_place_of_an_address_is_followed_and_the_other_way_round() -> None:
    """Both may be there once they have run out; the later one counts."""
    cache = Cache()
    moved = ADDRESS._replace(name="www.clips.test", data="192.0.2.81")
    cache.put_records((ADDRESS,), 0)
    cache.put_records((moved,), 0)
    cache.put_records((ALIAS,), HOUR)
    first = stale_answer(cache, WWW, 2 * HOUR, POLICY)
    assert first is not None
    assert [record.data for record in first.outcome.answers] == ["clips.test", "192.0.2.80"]
    cache.put_records((moved,), 3 * HOUR)
    second = stale_answer(cache, WWW, 4 * HOUR, POLICY)
    assert second is not None
    assert [record.data for record in second.outcome.answers] == ["192.0.2.81"]
