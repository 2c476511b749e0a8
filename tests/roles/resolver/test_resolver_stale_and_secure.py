"""Stale data and validation: what was found secure stays so, what nobody judged is not told."""

import asyncio
from random import Random

import pytest

from simulator.journal import Journal
from simulator.roles.resolver.behaviour import Behaviour, ServeStale
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.security import Security
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.validation_trust import TrustAnchor
from simulator.values import DAY, HOUR, ExtendedError
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record
from simulator.wire.dnssec import ds_of, make_key

ANCHOR = ds_of(make_key(Random(4)), "")
CLIPS = Question("clips.test", "A")
ADDRESS = Record("clips.test", "A", 300, "192.0.2.80")
JUDGED = frozenset({("clips.test", "A", "192.0.2.80")})


class Bench:
    """A validating resolver that reaches nobody: its root servers have IPv6, and it has not."""

    def __init__(self) -> None:
        self.now = 0
        self.journal = Journal(lambda: self.now)
        self.resolver = Resolver(
            root_hints([("a.root.test", ["2001:db8::1"])]),
            now=lambda: self.now,
            random=Random(1),
            journal=self.journal,
            trust_anchors=[TrustAnchor("", ANCHOR)],
            behaviour=Behaviour(serve_stale=ServeStale()),
        )
        self.resolver.cache.put_records((ADDRESS,), 0)

    async def ask(self, *, checking_disabled: bool = False) -> DnsMessage:
        replied: asyncio.Future[DnsMessage] = asyncio.get_running_loop().create_future()
        query = DnsMessage(
            recursion_desired=True,
            question=CLIPS,
            edns=Edns(),
            authentic_data=True,
            checking_disabled=checking_disabled,
        )
        self.resolver.respond(query, "192.0.2.7", replied.set_result)
        return await replied


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_what_was_found_secure_is_told_as_secure(bench: Bench) -> None:
    bench.resolver.cache.judge("clips.test", "A", JUDGED, Security.SECURE, DAY)
    bench.now = HOUR
    reply = await bench.ask()
    assert (reply.rcode, reply.authentic_data) == ("NOERROR", True)
    assert reply.answers == (ADDRESS._replace(ttl=30),)
    assert reply.edns is not None
    assert reply.edns.extended_errors == (
        ExtendedError(3, "expired 3300 s ago"),
        ExtendedError(22, "at delegation ."),
    )


async def test_what_nobody_has_judged_is_told_to_those_alone_who_judge_for_themselves(
    bench: Bench,
) -> None:
    bench.now = HOUR
    assert (await bench.ask()).rcode == "SERVFAIL"
    theirs = await bench.ask(checking_disabled=True)
    assert (theirs.answers, theirs.authentic_data) == ((ADDRESS._replace(ttl=30),), False)


async def test_bogus_data_are_told_to_nobody(bench: Bench) -> None:
    bench.resolver.cache.judge("clips.test", "A", JUDGED, Security.BOGUS, DAY)
    bench.now = HOUR
    assert (await bench.ask()).rcode == "SERVFAIL"
