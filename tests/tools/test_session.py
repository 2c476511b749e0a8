"""A session at one or several vantage points: who does what, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.errors import LabError, NotSimulated
from simulator.measures import DnsLie, DnsMeasure
from simulator.scenario.loader import find_scenario, load_scenario
from simulator.scenario.runner import ScenarioRun
from simulator.tools.catalogue import NOT_SIMULATED, TOOLS, load_tool, run_tool
from simulator.tools.completion import completions
from simulator.tools.machine import Machine, Output
from simulator.tools.prompt import COMMANDS
from simulator.tools.session import Session
from simulator.values import SECOND


@pytest.fixture
def session(terminal: Any) -> Session:
    return Session(terminal.lab, "paris")


def collect(session: Session, line: str) -> tuple[int, str]:
    said: list[str] = []
    status = session.tool(line.split(), Output(said.append, said.append))
    return status, "".join(said)


def test_one_command_at_several_places_side_by_side(terminal: Any, session: Session) -> None:
    terminal.order(DnsMeasure("coco.xg", DnsLie.NXDOMAIN))
    session.go_to("paris,brussels")
    assert collect(session, "dig coco.xg +short") == (
        0,
        "== paris (fr-alpha, FR) ==\n\n== brussels (be-meuse, BE) ==\n198.18.20.10\n",
    )
    status, _ = collect(session, "curl -s https://coco.xg/")
    assert status == 6  # the worst


def test_several_look_at_the_same_time(session: Session) -> None:
    session.go_to("all")
    began = session.lab.now
    collect(session, "ping -c 3 -q 198.18.20.10")
    assert (session.lab.now - began) / 1_000_000 == 2.352  # the farthest one's, not the sum


def test_a_way_is_taken_by_those_who_are_here(session: Session) -> None:
    session.go_to("paris,rome")
    assert session.take_way("heron-nl") == []
    assert session.heading("paris") == "paris (fr-alpha, FR, via heron-nl)"
    assert session.way_of("lyon") is None
    session.take_way("none")
    assert session.way_of("rome") is None


@pytest.mark.parametrize(
    ("via", "word"),
    [
        ("socks-proxy", "curl goes by it"),
        ("http-only", "a way of the browser"),
        ("doh", "+https"),
        ("hosts-file", "hosts file"),
    ],
)
def test_who_does_not_go_by_a_way_is_told(crossing: Any, via: str, word: str) -> None:
    [told] = Session(crossing.lab, "nantes").take_way(via)
    assert word in str(told)


@pytest.mark.parametrize("where", ["london", "paris,london", "", ","])
def test_places_that_there_are_not(terminal: Any, where: str) -> None:
    with pytest.raises(LabError, match="unknown vantage point"):
        Session(terminal.lab, where)


def test_tools_that_there_are_not(session: Session) -> None:
    for name in NOT_SIMULATED:
        with pytest.raises(NotSimulated, match=f"the lab has no {name}; it has dig, curl"):
            load_tool(name)
    with pytest.raises(LabError, match="unknown tool 'digg'; did you mean 'dig'"):
        collect(session, "digg coco.xg")


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_says_what_it_takes(terminal: Any, name: str) -> None:
    said = terminal(f"{name} --help")
    assert said.status == 0
    assert said.out.startswith(f"{name}: {name} ")


def test_a_sentence_of_ours_is_in_the_readers_language(terminal: Any) -> None:
    said = terminal("curl -d x http://coco.xg/", language="fr")
    assert said.err.splitlines()[1].startswith("curl: curl [-v]")


def test_a_tool_that_would_wait_for_ever_is_stopped(terminal: Any) -> None:
    """A server that takes the connection and says nothing: a real curl would hang as well."""
    import asyncio

    host = terminal.lab.fabric.hosts["rila-web-2"]

    async def listen() -> None:
        await asyncio.get_running_loop().create_server(asyncio.Protocol, "0.0.0.0", 99)

    async def start() -> None:
        await terminal.lab.loop.run_on(host, listen())

    terminal.lab.run(start())
    said = terminal("curl http://198.18.20.11:99/")
    assert (said.status, said.seconds) == (130, 3600.0)
    assert said.err == "curl: stopped: an hour of lab time has passed without an end\n"


def test_an_interrupt_leaves_nothing_half_done(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = session.lab
    beats: list[float] = []
    began = lab.now

    async def interrupted(machine: Machine, words: object, output: Output) -> int:
        def interrupt() -> None:
            raise KeyboardInterrupt

        import asyncio

        asyncio.get_running_loop().call_later(1, interrupt)
        try:
            return await run_tool(machine, ["ping", "-c", "60", "198.18.20.10"], output)
        finally:
            beats.append(machine.now)

    monkeypatch.setattr("simulator.tools.session.run_tool", interrupted)
    with pytest.raises(KeyboardInterrupt):
        collect(session, "ping x")
    assert beats == [(began + SECOND) / SECOND]  # not after the sixtieth request
    monkeypatch.undo()
    assert collect(session, "ping -qc1 198.18.20.10")[0] == 0
    assert lab.people.person("paris").host._icmp_listeners == []


# --- scenarios ----------------------------------------------------------------------------


@pytest.fixture
def make_story() -> Any:
    runs: list[ScenarioRun] = []

    def make() -> Session:
        runs.append(ScenarioRun(load_scenario(find_scenario("block_vs_seizure"))))
        return Session(runs[-1].lab, "paris", run=runs[-1])

    yield make
    for run in runs:
        run.close()


def test_steps_are_done_up_to_one_by_id_or_number(make_story: Callable[[], Session]) -> None:
    by_id, by_number = make_story(), make_story()
    assert [step.id for step in by_id.run_steps("block")] == ["before", "neighbour-before", "block"]
    assert len(list(by_number.run_steps("3"))) == 3
    assert "192.0.2.50" in collect(by_id, "dig coco.xg +short")[1]
    following = by_id.next_step()
    assert following is not None
    assert following.number == 4


def test_a_step_that_the_scenario_does_not_have(make_story: Callable[[], Session]) -> None:
    for until in ("blok", "99", "0"):
        with pytest.raises(LabError, match="unknown step"):
            list(make_story().run_steps(until))


# --- completion ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("d", ["dig"]),
        ("w", ["whois", "ways", "where", "wait"]),
        ("at p", ["paris"]),
        ("at paris,b", ["paris,brussels", "paris,berlin", "paris,budapest"]),
        ("at al", ["all"]),
        ("via heron", ["heron-nl", "heron-de"]),
        ("via no", ["none"]),
        ("dig coco", ["coco.xg", "coco-twin.xg"]),
        ("dig coco.xg SO", ["SOA"]),
        ("dig @203", ["@203.0.113.2"]),
        ("curl -v https://coco.", ["https://coco.xg/"]),
        ("openssl s_client -connect coco.", ["coco.xg:443"]),
        ("wait 3", []),
        ("nonsense x", []),
    ],
)
def test_completion(session: Session, line: str, words: list[str]) -> None:
    assert completions(session, COMMANDS, line) == words
