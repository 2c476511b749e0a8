"""Somebody whose own machine validates, behind a resolver that lies or that strips signatures."""

from __future__ import annotations

from simulator import Lab
from simulator.measures import DnsLie, DnsMeasure
from simulator.values import HOUR, Lever, Observation

TWIN = "coco-twin.xg"


def look(
    lab: Lab, vantage: str = "hamburg", name: str = TWIN, via: str | None = None
) -> Observation:
    return lab.run(lab.visit(f"https://{name}/", vantage, via))


def code(seen: Observation) -> int | None:
    return None if seen.extended_error is None else seen.extended_error.code


def test_what_is_signed_and_what_is_not_are_both_found(lab: Lab) -> None:
    assert look(lab).page == "site"
    assert look(lab, name="coco.xg").page == "site"
    denied = lab.run(lab.resolve("nobody.test", "hamburg"))
    assert (denied.rcode, denied.extended_error) == ("NXDOMAIN", None)
    answer = lab.run(lab.resolve(TWIN, "hamburg"))
    assert [record.type for record in answer.records] == ["A"]


def test_a_lie_is_bogus_to_who_checks_and_true_to_who_does_not(lab: Lab) -> None:
    """Behind one resolver: the lie that Berlin believes is SERVFAIL in Hamburg."""
    for lie, reason in ((DnsLie.NXDOMAIN, 12), (DnsLie.NODATA, 12)):
        key = lab.run(lab.impose("spree-kabel", DnsMeasure(TWIN, lie)))
        believed, checked = look(lab, "berlin"), look(lab)
        assert believed.rcode == ("NXDOMAIN" if lie is DnsLie.NXDOMAIN else "NOERROR")
        assert (checked.rcode, checked.failure, code(checked)) == (
            "SERVFAIL",
            "dns_servfail_error",
            reason,
        )
        lab.run(lab.revoke(key))
    forged = DnsMeasure(TWIN, DnsLie.FORGED, addresses=("192.0.2.50",))
    lab.run(lab.impose("spree-kabel", forged))
    assert look(lab, "berlin").addresses == ("192.0.2.50",)
    assert (look(lab).addresses, code(look(lab))) == ((), 12)


def test_that_a_lie_was_told_takes_a_validator_elsewhere(lab: Lab) -> None:
    lab.run(lab.impose("spree-kabel", DnsMeasure(TWIN, DnsLie.NXDOMAIN)))
    assert look(lab).diagnosis == "cannot_tell"
    diagnosis = lab.run(lab.diagnose(f"https://{TWIN}/", "hamburg")).diagnosis
    assert diagnosis.cause == "blocked.dns"
    assert "A validator elsewhere accepts the name" in str(diagnosis.evidence[1])


def test_a_hold_is_validly_denied(lab: Lab) -> None:
    lab.run(lab.impose("candie-names", Lever.CLIENT_HOLD, TWIN))
    lab.run(lab.wait(8 * HOUR))
    seen = look(lab)
    assert (seen.rcode, seen.failure, seen.extended_error) == (
        "NXDOMAIN",
        "dns_nxdomain_error",
        None,
    )


def test_behind_a_resolver_that_strips_signatures_signed_names_are_bogus(lab: Lab) -> None:
    """Open One does not ask for signatures, so it has none to pass on."""
    assert look(lab, via="open-two").page == "site"
    assert (look(lab, via="open-one").failure, look(lab, "berlin", via="open-one").page) == (
        "dns_servfail_error",
        "site",
    )
