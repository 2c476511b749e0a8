"""WireGuard's bytes: known answers, sizes, and what Wireshark decrypts with the keys."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.values import Datagram, Packet
from simulator.wire import ip
from simulator.wire.pcapng import CaptureWriter
from simulator.wire.wireguard import Interface, new_private_key, public_key
from simulator.wire.wireguard.cookie import hchacha20, open_cookie, seal_cookie
from simulator.wire.wireguard.handshake import (
    HandshakeFailed,
    Initiator,
    open_initiation,
    respond,
    tai64n,
)
from simulator.wire.wireguard.keys import shared_secret
from simulator.wire.wireguard.messages import (
    Initiation,
    kind_of,
    mac1_key,
    pack_initiation,
    pack_response,
    sign,
)
from simulator.wire.wireguard.session import Session

INITIATOR, RESPONDER, FIRST_EPHEMERAL, SECOND_EPHEMERAL = (
    bytes([byte]) * 32 for byte in (0x11, 0x22, 0x33, 0x44)
)
PRESHARED = bytes(range(32))
TIMESTAMP = bytes.fromhex("4000000066" + "00" * 7)


# --- known answers ------------------------------------------------------------------


def test_the_handshake_is_noise_ikpsk2_as_another_implementation_has_it() -> None:
    """The expected bytes come from an independent Noise implementation given the same keys."""
    initiator = Initiator(
        INITIATOR,
        public_key(RESPONDER),
        FIRST_EPHEMERAL,
        shared_secret(INITIATOR, public_key(RESPONDER)),
        PRESHARED,
    )
    initiation = initiator.initiate(1, TIMESTAMP)
    assert b"".join(initiation[1:]).hex() == (
        "7b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b14"
        "81e498317da959fba46669572516a5e6c021bfa620bb6c56ca0082e1feae14988c2c64d024c617734a263f76"
        "a008df04d0f94bad8db4afc2e1c26955bb3a2c1bc739bfc6d01538dfa03f6632"
    )
    opened = open_initiation(RESPONDER, public_key(RESPONDER), initiation)
    assert (opened.static, opened.timestamp) == (public_key(INITIATOR), TIMESTAMP)
    response, responder_keys = respond(opened, 2, SECOND_EPHEMERAL, PRESHARED)
    assert b"".join(response[2:]).hex() == (
        "ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c1fff3e6b"
        "d59f6d69948a663daef0c454f2e98433"
    )
    initiator_keys = initiator.finish(response)
    assert (initiator_keys.send, initiator_keys.receive) == responder_keys[::-1]
    for keys, plain, sealed in (
        (initiator_keys, b"ping", "24d3f2608593da15ee8391bef4d2633da0bde137"),
        (responder_keys, b"pong", "4dd25a500e34ce45082ac30e68b253f4e9c0cd07"),
    ):
        session = Session(keys, 1, 2, 0, initiator=True)
        # Ours pads, so only the stream part of the ciphertext can be compared.
        assert session.encrypt(plain)[16:20].hex() == sealed[:8]


def test_hchacha20_has_the_drafts_test_vector() -> None:
    """draft-irtf-cfrg-xchacha-03, section 2.2.1."""
    nonce = bytes.fromhex("000000090000004a0000000031415927")
    assert hchacha20(bytes(range(32)), nonce).hex() == (
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    )


def test_xchacha20_poly1305_has_the_drafts_test_vector() -> None:
    """draft-irtf-cfrg-xchacha-03, appendix A.3.1."""
    plain = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip "
        b"for the future, sunscreen would be it."
    )
    key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
    data = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    sealed = seal_cookie(key, nonce, plain, data)
    assert sealed[:16].hex() == "bd6d179d3e83d43b9576579493c0e939"
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"
    assert open_cookie(key, nonce, sealed, data) == plain
    assert open_cookie(key, nonce, sealed, b"another message") is None


def test_tai64n_counts_from_1970_with_ten_seconds_more() -> None:
    assert tai64n(0).hex() == "400000000000000a" + "00000000"
    assert tai64n(1_719_302_400_500_000).hex() == "40000000667a790a" + "1dcd6500"


# --- refusals -----------------------------------------------------------------------


def test_a_handshake_with_another_preshared_key_fails() -> None:
    initiator = Initiator(
        INITIATOR,
        public_key(RESPONDER),
        FIRST_EPHEMERAL,
        shared_secret(INITIATOR, public_key(RESPONDER)),
        PRESHARED,
    )
    opened = open_initiation(RESPONDER, public_key(RESPONDER), initiator.initiate(1, TIMESTAMP))
    response, _ = respond(opened, 2, SECOND_EPHEMERAL)
    with pytest.raises(HandshakeFailed):
        initiator.finish(response)


def test_a_key_that_yields_no_secret_fails_the_handshake() -> None:
    with pytest.raises(HandshakeFailed):
        open_initiation(
            RESPONDER, public_key(RESPONDER), Initiation(1, bytes(32), bytes(48), bytes(28))
        )


@pytest.mark.parametrize(
    ("kind", "length", "expected"),
    [
        (1, 148, 1),
        (2, 92, 2),
        (3, 64, 3),
        (4, 32, 4),
        (4, 1456, 4),
        (4, 16, 0),
        (4, 40, 0),
        (1, 147, 0),
        (2, 148, 0),
        (5, 64, 0),
        (0, 0, 0),
    ],
)
def test_a_message_is_known_by_its_type_and_a_length_that_fits(
    kind: int, length: int, expected: int
) -> None:
    assert kind_of((bytes([kind, 0, 0, 0]) + bytes(length))[:length]) == expected


def test_the_reserved_bytes_must_be_zero() -> None:
    assert kind_of(b"\x04\x00\x00\x01" + bytes(28)) == 0


@given(st.binary(min_size=32, max_size=160), st.sampled_from([0, 1, 2, 3, 4]))
def test_garbage_of_any_type_and_size_is_met_with_silence(noise: bytes, kind: int) -> None:
    random = Random(1)
    interface = Interface(RESPONDER, random)
    peer = interface.add_peer(public_key(INITIATOR))
    (initiation,) = peer.initiate(0)
    index = initiation[4:8]
    lengths = {0: len(noise), 1: 148, 2: 92, 3: 64, 4: len(noise) // 16 * 16}
    garbage = bytes([kind, 0, 0, 0]) + index + index + (noise * 5)[12:]
    for length in (lengths[kind], lengths[kind] - 1):
        assert interface.receive(garbage[:length], 0) is None


def test_garbage_with_a_valid_mac1_is_met_with_silence() -> None:
    """MAC1 needs only the public key, so a stranger can make it."""
    interface = Interface(RESPONDER, Random(1))
    interface.add_peer(public_key(INITIATOR))
    key = mac1_key(public_key(RESPONDER))
    for ephemeral in (bytes(32), public_key(FIRST_EPHEMERAL)):
        forged = pack_initiation(Initiation(7, ephemeral, bytes(48), bytes(28)))
        assert interface.receive(sign(forged, key), 0) is None


# --- what Wireshark makes of it -----------------------------------------------------


def tshark(*arguments: str) -> list[str]:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    done = subprocess.run(
        ("tshark", "-n", *arguments), check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.splitlines()


class RecordingRandom(Random):
    """Remembers the 32-byte keys that were drawn: static or ephemeral."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.drawn: list[bytes] = []

    def randbytes(self, n: int) -> bytes:
        drawn = super().randbytes(n)
        self.drawn.append(drawn)
        return drawn


@pytest.fixture
def tunnel_capture(tmp_path: Path) -> tuple[Path, Path]:
    """A handshake, a packet each way and a keepalive; and the client's keys to read them."""
    random = RecordingRandom(7)
    client_key, exit_key = new_private_key(random), new_private_key(random)
    client = Interface(client_key, random, calendar_start=1_719_302_400_000_000)
    exit_side = Interface(exit_key, random)
    to_exit = client.add_peer(exit_side.public_key, PRESHARED)
    to_client = exit_side.add_peer(client.public_key, PRESHARED)
    question = ip.encode(Packet("198.19.240.2", "198.51.100.80", Datagram(47001, 47002, b"out")))
    answer = ip.encode(Packet("198.51.100.80", "198.19.240.2", Datagram(47002, 47001, b"back")))
    sent: list[tuple[bool, bytes]] = []

    drawn = len(random.drawn)
    (initiation,) = to_exit.send(question, 0)
    ephemeral = random.drawn[drawn]
    sent.append((True, initiation))
    received = exit_side.receive(initiation, 1)
    assert received is not None
    sent += [(False, datagram) for datagram in received.datagrams]
    finished = client.receive(received.datagrams[0], 2)
    assert finished is not None
    sent += [(True, datagram) for datagram in finished.datagrams]
    assert exit_side.receive(finished.datagrams[0], 3) is not None
    sent += [(False, datagram) for datagram in to_client.send(answer, 4)]
    assert client.receive(sent[-1][1], 5) is not None
    sent += [(True, datagram) for datagram in to_exit.on_timer(10_000_005)]

    capture = tmp_path / "tunnel.pcapng"
    with capture.open("wb") as file:
        writer = CaptureWriter(file.write)
        number = writer.add_interface("wire")
        for at, (outwards, datagram) in enumerate(sent):
            ends = ("192.0.2.7", "203.0.113.99") if outwards else ("203.0.113.99", "192.0.2.7")
            ports = (40000, 51820) if outwards else (51820, 40000)
            packet = Packet(*ends, Datagram(*ports, datagram))
            writer.add_packet(number, at, ip.encode(packet))
    keys = tmp_path / "keys.log"
    keys.write_text(
        "".join(
            f"{name} = {base64.b64encode(key).decode()}\n"
            for name, key in (
                ("LOCAL_STATIC_PRIVATE_KEY", client_key),
                ("REMOTE_STATIC_PUBLIC_KEY", exit_side.public_key),
                ("LOCAL_EPHEMERAL_PRIVATE_KEY", ephemeral),
                ("PRESHARED_KEY", PRESHARED),
            )
        )
    )
    return capture, keys


@pytest.mark.client
def test_without_the_keys_a_bystander_sees_wireguard_and_nothing_else(
    tunnel_capture: tuple[Path, Path],
) -> None:
    capture, _ = tunnel_capture
    lines = tshark("-r", str(capture), "-Tfields", "-e", "frame.protocols", "-e", "wg.type")
    assert lines == [f"raw:ip:udp:wg\t{kind}" for kind in (1, 2, 4, 4, 4)]
    assert tshark("-r", str(capture), "-Y", "_ws.malformed || wg.bad_packet_length") == []


@pytest.mark.client
def test_with_the_keys_wireshark_follows_the_handshake_and_reads_the_packets(
    tunnel_capture: tuple[Path, Path],
) -> None:
    """A second implementation of the protocol arrives at our session keys."""
    capture, keys = tunnel_capture
    opened = ("-r", str(capture), "-o", f"wg.keylog_file:{keys}", "-Tfields")
    handshake = tshark(*opened, "-e", "wg.handshake_ok", "-Y", "wg.type == 2")
    assert handshake in (["1"], ["True"])
    inner = tshark(*opened, "-e", "ip.src", "-e", "data.data", "-Y", "wg.type == 4")
    assert inner == [
        "192.0.2.7,198.19.240.2\t6f7574",
        "203.0.113.99,198.51.100.80\t6261636b",
        "192.0.2.7\t",
    ]
    assert len(tshark(*opened, "-e", "wg.type", "-Y", "wg.keepalive")) == 1
    date = tshark(*opened, "-e", "wg.timestamp.value", "-Y", "wg.type == 1")
    # Wireshark shows TAI as if it were UTC; TAI64N counts ten seconds more, as WireGuard does.
    assert "08:00:10" in date[0]


def test_response_and_initiation_have_the_sizes_of_the_paper() -> None:
    key = mac1_key(public_key(RESPONDER))
    initiation = Initiation(1, bytes(32), bytes(48), bytes(28))
    assert len(sign(pack_initiation(initiation), key)) == 148
    opened_by_wire = Initiator(
        INITIATOR,
        public_key(RESPONDER),
        FIRST_EPHEMERAL,
        shared_secret(INITIATOR, public_key(RESPONDER)),
    ).initiate(1, TIMESTAMP)
    opened = open_initiation(RESPONDER, public_key(RESPONDER), opened_by_wire)
    response, _ = respond(opened, 2, SECOND_EPHEMERAL)
    assert len(sign(pack_response(response), key)) == 92
