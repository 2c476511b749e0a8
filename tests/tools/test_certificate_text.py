"""Certificates in the words of curl and openssl."""

from __future__ import annotations

import ssl

import trustme
from hypothesis import given
from hypothesis import strategies as st

from simulator.tools.certificate_text import certificate_text, signed_by


def der(pem: trustme.Blob) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.bytes().decode())


def test_a_certificate_says_for_whom_by_whom_and_how() -> None:
    authority = trustme.CA(organization_name="Lab")
    leaf = der(authority.issue_cert("lab.test", common_name="lab.test").cert_chain_pems[0])
    text = certificate_text(leaf)
    assert text is not None
    assert "CN=lab.test" in text.subject
    assert "O=Lab" in text.issuer
    assert text.names == ("lab.test",)
    assert (text.key, text.key_bits, text.signature) == (
        "id-ecPublicKey",
        256,
        "ecdsa-with-SHA256",
    )
    assert ssl.PEM_cert_to_DER_cert(text.pem) == leaf
    rsa = authority.issue_cert("lab.test", key_type=trustme.KeyType.RSA)
    read = certificate_text(der(rsa.cert_chain_pems[0]))
    assert read is not None
    assert (read.key, read.key_bits) == ("rsaEncryption", 2048)


def test_a_signature_is_that_of_one_key_only() -> None:
    one, other = trustme.CA(), trustme.CA()
    leaf = der(one.issue_cert("lab.test").cert_chain_pems[0])
    assert signed_by(leaf, der(one.cert_pem))
    assert not signed_by(leaf, der(other.cert_pem))
    assert signed_by(der(one.cert_pem), der(one.cert_pem))
    assert not signed_by(b"garbage", leaf)


@given(st.binary(max_size=200))
def test_what_is_no_certificate_has_no_text(data: bytes) -> None:
    assert certificate_text(data) is None
    assert not signed_by(data, data)
