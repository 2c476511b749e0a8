"""DNS over TLS on the virtual Internet: what it protects from, what it fails on, and when."""

import asyncio
from typing import Any

import pytest

from simulator.roles.resolver.dot import DotChannel
from simulator.values import MILLISECOND, SECOND, Drop, IcmpKind, Redirect, Reject, Reset
from simulator.wire.dns import decode, encode
from simulator.wire.dns_values import Question, reply_to

PUBLIC, IMPOSTOR, NAME = "198.51.100.53", "192.0.2.53", "dns.public.example"
TRUE, FORGED = "203.0.113.80", "192.0.2.99"
ROUND_TRIP = 20 * MILLISECOND


def poison(setting: Any) -> None:
    """The provider answers all of port 53 itself, with a lie."""
    setting.meddle(53, Redirect(IMPOSTOR))


def told(found: Any) -> list[tuple[str, str | None]]:
    return [(answer.engine, answer.failure) for answer in found.answers]


def test_dot_is_not_poisoned_where_port_53_is(setting: Any) -> None:
    setting.open_doors()
    setting.impostor("dns.home.example")
    poison(setting)
    assert setting.look_up().addresses == (FORGED,)
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert (found.addresses, found.failure, found.resolver) == ((TRUE,), None, PUBLIC)
    assert told(found) == [("dot", None), ("dot", "dns_no_answer")]
    assert all(answer.raw for answer in found.answers)


def test_both_questions_take_three_round_trips_on_one_connection(setting: Any) -> None:
    """TCP, TLS 1.3, and both questions at once."""
    setting.open_doors()
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert found.ended - found.began == 3 * ROUND_TRIP
    assert [query.question.type for query in setting.public.asked] == ["A", "AAAA"]
    assert setting.ports() == [853]


@pytest.mark.parametrize(
    ("name", "trusted", "failure"),
    [
        ("dns.home.example", True, "ssl_invalid_hostname"),
        (NAME, False, "ssl_unknown_authority"),
    ],
)
def test_strict_asks_nothing_of_an_impostor(
    setting: Any, stranger: Any, name: str, trusted: bool, failure: str
) -> None:
    """The provider redirects 853 too, to a machine with a certificate of another kind."""
    setting.open_doors()
    liar = setting.impostor(name) if trusted else setting.impostor(name, stranger)
    poison(setting)
    setting.meddle(853, Redirect(IMPOSTOR))
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert (found.addresses, found.failure, found.rcode) == ((), failure, None)
    assert told(found) == [("dot", failure)] * 2
    assert liar.asked == setting.public.asked == []
    assert setting.ports() == [853]


def test_opportunistic_believes_an_impostor(setting: Any, stranger: Any) -> None:
    setting.open_doors()
    setting.impostor(NAME, stranger)
    setting.meddle(853, Redirect(IMPOSTOR))
    setting.stub.channel = setting.dot(strict=False)
    found = setting.look_up()
    assert (found.addresses, found.answers[0].engine) == ((FORGED,), "dot")
    assert setting.ports() == [853]


def test_where_853_is_dropped_strict_gives_up_after_five_seconds(setting: Any) -> None:
    setting.open_doors()
    setting.meddle(853, Drop())
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert told(found) == [("dot", "generic_timeout_error")] * 2
    assert found.ended - found.began == 5 * SECOND
    assert setting.ports() == [853]


def test_where_853_is_dropped_opportunistic_asks_port_53_after_two_seconds(setting: Any) -> None:
    setting.open_doors()
    setting.meddle(853, Drop())
    setting.stub.channel = setting.dot(strict=False)
    found = setting.look_up()
    assert (found.addresses, found.resolver) == ((TRUE,), PUBLIC)
    assert told(found) == [("udp", None), ("udp", "dns_no_answer")]
    assert found.ended - found.began == 2 * SECOND + ROUND_TRIP
    assert setting.ports() == [853, 53]


def test_opportunistic_falls_back_into_the_arms_of_the_liar(setting: Any) -> None:
    """Cutting TLS is enough to have the question back on port 53."""
    setting.open_doors()
    setting.impostor("dns.home.example")
    poison(setting)
    setting.meddle(853, Reset())
    setting.stub.channel = setting.dot(strict=False)
    assert setting.look_up().addresses == (FORGED,)


@pytest.mark.parametrize(
    ("verdict", "failure"),
    [
        (Reset(), "connection_refused"),
        (Reject(IcmpKind.PROHIBITED), "host_unreachable"),
        (Reject(IcmpKind.NETWORK_UNREACHABLE), "network_unreachable"),
    ],
)
def test_strict_says_how_it_was_cut(setting: Any, verdict: Any, failure: str) -> None:
    setting.open_doors()
    setting.meddle(853, verdict)
    setting.stub.channel = setting.dot()
    assert told(setting.look_up()) == [("dot", failure)] * 2


def test_a_server_without_dot_refuses_the_connection(setting: Any) -> None:
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert found.failure == "connection_refused"
    assert found.ended - found.began == ROUND_TRIP
    setting.stub.channel = setting.dot(strict=False)
    assert setting.look_up().addresses == (TRUE,)


def test_a_resolver_that_keeps_silent_is_a_timeout(setting: Any) -> None:
    """TLS is up after two round trips; the five seconds count from then."""
    setting.open_doors()
    setting.public.answer = lambda query: None
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert found.failure == "generic_timeout_error"
    assert found.ended - found.began == 2 * ROUND_TRIP + 5 * SECOND


def test_a_handshake_that_gets_no_answer_is_a_timeout_and_ends_in_peace(setting: Any) -> None:
    """TCP comes up and TLS does not, as where a filter drops what names the resolver."""

    async def listen() -> None:
        await asyncio.get_running_loop().create_server(asyncio.Protocol, PUBLIC, 853)

    setting.on(setting.machine, listen())
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert found.failure == "generic_timeout_error"
    assert found.ended - found.began == 5 * SECOND
    setting.stub.channel = setting.dot(strict=False)
    assert setting.look_up().addresses == (TRUE,)
    setting.settle()
    assert setting.resets() == 0


def test_what_belongs_to_no_question_is_ignored(setting: Any) -> None:
    """Garbage, another id, another name; then the truth, in the other order."""
    queries: list[Any] = []

    def take(data: bytes, source: str, send: Any, *, stream: bool) -> bool:
        query = decode(data)
        queries.append(query)
        if len(queries) == 2:
            other = Question("other.test", "A")
            for reply in (
                reply_to(queries[0])._replace(id=queries[0].id ^ 0x5555),
                reply_to(queries[0])._replace(question=other),
            ):
                send(encode(reply))
            send(b"garbage")
            for query in reversed(queries):
                send(encode(reply_to(query, "NXDOMAIN")))
        return True

    setting.public.take = take
    setting.open_doors()
    setting.stub.channel = setting.dot()
    assert told(setting.look_up()) == [("dot", "dns_nxdomain_error")] * 2


def test_one_answer_of_two_counts_and_the_other_is_asked_at_port_53(setting: Any) -> None:
    setting.open_doors()
    answer = setting.public.answer
    setting.public.answer = lambda query: None if query.question.type == "AAAA" else answer(query)
    setting.stub.channel = setting.dot()
    assert told(setting.look_up()) == [("dot", None), ("dot", "generic_timeout_error")]
    setting.stub.channel = setting.dot(strict=False)
    assert told(setting.look_up()) == [("dot", None), ("udp", "generic_timeout_error")]


def test_a_refusal_by_dot_is_an_answer(setting: Any) -> None:
    """A resolver under an order refuses over TLS as it does at port 53, and that is that."""
    setting.open_doors()
    setting.public.answer = lambda query: reply_to(query, "REFUSED")
    setting.stub.channel = setting.dot(strict=False)
    found = setting.look_up()
    assert (found.rcode, found.failure) == ("REFUSED", "dns_refused_error")
    assert setting.ports() == [853]


def test_nothing_is_reset_and_nothing_lingers(setting: Any) -> None:
    """A reset in a capture must mean that somebody interfered: refusals end with an alert."""
    setting.open_doors()
    setting.impostor("dns.home.example")
    setting.stub.channel = setting.dot()
    setting.look_up()
    setting.stub.channel = DotChannel(IMPOSTOR, 853, NAME, setting.trust)
    assert setting.look_up().failure == "ssl_invalid_hostname"
    setting.settle()
    assert setting.resets() == 0
    assert setting.client.connections == setting.machine.connections == {}


def test_the_names_service_of_the_machine_uses_the_channel(setting: Any) -> None:
    """What is set on the stub holds for a single question too, until it is taken away."""
    setting.open_doors()
    setting.stub.channel = setting.dot()
    answer = setting.on(setting.client, setting.stub.lookup("clips.test", "A"))
    assert (answer.engine, answer.addresses) == ("dot", (TRUE,))
    setting.stub.channel = None
    answer = setting.on(setting.client, setting.stub.lookup("clips.test", "A"))
    assert (answer.engine, answer.addresses) == ("udp", (TRUE,))


def test_the_hosts_file_goes_before_the_channel(setting: Any) -> None:
    setting.stub.hosts = {"clips.test": ("192.0.2.1",)}
    setting.stub.channel = setting.dot()
    found = setting.look_up()
    assert (found.addresses, found.answers[0].engine) == (("192.0.2.1",), "hosts")
    assert setting.tap.packets == []


def test_strict_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="strict needs a name"):
        DotChannel(PUBLIC, 853, "", None)
