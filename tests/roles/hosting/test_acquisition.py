"""What a copy finds depends on what is taken first, and on whether the power was cut."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.errors import LabError
from simulator.roles.hosting.acquisition import DURATIONS, acquire, duration
from simulator.roles.hosting.contents import LOG_WINDOW, WRITE_DELAY, Outage, Server
from simulator.roles.hosting.visits import Visit
from simulator.values import DAY, HOUR, MINUTE
from simulator.wire.evidence import VOLATILITY, Section, VolumeKey

AT = 2 * DAY
SERVER = Server("coco.xg", ("coco.xg",), "rila-web-1", ("198.18.20.10",), seed=7)


def by_name(server: Server, began: int = AT, **options: Any) -> dict[str, Section]:
    return {section.name: section for section in acquire(server, began, **options)}


def lines(section: Section, path: str) -> list[int]:
    return [line.at for line in section.files[path]]  # type: ignore[union-attr]


def test_a_live_copy_takes_the_most_volatile_first_and_its_time() -> None:
    sections = acquire(SERVER, AT)
    assert [section.name for section in sections] == list(VOLATILITY)
    assert [section.at for section in sections][:4] == [
        AT, AT + 5 * MINUTE, AT + 6 * MINUTE, AT + 8 * MINUTE,
    ]  # fmt: skip
    assert sections[-1].ended == AT + duration() == AT + 2 * HOUR + 3 * MINUTE
    assert [section.altered for section in sections[:3]] == [
        ("copier-loaded",),
        ("examiner-session",),
        (),
    ]


def test_two_copies_are_the_same_to_the_byte() -> None:
    assert acquire(SERVER, AT) == acquire(SERVER, AT)
    assert acquire(SERVER, AT) != acquire(SERVER._replace(seed=8), AT)


def test_without_power_memory_and_sessions_are_lost_and_the_rest_is_not() -> None:
    sections = by_name(SERVER._replace(outages=(Outage(AT - HOUR),)))
    assert {name: section.lost for name, section in sections.items()} == {
        **dict.fromkeys(VOLATILITY, ""),
        "memory": "power",
        "sessions": "power",
    }
    assert not any(section.altered for section in sections.values())


def test_what_was_not_written_when_the_power_went_is_nowhere() -> None:
    live = by_name(SERVER)
    in_memory = lines(live["memory"], "unwritten.json")
    dead = lines(by_name(SERVER._replace(outages=(Outage(AT),)))["chat"], "messages.json")
    assert in_memory
    assert not set(in_memory) & set(dead)
    assert max(dead) <= AT - WRITE_DELAY < min(in_memory)


def test_a_machine_without_power_expires_nothing_and_a_running_one_does() -> None:
    """Hours after a takeover, the running machine has deleted what the dead one still has."""
    later = AT + 4 * HOUR
    running = SERVER._replace(quiet_since=AT)
    dead = SERVER._replace(outages=(Outage(AT),))
    kept = lines(by_name(running, later)["chat"], "messages.json")
    frozen = lines(by_name(dead, later)["chat"], "messages.json")
    assert AT - 2 * HOUR <= min(kept) <= max(kept) <= AT
    assert min(frozen) < AT - 5 * HOUR
    assert lines(by_name(running, AT + 7 * HOUR)["chat"], "messages.json") == []


def test_the_wrong_order_finds_less() -> None:
    """Disk and archives first: the oldest messages expire meanwhile."""
    order = ("disk", "archives", "remote-logs", "topology", "chat", "sessions", "memory")
    server = SERVER._replace(quiet_since=AT)
    right, wrong = by_name(server), by_name(server, order=order)
    assert len(lines(wrong["chat"], "messages.json")) < len(lines(right["chat"], "messages.json"))
    assert lines(right["memory"], "unwritten.json")
    assert lines(wrong["memory"], "unwritten.json") == []


def test_sessions_lapse_after_a_takeover() -> None:
    server = SERVER._replace(quiet_since=AT)
    assert len(by_name(server, AT)["sessions"].files["sessions.json"]) > 1
    later = by_name(server, AT + 2 * HOUR)["sessions"].files["sessions.json"]
    assert [session.account for session in later] == [0]  # type: ignore[union-attr]


def test_an_encrypted_disk_is_read_while_it_is_open() -> None:
    server = SERVER._replace(encrypted=True)
    live = by_name(server)
    assert isinstance(live["memory"].files["keys.json"][0], VolumeKey)
    assert live["disk"].lost == ""
    dead = by_name(server._replace(outages=(Outage(AT),)))
    assert [dead[name].lost for name in ("chat", "disk", "archives")] == [
        "encrypted",
        "encrypted",
        "",
    ]


def test_the_logs_hold_the_labs_own_visits_as_long_as_each_is_kept() -> None:
    recent = Visit(AT - HOUR, "198.18.1.101", "coco.xg", "/", 200)
    older = Visit(AT - 3 * DAY, "198.18.4.101", "coco.xg", "/", 200)
    sections = by_name(SERVER._replace(visits=(older, recent)))
    logged = [v.address for v in sections["disk"].files["access-log.json"]]  # type: ignore[union-attr]
    counted = [f.address for f in sections["remote-logs"].files["flows.json"]]  # type: ignore[union-attr]
    assert ("198.18.1.101" in logged, "198.18.4.101" in logged) == (True, False)
    assert "198.18.1.101" in counted
    assert "198.18.4.101" in counted
    assert min(lines(sections["disk"], "access-log.json")) >= sections["disk"].at - LOG_WINDOW


def test_invented_addresses_are_of_the_benchmarking_range() -> None:
    disk = by_name(SERVER)["disk"].files
    for path in ("accounts.json", "access-log.json", "peers.json", "admin-keys.json"):
        assert all(each.address.startswith("198.19.") for each in disk[path])  # type: ignore[union-attr]


@pytest.mark.parametrize("order", [(), VOLATILITY[1:], (*VOLATILITY, "disk"), ("attic",)])
def test_an_order_names_each_section_once(order: tuple[str, ...]) -> None:
    with pytest.raises(LabError, match="names each once: memory, sessions, chat"):
        acquire(SERVER, AT, order)


def test_every_section_has_its_time() -> None:
    assert tuple(DURATIONS) == VOLATILITY
