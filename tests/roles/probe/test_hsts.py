"""HSTS as RFC 6797 has it, in lab time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.roles.probe.hsts import HstsStore, Policy, read_policy
from simulator.values import SECOND


@pytest.mark.parametrize(
    ("field", "policy"),
    [
        ("max-age=3600", Policy(3600, False)),
        ('max-age="3600"; includeSubDomains', Policy(3600, True)),
        (" Max-Age = 5 ;; INCLUDESUBDOMAINS ; preload", Policy(5, True)),
        ("max-age=0", Policy(0, False)),
        ("max-age=" + "9" * 50, Policy(10**12, False)),
        ("includeSubDomains", None),
        ("max-age=1; max-age=2", None),
        ("max-age=-1", None),
        ("max-age=ten", None),
        ("max-age=\u0663", None),
        ("", None),
        ("max-age=1 2", None),
    ],
)
def test_what_a_field_says(field: str, policy: Policy | None) -> None:
    assert read_policy(field) == policy


def test_a_host_is_known_until_its_time_is_up() -> None:
    store = HstsStore()
    store.remember("coco.xg", "max-age=10", now=5 * SECOND)
    assert store.covers("coco.xg", 15 * SECOND - 1)
    assert not store.covers("coco.xg", 15 * SECOND)
    assert repr(store) == "<HstsStore ['coco.xg']>"


def test_subdomains_are_known_only_if_the_parent_includes_them() -> None:
    store = HstsStore()
    store.remember("coco.xg", "max-age=10", 0)
    assert not store.covers("www.coco.xg", 1)
    store.remember("coco.xg", "max-age=10; includeSubDomains", 0)
    assert store.covers("a.www.coco.xg", 1)
    assert not store.covers("notcoco.xg", 1)


def test_max_age_zero_is_forgotten_and_nonsense_changes_nothing() -> None:
    store = HstsStore()
    store.remember("coco.xg", "max-age=10", 0)
    store.remember("coco.xg", "nonsense", 0)
    assert store.covers("coco.xg", 1)
    store.remember("coco.xg", "max-age=0", 1)
    assert not store.covers("coco.xg", 1)


def test_an_address_is_never_a_known_host() -> None:
    store = HstsStore()
    for host in ("192.0.2.1", "2001:db8::1"):
        store.remember(host, "max-age=10", 0)
        assert not store.covers(host, 1)


@given(st.text())
def test_any_field_is_a_policy_or_none(field: str) -> None:
    policy = read_policy(field)
    assert policy is None or policy.max_age >= 0
