"""Wrapped datagrams: nothing to recognise for who lacks the key, everything for who has it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.obfuscation import (
    LARGEST,
    MOST_PADDING,
    OVERHEAD,
    TUNNEL_MTU,
    Obfuscator,
)
from simulator.wire.wireguard import TUNNEL_MTU as BARE_MTU
from simulator.wire.wireguard.messages import kind_of

KEY = bytes(range(32))


def obfuscator(seed: int = 1, key: bytes = KEY) -> Obfuscator:
    return Obfuscator(key, Random(seed))


@given(st.binary(max_size=2000), st.integers())
def test_what_was_wrapped_comes_out_as_it_went_in(data: bytes, seed: int) -> None:
    assert obfuscator(2).unwrap(obfuscator(seed).wrap(data)) == data


@given(st.binary(max_size=300))
def test_what_nobody_wrapped_is_nothing_whatever_it_is(data: bytes) -> None:
    assert obfuscator().unwrap(data) is None


def test_another_key_opens_nothing() -> None:
    assert obfuscator(key=bytes(32)).unwrap(obfuscator().wrap(b"x")) is None


def test_one_changed_bit_makes_it_nothing() -> None:
    datagram = obfuscator().wrap(b"packet")
    for place in range(len(datagram)):
        changed = bytearray(datagram)
        changed[place] ^= 1
        assert obfuscator().unwrap(bytes(changed)) is None


def test_a_padding_longer_than_the_content_is_nothing() -> None:
    """Only a holder of the key can send that; it must not crash us all the same."""
    inner = obfuscator()
    sealed = bytes(12) + inner._seal(bytes(12), b"\x05", None)
    assert inner.unwrap(sealed) is None


def test_the_fixed_lengths_of_wireguard_do_not_show() -> None:
    """1,000 handshakes of 148 octets: 256 lengths, and none that could be WireGuard's own."""
    wrapping = obfuscator()
    initiation = b"\x01\0\0\0" + bytes(144)
    wrapped = [wrapping.wrap(initiation) for _ in range(1000)]
    assert {len(datagram) for datagram in wrapped} <= set(
        range(148 + OVERHEAD, 148 + OVERHEAD + MOST_PADDING + 1)
    )
    assert len({len(datagram) for datagram in wrapped}) > 200
    assert [kind_of(datagram) for datagram in wrapped] == [0] * 1000


def test_no_octet_of_the_datagram_stays_the_same() -> None:
    """The same content, 300 times: every one of the first 100 places takes many values."""
    wrapping = obfuscator()
    wrapped = [wrapping.wrap(b"\x04\0\0\0" + bytes(100)) for _ in range(300)]
    for place in range(100):
        assert len({datagram[place] for datagram in wrapped}) > 100


def test_a_full_packet_of_the_tunnel_fits_the_wire_and_leaves_room_to_vary() -> None:
    wrapping = obfuscator()
    full = bytes(16 + TUNNEL_MTU + 16)  # WireGuard's header and tag around it
    lengths = [len(wrapping.wrap(full)) for _ in range(2000)]
    assert (min(lengths), max(lengths)) == (1341, LARGEST) == (1341, 1452)
    assert BARE_MTU - TUNNEL_MTU == 140


def test_what_is_too_long_to_pad_is_wrapped_all_the_same() -> None:
    assert len(obfuscator().wrap(bytes(1440))) == 1440 + OVERHEAD


def test_the_same_seed_makes_the_same_capture() -> None:
    assert obfuscator(7).wrap(b"x") == obfuscator(7).wrap(b"x") != obfuscator(8).wrap(b"x")


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        obfuscator(key=b"short")
