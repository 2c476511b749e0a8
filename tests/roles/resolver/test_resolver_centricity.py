"""What a child-centric resolver makes of NS records from a zone's own servers, without a socket."""

import pytest

from simulator.errors import LabError
from simulator.roles.resolver.behaviour import Behaviour, ServeStale
from simulator.roles.resolver.cache import Cache, Delegation
from simulator.roles.resolver.centricity import OwnWord
from simulator.values import HOUR, SECOND
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query, reply_to

CLIPS = Question("clips.test", "A")
ADDRESS = Record("clips.test", "A", 600, "192.0.2.80")
NS1, NS2 = "198.51.100.3", "198.51.100.4"
OWN = Record("clips.test", "NS", 86400, "ns1.clips.test")
GLUE = {"ns1.clips.test": (NS1,)}
PARENT = Delegation("clips.test", ("ns1.clips.test",), GLUE, 2 * HOUR)
KEPT = Delegation("clips.test", ("ns1.clips.test",), GLUE, 24 * HOUR, 2 * HOUR)


def reply(
    *authority: Record, additional: tuple[Record, ...] = (), question: Question = CLIPS
) -> DnsMessage:
    query = make_query(0, question, recursion_desired=False)
    return reply_to(query, "NOERROR", (ADDRESS,), authority, additional, authoritative=True)


def hears(
    message: DnsMessage,
    behaviour: Behaviour = Behaviour("child"),  # noqa: B008 - it is frozen
    held: Delegation | None = PARENT,
    now: int = 0,
    zone: str = "clips.test",
) -> tuple[Delegation | None, OwnWord]:
    """Return what is then known of clips.test, and what is to be done."""
    cache = Cache()
    if held is not None:
        cache.put_delegation(held, now)
    own_word = OwnWord(behaviour, cache)
    own_word.hear(message, CLIPS, zone, now)
    return cache.zone("clips.test", now), own_word


def test_records_beside_an_answer_take_the_place_of_the_referral() -> None:
    """Addresses that do not come along are kept; when the parent's word ends is remembered."""
    delegation, own_word = hears(reply(OWN))
    assert delegation == KEPT
    assert (own_word.unconfirmed, own_word.outlived) == ({}, [])


def test_without_such_records_the_zone_is_to_be_asked() -> None:
    delegation, own_word = hears(reply())
    assert delegation is PARENT
    assert own_word.unconfirmed == {"clips.test": None}


def test_the_zones_word_counts_once_and_every_time_with_ghosts() -> None:
    delegation, own_word = hears(reply(OWN), held=KEPT, now=3 * HOUR)
    assert delegation is KEPT
    assert own_word.outlived == []
    delegation, own_word = hears(
        reply(OWN), Behaviour("child", ghosts=True), held=KEPT, now=3 * HOUR
    )
    assert delegation == KEPT._replace(expires=27 * HOUR)
    assert own_word.outlived == [delegation]


def test_longest_ttl_bounds_the_zones_word() -> None:
    delegation, _ = hears(reply(OWN), Behaviour("child", max_ttl=3 * HOUR))
    assert delegation == KEPT._replace(expires=3 * HOUR)


def test_new_servers_come_with_their_addresses() -> None:
    servers = (OWN, OWN._replace(data="ns2.clips.test"))
    glue = (Record("ns2.clips.test", "A", 3600, NS2),)
    delegation, _ = hears(reply(*servers, additional=glue))
    assert delegation == Delegation(
        "clips.test",
        ("ns1.clips.test", "ns2.clips.test"),
        {**GLUE, "ns2.clips.test": (NS2,)},
        HOUR,
        2 * HOUR,
    )


def test_servers_that_could_not_be_found_are_not_believed() -> None:
    """A name inside the zone, without an address, would cut the zone off."""
    delegation, _ = hears(reply(OWN._replace(data="ns9.clips.test")))
    assert delegation is PARENT
    elsewhere, _ = hears(reply(OWN._replace(data="ns.hoster.test")))
    assert elsewhere is not None
    assert elsewhere.names == ("ns.hoster.test",)


@pytest.mark.parametrize("owner", ["test", "other.test", "www.clips.test"])
def test_records_of_other_zones_do_not_count(owner: str) -> None:
    """Neither above the zone that was asked nor beside the name in the question."""
    delegation, own_word = hears(reply(OWN._replace(name=owner)))
    assert delegation is PARENT
    assert own_word.unconfirmed == {"clips.test": None}


def test_a_zone_of_which_no_delegation_is_known_stays_so() -> None:
    """What the parent never said cannot be kept, and the root needs no asking."""
    delegation, own_word = hears(reply(OWN), held=None)
    assert (delegation, own_word.unconfirmed) == (None, {})
    _, own_word = hears(reply(), zone="", held=None)
    assert own_word.unconfirmed == {}


def test_behaviours_that_cannot_be_are_refused() -> None:
    for wrong in (
        lambda: Behaviour(ghosts=True),
        lambda: Behaviour(min_ttl=2 * SECOND, max_ttl=SECOND),
        lambda: Behaviour(min_ttl=-1),
        lambda: ServeStale(ttl=0),
        lambda: ServeStale(ttl=SECOND + 1),
        lambda: ServeStale(longest=-1),
    ):
        with pytest.raises(LabError):
            wrong()
