"""A seized server is copied and filed; a student finds their own visit, or only the exit."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import LabError
from simulator.lab import Lab
from simulator.lab.evidence import write_evidence
from simulator.roles.evidence.answers import Answer, ask
from simulator.roles.evidence.logic import check, open_dossier
from simulator.roles.hosting.contents import WRITE_DELAY
from simulator.values import DAY, HOUR, Lever
from simulator.wire.evidence import Flow, Line, Session, Visited

SITE = "https://coco.xg/"
BERLIN = ("198.18.8.101", "2001:db8:8::101")
ROME = "198.18.5.101"
EXIT = "198.18.40.1"


def found(path: Path, question: str) -> Answer:
    return ask(open_dossier(path.read_bytes()), question)


def test_a_visit_is_found_under_its_address_and_by_vpn_under_the_exits(tmp_path: Path) -> None:
    path = tmp_path / "coco.jsonl"
    with Lab.load("europe") as lab:

        async def story() -> str:
            await lab.wait(DAY)
            await lab.visit(SITE, "rome")
            await lab.visit(SITE, "berlin", "vpn:heron-nl")
            await lab.wait(HOUR)
            return write_evidence(lab, path, "coco.xg", by="prosecutor-bg")

        head = lab.run(story())
        last = list(lab.journal)[-1]
    assert check(path.read_bytes()).head == head
    assert (last.what, last.details["last_hash"]) == ("evidence filed", head)
    own = found(path, f"visitor:{ROME}")
    assert own.rows == (("2024-06-25 08:00", "coco.xg/", "200"),)
    assert str(own.tells[-1]) == "The address is held by Tevere Fibra."
    for address in BERLIN:
        assert found(path, f"visitor:{address}").rows == ()
    by_exit = found(path, f"visitor:{EXIT}")
    assert ("2024-06-25 08:00", "coco.xg/", "200") in by_exit.rows
    assert "the address is that of a VPN's exit" in str(by_exit.cannot[0])


def test_the_same_lab_files_the_same_bytes(tmp_path: Path) -> None:
    records = []
    for number in range(2):
        with Lab.load("europe", seed=3) as lab:
            write_evidence(lab, tmp_path / str(number), "coco.xg")
        records.append((tmp_path / str(number)).read_bytes())
    assert records[0] == records[1]


def test_power_cut_before_the_copy_loses_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "coco.jsonl"
    with Lab.load("europe") as lab:

        async def story() -> None:
            await lab.wait(DAY)
            await lab.order("prosecutor-bg", "rila-hosting", Lever.HOST_OFF, "coco.xg")
            await lab.wait(HOUR)
            write_evidence(lab, path, "coco.xg")

        lab.run(story())
    assert [name for name, s in open_dossier(path.read_bytes()).sections.items() if s.lost] == [
        "memory",
        "sessions",
    ]
    assert found(path, "messages").rows


def test_a_machine_that_was_switched_on_again_has_a_gap(tmp_path: Path) -> None:
    """Whoever cut the power: the log is silent for that time, and nobody chatted."""
    path = tmp_path / "coco.jsonl"
    with Lab.load("europe") as lab:

        async def story() -> None:
            await lab.wait(DAY)
            key = await lab.impose("rila-hosting", Lever.HOST_OFF, "coco.xg")
            await lab.wait(3 * HOUR)
            await lab.revoke(key)
            await lab.wait(HOUR)
            write_evidence(lab, path, "coco.xg")

        lab.run(story())
        entries = [entry for entry in lab.journal if entry.what in ("switched off", "switched on")]
    assert [(entry.who, entry.what, entry.at) for entry in entries] == [
        ("rila-web-1", "switched off", DAY),
        ("rila-web-1", "switched on", DAY + 3 * HOUR),
    ]
    dossier = open_dossier(path.read_bytes())
    assert not any(section.lost for section in dossier.sections.values())
    off = range(DAY, DAY + 3 * HOUR)
    for records in (
        dossier.records("access-log.json", Visited),
        dossier.records("flows.json", Flow),
        dossier.records("messages.json", Line),
    ):
        assert any(record.at < DAY for record in records)
        assert any(record.at >= DAY + 3 * HOUR for record in records)
        assert not any(record.at in off for record in records)
    lines = dossier.records("messages.json", Line)
    assert not any(DAY - WRITE_DELAY < line.at < DAY for line in lines)
    sessions = dossier.records("sessions.json", Session)
    assert all(session.since >= DAY + 3 * HOUR for session in sessions)


def test_after_a_takeover_the_chat_runs_out(tmp_path: Path) -> None:
    """The site shows a banner, its program still deletes what is older than it keeps."""
    with Lab.load("europe") as lab:

        async def story() -> None:
            await lab.wait(DAY)
            await lab.impose("rila-hosting", Lever.HOST_TAKEOVER, "coco.xg")
            write_evidence(lab, tmp_path / "soon", "coco.xg")
            await lab.wait(7 * HOUR)
            write_evidence(lab, tmp_path / "late", "coco.xg")

        lab.run(story())
    assert found(tmp_path / "soon", "messages").rows
    assert found(tmp_path / "late", "messages").rows == ()


def test_a_site_that_is_none_is_refused(tmp_path: Path) -> None:
    with Lab.load("europe") as lab, pytest.raises(LabError, match=r"did you mean 'coco\.xg'"):
        write_evidence(lab, tmp_path / "x", "cocoo.xg")
