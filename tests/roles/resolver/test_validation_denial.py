"""What NSEC records prove, and what somebody who replays true ones would like them to prove."""

import pytest

from simulator.roles.resolver.validation_denial import (
    Cut,
    at_cut,
    proves_absent_name,
    proves_absent_type,
    proves_expansion,
)
from simulator.wire.dns_values import Record


def nsec(owner: str, data: str) -> Record:
    return Record(owner, "NSEC", 300, data)


TOP = nsec("test", "*.a.test NS SOA RRSIG NSEC DNSKEY")
WILD = nsec("*.a.test", "b.test TXT RRSIG NSEC")
SITE = nsec("b.test", "cut.test A RRSIG NSEC")
CUT = nsec("cut.test", "signed.test NS RRSIG NSEC")
SIGNED = nsec("signed.test", "x.y.test NS DS RRSIG NSEC")
LAST = nsec("x.y.test", "test CNAME RRSIG NSEC")
ALL = (TOP, WILD, SITE, CUT, SIGNED, LAST)


@pytest.mark.parametrize(
    ("name", "proofs", "proven"),
    [
        ("bb.test", (SITE, TOP), True),
        ("bb.test", (SITE,), False),  # the wildcard of test might stand for it
        ("bb.test", (TOP,), False),
        ("zz.test", (LAST, TOP), True),
        ("b.test", ALL, False),  # it is there
        ("y.test", ALL, False),  # so is this one: a name below it is
        ("q.a.test", ALL, False),  # a wildcard stands for it
        ("www.cut.test", ALL, False),  # the zone below decides
        ("aa.test", (TOP, WILD), True),
    ],
)
def test_absent_names(name: str, proofs: tuple[Record, ...], proven: bool) -> None:
    assert proves_absent_name(name, proofs) is proven


@pytest.mark.parametrize(
    ("name", "kind", "proofs", "proven"),
    [
        ("b.test", "TXT", (SITE,), True),
        ("b.test", "A", (SITE,), False),
        ("b.test", "TXT", (TOP,), False),
        ("y.test", "A", (SIGNED,), True),  # an empty non-terminal: the next name is below it
        ("x.y.test", "A", (LAST,), False),  # an alias: it should have been followed
        ("q.a.test", "A", (WILD,), True),  # no closer name, and the wildcard has no A
        ("q.a.test", "TXT", (WILD,), False),
        ("q.a.test", "A", (TOP,), False),
        ("cut.test", "A", (CUT,), False),  # the zone above cannot say what is at a cut
        ("cut.test", "DS", (CUT,), True),
        ("signed.test", "DS", (SIGNED,), False),
        ("test", "DS", (TOP,), False),  # nor the zone below what DS it has
        ("test", "MX", (TOP,), True),
    ],
)
def test_absent_types(name: str, kind: str, proofs: tuple[Record, ...], proven: bool) -> None:
    assert proves_absent_type(name, kind, proofs) is proven


def test_the_root_has_no_ds() -> None:
    root = nsec("", "test NS SOA RRSIG NSEC DNSKEY")
    assert proves_absent_type("", "DS", (root,))


@pytest.mark.parametrize(
    ("name", "proofs", "what"),
    [
        ("cut.test", (CUT,), Cut.INSECURE),
        ("b.test", (SITE,), Cut.NONE),
        ("y.test", (SIGNED,), Cut.NONE),
        ("bb.test", (SITE,), Cut.NOTHING_THERE),
        ("signed.test", (SIGNED,), None),
        ("test", (TOP,), None),
        ("cut.test", (TOP, SITE), None),
        ("cut.test", (), None),
    ],
)
def test_what_is_at_a_name(name: str, proofs: tuple[Record, ...], what: Cut | None) -> None:
    """A delegation that is signed cannot be made to look unsigned, nor by the child's own word."""
    assert at_cut(name, proofs) is what


def test_a_wildcard_stands_for_what_has_no_closer_name() -> None:
    """The star under a.test has two labels; for q.a.test the gap must hold q.a.test."""
    assert proves_expansion("q.a.test", 2, (WILD,))
    assert proves_expansion("p.q.a.test", 2, (WILD,))
    assert not proves_expansion("q.a.test", 2, (TOP, SITE))
    assert not proves_expansion("b.test", 1, (SITE, WILD))
