"""How long a hold or a dead nameserver takes to be felt, by what the resolver is like."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from random import Random
from typing import Any

import pytest

from simulator.journal import Journal
from simulator.net import Host, LabLoop, Network
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.behaviour import Behaviour, ServeStale
from simulator.roles.resolver.cache import root_hints
from simulator.roles.resolver.service import Resolver
from simulator.roles.resolver.stub import Answer, StubResolver
from simulator.values import DAY, HOUR, MILLISECOND, MINUTE, SECOND, ExtendedError
from simulator.wire.dns import decode
from simulator.wire.dns_values import Record

ROOT, TLD, CLIPS = (f"198.51.100.{number}" for number in range(1, 4))
RESOLVER, CLIENT = "192.0.2.53", "192.0.2.7"
SITE, MOVED = "203.0.113.80", "203.0.113.81"
HOP = 1 * MILLISECOND
HOME = 2 * (HOP + HOP)
"""A round trip from the client to its resolver."""
ABROAD = 2 * (HOP + 8 * MILLISECOND + HOP)
"""A round trip from the resolver to a nameserver."""
GHOSTS = Behaviour("child", ghosts=True)
STALE = Behaviour(serve_stale=ServeStale())


def zone(
    origin: str, server: str, address: str, ttl: int, *records: tuple[str, str, int, str]
) -> Zone:
    soa = f"{server} hostmaster.{server} 1 7200 900 1209600 300"
    apex = [
        (origin, "SOA", 3600, soa),
        (origin, "NS", ttl, server),
        (server, "A", ttl, address),
    ]
    return Zone(origin, [Record(*one) for one in (*apex, *records)])


class Setting:
    """The registry delegates clips.test for two hours; its owner says what the test wants."""

    def __init__(self, behaviour: Behaviour, own_ttl: int) -> None:
        self.own_ttl = own_ttl
        self.loop = LabLoop()
        self.fabric = self.loop.fabric
        self.journal = Journal(self.fabric.now)
        self.home = self.fabric.add_network(Network("home", prefixes=("192.0.2.0/24",)))
        self.abroad = self.fabric.add_network(Network("abroad", prefixes=("198.51.100.0/24",)))
        self.fabric.topology.link(self.home, self.abroad, 8 * MILLISECOND)
        self.client = Host(self.fabric, "client", self.home, (CLIENT,), HOP)
        self.states: dict[str, NameserverState] = {}
        self.hosts: dict[str, Host] = {}
        for address in (ROOT, TLD, CLIPS):
            self.states[address] = NameserverState()
            self.hosts[address] = Host(self.fabric, f"ns {address}", self.abroad, (address,), HOP)
            server = Nameserver(self.states[address])
            self.on(self.hosts[address], server.start([(address, 53)]))
        below = [("test", "NS", 172800, "a.nic.test"), ("a.nic.test", "A", 172800, TLD)]
        self.states[ROOT].replace(zone("", "a.root.test", ROOT, 172800, *below))
        self.delegate()
        self.host(SITE)
        self.resolver = Resolver(
            root_hints([("a.root.test", [ROOT])]),
            now=self.fabric.now,
            random=Random(1),
            sources=[RESOLVER],
            journal=self.journal,
            behaviour=behaviour,
        )
        machine = Host(self.fabric, "resolver", self.home, (RESOLVER,), HOP)
        self.on(machine, self.resolver.start([(RESOLVER, 53)]))
        self.stub = StubResolver([RESOLVER], now=self.fabric.now, random=Random(2), families=(4,))

    def on(self, host: Host, program: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.run_on(host, program))

    def delegate(self) -> None:
        """The registry publishes the delegation, for two hours."""
        below = [("clips.test", "NS", 7200, "ns1.clips.test"), ("ns1.clips.test", "A", 7200, CLIPS)]
        self.states[TLD].replace(zone("test", "a.nic.test", TLD, 172800, *below))

    def hold(self) -> None:
        """The registry publishes it no longer."""
        self.states[TLD].replace(zone("test", "a.nic.test", TLD, 172800))

    def host(self, site: str, ttl: int = 600) -> None:
        """The owner's nameserver says where the site is."""
        records = [("clips.test", "A", ttl, site), ("www.clips.test", "CNAME", 86400, "clips.test")]
        self.states[CLIPS].replace(
            zone("clips.test", "ns1.clips.test", CLIPS, self.own_ttl, *records)
        )

    def ask(self, name: str = "clips.test") -> Answer:
        answer: Answer = self.on(self.client, self.stub.lookup(name, "A"))
        return answer

    def wait_until(self, instant: int) -> None:
        async def sleep() -> None:
            await asyncio.sleep((instant - self.fabric.now()) / SECOND)

        self.on(self.client, sleep())
        assert self.fabric.now() == instant

    def arrive_at(self, instant: int) -> None:
        """Wait so that a question sent now reaches the resolver at that instant."""
        self.wait_until(instant - HOME // 2)

    def end_of_delegation(self) -> int:
        delegation = self.resolver.cache.zone("clips.test", self.fabric.now())
        assert delegation is not None
        return delegation.expires

    def entries(self, what: str) -> list[tuple[int, dict[str, Any]]]:
        return [(entry.at, entry.details) for entry in self.journal if entry.what == what]


Make = Callable[..., Setting]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Setting] = []

    def make(behaviour: Behaviour = Behaviour(), own_ttl: int = 3600) -> Setting:  # noqa: B008
        made.append(Setting(behaviour, own_ttl))
        return made[-1]

    yield make
    for setting in made:
        setting.on(setting.client, setting.resolver.close())
        setting.loop.shut_down()


def decode_errors(answer: Answer) -> tuple[ExtendedError, ...]:
    edns = decode(answer.raw).edns
    assert edns is not None
    return edns.extended_errors


def data(answer: Answer) -> list[str]:
    return [record.data for record in answer.records if record.type == "A"]


# --- whose TTL ------------------------------------------------------------------------


def test_a_hold_is_felt_by_a_parent_centric_resolver_at_the_end_of_the_parents_ttl(
    make: Make,
) -> None:
    """However long the owner's own NS records last, and however often the name is asked for."""
    setting = make(own_ttl=604800)
    first = setting.ask()
    heard = first.ended - HOME // 2 - ABROAD
    assert setting.end_of_delegation() == heard + 2 * HOUR
    setting.hold()
    for minutes in range(11, 120, 11):
        setting.wait_until(minutes * MINUTE)
        assert data(setting.ask()) == [SITE]
    setting.arrive_at(heard + 2 * HOUR - 1)
    last = setting.ask()
    assert data(last) == [SITE], "a microsecond before, the old servers are asked once more"
    end = last.ended - HOME // 2 + 10 * MINUTE
    setting.arrive_at(end - 1)
    assert data(setting.ask()) == [SITE]
    assert setting.ask().rcode == "NXDOMAIN"


def test_a_child_centric_resolver_counts_the_owners_ttl_once(make: Make) -> None:
    """Longer than the parent's, so felt later; but asking does not start it anew."""
    setting = make(Behaviour("child"), own_ttl=6 * 3600)
    first = setting.ask()
    told = first.ended - HOME // 2 + ABROAD  # asked for once the client has its answer
    setting.wait_until(told)
    assert setting.end_of_delegation() == told + 6 * HOUR
    setting.hold()
    for hours in range(1, 6):
        setting.wait_until(hours * HOUR)
        assert data(setting.ask()) == [SITE]
    assert setting.end_of_delegation() == told + 6 * HOUR
    setting.wait_until(told + 6 * HOUR)
    assert setting.ask().rcode == "NXDOMAIN"
    assert setting.entries("delegation kept by its own servers") == []


def test_a_child_with_a_short_ttl_sends_its_resolver_back_to_the_parent_sooner(make: Make) -> None:
    setting = make(Behaviour("child"), own_ttl=900)
    first = setting.ask()
    setting.wait_until(first.ended - HOME // 2 + ABROAD)
    setting.hold()
    setting.wait_until(15 * MINUTE)
    assert data(setting.ask()) == [SITE]
    setting.wait_until(26 * MINUTE)
    assert setting.ask().rcode == "NXDOMAIN"


def test_a_ghost_lives_for_a_week_if_it_is_asked_for_hourly(make: Make) -> None:
    """Jiang et al., NDSS 2012. Each answer starts a TTL of a day anew; the first day without a
    question ends it."""
    setting = make(GHOSTS, own_ttl=86400)
    setting.ask()
    setting.hold()
    for hours in range(1, 7 * 24 + 1):
        setting.wait_until(hours * HOUR)
        assert data(setting.ask()) == [SITE], f"after {hours} h"
    last = setting.fabric.now() - HOME // 2 + ABROAD
    setting.wait_until(last)
    assert setting.end_of_delegation() == last + DAY
    entries = setting.entries("delegation kept by its own servers")
    assert len(entries) == 7 * 24 - 1, "that of the first hour came within the parent's two"
    assert entries[-1] == (
        last,
        {
            "name": "clips.test",
            "servers": ["ns1.clips.test"],
            "until": (last + DAY) / SECOND,
            "parent_until": entries[0][1]["parent_until"],
        },
    )
    assert 2 * HOUR < entries[0][1]["parent_until"] * SECOND < 2 * HOUR + SECOND
    setting.arrive_at(last + DAY)
    assert setting.ask().rcode == "NXDOMAIN"


def test_a_ghost_is_bounded_by_the_longest_ttl_that_its_resolver_keeps(make: Make) -> None:
    """Kept alive from hour to hour, it dies in the first that nobody asks in."""
    setting = make(Behaviour("child", ghosts=True, max_ttl=HOUR), own_ttl=86400)
    setting.ask()
    setting.hold()
    for half_hours in range(1, 49):
        setting.wait_until(half_hours * HOUR // 2)
        assert data(setting.ask()) == [SITE]
    setting.wait_until(24 * HOUR + HOUR + SECOND)
    assert setting.ask().rcode == "NXDOMAIN"


def test_a_ghost_dies_with_its_nameserver(make: Make) -> None:
    """What a seizure of the machine does and a hold does not."""
    setting = make(GHOSTS, own_ttl=86400)
    setting.ask()
    setting.hold()
    setting.wait_until(12 * HOUR)
    assert data(setting.ask()) == [SITE]
    setting.hosts[CLIPS].powered = False
    setting.wait_until(13 * HOUR)
    assert setting.ask().rcode == "SERVFAIL"


# --- bounds ---------------------------------------------------------------------------


def test_ttl_bounds_are_told_to_the_first_client_too(make: Make) -> None:
    setting = make(Behaviour(min_ttl=HOUR, max_ttl=90 * MINUTE))
    assert [record.ttl for record in setting.ask().records] == [3600]
    assert [record.ttl for record in setting.ask("www.clips.test").records] == [5400, 3600]
    delegation = setting.resolver.cache.zone("clips.test", setting.fabric.now())
    assert delegation is not None
    assert delegation.expires < 90 * MINUTE + SECOND, "instead of two hours"


def test_a_week_can_be_kept_by_those_who_want_to(make: Make) -> None:
    """More than the day that is the bound otherwise."""
    setting = make(Behaviour(max_ttl=7 * DAY))
    setting.host(SITE, ttl=30 * 86400)
    setting.ask()
    setting.wait_until(6 * DAY)
    assert [record.ttl for record in setting.ask().records] == [86400]


# --- prefetch -------------------------------------------------------------------------


def test_what_is_asked_for_in_its_last_tenth_is_asked_again(make: Make) -> None:
    """The client gets the old answer at once; the next one gets the new, at once as well."""
    setting = make(Behaviour(prefetch=True))
    first = setting.ask()
    known = first.ended - HOME // 2
    setting.host(MOVED)
    setting.arrive_at(known + 9 * MINUTE - 1)
    assert data(setting.ask()) == [SITE]
    assert setting.entries("prefetched") == []
    setting.arrive_at(known + 9 * MINUTE + SECOND)
    early = setting.ask()
    assert (data(early), early.ended - early.began) == ([SITE], HOME)
    setting.wait_until(known + 9 * MINUTE + SECOND + ABROAD)
    details = {"name": "clips.test", "type": "A", "rcode": "NOERROR"}
    assert setting.entries("prefetched") == [(setting.fabric.now(), details)]
    late = setting.ask()
    assert (data(late), late.ended - late.began) == ([MOVED], HOME)


def test_prefetching_does_not_outlive_the_delegation(make: Make) -> None:
    """It asks whom the parent named, for as long as the parent said."""
    setting = make(Behaviour(prefetch=True))
    setting.ask()
    setting.hold()
    gone = None
    for step in range(1, 300):
        setting.wait_until(step * 30 * SECOND)
        if setting.ask().rcode == "NXDOMAIN":
            gone = step * 30 * SECOND
            break
    assert gone is not None
    assert 2 * HOUR < gone <= 2 * HOUR + 10 * MINUTE


def test_a_prefetch_that_fails_takes_nothing_away(make: Make) -> None:
    setting = make(Behaviour(prefetch=True))
    known = setting.ask().ended - HOME // 2
    setting.hosts[CLIPS].powered = False
    setting.arrive_at(known + 9 * MINUTE + SECOND)
    setting.ask()
    setting.arrive_at(known + 10 * MINUTE - 1)
    assert data(setting.ask()) == [SITE]
    assert setting.entries("prefetched")[0][1]["rcode"] == "SERVFAIL"


def test_aliases_are_prefetched_with_what_they_lead_to(make: Make) -> None:
    setting = make(Behaviour(prefetch=True))
    known = setting.ask("www.clips.test").ended - HOME // 2
    setting.host(MOVED)
    setting.arrive_at(known + 9 * MINUTE + SECOND)
    assert data(setting.ask("www.clips.test")) == [SITE]
    setting.wait_until(known + 9 * MINUTE + 2 * SECOND)
    again = setting.ask("www.clips.test")
    assert ([one.type for one in again.records], data(again)) == (["CNAME", "A"], [MOVED])


# --- stale ----------------------------------------------------------------------------


def test_a_powered_off_nameserver_lives_on_for_a_day_where_stale_data_are_served(
    make: Make,
) -> None:
    """RFC 8767: TTL 30 s, extended error 3, after 1.8 s; then at once while nobody is asked."""
    setting = make(STALE)
    expires = setting.ask().ended - HOME // 2 + 10 * MINUTE
    setting.hosts[CLIPS].powered = False
    setting.arrive_at(expires + HOUR)
    first = setting.ask()
    assert first.records == (Record("clips.test", "A", 30, SITE),)
    assert first.extended_error == ExtendedError(3, "expired 3600 s ago")
    assert first.ended - first.began == HOME + 1800 * MILLISECOND
    assert setting.entries("stale answered") == [
        (
            expires + HOUR + 1800 * MILLISECOND,
            {
                "name": "clips.test",
                "type": "A",
                "client": CLIENT,
                "rcode": "NOERROR",
                "expired": expires / SECOND,
                "why": "client response timer",
            },
        )
    ]
    failed = expires + HOUR + 4500 * MILLISECOND
    setting.arrive_at(failed + 30 * SECOND - 1)
    resting = setting.ask()
    assert (data(resting), resting.ended - resting.began) == ([SITE], HOME)
    again = setting.ask()
    assert again.ended - again.began == HOME + 1800 * MILLISECOND, "they are tried again"
    setting.arrive_at(expires + DAY - 1)
    assert data(setting.ask()) == [SITE]
    setting.wait_until(expires + DAY + MINUTE)
    assert setting.ask().rcode == "SERVFAIL"


def test_a_held_name_is_not_served_stale(make: Make) -> None:
    """The parent answers, and its denial is an answer: it ends what was known."""
    setting = make(STALE)
    expires = setting.ask().ended - HOME // 2 + 10 * MINUTE
    setting.hold()
    setting.wait_until(expires + 2 * HOUR)
    assert setting.ask().rcode == "NXDOMAIN"
    setting.hosts[CLIPS].powered = setting.hosts[TLD].powered = False
    setting.wait_until(expires + 3 * HOUR)
    ghost = setting.ask()
    assert (ghost.rcode, ghost.records) == ("NXDOMAIN", ())
    assert ghost.extended_error is not None
    assert ghost.extended_error.code == 19


def test_a_hold_ends_the_stale_life_of_a_powered_off_zone(make: Make) -> None:
    """Host and name taken one after the other: the second is felt at the parent's TTL."""
    setting = make(STALE)
    setting.ask()
    setting.hosts[CLIPS].powered = False
    setting.wait_until(HOUR)
    assert data(setting.ask()) == [SITE]
    setting.hold()
    setting.wait_until(2 * HOUR - SECOND)
    assert data(setting.ask()) == [SITE]
    setting.wait_until(2 * HOUR + MINUTE)
    gone = setting.ask()
    assert (gone.rcode, gone.extended_error) == ("NXDOMAIN", None)


def test_fresh_data_within_the_timer_are_preferred(make: Make) -> None:
    setting = make(STALE)
    setting.ask()
    setting.host(MOVED)
    setting.wait_until(HOUR)
    answer = setting.ask()
    assert (data(answer), answer.extended_error) == ([MOVED], None)
    assert answer.ended - answer.began == HOME + ABROAD
    setting.wait_until(2 * HOUR)
    assert setting.entries("stale answered") == [], "the timer was for that client alone"


def test_a_failure_before_the_timer_is_covered_with_its_reason(make: Make) -> None:
    """A nameserver that serves the zone no more answers REFUSED at once: no answer either."""
    setting = make(STALE)
    setting.ask()
    setting.states[CLIPS].remove("clips.test")
    setting.wait_until(HOUR)
    answer = setting.ask()
    assert (data(answer), answer.ended - answer.began) == ([SITE], HOME + ABROAD)
    [(_, details)] = setting.entries("stale answered")
    assert details["why"] == "nobody can be reached"
    errors = [error.code for error in decode_errors(answer)]
    assert errors == [3, 22, 23]


def test_what_was_never_known_cannot_be_stale(make: Make) -> None:
    setting = make(STALE)
    setting.hosts[CLIPS].powered = False
    assert setting.ask().rcode == "SERVFAIL"


def test_a_client_that_waits_when_the_resolver_closes_is_left_alone(make: Make) -> None:
    setting = make(STALE)
    setting.ask()
    setting.hosts[CLIPS].powered = False
    setting.wait_until(HOUR)

    async def ask_and_close() -> Answer:
        asking = asyncio.ensure_future(setting.stub.lookup("clips.test", "A"))
        await asyncio.sleep(1)
        await setting.resolver.close()
        return await asking

    answer: Answer = setting.on(setting.client, ask_and_close())
    assert answer.rcode is None
    assert setting.entries("stale answered") == []


def test_the_default_forgets_on_time_and_asks_nothing_on_its_own(make: Make) -> None:
    setting = make()
    setting.ask()
    setting.hosts[CLIPS].powered = False
    setting.wait_until(HOUR)
    assert setting.ask().rcode == "SERVFAIL"
    assert [entry.what for entry in setting.journal] == ["resolution failed"]
