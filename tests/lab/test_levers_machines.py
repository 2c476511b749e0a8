"""Levers on machines, on services and on people: what each does, how it is undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from simulator import Lab
from simulator.errors import LabError
from simulator.lab import Part
from simulator.lab.acts import Act
from simulator.roles.hosting.imaging import take_image
from simulator.values import HOUR, MINUTE, Lever, OutcomeState

SITE = "https://coco.xg/"


def test_a_site_under_control_runs_on_and_tells_who_comes(lab: Lab) -> None:
    lab.run(lab.visit(SITE, "paris"))  # before the operation: not in what it learns
    lab.run(lab.wait(HOUR))
    levers = lab.law.levers
    began = lab.now
    control = lab.run(levers.pull("c", "rila-hosting", Lever.CONTROLLED_OPERATION, "coco.xg"))
    assert lab.run(lab.visit(SITE, "rome")).page == "site"
    assert lab.run(lab.visit(SITE, "paris", "heron-de")).page == "site"
    learnt = levers.machines.controlled["coco.xg"].learnt(lab.now)
    assert (learnt.since, learnt.visits, learnt.names) == (began, 2, ("coco.xg",))
    assert len(learnt.addresses) == 2
    assert "198.18.41.1" in learnt.addresses  # the exit's, not that of somebody in Paris
    with pytest.raises(LabError, match="runs under control already"):
        lab.run(levers.pull("d", "rila-hosting", Lever.CONTROLLED_OPERATION, "coco.xg"))
    assert lab.run(control.undo()) == (("hours", "0"), ("visits", "2"), ("addresses", "2"))
    lab.run(lab.visit(SITE, "rome"))
    assert levers.machines.controlled["coco.xg"].learnt(lab.now).visits == 2
    [entry] = [e for e in lab.journal if e.what == "no longer runs under control"]
    assert (entry.who, entry.details["visits"], entry.details["addresses"]) == (
        "rila-web-1",
        2,
        2,
    )


def test_a_banner_ends_the_controlled_operation_and_none_begins_beneath_it(lab: Lab) -> None:
    levers = lab.law.levers
    control = lab.run(levers.pull("c", "rila-hosting", Lever.CONTROLLED_OPERATION, "coco.xg"))
    taken = lab.run(levers.pull("t", "rila-hosting", Lever.HOST_TAKEOVER, "coco.xg"))
    assert taken.details[1:] == (("hours", "0"), ("visits", "0"), ("addresses", "0"))
    assert levers.machines.controlled["coco.xg"].ended == lab.now
    lab.run(lab.visit(SITE, "rome"))
    assert levers.machines.controlled["coco.xg"].learnt(lab.now).visits == 0
    lab.run(control.undo())  # it has ended: nothing to do
    with pytest.raises(LabError, match="nobody comes to be watched"):
        lab.run(levers.pull("d", "rila-hosting", Lever.CONTROLLED_OPERATION, "coco.xg"))


def test_an_image_is_a_copy_with_its_hash_and_cannot_be_undone(lab: Lab) -> None:
    [outcome] = lab.run(
        lab.order("prosecutor-bg", "rila-hosting", Lever.IMAGING, "coco.xg", key="image")
    )
    assert outcome.state is OutcomeState.EXECUTED
    expected = take_image("coco.xg", lab.seed, lab.now)
    assert dict(outcome.details) == {
        "sha256": expected.sha256,
        "octets": str(expected.bytes_count),
        "memory": "copied first",
    }
    assert lab.run(lab.visit(SITE, "rome")).page == "site"


def test_what_cannot_be_undone_is_told_and_does_not_keep_the_rest(lab: Lab) -> None:
    """A lift takes back the takeover, and says that the copy remains, however often."""
    parts = [
        Part("prosecutor-bg", "rila-hosting", lever, "coco.xg")
        for lever in (Lever.IMAGING, Lever.HOST_TAKEOVER)
    ]
    lab.run(lab.law.order("both", parts))
    assert lab.run(lab.visit(SITE, "rome")).page == "seizure_banner"
    image, takeover = lab.run(lab.lift("both"))
    assert (image.action, image.state) == ("imaging", OutcomeState.REFUSED)
    assert "the image of coco.xg cannot be undone" in str(image.reason)
    assert (takeover.action, takeover.state) == ("host-takeover", OutcomeState.EXECUTED)
    assert lab.run(lab.visit(SITE, "rome")).page == "site"
    [again] = lab.run(lab.lift("both"))
    assert (again.action, again.reason) == ("imaging", image.reason)


def test_powering_off_before_imaging_loses_the_memory_and_what_came_later(lab: Lab) -> None:
    levers = lab.law.levers
    off_at = lab.now
    lab.run(levers.pull("o", "rila-hosting", Lever.HOST_OFF, "coco.xg"))
    lab.run(lab.wait(5 * HOUR))
    image = lab.run(levers.pull("i", "rila-hosting", Lever.IMAGING, "coco.xg"))
    assert "lost before the copy" in str(image.warning)
    assert dict(image.details)["memory"] == "lost"
    assert dict(image.details)["sha256"] == take_image("coco.xg", lab.seed, off_at).sha256
    with pytest.raises(LabError, match="has no power"):
        lab.run(levers.pull("c", "rila-hosting", Lever.CONTROLLED_OPERATION, "coco.xg"))


def test_switching_a_machine_with_a_banner_off_warns_that_it_goes_dark(lab: Lab) -> None:
    levers = lab.law.levers
    lab.run(levers.pull("t", "rila-hosting", Lever.HOST_TAKEOVER, "coco.xg"))
    off = lab.run(levers.pull("o", "rila-hosting", Lever.HOST_OFF, "coco.xg"))
    assert str(off.warning) == "the banner on rila-web-1 goes dark with it"
    shown = lab.run(levers.pull("u", "rila-hosting", Lever.HOST_TAKEOVER, "coco.xg"))
    assert str(shown.warning) == "rila-web-1 has no power: nobody sees the banner"


@pytest.fixture(scope="module")
def crossroads() -> Iterator[Lab]:
    with Lab.load(Path("scenarios/worlds/crossroads.yaml")) as lab:
        yield lab


def test_the_end_of_a_service_leaves_the_machine_and_can_be_undone(crossroads: Lab) -> None:
    lab = crossroads
    key, entry = next(iter(lab.world.edges.items()))
    operator, site = lab.world.operator_of(lab.world.host_of("edges", key)), entry.customers[0]
    levers = lab.law.levers
    ended = lab.run(levers.pull("e", operator, Lever.END_OF_SERVICE, site))
    assert ended.details == (("edges", key),)
    assert site not in lab.web.edges[key].state.customers
    with pytest.raises(LabError, match=f"{site} is no customer of {operator}"):
        lab.run(levers.pull("f", operator, Lever.END_OF_SERVICE, site))
    lab.run(ended.undo())
    assert site in lab.web.edges[key].state.customers


def test_money_and_people_are_recorded_and_no_packet_is_touched(lab: Lab) -> None:
    acts = lab.law.levers.acts
    lab.run(lab.wait(MINUTE))
    frozen = acts.carry_out("m", "a-bank", Lever.MONEY_FREEZE, "coco.xg")
    acts.carry_out("h", "an-operator", Lever.HEARING, "coco.xg")
    arrested = acts.carry_out("a", "an-operator", Lever.ARREST, "coco.xg")
    assert [act.lever for act in acts.about("coco.xg")] == [
        Lever.MONEY_FREEZE,
        Lever.HEARING,
        Lever.ARREST,
    ]
    assert acts.about("coco.xg", Lever.ARREST) == (
        Act(Lever.ARREST, "an-operator", "coco.xg", MINUTE),
    )
    assert lab.run(lab.visit(SITE, "rome")).page == "site"
    with pytest.raises(LabError, match="an-operator is under arrest already"):
        acts.carry_out("b", "an-operator", Lever.ARREST, "coco.xg")
    with pytest.raises(LabError, match=r"the money of coco\.xg already"):
        acts.carry_out("n", "a-bank", Lever.MONEY_FREEZE, "coco.xg")
    lab.run(frozen.undo())
    lab.run(arrested.undo())
    assert [act.lever for act in acts.about("coco.xg")] == [Lever.HEARING]


def test_a_hearing_cannot_be_undone(lab: Lab) -> None:
    heard = lab.law.levers.acts.carry_out("h", "an-operator", Lever.HEARING, "coco.xg")
    with pytest.raises(LabError, match="an-operator has been heard: that cannot be undone"):
        lab.run(heard.undo())


def test_a_revocation_is_listed_stays_unseen_and_cannot_be_undone(lab: Lab) -> None:
    """The list is signed by the root; a new certificate is to be had at once."""
    levers = lab.law.levers
    done = lab.run(levers.pull("r", "lab-ca", Lever.CERTIFICATE_REVOCATION, "coco.xg"))
    [(field, serial)] = done.details
    assert field == "serial numbers"
    assert "go on trusting coco.xg" in str(done.warning)
    seen = lab.run(lab.visit(SITE, "rome"))
    assert seen.page == "site"
    assert lab.run(lab.visit("http://198.18.50.1/revoked.crl", "rome")).status == 200
    root = x509.load_pem_x509_certificate(lab.web.authority.root_pem.encode())
    key = root.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    published = lab.web.authority.revocation_list()
    listed = x509.load_der_x509_crl(published)
    assert listed.is_signature_valid(key)
    assert [f"{entry.serial_number:x}" for entry in listed] == [serial]
    with pytest.raises(LabError, match=r"there is no certificate of coco\.xg to revoke"):
        lab.run(levers.pull("s", "lab-ca", Lever.CERTIFICATE_REVOCATION, "coco.xg"))
    with pytest.raises(LabError, match="a revocation cannot be undone"):
        lab.run(done.undo())
    with pytest.raises(LabError, match=r"has certified nothing of coco\.xg"):
        lab.run(levers.pull("s", "rila-hosting", Lever.CERTIFICATE_REVOCATION, "coco.xg"))
