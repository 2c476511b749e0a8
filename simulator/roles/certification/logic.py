"""The lab's certification authority: a root, leaf certificates, the rules of validation.

Real X.509 with ECDSA on P-256. A leaf has what strict verification wants (RFC 5280 as
OpenSSL's VERIFY_X509_STRICT reads it, the default from Python 3.13 on): key identifiers,
key usage, extended key usage, subject alternative names. Whoever checks a certificate goes
by the real date, so the dates are an argument: the service hands in the real today.
"""

from __future__ import annotations

import datetime
from random import Random

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.roles.certification.revocation import Ledger
from simulator.wire.acme import (
    Authorization,
    Problem,
    PublicKey,
    is_host_name,
    key_authorization,
)

BACKDATED = datetime.timedelta(days=1)
"""Before today, so that a clock that is a little slow accepts the certificate."""
LEAF_LIFETIME = datetime.timedelta(days=90)
ROOT_LIFETIME = datetime.timedelta(days=3650)
NAMES_LIMIT = 100
_COMMON_NAME_LIMIT = 64  # ub-common-name, RFC 5280 appendix A.1


class Refusal(Exception):
    """An order that the authority does not follow, with the problem that it answers."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def refuse(kind: str, detail: str, status: int = 403) -> Refusal:
    """Return the refusal to raise; ``kind`` is an error type of RFC 8555 section 6.7."""
    return Refusal(Problem(kind, detail, status))


class Authority:
    """A root key and what it signs. ``today`` is aware of its time zone."""

    def __init__(self, name: str, random: Random, today: datetime.datetime) -> None:
        self._random = random
        self.ledger = Ledger()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Takedown Lab"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        self._key_identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self.root_pem = _pem(self._self_signed(today))
        """The certificate that clients trust."""

    def issue(
        self,
        names: tuple[str, ...],
        public_key: ec.EllipticCurvePublicKey,
        today: datetime.datetime,
    ) -> str:
        """Sign a certificate for validated names and return it in PEM; the root signs itself."""
        # A subject may be empty if the alternative names are critical (RFC 5280 4.2.1.6).
        named = len(names[0]) <= _COMMON_NAME_LIMIT
        common = [x509.NameAttribute(NameOID.COMMON_NAME, names[0])] if named else []
        builder = (
            self._builder(x509.Name(common), public_key, today, LEAF_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]),
                critical=not named,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                    self._key_identifier
                ),
                critical=False,
            )
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        self.ledger.issued(certificate.serial_number, names)
        return _pem(certificate)

    def revocation_list(self, today: datetime.datetime) -> bytes:
        """Return what is revoked, signed by the root, in DER (RFC 5280 section 5)."""
        return self.ledger.published(self._name, self._key, today)

    def new_token(self) -> str:
        """Return a token of 128 bits (RFC 8555 section 8.3), 32 letters of base64url."""
        return f"{self._random.getrandbits(128):032x}"

    def _self_signed(self, today: datetime.datetime) -> x509.Certificate:
        return (
            self._builder(self._name, self._key.public_key(), today, ROOT_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(self._key_identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _builder(
        self,
        subject: x509.Name,
        public_key: ec.EllipticCurvePublicKey,
        today: datetime.datetime,
        lifetime: datetime.timedelta,
    ) -> x509.CertificateBuilder:
        began = today.replace(microsecond=0) - BACKDATED
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            # 127 bits behind a leading one: positive, never zero, always of one length.
            .serial_number((1 << 126) | self._random.getrandbits(126))
            .not_valid_before(began)
            .not_valid_after(began + lifetime)
        )


def authorizations(names: tuple[str, ...], authority: Authority) -> tuple[Authorization, ...]:
    """Return a token for each name of an order; `Refusal` for names it never certifies.

    A wildcard needs the DNS challenge, which is not simulated.
    """
    if len(names) > NAMES_LIMIT or len(dict.fromkeys(names)) != len(names):
        raise refuse("malformed", f"an order has 1 to {NAMES_LIMIT} different names", 400)
    for name in names:
        if not is_host_name(name):
            raise refuse("rejectedIdentifier", f"no certificate is issued for {name!r}", 400)
    return tuple(Authorization(name, authority.new_token()) for name in names)


def check_request(csr_pem: str, names: tuple[str, ...]) -> ec.EllipticCurvePublicKey:
    """Return the key of a signing request that asks for exactly the ordered names.

    Raises `Refusal` with badCSR (RFC 8555 section 7.4) for any other request.
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key, valid = request.public_key(), request.is_signature_valid
        alternative = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        asked = alternative.value.get_values_for_type(x509.DNSName)
    except (ValueError, UnsupportedAlgorithm, x509.ExtensionNotFound, TypeError) as error:
        raise refuse("badCSR", "the signing request cannot be read", 400) from error
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise refuse("badCSR", "the signing request cannot be read", 400) from error
    if not valid or not isinstance(key, ec.EllipticCurvePublicKey):
        raise refuse("badCSR", "the signing request is not signed by a key on P-256", 400)
    if not isinstance(key.curve, ec.SECP256R1):
        raise refuse("badCSR", "the signing request is not signed by a key on P-256", 400)
    if sorted(asked) != sorted(names):
        raise refuse("badCSR", "the signing request names something else than the order", 400)
    return key


def judge_challenge(
    authorization: Authorization, account: PublicKey, status: int, body: bytes
) -> None:
    """Accept what a host showed under the challenge path, or raise `Refusal`.

    White space at the end is forgiven, as RFC 8555 section 8.3 demands. A redirect is not
    followed: that "should" of the RFC is not simulated.
    """
    expected = key_authorization(authorization.token, account)
    if status != 200 or body.rstrip() != expected.encode():
        raise refuse(
            "unauthorized",
            f"{authorization.name} did not show the token (it answered with status {status})",
        )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
