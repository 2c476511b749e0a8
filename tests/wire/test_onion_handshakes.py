"""Who is who: the link's certificates, and the ntor handshake of each hop."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.onion import cells, ntor
from simulator.wire.onion.cells import Cell, OnionError, pack, pack_versions
from simulator.wire.onion.certs import pack_certs, proven_identity
from simulator.wire.onion.descriptor import RelayKeys, ed25519_public
from simulator.wire.onion.layers import Layer, RunningDigest
from simulator.wire.onion.link import CalledLink, CallingLink, IdentityMismatch, Link

KEYS = RelayKeys.generate(Random(1))
RELAY = KEYS.descriptor("guard", "192.0.2.7", 9001)
DER = b"the certificate that TLS showed"


# --- ntor ---------------------------------------------------------------------------


def test_both_ends_of_ntor_agree_on_keys() -> None:
    client = ntor.ClientHandshake(RELAY.fingerprint, RELAY.onion_key, b"c" * 32)
    reply, keys = ntor.answer(RELAY.fingerprint, KEYS.onion, b"r" * 32, client.skin)
    assert (len(client.skin), len(reply)) == (84, 64)
    assert client.finish(reply) == keys
    assert [len(key) for key in keys] == [20, 20, 16, 16]
    assert len(dict.fromkeys(keys)) == 4


@given(st.binary(max_size=200))
def test_the_keys_are_those_of_hkdf_with_sha256(secret: bytes) -> None:
    """tor-spec 5.2.2: salt t_key, info m_expand; here from another implementation."""
    salt, info = b"ntor-curve25519-sha256-1:key_extract", b"ntor-curve25519-sha256-1:key_expand"
    assert b"".join(ntor._derive(secret)) == HKDF(SHA256(), 72, salt, info).derive(secret)


def test_a_relay_without_the_onion_key_cannot_answer() -> None:
    client = ntor.ClientHandshake(RELAY.fingerprint, RELAY.onion_key, b"c" * 32)
    forged = RelayKeys.generate(Random(2))
    with pytest.raises(OnionError, match="another relay"):
        ntor.answer(RELAY.fingerprint, forged.onion, b"r" * 32, client.skin)
    skin = client.skin[:20] + forged.descriptor("x", "192.0.2.8", 1).onion_key + client.skin[52:]
    reply, _ = ntor.answer(RELAY.fingerprint, forged.onion, b"r" * 32, skin)
    with pytest.raises(OnionError, match="does not hold the onion key"):
        client.finish(reply)


@given(st.binary(max_size=100))
def test_garbage_for_a_handshake_is_an_error_of_ours(data: bytes) -> None:
    client = ntor.ClientHandshake(RELAY.fingerprint, RELAY.onion_key, b"c" * 32)
    with pytest.raises(OnionError):
        client.finish(data)
    with pytest.raises(OnionError):
        ntor.answer(RELAY.fingerprint, KEYS.onion, b"r" * 32, data)


def test_a_key_that_yields_no_secret_is_refused() -> None:
    skin = RELAY.fingerprint + RELAY.onion_key + bytes(32)
    with pytest.raises(OnionError, match="no secret"):
        ntor.answer(RELAY.fingerprint, KEYS.onion, b"r" * 32, skin)


# --- layers -------------------------------------------------------------------------


def test_a_layer_is_aes_in_counter_mode_and_taken_off_in_order() -> None:
    keys = ntor.CircuitKeys(b"f" * 20, b"b" * 20, bytes(16), b"k" * 16)
    one, other = Layer(keys), Layer(keys)
    # NIST's AES-128 of the zero block under the zero key.
    assert one.forward(bytes(16)).hex() == "66e94bd4ef8a2c3b884cfa59ca342b2e"
    other.forward(bytes(16))
    for cell in (b"first", b"second"):
        assert other.forward(one.forward(cell)) == cell
        assert other.backward(one.backward(cell)) == cell


def test_the_digest_runs_over_all_cells_so_far() -> None:
    body = bytes(509)
    sealing, opening = RunningDigest(b"seed"), RunningDigest(b"seed")
    first, second = sealing.seal(body), sealing.seal(body)
    assert first[5:9] == hashlib.sha1(b"seed" + body).digest()[:4]
    assert second[5:9] == hashlib.sha1(b"seed" + body + body).digest()[:4]
    assert not opening.recognises(second)  # out of order: and it does not count
    assert opening.recognises(first)
    assert opening.recognises(second)
    assert opening.latest == sealing.latest
    assert not opening.recognises(second)  # not twice


# --- certificates -------------------------------------------------------------------


def test_a_relay_proves_its_identity_for_one_tls_certificate() -> None:
    payload = pack_certs(KEYS.identity, KEYS.signing, DER)
    assert proven_identity(payload, DER) == RELAY.identity == ed25519_public(KEYS.identity)
    with pytest.raises(OnionError, match="another TLS certificate"):
        proven_identity(payload, b"somebody else's certificate")


def test_no_changed_octet_of_a_proof_goes_unnoticed() -> None:
    """Whatever an attacker changes, he proves no identity, or still the signer's own."""
    payload = pack_certs(KEYS.identity, KEYS.signing, DER)
    accepted = []
    for place in range(len(payload)):
        changed = bytearray(payload)
        changed[place] ^= 1
        try:
            proven_identity(bytes(changed), DER)
        except OnionError:
            continue
        accepted.append(place)
    assert accepted == []


@given(st.binary(max_size=400))
def test_garbage_proves_nothing(payload: bytes) -> None:
    with pytest.raises(OnionError):
        proven_identity(payload, DER)


# --- the link -----------------------------------------------------------------------


def called() -> CalledLink:
    certs = pack_certs(KEYS.identity, KEYS.signing, DER)
    return CalledLink(certs, ("192.0.2.7",), "198.51.100.20", Random(1))


def calling(identity: bytes = RELAY.identity, certificate: bytes = DER) -> CallingLink:
    return CallingLink(identity, certificate, "192.0.2.7")


def talk(caller: Link, relay: Link) -> None:
    while caller.outgoing or relay.outgoing:
        assert relay.receive(caller.take()) == []
        assert caller.receive(relay.take()) == []


def test_a_link_opens_in_one_round_trip_and_then_carries_cells() -> None:
    caller, relay = calling(), called()
    assert caller.take() == pack_versions()
    relay.receive(pack_versions())
    caller.receive(relay.take())
    assert (caller.is_open, relay.is_open) == (True, False)
    relay.receive(caller.take())
    assert relay.is_open
    assert relay.receive(pack(Cell(9, cells.CREATE2, bytes(509)))) == [
        Cell(9, cells.CREATE2, bytes(509))
    ]


def test_what_the_relay_says_of_itself_and_its_caller() -> None:
    caller, relay = calling(), called()
    relay.receive(caller.take())
    said = cells.CellReader().feed(relay.take())
    assert [cell.command for cell in said] == [
        cells.VERSIONS,
        cells.CERTS,
        cells.AUTH_CHALLENGE,
        cells.NETINFO,
    ]
    netinfo = bytes(4) + b"\4\4" + bytes([198, 51, 100, 20]) + b"\1\4\4" + bytes([192, 0, 2, 7])
    assert said[3].payload == netinfo.ljust(509, b"\0")


def test_a_relay_that_is_not_the_one_that_was_called_is_refused() -> None:
    other = RelayKeys.generate(Random(2)).descriptor("other", "192.0.2.7", 9001)
    with pytest.raises(IdentityMismatch):
        talk(calling(identity=other.identity), called())


def test_somebody_in_the_middle_with_a_certificate_of_his_own_is_refused() -> None:
    with pytest.raises(OnionError, match="another TLS certificate"):
        talk(calling(certificate=b"the interceptor's"), called())


def test_a_relay_that_proves_nothing_does_not_get_a_link() -> None:
    caller = calling()
    with pytest.raises(OnionError, match="out of place"):
        caller.receive(pack_versions() + pack(Cell(0, cells.NETINFO, b"")))


def test_no_version_in_common_ends_it() -> None:
    with pytest.raises(OnionError, match="no version"):
        called().receive(b"\0\0\x07\0\4\0\3\0\5")


def test_cells_of_circuits_before_the_link_is_open_end_it() -> None:
    with pytest.raises(OnionError, match="out of place"):
        called().receive(pack_versions() + pack(Cell(9, cells.CREATE2, b"")))


def test_padding_is_ignored_at_any_time() -> None:
    caller, relay = calling(), called()
    relay.receive(caller.take() + pack(Cell(0, cells.VPADDING, b"xyz")))
    caller.receive(relay.take())
    assert relay.receive(caller.take() + pack(Cell(0, cells.PADDING, b""))) == []
    assert relay.is_open


@given(st.binary(max_size=2000))
def test_garbage_after_versions_is_cells_or_an_error_of_ours(data: bytes) -> None:
    for link in (calling(), called()):
        try:
            link.receive(pack_versions() + data)
        except OnionError:
            continue
