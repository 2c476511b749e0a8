"""Walking the hierarchy: who delegates, who answers, what a cache still holds."""

from __future__ import annotations

from simulator.roles.probe.evidence import Delegation, DnsSaid
from simulator.roles.probe.hierarchy import former_in, walk
from simulator.values import Address
from simulator.wire.dns_values import Record

ROOT, TLD, OWN, OTHER, OPEN = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"


class Servers:
    """Answers as it was told to: by server and name."""

    resolver: Address | None = None

    def __init__(self, answers: dict[tuple[Address, str], DnsSaid]) -> None:
        self._answers = answers
        self.asked: list[tuple[Address, str, bool]] = []

    async def ask(
        self, server: Address, name: str, kind: str, *, recursive: bool = True
    ) -> DnsSaid:
        self.asked.append((server, name, recursive))
        silence = DnsSaid(server, name, kind, failure="generic_timeout_error")
        return self._answers.get((server, name), silence)


def refers(server: Address, zone: str, *addresses: Address) -> DnsSaid:
    names = [f"ns{number}.{zone}" for number in range(1, len(addresses) + 1)]
    return DnsSaid(
        server,
        "clips.test",
        "A",
        "NOERROR",
        authority=tuple(Record(zone, "NS", 60, name) for name in names),
        additional=tuple(
            Record(name, "A", 60, address) for name, address in zip(names, addresses, strict=True)
        ),
    )


def answers(server: Address) -> DnsSaid:
    found = (Record("clips.test", "A", 60, "198.18.1.1"),)
    return DnsSaid(server, "clips.test", "A", "NOERROR", found, authoritative=True)


def hierarchy() -> dict[tuple[Address, str], DnsSaid]:
    return {
        (ROOT, "clips.test"): refers(ROOT, "test", TLD),
        (TLD, "clips.test"): refers(TLD, "clips.test", OWN, OTHER),
        (OWN, "clips.test"): answers(OWN),
        (OTHER, "clips.test"): answers(OTHER),
    }


async def test_a_walk_ends_at_the_names_own_servers_and_asks_each() -> None:
    servers = Servers(hierarchy())
    found = await walk(servers, (ROOT,), "clips.test")
    assert found is not None
    assert (found.zone, found.parent, found.rcode) == ("clips.test", "test", "NOERROR")
    assert found.nameservers == ("ns1.clips.test", "ns2.clips.test")
    assert found.addresses == (OWN, OTHER)
    assert [child.server for child in found.children] == [OWN, OTHER]
    assert found.children_answer
    assert not any(recursive for _, _, recursive in servers.asked)


async def test_a_registrys_denial_is_no_delegation() -> None:
    denied = DnsSaid(TLD, "www.clips.test", "A", "NXDOMAIN", authoritative=True)
    servers = Servers(
        {
            (ROOT, "www.clips.test"): refers(ROOT, "test", TLD),
            (TLD, "www.clips.test"): denied,
        }
    )
    found = await walk(servers, (ROOT,), "www.clips.test")
    assert found == Delegation("clips.test", "test", "NXDOMAIN")


async def test_silent_servers_of_a_zone_leave_the_delegation_without_answers() -> None:
    known = hierarchy()
    del known[OWN, "clips.test"], known[OTHER, "clips.test"]
    found = await walk(Servers(known), (ROOT,), "clips.test")
    assert found is not None
    assert found.nameservers == ("ns1.clips.test", "ns2.clips.test")
    assert not found.children_answer


async def test_without_a_root_nothing_is_known() -> None:
    assert await walk(Servers({}), (ROOT,), "clips.test") is None


async def test_a_registry_that_is_silent_is_not_a_registry_that_denies() -> None:
    known = hierarchy()
    del known[TLD, "clips.test"]
    found = await walk(Servers(known), (ROOT,), "clips.test")
    assert found is not None
    assert (found.zone, found.children) == ("test", ())


async def test_a_loop_of_referrals_ends() -> None:
    servers = Servers({(ROOT, "clips.test"): refers(ROOT, "test", ROOT)})
    await walk(servers, (ROOT,), "clips.test")
    assert len(servers.asked) < 20


async def test_a_cache_that_holds_another_delegation_tells_of_before() -> None:
    gone = Delegation("clips.test", "test", "NXDOMAIN")
    held = refers(OPEN, "clips.test", OWN)._replace(type="NS")
    found = await former_in(Servers({(OPEN, "clips.test"): held}), (OPEN,), gone)
    assert found == Delegation("clips.test", "test", "NOERROR", ("ns1.clips.test",), (OWN,))


async def test_a_cache_that_holds_only_what_is_above_tells_nothing() -> None:
    gone = Delegation("clips.test", "test", "NXDOMAIN")
    above = refers(OPEN, "test", TLD)
    assert await former_in(Servers({(OPEN, "clips.test"): above}), (OPEN,), gone) is None
