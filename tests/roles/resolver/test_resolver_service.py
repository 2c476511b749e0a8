"""What a resolver says at once, to whom, and what it writes in the journal. No sockets."""

from random import Random

import pytest

from simulator.journal import Journal
from simulator.measures import DnsLie, DnsMeasure
from simulator.roles.resolver.cache import Delegation, root_hints
from simulator.roles.resolver.service import Resolver
from simulator.values import SECOND, ExtendedError
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record, make_query

CLIENT = "192.0.2.7"
CLIPS = Question("clips.test", "A")
ADDRESS = Record("clips.test", "A", 300, "192.0.2.80")


class Bench:
    """A resolver with a clock that stands where we put it."""

    def __init__(self) -> None:
        self.now = 0
        self.journal = Journal(lambda: self.now)
        self.resolver = Resolver(
            root_hints([("a.root.test", ["198.51.100.1"])]),
            now=lambda: self.now,
            random=Random(1),
            name="resolver of opt-nc",
            allowed=lambda source: source.startswith("192.0.2."),
            journal=self.journal,
        )

    def ask(
        self, question: Question = CLIPS, source: str = CLIENT, recursion_desired: bool = True
    ) -> DnsMessage:
        replies: list[DnsMessage] = []
        query = make_query(9, question, recursion_desired=recursion_desired)
        self.resolver.respond(query, source, replies.append)
        [reply] = replies
        return reply


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_answer_from_the_cache_with_its_remaining_ttl(bench: Bench) -> None:
    bench.resolver.cache.put_records((ADDRESS,), 0)
    bench.now = 100 * SECOND
    assert bench.ask() == DnsMessage(
        9,
        True,
        recursion_desired=True,
        recursion_available=True,
        question=CLIPS,
        answers=(ADDRESS._replace(ttl=200),),
        edns=Edns(),
    )
    assert len(bench.journal) == 0, "not every query is news"


def test_policy_goes_before_the_cache_and_is_journalled(bench: Bench) -> None:
    bench.resolver.cache.put_records((ADDRESS,), 0)
    bench.resolver.policy.put("order", DnsMeasure("clips.test", DnsLie.NXDOMAIN))
    assert bench.ask().rcode == "NXDOMAIN"
    [entry] = bench.journal
    assert (entry.who, entry.what) == ("resolver of opt-nc", "resolver lied")
    assert entry.details == {
        "name": "clips.test",
        "type": "A",
        "client": CLIENT,
        "lie": "nxdomain",
        "rule": "clips.test",
    }
    bench.resolver.policy.lift("order")
    assert bench.ask().answers == (ADDRESS,)


def test_strangers_are_refused_even_what_is_cached(bench: Bench) -> None:
    bench.resolver.cache.put_records((ADDRESS,), 0)
    reply = bench.ask(source="203.0.113.7")
    assert (reply.rcode, reply.answers) == ("REFUSED", ())
    assert reply.edns == Edns(extended_errors=(ExtendedError(18),))


def test_any_is_not_implemented(bench: Bench) -> None:
    assert bench.ask(Question("clips.test", "ANY")).rcode == "NOTIMP"


def test_without_recursion_the_best_delegation_is_shown(bench: Bench) -> None:
    reply = bench.ask(recursion_desired=False)
    assert [record.data for record in reply.authority] == ["a.root.test"]
    clips = Delegation("clips.test", ("ns1.clips.test",), {}, 90 * SECOND)
    bench.resolver.cache.put_delegation(clips, 0)
    reply = bench.ask(recursion_desired=False)
    assert reply.authority == (Record("clips.test", "NS", 90, "ns1.clips.test"),)


async def test_resolver_that_reaches_nobody_says_so_and_remembers(bench: Bench) -> None:
    """The root hints are of a family that the resolver does not have: nobody can be asked."""
    resolver = Resolver(
        root_hints([("a.root.test", ["2001:db8::1"])]),
        now=lambda: bench.now,
        random=Random(1),
        journal=bench.journal,
    )
    outcome = await resolver.resolve(CLIPS)
    assert outcome.extended_errors == (ExtendedError(22, "at delegation ."),)
    assert resolver.cache.expires("clips.test", "A", 0) == 5 * SECOND
    [entry] = bench.journal
    assert (entry.what, entry.details["why"]) == ("resolution failed", ["22 at delegation ."])
