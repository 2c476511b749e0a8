"""Orders, tokens and problems: what is written is read back, and anything else is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire import acme

KEY = acme.PublicKey(
    int("30a0424cd21c2944838a2d75c92b37e76ea20d9f00893a3b4eee8a3c0aafec3e", 16),
    int("e04b65e92456d9888b52b379bdfbd51ee869ef1f0fc65b6659695b6cce081723", 16),
)
TOKEN = "e8e5b4617589a82b5a702cfa93ea5c4e"
THUMBPRINT = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_the_thumbprint_is_that_of_the_canonical_key() -> None:
    """Members in order, no spaces (RFC 7638 section 3.3); the value was computed with OpenSSL."""
    assert acme.thumbprint(KEY) == THUMBPRINT
    assert acme.key_authorization(TOKEN, KEY) == f"{TOKEN}.{THUMBPRINT}"


def test_the_challenge_is_where_rfc_8555_puts_it() -> None:
    assert acme.challenge_path("abc") == "/.well-known/acme-challenge/abc"


def test_an_order_survives_the_wire() -> None:
    names = ("coco.xg", "www.coco.xg")
    assert acme.read_order_request(acme.order_request(names, KEY)) == (names, KEY)
    order = acme.Order(
        tuple(acme.Authorization(name, TOKEN) for name in names), "/order/1/finalize"
    )
    assert acme.read_order_reply(acme.order_reply(order)) == order
    assert acme.read_finalize_request(acme.finalize_request("PEM")) == "PEM"
    assert acme.read_certificate_reply(acme.certificate_reply("PEM")) == "PEM"


def test_a_problem_carries_its_urn() -> None:
    problem = acme.Problem("unauthorized", "no token", 403)
    data = acme.write_problem(problem)
    assert json.loads(data)["type"] == "urn:ietf:params:acme:error:unauthorized"
    assert acme.read_problem(data) == problem


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("coco.xg", True),
        ("a-b.c.test", True),
        ("*.coco.xg", False),
        ("localhost", False),
        ("192.0.2.1", False),
        ("coco.xg.", False),
        ("-a.xg", False),
        ("a" * 64 + ".xg", False),
        ("coco .xg", False),
    ],
)
def test_which_names_may_be_certified(name: str, allowed: bool) -> None:
    assert acme.is_host_name(name) is allowed


READERS = (
    acme.read_order_request,
    acme.read_order_reply,
    acme.read_finalize_request,
    acme.read_certificate_reply,
    acme.read_problem,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["identifiers", "account", "authorizations", "finalize", "csr", "type", "value",
             "challenges", "identifier", "token", "crv", "kty", "x", "y", "detail", "status"]
        ),
        inner | st.sampled_from(["dns", "http-01", "P-256", "EC", "/f"]),
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_is_read_or_refused_with_the_protocols_own_error(data: bytes) -> None:
    for reader in READERS:
        try:
            reader(data)
        except acme.AcmeError:
            continue
