"""Only names, addresses and numbers that nobody can hold on the live Internet."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.world.reserved import NotReserved, address, as_number, domain_name, prefix


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("clips.test", "clips.test"),
        ("Coco.XG.", "coco.xg"),
        ("a.example", "a.example"),
        ("shop.aa", "shop.aa"),
        ("shop.qm", "shop.qm"),
        ("shop.qz", "shop.qz"),
        ("shop.xa", "shop.xa"),
        ("shop.zz", "shop.zz"),
        ("*.clips.test", "*.clips.test"),
        ("_acme-challenge.clips.test", "_acme-challenge.clips.test"),
        ("xn--caf-dma.test", "xn--caf-dma.test"),
    ],
)
def test_reserved_names_are_taken_in_canonical_form(written: str, name: str) -> None:
    assert domain_name(written) == name


@pytest.mark.parametrize(
    "name", ["coco.gg", "clips.com", "shop.ql", "shop.zy", "shop.ab", "example.com", "x.testing"]
)
def test_names_that_could_be_live_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(NotReserved) as caught:
        domain_name(name)
    assert str(caught.value) == (
        f"'{name}' could be a live name: use names under .test, .example or a two-letter code"
        " that no country will hold (.aa, .qm to .qz, .xa to .xz, .zz)"
    )


@pytest.mark.parametrize(
    "name", ["", ".", "a..test", "-a.test", "a-.test", "é.test", f"{'a' * 64}.test", "a b.test"]
)
def test_what_is_no_domain_name_is_refused(name: str) -> None:
    with pytest.raises(NotReserved, match="is not a domain name"):
        domain_name(name)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("198.51.100.255", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.0"),
        ("198.19.255.255", "198.19.255.255"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("3fff:fff::1", "3fff:fff::1"),
    ],
)
def test_reserved_addresses_are_taken_in_canonical_form(written: str, canonical: str) -> None:
    assert address(written) == canonical


@pytest.mark.parametrize("live", ["8.8.8.8", "192.0.3.1", "198.20.0.0", "2001:db9::1", "127.0.0.1"])
def test_addresses_that_could_be_live_are_refused_with_the_reason(live: str) -> None:
    with pytest.raises(NotReserved) as caught:
        address(live)
    assert str(caught.value) == (
        f"{live} could be a live address: use 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24,"
        " 198.18.0.0/15, 2001:db8::/32 or 3fff::/20"
    )


def test_a_prefix_must_lie_wholly_in_a_reserved_one() -> None:
    assert prefix("198.18.0.0/15") == "198.18.0.0/15"
    with pytest.raises(NotReserved, match="could be a live address"):
        prefix("198.16.0.0/14")
    with pytest.raises(NotReserved, match=r"is not a prefix such as 198\.18\.1\.0/24"):
        prefix("198.18.1.1/24")


@pytest.mark.parametrize("number", [64496, 64511, 65536, 65551, 64512, 65534, 4_200_000_000])
def test_documentation_and_private_as_numbers_are_taken(number: int) -> None:
    assert as_number(number) == number


@pytest.mark.parametrize("number", [0, 1, 3215, 64495, 65535, 65552, 4_294_967_295])
def test_other_as_numbers_are_refused(number: int) -> None:
    with pytest.raises(NotReserved, match=f"AS{number} could be a live network"):
        as_number(number)


@given(st.text())
def test_any_text_is_taken_or_refused(text: str) -> None:
    for check in (domain_name, address, prefix):
        with suppress(NotReserved):
            assert check(text)
