"""Sections of a copy are written with their hashes and read back, or refused."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.evidence import (
    LAYOUT,
    Machine,
    Mismatch,
    Section,
    Session,
    describe,
    section_of,
)

SESSIONS = Section(
    "sessions", 10, 20, {"sessions.json": (Session(7, "192.0.2.9", -5),)}, ("examiner-session",)
)
MACHINE = Section(
    "topology", 1, 2, {"machine.json": (Machine("web", ("192.0.2.1", "2001:db8::1"), "-"),)}
)


@pytest.mark.parametrize("section", [SESSIONS, MACHINE, Section("memory", 3, 3, {}, lost="power")])
def test_a_section_is_read_back_as_it_was_written(section: Section) -> None:
    assert section_of(section.at, describe(section)) == section


def test_the_layout_is_in_the_order_of_volatility() -> None:
    assert list(LAYOUT) == [
        "memory", "sessions", "chat", "disk", "remote-logs", "topology", "archives",
    ]  # fmt: skip


def changed(change: Any) -> dict[str, Any]:
    details = copy.deepcopy(describe(SESSIONS))
    change(details)
    return details


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["files"][0]["records"][0].update(account=8),
        lambda d: d["files"][0]["records"][0].update(account="7"),
        lambda d: d["files"][0].update(sha256="0" * 64),
        lambda d: d["files"][0].update(bytes=1),
        lambda d: d["files"][0].update(path="other.json"),
        lambda d: d.update(sha256="0" * 64),
        lambda d: d.update(section="attic"),
        lambda d: d.update(files=[]),
        lambda d: d.update(files=None),
        lambda d: d.update(altered=[1]),
        lambda d: d.update(ended=9),
        lambda d: d.update(ended="20"),
        lambda d: d.pop("files"),
    ],
)
def test_content_that_does_not_agree_with_itself_is_refused(change: Any) -> None:
    with pytest.raises(Mismatch):
        section_of(10, changed(change))


def test_a_number_beyond_all_times_is_refused() -> None:
    far = Section("sessions", 0, 0, {"sessions.json": (Session(1, "192.0.2.9", 2**63),)})
    with pytest.raises(Mismatch):
        section_of(0, describe(far))


@given(
    st.dictionaries(
        st.sampled_from(["section", "files", "sha256", "altered", "ended", "why"]),
        st.sampled_from(["sessions", "disk", "", [], [{}], [{"path": "sessions.json"}], None, 3]),
    )
)
def test_any_details_give_a_section_or_a_mismatch(details: dict[str, Any]) -> None:
    with contextlib.suppress(Mismatch):
        section_of(0, details)
