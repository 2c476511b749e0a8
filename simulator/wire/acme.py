"""What a host and a certification authority say to each other, after RFC 8555 (ACME).

Kept from the RFC: orders, tokens, key authorizations (section 8.1), the HTTP challenge
(section 8.3) and the problem types (section 6.7). **Not simulated:** the JWS envelope,
nonces, the directory, accounts that outlive an order, and polling. An order names its
account key in the clear, and the authority validates when the order is finalized:

* ``POST /new-order`` with `order_request` gives 201 and `order_reply`;
* ``POST /order/N/finalize`` with `finalize_request` gives 200 and `certificate_reply`;
* any failure is ``application/problem+json`` (RFC 7807), a `Problem`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

CHALLENGE_PREFIX = "/.well-known/acme-challenge/"
NEW_ORDER_PATH = "/new-order"
PROBLEM_PREFIX = "urn:ietf:params:acme:error:"
PROBLEM_TYPE = "application/problem+json"
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")


class AcmeError(ValueError):
    """A message that is not of this protocol."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an order was refused: ``kind`` without the URN prefix, a sentence, an HTTP status."""

    kind: str
    detail: str
    status: int = 403


class PublicKey(NamedTuple):
    """A P-256 public key as its affine coordinates."""

    x: int
    y: int


class Authorization(NamedTuple):
    """The token that must appear under ``name`` (RFC 8555 section 7.1.4)."""

    name: str
    token: str


class Order(NamedTuple):
    """What the authority answered to a new order."""

    authorizations: tuple[Authorization, ...]
    finalize: str


def is_host_name(name: str) -> bool:
    """Return whether a certificate may be asked for that name: no wildcard, no bare label."""
    return _HOST_NAME.fullmatch(name) is not None


def thumbprint(key: PublicKey) -> str:
    """Return the JWK thumbprint of a key (RFC 7638), base64url without padding."""
    canonical = json.dumps(_jwk(key), separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def key_authorization(token: str, key: PublicKey) -> str:
    """Return what the host must show under the token's path (RFC 8555 section 8.1)."""
    return f"{token}.{thumbprint(key)}"


def challenge_path(token: str) -> str:
    """Return the path of the HTTP challenge (RFC 8555 section 8.3)."""
    return CHALLENGE_PREFIX + token


def order_request(names: tuple[str, ...], account: PublicKey) -> bytes:
    """Write the body of a new order for the names."""
    return _dump({"identifiers": [_identifier(name) for name in names], "account": _jwk(account)})


def read_order_request(data: bytes) -> tuple[tuple[str, ...], PublicKey]:
    """Read the body of a new order; `AcmeError` when it is none."""
    document = _load(data)
    identifiers = _list(document, "identifiers")
    names = tuple(_name(identifier) for identifier in identifiers)
    if not names:
        raise AcmeError("an order names at least one identifier")
    return names, _read_jwk(document.get("account"))


def order_reply(order: Order) -> bytes:
    """Write the authority's answer to a new order."""
    authorizations = [
        {
            "identifier": _identifier(name),
            "challenges": [{"type": "http-01", "token": token}],
        }
        for name, token in order.authorizations
    ]
    return _dump(
        {"status": "pending", "authorizations": authorizations, "finalize": order.finalize}
    )


def read_order_reply(data: bytes) -> Order:
    """Read the authority's answer to a new order; `AcmeError` when it is none."""
    document = _load(data)
    finalize = document.get("finalize")
    if not isinstance(finalize, str) or not finalize.startswith("/"):
        raise AcmeError("the order says no path to finalize it")
    return Order(tuple(map(_authorization, _list(document, "authorizations"))), finalize)


def finalize_request(csr: str) -> bytes:
    """Write the body that finalizes an order with a signing request in PEM."""
    return _dump({"csr": csr})


def read_finalize_request(data: bytes) -> str:
    """Read the signing request; `AcmeError` when there is none."""
    return _text(_load(data), "csr")


def certificate_reply(chain: str) -> bytes:
    """Write the answer that carries the certificate in PEM."""
    return _dump({"status": "valid", "certificate": chain})


def read_certificate_reply(data: bytes) -> str:
    """Read the certificate in PEM; `AcmeError` when there is none."""
    return _text(_load(data), "certificate")


def write_problem(problem: Problem) -> bytes:
    """Write a refusal (RFC 7807)."""
    return _dump(
        {
            "type": PROBLEM_PREFIX + problem.kind,
            "detail": problem.detail,
            "status": problem.status,
        }
    )


def read_problem(data: bytes) -> Problem:
    """Read a refusal; `AcmeError` when it is none."""
    document = _load(data)
    kind, status = _text(document, "type"), document.get("status")
    if not kind.startswith(PROBLEM_PREFIX) or not isinstance(status, int):
        raise AcmeError("not a problem of this protocol")
    return Problem(kind.removeprefix(PROBLEM_PREFIX), _text(document, "detail"), status)


def _dump(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _load(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise AcmeError("the body is not JSON") from error
    if not isinstance(document, dict):
        raise AcmeError("the body is not a JSON object")
    return document


def _list(document: dict[str, Any], key: str) -> list[Any]:
    value = document.get(key)
    if not isinstance(value, list):
        raise AcmeError(f"the body has no list of {key}")
    return value


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise AcmeError(f"the body has no {key}")
    return value


def _identifier(name: str) -> dict[str, str]:
    return {"type": "dns", "value": name}


def _name(identifier: Any) -> str:
    if not isinstance(identifier, dict) or identifier.get("type") != "dns":
        raise AcmeError("only identifiers of the type dns are known")
    return _text(identifier, "value").lower()


def _authorization(document: Any) -> Authorization:
    if not isinstance(document, dict):
        raise AcmeError("an authorization is an object")
    for challenge in _list(document, "challenges"):
        if isinstance(challenge, dict) and challenge.get("type") == "http-01":
            token = _text(challenge, "token")
            if _TOKEN.fullmatch(token) is None:
                raise AcmeError("a token is 22 to 128 letters of base64url")
            return Authorization(_name(document.get("identifier")), token)
    raise AcmeError("the authority offers no http-01 challenge")


def _jwk(key: PublicKey) -> dict[str, str]:
    x, y = (_base64url(coordinate.to_bytes(32, "big")) for coordinate in key)
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _read_jwk(jwk: Any) -> PublicKey:
    if not isinstance(jwk, dict) or jwk.get("crv") != "P-256" or jwk.get("kty") != "EC":
        raise AcmeError("the account key is not a P-256 key")
    return PublicKey(_coordinate(_text(jwk, "x")), _coordinate(_text(jwk, "y")))


def _coordinate(text: str) -> int:
    try:
        octets = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except ValueError as error:
        raise AcmeError("a coordinate is 32 octets in base64url") from error
    if len(octets) != 32:
        raise AcmeError("a coordinate is 32 octets in base64url")
    return int.from_bytes(octets, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
