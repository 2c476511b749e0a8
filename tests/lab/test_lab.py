"""What one can do in a lab, seen from the screens of its people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator import Lab, Part
from simulator.errors import LabError
from simulator.lab.levers import Levers
from simulator.measures import AddressAction, AddressMeasure, DnsLie, DnsMeasure
from simulator.net import PacedClock, Tap
from simulator.values import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Datagram,
    Lever,
    Observation,
    OutcomeState,
    message,
)

SITE = "https://coco.xg/"
NEIGHBOUR = "https://roses.test/"
OLD_ADDRESS, BANNER_ADDRESS = "198.18.20.10", "192.0.2.10"


def see(lab: Lab, url: str, vantage: str, via: str | None = None) -> Observation:
    return lab.run(lab.visit(url, vantage, via))


def test_a_lab_starts_at_instant_zero_with_cold_caches_and_every_certificate(lab: Lab) -> None:
    assert lab.now == 0
    for resolver in lab.names.resolvers.values():
        assert all(entry.expires <= 0 for entry in resolver.cache.held("coco.xg", 0))
    for name, site in lab.world.sites.items():
        assert lab.web.machines[site.host].has_certificate(name)


def test_a_live_lab_is_put_up_at_full_speed_and_then_keeps_its_pace(
    make_lab: Callable[..., Lab],
) -> None:
    """At a thousand lab seconds a second, the same visit at the same lab time."""
    live, leaping = make_lab(clock=PacedClock(1_000)), make_lab()
    assert live.now < 60 * SECOND  # three days of preparation took no real time
    live.run(live.wait_until(60 * SECOND))
    leaping.run(leaping.wait_until(60 * SECOND))
    assert see(live, SITE, "rome").page == see(leaping, SITE, "rome").page == "site"


def test_every_site_is_open_to_everybody_before_anything_is_ordered(lab: Lab) -> None:
    for name in lab.world.sites:
        for vantage in lab.world.vantages:
            seen = see(lab, f"https://{name}/", vantage)
            assert (seen.page, seen.failure, seen.diagnosis) == ("site", None, "accessible")


def test_a_lie_reaches_those_who_ask_the_liar_and_nobody_else(lab: Lab) -> None:
    measure = DnsMeasure("coco.xg", DnsLie.NXDOMAIN, extended_error=16)
    [outcome] = lab.run(lab.order("court-fr", "alpha-telecom", measure, "coco.xg", key="block"))
    assert outcome.state is OutcomeState.EXECUTED
    assert see(lab, SITE, "paris").failure == "dns_nxdomain_error"
    assert see(lab, SITE, "lyon").page == "site"
    assert see(lab, SITE, "rome").page == "site"
    assert see(lab, SITE, "paris", "open-one").page == "site"
    assert see(lab, SITE, "paris", "heron-nl").page == "site"
    lab.run(lab.lift("block"))
    assert see(lab, SITE, "paris").page == "site"


def test_a_forged_answer_shows_the_block_page_over_http_and_a_certificate_error_over_https(
    lab: Lab,
) -> None:
    measure = DnsMeasure("roses.test", DnsLie.FORGED, extended_error=4)
    lab.run(lab.order("court-fr", "alpha-telecom", measure, "roses.test"))
    secure, plain = see(lab, NEIGHBOUR, "paris"), see(lab, "http://roses.test/", "paris")
    assert (secure.stage, secure.failure) == ("tls", "ssl_invalid_hostname")
    assert secure.certificate is not None
    assert secure.certificate.names == ("stop.etat.xf",)
    assert (plain.page, plain.status, plain.diagnosis) == ("block_page", 200, "blocked.dns")


def test_a_blocked_address_takes_the_neighbours_along(lab: Lab) -> None:
    """Three sites share one address: whoever drops it drops them all, in IPv6 too if listed."""
    measure = AddressMeasure((OLD_ADDRESS, "2001:db8:20::10"), AddressAction.DROP)
    lab.run(lab.order("court-fr", "alpha-telecom", measure, "coco.xg"))
    for url in (SITE, NEIGHBOUR, "https://chorale.xf/"):
        assert see(lab, url, "paris").failure == "generic_timeout_error"
    assert see(lab, NEIGHBOUR, "lyon").page == "site"
    assert see(lab, SITE, "paris", "heron-de").page == "site"


def test_an_address_block_that_forgot_ipv6_is_walked_round_by_it(lab: Lab) -> None:
    measure = AddressMeasure((OLD_ADDRESS,), AddressAction.REJECT)
    lab.run(lab.order("court-fr", ["alpha-telecom", "beta-mobile"], measure, "coco.xg"))
    assert see(lab, SITE, "paris").page == "site"  # has IPv6
    assert see(lab, SITE, "lyon").failure == "host_unreachable"  # has not


def test_an_order_abroad_is_refused_with_the_reason(lab: Lab) -> None:
    [outcome] = lab.run(lab.order("prosecutor-fr", "rila-hosting", Lever.HOST_TAKEOVER, "coco.xg"))
    assert outcome.state is OutcomeState.REFUSED
    assert "is obeyed at home (FR); Rila Hosting is abroad (BG)" in str(outcome.reason)
    assert "European Investigation Order" in str(outcome.reason)
    assert see(lab, SITE, "sofia").page == "site"


def test_a_host_takeover_shows_the_banner_at_the_old_address_and_spares_the_neighbour(
    lab: Lab,
) -> None:
    lab.run(lab.order("prosecutor-bg", "rila-hosting", Lever.HOST_TAKEOVER, "coco.xg", key="x"))
    seen = see(lab, SITE, "paris")
    assert (seen.page, seen.address) == ("seizure_banner", "2001:db8:20::10")
    assert seen.certificate is not None
    assert seen.certificate.names == ("coco.xg",)
    assert see(lab, NEIGHBOUR, "paris").page == "site"
    imaged = [e for e in lab.journal if e.what == "site imaged and replaced by a banner"]
    assert [(e.who, e.details["site"]) for e in imaged] == [("rila-web-1", "coco.xg")]
    assert len(imaged[0].details["sha256"]) == 64
    lab.run(lab.lift("x"))
    assert see(lab, SITE, "paris").page == "site"


def test_a_takeover_of_the_machine_takes_the_neighbours_along(lab: Lab) -> None:
    lab.run(
        lab.order("prosecutor-bg", "rila-hosting", Lever.HOST_TAKEOVER, "coco.xg", machine=True)
    )
    assert see(lab, NEIGHBOUR, "rome").page == "seizure_banner"


def test_a_machine_without_power_is_silent_to_all(lab: Lab) -> None:
    lab.run(lab.order("prosecutor-bg", "rila-hosting", Lever.HOST_OFF, "coco.xg", key="off"))
    assert see(lab, SITE, "rome").failure == "generic_timeout_error"
    assert see(lab, NEIGHBOUR, "rome").failure == "generic_timeout_error"
    lab.run(lab.lift("off"))
    assert see(lab, SITE, "rome").page == "site"


def test_two_orders_on_one_machine_are_lifted_each_by_itself(lab: Lab) -> None:
    """The machine stays off, and the banner up, as long as any order wants it so."""
    for key in ("one", "two"):
        lab.run(lab.order("prosecutor-bg", "rila-hosting", Lever.HOST_OFF, "coco.xg", key=key))
    lab.run(lab.lift("one"))
    assert see(lab, SITE, "rome").failure == "generic_timeout_error"
    lab.run(lab.lift("two"))
    assert see(lab, SITE, "rome").page == "site"
    takeover = Lever.HOST_TAKEOVER
    lab.run(lab.order("prosecutor-bg", "rila-hosting", takeover, "coco.xg", key="site"))
    lab.run(
        lab.order("prosecutor-bg", "rila-hosting", takeover, "coco.xg", key="all", machine=True)
    )
    lab.run(lab.lift("all"))
    assert see(lab, NEIGHBOUR, "rome").page == "site"
    assert see(lab, SITE, "rome").page == "seizure_banner"
    lab.run(lab.lift("site"))
    assert see(lab, SITE, "rome").page == "site"


def test_after_a_visit_by_vpn_nothing_of_it_goes_past_the_tunnel(lab: Lab) -> None:
    tap = Tap("paris")
    lab.fabric.hosts["paris"].taps = [tap]
    see(lab, SITE, "paris", "heron-nl")
    lab.run(lab.wait(HOUR))
    assert {packet.destination for _, packet in tap.packets if packet.source != "198.18.40.1"} == {
        "198.18.40.1"
    }


def test_a_way_round_that_fails_for_one_is_over_for_all(lab: Lab) -> None:
    block = AddressMeasure(("198.18.40.1",), AddressAction.DROP)
    lab.run(lab.order("court-fr", "alpha-telecom", block, "heron-nl"))
    shut_out, *others = lab.run(lab.visit_all(SITE, ["paris", "lyon", "rome"], "heron-nl"))
    assert (shut_out.stage, shut_out.failure) == ("tcp", "generic_timeout_error")
    assert "does not answer" in str(shut_out.evidence[0])
    assert [seen.page for seen in others] == ["site", "site"]
    assert [seen.via for seen in lab.run(lab.visit_all(SITE, ["lyon", "rome"]))] == [None, None]


def test_a_redelegation_waits_for_publication_caches_and_certificate(lab: Lab) -> None:
    """Each of the three takes its own time, and each is seen."""
    before = see(lab, SITE, "rome")
    assert before.page == "site"
    [outcome] = lab.run(
        lab.coordinate(
            "police-gg", [Part("police-gg", "xg-registry", Lever.REDELEGATION, "coco.xg")]
        )
    )
    assert outcome.state is OutcomeState.EXECUTED
    assert see(lab, SITE, "rome").page == "site"  # nothing is published yet
    lab.run(lab.wait(30 * MINUTE))
    published = [
        e for e in lab.journal if e.what == "zone published" and "coco.xg" in e.details["changed"]
    ]
    assert len(published) == 1
    assert published[0].at % (30 * MINUTE) == 0
    assert see(lab, SITE, "rome").address == OLD_ADDRESS  # the cache in Rome still knows better
    lab.run(lab.wait(4 * HOUR))
    seen = see(lab, SITE, "rome")
    assert (seen.page, seen.address) == ("seizure_banner", BANNER_ADDRESS)
    assert see(lab, "https://www.coco.xg/", "rome").addresses == (BANNER_ADDRESS,)


def test_a_hold_leaves_no_name_and_no_banner(lab: Lab) -> None:
    lab.run(lab.order("police-gg", "candie-names", Lever.CLIENT_HOLD, "coco.xg", key="hold"))
    lab.run(lab.wait(5 * HOUR))
    for via in (None, "heron-nl", "open-two"):
        seen = see(lab, SITE, "paris", via)
        assert (seen.failure, seen.extended_error) == ("dns_nxdomain_error", None)
    assert see(lab, "https://coco-twin.xg/", "paris").page == "site"
    lab.run(lab.lift("hold"))
    lab.run(lab.wait(5 * HOUR))
    assert see(lab, SITE, "paris").page == "site"


def test_a_hold_and_a_banner_exclude_each_other_and_the_registry_says_so(lab: Lab) -> None:
    lab.run(lab.order("police-gg", "xg-registry", Lever.SERVER_HOLD, "coco.xg"))
    [outcome] = lab.run(lab.order("police-gg", "xg-registry", Lever.REDELEGATION, "coco.xg"))
    assert outcome.state is OutcomeState.REFUSED
    assert "hold" in str(outcome.reason).lower()


def test_the_wrong_registrar_or_host_says_whose_it_is(lab: Lab) -> None:
    [registrar] = lab.run(lab.order("court-fr", "noms-de-loire", Lever.CLIENT_HOLD, "coco.xg"))
    assert "candie-names" in str(registrar.reason)
    [host] = lab.run(lab.order("court-fr", "loire-hebergement", Lever.HOST_OFF, "coco.xg"))
    assert "rila-hosting" in str(host.reason)


def test_a_public_resolver_can_be_ordered_too(lab: Lab) -> None:
    measure = DnsMeasure("coco.xg", DnsLie.REFUSED, extended_error=16)
    lab.run(lab.order("prosecutor-de", "open-one", measure, "coco.xg", key="open"))
    seen = see(lab, SITE, "paris", "open-one")
    assert (seen.failure, seen.extended_error and seen.extended_error.code) == (
        "dns_refused_error",
        16,
    )
    assert see(lab, SITE, "paris", "open-two").page == "site"


def test_a_pending_order_goes_on_by_itself(lab: Lab) -> None:
    measure = DnsMeasure("coco.xg", DnsLie.NXDOMAIN)
    [outcome] = lab.run(lab.order("court-fr", "alpha-telecom", measure, "coco.xg", wait=False))
    assert (outcome.state, lab.now) == (OutcomeState.PENDING, 0)
    assert see(lab, SITE, "paris").page == "site"
    lab.run(lab.wait(2 * DAY))
    assert see(lab, SITE, "paris").failure == "dns_nxdomain_error"


def test_a_pending_order_that_is_lifted_never_takes_effect(lab: Lab) -> None:
    measure = DnsMeasure("coco.xg", DnsLie.NXDOMAIN)
    lab.run(lab.order("court-fr", "alpha-telecom", measure, "coco.xg", key="p", wait=False))
    [withdrawn] = lab.run(lab.lift("p"))
    assert str(withdrawn.reason) == "withdrawn before it took effect"
    lab.run(lab.wait(3 * DAY))
    assert see(lab, SITE, "paris").page == "site"


def test_one_part_that_cannot_be_undone_does_not_keep_the_others(lab: Lab) -> None:
    measure = DnsMeasure("coco.xg", DnsLie.NXDOMAIN)
    providers = ["alpha-telecom", "beta-mobile"]
    lab.run(lab.order("court-fr", providers, measure, "coco.xg", key="two"))
    parts = lab.law._in_force["two"]
    first = parts[0]

    async def stuck() -> None:
        raise LabError(message("stuck"))

    parts[0] = first._replace(undo=stuck)
    outcomes = lab.run(lab.lift("two"))
    assert [(one.to, one.state.value, str(one.reason)) for one in outcomes] == [
        ("alpha-telecom", "refused", "stuck"),
        ("beta-mobile", "executed", "lifted"),
    ]
    assert see(lab, SITE, "paris").failure == "dns_nxdomain_error"
    assert see(lab, SITE, "lyon").page == "site"
    lab.law._in_force["two"] = [first]
    [lifted] = lab.run(lab.lift("two"))
    assert lifted.to == "alpha-telecom"
    assert see(lab, SITE, "paris").page == "site"


def test_the_provider_of_a_vpn_user_sees_the_exit_and_nothing_else(lab: Lab) -> None:
    """Every packet of the visit, DNS included, on the provider's router."""
    network = lab.fabric.topology.networks["fr-alpha"]
    tap = Tap("fr-alpha")
    network.taps.append(tap)
    lab.fabric.topology.forget_paths()
    seen = see(lab, SITE, "paris", "heron-nl")
    assert (seen.page, seen.via) == ("site", "heron-nl")
    assert len(tap.packets) > 10
    for _, packet in tap.packets:
        assert {packet.source, packet.destination} == {"198.18.1.101", "198.18.40.1"}
        assert isinstance(packet.body, Datagram)
        assert 51820 in (packet.body.source_port, packet.body.destination_port)
        assert b"coco" not in packet.body.data
        assert packet.body.data[0] in (1, 2, 4)
        assert packet.body.data[1:4] == b"\0\0\0"


def test_the_site_sees_the_exit_as_its_visitor(lab: Lab) -> None:
    tap = Tap("web")
    lab.fabric.hosts["rila-web-1"].taps = [tap]
    see(lab, SITE, "paris", "heron-de")
    assert {p.source for _, p in tap.packets if p.destination == OLD_ADDRESS} == {"198.18.41.1"}


def test_a_vpn_whose_exit_is_blocked_gives_no_tunnel_and_leaks_nothing(lab: Lab) -> None:
    block = AddressMeasure(("198.18.40.1",), AddressAction.DROP)
    lab.run(lab.order("court-fr", "alpha-telecom", block, "heron-nl"))
    with pytest.raises(LabError, match=r"the exit at 198\.18\.40\.1 does not answer"):
        lab.run(lab.connect("paris", "heron-nl"))
    assert see(lab, SITE, "paris").via is None


def test_a_hosts_file_reaches_the_old_address_after_the_name_is_gone(lab: Lab) -> None:
    lab.run(lab.order("police-gg", "candie-names", Lever.CLIENT_HOLD, "coco.xg"))
    lab.run(lab.wait(5 * HOUR))
    lab.run(lab.connect("paris", {"coco.xg": (OLD_ADDRESS,)}))
    seen = see(lab, SITE, "paris")
    assert (seen.page, seen.via) == ("site", "hosts-file")


def test_lab_time_is_exact(lab: Lab) -> None:
    lab.run(lab.wait(400 * DAY))
    assert lab.now == 400 * DAY
    assert lab.date() == lab.world.start + (lab.date() - lab.world.start)
    with pytest.raises(LabError, match="is over"):
        lab.run(lab.wait_until(0))


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda lab: lab.visit(SITE, "pariss"),
            "unknown vantage point 'pariss'; did you mean 'paris'?",
        ),
        (
            lambda lab: lab.connect("paris", "heron-ln"),
            "unknown way round 'heron-ln'; did you mean 'heron-nl'?",
        ),
        (
            lambda lab: lab.order("court-fr", "alfa-telecom", Lever.HOST_OFF, "coco.xg"),
            "unknown operator 'alfa-telecom'; did you mean 'alpha-telecom'?",
        ),
        (
            lambda lab: lab.order("court-it", "alpha-telecom", Lever.HOST_OFF, "coco.xg"),
            (
                "unknown authority 'court-it'; the world has government-fr, court-fr, "
                "prosecutor-fr, prosecutor-bg, prosecutor-de, prosecutor-nl, prosecutor-lt, "
                "prosecutor-hu, police-gg, court-gg, prosecutor-es, prosecutor-pl, prosecutor-at"
            ),
        ),
        (lambda lab: lab.lift("nothing"), "nothing was ordered under 'nothing'"),
        (
            lambda lab: lab.order("court-fr", "alpha-telecom", "client-hold", "coco.xg"),
            "an order is about a measure or a Lever, not 'client-hold'",
        ),
        (
            lambda lab: lab.order(
                "court-fr", "alpha-telecom", DnsMeasure("coco.xg", "refused"), "coco.xg"
            ),
            (
                "'refused' is no lie; a DnsMeasure takes one of DnsLie: NXDOMAIN, NODATA,"
                " REFUSED, SERVFAIL, FORGED, SILENCE"
            ),
        ),
    ],
)
def test_what_the_world_does_not_have_is_said_with_what_was_meant(
    lab: Lab, ask: Callable[[Lab], object], sentence: str
) -> None:
    with pytest.raises(LabError) as caught:
        lab.run(ask(lab))  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_a_failure_of_a_program_of_the_lab_is_not_lost(lab: Lab) -> None:
    async def story() -> None:
        lab.loop.call_soon(lambda: 1 / 0)
        await lab.wait(1)

    with pytest.raises(ZeroDivisionError):
        lab.run(story())


def test_levers_are_given_by_name_of_the_operator_that_has_them(lab: Lab) -> None:
    assert isinstance(lab.law.levers, Levers)
    [outcome] = lab.run(lab.order("court-fr", "alpha-telecom", Lever.HOST_OFF, "coco.xg"))
    assert "has no such lever" in str(outcome.reason)


def test_a_capture_has_every_tap_as_an_interface(lab: Lab, tmp_path: Path) -> None:
    from simulator.wire.pcapng import read

    lab.record("paris", "fr-alpha", "fr-alpha--backbone", "all")
    see(lab, SITE, "paris", "heron-nl")
    count = lab.write_capture(tmp_path / "c.pcapng")
    capture = read((tmp_path / "c.pcapng").read_bytes())
    assert [interface.name for interface in capture.interfaces] == [
        "paris",
        "paris-wg0",
        "fr-alpha",
        "fr-alpha--backbone",
        "all",
    ]
    assert count == len(capture.packets) > 80
    assert [packet.at for packet in capture.packets] == sorted(p.at for p in capture.packets)
    with pytest.raises(LabError, match="did you mean 'paris'"):
        lab.record("parris")
    with pytest.raises(LabError, match="did you mean 'backbone--fr-alpha'"):
        lab.record("backbon--fr-alpha")
