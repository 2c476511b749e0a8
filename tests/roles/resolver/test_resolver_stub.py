"""What a client makes of replies and of silence."""

import asyncio
from collections.abc import AsyncIterator, Callable
from random import Random

import pytest

from simulator.errors import LabError
from simulator.roles.resolver.channel import Heard
from simulator.roles.resolver.exchange import Exchange
from simulator.roles.resolver.stub import Answer, StubResolver, read_reply
from simulator.values import ExtendedError
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import DnsMessage, Question, Record, make_query, reply_to

CLIPS = Question("clips.test", "A")
FIRST, SECOND_ONE, SILENT = "192.0.2.53", "192.0.2.54", "192.0.2.55"
Behaviour = Callable[[DnsMessage], list[bytes]]


def says(rcode: str = "NOERROR", *answers: Record, **options: object) -> Behaviour:
    def behave(query: DnsMessage) -> list[bytes]:
        fitting = tuple(
            one for one in answers if query.question and one.type == query.question.type
        )
        return [encode(reply_to(query, rcode, fitting, **options))]  # type: ignore[arg-type]

    return behave


class Fake(asyncio.DatagramProtocol):
    """A server on loopback that behaves as it is told, and keeps what it was asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.asked: list[DnsMessage] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        query = decode(data)
        self.asked.append(query)
        for reply in self.behaviour(query):
            self.transport.sendto(reply, source)  # type: ignore[attr-defined]


class Clients:
    """Fakes by the address that the stub thinks they have."""

    def __init__(self) -> None:
        self.fakes: dict[str, Fake] = {}
        self.ports: dict[str, int] = {}

    async def serve(self, address: str, behaviour: Behaviour) -> Fake:
        transport, fake = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Fake(behaviour), local_addr=("127.0.0.1", 0)
        )
        self.fakes[address] = fake
        self.ports[address] = transport.get_extra_info("sockname")[1]
        return fake

    def stub(self, *servers: str, **options: object) -> StubResolver:
        return StubResolver(
            servers,
            now=lambda: 5,
            random=Random(1),
            timeout=0.05,
            dial=lambda address: ("127.0.0.1", self.ports[address]),
            **options,  # type: ignore[arg-type]
        )


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    clients = Clients()
    yield clients
    for fake in clients.fakes.values():
        fake.transport.close()


FOUR = Record("clips.test", "A", 60, "192.0.2.80")
SIX = Record("clips.test", "AAAA", 60, "2001:db8::80")


async def test_both_families_leave_from_one_socket_with_two_ids(clients: Clients) -> None:
    fake = await clients.serve(FIRST, says("NOERROR", FOUR, SIX))
    found = await clients.stub(FIRST).addresses("Clips.test.")
    assert found.addresses == ("192.0.2.80", "2001:db8::80")
    assert (found.failure, found.resolver, found.began) == (None, FIRST, 5)
    assert [query.question for query in fake.asked] == [CLIPS, Question("clips.test", "AAAA")]
    assert fake.asked[0].id != fake.asked[1].id


async def test_no_ipv6_address_is_no_failure(clients: Clients) -> None:
    await clients.serve(FIRST, says("NOERROR", FOUR))
    found = await clients.stub(FIRST).addresses("clips.test")
    assert (found.addresses, found.failure) == (("192.0.2.80",), None)
    assert [answer.failure for answer in found.answers] == [None, "dns_no_answer"]


async def test_a_failing_server_makes_the_next_ones_turn_come(clients: Clients) -> None:
    first = await clients.serve(FIRST, says("SERVFAIL"))
    await clients.serve(SECOND_ONE, says("NOERROR", FOUR))
    answer = await clients.stub(FIRST, SECOND_ONE).lookup("clips.test", "A")
    assert (answer.addresses, answer.resolver) == (("192.0.2.80",), SECOND_ONE)
    assert len(first.asked) == 1


async def test_when_all_refuse_nobody_is_asked_twice(clients: Clients) -> None:
    errors = (ExtendedError(16, "order"),)
    fakes = [
        await clients.serve(address, says("REFUSED", extended_errors=errors))
        for address in (FIRST, SECOND_ONE)
    ]
    answer = await clients.stub(FIRST, SECOND_ONE).lookup("clips.test", "A")
    assert (answer.rcode, answer.failure) == ("REFUSED", "dns_refused_error")
    assert (answer.extended_error, answer.resolver) == (errors[0], SECOND_ONE)
    assert [len(fake.asked) for fake in fakes] == [1, 1]


async def test_nxdomain_is_final(clients: Clients) -> None:
    await clients.serve(FIRST, says("NXDOMAIN"))
    second = await clients.serve(SECOND_ONE, says("NOERROR", FOUR))
    found = await clients.stub(FIRST, SECOND_ONE).addresses("clips.test")
    assert (found.rcode, found.failure, found.addresses) == ("NXDOMAIN", "dns_nxdomain_error", ())
    assert second.asked == []


async def test_silence_is_a_timeout_after_two_attempts(clients: Clients) -> None:
    fake = await clients.serve(SILENT, lambda query: [])
    answer = await clients.stub(SILENT).lookup("clips.test", "A")
    assert (answer.rcode, answer.failure) == (None, "generic_timeout_error")
    assert answer.resolver is None
    assert len(fake.asked) == 2


async def test_what_does_not_belong_is_ignored_until_the_true_reply_comes(
    clients: Clients,
) -> None:
    """A wrong id, a wrong question, a query, garbage: the wait goes on (RFC 5452 section 9)."""

    def behave(query: DnsMessage) -> list[bytes]:
        true = reply_to(query, answers=(FOUR,))
        forged = reply_to(query, answers=(FOUR._replace(data="203.0.113.66"),))
        return [
            encode(forged._replace(id=query.id ^ 0x5555)),
            encode(forged._replace(question=Question("other.test", "A"))),
            encode(forged._replace(question=None)),
            encode(query),
            b"garbage",
            encode(true),
        ]

    await clients.serve(FIRST, behave)
    answer = await clients.stub(FIRST).lookup("clips.test", "A")
    assert answer.addresses == ("192.0.2.80",)


async def test_formerr_without_a_question_is_heard(clients: Clients) -> None:
    await clients.serve(
        FIRST, lambda query: [encode(reply_to(query, "FORMERR")._replace(question=None))]
    )
    answer = await clients.stub(FIRST).lookup("clips.test", "A")
    assert (answer.rcode, answer.failure) == ("FORMERR", "dns_server_misbehaving")


async def test_truncated_reply_without_tcp_behind_it(clients: Clients) -> None:
    await clients.serve(FIRST, lambda query: [encode(reply_to(query)._replace(truncated=True))])
    answer = await clients.stub(FIRST).lookup("clips.test", "A")
    assert answer.failure == "connection_refused"


async def test_the_hosts_file_goes_first(clients: Clients) -> None:
    stub = clients.stub(hosts={"clips.test": ["192.0.2.99"]})
    found = await stub.addresses("CLIPS.test")
    assert (found.addresses, found.resolver, found.rcode, found.failure) == (
        ("192.0.2.99",),
        None,
        None,
        None,
    )


async def test_an_answer_tells_how_it_came_and_in_which_bytes(clients: Clients) -> None:
    fake = await clients.serve(FIRST, says("NOERROR", FOUR))
    answer = await clients.stub(FIRST).lookup("clips.test", "A")
    assert answer.engine == "udp"
    assert answer.raw == encode(reply_to(fake.asked[0], answers=(FOUR,)))


async def test_a_truncated_answer_is_told_from_the_one_that_came_by_tcp(clients: Clients) -> None:
    """The failure is TCP's: nothing listens there."""
    await clients.serve(FIRST, lambda query: [encode(reply_to(query)._replace(truncated=True))])
    answer = await clients.stub(FIRST).lookup("clips.test", "A")
    assert (answer.engine, answer.raw, answer.failure) == ("tcp", b"", "connection_refused")


async def test_the_hosts_file_answers_by_family_with_its_own_engine(clients: Clients) -> None:
    stub = clients.stub(hosts={"clips.test": ["192.0.2.99", "192.0.2.98"]})
    found = await stub.addresses("clips.test")
    assert [(a.question.type, a.addresses, a.engine, a.failure) for a in found.answers] == [
        ("A", ("192.0.2.99", "192.0.2.98"), "hosts", None),
        ("AAAA", (), "hosts", "dns_no_answer"),
    ]
    assert found.answers[0].records[1] == Record("clips.test", "A", 0, "192.0.2.98")


async def test_one_family_may_be_asked_for_alone(clients: Clients) -> None:
    fake = await clients.serve(FIRST, says("NOERROR", FOUR, SIX))
    stub = clients.stub(FIRST, hosts={"printer.test": ["192.0.2.99"]})
    assert (await stub.addresses("clips.test", (6,))).addresses == ("2001:db8::80",)
    assert [query.question for query in fake.asked] == [Question("clips.test", "AAAA")]
    assert (await stub.addresses("printer.test", (6,))).failure == "dns_no_answer"


async def test_what_is_no_name_is_said_to_the_caller(clients: Clients) -> None:
    with pytest.raises(LabError, match=r"clips\.\.test is no domain name"):
        await clients.stub(FIRST).lookup("clips..test", "A")


def test_addresses_count_at_the_end_of_the_aliases_only() -> None:
    """A stray address in the answer section is not the name's."""
    query = make_query(1, CLIPS, recursion_desired=True)
    alias = Record("clips.test", "CNAME", 60, "edge.example")
    end = Record("edge.example", "A", 60, "192.0.2.5")
    stray = Record("stray.test", "A", 60, "203.0.113.66")
    answer = read_reply(CLIPS, Heard("udp", reply_to(query, answers=(alias, end, stray))), FIRST)
    assert (answer.addresses, answer.failure) == (("192.0.2.5",), None)
    assert len(answer.records) == 3
    alone = read_reply(CLIPS, Heard("udp", reply_to(query, answers=(stray,))), FIRST)
    assert (alone.addresses, alone.failure) == ((), "dns_no_answer")
    loop = (alias, Record("edge.example", "CNAME", 60, "clips.test"))
    endless = Heard("udp", reply_to(query, answers=loop))
    assert read_reply(CLIPS, endless, FIRST).failure == "dns_no_answer"


@pytest.mark.parametrize(
    ("rcode", "failure"),
    [
        ("NXDOMAIN", "dns_nxdomain_error"),
        ("REFUSED", "dns_refused_error"),
        ("SERVFAIL", "dns_servfail_error"),
        ("NOTIMP", "dns_server_misbehaving"),
        ("NOERROR", "dns_no_answer"),
    ],
)
def test_failures_have_the_names_of_ooni(rcode: str, failure: str) -> None:
    query = make_query(1, CLIPS, recursion_desired=True)
    answer = read_reply(CLIPS, Heard("dot", reply_to(query, rcode), b"raw"), FIRST, 1, 2)
    assert answer == Answer(
        CLIPS,
        rcode,
        resolver=FIRST,
        began=1,
        ended=2,
        failure=failure,
        engine="dot",
        raw=b"raw",
    )


def test_ids_of_one_socket_differ_and_follow_the_seed() -> None:
    questions = [CLIPS, Question("clips.test", "AAAA")]

    def identifiers(seed: int) -> list[int]:
        queries = Exchange(Random(seed)).queries(questions, recursion_desired=True)
        return [query.id for query in queries]

    assert identifiers(1) == identifiers(1) != identifiers(2)
    assert len(dict.fromkeys(identifiers(1))) == 2
