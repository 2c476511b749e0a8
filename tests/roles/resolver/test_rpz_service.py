"""A resolver with policy zones and orders about clients: what it sends and what it writes down."""

from collections.abc import Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.measures import DnsLie, DnsMeasure, PolicyZone, ResolverWithdrawal
from simulator.net import Host, LabLoop, Network
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.stub import Answer, StubResolver
from simulator.values import MILLISECOND, SECOND, ExtendedError
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record, make_query

CLIENT = "192.0.2.7"
CLIPS = Question("clips.test", "A")
ADDRESS = Record("clips.test", "A", 300, "192.0.2.80")
SOA = Record("rpz", "SOA", 60, "localhost nobody.localhost 1 3600 600 86400 60")


class Bench:
    """A resolver that knows one address and reaches nobody."""

    def __init__(self) -> None:
        self.journal = Journal(lambda: 0)
        self.resolver = Resolver(
            root_hints([("a.root.test", ["198.51.100.1"])]),
            now=lambda: 0,
            random=Random(1),
            name="resolver",
            journal=self.journal,
        )
        self.resolver.cache.put_records((ADDRESS,), 0)

    def ask(
        self, source: str = CLIENT, recursion_desired: bool = True, stream: bool = False
    ) -> list[DnsMessage]:
        """Return the replies: one, or none."""
        sent: list[bytes] = []
        query = encode(make_query(9, CLIPS, recursion_desired=recursion_desired))
        assert self.resolver.take(query, source, sent.append, stream=stream)
        return [decode(data) for data in sent]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_a_zone_did_is_sent_and_written_down(bench: Bench) -> None:
    """NXDOMAIN with the zone's SOA among the additional records, and no extended error."""
    bench.resolver.policy.put("order", PolicyZone("clips.test CNAME ."))
    [reply] = bench.ask()
    assert (reply.rcode, reply.answers, reply.authority) == ("NXDOMAIN", (), ())
    assert (reply.additional, reply.edns) == ((SOA,), Edns())
    [entry] = bench.journal
    assert (entry.who, entry.what) == ("resolver", "resolver lied")
    assert entry.details == {
        "name": "clips.test",
        "type": "A",
        "client": CLIENT,
        "lie": "nxdomain",
        "zone": "rpz",
        "trigger": "qname",
        "rule": "clips.test",
        "met": "clips.test",
    }
    bench.resolver.policy.lift("order")
    assert bench.ask()[0].answers == (ADDRESS,)


def test_the_extended_error_of_a_zone(bench: Bench) -> None:
    text = "32.80.2.0.192.rpz-ip CNAME *."
    bench.resolver.policy.put("order", PolicyZone(text, extended_error=16))
    [reply] = bench.ask()
    assert (reply.rcode, reply.answers) == ("NOERROR", ())
    assert reply.edns == Edns(extended_errors=(ExtendedError(16),))
    [entry] = bench.journal
    assert (entry.details["trigger"], entry.details["rule"]) == ("ip", "192.0.2.80/32")


def test_passthru_is_written_down_as_no_lie(bench: Bench) -> None:
    bench.resolver.policy.put("order", PolicyZone("clips.test CNAME rpz-passthru."))
    assert bench.ask()[0].answers == (ADDRESS,)
    [entry] = bench.journal
    assert (entry.what, entry.details["lie"]) == ("policy let through", "passthru")


def test_tcp_only_truncates_by_udp_and_lets_tcp_through(bench: Bench) -> None:
    bench.resolver.policy.put("order", PolicyZone("clips.test CNAME rpz-tcp-only."))
    [by_udp] = bench.ask()
    assert (by_udp.truncated, by_udp.answers) == (True, ())
    [by_tcp] = bench.ask(stream=True)
    assert (by_tcp.truncated, by_tcp.answers) == (False, (ADDRESS,))
    assert [entry.what for entry in bench.journal] == ["resolver lied", "policy let through"]


def test_silence_is_silence_by_every_way_of_ordering_it(bench: Bench) -> None:
    """A lie, a zone's DROP, a withdrawal: written down, and never answered."""
    for measure, what in (
        (DnsMeasure("clips.test", DnsLie.SILENCE), "resolver lied"),
        (PolicyZone("clips.test CNAME rpz-drop."), "resolver lied"),
        (ResolverWithdrawal(("192.0.2.0/24",), DnsLie.SILENCE), "resolver turned away"),
    ):
        bench.resolver.policy.put("order", measure)
        assert bench.ask() == bench.ask(stream=True) == []
        assert list(bench.journal)[-1].what == what


def test_a_resolver_that_withdrew_refuses_its_clients_and_serves_the_rest(bench: Bench) -> None:
    """With extended error 18, Prohibited: it is about the client, not about the name."""
    bench.resolver.policy.put("order", ResolverWithdrawal(("192.0.2.0/24",)))
    [refused] = bench.ask()
    assert (refused.rcode, refused.answers) == ("REFUSED", ())
    assert refused.edns == Edns(extended_errors=(ExtendedError(18),))
    assert bench.ask(source="198.51.100.7")[0].answers == (ADDRESS,)
    [entry] = bench.journal
    assert entry.details == {
        "name": "clips.test",
        "type": "A",
        "client": CLIENT,
        "lie": "refused",
    }


def test_withdrawal_goes_before_lies_and_lies_before_zones(bench: Bench) -> None:
    policy = bench.resolver.policy
    policy.put("1", PolicyZone("clips.test CNAME ."))
    policy.put("2", DnsMeasure("clips.test", DnsLie.NODATA))
    assert (bench.ask()[0].rcode, bench.ask()[0].additional) == ("NOERROR", ())
    policy.put("3", ResolverWithdrawal((CLIENT,)))
    assert bench.ask()[0].rcode == "REFUSED"


def test_zones_leave_alone_what_is_asked_without_recursion(bench: Bench) -> None:
    bench.resolver.policy.put("order", PolicyZone("clips.test CNAME ."))
    assert bench.ask(recursion_desired=False)[0].answers == (ADDRESS,)


# --- on the virtual Internet --------------------------------------------------------

HOP, ABROAD = 1 * MILLISECOND, 8 * MILLISECOND
HOME_TRIP, ABROAD_TRIP = 2 * (HOP + HOP), 2 * (HOP + ABROAD + HOP)
SERVER, RESOLVER = "198.51.100.53", "192.0.2.53"


class Lab:
    """Client and resolver at home; one nameserver 8 ms away serves the whole tree."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        fabric = self.loop.fabric
        home = fabric.add_network(Network("home", prefixes=("192.0.2.0/24",)))
        abroad = fabric.add_network(Network("abroad", prefixes=("198.51.100.0/24",)))
        fabric.topology.link(home, abroad, ABROAD)
        server = Host(fabric, "server", abroad, (SERVER,), HOP)
        resolver = Host(fabric, "resolver", home, (RESOLVER,), HOP)
        self.client = Host(fabric, "client", home, (CLIENT,), HOP)
        soa = "ns.clips.test hostmaster.clips.test 1 7200 900 1209600 300"
        clips = Zone(
            "clips.test",
            [
                Record("clips.test", "SOA", 3600, soa),
                Record("clips.test", "NS", 3600, "ns.clips.test"),
                Record("ns.clips.test", "A", 3600, SERVER),
                ADDRESS,
            ],
        )
        self.resolver = Resolver(
            root_hints([("ns.clips.test", [SERVER])]), now=fabric.now, random=Random(1)
        )
        self.stub = StubResolver([RESOLVER], now=fabric.now, random=Random(2))
        self.on(server, Nameserver(NameserverState([clips])).start([(SERVER, 53)]))
        self.on(resolver, self.resolver.start([(RESOLVER, 53)]))

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def lookup(self) -> Answer:
        answer: Answer = self.on(self.client, self.stub.lookup("clips.test", "A"))
        return answer


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab()
    yield lab
    lab.loop.shut_down()


def test_a_rule_about_names_costs_no_time(lab: Lab) -> None:
    lab.resolver.policy.put("order", PolicyZone("clips.test CNAME ."))
    answer = lab.lookup()
    assert (answer.failure, answer.ended - answer.began) == (
        "dns_nxdomain_error",
        HOME_TRIP + ABROAD_TRIP,
    )


def test_a_rule_about_nameservers_costs_the_lookups_that_it_needs(lab: Lab) -> None:
    """The NS of clips.test, then A and AAAA of its server; the second time all is cached."""
    lab.resolver.policy.put("order", PolicyZone("32.53.100.51.198.rpz-nsip A 203.0.113.9"))
    answer = lab.lookup()
    assert answer.addresses == ("203.0.113.9",)
    assert answer.ended - answer.began == HOME_TRIP + 4 * ABROAD_TRIP
    again = lab.lookup()
    assert again.addresses == ("203.0.113.9",)
    assert again.ended - again.began == HOME_TRIP


def test_a_rule_lifted_gives_the_truth_back_at_once(lab: Lab) -> None:
    lab.resolver.policy.put("order", PolicyZone("clips.test CNAME rpz-drop."))
    silent = lab.lookup()
    assert (silent.failure, silent.rcode) == ("generic_timeout_error", None)
    assert silent.ended - silent.began == 2 * 5 * SECOND
    lab.resolver.policy.lift("order")
    truth = lab.lookup()
    assert (truth.addresses, truth.ended - truth.began) == (("192.0.2.80",), HOME_TRIP)
