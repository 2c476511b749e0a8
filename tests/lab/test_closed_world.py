"""Nothing leaves: no real socket is opened, and garbage on any port harms nothing."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator import Lab
from simulator.net import Host

ROOT = Path(__file__).resolve().parent.parent.parent

AUDITED = """
import sys
touched = []
def hook(event, arguments):
    if event.startswith("socket."):
        touched.append((event, repr(arguments)))
sys.addaudithook(hook)
from simulator.scenario.loader import find_scenario, load_scenario
from simulator.scenario.runner import ScenarioRun
for name in ("block_vs_seizure", "new_caledonia_2024", "coco_2024"):
    run = ScenarioRun(load_scenario(find_scenario(name)))
    list(run.steps())
    run.close()
print(touched)
"""


def test_no_scenario_touches_a_real_socket() -> None:
    """Every use of the socket module raises an audit event; there is none."""
    out = subprocess.run(
        [sys.executable, "-c", AUDITED], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert out.strip() == "[]"


@pytest.mark.client
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_system_sees_no_network_call(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-e", "trace=network", "-o", str(trace)]
    done = subprocess.run(
        [*command, sys.executable, "run_sim.py"], cwd=ROOT, capture_output=True, text=True
    )
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("this machine lets nobody trace")
    assert done.returncode == 0, done.stderr
    calls = [line for line in trace.read_text().splitlines() if "(" in line]
    assert [line for line in calls if not line.split(" ", 1)[1].startswith(("+++", "---"))] == []


def open_ports(host: Host) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The TCP and the UDP ports on which a machine listens."""
    return list(host.listeners), list(host.datagram_ports)


def test_garbage_on_every_port_gets_the_protocols_own_error_or_silence(lab: Lab) -> None:
    """`lab.run` raises if any program of the lab fails on it; afterwards all still work."""
    noise = random.Random(5)
    samples = [
        b"",
        b"\0",
        b"\xff" * 12,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /new-order HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{{{",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        *(noise.randbytes(size) for size in (1, 11, 12, 17, 148, 1_200)),
    ]

    async def stream(address: str, port: int, data: bytes) -> None:
        try:
            reader, writer = await asyncio.open_connection(address, port)
            writer.write(data)
            writer.write_eof()
            async with asyncio.timeout(120):
                await reader.read()
            writer.close()
        except OSError:
            pass  # a reset is an answer

    async def datagram(address: str, port: int, data: bytes) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(address, port)
        )
        transport.sendto(data)
        await asyncio.sleep(1)
        transport.close()

    async def shout(host: Host) -> None:
        streams, datagrams = open_ports(host)
        for data in samples:
            for address, port in streams:
                if ":" not in address:
                    await stream(address, port, data)
            for address, port in datagrams:
                if ":" not in address and address != "0.0.0.0":
                    await datagram(address, port, data)

    async def everywhere() -> None:
        await lab.connect("lyon", "heron-nl")  # so that the exit listens
        me = lab.fabric.hosts["paris"]
        for host in list(lab.fabric.hosts.values()):
            await lab.loop.run_on(me, shout(host))
        await lab.disconnect("lyon")

    lab.run(everywhere())
    for url in ("https://coco.xg/", "https://clips.test/"):
        seen: Any = lab.run(lab.visit(url, "paris"))
        assert seen.page == "site"


def test_a_packet_to_the_real_internet_ends_at_the_first_router(lab: Lab) -> None:
    async def call() -> None:
        await asyncio.open_connection("8.8.8.8", 53)

    with pytest.raises(OSError, match="Connect call failed"):
        lab.run(lab.loop.run_on(lab.fabric.hosts["paris"], call()))  # type: ignore[arg-type]
