"""Circuits without a network: a client and three relays hand each other their cells."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.onion import cells, messages, ntor
from simulator.wire.onion.cells import OnionError
from simulator.wire.onion.circuit import (
    CircuitBuilt,
    CircuitClosed,
    Event,
    OriginCircuit,
    RelayCircuit,
    StreamData,
    StreamDrained,
    StreamEnded,
    StreamOpened,
)
from simulator.wire.onion.descriptor import RelayKeys
from simulator.wire.onion.messages import RelayMessage

NAMES = ("guard", "middle", "exit")


class Chain:
    """A client, three relays, and what each relay could read on the way."""

    def __init__(self) -> None:
        self.keys = [RelayKeys.generate(Random(name)) for name in NAMES]
        self.path = [
            keys.descriptor(name, f"192.0.2.{place}", 9001)
            for place, (name, keys) in enumerate(zip(NAMES, self.keys, strict=True), 1)
        ]
        self.client = OriginCircuit(self.path, Random(1))
        self.relays: list[RelayCircuit] = []
        self.events: list[Event] = []
        self.seen: list[list[bytes]] = [[], [], []]
        self.commands: list[int] = []
        self.read: list[tuple[str, RelayMessage]] = []

    def run(self) -> list[Event]:
        """Carry cells until nothing moves; return what happened at the client."""
        self.events = []
        while self.client.outgoing:
            command, payload = self.client.outgoing.pop(0)
            self.commands.append(command)
            self.from_client(0, command, payload)
        return self.events

    def from_client(self, place: int, command: int, payload: bytes) -> None:
        self.seen[place].append(payload)
        if command == cells.CREATE2:
            fingerprint = self.path[place].fingerprint
            self.relays.append(RelayCircuit(self.keys[place], fingerprint, payload, Random(place)))
            self.answer(place)
            return
        peeled = self.relays[place].peel(command, payload)
        if isinstance(peeled, bytes):
            self.from_client(place + 1, command, peeled)
            return
        self.read.append((NAMES[place], peeled))
        if peeled.command == messages.EXTEND2:
            extension = messages.unpack_extend(peeled.data)
            create = messages.pack_create(extension.handshake_type, extension.skin)
            self.from_client(place + 1, cells.CREATE2, create)
        self.answer(place)

    def answer(self, place: int) -> None:
        """Let a relay's cells go back to the client, through those before it."""
        while self.relays[place].outgoing:
            command, payload = self.relays[place].outgoing.pop(0)
            if command == cells.CREATED2 and place > 0:
                before = self.relays[place - 1]
                before.send(messages.EXTENDED2, 0, payload[:66])
            elif place > 0:
                self.relays[place - 1].wrap(payload)
            else:
                self.events += self.client.receive(command, payload)
            if place > 0:
                self.answer(place - 1)

    @property
    def exit(self) -> RelayCircuit:
        return self.relays[2]


def built() -> Chain:
    chain = Chain()
    assert chain.run() == [CircuitBuilt()]
    return chain


def test_a_circuit_is_built_relay_by_relay() -> None:
    chain = Chain()
    assert repr(chain.client) == "<OriginCircuit 0 of 3 relays>"
    assert chain.run() == [CircuitBuilt()]
    assert repr(chain.client) == "<OriginCircuit 3 of 3 relays>"
    assert [(who, message.command) for who, message in chain.read] == [
        ("guard", messages.EXTEND2),
        ("middle", messages.EXTEND2),
    ]


def test_what_is_said_to_the_exit_can_be_read_by_the_exit_alone() -> None:
    chain = built()
    stream = chain.client.open("clips.test", 443)
    chain.run()
    assert chain.read[-1] == (
        "exit",
        RelayMessage(messages.BEGIN, stream, b"clips.test:443\0\0\0\0\1"),
    )
    assert not any(b"clips.test" in body for bodies in chain.seen for body in bodies)


def test_each_relay_sees_other_octets_of_the_same_cell() -> None:
    chain = built()
    chain.client.open("clips.test", 443)
    chain.run()
    assert len(dict.fromkeys(bodies[-1] for bodies in chain.seen)) == 3


def test_the_first_cells_go_as_early_ones_and_no_more_than_eight() -> None:
    chain = built()
    for _ in range(8):
        chain.client.open("clips.test", 443)
    chain.run()
    assert chain.commands == [cells.CREATE2] + [cells.RELAY_EARLY] * 8 + [cells.RELAY] * 2


def test_octets_go_both_ways_and_the_stream_ends() -> None:
    chain = built()
    stream = chain.client.open("clips.test", 443)
    chain.run()
    edge = chain.exit.edge
    edge.open(stream)
    edge.tell(messages.CONNECTED, stream, messages.pack_connected("198.51.100.80"))
    edge.write(stream, b"x" * 600)
    edge.end(stream, messages.DONE)
    chain.events = []
    chain.answer(2)
    assert chain.events == [
        StreamOpened(stream, "198.51.100.80"),
        StreamData(stream, b"x" * 498),
        StreamData(stream, b"x" * 102),
        StreamEnded(stream, messages.DONE),
    ]
    chain.client.write(stream, b"too late")
    assert chain.client.outgoing == []


def test_a_destroyed_circuit_tells_why() -> None:
    client = built().client
    assert client.receive(cells.DESTROY, b"\6") == [CircuitClosed(cells.CONNECT_FAILED)]


def test_a_cell_that_was_changed_on_the_way_back_breaks_the_circuit() -> None:
    chain = built()
    chain.exit.edge.tell(messages.SENDME, 1, b"")
    _, payload = chain.exit.outgoing.pop()
    chain.relays[1].wrap(payload[:-1] + bytes([payload[-1] ^ 1]))
    chain.relays[0].wrap(chain.relays[1].outgoing.pop()[1])
    with pytest.raises(OnionError, match="no relay of the circuit"):
        chain.client.receive(*chain.relays[0].outgoing.pop())


def test_a_middle_relay_cannot_speak_for_the_exit() -> None:
    """Or it could end streams, and put words into the site's mouth."""
    chain = built()
    stream = chain.client.open("clips.test", 443)
    chain.run()
    chain.relays[1].send(messages.END, stream, b"\6")
    chain.events = []
    chain.answer(1)
    assert chain.events == []


@given(st.sampled_from([cells.RELAY, cells.CREATED2, cells.RELAY_EARLY]), st.binary(max_size=509))
def test_garbage_from_the_guard_is_an_error_of_ours(command: int, payload: bytes) -> None:
    body = payload.ljust(509, b"\0")
    for client in (Chain().client, built().client):
        with pytest.raises(OnionError):
            client.receive(command, body)


@given(st.sampled_from([cells.RELAY, cells.RELAY_EARLY]), st.binary(max_size=509))
def test_garbage_from_a_client_is_passed_on_unread(command: int, payload: bytes) -> None:
    body = payload.ljust(509, b"\0")
    assert isinstance(built().exit.peel(command, body), bytes)


@given(st.binary(max_size=509))
def test_garbage_for_a_handshake_makes_no_circuit(payload: bytes) -> None:
    keys = RelayKeys.generate(Random(1))
    with pytest.raises(OnionError):
        RelayCircuit(keys, bytes(20), payload, Random(1))


def test_a_handshake_other_than_ntor_is_refused_by_name() -> None:
    with pytest.raises(OnionError, match="ntor alone is simulated"):
        RelayCircuit(
            RelayKeys.generate(Random(1)), bytes(20), messages.pack_create(3, b""), Random(1)
        )


def test_an_extend_outside_an_early_cell_and_a_ninth_early_cell_are_refused() -> None:
    chain = built()
    middle = chain.relays[1]
    layer = chain.client._layers[1]
    body = layer.forward_digest.seal(
        messages.pack_message(messages.EXTEND2, 0, b"", chain.client._random)
    )
    with pytest.raises(OnionError, match="outside a RELAY_EARLY"):
        middle.peel(cells.RELAY, layer.forward(body))
    for _ in range(7):  # one it has had while the circuit was built
        middle.peel(cells.RELAY_EARLY, bytes(509))
    with pytest.raises(OnionError, match="without an end"):
        middle.peel(cells.RELAY_EARLY, bytes(509))


# --- windows ------------------------------------------------------------------------


def flow() -> tuple[Chain, int]:
    """A circuit with a stream that the exit has opened."""
    chain = built()
    stream = chain.client.open("clips.test", 443)
    chain.run()
    chain.exit.edge.open(stream)
    return chain, stream


def count(chain: Chain, command: int) -> int:
    return sum(message.command == command for _, message in chain.read)


def test_a_stream_sends_500_cells_and_then_waits() -> None:
    chain, stream = flow()
    chain.client.write(stream, bytes(498 * 600))
    chain.run()
    assert count(chain, messages.DATA) == 500
    assert chain.client.waiting(stream) == 498 * 100


def test_a_circuit_sends_1000_cells_whatever_its_streams() -> None:
    chain, first = flow()
    streams = [first]
    for _ in range(2):
        stream = chain.client.open("clips.test", 443)
        chain.run()
        chain.exit.edge.open(stream)
        streams.append(stream)
    for stream in streams:
        chain.client.write(stream, bytes(498 * 400))
    chain.run()
    assert count(chain, messages.DATA) == 1000
    assert [chain.client.waiting(stream) for stream in streams] == [0, 0, 498 * 200]


def test_an_end_waits_for_what_was_written_before_it() -> None:
    chain, stream = flow()
    chain.client.write(stream, bytes(498 * 501))
    chain.client.end(stream)
    chain.run()
    assert (count(chain, messages.DATA), count(chain, messages.END)) == (500, 0)
    chain.exit.edge.tell(messages.SENDME, stream, b"")
    chain.answer(2)
    chain.run()
    assert (count(chain, messages.DATA), count(chain, messages.END)) == (501, 1)


def test_a_reader_that_keeps_up_opens_the_windows_again() -> None:
    """3,000 cells through a window of 500: nothing is left waiting, and nothing overrun."""
    chain, stream = flow()
    chain.client.write(stream, bytes(498 * 3000))
    edge, taken = chain.exit.edge, 0
    while chain.client.outgoing:
        command, payload = chain.client.outgoing.pop(0)
        chain.read.clear()
        chain.from_client(0, command, payload)
        for _, message in chain.read:
            if message.command == messages.DATA:
                taken += 1
                edge.received(stream, chain.exit.digest)
                chain.answer(2)
    assert taken == 3000
    assert chain.client.waiting(stream) == 0
    assert chain.events[-1] == StreamDrained(stream)


def test_a_reader_that_is_paused_keeps_the_window_shut() -> None:
    chain, stream = flow()
    edge = chain.exit.edge
    edge.pause(stream)
    for _ in range(50):
        edge.received(stream, b"")
    assert chain.exit.outgoing == []
    edge.resume(stream)
    assert len(chain.exit.outgoing) == 1  # the SENDME


def test_more_cells_than_the_window_break_the_circuit() -> None:
    chain, stream = flow()
    edge = chain.exit.edge
    edge.pause(stream)
    for _ in range(500):
        edge.received(stream, bytes(20))
    with pytest.raises(OnionError, match="stream's window"):
        edge.received(stream, bytes(20))


def test_a_sendme_that_proves_nothing_breaks_the_circuit() -> None:
    """Who has not had the cells cannot know the digest, and cannot ask for more."""
    chain, stream = flow()
    chain.client.write(stream, bytes(498 * 100))
    chain.run()
    chain.exit.send(messages.SENDME, 0, messages.pack_sendme(b"guess" * 4))
    with pytest.raises(OnionError, match="never sent"):
        chain.answer(2)


def test_a_sendme_for_a_stream_that_sent_nothing_breaks_the_circuit() -> None:
    chain, stream = flow()
    chain.exit.send(messages.SENDME, stream, b"")
    with pytest.raises(OnionError, match="never sent"):
        chain.answer(2)


def test_data_for_a_stream_that_is_gone_is_dropped_and_still_counted() -> None:
    chain, _ = flow()
    edge = chain.exit.edge
    assert [edge.received(77, bytes(20)) for _ in range(100)] == [False] * 100
    assert len(chain.exit.outgoing) == 1  # the circuit's SENDME


def test_the_handshake_with_each_relay_is_its_own() -> None:
    chain = Chain()
    chain.run()
    skins = [message.data[-ntor.SKIN_LENGTH :] for _, message in chain.read]
    assert len(dict.fromkeys(skin[52:] for skin in skins)) == 2
