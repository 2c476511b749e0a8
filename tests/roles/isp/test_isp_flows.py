"""A client's octets come in order, whatever the network made of their segments."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.isp.flows import ClientStream
from simulator.values import ACK, SYN, Packet, Segment

DATA = bytes(range(200))


def segment(sequence: int, data: bytes) -> Segment:
    return Segment(5000, 80, sequence % 2**32, 1, ACK, 65535, data)


def stream(first: int = 1000) -> ClientStream:
    syn = Segment(5000, 80, first % 2**32, 0, SYN, 65535, b"", 1460)
    return ClientStream(Packet("192.0.2.10", "198.51.100.20", syn), syn)


@given(
    st.lists(st.integers(1, 199), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
    st.randoms(use_true_random=False),
)
def test_retransmitted_reordered_and_overlapping_segments_give_the_stream_once(
    cuts: list[int], first: int, chance: random.Random
) -> None:
    edges = [0, *sorted(cuts), len(DATA)]
    pieces = [(a, b) for a, b in itertools.pairwise(edges) if a < b]
    pieces += [(max(0, a - chance.randint(0, 20)), b) for a, b in pieces]
    chance.shuffle(pieces)
    taken = stream(first)
    got = b"".join(taken.take(segment(first + 1 + a, DATA[a:b])) for a, b in pieces)
    assert got == DATA


def test_what_waits_for_a_gap_is_bounded() -> None:
    taken = stream()
    for number in range(100):
        assert taken.take(segment(1002 + number, b"x")) == b""
    assert taken.take(segment(1001, b"x")) == b"x" * 65


def test_a_segment_without_data_is_nothing() -> None:
    taken = stream()
    assert taken.take(segment(1001, b"")) == b""
    assert taken.take(segment(1001, b"a")) == b"a"
    assert taken.take(segment(1001, b"a")) == b""
