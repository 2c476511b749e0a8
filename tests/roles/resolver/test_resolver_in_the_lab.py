"""The name services on the virtual Internet: what takes hours there takes nothing here."""

import asyncio
from collections.abc import Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.net import Host, LabLoop, Network
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.stub import Addresses, Answer, StubResolver
from simulator.values import HOUR, MILLISECOND, SECOND, ExtendedError
from simulator.wire.dns_names import is_within
from simulator.wire.dns_values import Record

ROOT, TLD, OLD, NEW = (f"198.51.100.{number}" for number in range(1, 5))
RESOLVER, CLIENT = "192.0.2.53", "192.0.2.7"
HOP = 1 * MILLISECOND
ROUND_TRIP_HOME = 2 * (HOP + HOP)
ROUND_TRIP_ABROAD = 2 * (HOP + 8 * MILLISECOND + HOP)


def zone(origin: str, server: str, address: str, *records: Record) -> Zone:
    soa = f"{server} hostmaster.{server} 1 7200 900 1209600 300"
    apex = [Record(origin, "SOA", 3600, soa), Record(origin, "NS", 3600, server)]
    own = [Record(server, "A", 3600, address)] if is_within(server, origin) else []
    return Zone(origin, [*apex, *own, *records])


def tld_zone(server: str, address: str) -> Zone:
    return zone(
        "test",
        "a.nic.test",
        TLD,
        Record("clips.test", "NS", 7200, server),
        Record(server, "A", 7200, address),
    )


def clips_zone(server: str, server_address: str, site: str) -> Zone:
    return zone("clips.test", server, server_address, Record("clips.test", "A", 600, site))


class Lab:
    """Client and resolver at home, all nameservers abroad, 8 ms away."""

    def __init__(self) -> None:
        self.loop = LabLoop()
        self.fabric = self.loop.fabric
        self.journal = Journal(self.fabric.now)
        self.home = self.fabric.add_network(Network("home", prefixes=("192.0.2.0/24",)))
        self.abroad = self.fabric.add_network(Network("abroad", prefixes=("198.51.100.0/24",)))
        self.fabric.topology.link(self.home, self.abroad, 8 * MILLISECOND)
        self.client = Host(self.fabric, "client", self.home, (CLIENT,), HOP)
        self.states: dict[str, NameserverState] = {}
        self.hosts: dict[str, Host] = {}
        self.serve(
            ROOT,
            zone(
                "",
                "a.root.example",
                ROOT,
                Record("test", "NS", 86400, "a.nic.test"),
                Record("a.nic.test", "A", 86400, TLD),
            ),
        )
        self.serve(TLD, tld_zone("ns1.clips.test", OLD))
        self.serve(OLD, clips_zone("ns1.clips.test", OLD, "192.0.2.80"))
        self.serve(NEW, clips_zone("ns.police.test", NEW, "203.0.113.9"))
        home = Host(self.fabric, "resolver", self.home, (RESOLVER,), HOP)
        self.resolver = Resolver(
            root_hints([("a.root.example", [ROOT])]),
            now=self.fabric.now,
            random=Random(1),
            sources=[RESOLVER],
            journal=self.journal,
        )
        self.on(home, self.resolver.start([(RESOLVER, 53)]))
        self.stub = StubResolver([RESOLVER], now=self.fabric.now, random=Random(2), families=(4,))

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def serve(self, address: str, served: Zone) -> None:
        self.states[address] = NameserverState([served])
        self.hosts[address] = Host(self.fabric, f"ns {address}", self.abroad, (address,), HOP)
        server = Nameserver(self.states[address])
        self.on(self.hosts[address], server.start([(address, 53)]))

    def look_up(self) -> Addresses:
        found: Addresses = self.on(self.client, self.stub.addresses("clips.test"))
        return found

    def wait_until(self, instant: int) -> None:
        async def sleep() -> None:
            await asyncio.sleep((instant - self.fabric.now()) / SECOND)

        self.on(self.client, sleep())
        assert self.fabric.now() == instant


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab()
    yield lab
    lab.loop.shut_down()


def test_time_of_a_walk_and_of_a_cached_answer(lab: Lab) -> None:
    """Three round trips abroad and one at home; then the one at home alone."""
    first, second = lab.look_up(), lab.look_up()
    assert first.addresses == second.addresses == ("192.0.2.80",)
    assert first.ended - first.began == 3 * ROUND_TRIP_ABROAD + ROUND_TRIP_HOME
    assert second.ended - second.began == ROUND_TRIP_HOME


def test_redelegation_takes_effect_when_caches_let_it(lab: Lab) -> None:
    """Address and referral both have to run out: at 2 h, not at 10 min and not at once."""
    lab.look_up()
    cached = lab.resolver.cache.held("clips.test", lab.fabric.now())
    end = {one.type: one.expires for one in cached if one.name == "clips.test"}
    lab.states[TLD].replace(tld_zone("ns.police.test", NEW))
    assert lab.look_up().addresses == ("192.0.2.80",)
    lab.wait_until(end["A"] + SECOND)
    assert lab.look_up().addresses == ("192.0.2.80",), "the old servers are asked again"
    lab.wait_until(end["NS"] - SECOND)
    assert lab.look_up().addresses == ("192.0.2.80",)
    again = lab.resolver.cache.expires("clips.test", "A", lab.fabric.now())
    assert again is not None
    assert 2 * HOUR < again < 2 * HOUR + 10 * 60 * SECOND, "the last trace: NS end plus A TTL"
    lab.wait_until(again)
    assert lab.look_up().addresses == ("203.0.113.9",)


def test_a_dead_nameserver_is_reported_before_the_client_gives_up(lab: Lab) -> None:
    """1.5 s and 3 s of waiting, then SERVFAIL with the reason, within the client's 5 s."""
    lab.hosts[OLD].powered = False
    found = lab.look_up()
    assert (found.failure, found.rcode) == ("dns_servfail_error", "SERVFAIL")
    assert found.extended_error == ExtendedError(22, "at delegation clips.test")
    expected = 2 * ROUND_TRIP_ABROAD + ROUND_TRIP_HOME + 4500 * MILLISECOND
    assert found.ended - found.began == expected
    [entry] = lab.journal
    assert entry.what == "resolution failed"


def test_a_dead_resolver_costs_two_attempts_of_five_seconds(lab: Lab) -> None:
    Host(lab.fabric, "mute", lab.home, ("192.0.2.99",), HOP).powered = False
    lab.stub.servers = ("192.0.2.99",)
    answer: Answer = lab.on(lab.client, lab.stub.lookup("clips.test", "A"))
    assert (answer.rcode, answer.failure) == (None, "generic_timeout_error")
    assert answer.ended - answer.began == 10 * SECOND
