"""Two of our own interfaces talk: handshakes, timers, replays, roaming sessions."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.values import MILLISECOND, SECOND, Instant
from simulator.wire.wireguard import Interface, Peer, Received, new_private_key
from simulator.wire.wireguard.handshake import TransportKeys
from simulator.wire.wireguard.session import WINDOW, Session

INITIATION, RESPONSE, COOKIE_REPLY, TRANSPORT = 1, 2, 3, 4
PACKET = b"E" + bytes(31)
LONGEST_RETRY = 5 * SECOND + 333 * MILLISECOND


class Pair:
    """A client and an exit, each with the other for a peer; the test is the wire."""

    def __init__(self, **exit_options: int) -> None:
        random = Random(42)
        self.client = Interface(new_private_key(random), random)
        self.exit = Interface(new_private_key(random), random, **exit_options)
        self.to_exit = self.client.add_peer(self.exit.public_key)
        self.to_client = self.exit.add_peer(self.client.public_key)

    def connect(self, now: Instant) -> None:
        (initiation,) = self.to_exit.initiate(now)
        self.finish(initiation, now)

    def finish(self, initiation: bytes, now: Instant) -> list[bytes]:
        """Carry an initiation and its response; return the packets that then arrive."""
        response = taken(self.exit.receive(initiation, now)).datagrams
        confirmation = taken(self.client.receive(response[0], now)).datagrams
        return [taken(self.exit.receive(each, now)).packet for each in confirmation]


def taken(received: Received | None) -> Received:
    assert received is not None, "met with silence"
    return received


def kinds(datagrams: list[bytes]) -> list[int]:
    return [datagram[0] for datagram in datagrams]


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.fixture
def connected() -> Pair:
    pair = Pair()
    pair.connect(0)
    return pair


# --- establishing -------------------------------------------------------------------


def test_a_packet_waits_for_the_handshake_and_is_then_the_confirmation(pair: Pair) -> None:
    datagrams = pair.to_exit.send(PACKET, 0)
    assert kinds(datagrams) == [INITIATION]
    assert pair.to_exit.send(b"second" + bytes(10), 1) == []

    answer = taken(pair.exit.receive(datagrams[0], 2))
    assert (answer.peer, kinds(answer.datagrams), answer.established) == (
        pair.to_client,
        [RESPONSE],
        False,  # the exit cannot know yet that its response arrives
    )
    assert not pair.to_client.has_session(2)

    finished = taken(pair.client.receive(answer.datagrams[0], 3))
    assert (kinds(finished.datagrams), finished.established) == ([TRANSPORT, TRANSPORT], True)

    first = taken(pair.exit.receive(finished.datagrams[0], 4))
    assert (first.packet, first.established) == (PACKET, True)
    second = taken(pair.exit.receive(finished.datagrams[1], 4))
    assert (second.packet, second.established) == (b"second" + bytes(10), False)


def test_with_nothing_to_send_a_keepalive_confirms_the_session(pair: Pair) -> None:
    (initiation,) = pair.to_exit.initiate(0)
    assert pair.finish(initiation, 0) == [b""]
    assert pair.to_client.has_session(0)


def test_packets_go_both_ways_padded_to_sixteen_bytes(connected: Pair) -> None:
    (out,) = connected.to_exit.send(b"x" * 33, 1)
    assert len(out) == 16 + 48 + 16
    assert taken(connected.exit.receive(out, 1)).packet == b"x" * 33 + bytes(15)
    (back,) = connected.to_client.send(b"y" * 16, 1)
    assert taken(connected.client.receive(back, 1)).packet == b"y" * 16


def test_only_the_newest_128_packets_wait(pair: Pair) -> None:
    (initiation,) = pair.to_exit.send(bytes([0]) * 16, 0)
    for number in range(1, 130):
        assert pair.to_exit.send(bytes([number]) * 16, 0) == []
    assert pair.finish(initiation, 1) == [bytes([number]) * 16 for number in range(2, 130)]


def test_a_stranger_gets_no_answer(pair: Pair) -> None:
    random = Random(9)
    stranger = Interface(new_private_key(random), random)
    (initiation,) = stranger.add_peer(pair.exit.public_key).initiate(0)
    assert pair.exit.receive(initiation, 0) is None


@pytest.mark.parametrize("message", [INITIATION, RESPONSE])
def test_a_message_without_a_valid_mac1_gets_no_answer(pair: Pair, message: int) -> None:
    (initiation,) = pair.to_exit.initiate(0)
    if message == INITIATION:
        spoilt = initiation[:116] + bytes(16) + initiation[132:]
        assert pair.exit.receive(spoilt, 1) is None
    else:
        response = taken(pair.exit.receive(initiation, 1)).datagrams[0]
        assert pair.client.receive(response[:60] + bytes(16) + response[76:], 2) is None


def test_an_initiation_played_again_gets_no_answer(pair: Pair) -> None:
    (initiation,) = pair.to_exit.initiate(5)
    taken(pair.exit.receive(initiation, 6))
    assert pair.exit.receive(initiation, 7) is None


def test_a_response_for_an_initiation_given_up_is_ignored(pair: Pair) -> None:
    (first,) = pair.to_exit.initiate(0)
    late = taken(pair.exit.receive(first, 1)).datagrams[0]
    (second,) = pair.to_exit.on_timer(LONGEST_RETRY)
    assert pair.client.receive(late, LONGEST_RETRY) is None
    assert pair.finish(second, LONGEST_RETRY) == [b""]


def test_both_may_call_at_once_and_both_sessions_carry(pair: Pair) -> None:
    (from_client,) = pair.to_exit.initiate(0)
    (from_exit,) = pair.to_client.initiate(0)
    for_client = taken(pair.exit.receive(from_client, 1)).datagrams[0]
    for_exit = taken(pair.client.receive(from_exit, 1)).datagrams[0]
    taken(pair.client.receive(for_client, 2))
    taken(pair.exit.receive(for_exit, 2))
    for sender, receiver in ((pair.to_exit, pair.exit), (pair.to_client, pair.client)):
        (datagram,) = sender.send(PACKET, 3)
        assert taken(receiver.receive(datagram, 3)).packet == PACKET


def test_a_public_key_is_taken_once(pair: Pair) -> None:
    with pytest.raises(ValueError, match="already"):
        pair.exit.add_peer(pair.client.public_key)
    with pytest.raises(ValueError, match=r"."):
        pair.exit.add_peer(bytes(32))  # X25519 with it yields no secret


# --- time ---------------------------------------------------------------------------


def retries(peer: Peer, until: Instant) -> list[Instant]:
    """Let a peer's timers ring when they want to; return when it called."""
    calls = []
    deadline = peer.deadline()
    while deadline is not None and deadline <= until:
        if kinds(peer.on_timer(deadline)) == [INITIATION]:
            calls.append(deadline)
        deadline = peer.deadline()
    return calls


def test_a_handshake_is_tried_every_five_seconds_and_given_up_after_ninety(pair: Pair) -> None:
    pair.to_exit.send(PACKET, 0)
    calls = [0, *retries(pair.to_exit, 1000 * SECOND)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(calls)]
    assert all(5 * SECOND <= gap <= LONGEST_RETRY for gap in gaps)
    assert 84 * SECOND < calls[-1] < 90 * SECOND
    assert (pair.to_exit.handshaking, pair.to_exit.deadline()) == (False, None)
    # What waited was dropped with it; the next packet begins anew.
    (initiation,) = pair.to_exit.send(b"later" + bytes(11), 1000 * SECOND)
    assert pair.finish(initiation, 1000 * SECOND) == [b"later" + bytes(11)]


def test_a_timer_that_rings_early_does_nothing(pair: Pair) -> None:
    pair.to_exit.send(PACKET, 0)
    assert pair.to_exit.on_timer(5 * SECOND - 1) == []


def test_who_began_the_session_renews_it_with_a_packet_after_120_seconds(connected: Pair) -> None:
    assert kinds(connected.to_exit.send(PACKET, 120 * SECOND - 1)) == [TRANSPORT]
    assert kinds(connected.to_client.send(PACKET, 120 * SECOND)) == [TRANSPORT]
    datagrams = connected.to_exit.send(PACKET, 120 * SECOND)
    assert kinds(datagrams) == [TRANSPORT, INITIATION]
    # The old session carries on until the new one is there.
    assert kinds(connected.to_exit.send(PACKET, 121 * SECOND)) == [TRANSPORT]
    answer = taken(connected.exit.receive(datagrams[1], 121 * SECOND))
    renewed = taken(connected.client.receive(answer.datagrams[0], 121 * SECOND))
    assert not renewed.established
    assert kinds(connected.to_exit.send(PACKET, 240 * SECOND)) == [TRANSPORT]


def test_a_packet_of_the_previous_session_is_still_taken(connected: Pair) -> None:
    (late,) = connected.to_exit.send(PACKET, 1)
    connected.connect(120 * SECOND)
    assert taken(connected.exit.receive(late, 121 * SECOND)).packet == PACKET


def test_a_session_is_refused_after_180_seconds(connected: Pair) -> None:
    (packet,) = connected.to_exit.send(PACKET, 1)
    (other,) = connected.to_exit.send(PACKET, 1)
    assert connected.exit.receive(packet, 180 * SECOND - 1) is not None
    assert connected.exit.receive(other, 180 * SECOND) is None
    assert kinds(connected.to_exit.send(PACKET, 180 * SECOND)) == [INITIATION]


def test_receiving_late_in_a_session_renews_it_too(connected: Pair) -> None:
    (packet,) = connected.to_client.send(PACKET, 165 * SECOND)
    received = taken(connected.client.receive(packet, 165 * SECOND))
    assert kinds(received.datagrams) == [INITIATION]


def test_data_is_acknowledged_with_a_keepalive_after_ten_seconds(connected: Pair) -> None:
    (packet,) = connected.to_exit.send(PACKET, 1 * SECOND)
    taken(connected.exit.receive(packet, 1 * SECOND))
    assert connected.to_client.deadline() == 11 * SECOND
    (keepalive,) = connected.to_client.on_timer(11 * SECOND)
    assert len(keepalive) == 32
    received = taken(connected.client.receive(keepalive, 11 * SECOND))
    assert (received.packet, received.datagrams) == (b"", [])
    # Neither owes the other anything now: silence for ever.
    assert (connected.to_exit.deadline(), connected.to_client.deadline()) == (None, None)


def test_an_answer_makes_the_keepalive_needless(connected: Pair) -> None:
    (packet,) = connected.to_exit.send(PACKET, 1 * SECOND)
    taken(connected.exit.receive(packet, 1 * SECOND))
    (answer,) = connected.to_client.send(PACKET, 2 * SECOND)
    taken(connected.client.receive(answer, 2 * SECOND))
    assert connected.to_client.deadline() == 17 * SECOND  # it waits for an answer itself
    assert connected.to_exit.deadline() == 12 * SECOND


def test_data_without_an_answer_begins_a_handshake_after_fifteen_seconds(connected: Pair) -> None:
    connected.to_exit.send(PACKET, 1 * SECOND)
    connected.to_exit.send(PACKET, 9 * SECOND)
    assert connected.to_exit.deadline() == 16 * SECOND
    assert kinds(connected.to_exit.on_timer(16 * SECOND)) == [INITIATION]


# --- replays ------------------------------------------------------------------------


def test_a_packet_is_taken_once(connected: Pair) -> None:
    (packet,) = connected.to_exit.send(PACKET, 1)
    assert connected.exit.receive(packet, 1) is not None
    assert connected.exit.receive(packet, 1) is None


def test_a_forged_packet_is_not_taken_and_does_not_move_the_window(connected: Pair) -> None:
    (packet,) = connected.to_exit.send(PACKET, 1)
    forged = packet[:8] + (2**40).to_bytes(8, "little") + packet[16:]
    assert connected.exit.receive(forged, 1) is None
    assert connected.exit.receive(packet, 1) is not None


@given(st.lists(st.integers(0, 3 * WINDOW), max_size=40))
def test_the_window_takes_each_counter_once_and_none_too_far_behind(order: list[int]) -> None:
    """Against a plain model: the set of what was seen, and the newest."""
    keys = TransportKeys(bytes(32), bytes(32))
    sender, receiver = (Session(keys, 1, 1, 0, initiator=True) for _ in range(2))
    seen: set[int] = set()
    for counter in order:
        sender.counter = counter
        expected = counter not in seen and counter > max(seen, default=-1) - WINDOW
        taken_now = receiver.decrypt(counter, sender.encrypt(PACKET)) is not None
        assert taken_now == expected
        if expected:
            seen.add(counter)


# --- cookies ------------------------------------------------------------------------


def test_a_busy_exit_hands_out_a_cookie_and_takes_the_call_that_brings_it() -> None:
    pair = Pair(handshakes_per_second=0)
    here, elsewhere = b"192.0.2.7 40000", b"192.0.2.8 40000"
    (initiation,) = pair.to_exit.initiate(0)
    reply = taken(pair.exit.receive(initiation, 0, here))
    assert (reply.peer, kinds(reply.datagrams), len(reply.datagrams[0])) == (
        None,
        [COOKIE_REPLY],
        64,
    )
    assert pair.client.receive(reply.datagrams[0], 0) is None  # kept, not acted upon
    (again,) = pair.to_exit.on_timer(LONGEST_RETRY)
    assert again[-16:] != bytes(16)
    # The cookie proves that address and no other.
    assert kinds(taken(pair.exit.receive(again, LONGEST_RETRY, elsewhere)).datagrams) == [
        COOKIE_REPLY
    ]
    assert kinds(taken(pair.exit.receive(again, LONGEST_RETRY, here)).datagrams) == [RESPONSE]


def test_mac2_is_zero_without_a_cookie_and_after_the_cookie_has_aged() -> None:
    pair = Pair(handshakes_per_second=0)
    (initiation,) = pair.to_exit.initiate(0)
    assert initiation[-16:] == bytes(16)
    reply = taken(pair.exit.receive(initiation, 0, b"here"))
    pair.client.receive(reply.datagrams[0], 0)
    (again,) = pair.to_exit.on_timer(120 * SECOND - 1 - 60 * SECOND)
    assert again[-16:] != bytes(16)
    retries(pair.to_exit, 200 * SECOND)
    (much_later,) = pair.to_exit.initiate(200 * SECOND)
    assert much_later[-16:] == bytes(16)


def test_only_callers_beyond_the_limit_need_a_cookie() -> None:
    pair = Pair(handshakes_per_second=1)
    (first,) = pair.to_exit.initiate(0)
    assert kinds(taken(pair.exit.receive(first, 0, b"here")).datagrams) == [RESPONSE]
    assert kinds(taken(pair.exit.receive(first, 1, b"here")).datagrams) == [COOKIE_REPLY]
    assert pair.exit.receive(first, 1 * SECOND, b"here") is None  # a replay, judged as ever
