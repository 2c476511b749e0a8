"""A validating resolver among its clients: flags, reasons, caches, and lies on its own path."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.measures import DnsLie, DnsMeasure, PolicyZone
from simulator.net import Host, LabLoop, Network
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.signing import Signer
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.exchange import Exchange
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.validation_trust import TrustAnchor
from simulator.values import (
    HOUR,
    MILLISECOND,
    MINUTE,
    SECOND,
    Datagram,
    Direction,
    ExtendedError,
    Inject,
    Packet,
    Pass,
    Verdict,
)
from simulator.wire.dns import decode, encode
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import DnsMessage, Edns, Question, Record, reply_to
from simulator.wire.dnssec import make_key

ROOT, TLD, CLIPS, AGENCY = (f"198.51.100.{number}" for number in range(1, 5))
VALIDATING, OBLIVIOUS, CLIENT = "192.0.2.53", "192.0.2.54", "192.0.2.7"
START = 1719302400
TRUE, BANNER, FORGED = "192.0.2.80", "203.0.113.9", "192.0.2.99"


def zone(origin: str, server: str, address: str, *records: tuple[str, str, int, str]) -> Zone:
    soa = f"{server} hostmaster.{server} 1 7200 900 1209600 300"
    apex = [(origin, "SOA", 3600, soa), (origin, "NS", 3600, server)]
    own = [(server, "A", 3600, address)] if is_within(server, origin) else []
    return Zone(origin, [Record(*record) for record in [*apex, *own, *records]])


class Lab:
    """Two resolvers at home, one of which validates; signed nameservers abroad."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        self.fabric = self.loop.fabric
        self.journal = Journal(self.fabric.now)
        self.home = self.fabric.add_network(Network("home", prefixes=("192.0.2.0/24",)))
        self.abroad = self.fabric.add_network(Network("abroad", prefixes=("198.51.100.0/24",)))
        self.fabric.topology.link(self.home, self.abroad, 8 * MILLISECOND)
        self.client = Host(self.fabric, "client", self.home, (CLIENT,), MILLISECOND)
        random = Random(4)
        self.signers = {
            name: Signer(name, make_key(random), calendar_start=START)
            for name in ("", "test", "clips.test")
        }
        self.states: dict[str, NameserverState] = {}
        for address in (ROOT, TLD, CLIPS, AGENCY):
            self.states[address] = NameserverState()
            host = Host(self.fabric, f"ns {address}", self.abroad, (address,), MILLISECOND)
            server = Nameserver(self.states[address], now=self.fabric.now)
            self.on(host, server.start([(address, 53)]))
        root = [
            ("test", "NS", 86400, "a.nic.test"),
            ("test", "DS", 86400, self.signers["test"].ds),
            ("a.nic.test", "A", 86400, TLD),
        ]
        self.put(ROOT, zone("", "a.root.example", ROOT, *root))
        self.delegate("ns1.clips.test", CLIPS, self.signers["clips.test"].ds)
        site = ("clips.test", "A", 600, TRUE)
        self.put(CLIPS, zone("clips.test", "ns1.clips.test", CLIPS, site))
        banner = zone("clips.test", "ns.agency.test", AGENCY, ("clips.test", "A", 300, BANNER))
        self.states[AGENCY].replace(banner)
        self.anchor = TrustAnchor("", self.signers[""].ds)
        self.validating = self.resolver(VALIDATING, [self.anchor])
        self.oblivious = self.resolver(OBLIVIOUS, [])
        self.exchange = Exchange(Random(2))

    def resolver(self, address: str, anchors: list[TrustAnchor]) -> Resolver:
        resolver = Resolver(
            root_hints([("a.root.example", [ROOT])]),
            now=self.fabric.now,
            random=Random(1),
            name=address,
            sources=[address],
            journal=self.journal,
            trust_anchors=anchors,
            calendar_start=START,
        )
        host = Host(self.fabric, f"resolver {address}", self.home, (address,), MILLISECOND)
        self.on(host, resolver.start([(address, 53)]))
        return resolver

    def put(self, address: str, served: Zone) -> None:
        self.states[address].replace(served, self.signers[served.origin])

    def delegate(self, server: str, address: str, *ds: str) -> None:
        """Have the registry publish who serves clips.test, and which DS it has."""
        records = [("clips.test", "NS", 7200, server), (server, "A", 7200, address)]
        records += [("clips.test", "DS", 3600, one) for one in ds]
        self.put(TLD, zone("test", "a.nic.test", TLD, *records))

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def ask(
        self,
        resolver: str,
        name: str = "clips.test",
        *,
        do: bool = False,
        ad: bool = True,
        cd: bool = False,
        kind: str = "A",
    ) -> DnsMessage:
        query = DnsMessage(
            7,
            recursion_desired=True,
            question=Question(name, kind),
            edns=Edns(dnssec_ok=do),
            authentic_data=ad,
            checking_disabled=cd,
        )
        [reply] = self.on(self.client, self.exchange.by_datagram(resolver, [query], 30))
        assert isinstance(reply, DnsMessage)
        return reply

    def address(self, resolver: str) -> str:
        """Return the address that a resolver tells, or its rcode and extended error."""
        reply = self.ask(resolver)
        assert reply.edns is not None
        codes = [str(error.code) for error in reply.edns.extended_errors]
        return " ".join([reply.rcode, *codes, *[record.data for record in reply.answers]])

    def sleep(self, duration: int) -> None:
        self.on(self.client, asyncio.sleep(duration / SECOND))


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab()
    yield lab
    lab.loop.shut_down()


def shape(reply: DnsMessage) -> tuple[str, bool, bool, list[str]]:
    """The rcode, AD, CD and the types of the answers."""
    answers = [record.type for record in reply.answers]
    return reply.rcode, reply.authentic_data, reply.checking_disabled, answers


def test_each_client_sees_what_it_asked_for(lab: Lab) -> None:
    """AD to those who know it, signatures with DO, and the same again from the cache."""
    for _ in range(2):
        assert shape(lab.ask(VALIDATING)) == ("NOERROR", True, False, ["A"])
        assert shape(lab.ask(VALIDATING, ad=False)) == ("NOERROR", False, False, ["A"])
        with_do = lab.ask(VALIDATING, ad=False, do=True)
        assert shape(with_do) == ("NOERROR", True, False, ["A", "RRSIG"])
        assert shape(lab.ask(VALIDATING, cd=True))[2:] == (True, ["A"])
        assert shape(lab.ask(OBLIVIOUS, do=True)) == ("NOERROR", False, False, ["A"])


def test_a_denial_is_validated_and_its_proof_goes_to_those_who_ask(lab: Lab) -> None:
    for _ in range(2):
        plain = lab.ask(VALIDATING, "nowhere.clips.test")
        assert shape(plain) == ("NXDOMAIN", True, False, [])
        assert [one.type for one in plain.authority] == ["SOA"]
        full = lab.ask(VALIDATING, "nowhere.clips.test", do=True)
        assert {one.type for one in full.authority} == {"SOA", "RRSIG", "NSEC"}


@pytest.mark.parametrize("name", ["test", "clips.test"])
@pytest.mark.parametrize("resolver", [VALIDATING, OBLIVIOUS])
def test_what_the_signer_makes_comes_from_below_the_cut(lab: Lab, resolver: str, name: str) -> None:
    """Below the root and below the TLD: the child's own records, and no server is lame."""
    nsec = lab.ask(resolver, name, kind="NSEC")
    assert shape(nsec) == ("NOERROR", resolver == VALIDATING, False, ["NSEC"])
    assert "SOA" in nsec.answers[0].data.split()
    signatures = lab.ask(resolver, name, kind="RRSIG")
    assert (signatures.rcode, shape(signatures)[3][0]) == ("NOERROR", "RRSIG")
    assert [record.data.split()[7] for record in signatures.answers] == [name] * len(
        signatures.answers
    )


def test_time_of_a_validated_walk(lab: Lab) -> None:
    """Three round trips to the answer, five for keys and DS records, one at home."""
    abroad, at_home = 20 * MILLISECOND, 4 * MILLISECOND
    began = lab.fabric.now()
    lab.ask(VALIDATING)
    assert lab.fabric.now() - began == (3 + 5) * abroad + at_home
    began = lab.fabric.now()
    lab.ask(VALIDATING)
    assert lab.fabric.now() - began == at_home


def test_questions_that_come_together_are_walked_once(lab: Lab) -> None:
    asked: list[DnsMessage] = []
    lab.fabric.middlebox(lab.abroad).put("count", Listener(asked))

    async def together() -> None:
        queries = lab.exchange.queries([Question("clips.test", "A")] * 20, recursion_desired=True)
        replies = await lab.exchange.by_datagram(VALIDATING, queries, 30)
        assert {reply.rcode for reply in replies if reply is not None} == {"NOERROR"}

    lab.on(lab.client, together())
    assert len(asked) == 3 + 5


def test_a_ds_left_behind_breaks_the_name_for_those_who_validate(lab: Lab) -> None:
    """SERVFAIL here, the banner there, from the end of the old delegation until the DS is gone."""
    assert lab.address(VALIDATING) == lab.address(OBLIVIOUS) == f"NOERROR {TRUE}"
    lab.delegate("ns.agency.test", AGENCY, lab.signers["clips.test"].ds)
    lab.sleep(2 * HOUR)
    assert lab.address(OBLIVIOUS) == f"NOERROR {BANNER}"
    assert lab.address(VALIDATING) == "SERVFAIL 9"
    [entry] = [one for one in lab.journal if one.what == "validation failed"]
    assert entry.details["why"] == ["9 no DNSKEY of clips.test matches its DS record"]
    assert shape(lab.ask(VALIDATING, cd=True)) == ("NOERROR", False, True, ["A"])
    assert lab.ask(VALIDATING, cd=True).answers[0].data == BANNER
    mended = lab.fabric.now()
    lab.delegate("ns.agency.test", AGENCY)
    assert lab.address(VALIDATING) == "SERVFAIL 9", "its DS record is remembered"
    lab.sleep(mended + HOUR + MINUTE - lab.fabric.now())
    assert lab.address(VALIDATING) == f"NOERROR {BANNER}"
    assert not lab.ask(VALIDATING).authentic_data


def test_what_was_fetched_for_a_client_that_checks_itself_is_checked_for_the_next(lab: Lab) -> None:
    """Data in the cache that nobody has validated are not passed off as if somebody had."""
    lab.delegate("ns.agency.test", AGENCY, lab.signers["clips.test"].ds)
    assert shape(lab.ask(VALIDATING, cd=True)) == ("NOERROR", False, True, ["A"])
    assert lab.address(VALIDATING) == "SERVFAIL 9"
    assert lab.address(VALIDATING) == "SERVFAIL 9"
    assert lab.ask(VALIDATING, cd=True).answers[0].data == BANNER


def test_a_hold_is_denied_validly(lab: Lab) -> None:
    lab.put(TLD, zone("test", "a.nic.test", TLD))
    assert shape(lab.ask(VALIDATING)) == ("NXDOMAIN", True, False, [])


def test_something_bogus_is_looked_at_again_after_a_minute(lab: Lab) -> None:
    """Between the two, SERVFAIL from the cache: nobody is asked."""
    lab.states[CLIPS].replace(lab.states[CLIPS].zone("clips.test"))
    unsigned = [one for one in lab.states[CLIPS].zone("clips.test").records if one.type != "DNSKEY"]
    lab.states[CLIPS].replace(Zone("clips.test", unsigned))
    assert lab.address(VALIDATING) == "SERVFAIL 9"
    at = lab.fabric.now()
    lab.put(CLIPS, lab.states[CLIPS].zone("clips.test"))
    lab.sleep(at + 50 * SECOND - lab.fabric.now())
    assert lab.address(VALIDATING) == "SERVFAIL 9"
    lab.sleep(at + MINUTE - lab.fabric.now())
    assert lab.address(VALIDATING) == f"NOERROR {TRUE}"


# --- lies -----------------------------------------------------------------------------


class Listener:
    """Notes every DNS question that comes in."""

    name = "listener"

    def __init__(self, heard: list[DnsMessage]) -> None:
        self.heard = heard

    def concerns(self, packet: Packet) -> bool:
        return isinstance(packet.body, Datagram) and packet.body.destination_port == 53

    def judge(self, packet: Packet, direction: Direction, flow: Any, now: int) -> Verdict:
        assert isinstance(packet.body, Datagram)
        self.heard.append(decode(packet.body.data))
        return Pass()


class Injector(Listener):
    """Answers every question for clips.test in the server's name, and lets it through too."""

    def judge(self, packet: Packet, direction: Direction, flow: Any, now: int) -> Verdict:
        body = packet.body
        assert isinstance(body, Datagram)
        query = decode(body.data)
        if query.question is None or query.question.name != "clips.test":
            return Pass()
        forged = (Record("clips.test", "A", 300, FORGED),)
        reply = encode(reply_to(query, answers=forged, authoritative=True))
        answer = Datagram(body.destination_port, body.source_port, reply)
        return Inject((Packet(packet.destination, packet.source, answer),), forward=True)


def test_an_injection_on_the_resolvers_own_path_does_not_fool_who_validates(lab: Lab) -> None:
    """The lie is faster than the truth: one resolver believes it, the other sees that nobody
    has signed it. The name is gone for its clients, and no lie is told."""
    lab.fabric.middlebox(lab.abroad).put("injector", Injector([]))
    assert lab.address(OBLIVIOUS) == f"NOERROR {FORGED}"
    reply = lab.ask(VALIDATING)
    assert reply.rcode == "SERVFAIL"
    assert reply.edns is not None
    assert [error.code for error in reply.edns.extended_errors] == [12]


def test_a_lying_resolver_lies_whether_it_validates_or_not(lab: Lab) -> None:
    """Its clients do not validate for themselves; that AD is missing is all that shows."""
    lie = DnsMeasure("clips.test", DnsLie.FORGED, addresses=(FORGED,))
    for resolver in (lab.validating, lab.oblivious):
        resolver.policy.put("order", lie)
    assert lab.address(VALIDATING) == lab.address(OBLIVIOUS) == f"NOERROR {FORGED}"
    assert not lab.ask(VALIDATING).authentic_data
    lab.validating.policy.lift("order")
    assert lab.ask(VALIDATING).authentic_data


def test_what_a_policy_zone_rewrites_is_not_authentic(lab: Lab) -> None:
    text = f"32.80.2.0.192.rpz-ip 60 A {FORGED}\n"
    lab.validating.policy.put("order", PolicyZone(text, origin="rpz.test"))
    reply = lab.ask(VALIDATING, do=True)
    assert [(one.type, one.data) for one in reply.answers] == [("A", FORGED)]
    assert not reply.authentic_data


def test_a_nameserver_that_is_off_is_no_forgery(lab: Lab) -> None:
    """EDE 22, as from any resolver: nobody to be believed or not."""
    for host in lab.fabric.hosts.values():
        if CLIPS in host.addresses:
            host.powered = False
    reply = lab.ask(VALIDATING)
    assert reply.rcode == "SERVFAIL"
    assert reply.edns is not None
    assert ExtendedError(22, "at delegation clips.test") in reply.edns.extended_errors
