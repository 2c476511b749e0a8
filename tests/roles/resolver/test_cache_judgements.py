"""What validation has found out, as a cache keeps it."""

from simulator.roles.resolver.cache import Cache, Outcome
from simulator.roles.resolver.security import Security
from simulator.values import HOUR, MINUTE, ExtendedError
from simulator.wire.dns_values import Question, Record

ADDRESS = Record("clips.test", "A", 300, "192.0.2.80")
ALIAS = Record("www.clips.test", "CNAME", 60, "clips.test")
SOA = Record("clips.test", "SOA", 900, "ns1.test h.test 1 2 3 4 300")
CLIPS = Question("clips.test", "A")
WWW = Question("www.clips.test", "A")
SIGNATURE = Record(
    "clips.test", "RRSIG", 300, "A 13 2 300 20240709080000 20240620080000 1 test AA=="
)
NSEC = Record("clips.test", "NSEC", 300, "test A RRSIG NSEC")


def judged(*records: Record) -> frozenset[tuple[str, str, str]]:
    return frozenset((one.name, one.type, one.data) for one in records)


def test_a_judgement_holds_for_what_was_judged_alone() -> None:
    """Data that came in while the validator was asking are not covered by its word."""
    cache = Cache()
    cache.put_records((ADDRESS, SIGNATURE), 0)
    cache.judge("clips.test", "A", judged(ADDRESS), Security.SECURE, MINUTE)
    assert cache.answer(CLIPS, 0) == Outcome("NOERROR", (ADDRESS._replace(ttl=300), SIGNATURE))
    cache.judge("clips.test", "A", judged(ADDRESS, SIGNATURE), Security.SECURE, MINUTE)
    found = cache.answer(CLIPS, 0)
    assert found is not None
    assert (found.security, found.answers[0].ttl) == (Security.SECURE, 60)
    assert cache.answer(CLIPS, MINUTE) is None
    cache.put_records((ADDRESS, SIGNATURE), 0)
    again = cache.answer(CLIPS, 0)
    assert again is not None
    assert again.security is None, "what comes in anew is judged anew"


def test_an_answer_by_an_alias_is_as_good_as_its_weaker_half() -> None:
    cache = Cache()
    cache.put_records((ALIAS,), 0, (NSEC,))
    cache.put_records((ADDRESS,), 0)
    for alias, target, both in (
        (Security.SECURE, Security.SECURE, Security.SECURE),
        (Security.SECURE, Security.INSECURE, Security.INSECURE),
        (Security.BOGUS, Security.SECURE, Security.BOGUS),
    ):
        cache.judge("www.clips.test", "CNAME", judged(ALIAS, NSEC), alias, HOUR)
        cache.judge("clips.test", "A", judged(ADDRESS), target, HOUR)
        found = cache.answer(WWW, 0)
        assert found is not None
        assert found.security is both
        assert [one.type for one in found.authority] == ["NSEC"], "the alias's proof goes along"


def test_a_denial_is_judged_under_every_type_of_the_name() -> None:
    cache = Cache()
    cache.put_denial(Question("gone.test", "A"), "NXDOMAIN", SOA, 0, (NSEC,))
    error = (ExtendedError(12),)
    cache.judge("gone.test", "A", judged(SOA, NSEC), Security.BOGUS, MINUTE, error)
    found = cache.answer(Question("gone.test", "TXT"), 0)
    assert found is not None
    assert (found.security, found.extended_errors) == (Security.BOGUS, error)
    cache.shorten(Question("gone.test", "MX"), 5)
    assert cache.answer(Question("gone.test", "TXT"), 5) is None
