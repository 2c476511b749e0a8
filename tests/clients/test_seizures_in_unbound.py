"""A seizure as a real Unbound and a real delv meet it: the lab's own hierarchy, on loopback.

A world is run on the virtual network, levers are pulled in it, the registry publishes. Then its
nameservers' zones, just as they are, are served on real sockets, and the programs are told the
lab's root as their trust anchor. What they say is held against what the lab's resolver said.
"""

from __future__ import annotations

import asyncio
import datetime
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator import Lab
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.values import HOUR, Lever

LOOPBACK = "127.0.0.1"
SIGNED, UNSIGNED, HELD, CARELESS, PROPER = (
    "chorale.xf",
    "roses.test",
    "held.xf",
    "careless.xf",
    "proper.xf",
)
BANNER = "192.0.2.10"
needs_programs = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("unbound", "dig", "delv")),
    reason="unbound, dig or delv is not installed",
)
pytestmark = [pytest.mark.client, needs_programs]


@dataclass
class Served:
    """What the lab left: states by nameserver name, the anchor, and what its own resolver said."""

    states: dict[str, NameserverState]
    anchor: str
    instant: int
    said: dict[str, tuple[str | None, int | None]]


def _world() -> str:
    """The built-in world, with three more signed names to do things to."""
    from simulator.world.loader import scenario_folder

    text = (scenario_folder() / "worlds" / "europe.yaml").read_text(encoding="utf-8")
    more = "".join(
        f"  {name}: {{registrar: noms-de-loire, registrant: the lab,"
        " nameservers: [ns1.rila.test], signed: true}\n"
        for name in (HELD, CARELESS, PROPER)
    )
    sites = "".join(
        f"  {name}: {{host: rila-web-2, title: {{en: A, fr: A}}, https: false}}\n"
        for name in (HELD, CARELESS, PROPER)
    )
    text = text.replace("\ndomains:\n", f"\ndomains:\n{more}")
    return text.replace("\nsites:\n", f"\nsites:\n{sites}")


def seized() -> Served:
    """Hold one name, redelegate two, one of them carelessly; wait until all is published."""
    from simulator.world.loader import world_of
    from simulator.world.source import read

    names = (SIGNED, UNSIGNED, HELD, CARELESS, PROPER)
    start = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - programs compare with it
    begins = start.replace(microsecond=0) - datetime.timedelta(hours=9)
    with Lab(world_of(read(_world(), "europe and more")), start=begins) as lab:
        lab.run(lab.impose("noms-de-loire", Lever.CLIENT_HOLD, HELD))
        lab.run(lab.impose("xf-registry", Lever.REDELEGATION, CARELESS, keep_ds=True))
        lab.run(lab.impose("xf-registry", Lever.REDELEGATION, PROPER))
        lab.run(lab.wait(8 * HOUR))
        said = {}
        for name in names:
            answer = lab.run(lab.resolve(name, "berlin"))
            error = answer.extended_error
            said[name] = (answer.rcode, None if error is None else error.code)
        states = {server: lab.names.state_of(server) for server in lab.world.nameservers}
        [anchor] = lab.names.signing.ds("")
        return Served(states, anchor, lab.now, said)


@dataclass
class Running:
    """The nameservers' ports by name, Unbound's own, and what was served."""

    ports: dict[str, int]
    unbound: int
    served: Served


def free_port() -> int:
    """Return a port that is free for streams and for datagrams: a nameserver takes both."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            stream.bind((LOOPBACK, 0))
            port: int = stream.getsockname()[1]
            try:
                datagram.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


async def run(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    return out.decode()


async def dig(port: int, *words: str) -> str:
    return await run("dig", "-r", f"@{LOOPBACK}", "-p", str(port), "+tries=1", "+time=3", *words)


def configuration(ports: dict[str, int], served: Served, port: int, folder: Path) -> str:
    """Unbound sends to port 53, so each zone is a stub zone with a port."""
    zones: dict[str, str] = {}
    for server, state in served.states.items():
        for origin in state.origins:
            # Whom the hierarchy leads to: after a redelegation, the authorities.
            if origin not in zones or server.startswith("ns1.seized"):
                zones[origin] = server
    stubs = "".join(
        f'stub-zone:\n name: "{zone}."\n stub-addr: {LOOPBACK}@{ports[server]}\n'
        for zone, server in zones.items()
        if zone != HELD
    )
    return (
        f'server:\n interface: {LOOPBACK}\n port: {port}\n directory: "{folder}"\n'
        ' username: ""\n chroot: ""\n pidfile: ""\n logfile: ""\n use-syslog: no\n'
        " do-daemonize: no\n do-ip6: no\n do-not-query-localhost: no\n ede: yes\n"
        ' num-threads: 1\n val-log-level: 2\n local-zone: "test." nodefault\n'
        f' trust-anchor: ". DS {served.anchor}"\n'
        f"remote-control:\n control-enable: no\n{stubs}"
    )


@pytest.fixture(scope="module")
def served() -> Served:
    return seized()


@pytest.fixture
async def running(served: Served, tmp_path: Path) -> AsyncIterator[Running]:
    loop = asyncio.get_running_loop()
    started = loop.time()
    services, ports = [], {}
    for server, state in served.states.items():
        ports[server] = free_port()
        service = Nameserver(
            state, now=lambda: served.instant + int((loop.time() - started) * 1_000_000)
        )
        await service.start([(LOOPBACK, ports[server])])
        services.append(service)
    port = free_port()
    (tmp_path / "unbound.conf").write_text(configuration(ports, served, port, tmp_path))
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "unbound", "-d", "-c", str(tmp_path / "unbound.conf"), stdout=log, stderr=log
        )
    for _ in range(100):
        if "status: NOERROR" in await dig(port, "+time=1", ".", "NS"):
            break
        assert process.returncode is None, (tmp_path / "log").read_text()
    yield Running(ports, port, served)
    process.terminate()
    await process.wait()
    for service in services:
        await service.close()


def test_the_labs_resolver_said_so_first(served: Served) -> None:
    assert served.said == {
        SIGNED: ("NOERROR", None),
        UNSIGNED: ("NOERROR", None),
        HELD: ("NXDOMAIN", None),
        CARELESS: ("SERVFAIL", 9),
        PROPER: ("NOERROR", None),
    }


async def test_unbound_says_what_the_labs_resolver_says(running: Running) -> None:
    """A signed name, a hold with its proof, a DS left behind, and a redelegation done properly."""
    authentic = {SIGNED: True, UNSIGNED: False, HELD: True, CARELESS: False, PROPER: False}
    for name, (rcode, code) in running.served.said.items():
        shown = await dig(running.unbound, "+dnssec", name, "A")
        assert f"status: {rcode}," in shown, shown
        assert (" ad;" in shown) == authentic[name], shown
        assert ("EDE" in shown) == (code is not None), shown
        assert code is None or f"; EDE: {code} (DNSKEY Missing)" in shown
    assert BANNER in await dig(running.unbound, "+short", PROPER, "A")


async def test_who_sets_cd_sees_the_banner_behind_the_ds(running: Running) -> None:
    """Unbound passes bogus data on to those who want to judge for themselves."""
    assert (await dig(running.unbound, "+cd", "+short", CARELESS)).split() == [BANNER]


async def test_delv_finds_the_same_by_itself(running: Running, tmp_path: Path) -> None:
    tag, algorithm, digest_type, digest = running.served.anchor.split()
    anchors = tmp_path / "anchors"
    anchors.write_text(
        f'trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n'
    )
    where = (f"@{LOOPBACK}", "-p", str(running.unbound), "-a", str(anchors), "+root=.")
    says = {
        SIGNED: f"; fully validated\n{SIGNED}.",
        UNSIGNED: f"; unsigned answer\n{UNSIGNED}.",
        HELD: f"; negative response, fully validated\n; {HELD}.",
        CARELESS: ";; resolution failed: ",
        PROPER: f"; unsigned answer\n{PROPER}.",
    }
    for name, said in says.items():
        assert said in await run("delv", *where, name, "A"), name
