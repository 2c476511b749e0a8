"""The authority's certificates hold under strict verification; its rules refuse the rest."""

import contextlib
import datetime
import ssl
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.certification.logic import (
    Authority,
    Refusal,
    authorizations,
    check_request,
    judge_challenge,
)
from simulator.wire.acme import Authorization, PublicKey, key_authorization

TODAY = datetime.datetime(2026, 3, 1, 12, 30, tzinfo=datetime.UTC)
AUTHORITY = Authority("Lab Root", Random(7), TODAY)
KEY = ec.generate_private_key(ec.SECP256R1())
ACCOUNT = PublicKey(1, 2)
AUTHORIZATION = Authorization("coco.xg", "e8e5b4617589a82b5a702cfa93ea5c4e")


def signing_request(*names: str, key: object = KEY, alternative: bool = True) -> str:
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    if alternative:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return builder.sign(key, None).public_bytes(Encoding.PEM).decode()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def issued(*names: str) -> x509.Certificate:
    pem = AUTHORITY.issue(names, KEY.public_key(), TODAY)
    return x509.load_pem_x509_certificate(pem.encode())


def test_a_leaf_is_valid_from_yesterday_for_ninety_days() -> None:
    leaf = issued("coco.xg", "www.coco.xg")
    assert leaf.not_valid_before_utc == datetime.datetime(2026, 2, 28, 12, 30, tzinfo=datetime.UTC)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == datetime.timedelta(days=90)


def test_a_second_implementation_verifies_the_leaf_for_its_names_only() -> None:
    """cryptography's verifier follows the CA/Browser Forum's profile, stricter than OpenSSL."""
    root = x509.load_pem_x509_certificate(AUTHORITY.root_pem.encode())
    leaf = issued("coco.xg", "www.coco.xg")

    def verify(name: str) -> None:
        builder = PolicyBuilder().store(Store([root])).time(TODAY)
        builder.build_server_verifier(x509.DNSName(name)).verify(leaf, [])

    verify("coco.xg")
    verify("www.coco.xg")
    with pytest.raises(x509.verification.VerificationError):
        verify("garden.xg")


def test_openssl_loads_the_root_as_an_authority() -> None:
    context = ssl.create_default_context(cadata=AUTHORITY.root_pem)
    assert context.cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 1}


def test_a_name_too_long_for_a_common_name_stands_in_the_alternative_names_alone() -> None:
    name = ".".join(["a" * 40, "b" * 40, "xg"])
    leaf = issued(name)
    assert list(leaf.subject) == []
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


def test_serials_and_tokens_come_from_the_random_that_was_passed_in() -> None:
    def made(seed: int) -> tuple[int, str]:
        authority = Authority("Lab Root", Random(seed), TODAY)
        pem = authority.issue(("coco.xg",), KEY.public_key(), TODAY)
        leaf = x509.load_pem_x509_certificate(pem.encode())
        return leaf.serial_number, authority.new_token()

    assert made(1) == made(1)
    assert made(1) != made(2)
    assert made(1)[0].bit_length() == 127


def test_every_name_of_an_order_gets_a_token_of_its_own() -> None:
    first, second = authorizations(("coco.xg", "www.coco.xg"), AUTHORITY)
    assert (first.name, second.name) == ("coco.xg", "www.coco.xg")
    assert first.token != second.token


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("*.coco.xg",), "rejectedIdentifier"),
        (("192.0.2.1",), "rejectedIdentifier"),
        (("coco.xg", "coco.xg"), "malformed"),
        (tuple(f"a{n}.xg" for n in range(101)), "malformed"),
    ],
)
def test_orders_that_are_never_taken(names: tuple[str, ...], kind: str) -> None:
    with pytest.raises(Refusal) as refused:
        authorizations(names, AUTHORITY)
    assert refused.value.problem.kind == kind


def test_a_request_for_exactly_the_ordered_names_gives_its_key() -> None:
    key = check_request(signing_request("b.xg", "a.xg"), ("a.xg", "b.xg"))
    assert key == KEY.public_key()


@pytest.mark.parametrize(
    "csr",
    [
        "",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        signing_request("coco.xg", "garden.xg"),
        signing_request("garden.xg"),
        signing_request(alternative=False),
        signing_request("coco.xg", key=ec.generate_private_key(ec.SECP384R1())),
        signing_request("coco.xg", key=ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_other_requests_are_bad(csr: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_request(csr, ("coco.xg",))
    assert refused.value.problem.kind == "badCSR"


def test_a_request_that_its_key_did_not_sign_is_bad() -> None:
    """Flips one bit of the signature, the last octets of the DER."""
    request = x509.load_pem_x509_csr(signing_request("coco.xg").encode())
    der = bytearray(request.public_bytes(Encoding.DER))
    der[-1] ^= 1
    pem = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()
    with pytest.raises(Refusal, match="not signed"):
        check_request(pem, ("coco.xg",))


@given(st.binary(max_size=400))
def test_arbitrary_requests_are_read_or_refused(data: bytes) -> None:
    der = x509.load_pem_x509_csr(signing_request("coco.xg").encode()).public_bytes(Encoding.DER)
    garbled = bytes(a ^ b for a, b in zip(der, data.ljust(len(der), b"\0"), strict=False))
    body = ssl.DER_cert_to_PEM_cert(garbled).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    for pem in (body, data.decode("latin-1")):
        with contextlib.suppress(Refusal):
            check_request(pem, ("coco.xg",))


def test_only_the_tokens_authorization_is_accepted() -> None:
    right = key_authorization(AUTHORIZATION.token, ACCOUNT).encode()
    judge_challenge(AUTHORIZATION, ACCOUNT, 200, right + b"\r\n")
    for status, body in ((404, right), (301, right), (200, b""), (200, right + b"x")):
        with pytest.raises(Refusal) as refused:
            judge_challenge(AUTHORIZATION, ACCOUNT, status, body)
        assert refused.value.problem.kind == "unauthorized"
    with pytest.raises(Refusal):
        judge_challenge(AUTHORIZATION, PublicKey(2, 1), 200, right)
