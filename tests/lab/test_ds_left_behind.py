"""A redelegation that leaves the DS records: who sees what, how it is told, how it is undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import Lab
from simulator.errors import LabError
from simulator.lab.orders import OrderOutcome
from simulator.roles.registry.objects import SERVER
from simulator.values import HOUR, Lever, OutcomeState

TWIN = "coco-twin.xg"
URL = f"https://{TWIN}/"


def redelegate(lab: Lab, to: str, name: str = TWIN, *, keep_ds: bool) -> OrderOutcome:
    told = lab.order("police-gg", to, Lever.REDELEGATION, name, key="r", keep_ds=keep_ds)
    [outcome] = lab.run(told)
    lab.run(lab.wait(8 * HOUR))
    return outcome


def ds_of(lab: Lab, name: str = TWIN) -> tuple[str, ...]:
    found = lab.names.registry_of(name).info(SERVER, name, lab.now).domain
    assert found is not None
    return found.ds


def seen(lab: Lab, *vantages: str, url: str = URL) -> list[tuple[str | None, int | None]]:
    visits = lab.run(lab.visit_all(url, vantages))
    return [
        (
            visit.page or visit.failure,
            None if visit.extended_error is None else visit.extended_error.code,
        )
        for visit in visits
    ]


@pytest.mark.parametrize("operator", ["xg-registry", "candie-names"])
def test_validators_see_nothing_and_the_others_the_banner(lab: Lab, operator: str) -> None:
    """By the registry's hand or by the registrar's; lifted, the name is signed as before."""
    signed_by = ds_of(lab)
    outcome = redelegate(lab, operator, keep_ds=True)
    assert outcome.state is OutcomeState.EXECUTED
    assert "the DS records of coco-twin.xg stay" in str(outcome.reason)
    assert ds_of(lab) == signed_by
    assert seen(lab, "rome", "berlin", "hamburg") == [
        ("seizure_banner", None),
        ("dns_servfail_error", 9),
        ("dns_servfail_error", 9),
    ]
    lab.run(lab.lift("r"))
    lab.run(lab.wait(8 * HOUR))
    assert seen(lab, "rome", "berlin", "hamburg") == [("site", None)] * 3


@pytest.mark.parametrize("operator", ["xg-registry", "candie-names"])
def test_done_properly_everybody_sees_the_banner(lab: Lab, operator: str) -> None:
    """And the DS records come back with the undo, whoever had taken them away."""
    signed_by = ds_of(lab)
    outcome = redelegate(lab, operator, keep_ds=False)
    assert "DS" not in str(outcome.reason)
    assert ds_of(lab) == ()
    assert seen(lab, "rome", "berlin", "hamburg") == [("seizure_banner", None)] * 3
    lab.run(lab.lift("r"))
    assert ds_of(lab) == signed_by


def test_there_must_be_ds_records_and_a_redelegation(lab: Lab) -> None:
    unsigned = redelegate(lab, "xg-registry", "coco.xg", keep_ds=True)
    assert unsigned.state is OutcomeState.REFUSED
    assert str(unsigned.reason) == "coco.xg has no DS records to leave behind"
    with pytest.raises(LabError, match=r"^server-hold cannot leave DS records behind$"):
        lab.run(lab.impose("xg-registry", Lever.SERVER_HOLD, TWIN, keep_ds=True))


def test_who_looks_into_it_learns_what_it_is(lab: Lab) -> None:
    """From where nothing is seen, the banner elsewhere and the validator's word are found."""
    redelegate(lab, "xg-registry", keep_ds=True)
    found = lab.run(lab.diagnose(URL, "berlin"))
    assert (found.diagnosis.cause, found.diagnosis.confidence) == ("seized.redelegation", "certain")
    told = [str(sentence) for sentence in found.diagnosis.evidence]
    assert (
        "Whoever validates refuses the answer: the zone above vouches for a key that the zone's"
        " own servers do not have (error 9)."
    ) in told
    assert any(sentence.startswith("Its DS records were left behind") for sentence in told)
    assert found.evidence.validated_answer is not None
    assert found.evidence.validated_answer.rcode == "SERVFAIL"


def test_signatures_that_ran_out_are_no_block(make_lab: Callable[..., Lab]) -> None:
    """The site is open to who does not validate; the others are told that nobody is to blame
    for a block."""
    lab = make_lab()
    lab.names.signing.signers[TWIN].stop(lab.now - 30 * 24 * HOUR)
    assert seen(lab, "rome", "berlin") == [("site", None), ("dns_servfail_error", 7)]
    diagnosis = lab.run(lab.diagnose(URL, "berlin")).diagnosis
    assert diagnosis.cause == "cannot_tell"
    assert "its signatures have run out (error 7)" in str(diagnosis.evidence[0])
    assert "A validator elsewhere refuses it as well" in str(diagnosis.evidence[-1])
