"""Cells and the messages in them: exact octets, and no garbage that crashes a reader."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.onion import cells, messages
from simulator.wire.onion.cells import Cell, CellReader, OnionError, pack, pack_versions
from simulator.wire.onion.descriptor import RelayDescriptor, RelayKeys, fingerprint

VERSIONS = pack_versions()


def test_a_fixed_cell_has_514_octets_and_is_padded_with_zeros() -> None:
    packed = pack(Cell(0x80000001, cells.CREATE2, b"skin"))
    assert packed == b"\x80\0\0\1\x0askin" + bytes(505)
    assert len(packed) == cells.CELL_LENGTH == 514


def test_a_variable_cell_has_its_own_length() -> None:
    assert pack(Cell(0, cells.CERTS, b"abc")) == b"\0\0\0\0\x81\0\3abc"


def test_the_first_versions_cell_has_a_short_circuit_number() -> None:
    assert VERSIONS == b"\0\0\x07\0\2\0\4"


@given(st.lists(st.integers(min_value=1, max_value=600)))
def test_cells_come_out_whole_however_the_stream_is_cut(cuts: list[int]) -> None:
    sent = [
        Cell(0, cells.CERTS, b"certificates"),
        Cell(7, cells.RELAY, bytes(range(250)) * 2 + bytes(9)),
        Cell(0, cells.VPADDING, b""),
        Cell(8, cells.DESTROY, b"\1" + bytes(508)),
    ]
    stream = VERSIONS + b"".join(pack(cell) for cell in sent)
    reader = CellReader()
    came: list[Cell] = []
    for cut in cuts:
        came += reader.feed(stream[:cut])
        stream = stream[cut:]
    came += reader.feed(stream)
    assert came == [Cell(0, cells.VERSIONS, b"\0\4"), *sent]


@given(st.binary(max_size=3000))
def test_garbage_is_cells_or_an_error_of_ours(data: bytes) -> None:
    try:
        CellReader().feed(data)
    except OnionError:
        assert len(data) >= 3
        assert data[2] != cells.VERSIONS


@given(st.binary(max_size=600))
def test_garbage_in_messages_is_a_value_or_an_error_of_ours(data: bytes) -> None:
    for read in (
        messages.unpack_message,
        messages.unpack_handshake,
        messages.unpack_create,
        messages.unpack_extend,
        messages.unpack_begin,
        messages.unpack_sendme,
    ):
        try:
            read(data)
        except OnionError:
            continue
    messages.unpack_connected(data)
    messages.end_reason(data)


# --- relay messages -----------------------------------------------------------------


@given(st.integers(0, 255), st.integers(0, 65535), st.binary(max_size=messages.LONGEST_DATA))
def test_a_relay_message_fills_its_cell_and_comes_out_again(
    command: int, stream: int, data: bytes
) -> None:
    body = messages.pack_message(command, stream, data, Random(1))
    assert len(body) == 509
    assert body[1:3] == b"\0\0"
    assert body[5:9] == bytes(4)
    assert messages.unpack_message(body) == (command, stream, data)


def test_the_padding_of_a_relay_message_begins_with_four_zeros_and_is_random_after() -> None:
    one = messages.pack_message(messages.DATA, 1, b"x", Random(1))
    other = messages.pack_message(messages.DATA, 1, b"x", Random(2))
    assert one[:16] == other[:16] == b"\2\0\0\0\1\0\0\0\0\0\1x" + bytes(4)
    assert one[16:] != other[16:]


def test_a_message_that_claims_more_than_its_cell_holds_is_refused() -> None:
    with pytest.raises(OnionError, match="longer than its cell"):
        messages.unpack_message(b"\2" + bytes(8) + (499).to_bytes(2, "big") + bytes(498))


@pytest.mark.parametrize(
    ("host", "port", "sent"),
    [
        ("Clips.TEST", 443, b"clips.test:443"),
        ("192.0.2.7", 80, b"192.0.2.7:80"),
        ("2001:db8::7", 443, b"[2001:db8::7]:443"),
    ],
)
def test_begin_names_the_destination_as_text(host: str, port: int, sent: bytes) -> None:
    data = messages.pack_begin(host, port)
    assert data == sent + b"\0\0\0\0\1"
    assert messages.unpack_begin(data) == (host.lower(), port, True)


@pytest.mark.parametrize(
    "data", [b"", b"name:80", b"name\0", b":80\0", b"name:0\0", b"name:65536\0", b"name:+80\0"]
)
def test_a_begin_without_a_destination_is_refused(data: bytes) -> None:
    with pytest.raises(OnionError, match="without a destination"):
        messages.unpack_begin(data)


def test_a_destination_that_no_cell_can_name_is_our_own_mistake() -> None:
    for host, port in (("a" * 498, 80), ("a\0b", 80), ("é.test", 80), ("a.test", 0)):
        with pytest.raises(ValueError, match=r"no stream|ascii"):
            messages.pack_begin(host, port)


def test_connected_tells_the_address_in_either_version() -> None:
    assert messages.pack_connected("192.0.2.7", 60) == bytes([192, 0, 2, 7, 0, 0, 0, 60])
    assert messages.unpack_connected(messages.pack_connected("192.0.2.7")) == "192.0.2.7"
    assert messages.unpack_connected(messages.pack_connected("2001:db8::7")) == "2001:db8::7"
    assert messages.unpack_connected(b"") is None


@pytest.mark.parametrize(
    ("address", "kinds"), [("192.0.2.7", [0, 2, 3]), ("2001:db8::7", [2, 3, 1])]
)
def test_extend_names_the_relay_by_address_and_both_identities(
    address: str, kinds: list[int]
) -> None:
    relay = RelayKeys.generate(Random(1)).descriptor("middle", address, 9001)
    data = messages.pack_extend(relay, 2, b"skin")
    found = []
    at = 1
    for _ in range(data[0]):
        found.append(data[at])
        at += 2 + data[at + 1]
    assert found == kinds
    assert messages.unpack_extend(data) == (
        address,
        9001,
        relay.identity,
        fingerprint(relay.identity),
        2,
        b"skin",
    )


def test_an_extend_without_an_ed25519_identity_is_refused_as_not_simulated() -> None:
    data = b"\2\0\6\xc0\0\2\7\x23\x29\2\x14" + bytes(20) + b"\0\2\0\0"
    with pytest.raises(OnionError, match="not simulated"):
        messages.unpack_extend(data)


def test_a_sendme_quotes_a_digest() -> None:
    assert messages.pack_sendme(b"d" * 20) == b"\1\0\x14" + b"d" * 20
    assert messages.unpack_sendme(messages.pack_sendme(b"d" * 20)) == b"d" * 20
    with pytest.raises(OnionError, match="not authenticated"):
        messages.unpack_sendme(b"\0\0\0")


def test_keys_from_the_same_seed_are_the_same_and_each_has_its_own() -> None:
    keys = RelayKeys.generate(Random(1))
    assert keys == RelayKeys.generate(Random(1)) != RelayKeys.generate(Random(2))
    assert len(dict.fromkeys(keys)) == 4
    relay = keys.descriptor("guard", "192.0.2.7", 9001)
    assert isinstance(relay, RelayDescriptor)
    assert (len(relay.identity), len(relay.onion_key), len(relay.fingerprint)) == (32, 32, 20)
