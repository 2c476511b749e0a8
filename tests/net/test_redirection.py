"""Whom an answer comes from, after a flow was led elsewhere."""

import pytest

from simulator.net.redirection import IDLE, Redirections
from simulator.values import ACK, Datagram, Icmp, IcmpKind, Packet, Segment

CLIENT, OWN = "192.0.2.10", "192.0.2.53"
ONE, OTHER = "198.51.100.1", "198.51.100.2"


def question(server: str, port: int = 4000, client: str = CLIENT) -> Packet:
    return Packet(client, server, Datagram(port, 53, b"?"))


def reply(port: int = 4000) -> Packet:
    return Packet(OWN, CLIENT, Datagram(53, port, b"!"))


def ends(packet: Packet) -> tuple[str, int, str, int]:
    body = packet.body
    assert isinstance(body, Datagram | Segment)
    return (packet.source, body.source_port, packet.destination, body.destination_port)


def led(table: Redirections, packet: Packet, now: int = 0, port: int | None = None) -> Packet:
    return table.redirect(packet, OWN, port, "order/0", now)


def test_an_answer_comes_in_the_name_of_the_one_who_was_asked() -> None:
    table = Redirections()
    assert ends(led(table, question(ONE))) == (CLIENT, 4000, OWN, 53)
    assert ends(table.translate(reply(), 1)) == (ONE, 53, CLIENT, 4000)
    assert ends(table.translate(reply(4001), 1)) == (OWN, 53, CLIENT, 4001)


def test_another_port_is_translated_back_as_well() -> None:
    table = Redirections()
    assert ends(led(table, question(ONE), port=5353)) == (CLIENT, 4000, OWN, 5353)
    answer = Packet(OWN, CLIENT, Datagram(5353, 4000, b"!"))
    assert ends(table.translate(answer, 1)) == (ONE, 53, CLIENT, 4000)


def test_two_servers_asked_from_one_port_are_kept_apart() -> None:
    table = Redirections()
    for _ in range(2):
        assert ends(led(table, question(ONE))) == (CLIENT, 4000, OWN, 53)
        assert ends(led(table, question(OTHER))) == (CLIENT, 4001, OWN, 53)
    assert ends(table.translate(reply(4001), 1)) == (OTHER, 53, CLIENT, 4000)
    assert ends(table.translate(reply(4000), 1)) == (ONE, 53, CLIENT, 4000)
    assert ends(led(table, question(ONE, 65535))) == (CLIENT, 65535, OWN, 53)
    assert ends(led(table, question(OTHER, 65535))) == (CLIENT, 1024, OWN, 53)


def test_udp_and_tcp_are_kept_apart() -> None:
    table = Redirections()
    led(table, question(ONE))
    led(table, Packet(CLIENT, OTHER, Segment(4000, 53, 1, 1, ACK, 65535)))
    by_tcp = Packet(OWN, CLIENT, Segment(53, 4000, 1, 1, ACK, 65535))
    assert ends(table.translate(by_tcp, 1)) == (OTHER, 53, CLIENT, 4000)
    assert ends(table.translate(reply(), 1)) == (ONE, 53, CLIENT, 4000)


def test_one_who_asks_directly_is_answered_directly() -> None:
    table = Redirections()
    led(table, question(ONE))
    direct = question(OWN)
    assert table.concern(direct)
    assert table.translate(direct, 1) is direct
    assert ends(table.translate(reply(), 2)) == (OWN, 53, CLIENT, 4000)


def test_a_silent_flow_is_forgotten() -> None:
    table = Redirections()
    led(table, question(ONE))
    assert ends(table.translate(reply(), IDLE))[0] == ONE
    assert ends(table.translate(reply(), 2 * IDLE + 1))[0] == OWN
    assert len(table) == 0


def test_a_lifted_rule_takes_its_flows_along() -> None:
    table = Redirections()
    led(table, question(ONE))
    table.redirect(question(ONE, 4001), OWN, None, "order/1", 0)
    table.forget_rule("order/0")
    assert ends(table.translate(reply(), 1))[0] == OWN
    assert ends(table.translate(reply(4001), 1))[0] == ONE


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.net.redirection.MOST", 3)
    table = Redirections()
    for port in range(10):
        led(table, question(ONE, 4000 + port))
    assert len(table) == len(table._answers) == 3
    assert ends(table.translate(reply(4009), 1))[0] == ONE
    assert ends(table.translate(reply(4006), 1))[0] == OWN


def test_icmp_is_sent_on_without_memory() -> None:
    table = Redirections()
    ping = Packet(CLIENT, ONE, Icmp(IcmpKind.ECHO_REQUEST))
    assert led(table, ping).destination == OWN
    assert len(table) == 0
    assert not table.concern(ping)
    led(table, question(ONE))
    assert table.translate(ping, 1) is ping
