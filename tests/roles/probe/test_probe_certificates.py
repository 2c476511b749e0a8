"""What a certificate says, and for which hosts it is good."""

import datetime
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.certification.logic import Authority
from simulator.roles.probe.certificates import is_for, read_certificate
from simulator.values import CertificateSeen

TODAY = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def issued(*names: str) -> bytes:
    pem = Authority("Lab Root", Random(1), TODAY).issue(names, KEY.public_key(), TODAY)
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def test_subject_names_and_issuer_are_read() -> None:
    assert read_certificate(issued("coco.xg", "www.coco.xg")) == CertificateSeen(
        "coco.xg", ("coco.xg", "www.coco.xg"), "Lab Root"
    )


def test_a_bare_certificate_is_read_as_it_is() -> None:
    """Self-signed, no names, no common name: what a careless box on the path shows."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Box")])
    certificate = (
        x509.CertificateBuilder(name, name, KEY.public_key(), 5, TODAY, TODAY)
        .sign(KEY, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    assert read_certificate(certificate) == CertificateSeen("O=Box", (), "O=Box")


@pytest.mark.parametrize(
    ("names", "host", "good"),
    [
        (("coco.xg",), "coco.xg", True),
        (("coco.xg",), "www.coco.xg", False),
        (("*.coco.xg",), "www.coco.xg", True),
        (("*.coco.xg",), "coco.xg", False),
        (("*.coco.xg",), "a.b.coco.xg", False),
        (("192.0.2.1",), "192.0.2.1", True),
        ((), "coco.xg", False),
    ],
)
def test_for_which_hosts(names: tuple[str, ...], host: str, good: bool) -> None:
    """RFC 9525: the common name does not count, a wildcard is one whole label."""
    assert is_for(CertificateSeen(host, names, "Lab Root"), host) is good


@given(st.binary(max_size=300), st.integers(0, 250))
def test_any_octets_are_a_certificate_or_none(data: bytes, place: int) -> None:
    whole = issued("coco.xg")
    for octets in (data, whole[:place] + data[:4] + whole[place + 4 :]):
        assert isinstance(read_certificate(octets), CertificateSeen | None)
