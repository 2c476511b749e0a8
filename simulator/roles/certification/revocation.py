"""What an authority issued and revoked, and the list that it publishes of that (RFC 5280
section 5).

A revocation is of certificates, not of names: whoever holds the name orders a new one. Nobody
is told, either: who does not fetch the list, as most browsers do not, sees nothing of it.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

VALIDITY = datetime.timedelta(days=7)
"""How long a list may be relied on."""


class Ledger:
    """Serial numbers by name, in the order of issue, and those that are revoked since when."""

    def __init__(self) -> None:
        self._issued: dict[int, tuple[str, ...]] = {}
        self._revoked: dict[int, datetime.datetime] = {}

    def __repr__(self) -> str:
        return f"<Ledger {len(self._issued)} issued, {len(self._revoked)} revoked>"

    def issued(self, serial: int, names: tuple[str, ...]) -> None:
        """Note a certificate."""
        self._issued[serial] = names

    def revoke(self, name: str, today: datetime.datetime) -> tuple[int, ...]:
        """Revoke every certificate of a name; return the serial numbers, none if none is left.

        The other names of such a certificate lose it with it.
        """
        serials = tuple(
            serial
            for serial, names in self._issued.items()
            if name in names and serial not in self._revoked
        )
        self._revoked |= dict.fromkeys(serials, today)
        return serials

    def names_on(self, serial: int) -> tuple[str, ...]:
        """Return the names of a certificate."""
        return self._issued[serial]

    def published(
        self, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, today: datetime.datetime
    ) -> bytes:
        """Return the signed list in DER."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer)
            .last_update(today)
            .next_update(today + VALIDITY)
            .add_extension(x509.CRLNumber(len(self._revoked)), critical=False)
        )
        for serial, since in self._revoked.items():
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(since)
                .build()
            )
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
