"""Resolutions as dialogues: what is asked of whom, what comes back, what is said next."""

from simulator.roles.resolver.cache import Cache, Chain, Delegation, Outcome, root_hints
from simulator.roles.resolver.resolution import MOST_ASKS, MOST_SEARCHES, Ask, Resolution
from simulator.values import SECOND, ExtendedError
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query, reply_to

ROOT, ROOT_B, TLD, NS1, NS2 = (f"198.51.100.{number}" for number in range(1, 6))
ROOTS = root_hints([("a.root.test", [ROOT]), ("b.root.test", [ROOT_B])])
CLIPS = Question("clips.test", "A")
SOA = Record("clips.test", "SOA", 900, "ns1.clips.test hostmaster.clips.test 1 2 3 4 300")
ADDRESS = Record("clips.test", "A", 600, "192.0.2.80")


def at(seconds: float) -> int:
    return int(seconds * SECOND)


def reply(
    question: Question = CLIPS,
    rcode: str = "NOERROR",
    answers: tuple[Record, ...] = (),
    authority: tuple[Record, ...] = (),
    additional: tuple[Record, ...] = (),
    authoritative: bool = True,
) -> DnsMessage:
    query = make_query(0, question, recursion_desired=False)
    return reply_to(query, rcode, answers, authority, additional, authoritative=authoritative)


def referral(
    zone: str, *servers: tuple[str, str | None], ttl: int = 3600, question: Question = CLIPS
) -> DnsMessage:
    """A referral to nameservers, each with its glue or None."""
    names = tuple(Record(zone, "NS", ttl, name) for name, _ in servers)
    glue = tuple(
        Record(name, "AAAA" if ":" in address else "A", ttl, address)
        for name, address in servers
        if address is not None
    )
    return reply(question, authority=names, additional=glue, authoritative=False)


TO_TEST = referral("test", ("a.nic.test", TLD))
TO_CLIPS = referral("clips.test", ("ns1.clips.test", NS1), ("ns2.clips.test", NS2))


class Dialogue:
    """Drives a resolution; ``cache`` outlives it when it is passed in."""

    def __init__(
        self,
        question: Question = CLIPS,
        cache: Cache | None = None,
        families: tuple[int, ...] = (4,),
        start: float = 0,
    ) -> None:
        self.cache = Cache() if cache is None else cache
        self.now = at(start)
        self.resolution = Resolution(question, self.cache, ROOTS, now=self.now, families=families)

    def asks(self, server: str, question: Question = CLIPS, stream: bool = False) -> None:
        step = self.resolution.next_step(self.now)
        assert isinstance(step, Ask), step
        assert (step.server, step.question, step.stream) == (server, question, stream)

    def hears(self, message: DnsMessage) -> None:
        self.resolution.received(message, self.now)

    def fails(self, why: str = "timed out", after: float = 0) -> None:
        self.now += at(after)
        self.resolution.failed(why, self.now)

    def ends(self) -> Outcome:
        step = self.resolution.next_step(self.now)
        assert isinstance(step, Outcome), step
        return step


def at_clips(**options: object) -> Dialogue:
    """A dialogue that has come as far as the servers of clips.test."""
    dialogue = Dialogue(**options)  # type: ignore[arg-type]
    dialogue.asks(ROOT)
    dialogue.hears(TO_TEST)
    dialogue.asks(TLD)
    dialogue.hears(TO_CLIPS)
    return dialogue


def test_walk_from_the_root_with_glue() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(answers=(ADDRESS,)))
    assert dialogue.ends() == Outcome("NOERROR", (ADDRESS,))


def test_the_second_name_starts_at_the_deepest_delegation_known() -> None:
    cache = at_clips().cache
    www = Question("www.clips.test", "A")
    Dialogue(www, cache).asks(NS1, www)
    Dialogue(Question("other.test", "A"), cache).asks(TLD, Question("other.test", "A"))


def test_the_parent_is_asked_again_when_its_referral_has_run_out() -> None:
    """Parent-centric: a redelegation is seen once the TTL of the old referral is over."""
    cache = at_clips().cache
    Dialogue(CLIPS, cache, start=3599.9).asks(NS1)
    Dialogue(CLIPS, cache, start=3600).asks(ROOT)


def test_short_glue_shortens_the_delegation() -> None:
    """In-zone glue that runs out before the NS records sends us back to the parent."""
    dialogue = Dialogue()
    dialogue.asks(ROOT)
    servers = (Record("clips.test", "NS", 3600, "ns1.clips.test"),)
    glue = (Record("ns1.clips.test", "A", 60, NS1),)
    dialogue.hears(reply(authority=servers, additional=glue, authoritative=False))
    Dialogue(CLIPS, dialogue.cache, start=59).asks(NS1)
    Dialogue(CLIPS, dialogue.cache, start=60).asks(ROOT)


def test_nameserver_elsewhere_is_looked_up_first() -> None:
    """Out of bailiwick and without glue: its address is a question of its own."""
    ns = Question("ns.hoster.test", "A")
    dialogue = Dialogue()
    dialogue.asks(ROOT)
    dialogue.hears(TO_TEST)
    dialogue.asks(TLD)
    dialogue.hears(referral("clips.test", ("ns.hoster.test", None)))
    dialogue.asks(TLD, ns)
    dialogue.hears(reply(ns, answers=(Record("ns.hoster.test", "A", 60, NS2),)))
    dialogue.asks(NS2)
    dialogue.hears(reply(answers=(ADDRESS,)))
    assert dialogue.ends().answers == (ADDRESS,)


def test_glue_outside_the_zone_of_the_server_is_not_believed() -> None:
    """The servers of test. may not say where ns.hoster.example is."""
    ns = Question("ns.hoster.example", "A")
    dialogue = Dialogue()
    dialogue.asks(ROOT)
    dialogue.hears(TO_TEST)
    dialogue.asks(TLD)
    dialogue.hears(referral("clips.test", ("ns.hoster.example", "203.0.113.66")))
    dialogue.asks(ROOT, ns)


def test_answers_outside_the_zone_of_the_server_are_not_believed() -> None:
    """The alias is; the address that came with it is asked for where it belongs."""
    alias = Record("clips.test", "CNAME", 60, "bank.example")
    forged = Record("bank.example", "A", 60, "203.0.113.66")
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(answers=(alias, forged)))
    bank = Question("bank.example", "A")
    dialogue.asks(ROOT, bank)
    true = Record("bank.example", "A", 60, "192.0.2.7")
    dialogue.hears(reply(bank, answers=(true,)))
    assert dialogue.ends() == Outcome("NOERROR", (alias, true))
    assert dialogue.cache.get("bank.example", "A", dialogue.now) == Outcome("NOERROR", (true,))


def test_additional_records_of_an_answer_are_not_remembered() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    stray = Record("www.clips.test", "A", 60, "203.0.113.66")
    dialogue.hears(reply(answers=(ADDRESS,), additional=(stray,)))
    dialogue.ends()
    assert dialogue.cache.get("www.clips.test", "A", dialogue.now) is None
    assert dialogue.cache.get("ns1.clips.test", "A", dialogue.now) is None, "glue is no answer"


def test_aliases_inside_one_zone_come_with_one_reply() -> None:
    alias = Record("www.clips.test", "CNAME", 60, "clips.test")
    www = Question("www.clips.test", "A")
    dialogue = at_clips(question=CLIPS)
    dialogue = Dialogue(www, dialogue.cache)
    dialogue.asks(NS1, www)
    dialogue.hears(reply(www, answers=(alias, ADDRESS)))
    assert dialogue.ends().answers == (alias, ADDRESS)
    later = Dialogue(www, dialogue.cache, start=10)
    assert later.ends().answers == (alias._replace(ttl=50), ADDRESS._replace(ttl=590))


def test_alias_whose_end_does_not_exist() -> None:
    """The rcode is that of the last name (RFC 6604 section 3)."""
    alias = Record("clips.test", "CNAME", 60, "gone.clips.test")
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(rcode="NXDOMAIN", answers=(alias,), authority=(SOA,)))
    denial = SOA._replace(ttl=300)
    assert dialogue.ends() == Outcome("NXDOMAIN", (alias,), (denial,))
    gone = Question("gone.clips.test", "MX")
    assert Dialogue(gone, dialogue.cache).ends() == Outcome("NXDOMAIN", (), (denial,))


def test_denial_is_remembered_for_the_lesser_of_ttl_and_minimum() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(authority=(SOA,)))
    assert dialogue.ends() == Outcome("NOERROR", (), (SOA._replace(ttl=300),))
    again = Dialogue(CLIPS, dialogue.cache, start=299)
    assert again.ends() == Outcome("NOERROR", (), (SOA._replace(ttl=1),))
    Dialogue(CLIPS, dialogue.cache, start=300).asks(NS1)


def test_denial_without_soa_is_told_but_not_remembered() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(rcode="NXDOMAIN"))
    assert dialogue.ends() == Outcome("NXDOMAIN")
    Dialogue(CLIPS, dialogue.cache).asks(NS1)


def test_alias_loop_ends_in_servfail() -> None:
    one = Record("clips.test", "CNAME", 60, "www.clips.test")
    two = Record("www.clips.test", "CNAME", 60, "clips.test")
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(answers=(one, two)))
    loop = Outcome("SERVFAIL", (), (), (ExtendedError(0, "alias loop at clips.test"),))
    assert dialogue.ends() == loop
    assert Dialogue(CLIPS, dialogue.cache).ends() == loop, "from the cache as well"


def test_endless_alias_chain_ends_in_servfail() -> None:
    dialogue = at_clips()
    name = "clips.test"
    for number in range(12):
        question = Question(name, "A")
        dialogue.asks(NS1, question)
        following = f"n{number}.clips.test"
        dialogue.hears(reply(question, answers=(Record(name, "CNAME", 60, following),)))
        name = following
    dialogue.asks(NS1, Question(name, "A"))
    dialogue.hears(reply(Question(name, "A"), answers=(Record(name, "CNAME", 60, "z.test"),)))
    assert dialogue.ends().rcode == "SERVFAIL"


def test_silence_moves_to_the_next_server_and_a_second_round_lasts_twice_as_long() -> None:
    dialogue = at_clips()
    timeouts = []
    for server in (NS1, NS2, NS1, NS2):
        step = dialogue.resolution.next_step(dialogue.now)
        assert isinstance(step, Ask)
        assert step.server == server
        timeouts.append(step.timeout)
        dialogue.fails(after=step.timeout / SECOND)
    assert timeouts == [at(1.5), at(1.5), at(3), at(3)]
    assert dialogue.now == at(9)
    assert dialogue.ends() == Outcome(
        "SERVFAIL",
        extended_errors=(
            ExtendedError(22, "at delegation clips.test"),
            ExtendedError(23, f"{NS1} timed out for clips.test A"),
            ExtendedError(23, f"{NS2} timed out for clips.test A"),
        ),
    )


def test_servers_that_refuse_or_are_lame_are_asked_once() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(rcode="REFUSED", authoritative=False))
    dialogue.asks(NS2)
    dialogue.hears(reply(answers=(ADDRESS,), authoritative=False))
    outcome = dialogue.ends()
    assert outcome.rcode == "SERVFAIL"
    assert [error.text for error in outcome.extended_errors] == [
        "at delegation clips.test",
        f"{NS1} rcode=REFUSED for clips.test A",
        f"{NS2} is lame for clips.test A",
    ]


def test_referrals_that_do_not_lead_down_are_lame() -> None:
    """Upwards to the root, sideways, or back to the same zone."""
    for zone in ("", "test", "other.test", "clips.test"):
        dialogue = at_clips()
        dialogue.asks(NS1)
        dialogue.hears(referral(zone, ("ns.evil.test", "203.0.113.66")))
        dialogue.asks(NS2)


def test_truncated_reply_is_asked_for_by_tcp() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply()._replace(truncated=True))
    dialogue.asks(NS1, stream=True)
    dialogue.hears(reply(answers=(ADDRESS,)))
    assert dialogue.ends().answers == (ADDRESS,)


def test_tcp_that_fails_moves_to_the_next_server() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply()._replace(truncated=True))
    dialogue.asks(NS1, stream=True)
    dialogue.fails("network error ECONNREFUSED")
    dialogue.asks(NS2)


def test_patience_ends_the_walk_at_twelve_seconds() -> None:
    dialogue = Dialogue()
    dialogue.asks(ROOT)
    dialogue.now = at(11)
    dialogue.hears(TO_TEST)
    step = dialogue.resolution.next_step(dialogue.now)
    assert isinstance(step, Ask)
    assert step.timeout == at(1)
    dialogue.fails(after=1)
    outcome = dialogue.ends()
    assert (outcome.rcode, outcome.extended_errors[0]) == ("SERVFAIL", ExtendedError(22, "gave up"))


def test_nameservers_that_need_each_other_end_in_servfail() -> None:
    """a.test is served by ns.b.test and b.test by ns.a.test, without glue."""
    first = Question("a.test", "A")
    dialogue = Dialogue(first)
    dialogue.asks(ROOT, first)
    dialogue.hears(referral("test", ("a.nic.test", TLD), question=first))
    dialogue.asks(TLD, first)
    dialogue.hears(referral("a.test", ("ns.b.test", None), question=first))
    second = Question("ns.b.test", "A")
    dialogue.asks(TLD, second)
    dialogue.hears(referral("b.test", ("ns.a.test", None), question=second))
    third = Question("ns.a.test", "A")
    outcome = dialogue.ends()
    assert outcome.rcode == "SERVFAIL"
    assert outcome.extended_errors[0] == ExtendedError(22, "at delegation a.test"), third


def test_a_zone_that_names_endless_nameservers_is_given_up() -> None:
    """One referral leads to twenty names to look for, each of which leads to twenty more."""
    dialogue = Dialogue()
    asked = 0
    step = dialogue.resolution.next_step(0)
    while isinstance(step, Ask):
        asked += 1
        label = step.question.name.partition(".")[0]
        if step.server == ROOT:
            dialogue.hears(referral("test", ("a.nic.test", TLD), question=step.question))
        else:
            servers = [(f"x{n}.{label}{n}.test", None) for n in range(20)]
            dialogue.hears(referral(step.question.name, *servers, question=step.question))
        step = dialogue.resolution.next_step(0)
    assert step.rcode == "SERVFAIL"
    assert asked == 2 + MOST_SEARCHES


def test_a_zone_of_very_many_servers_is_given_up() -> None:
    """The number of messages per question is bounded, however fast each of them fails."""
    dialogue = Dialogue()
    dialogue.asks(ROOT)
    dialogue.hears(TO_TEST)
    dialogue.asks(TLD)
    dialogue.hears(referral("clips.test", *[(f"n{n}.test", f"203.0.113.{n}") for n in range(99)]))
    asked = 2
    while isinstance(dialogue.resolution.next_step(0), Ask):
        asked += 1
        dialogue.fails("network error ECONNREFUSED")
    assert asked == MOST_ASKS


def test_zones_that_name_each_other_by_the_dozen_cost_little() -> None:
    """All delegations are known and none has an address: no message, and no endless search."""

    class CountingCache(Cache):
        searches = 0

        def follow(self, name: str, kind: str, now: int) -> Chain:
            self.searches += 1
            return super().follow(name, kind, now)

    cache = CountingCache()
    zones = [f"z{number}.test" for number in range(20)]
    names = tuple(f"ns.{zone}" for zone in zones)
    for zone in zones:
        cache.put_delegation(Delegation(zone, names, {}), 0)
    outcome = Dialogue(Question("z0.test", "A"), cache).ends()
    assert outcome.rcode == "SERVFAIL"
    assert cache.searches == 1 + MOST_SEARCHES


def test_ipv6_servers_are_asked_after_ipv4_by_those_who_have_it() -> None:
    both = referral("test", ("a.nic.test", "2001:db8::53"), ("b.nic.test", TLD))
    for families, servers in {(4,): [TLD], (4, 6): [TLD, "2001:db8::53"]}.items():
        dialogue = Dialogue(families=families)
        dialogue.asks(ROOT)
        dialogue.hears(both)
        for server in servers:
            dialogue.asks(server)
            dialogue.hears(reply(rcode="SERVFAIL"))
        assert dialogue.ends().rcode == "SERVFAIL"


def test_ds_is_a_question_for_the_parent() -> None:
    cache = at_clips().cache
    question = Question("clips.test", "DS")
    Dialogue(question, cache).asks(TLD, question)


def test_records_of_ttl_zero_answer_once() -> None:
    dialogue = at_clips()
    dialogue.asks(NS1)
    dialogue.hears(reply(answers=(ADDRESS._replace(ttl=0),)))
    assert dialogue.ends().answers[0].ttl == 0
    Dialogue(CLIPS, dialogue.cache).asks(NS1)


def test_repr_shows_where_it_stands() -> None:
    dialogue = at_clips()
    assert repr(dialogue.resolution) == "<Resolution clips.test A at clips.test asked 2>"
