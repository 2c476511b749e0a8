"""An access provider puts measures where they belong, and lifts them by their key."""

from typing import Any

import pytest

from simulator.errors import LabError
from simulator.measures import (
    AddressMeasure,
    DnsInjection,
    DnsInterception,
    DnsLie,
    DnsMeasure,
    EdgeRefusal,
    EncryptedDnsMeasure,
    FingerprintMeasure,
    HttpMeasure,
    PolicyZone,
    ResolverWithdrawal,
    Shutdown,
    SniMeasure,
)
from simulator.roles.isp.logic import AccessProvider
from simulator.roles.isp.reasons import Ground, extended_error
from simulator.values import message

LIE = DnsMeasure("coco.xg", DnsLie.NXDOMAIN, extended_error=16)
FORGED = DnsMeasure("coco.xg", DnsLie.FORGED)
ADDRESS = AddressMeasure(("203.0.113.7",))


class Board:
    """Stands for a resolver's policy or a router: what is put, by key."""

    def __init__(self) -> None:
        self.put_up: dict[str, Any] = {}
        self.border: list[str] = []

    def put(self, key: str, what: Any, /, *, at_border: bool = False) -> None:
        assert key not in self.put_up
        self.put_up[key] = what
        if at_border:
            self.border.append(key)

    def lift(self, key: str) -> None:
        del self.put_up[key]


def test_each_measure_goes_to_every_place_it_concerns() -> None:
    resolvers, paths = [Board(), Board()], [Board()]
    provider = AccessProvider("alpha", resolvers=resolvers, paths=paths)
    provider.put("order-1", [LIE, ADDRESS])
    provider.put("order-2", [LIE])
    assert [board.put_up for board in resolvers] == [{"order-1/0": LIE, "order-2/0": LIE}] * 2
    assert list(paths[0].put_up) == ["order-1/1"]
    assert paths[0].put_up["order-1/1"].covers("203.0.113.7")
    assert provider.measures() == {"order-1": (LIE, ADDRESS), "order-2": (LIE,)}
    provider.lift("order-1")
    assert [board.put_up for board in resolvers] == [{"order-2/0": LIE}] * 2
    assert paths[0].put_up == {}
    assert repr(provider) == "<AccessProvider alpha measures=['order-2']>"


def test_a_forged_answer_names_the_providers_block_page_unless_it_names_another() -> None:
    resolver = Board()
    provider = AccessProvider(
        "alpha", resolvers=[resolver], block_page=("192.0.2.50", "2001:db8::50")
    )
    own = DnsMeasure("coco.xg", DnsLie.FORGED, addresses=("192.0.2.60",))
    provider.put("order-1", [FORGED, own, LIE])
    assert [measure.addresses for measure in resolver.put_up.values()] == [
        ("192.0.2.50", "2001:db8::50"),
        ("192.0.2.60",),
        (),
    ]


def test_every_measure_has_its_place() -> None:
    resolver, path = Board(), Board()
    provider = AccessProvider(
        "alpha",
        resolvers=[resolver],
        paths=[path],
        block_page=("192.0.2.50",),
        resolver_addresses=("192.0.2.53",),
    )
    on_resolvers = [LIE, PolicyZone("x"), ResolverWithdrawal(("192.0.2.0/24",))]
    on_path = [
        DnsInjection("coco.xg"),
        DnsInterception(),
        ADDRESS,
        HttpMeasure("coco.xg"),
        SniMeasure("coco.xg"),
        EncryptedDnsMeasure(("192.0.2.8",), ("dns.test",)),
        FingerprintMeasure(),
        Shutdown(),
    ]
    provider.put("o", [*on_resolvers, *on_path])
    assert list(resolver.put_up.values()) == on_resolvers
    assert [repr(rule) for rule in path.put_up.values()] == [
        "<InjectionRule o/3 forged 'coco.xg'>",
        "<InterceptionRule o/4 to ['192.0.2.53']>",
        "<AddressRule o/5 drop ['203.0.113.7']>",
        "<HttpRule o/6 451 'coco.xg' (80,)>",
        "<SniRule o/7 reset 'coco.xg' (443,)>",
        "<EncryptedDnsRule o/8 drop ['192.0.2.8'] ('dns.test',)>",
        "<FingerprintRule o/9 wireguard>",
        "<ShutdownRule o/10 (4, 6)>",
    ]
    assert [rule.name for rule in path.put_up.values()] == list(path.put_up)
    assert path.border == ["o/10"]
    provider.lift("o")
    assert (resolver.put_up, path.put_up) == ({}, {})


def test_an_injected_address_is_the_block_pages_unless_another_is_named() -> None:
    path = Board()
    provider = AccessProvider("alpha", paths=[path], block_page=("192.0.2.50",))
    provider.put("o", [DnsInjection("a.test"), DnsInjection("a.test", addresses=("192.0.2.60",))])
    addresses = [rule._measure.addresses for rule in path.put_up.values()]
    assert addresses == [("192.0.2.50",), ("192.0.2.60",)]


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (LIE, "alpha has no resolver to lie with"),
        (ADDRESS, "alpha has no router to stop packets at"),
        (EdgeRefusal("coco.xg", ()), "alpha has no edge that serves sites"),
    ],
)
def test_what_the_provider_does_not_have_it_refuses(measure: Any, sentence: str) -> None:
    with pytest.raises(LabError) as caught:
        AccessProvider("alpha").put("order", [measure])
    assert str(caught.value) == sentence


def test_measures_are_put_all_or_none() -> None:
    resolver = Board()
    provider = AccessProvider("alpha", resolvers=[resolver], paths=[Board()])
    with pytest.raises(LabError, match="no block page"):
        provider.put("order", [LIE, FORGED])
    assert (resolver.put_up, provider.measures()) == ({}, {})


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (DnsInjection("a.test"), "alpha has no block page for a forged answer"),
        (DnsInterception(), "alpha has no resolver to send queries to"),
    ],
)
def test_a_rule_that_lacks_its_means_is_refused(measure: Any, sentence: str) -> None:
    path = Board()
    with pytest.raises(LabError) as caught:
        AccessProvider("alpha", paths=[path]).put("order", [ADDRESS, measure])
    assert str(caught.value) == sentence
    assert path.put_up == {}


def test_what_a_resolver_cannot_take_leaves_nothing_behind() -> None:
    class Illiterate(Board):
        def put(self, key: str, what: Any, /, *, at_border: bool = False) -> None:
            if isinstance(what, PolicyZone):
                raise LabError(message("no zone"))
            super().put(key, what)

    resolvers, path = [Board(), Illiterate()], Board()
    provider = AccessProvider("alpha", resolvers=resolvers, paths=[path])
    with pytest.raises(LabError, match="no zone"):
        provider.put("order", [LIE, ADDRESS, PolicyZone("?")])
    assert [board.put_up for board in (*resolvers, path)] == [{}, {}, {}]
    assert provider.measures() == {}


def test_a_key_is_used_once_and_lifted_once() -> None:
    provider = AccessProvider("alpha", resolvers=[Board()])
    provider.put("order", [LIE])
    with pytest.raises(LabError, match="alpha already applies 'order'"):
        provider.put("order", [LIE])
    provider.lift("order")
    with pytest.raises(LabError, match="alpha applies nothing called 'order'"):
        provider.lift("order")


@pytest.mark.parametrize(
    ("lie", "ground", "code"),
    [
        (DnsLie.NXDOMAIN, Ground.ORDER, 16),
        (DnsLie.REFUSED, Ground.ORDER, 16),
        (DnsLie.NXDOMAIN, Ground.POLICY, 15),
        (DnsLie.REFUSED, Ground.REQUEST, 17),
        (DnsLie.FORGED, Ground.ORDER, 4),
        (DnsLie.FORGED, Ground.REQUEST, 4),
    ],
)
def test_the_extended_error_says_on_whose_account(lie: DnsLie, ground: Ground, code: int) -> None:
    assert extended_error(lie, ground) == code
