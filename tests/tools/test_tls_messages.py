"""What is heard of a TLS handshake: each message, and the certificates in one of them."""

from __future__ import annotations

import contextlib
import ssl

import trustme
from hypothesis import given
from hypothesis import strategies as st

from simulator.tools.tls_messages import TlsMessage, chain_in, listen


def shake_hands(heard: list[TlsMessage]) -> bytes:
    """Shake hands in memory; return the server's certificate."""
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("lab.test").configure_cert(server_side)
    client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client_side)
    listen(client_side, heard.append)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname="lab.test")
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for end in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return client.getpeercert(True) or b""


def test_the_messages_of_a_handshake_and_its_certificates() -> None:
    heard: list[TlsMessage] = []
    certificate = shake_hands(heard)
    told = [(each.direction, each.name, each.number) for each in heard]
    assert told[:6] == [
        ("OUT", "Client hello", 1),
        ("IN", "Server hello", 2),
        ("IN", "Encrypted Extensions", 8),
        ("IN", "Certificate", 11),
        ("IN", "CERT verify", 15),
        ("IN", "Finished", 20),
    ]
    assert {each.version for each in heard} == {"TLSv1.3"}
    assert heard[0].octets[:1] == b"\1"
    chain = chain_in(heard[3])
    assert chain is not None
    assert chain[0] == certificate
    assert all(chain_in(each) is None for each in heard[:3])


@given(st.binary(max_size=80))
def test_a_damaged_certificate_message_yields_some_octets_or_none(data: bytes) -> None:
    message = TlsMessage(False, "TLSv1.3", "TLS handshake", "Certificate", 11, data)
    chain = chain_in(message)
    assert chain is None or all(isinstance(each, bytes) for each in chain)
