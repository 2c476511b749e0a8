"""A lab's directories: found by the bootstrap file, true to the registry, heard in a diagnosis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Lab
from simulator.errors import LabError
from simulator.lab.directory import Directories, open_directories
from simulator.lab.directory_names import bootstrap_url
from simulator.lab.examination import investigator
from simulator.roles.probe.causes import CERTAIN, UNSURE
from simulator.roles.probe.evidence import Registration
from simulator.roles.probe.investigation import Examination
from simulator.roles.registry.objects import SERVER, Disclosure, PostalInfo
from simulator.values import HOUR, Lever, OutcomeState
from simulator.world.loader import built_in_world

NAME, URL = "t.co.test", "https://t.co.test/"


@pytest.fixture
def crossroads() -> Iterator[Lab]:
    with Lab.load("crossroads") as lab:
        lab.run(open_directories(lab))
        yield lab


@pytest.fixture
def half_open() -> Iterator[tuple[Lab, Directories]]:
    with Lab.load("crossroads") as lab:
        yield lab, lab.run(open_directories(lab))


def fetch(lab: Lab, url: str, vantage: str = "hamburg") -> tuple[int, Any]:
    seen = lab.run(lab.visit(url, vantage, compare=False))
    assert seen.failure is None, seen
    last = seen.exchanges[-1]
    return last.status or 0, json.loads(last.body)


def examine(lab: Lab, url: str = URL) -> Examination:
    return lab.run(investigator(lab).examine(url, "nantes"))


def order(lab: Lab, to: str, action: Any, by: str = "prosecutor-nl") -> None:
    for outcome in lab.run(lab.order(by, to, action, "co.test")):
        assert outcome.state is OutcomeState.EXECUTED, outcome.reason
    lab.run(lab.wait(2 * HOUR))


def test_the_bootstrap_file_leads_to_every_registry(crossroads: Lab) -> None:
    url = bootstrap_url(crossroads.world, crossroads.names, crossroads.now)
    assert url == "https://bootstrap.nic.test/rdap/dns.json"
    status, file = fetch(crossroads, url)
    assert status == 200
    assert file["services"] == [
        [["test"], ["https://rdap.nic.test/"]],
        [["xg"], ["https://rdap.nic.xg/"]],
    ]


def test_a_directory_tells_what_the_registry_holds(crossroads: Lab) -> None:
    status, found = fetch(crossroads, "https://rdap.nic.test/domain/co.test")
    assert status == 200
    assert found["status"] == ["active"]
    assert found["events"][0] == {
        "eventAction": "registration",
        "eventDate": "2024-08-30T06:00:00Z",
    }
    registrar, registrant = found["entities"]
    assert registrar["handle"] == "candie-names"
    assert ["org", {}, "text", "a company of short names (invented)"] in registrant["vcardArray"][1]
    assert [one["ldhName"] for one in found["nameservers"]] == ["ns1.polder.test"]
    crossroads.names.registries["test"].update(
        SERVER, "co.test", crossroads.now, add_statuses=("serverHold",)
    )
    _, found = fetch(crossroads, "https://rdap.nic.test/domain/co.test")
    assert found["status"] == ["server hold"]  # at once; the zone follows on its schedule


def test_in_clear_and_for_others_names_one_is_sent_on(crossroads: Lab) -> None:
    """http leads to https, .xg's directory to .test's, by plain redirects."""
    seen = crossroads.run(
        crossroads.visit("http://rdap.nic.xg/domain/co.test", "hamburg", compare=False)
    )
    assert seen.final_url == "https://rdap.nic.test/domain/co.test"
    assert json.loads(seen.exchanges[-1].body)["ldhName"] == "co.test"


def test_entities_and_searches_are_told_by_a_real_register(crossroads: Lab) -> None:
    _, found = fetch(crossroads, "https://rdap.nic.test/domains?name=op*.test")
    names = [one["ldhName"] for one in found["domainSearchResults"]]
    assert names == ["open-one.test", "open-two.test"]
    handle = found["domainSearchResults"][0]["entities"][1]["handle"]
    _, found = fetch(crossroads, f"https://rdap.nic.test/entity/{handle}")
    assert found["handle"] == handle
    _, found = fetch(crossroads, "https://rdap.nic.test/entity/candie-names")
    assert found["roles"] == ["registrar"]
    _, found = fetch(crossroads, "https://rdap.nic.test/nameservers?ip=198.18.10.53")
    assert [one["ldhName"] for one in found["nameserverSearchResults"]] == ["ns1.polder.test"]
    _, found = fetch(crossroads, "https://rdap.nic.xg/nameserver/ns1.fjord.test")
    assert "ipAddresses" not in found  # no glue in a registry that it does not lie under
    _, found = fetch(crossroads, "https://rdap.nic.xg/domain/nic.xg")
    assert found["entities"][0]["handle"] == "registry-xg"


# --- the registry's word in the diagnosis ---------------------------------------------------


def test_a_clients_hold_is_certain_and_the_registrars(crossroads: Lab) -> None:
    order(crossroads, "candie-names", Lever.CLIENT_HOLD)
    evidence, diagnosis = examine(crossroads)
    assert evidence.registration is not None
    assert evidence.registration.statuses == ("client hold",)
    assert (diagnosis.cause, diagnosis.confidence) == ("seized.hold", CERTAIN)
    assert str(diagnosis.actor) == "the registrar Candie Names"


def test_a_servers_hold_is_certain_and_the_registrys(crossroads: Lab) -> None:
    order(crossroads, "test-registry", Lever.SERVER_HOLD)
    diagnosis = examine(crossroads).diagnosis
    assert (diagnosis.cause, diagnosis.confidence) == ("seized.hold", CERTAIN)
    assert str(diagnosis.actor) == "the registry of .test"


def test_a_mere_visit_hears_the_registry_as_well(crossroads: Lab) -> None:
    order(crossroads, "test-registry", Lever.SERVER_HOLD)
    seen = crossroads.run(crossroads.visit(URL, "nantes"))
    assert (seen.diagnosis, seen.confidence) == ("seized.hold", CERTAIN)


def test_a_redelegation_shows_its_locks(crossroads: Lab) -> None:
    order(crossroads, "test-registry", Lever.REDELEGATION)
    evidence, diagnosis = examine(crossroads)
    assert evidence.registration is not None
    assert "server transfer prohibited" in evidence.registration.statuses
    assert (diagnosis.cause, diagnosis.confidence) == ("seized.redelegation", CERTAIN)
    assert str(diagnosis.actor) == "the registry of .test"


def test_a_deleted_name_is_told_from_a_hold(crossroads: Lab) -> None:
    looking = investigator(crossroads)
    crossroads.run(looking.examine(URL, "nantes"))  # it is known to have been delegated
    crossroads.names.registries["test"].delete("candie-names", "co.test", crossroads.now)
    crossroads.run(crossroads.wait(2 * HOUR))
    evidence, diagnosis = crossroads.run(looking.examine(URL, "nantes"))
    assert evidence.registration is not None
    assert "pending delete" in evidence.registration.statuses
    assert diagnosis.confidence == UNSURE
    assert "it was deleted, and not put on hold" in str(diagnosis.evidence[-1])


def test_a_name_that_never_was_is_told_as_such(crossroads: Lab) -> None:
    evidence, diagnosis = examine(crossroads, "https://nobody.test/")
    assert evidence.registration == Registration("nobody.test", exists=False)
    assert "It is not on hold." in str(diagnosis.evidence[-1])


@pytest.mark.parametrize("machine", ["root-dns", "test-dns"])
def test_a_directory_that_is_down_says_nothing(
    half_open: tuple[Lab, Directories], machine: str
) -> None:
    """The file's or the registry's own: the lesson goes on as without one."""
    lab, directories = half_open
    order(lab, "test-registry", Lever.SERVER_HOLD)
    lab.run(directories.servers[machine].stop())
    evidence, diagnosis = examine(lab)
    assert evidence.delegation is not None
    assert evidence.delegation.rcode == "NXDOMAIN"
    assert evidence.registration is None
    assert diagnosis.confidence == UNSURE


def test_a_name_moved_to_another_registrar_by_the_registry_shows_the_transfer(
    crossroads: Lab,
) -> None:
    crossroads.names.registries["test"].accredit("special-projects")
    crossroads.names.registries["test"].reassign(
        "co.test", "special-projects", crossroads.now, registrant="The State"
    )
    _, found = fetch(crossroads, "https://rdap.nic.test/domain/co.test")
    assert found["entities"][0]["handle"] == "special-projects"
    assert "transfer" in [event["eventAction"] for event in found["events"]]
    assert "server transfer prohibited" in found["status"]


def test_a_registry_that_has_registered_the_name_itself_is_told_so(crossroads: Lab) -> None:
    with pytest.raises(LabError, match=r"nic\.test is needed for the registry's own"):
        crossroads.run(open_directories(crossroads))


def test_a_lab_without_directories_has_nothing_to_ask() -> None:
    with Lab.load("crossroads") as lab:
        assert bootstrap_url(lab.world, lab.names, lab.now) is None
        order(lab, "test-registry", Lever.SERVER_HOLD)
        evidence, diagnosis = examine(lab)
    assert evidence.registration is None
    assert diagnosis.confidence == UNSURE


def test_root_and_registries_may_share_a_machine() -> None:
    """Its one directory has the records of both top-level domains, and the file as well."""
    world = built_in_world("crossroads")
    [root] = world.root.nameservers
    shared = dict.fromkeys(("ns1.nic.test", "ns1.nic.xg", root), world.nameservers["ns1.nic.test"])
    world = world.model_copy(update={"nameservers": {**world.nameservers, **shared}})
    with Lab(world) as lab:
        directories = lab.run(open_directories(lab))
        assert list(directories.servers) == ["test-dns"]
        url = bootstrap_url(lab.world, lab.names, lab.now)
        assert url is not None
        assert len(fetch(lab, url)[1]["services"]) == 2
        for tld, name in (("test", "co.test"), ("xg", "library.xg")):
            _, found = fetch(lab, f"https://rdap.nic.{tld}/domain/{name}")
            assert found["status"] == ["active"]


def test_a_machine_that_serves_pages_cannot_have_a_directory() -> None:
    world = built_in_world("crossroads")
    moved = {"ns1.nic.xg": world.nameservers["ns1.nic.xg"].model_copy(update={"host": "fjord-web"})}
    world = world.model_copy(update={"nameservers": {**world.nameservers, **moved}})
    with Lab(world) as lab, pytest.raises(LabError, match="fjord-web cannot have a directory"):
        lab.run(open_directories(lab))


def test_two_runs_with_one_seed_write_the_same_journal() -> None:
    def journal() -> str:
        with Lab.load("crossroads", seed=3) as lab:
            lab.run(open_directories(lab))
            order(lab, "test-registry", Lever.SERVER_HOLD)
            examine(lab)
            return lab.journal.to_jsonl()

    first = journal()
    assert '"what": "rdap asked", "target": "/domain/co.test"' in first
    assert first == journal()


def test_contact_objects_are_shown_as_they_wish(crossroads: Lab) -> None:
    """A contact's own disclosure goes before the directory's policy (RFC 5733 section 2.9)."""
    registry, now = crossroads.names.registries["test"], crossroads.now
    for handle, wish in (
        ("ADA-1", None),
        ("ADA-2", Disclosure(True, ("name:int", "voice"))),
        ("ADA-3", Disclosure(False, ("org:int",))),
    ):
        done = registry.contact_create(
            "candie-names",
            handle,
            now,
            postal=(
                PostalInfo("int", "Ada Example", "Nowhere", "NL", "Example Ltd", ("1 Street",)),
            ),
            email="ada@candie.example",
            authorization="secret",
            voice="+999.1",
            disclosure=wish,
        )
        assert done.succeeded, done.reason

    def properties(handle: str) -> dict[str, Any]:
        _, found = fetch(crossroads, f"https://rdap.nic.test/entity/{handle}")
        assert "secret" not in json.dumps(found)
        return {entry[0]: entry[3] for entry in found["vcardArray"][1]}

    assert properties("ADA-1") == {
        "version": "4.0",
        "fn": "",
        "org": "Example Ltd",
        "adr": ["", "", "", "", "", "", ""],
    }
    assert properties("ADA-2")["fn"] == "Ada Example"
    assert properties("ADA-2")["tel"] == "tel:+999.1"
    assert "org" not in properties("ADA-3")
    contacts = (("admin", "ADA-2"), ("tech", "ADA-2"))
    done = registry.create(
        "candie-names",
        "fresh.test",
        now,
        registrant="ADA-1",
        authorization="x",
        contacts=contacts,
    )
    assert done.succeeded, done.reason
    _, found = fetch(crossroads, "https://rdap.nic.test/domain/fresh.test")
    assert [(one["handle"], one["roles"]) for one in found["entities"]] == [
        ("candie-names", ["registrar"]),
        ("ADA-1", ["registrant"]),
        ("ADA-2", ["administrative", "technical"]),
    ]
